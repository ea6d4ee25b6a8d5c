"""``yawstring grant``: let a watch without privileges read one interface."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    interface: Annotated[
        str, typer.Argument(metavar="INTERFACE", help="The interface to read, such as wlan1.", show_default=False)
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="SOCKET", help="Where the watch finds it; of itself, in the user's folder of /run."
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--for", metavar="USER", help="Who may read; of itself, whoever starts this.")
    ] = None,
    telemetry: Annotated[
        bool, typer.Option("--telemetry", help="The drone's state datagrams alone (UDP 8890), not frames.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the command that would be run, and run nothing.")] = False,
) -> None:
    """Open an interface as root, and hand it to a watch that has no privileges.

    Started as a user, it runs one short program by `sudo`. That program opens a socket, gives up every privilege, and
    passes the socket to processes of the user that ask for it, until it is ended (Ctrl-C) or the interface goes.

    Examples:
    `yawstring grant wlan1`,
    `yawstring grant wlan0 --telemetry`
    """
    from yawstring.edge.live.grant import become_program, grant_command

    words = grant_command(interface, to=to, user=user, telemetry=telemetry)
    if show:
        import shlex

        typer.echo(shlex.join(words))
        return
    become_program(words)
