"""``yawstring doctor``: is everything there that watching takes, and does it work."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yawstring.app.console import out as console
from yawstring.app.console import progress

if TYPE_CHECKING:
    from yawstring.edge.doctor_kinds import Answer

FORMAT = 1
"""Version of the JSON."""


def command(
    bundle: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="A bundle to check.", show_default=False)
    ] = None,
    interface: Annotated[
        str | None, typer.Option(metavar="IF", help="Interface that is to be watched.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder that is to be written to.", show_default=False)
    ] = None,
    rulebook: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="A rulebook of your own over the standard one.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")] = False,
) -> None:
    """Look whether everything is there that watching takes, and try every rule.

    Each rule must find the attack on a simulated flight made for it, and nothing on an undisturbed one. Then rights,
    interfaces, monitor mode, clock, disk and, if one is named, the bundle are looked at. Nothing is changed or sent.
    Exit code 0: all is well; 1: something is not; 2: what was asked makes no sense.

    Examples:
    `yawstring doctor`;
    `yawstring doctor --bundle BUNDLE --interface wlan1 --out watched/`
    """
    from yawstring.edge.doctor import examine
    from yawstring.edge.rulebook import read_rulebook
    from yawstring.edge.runtime import ready_loops
    from yawstring.edge.self_test import FLIGHTS

    ready_loops()
    book = read_rulebook(rulebook)
    with progress("trial flights", len(FLIGHTS)) as advance:
        answers = tuple(examine(book, bundle=bundle, interface=interface, out=out, done=advance))
    well = all(one.well for one in answers)
    if as_json:
        print(json.dumps({"format": FORMAT, "well": well, "answers": [asdict(one) for one in answers]}, indent=2))
    else:
        _show(answers, well=well)
    raise typer.Exit(0 if well else 1)


def _show(answers: "tuple[Answer, ...]", *, well: bool) -> None:
    for one in answers:
        mark, style = ("well ", "green") if one.well else ("WRONG", "bold red")
        console.print(mark, style=style, end="  ")
        console.print(f"{one.about}: {one.found}", markup=False)
        if one.todo:
            console.print(f"       {one.todo}", markup=False)
    console.print("All is well." if well else "Something is not as it should be; see above.", style="bold")
