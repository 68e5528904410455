"""`digits serve`: the page to draw on, and the interface for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from digit_recognizer.cli.options import Quiet
from digit_recognizer.cli.typed import taking
from digit_recognizer.errors import ConfigError, require_extra


@dataclass(frozen=True)
class _Options:
    """Where to listen, and who may ask."""

    host: Annotated[str, typer.Option(help="Address to listen on. Any other than loopback needs a token.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port. 0: any free one.")] = 8000
    model: Annotated[str | None, typer.Option(help="A shipped name, a model file or a run folder. Default: best.")] = (
        None
    )
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="File with the hashes of the access tokens.")
    ] = None
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Add a token to that file, show it once, and exit.")
    ] = False
    allowed_host: Annotated[
        list[str] | None,
        typer.Option("--allowed-host", metavar="NAME", help="Host name that clients may use. Repeatable."),
    ] = None
    allowed_origin: Annotated[
        list[str] | None,
        typer.Option("--allowed-origin", metavar="ORIGIN", help="Another site whose pages may ask. Repeatable."),
    ] = None
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy", metavar="ADDRESS", help="Proxy whose X-Forwarded-Host is believed. Repeatable."
        ),
    ] = None
    root_path: Annotated[
        str, typer.Option("--root-path", metavar="PATH", help="Path under which a proxy shows the server.")
    ] = ""
    unix_socket: Annotated[
        Path | None, typer.Option("--unix-socket", metavar="PATH", help="Listen at a Unix socket instead of a port.")
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Number of worker processes. Default: one per core. 0: run in this process."),
    ] = None
    quiet: Quiet = False


@taking(_Options)
def serve(options: _Options) -> None:
    """Serve a web page and an HTTP interface until interrupted. By default only this machine can reach it."""
    if options.new_token:
        add_token(options.token_file)
        return
    require_extra("serve", "digits serve")
    from digit_recognizer.cli.output import note
    from digit_recognizer.models import load_model
    from digit_recognizer.processes import cores
    from digit_recognizer.recognizer import DEFAULT_MODEL, Recognizer
    from digit_recognizer.server import serve as serve_until_told
    from digit_recognizer.server.serving import is_loopback, log_requests
    from digit_recognizer.server.tokens import read_tokens

    tokens = read_tokens(options.token_file) if options.token_file else ()
    # One thread each: requests are answered side by side, and threads that wait for work would take the cores.
    recognizer = Recognizer(load_model(options.model or DEFAULT_MODEL, threads=1))
    log_requests(options.quiet)

    processes = cores() if options.workers is None else options.workers

    def ready(address: str) -> None:
        typer.echo(address)
        if not options.unix_socket and not is_loopback(options.host) and not options.quiet:
            note("tokens and pictures are sent unencrypted; use a reverse proxy with TLS.")

    serve_until_told(
        recognizer,
        options.host,
        options.port,
        tokens,
        options.allowed_host or (),
        None,
        processes,
        ready,
        unix_socket=options.unix_socket,
        root_path=options.root_path,
        allowed_origins=options.allowed_origin or (),
        trusted_proxies=options.trusted_proxy or (),
    )


def add_token(token_file: Path | None) -> None:
    """Print a new token, whose hash is now in the file."""
    from digit_recognizer.cli.output import note
    from digit_recognizer.server.tokens import add_token

    if token_file is None:
        raise ConfigError("--new-token needs a file. Name it with --token-file FILE.")
    typer.echo(add_token(token_file))
    note(f"the token's hash is in {token_file}. Keep the token: it is not shown again.")
