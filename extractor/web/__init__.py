"""The coder's page and the HTTP API: the same functions as the command, on the coder's own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["ServerOptions", "create_app"]

if TYPE_CHECKING:
    from extractor.web.app import create_app
    from extractor.web.options import ServerOptions


def __getattr__(name: str):
    # FastAPI is slow to import; `tpi --help` must not pay for it.
    if name == "create_app":
        from extractor.web.app import create_app

        return create_app
    if name == "ServerOptions":
        from extractor.web.options import ServerOptions

        return ServerOptions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
