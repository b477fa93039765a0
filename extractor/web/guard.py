"""What every request passes first: host, origin, token, size and time; and what every response carries.

The server holds patients' notes for the time of one request on a machine on which a browser runs. So it answers only
under its own name (against DNS rebinding), only to its own page (against requests that other sites send), and says in
each response that nothing may be kept, embedded or loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from extractor.failures import place_of
from extractor.web.options import ServerOptions
from extractor.web.problems import problem_response

__all__ = ["CSP", "SECURITY_HEADERS", "Guard"]

CSP = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing from elsewhere, nothing inline; and no text can become markup, since no Trusted Types policy may be made."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_OPEN = frozenset({"GET", "HEAD"})
_log = logging.getLogger("extractor.web")


class Guard:
    """ASGI middleware; also the last resort for exceptions, whose messages could quote a note."""

    def __init__(self, app: ASGIApp, options: ServerOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        try:
            await self._answer(scope, receive, guarded)
        except Exception as error:
            _log.error("%s", place_of(error))
            if not started:
                await problem_response("internal", f"{place_of(error)}.")(scope, receive, guarded)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._knows_host(headers.get("host", "")):
            await problem_response("host")(scope, receive, send)
        elif _is_cross_site(headers):
            await problem_response("cross-site")(scope, receive, send)
        elif not self._may_ask(scope, headers):
            await problem_response("token", headers={"WWW-Authenticate": "Bearer"})(scope, receive, send)
        elif scope["method"] in _OPEN:
            await self._app(scope, receive, send)
        else:
            await self._with_body(scope, receive, send)

    def _knows_host(self, host: str) -> bool:
        name = _host_name(host)
        if name in self._options.hosts:
            return True
        if not self._options.any_address:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _may_ask(self, scope: Scope, headers: Headers) -> bool:
        """The page itself and /healthz hold nothing; all else needs the token, where one was set."""
        if self._options.token is None or not scope["path"].startswith(("/v1/", "/openapi")):
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        wanted = self._options.token.encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the whole body before anything else sees it: then neither its size nor its pace can surprise."""
        length = Headers(scope=scope).get("content-length", "")
        limit = self._options.max_body
        if length.isdecimal() and int(length[:20]) > limit:
            await problem_response("too-large", headers={"Connection": "close"})(scope, receive, send)
            return
        body = bytearray()
        try:
            async with asyncio.timeout(self._options.body_time_limit):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    body += message.get("body", b"")
                    if len(body) > limit:
                        await problem_response("too-large", headers={"Connection": "close"})(scope, receive, send)
                        return
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            await problem_response("too-slow", headers={"Connection": "close"})(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _is_cross_site(headers: Headers) -> bool:
    """Say whether a page of another origin asks. Programs send neither header, browsers at least one of them."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # A link from elsewhere may open the page; only its script may do more.
        return headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document"
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()
