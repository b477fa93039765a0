"""The application: the page's files, the API, and what guards both. It stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from extractor import __version__
from extractor.web.engine import Refused, Setup
from extractor.web.guard import Guard
from extractor.web.options import ServerOptions
from extractor.web.problems import Problem, problem_response, validation_parts
from extractor.web.routes import router
from extractor.web.workers import Abandoned, Failed, Readers, TimeExceeded

__all__ = ["STATIC", "create_app"]

STATIC = Path(__file__).resolve().parent / "static"

_DESCRIPTION = """Reads one trigger point injection note and gives the CPT code that it proves, with the words that prove it.

The answer to `POST /v1/extract` is the same document as that of `tpi extract --json` (schema version 1); fields may be
added, and those that are there keep their names and meaning. Errors are RFC 9457 problem details. Nothing that is sent
is kept, logged or repeated in an error."""

_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_BY_STATUS = {400: "invalid-json", 404: "not-found", 405: "method", 413: "too-large", 415: "media-type", 422: "invalid-request"}


def create_app(options: ServerOptions | None = None) -> FastAPI:
    """Return the ASGI application; its reading processes start with it and end with it.

    Args:
        options: default: the loopback names only, no token, the policy that the user's settings name.
    """
    chosen = options or ServerOptions()
    app = FastAPI(
        title="tpi-extractor", version=__version__, description=_DESCRIPTION,
        openapi_url="/openapi.json", docs_url=None, redoc_url=None,  # both would load their scripts from elsewhere
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"}, lifespan=_lifespan, redirect_slashes=False,
    )  # fmt: skip
    app.state.options = chosen
    app.add_middleware(Guard, options=chosen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.include_router(router)
    for file in sorted(STATIC.iterdir()):
        _add_page(app, file)
    return app


def _add_page(app: FastAPI, file: Path) -> None:
    """Serve one file of the page under its own name: what is not in that folder has no address."""
    content, media_type = file.read_bytes(), _MEDIA_TYPES[file.suffix]

    async def page(_request: Request) -> Response:
        return Response(content, media_type=media_type)

    for path in (f"/{file.name}", "/") if file.name == "index.html" else (f"/{file.name}",):
        app.add_route(path, page, methods=["GET"], include_in_schema=False)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    options: ServerOptions = app.state.options
    readers = Readers(Setup(options.policy, options.settings, options.lexicon_dirs), options.readers)
    app.state.readers = readers
    app.state.fields = _field_names(app.openapi())
    try:
        await readers.start()
        yield
    finally:
        await readers.stop()


def _field_names(schema: dict[str, Any]) -> frozenset[str]:
    """Return every name that the API itself uses: only these are repeated where a request does not fit."""
    names = {"body", "query", "path", "header", "strike", "strike-area", "add", "set-sides"}
    for part in schema["components"]["schemas"].values():
        names.update(part.get("properties", ()))
    for operations in schema["paths"].values():
        names.update(item["name"] for operation in operations.values() for item in operation.get("parameters", ()))
    return frozenset(names)


async def _invalid(request: Request, error: Exception) -> Response:
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors):
        return problem_response("invalid-json")
    return problem_response("invalid-request", errors=validation_parts(errors, request.app.state.fields))


async def _http(request: Request, error: Exception) -> Response:
    name = _BY_STATUS.get(error.status_code, "invalid-request" if error.status_code < 500 else "internal")
    return problem_response(name, headers=error.headers, status=error.status_code)


async def _problem(request: Request, error: Exception) -> Response:
    return problem_response(error.name, error.detail, headers=error.headers, **error.extra)


async def _refused(request: Request, error: Exception) -> Response:
    return problem_response(error.problem, error.detail)


async def _failed(request: Request, error: Exception) -> Response:
    return problem_response("internal", f"{error}.")


async def _too_long(request: Request, error: Exception) -> Response:
    return problem_response("time-limit")


async def _busy(request: Request, error: Exception) -> Response:
    return problem_response("busy", headers={"Retry-After": "2"})


_HANDLERS: dict[type[Exception], Any] = {
    Problem: _problem,
    Refused: _refused,
    Failed: _failed,
    TimeExceeded: _too_long,
    Abandoned: _busy,  # nobody is there to read it
    asyncio.TimeoutError: _busy,
}
