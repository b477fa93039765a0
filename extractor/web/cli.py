"""``tpi serve``: the page and the API on this machine; on others only where that was asked for, and with a token."""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from extractor.web.options import LOOPBACK_NAMES, ServerOptions, is_loopback

__all__ = ["TOKEN_VARIABLE", "serve", "server_options"]

TOKEN_VARIABLE = "TPI_TOKEN"
_SHORTEST_TOKEN = 20


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    policy: str | None = None,
    settings: Sequence[str] | None = None,
    lexicon_dirs: Sequence[str | Path] | None = None,
    *,
    allow_remote: bool = False,
    token: str | None = None,
    allow_hosts: Sequence[str] | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    readers: int = 1,
    time_limit: float = 20.0,
) -> None:
    """Serve until Ctrl-C.

    Args:
        host: address to bind to; any but a loopback address needs ``allow_remote``.
        port: 0 takes a free one.
        policy: name or file, as ``--policy`` of the other commands.
        settings: ``KEY=VALUE`` items.
        lexicon_dirs: a practice's own words.
        allow_remote: let other machines ask, with a token.
        token: that token; default a new random one, which is printed.
        allow_hosts: further names under which this server is reached.
        certificate: file with the TLS certificate (PEM); without one, notes would travel readable.
        key: file with its key.
        readers: processes that read notes.
        time_limit: seconds for one note.

    Raises:
        typer.BadParameter: if the address is refused, or the port is taken.
        PolicyError, LexiconError: if one of them cannot be read.
    """
    import uvicorn

    from extractor.coding import resolve_policy
    from extractor.lexicon import load_lexicon
    from extractor.web.app import create_app

    options = server_options(
        host, policy, settings, lexicon_dirs, allow_remote=allow_remote, token=token, allow_hosts=allow_hosts,
        readers=readers, time_limit=time_limit,
    )  # fmt: skip
    if bool(certificate) != bool(key):
        raise typer.BadParameter("give the certificate and its key.", param_hint="--certificate, --key")
    # Said here, in one line, rather than by a process that fails to start.
    resolve_policy(policy, settings)
    load_lexicon(options.lexicon_dirs)
    logging.basicConfig(level=logging.WARNING, format="tpi serve: %(message)s")
    config = uvicorn.Config(
        create_app(options), host=host, port=port, log_config=None, log_level="warning", access_log=False,
        server_header=False, proxy_headers=False, ws="none", timeout_keep_alive=15, limit_concurrency=64,
        timeout_graceful_shutdown=3, ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    _bind_and_run(uvicorn, config, options, secure=certificate is not None)


def server_options(
    host: str,
    policy: str | None = None,
    settings: Sequence[str] | None = None,
    lexicon_dirs: Sequence[str | Path] | None = None,
    *,
    allow_remote: bool = False,
    token: str | None = None,
    allow_hosts: Sequence[str] | None = None,
    readers: int = 1,
    time_limit: float = 20.0,
) -> ServerOptions:
    """Return the options for an address.

    Raises:
        typer.BadParameter: if others could reach it and that was not asked for, or the token can be guessed.
    """
    remote = not is_loopback(host)
    if remote and not allow_remote:
        raise typer.BadParameter(
            f"{host} can be reached from other machines, and notes are confidential. Use 127.0.0.1, or add --allow-remote; "
            "a token is then required.",
            param_hint="--host",
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise typer.BadParameter(f"a token needs at least {_SHORTEST_TOKEN} characters.", param_hint=TOKEN_VARIABLE)
    if allow_remote and token is None:
        token = secrets.token_urlsafe(24)
    names = {host.lower(), *(name.lower() for name in allow_hosts or ())} - {"0.0.0.0", "::"}
    return ServerOptions(
        policy=policy, settings=tuple(settings or ()), lexicon_dirs=tuple(str(folder) for folder in lexicon_dirs or ()),
        token=token, hosts=LOOPBACK_NAMES | names, any_address=allow_remote, readers=readers, time_limit=time_limit,
    )  # fmt: skip


def _bind_and_run(uvicorn: Any, config: Any, options: ServerOptions, *, secure: bool) -> None:
    server = uvicorn.Server(config)
    with _listener(config.host, config.port) as listener:
        port = listener.getsockname()[1]
        shown = f"[{config.host}]" if ":" in config.host else config.host
        address = f"{'https' if secure else 'http'}://{shown}:{port}/"
        typer.echo("Loading …", err=True)
        _announce_when_ready(server, address, options, secure=secure)
        with contextlib.suppress(KeyboardInterrupt):  # the server has ended in order and hands Ctrl-C on
            server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(2)


def _listener(host: str, port: int) -> socket.socket:
    """Bind before anything is loaded, so that a port that is taken is known at once."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, OverflowError):
        raise typer.BadParameter(f"{host} is no address of this machine.", param_hint="--host") from None
    if sys.platform != "win32":  # there it would share a port that another server has
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(place)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or "it is out of range"
        raise typer.BadParameter(f"port {port} of {host} cannot be used ({reason}). Take another one.", param_hint="--port") from None
    return listener


def _announce_when_ready(server: Any, address: str, options: ServerOptions, *, secure: bool) -> None:
    """Print the address once the first note would be answered at once."""
    startup = server.startup

    async def announced(*args: object, **kwargs: object) -> None:
        await startup(*args, **kwargs)
        if not server.started:
            return
        typer.echo(f"tpi is at {address}{'#token=' + options.token if options.token else ''}")
        if options.token:
            typer.echo("Other machines need this token; it opens every note that is sent. Keep it.", err=True)
        if options.any_address and not secure:
            typer.echo("Notes travel readable: give --certificate and --key, or put a TLS proxy in front.", err=True)
        typer.echo("Press Ctrl-C to stop. Nothing is stored.", err=True)

    server.startup = announced
