"""FHIR R4: DocumentReference and DiagnosticReport in Bulk Data NDJSON, in Bundles, or alone.

One resource is one note. Its attachments are one document in several formats (R4 says so of both elements); text is
preferred, then RTF, HTML, DOCX, PDF. Only where one format stands there twice are these several documents: they are then
several notes, ``id``, ``id-2`` …

- id: the resource's ``id``, else its first identifier's value.
- patient: the last part of ``subject.reference`` (``Patient/123`` → ``123``), else ``subject.identifier.value``.
- date of service: ``context.period.start``, else ``date``; ``effectiveDateTime``, ``effectivePeriod.start``, else ``issued``.
- provider: ``author`` (DocumentReference); ``resultsInterpreter``, else ``performer`` (DiagnosticReport); a person before
  an organization.
- text: ``attachment.data``; else the Binary that ``attachment.url`` names, in the same input or in a file
  ``Binary*.ndjson`` of the same folder (as a Bulk Data export writes it; unpacked, since it is read by position); else
  ``text.div``; else a report's ``conclusion``. Nothing is fetched.

``entered-in-error``, ``cancelled`` and ``superseded`` say that there is no such note (any more). Resources are not
validated: real exports break the rules in places that do not matter here.

Source: HL7 FHIR R4 (4.0.1), DocumentReference, DiagnosticReport, Attachment; Bulk Data Access 2.0.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO

from extractor.batch.documents import convert
from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers._fhir_binaries import Binaries
from extractor.batch.readers.base import ReadOptions
from extractor.intake import IntakeError, check_text

__all__ = ["READER", "FhirReader"]

_LINE_BYTES = 64_000_000
_BUNDLE_BYTES = 512_000_000
_NOTES = ("DocumentReference", "DiagnosticReport")
_TYPE = re.compile(rb'"resourceType"\s*:\s*"[A-Z][A-Za-z]+"')
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_WITHDRAWN = {
    "entered-in-error": "was entered in error, says its status",
    "cancelled": "was cancelled, says its status",
    "superseded": "was replaced by a newer version, says its status",
}
_FORMATS = (
    "text/plain",
    "text/rtf",
    "application/rtf",
    "text/html",
    "application/xhtml+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/pdf",
)


class FhirReader:
    """FHIR R4 resources."""

    name = "FHIR R4"

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the first bytes are JSON that names a ``resourceType``."""
        return _BEGINNING.match(head) is not None and _TYPE.search(head) is not None

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        """The notes of a file, one resource at a time where it is NDJSON."""
        binaries = Binaries(stream, source)
        given, seen = 0, {}
        for place, resource in _resources(stream, source, binaries):
            if isinstance(resource, str):
                given += 1
                yield Unreadable(place, resource)
                continue
            kind = resource.get("resourceType")
            seen[str(kind)] = seen.get(str(kind), 0) + 1
            if kind in _NOTES:
                for found in _notes(resource, place, binaries):
                    given += 1
                    yield found
        if not given and set(seen) != {"Binary"}:
            kinds = ", ".join(f"{count} {kind[:40]}" for kind, count in sorted(seen.items())[:5]) or "no resource"
            yield Unreadable(
                source,
                f"no note: the file holds {kinds}. Notes come as DocumentReference or DiagnosticReport with an attachment.",
            )


def _resources(stream: BinaryIO, source: str, binaries: Binaries) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each resource with its place; a reason instead of a resource that cannot be read."""
    first = _first_line(stream)
    one = _parsed(first)
    second = stream.readline(_LINE_BYTES + 1)
    if one is None and not (second.startswith(b"{") and first.startswith(b"{")):
        # No NDJSON: one document, written over many lines.
        rest = stream.read(_BUNDLE_BYTES + 1)
        if len(rest) > _BUNDLE_BYTES:
            raise IntakeError(f"{source}: one JSON document of more than {_BUNDLE_BYTES:,} bytes. Export it as NDJSON.")
        one = _parsed(first + second + rest)
        if one is None:
            yield source, "the JSON is damaged or cut off. Export the file again."
        else:
            yield from _unfolded(one, source, binaries)
        return
    for number, line in enumerate(_lines(stream, first, second), start=1):
        if not line.strip():
            continue
        resource = _parsed(line) if len(line) <= _LINE_BYTES else None
        place = f"{source}:{number}" if second else source
        if resource is None:
            yield place, "this line is no JSON: it is damaged, cut off or too long. Export it again."
        else:
            yield from _unfolded(resource, place, binaries)


def _first_line(stream: BinaryIO) -> bytes:
    line = b"\n"
    while line and not line.strip():
        line = stream.readline(_BUNDLE_BYTES)
    return line.removeprefix(b"\xef\xbb\xbf")


def _lines(stream: BinaryIO, first: bytes, second: bytes) -> Iterator[bytes]:
    """Lines; of one that is too long only its beginning is kept, which is enough to refuse it."""
    yield first
    line = second
    while line:
        more = line
        while len(more) > _LINE_BYTES and not more.endswith(b"\n"):
            more = stream.readline(_LINE_BYTES + 1)
        yield line
        line = stream.readline(_LINE_BYTES + 1)


def _unfolded(resource: Any, place: str, binaries: Binaries) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """A resource, or those of a Bundle; its Binaries first, which its documents may name."""
    if isinstance(resource, list):
        entries = [{"resource": item} for item in resource]
    elif isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
        entries = resource.get("entry") if isinstance(resource.get("entry"), list) else []
    elif isinstance(resource, dict) and resource.get("resourceType"):
        if resource.get("resourceType") == "Binary":
            binaries.keep(resource)
        yield place, resource
        return
    else:
        yield place, "this JSON is no FHIR resource: it has no resourceType. Export it again."
        return
    for entry in entries:
        held = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(held, dict) and held.get("resourceType") == "Binary":
            binaries.keep(held, entry.get("fullUrl"))
    for number, entry in enumerate(entries, start=1):
        held = entry.get("resource") if isinstance(entry, dict) else None
        where = f"{place}: entry {number}"
        if isinstance(held, dict) and held.get("resourceType"):
            yield where, held
        elif held is not None:
            yield where, "this entry holds no FHIR resource: it has no resourceType. Export it again."


def _notes(resource: dict[str, Any], place: str, binaries: Binaries) -> Iterator[SourceNote | Unreadable]:
    note_id = _text_of(resource, "id") or next(
        (_text_of(item, "value") for item in _objects(resource, "identifier") if _text_of(item, "value")), None
    )
    withdrawn = _WITHDRAWN.get(_text_of(resource, "status") or "") or _WITHDRAWN.get(
        _text_of(resource, "docStatus") or ""
    )
    if withdrawn:
        yield Unreadable(place, f"no note: this {resource['resourceType']} {withdrawn}.", note_id)
        return
    given = 0
    for document in _documents(resource):
        found = _read_one(document, resource, binaries)
        if found is None:
            continue
        given += 1
        own_id = f"{note_id}-{given}" if note_id and given > 1 else note_id
        if isinstance(found, IntakeError):
            yield Unreadable(place, str(found), own_id)
            continue
        yield SourceNote(
            text=found, note_id=own_id, patient_id=_patient(resource), date_of_service=_date(resource),
            provider_id=_provider(resource), source=place, converted=True,
        )  # fmt: skip
    if not given and resource["resourceType"] == "DocumentReference":
        yield Unreadable(
            place,
            "this DocumentReference carries no attachment and no text. Export it with its content inline.",
            note_id,
        )


def _documents(resource: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The attachments of each document: those of different formats are one document, those of one format several."""
    if resource["resourceType"] == "DocumentReference":
        attachments = [
            item["attachment"] for item in _objects(resource, "content") if isinstance(item.get("attachment"), dict)
        ]
    else:
        attachments = _objects(resource, "presentedForm")
    attachments = [item for item in attachments if item.get("data") or item.get("url")]
    by_format: dict[str, list[dict[str, Any]]] = {}
    for item in attachments:
        same = by_format.setdefault(_media_type(item), [])
        if not any(_same(item, other) for other in same):
            same.append(item)
    count = max(map(len, by_format.values()), default=0)
    if count == 0:
        return [[]]
    return [[same[index] for same in by_format.values() if index < len(same)] for index in range(count)]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(key) == other.get(key) for key in ("data", "url"))


def _media_type(attachment: dict[str, Any]) -> str:
    return (_text_of(attachment, "contentType") or "").partition(";")[0].strip().lower()


def _rank(attachment: dict[str, Any]) -> int:
    kind = _media_type(attachment)
    return _FORMATS.index(kind) if kind in _FORMATS else len(_FORMATS)


def _read_one(
    attachments: list[dict[str, Any]], resource: dict[str, Any], binaries: Binaries
) -> str | IntakeError | None:
    """The text of the best format that can be read; the first reason where none can; None where there is nothing."""
    reason: IntakeError | None = None
    for attachment in sorted(attachments, key=_rank):
        try:
            return _attached(attachment, resource, binaries)
        except IntakeError as error:
            reason = reason or error
    if not attachments:
        return _narrative(resource)
    return reason


def _attached(attachment: dict[str, Any], resource: dict[str, Any], binaries: Binaries) -> str:
    packed, kind = attachment.get("data"), _text_of(attachment, "contentType")
    if not packed:
        found = binaries.find(str(attachment.get("url")), resource)
        packed, kind = found.get("data"), kind or _text_of(found, "contentType")
    if not isinstance(packed, str) or not packed.strip():
        raise IntakeError("the attachment is empty. Export it with its data inline.")
    try:
        packed = "".join(packed.split())
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise IntakeError("the attachment is no valid base64: it was cut or altered. Export it again.") from None
    return convert(data, name=_text_of(attachment, "title") or "", media_type=kind).text


def _narrative(resource: dict[str, Any]) -> str | IntakeError | None:
    narrative = resource.get("text")
    page = narrative.get("div") if isinstance(narrative, dict) else None
    try:
        if isinstance(page, str) and page.strip():
            return convert(page.encode(), media_type="text/html; charset=utf-8").text
        if conclusion := _text_of(resource, "conclusion"):
            check_text(conclusion)
            return conclusion
    except IntakeError as error:
        return error
    return None


def _patient(resource: dict[str, Any]) -> str | None:
    return _reference(resource.get("subject"))


def _provider(resource: dict[str, Any]) -> str | None:
    keys = ("author",) if resource["resourceType"] == "DocumentReference" else ("resultsInterpreter", "performer")
    for key in keys:
        people = _objects(resource, key)
        for person in sorted(people, key=lambda person: "Organization" in str(person.get("reference", ""))):
            if found := _reference(person):
                return found
    return None


def _reference(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    reference = (_text_of(value, "reference") or "").partition("/_history/")[0]
    if reference and not reference.startswith("#"):
        return re.split(r"[/:]", reference.rstrip("/"))[-1] or None
    identifier = value.get("identifier")
    return _text_of(identifier, "value") if isinstance(identifier, dict) else None


def _date(resource: dict[str, Any]) -> date | None:
    context = resource.get("context")
    periods = [context.get("period") if isinstance(context, dict) else None, resource.get("effectivePeriod")]
    starts = [_text_of(period, "start") for period in periods if isinstance(period, dict)]
    for value in (*starts, *(_text_of(resource, key) for key in ("effectiveDateTime", "date", "issued"))):
        try:
            return date.fromisoformat((value or "")[:10])
        except ValueError:
            continue  # a year alone, or no date: the next element may say the day
    return None


def _text_of(value: Any, key: str) -> str | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found.strip() if isinstance(found, str) and found.strip() else None


def _objects(resource: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = resource.get(key)
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


READER = FhirReader()
