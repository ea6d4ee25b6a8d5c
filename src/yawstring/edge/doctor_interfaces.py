"""Network interfaces as the kernel lists them (Linux, ``Documentation/ABI/testing/sysfs-class-net``; ``if_arp.h``)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yawstring.edge.doctor_kinds import Answer

CLASS: Final = Path("/sys/class/net")

MONITORS: Final = {801: "802.11 alone", 802: "802.11 behind Prism headers", 803: "802.11 behind radiotap headers"}
"""Link types of interfaces in monitor mode."""

_UP: Final = 1
_LISTED = 8


def interface_answers(folder: Path, wanted: str | None) -> Iterator[Answer]:
    """What interfaces there are, and whether the one that is to be watched can be.

    Args:
        folder: Where the kernel lists them.
        wanted: The one to watch; ``None``: any.
    """
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    wireless = [name for name in there if _link_type(folder / name) in MONITORS or _is_wireless(folder / name)]
    if wanted is None:
        listening = [name for name in wireless if _link_type(folder / name) in MONITORS]
        yield _any(there, wireless, listening)
        return
    if wanted not in there or "/" in wanted:
        known = ", ".join(there[:_LISTED]) or "none"
        found = f"There is no interface {wanted!r}; there are {known}."
        yield Answer(about="interface", well=False, found=found, todo="Plug the adapter in, or name another: ip link.")
        return
    yield _monitor(folder / wanted, wireless=wanted in wireless)
    if not _flags(folder / wanted) & _UP:
        todo = f"Switch it on: sudo ip link set {wanted} up"
        yield Answer(about="interface", well=False, found=f"{wanted} is switched off.", todo=todo)


def _any(there: list[str], wireless: list[str], listening: list[str]) -> Answer:
    if listening:
        return Answer(about="interface", well=True, found=f"In monitor mode: {', '.join(listening[:_LISTED])}.")
    if wireless:
        name = wireless[0]
        found = f"No interface is in monitor mode; {', '.join(wireless[:_LISTED])} could be, if the driver can."
        return Answer(about="interface", well=True, found=found, todo=_how(name))
    found = f"No wireless interface among {', '.join(there[:_LISTED]) or 'none'}: recordings and fifos can be watched."
    todo = "To watch the air, plug in an adapter whose driver knows monitor mode."
    return Answer(about="interface", well=True, found=found, todo=todo)


def _monitor(path: Path, *, wireless: bool) -> Answer:
    kind, name = _link_type(path), path.name
    if kind in MONITORS:
        return Answer(about="monitor mode", well=True, found=f"{name} is in monitor mode: {MONITORS[kind]}.")
    if wireless:
        found = f"{name} is not in monitor mode: it gives only its own traffic, as if it came by wire."
        return Answer(about="monitor mode", well=False, found=found, todo=_how(name))
    found = f"{name} is no wireless interface (link type {kind})."
    return Answer(about="monitor mode", well=False, found=found, todo="Name a wireless one: iw dev lists them.")


def _how(name: str) -> str:
    return (
        f"sudo ip link set {name} down && sudo iw dev {name} set type monitor && sudo ip link set {name} up, then set "
        f"the drone's channel: sudo iw dev {name} set channel N. If a manager takes it back: nmcli device set {name} "
        f"managed no."
    )


def _is_wireless(path: Path) -> bool:
    return (path / "phy80211").exists() or (path / "wireless").exists()


def _link_type(path: Path) -> int:
    return _number(path / "type", 10)


def _flags(path: Path) -> int:
    return _number(path / "flags", 16)


def _number(path: Path, base: int) -> int:
    try:
        return int(path.read_text(), base)
    except (OSError, ValueError):
        return 0
