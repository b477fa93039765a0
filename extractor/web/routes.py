"""The API: what each address takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from extractor import __version__
from extractor.audit.models import Audit
from extractor.models import Result
from extractor.web.catalog import health, look_up, muscle_names, policies, samples
from extractor.web.options import ServerOptions
from extractor.web.problems import KINDS, MEDIA_TYPE, Problem, ProblemDetails
from extractor.web.schemas import (
    AuditRequest,
    Converted,
    Day,
    Decided,
    DecideRequest,
    ExtractRequest,
    FullAnswer,
    Health,
    LexiconAnswer,
    MuscleName,
    Policies,
    Sample,
)

__all__ = ["router"]

_WORDS = {
    400: "Not JSON", 401: "The token is missing", 403: "Another site asks", 404: "Not found", 405: "Not this method",
    408: "Too slow", 413: "Too large", 415: "Not JSON", 421: "Not this host", 422: "Does not fit", 500: "Our error",
    501: "A library is missing", 503: "Too long, or busy",
}  # fmt: skip


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": _WORDS[status], "content": content} for status in sorted({401, 403, 421, 500, *statuses})}


_BODY = (400, 408, 413, 415, 422, 503)
_FULL = "Also give the record and the words to show; correct and decide again with them"

router = APIRouter()
Full = Annotated[bool, Query(description=_FULL)]


def _json_of(model: type[BaseModel]) -> Any:
    """Return what checks a body before anything else: that it is JSON, and of the model's own types."""

    async def check(request: Request) -> None:
        # A form of another site can send text/plain without being asked for permission, but not application/json.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem("media-type")
        try:
            # Strict: a date of service given as 0 must not become 1970-01-01, nor a "yes" a true.
            model.model_validate_json(await request.body(), strict=True)
        except ValidationError as error:
            raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from None

    return Depends(check)


async def _do(request: Request, job: str, *arguments: Any, limit: float | None = None) -> Response:
    options: ServerOptions = request.app.state.options
    seconds = limit or options.time_limit
    # Whoever waits for a process waits no longer than the note before it may take.
    content = await request.app.state.readers.do(
        job, *arguments, limit=seconds, wait=options.time_limit + 5, gone=request.is_disconnected
    )
    return Response(content, media_type="application/json")


@router.post("/v1/extract", response_model=Result | FullAnswer, responses=_problems(*_BODY), dependencies=[_json_of(ExtractRequest)], tags=["notes"])
async def extract(request: Request, note: ExtractRequest, full: Full = False) -> Response:
    """Read one note: the code that it proves. The answer is the contract's document."""
    return await _do(request, "extract", await request.body(), full)


@router.post("/v1/decide", response_model=Decided | FullAnswer, responses=_problems(*_BODY), dependencies=[_json_of(DecideRequest)], tags=["notes"])
async def decide(request: Request, case: DecideRequest, full: Full = False) -> Response:
    """Decide about a record, with what the coder corrects in it; no text is read."""
    return await _do(request, "decide", await request.body(), full)


_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


@router.post("/v1/convert", response_model=Converted, responses=_problems(*_BODY, 501), openapi_extra=_FILE, tags=["notes"])
async def convert(request: Request) -> Response:
    """Turn a file (text, RTF, PDF, DOCX, HTML) into a note's text. Its name is not asked for: it may name a patient."""
    data = await request.body()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return await _do(request, "convert", data, media_type)


@router.post("/v1/audit", response_model=Audit, responses=_problems(*_BODY), dependencies=[_json_of(AuditRequest)], tags=["notes"])
async def audit(request: Request, case: AuditRequest) -> Response:
    """Hold notes against billed claim lines: what does not hold up, worst first."""
    return await _do(request, "audit", await request.body(), limit=request.app.state.options.audit_time_limit)


@router.get("/v1/policies", response_model=Policies, responses=_problems(422), tags=["knowledge"])
async def get_policies(
    request: Request, day: Annotated[Day | None, Query(alias="date", description="Date of service")] = None
) -> Policies:
    """List the policies, and what each answers on a date of service."""
    options: ServerOptions = request.app.state.options
    return await run_in_threadpool(policies, options.policy, options.settings, day)


@router.get("/v1/lexicon/{form}", response_model=LexiconAnswer, responses=_problems(404, 422), tags=["knowledge"])
async def get_form(request: Request, form: str) -> LexiconAnswer:
    """Say what a name means, as notes write it: `lev scap`, `upper traps`."""
    if len(form) > 200:
        raise Problem("unknown-form", "No name is that long.", suggestions=[])
    found, suggestions = await run_in_threadpool(look_up, form, request.app.state.options.lexicon_dirs)
    if found is None:
        near = f" Near: {', '.join(suggestions)}." if suggestions else ""
        raise Problem("unknown-form", f"The lexicon has no such name.{near}", suggestions=suggestions)
    return found


@router.get("/v1/muscles", response_model=list[MuscleName], responses=_problems(), tags=["knowledge"])
async def get_muscles(request: Request) -> list[MuscleName]:
    """List the muscles and groups that can be counted."""
    return await run_in_threadpool(muscle_names, request.app.state.options.lexicon_dirs)


@router.get("/v1/samples", response_model=list[Sample], responses=_problems(), tags=["knowledge"])
async def get_samples() -> list[Sample]:
    """Give the example notes that the page offers; no patient's."""
    return await run_in_threadpool(samples)


@router.get("/v1/problems/{name}", responses=_problems(404), tags=["knowledge"])
async def get_problem(name: str) -> ProblemDetails:
    """Explain a kind of problem: what its `type` points at."""
    kind = KINDS.get(name)
    if kind is None:
        raise Problem("not-found")
    return ProblemDetails(type=f"/v1/problems/{name}", title=kind.title, status=kind.status, detail=kind.advice)


@router.get("/healthz", response_model=Health, responses=_problems(), tags=["server"])
async def get_health(request: Request) -> Health:
    """Say that the server answers, and its versions."""
    return await run_in_threadpool(health, __version__, request.app.state.options.lexicon_dirs)

