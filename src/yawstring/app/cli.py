"""The command line: puts the commands together and turns errors into one line and exit code 2."""

import gc
import sys
from typing import Annotated

import typer

from yawstring.app.commands import (
    alerts,
    audit,
    benchmark,
    dashboard,
    decode,
    detect,
    doctor,
    evaluate,
    explain,
    fuse,
    grant,
    inspect,
    notebook,
    predict,
    search,
    signals,
    simulate,
    train,
    watch,
)
from yawstring.app.console import err
from yawstring.errors import InputError
from yawstring.version import __version__

app = typer.Typer(
    name="yawstring",
    help="Intrusion detection for Wi-Fi drones: is the drone under attack, and does the figure hold?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"yawstring {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command("simulate")(simulate.command)
app.command("decode")(decode.command)
app.command("fuse")(fuse.command)
app.command("signals")(signals.command)
app.command("inspect")(inspect.command)
app.command("audit")(audit.command)
app.command("notebook")(notebook.command)
app.command("train")(train.command)
app.command("search")(search.command)
app.command("evaluate")(evaluate.command)
app.command("predict")(predict.command)
app.command("explain")(explain.command)
app.command("benchmark")(benchmark.command)
app.command("detect")(detect.command)
app.command("watch")(watch.command)
app.command("alerts")(alerts.command)
app.command("dashboard")(dashboard.command)
app.command("grant")(grant.command)
app.command("doctor")(doctor.command)


def main() -> None:
    """Entry point of the ``yawstring`` program."""
    try:
        app()
    except InputError as error:
        err.print(f"yawstring: {error}", markup=False, style="bold")
        sys.exit(2)
    finally:
        # Python looks for garbage once more as it ends, among all that the libraries hold: that took a third of a
        # short command's time.
        gc.freeze()


if __name__ == "__main__":
    main()
