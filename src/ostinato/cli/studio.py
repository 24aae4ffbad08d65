"""`ostinato studio`: the page in a browser."""

from __future__ import annotations

import socket
from pathlib import Path

from ostinato.cli import output
from ostinato.errors import MissingDependencyError, OptionError

TRIED = 20  # ports after the one asked for


def studio(
    runs: Path, *, host: str, port: int | None, token: str | None, browser: bool, as_json: bool
) -> None:
    """Serve the runs in a folder until Ctrl-C.

    Raises:
        OptionError: the port is taken, or the token is too short.
        MissingDependencyError: the packages of the page are not installed.
    """
    try:
        from ostinato.serving.app import serve
        from ostinato.serving.guard import LOCAL, new_token
    except ImportError as error:
        raise MissingDependencyError(
            "studio: the page needs starlette and uvicorn. Install them: pip install "
            "'ostinato[studio]'"
        ) from error
    if token is not None and len(token) < 8:
        raise OptionError("studio: --token must have 8 characters or more; without it one is made.")
    if runs.exists() and not runs.is_dir():
        raise OptionError(f"studio: {runs} is no folder. Give the folder with the runs.")
    chosen = _free(host, port)
    known = token or new_token()
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{chosen}/?token={known}"

    def started() -> None:
        if as_json:
            output.result({"address": address, "runs": str(runs)})
        output.note(f"Studio: {address}\n        Runs in {runs}. Ctrl-C ends it.")
        if browser:
            import webbrowser

            webbrowser.open(address)

    hosts = (*LOCAL, host) if host in LOCAL else (*LOCAL, host, socket.gethostname())
    serve(runs, host, chosen, known, hosts, started)


def _free(host: str, port: int | None) -> int:
    """The port, or without one the next that is free."""
    asked = [port] if port is not None else list(range(8765, 8765 + TRIED))
    for each in asked:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, each))
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            return each
    raise OptionError(
        f"studio: port {asked[0]} of {host} cannot be used: {reason}. Choose another --port."
    )
