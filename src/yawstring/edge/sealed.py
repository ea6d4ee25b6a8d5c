"""JSON that shows when it was touched: one way to write it, and a digest of what it holds.

The octets of a sealed file are a function of its content, so that reading compares them one by one: a changed digit, a
key given twice or a blank too many is found even where the JSON would still be read.
"""

import hashlib
import json
from typing import NoReturn

from yawstring.errors import BundleError
from yawstring.models.base import Json


def seal(content: Json, *, format_name: str, version: int) -> bytes:
    """The octets of a sealed file.

    Args:
        content: What it holds; the order of keys is kept.
        format_name: What the file is.
        version: Version of its format.

    Raises:
        BundleError: The content holds a number that is not finite.

    Example:
        >>> octets = seal({"tof": 0.5}, format_name="example", version=1)
        >>> unseal(octets, format_name="example", version=1)
        {'tof': 0.5}
    """
    try:
        digest = hashlib.sha256(_write(content)).hexdigest()
    except ValueError as error:
        raise BundleError("a number that is not finite cannot be kept; has training diverged?") from error
    return _write({"format": format_name, "version": version, "sha256": digest, "content": content})


def unseal(octets: bytes, *, format_name: str, version: int) -> Json:
    """What :func:`seal` was given.

    Args:
        octets: Of the file.
        format_name: What the file must be.
        version: The one version that is read.

    Raises:
        BundleError: The file is another, of another version, or damaged.
    """
    try:
        data = json.loads(octets, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BundleError("damaged: no JSON") from error
    if not isinstance(data, dict) or data.get("format") != format_name:
        raise BundleError(f"no {format_name} of yawstring's")
    found = data.get("version")
    if found != version or isinstance(found, bool):
        shown = found if isinstance(found, int) else "unknown"
        raise BundleError(f"of version {shown}, and this yawstring reads version {version}: use the one that wrote it")
    content: Json = data.get("content")
    try:
        same = seal(content, format_name=format_name, version=version) == octets
    except (BundleError, RecursionError):  # 1e999 reads as infinity
        same = False
    if not same:
        raise BundleError("damaged: not as it was written")
    return content


def _write(data: Json) -> bytes:
    return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode("ascii")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
