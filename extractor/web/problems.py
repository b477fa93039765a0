"""Errors as RFC 9457 problem details. None of them ever repeats what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

__all__ = ["KINDS", "MEDIA_TYPE", "InvalidPart", "Kind", "Problem", "ProblemDetails", "problem_response", "validation_parts"]

MEDIA_TYPE = "application/problem+json"
_NAME = re.compile(r"[a-z0-9_-]{1,40}")


class Kind(NamedTuple):
    """One kind of problem: its page is ``/v1/problems/{name}``."""

    status: int
    title: str
    advice: str


KINDS: dict[str, Kind] = {
    "invalid-request": Kind(422, "The request is not what this endpoint takes", "Compare it with /openapi.json; `errors` says where."),
    "invalid-json": Kind(400, "The body is not JSON", "Send UTF-8 JSON."),
    "media-type": Kind(415, "Wrong content type", "Send JSON as application/json."),
    "note-unreadable": Kind(422, "The note cannot be read", "The detail says why and what to do."),
    "policy": Kind(422, "Unknown policy, setting or value", "GET /v1/policies lists what there is."),
    "correction": Kind(422, "The correction does not fit the record", "Correct a muscle that the record holds, or one of the lexicon."),
    "unknown-form": Kind(404, "The lexicon does not know this name", "`suggestions` are the nearest names."),
    "not-found": Kind(404, "There is nothing here", "See /openapi.json."),
    "method": Kind(405, "This method is not allowed here", "See /openapi.json and the header Allow."),
    "too-large": Kind(413, "The request is too large", "Send one note at a time; a note may have 1,000,000 characters."),
    "too-slow": Kind(408, "The request took too long to arrive", "Send it again."),
    "time-limit": Kind(503, "Reading took too long and was ended", "Send a shorter note, or ask for a higher --time-limit."),
    "busy": Kind(503, "Other notes are being read", "Ask again in a moment."),
    "extra-missing": Kind(501, "A library for this format is not installed", "pip install 'tpi-extractor[documents]'."),
    "token": Kind(401, "A token is needed", "Send the token that `tpi serve` printed, as `Authorization: Bearer …`."),
    "host": Kind(421, "This server does not answer under that name", "Use the address that `tpi serve` printed, or start it with --allow-host NAME."),
    "cross-site": Kind(403, "Other sites may not ask", "Open the page of this server itself."),
    "internal": Kind(500, "An error in this program, not in your request", "Please report type and place; they hold nothing of the note."),
}  # fmt: skip


class InvalidPart(BaseModel):
    """One place of a request that does not fit."""

    where: str = Field(description="Path in the request, dotted; names that this API does not know are not repeated")
    what: str


class ProblemDetails(BaseModel):
    """RFC 9457. ``detail`` and ``errors`` say what is wrong and what to do, without a word of a note."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/v1/problems/note-unreadable"])
    title: str
    status: int
    detail: str
    errors: list[InvalidPart] | None = None
    suggestions: list[str] | None = None


class Problem(Exception):
    """Raised by a route; shown as problem details."""

    def __init__(self, name: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        """Name a kind of :data:`KINDS`; its advice is the detail where none is given."""
        super().__init__(name)
        self.name, self.detail, self.headers, self.extra = name, detail, headers, extra


def problem_response(
    name: str, detail: str = "", *, headers: Mapping[str, str] | None = None, status: int | None = None, **extra: Any
) -> Response:
    """Return a problem as a response."""
    kind = KINDS[name]
    body = ProblemDetails(
        type=f"/v1/problems/{name}", title=kind.title, status=status or kind.status, detail=detail or kind.advice, **extra
    )
    content = body.model_dump_json(exclude_none=True).encode()
    return Response(content, status or kind.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def validation_parts(errors: Iterable[Mapping[str, Any]], known: frozenset[str]) -> list[InvalidPart]:
    """Say what does not fit, and where. What was sent instead is left out, since it may be a note."""
    parts = []
    for error in list(errors)[:20]:
        where = ".".join(_step(step, known) for step in error.get("loc", ()))
        parts.append(InvalidPart(where=where or "body", what=_what(error)))
    return parts


_WHAT = {
    "extra_forbidden": "This field is not known here.",
    "missing": "This field is needed.",
    "union_tag_invalid": "This kind is not known here.",
    "union_tag_not_found": "The kind is needed.",
    "dict_type": "An object is needed here.",
    "model_type": "An object is needed here.",
    "model_attributes_type": "An object is needed here.",
    "list_type": "A list is needed here.",
}
_OWN_WORDS = (
    "bool_", "date_", "decimal_", "finite_", "float_", "greater_", "int_", "less_", "literal_", "string_", "too_long", "too_short",
)  # fmt: skip
"""Kinds of errors whose message names what is allowed and nothing of what came."""


def _what(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _WHAT or not kind.startswith(_OWN_WORDS):
        return _WHAT.get(kind, "This value does not fit.")
    return str(error["msg"]).rstrip(".") + "."


def _step(step: Any, known: frozenset[str]) -> str:
    if isinstance(step, int):
        return str(step)
    return step if step in known and _NAME.fullmatch(step) else "(unknown)"

