"""Is everything there that watching takes: rules that work, rights, an interface in monitor mode, clock, disk, bundle.

Each answer is one sentence, and another on what to do where it is no. Nothing is changed, nothing is sent.
"""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from yawstring.edge.bundles import load
from yawstring.edge.doctor_interfaces import CLASS, interface_answers
from yawstring.edge.doctor_kinds import Answer
from yawstring.edge.self_test import self_test
from yawstring.errors import BundleError
from yawstring.watch.rules import Rulebook

LEAST_FREE_OCTETS: Final = 1 << 30
"""Of the disk: alerts with their slices of a long day stay well below."""

_EARLIEST: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""No clock that is set says less."""

_MOST_STEP_S: Final = 0.05
_ETH_P_ALL: Final = 3


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is asked of the machine; a test puts its own in place.

    Attributes:
        interfaces: Folder of the kernel's network interfaces.
        now_s: Unix time.
        steady_s: A clock that nobody sets.
        pause: Waits for so many seconds.
        open_raw: Opens a raw socket, or raises :class:`OSError`.
        free_octets: Octets free on the disk of a folder.
    """

    interfaces: Path = CLASS
    now_s: Callable[[], float] = time.time
    steady_s: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    open_raw: Callable[[], None] = lambda: _open_raw()
    free_octets: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free


def examine(
    book: Rulebook,
    *,
    bundle: Path | None = None,
    interface: str | None = None,
    out: Path | None = None,
    machine: Machine | None = None,
    done: Callable[[str], None] | None = None,
) -> Iterator[Answer]:
    """Every answer, in the order of asking.

    Args:
        book: The rules to try.
        bundle: A bundle to check.
        interface: Network interface that is to be watched.
        out: Folder that is to be written to; else the one this runs in.
        machine: What is asked.
        done: Is told the name of each trial flight before it is flown.
    """
    machine = machine or Machine()
    yield from _rules(book, done)
    yield _rights(machine, needed=interface is not None)
    yield from interface_answers(machine.interfaces, interface)
    yield _clock(machine)
    yield _disk(machine, out or Path.cwd())
    if bundle is not None:
        yield _bundle(bundle)


def _rules(book: Rulebook, done: Callable[[str], None] | None) -> Iterator[Answer]:
    failed = []
    for trial in self_test(book, done):
        if not trial.passed:
            failed.append(trial.rule)
            said = f"found nothing on the flight made for it ({trial.spoke} findings)"
            if trial.alarms:
                said = f"gave {trial.alarms} false alarms on an undisturbed flight"
            yield Answer(
                about=f"rule {trial.rule}",
                well=False,
                found=f"The rule {said}.",
                todo=f"Look at [{trial.rule}] in your rulebook: its thresholds are not those that are tried and "
                "found good, or report it as a fault.",
            )
    if not failed:
        tried = len(book.rules)
        off = f"; {len(book.off)} are switched off: {', '.join(book.off)}" if book.off else ""
        found = f"All {tried} rules found the attack made for each, and raised no alarm on an undisturbed flight{off}."
        yield Answer(about="rules", well=True, found=found)


def _rights(machine: Machine, *, needed: bool) -> Answer:
    try:
        machine.open_raw()
    except PermissionError:
        found = "This user may not read a network interface."
        todo = (
            "Let `yawstring grant` open the interface and hand it over, or add yourself to the group that may use "
            "dumpcap (Debian: sudo dpkg-reconfigure wireshark-common, then sudo usermod -aG wireshark $USER). "
            "Nothing else of yawstring needs to run as root. Recordings and fifos need no rights."
        )
        return Answer(about="rights", well=not needed, found=found, todo=todo)
    except OSError as error:
        found = f"Raw sockets cannot be opened here: {error.strerror or error}."
        todo = "Watch a recording or a fifo, or run on Linux outside a restricted container."
        return Answer(about="rights", well=not needed, found=found, todo=todo)
    return Answer(about="rights", well=True, found="This user may read network interfaces.")


def _open_raw() -> None:
    family = getattr(socket, "AF_PACKET", None)
    if family is None:
        raise OSError("this system has no AF_PACKET")
    socket.socket(family, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)).close()


def _clock(machine: Machine) -> Answer:
    todo = "Set the clock and keep it set: systemctl enable --now systemd-timesyncd, or chrony or gpsd in the field."
    before, steady = machine.now_s(), machine.steady_s()
    if before < _EARLIEST.timestamp():
        when = datetime.fromtimestamp(before, UTC).date()
        return Answer(about="clock", well=False, found=f"The clock says {when}: it has not been set.", todo=todo)
    machine.pause(0.1)
    step_s = (machine.now_s() - before) - (machine.steady_s() - steady)
    if abs(step_s) > _MOST_STEP_S:
        found = f"The clock stepped by {step_s:+.2f} s within a tenth of a second: frames and telemetry would part."
        return Answer(about="clock", well=False, found=found, todo=todo)
    now = datetime.fromtimestamp(before, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Answer(about="clock", well=True, found=f"The clock runs evenly and says {now} UTC; see that this is right.")


def _disk(machine: Machine, folder: Path) -> Answer:
    place = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()), Path("/"))
    if not place.is_dir():
        todo = "Name a folder with --out."
        return Answer(about="disk", well=False, found=f"{place} is no folder.", todo=todo)
    if not os.access(place, os.W_OK | os.X_OK):
        found = f"{place} cannot be written to, and alerts are written before they are announced."
        return Answer(
            about="disk", well=False, found=found, todo="Name another folder with --out, or change its owner."
        )
    free = machine.free_octets(place)
    found = f"{free / (1 << 30):.1f} GiB are free at {place}."
    if free < LEAST_FREE_OCTETS:
        todo = "Free at least 1 GiB, or name a folder on another disk with --out."
        return Answer(about="disk", well=False, found=found, todo=todo)
    return Answer(about="disk", well=True, found=found)


def _bundle(folder: Path) -> Answer:
    try:
        trained = load(folder)
    except BundleError as error:
        todo = "Copy the bundle anew from where it was made, or train one: yawstring train TABLE --out BUNDLE."
        return Answer(about="bundle", well=False, found=f"The bundle cannot be used: {error}.", todo=todo)
    classes = ", ".join(trained.recipe.classes)
    return Answer(about="bundle", well=True, found=f"The bundle is whole; it tells apart: {classes}.")
