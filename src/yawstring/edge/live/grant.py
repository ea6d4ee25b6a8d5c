"""How the privileged helper is started: which program, for whom, and by whose leave."""

import os
import pwd
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from yawstring.edge.live import granting
from yawstring.edge.live.granted import default_grant
from yawstring.edge.live.interfaces import check_name
from yawstring.errors import OptionError, SourceError

_SUDO_USER = "SUDO_USER"


def grant_command(
    interface: str,
    *,
    to: Path | None = None,
    user: str | None = None,
    telemetry: bool = False,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """The command that grants an interface to a user: by ``sudo``, unless this process is root.

    Args:
        interface: Name of the interface.
        to: Where the Unix socket is made; in the user's folder of ``/run``, if not given.
        user: Name of the user; of itself, the one who started this, by ``sudo`` too.
        telemetry: A drone's states alone, not frames.
        environment: Where ``SUDO_USER`` stands; the process's own, if not given.

    Raises:
        OptionError: There is no such user, or it is root; or no place for the socket was named and there is none.
        SourceError: It takes ``sudo``, and there is none.
    """
    check_name(interface)
    who = _user(user, os.environ if environment is None else environment)
    path = to or default_grant(interface, telemetry=telemetry, uid=who.pw_uid)
    if path is None:
        raise OptionError(f"{who.pw_name} has no folder in /run/user: say where the socket is to be, by --to")
    # Isolated (-I) and without site packages (-S): what runs as root is that one file and the standard library.
    words = [sys.executable, "-I", "-S", str(Path(granting.__file__).resolve())]
    words += [interface, "--to", str(path.absolute()), "--uid", str(who.pw_uid), "--gid", str(who.pw_gid)]
    words += ["--telemetry"] if telemetry else []
    if os.geteuid() == 0:
        return words
    if shutil.which("sudo") is None:
        raise SourceError(f"{interface}: opening it takes root, and there is no sudo: start this as root, with --for")
    return ["sudo", "--", *words]


def become_program(words: Sequence[str]) -> NoReturn:
    """End this program and be another one, in the same terminal."""
    os.execvp(words[0], list(words))  # noqa: S606  # no shell is what is wanted: words stay words


def _user(name: str | None, environment: Mapping[str, str]) -> pwd.struct_passwd:
    name = name or environment.get(_SUDO_USER)
    try:
        who = pwd.getpwnam(name) if name else pwd.getpwuid(os.getuid())
    except KeyError:
        raise OptionError(f"expected a user of this machine, found {name or os.getuid()!r}") from None
    if who.pw_uid == 0:
        raise OptionError("root needs no grant: say by --for which user is to read")
    return who
