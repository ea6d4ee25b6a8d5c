"""``yawstring dashboard``: what a watch has written, on a live page."""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from yawstring.app.console import err
from yawstring.app.dashboard.serving import DEFAULT_HOST, DEFAULT_PORT, Bound, serve


def command(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder that a watch writes into.", show_default=False)
    ],
    host: Annotated[
        str, typer.Option(help="Address to listen at; another than this machine's own asks for a token.")
    ] = DEFAULT_HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = DEFAULT_PORT,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
) -> None:
    """Show what a watch sees: the verdict, alerts with their evidence, scores, stations, health.

    Examples:
    `yawstring dashboard watch`;
    `yawstring dashboard watch --host 0.0.0.0 --no-open`
    """

    def told(bound: Bound) -> None:
        say(bound)
        if not no_open and has_screen():
            webbrowser.open(bound.address)

    serve(out, host=host, port=port, told=told)


def say(bound: Bound) -> None:
    """Say where the dashboard is, and its token, once."""
    err.print(f"dashboard: {bound.address}", markup=False)
    if bound.token is not None:
        err.print(f"token: {bound.token}", markup=False)
        err.print("note: what goes over the network is not encrypted; ssh -L is", markup=False)


def has_screen() -> bool:
    """Whether a browser with a window can be opened; one in the terminal would take it over."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
