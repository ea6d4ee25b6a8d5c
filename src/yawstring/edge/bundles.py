"""A trained detector as a folder: graphs that score, weights, what it is made of, and a card for people.

::

    BUNDLE/
      model.onnx            the graph that scores
      model.safetensors     its weights, to go on from
      novelty.onnx, novelty.safetensors
                            what is heard beside it of attacks never trained on, where there is such
      baselines/NAME.onnx, baselines/NAME.safetensors
      card.md               what it is, what it learnt from, how good it is, and what it is not good for
      bundle.json           recipe, options, split, record; size and SHA-256 of every other file; sealed by its own

Loading runs no code from the folder and opens no file but these, by names it knows; every size is checked before
anything is read. Digests tell damage, not malice: whoever can write the folder can write the digests too, which is why
a graph is vetted (:mod:`yawstring.models.vetting`) and every value is checked whatever its digest says.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from yawstring.edge.card import render_card
from yawstring.edge.members import fitted_from_json, fitted_to_json, get, read_weights, write_weights
from yawstring.edge.sealed import seal, unseal
from yawstring.errors import BundleError, OptionError
from yawstring.learn.candidates import check_candidates
from yawstring.learn.recipe import Recipe, Trained
from yawstring.models.base import Fitted, Json
from yawstring.models.scoring import open_scorer
from yawstring.models.vetting import GRAPH_OCTETS_MAX
from yawstring.table.splits import SplitSpec

FORMAT = "bundle"
VERSION = 1
"""Of the format; a bundle of another one is refused."""

INDEX = "bundle.json"
CARD = "card.md"
MODEL = "model"
BESIDE = "novelty"
BASELINES = "baselines"
GRAPH, WEIGHTS = ".onnx", ".safetensors"

OCTETS_MAX = {".json": 16 << 20, ".md": 1 << 20, GRAPH: GRAPH_OCTETS_MAX, WEIGHTS: 256 << 20}
"""Largest file of each kind that is read, or written."""

BASELINES_MAX = 16
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
"""What a baseline may be called: a part of a file's name, and never a path."""


def save(trained: Trained, folder: Path | str, *, force: bool = False) -> None:
    """Write a bundle, whole or not at all: it is made beside its place and then moved there.

    Args:
        trained: What to keep.
        folder: Where to; folders above it are made. An empty one may be there already.
        force: Replace a bundle that is there. Nothing else is ever replaced, nor a bundle that holds files not its own.

    Raises:
        BundleError: Something else is there, the folder cannot be written, or a figure is not finite.
    """
    files = _files(trained)
    target = Path(folder).absolute()
    try:
        _check_place(target, force=force)
        _write(files, target)
    except BundleError as error:
        raise BundleError(_one_line(f"{folder}: {error}")) from error
    except OSError as error:
        raise BundleError(f"{folder}: cannot be written: {error.strerror}") from error


def load(folder: Path | str) -> Trained:
    """Read a bundle and check all of it.

    Args:
        folder: Where it is.

    Returns:
        What was saved: the same graphs, octet for octet, and the same weights, recipe and record.

    Raises:
        BundleError: The folder is no bundle, is damaged, or was written by another version. One line.
    """
    root = Path(folder)
    try:
        if not root.is_dir():
            raise BundleError("there is no such folder, and a bundle is one")
        return _trained(root, _index(root))
    except BundleError as error:
        raise BundleError(_one_line(f"{folder}: {error}")) from error
    except OSError as error:
        raise BundleError(f"{folder}: cannot be read: {error.strerror}") from error


def _one_line(text: str) -> str:
    """The text with whatever would break or colour a line escaped: some of it comes from the bundle."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _files(trained: Trained) -> dict[str, bytes]:
    """Octets of every file by its name in the bundle."""
    files: dict[str, bytes] = {}
    for stem, fitted in _members(trained).items():
        files[stem + GRAPH] = fitted.graph
        files[stem + WEIGHTS] = write_weights(fitted.weights)
    files[CARD] = render_card(trained).encode()
    content: dict[str, Json] = {
        "recipe": trained.recipe.to_json(),
        "split": trained.split.to_json(),
        "record": dict(_record(trained.record)),
        "detector": fitted_to_json(trained.detector),
        "baselines": {name: fitted_to_json(fitted) for name, fitted in trained.baselines.items()},
        "files": {name: _mark(octets) for name, octets in files.items()},
    }
    if trained.detector.beside is not None:
        content[BESIDE] = fitted_to_json(trained.detector.beside)
    files[INDEX] = seal(content, format_name=FORMAT, version=VERSION)
    for name, octets in files.items():
        if len(octets) > (most := OCTETS_MAX[Path(name).suffix]):
            raise BundleError(f"{name} would have {len(octets):,} octets; a bundle holds at most {most:,}")
    return files


def _members(trained: Trained) -> dict[str, Fitted]:
    """Every fitted detector by its files' name without ending."""
    for name, fitted in trained.baselines.items():
        if not NAME.fullmatch(name) or name != fitted.family:
            raise BundleError(f"a baseline cannot be called {name!r}")
    beside = {} if trained.detector.beside is None else {BESIDE: trained.detector.beside}
    return {
        MODEL: trained.detector,
        **beside,
        **{f"{BASELINES}/{name}": fitted for name, fitted in trained.baselines.items()},
    }


def _mark(octets: bytes) -> dict[str, Json]:
    return {"octets": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}


def _check_place(target: Path, *, force: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir():
        raise BundleError("is there already and is no folder: choose another place")
    there = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_symlink() or not path.is_dir()}
    if not there:
        return
    if not force:
        raise BundleError("is there already: choose another place, or have it replaced")
    try:
        own = {*_object(_index(target), "files"), INDEX}
    except BundleError as error:
        raise BundleError(f"is there already and is no sound bundle ({error}): nothing else is replaced") from error
    if foreign := sorted(there - own):
        raise BundleError(f"holds '{foreign[0]}', which is no part of a bundle: nothing else is replaced")


def _write(files: Mapping[str, bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    made, old = beside.with_suffix(".new"), beside.with_suffix(".old")
    try:
        for name, octets in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            with (made / name).open("wb") as file:
                file.write(octets)
                os.fsync(file.fileno())
        if target.exists():
            target.rename(old)
        try:
            made.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _index(root: Path) -> dict[str, Json]:
    octets = _read(root, INDEX, OCTETS_MAX[".json"])
    try:
        content = unseal(octets, format_name=FORMAT, version=VERSION)
    except BundleError as error:
        raise BundleError(f"{INDEX} is {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{INDEX} is damaged: no object")
    return content


def _trained(root: Path, content: Mapping[str, Json]) -> Trained:
    baselines = _object(content, "baselines")
    if len(baselines) > BASELINES_MAX or not all(NAME.fullmatch(name) for name in baselines):
        raise BundleError(f"{INDEX} names baselines that cannot be")
    stems = {MODEL: content.get("detector")} | {f"{BASELINES}/{name}": data for name, data in baselines.items()}
    if BESIDE in content:
        stems[BESIDE] = content[BESIDE]
    listed = _object(content, "files")
    expected = {CARD, *(stem + ending for stem in stems for ending in (GRAPH, WEIGHTS))}
    if listed.keys() != expected:
        raise BundleError(f"{INDEX} lists other files than a bundle has: '{min(listed.keys() ^ expected)}'")
    if (root / BASELINES).is_symlink():
        raise BundleError(f"{BASELINES} is a link; a bundle holds none")
    octets = {name: _verified(root, name, _object(listed, name)) for name in sorted(expected)}
    fitted = {stem: _fitted(stem, data, octets) for stem, data in stems.items()}
    recipe = Recipe.from_json(content.get("recipe"))
    for stem, one in fitted.items():
        _check_fit(stem, one, recipe)
    if (recipe.unknown is None) != (BESIDE not in fitted):
        raise BundleError(f"{INDEX} holds one of a novelty detector and its thresholds without the other")
    members = {name: fitted[f"{BASELINES}/{name}"] for name in baselines}
    if any(one.family != name for name, one in members.items()):
        raise BundleError(f"{INDEX} calls a baseline by another's name")
    return Trained(
        recipe=recipe,
        detector=replace(fitted[MODEL], beside=fitted.get(BESIDE)),
        baselines=members,
        split=_split(_object(content, "split")),
        record=_record(_object(content, "record")),
    )


def _fitted(stem: str, data: Json, octets: Mapping[str, bytes]) -> Fitted:
    try:
        return fitted_from_json(data, graph=octets[stem + GRAPH], weights=read_weights(octets[stem + WEIGHTS]))
    except BundleError as error:
        raise BundleError(f"{stem}: {error}") from error


def _check_fit(stem: str, fitted: Fitted, recipe: Recipe) -> None:
    """Whether the graph runs, and takes and gives what the recipe says."""
    try:
        scorer = open_scorer(fitted.graph)
    except BundleError as error:
        raise BundleError(f"{stem}{GRAPH}: {error}") from error
    encoding = recipe.encodings.get(fitted.family)
    width = len(recipe.encoder.names if encoding == "scaled" else recipe.encoder.columns)
    shape = (recipe.window.length, width) if fitted.reads == "window" else (width,)
    classes = 2 if stem == BESIDE else len(recipe.known)
    told = (encoding is not None, scorer.reads, scorer.shape, scorer.classes, fitted.classes)
    if told != (True, fitted.reads, shape, classes, classes):
        raise BundleError(f"{stem}{GRAPH}: the graph is not the one that {INDEX} describes")


def _record(record: Mapping[str, Json]) -> Mapping[str, Json]:
    """The record, once it holds what every result is told with."""
    get(record, "seed", int)
    for name in ("stamps", "warnings"):
        get(record, name, list)
    for name in ("data", "split", "options", "versions", "metrics"):
        get(record, name, dict)
    if "candidates" in record:
        check_candidates(get(record, "candidates", dict))
    return record


def _split(data: Mapping[str, Json]) -> SplitSpec:
    try:
        return SplitSpec(**data)  # type: ignore[arg-type]  # of whatever type: checked by SplitSpec
    except (TypeError, OptionError) as error:
        raise BundleError(f"{INDEX}: the split is not one of yawstring's: {error}") from error


def _object(data: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = data.get(name)
    if not isinstance(value, dict):
        raise BundleError(f"{INDEX} holds no '{name}'")
    return value


def _verified(root: Path, name: str, mark: Mapping[str, Json]) -> bytes:
    """Octets of a file that has the size and digest it should have."""
    size, most = mark.get("octets"), OCTETS_MAX[Path(name).suffix]
    if not isinstance(size, int) or not 0 <= size <= most:
        raise BundleError(f"{name}: a size of {size} octets is not possible, at most {most:,} are read")
    octets = _read(root, name, size)
    if _mark(octets) != mark:
        raise BundleError(f"{name} is damaged: its size or digest is another than {INDEX} says")
    return octets


def _read(root: Path, name: str, most: int) -> bytes:
    """Octets of a plain file, never through a link, never more than ``most``."""
    try:
        # O_NONBLOCK: a pipe in a file's place must not keep us waiting.
        handle = os.open(root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = {errno.ENOENT: "missing", errno.ELOOP: "a link; a bundle holds none"}.get(error.errno or 0)
        raise BundleError(f"{name}: {reason or error.strerror}") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        os.close(handle)
        found = (
            f"{status.st_size:,} octets, expected at most {most:,}" if stat.S_ISREG(status.st_mode) else "no plain file"
        )
        raise BundleError(f"{name}: {found}")
    with os.fdopen(handle, "rb") as file:
        return file.read(most)
