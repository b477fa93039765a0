"""HL7 v2: MDM (T01 to T11) and ORU, alone, several in a file, in batches or in MLLP frames.

One note is what follows one TXA (MDM), or the observations of one OBR (ORU).

- id: TXA-12 (unique document number); OBR-3 (filler order number), else OBR-2; else MSH-10 (control id).
- patient: PID-3, the identifier of type MR if one is, else the first.
- date of service: TXA-4 (activity: when the procedure was done), else TXA-6 (origination); OBR-7 (observation), else the
  first OBX-14. Never MSH-7: when a message was sent says nothing about the visit.
- provider: TXA-5 (primary activity provider: who did the procedure), else TXA-9 (originator); OBR-32 (principal result
  interpreter), else OBX-16 (responsible observer). Never OBR-16: it ordered the test.
- text: OBX-5 of TX, FT and ST, a repetition a line, with NTE-3 behind them; ED (base64) is converted. Where a
  substantial text stands beside a document, the document repeats it and is left out. Deleted and wrong observations
  (OBX-11 D, W, X, N) are no text. ST alone is a note only where it reads like one; coded and numeric results never are.

Source: HL7 v2.5.1, chapters 2, 4, 7 and 9.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from extractor.batch.documents import convert
from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers._hl7_message import MESSAGE_BYTES, Message, Segment, calendar_date, raw_messages
from extractor.batch.readers.base import ReadOptions
from extractor.intake import IntakeError, check_text

__all__ = ["READER", "Hl7Reader"]

_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x0b\x1c\x00]*(?:MSH|FHS|BHS)[^\w\s]")
_NO_TEXT = frozenset("DWXN")
_WITH_CONTENT = frozenset(f"MDM^T{number:02d}" for number in (2, 4, 6, 8, 10))
_SUBSTANTIAL = 20
"""Words from which a text is the note itself, not a word of accompaniment to the document beside it."""
_SENTENCE = 6
"""Words from which a string (ST) is no single result."""


@dataclass
class _Draft:
    """One note while its segments are read."""

    head: Segment
    order: Segment
    observations: list[Segment] = field(default_factory=list)


class Hl7Reader:
    """HL7 v2 messages."""

    name = "HL7 v2"

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the first bytes are a message, a batch or a file of them, framed or not."""
        return _BEGINNING.match(head) is not None

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        """The notes of a file. Messages without a note are passed over; if all are, one :class:`Unreadable` says so."""
        given, number = 0, 0
        types: dict[str, int] = {}
        for number, lines in enumerate(raw_messages(stream), start=1):
            place = f"{source}: message {number}"
            if lines is None:
                given += 1
                yield Unreadable(
                    place,
                    f"the message has more than {MESSAGE_BYTES:,} bytes. Export it alone, without the document inside.",
                )
                continue
            message = Message.parse(lines)
            types[message.type or "no type"] = types.get(message.type or "no type", 0) + 1
            for found in _notes(message, place):
                given += 1
                yield found
        if not given:
            yield Unreadable(source, _no_note(number, types))


def _no_note(number: int, types: dict[str, int]) -> str:
    if not number:
        return "no note: no message begins here. An HL7 v2 message begins with MSH."
    kinds = ", ".join(
        f"{kind[:20]}" if number == 1 else f"{count} {kind[:20]}" for kind, count in sorted(types.items())[:5]
    )
    holders = f"the message ({kinds}) carries no" if number == 1 else f"none of the {number} messages ({kinds}) carries"
    return f"no note: {holders} free text. Notes come as MDM^T02, or as ORU^R01 with TX, FT or ED."


def _notes(message: Message, place: str) -> Iterator[SourceNote | Unreadable]:
    drafts = _drafts(message)
    used: set[str] = set()
    for index, draft in enumerate(drafts, start=1):
        where = place if len(drafts) == 1 else f"{place}, {draft.head.name} {index}"
        note_id = _note_id(message, draft)
        if note_id in used:
            note_id = f"{note_id}-{index}"
        try:
            text = _text(message, draft)
            if text is None:
                if draft.head.name == "TXA" and message.type in _WITH_CONTENT and not draft.observations:
                    yield Unreadable(
                        where,
                        f"{message.type} without its document: no OBX follows TXA. Send it again.",
                        note_id or None,
                    )
                continue
            check_text(text)
        except IntakeError as error:
            yield Unreadable(where, str(error), note_id or None)
            used.add(note_id)
            continue
        used.add(note_id)
        yield SourceNote(
            text=text, note_id=note_id or None, patient_id=_patient(message), date_of_service=_date(draft),
            provider_id=_provider(message, draft), source=where, converted=True,
        )  # fmt: skip


def _drafts(message: Message) -> list[_Draft]:
    """One draft for each TXA; without any, one for each OBR of a message of results."""
    document = any(segment.name == "TXA" for segment in message.segments)
    if not document and message.type.partition("^")[0] not in ("ORU", "MDM"):
        return []
    drafts: list[_Draft] = []
    order = Segment("OBR", [])
    for segment in message.segments[1:]:
        if segment.name == "OBR":
            order = segment
        if segment.name == ("TXA" if document else "OBR"):
            drafts.append(_Draft(segment, order))
        elif segment.name == "OBX" or (segment.name == "NTE" and drafts and drafts[-1].observations):
            if not drafts:
                # A report whose OBR was left out is still a report.
                drafts.append(_Draft(order, order))
            drafts[-1].observations.append(segment)
    if document and any(draft.head.name != "TXA" for draft in drafts):
        # Observations in front of TXA belong to its document.
        stray = [segment for draft in drafts if draft.head.name != "TXA" for segment in draft.observations]
        drafts = [draft for draft in drafts if draft.head.name == "TXA"]
        drafts[0].observations[:0] = stray
    return drafts


def _text(message: Message, draft: _Draft) -> str | None:
    """The note's text; None where the observations carry none.

    Raises:
        IntakeError: if all that they carry is a document that cannot be read.
    """
    alive = [
        segment
        for segment in draft.observations
        if segment.name == "NTE" or segment[11].strip().upper() not in _NO_TEXT
    ]
    kinds = {segment[2].strip().upper() for segment in alive if segment.name == "OBX" and segment[5].strip()}
    documents = [
        segment
        for segment in alive
        if segment.name == "OBX" and segment[2].strip().upper() == "ED" and segment[5].strip()
    ]
    in_text = {"TX", "FT"} if documents and not kinds & {"TX", "FT"} else {"TX", "FT", "ST"}
    is_note = bool(kinds & {"TX", "FT"}) or (
        "ST" in kinds and not documents and (draft.head.name == "TXA" or _reads_like_text(message, alive))
    )
    text = _lines(message, alive, in_text) if is_note else ""
    if documents and len(text.split()) < _SUBSTANTIAL:
        converted = "\n\n".join(_document(message, segment) for segment in documents)
        return f"{text}\n\n{converted}" if text.strip() else converted
    if text.strip():
        return text
    if "RP" in kinds:
        raise IntakeError(
            "the message only points at a document kept elsewhere (OBX of type RP). Export the document itself."
        )
    return None


def _reads_like_text(message: Message, observations: list[Segment]) -> bool:
    """Whether strings are the lines of a report: one of them is a sentence, or three share one observation."""
    strings = [segment for segment in observations if segment.name == "OBX" and segment[2].strip().upper() == "ST"]
    names = [segment[3] for segment in strings if not segment[6].strip()]
    return any(len(message.plain(segment[5]).split()) >= _SENTENCE for segment in strings) or any(
        names.count(name) >= 3 for name in set(names)
    )


def _lines(message: Message, observations: list[Segment], kinds: set[str]) -> str:
    """The lines of the observations in order; where these are of several names, each name heads its own."""
    chosen = [segment for segment in observations if segment.name == "NTE" or segment[2].strip().upper() in kinds]
    while chosen and chosen[0].name == "NTE":
        chosen.pop(0)
    titles = {segment[3] for segment in chosen if segment.name == "OBX"}
    lines: list[str] = []
    title = None
    for segment in chosen:
        if segment.name == "OBX" and len(titles) > 1 and segment[3] != title:
            title = segment[3]
            heading = message.part(title, 2) or message.part(title, 5) or message.part(title, 1)
            if heading:
                lines.append(f"{heading}:")
        value = segment[3] if segment.name == "NTE" else segment[5]
        lines.extend(message.plain(repeat).rstrip() for repeat in message.repeats(value))
    return "\n".join(lines).strip("\n")


def _document(message: Message, segment: Segment) -> str:
    """The text of an encapsulated document: source ^ type ^ subtype ^ encoding ^ data (HL7 v2.5.1, 2.A.24)."""
    parts = message.repeats(segment[5])[0].split(message.component)
    kind = "/".join(part.strip() for part in parts[1:3])
    encoding = parts[3].strip().upper() if len(parts) > 4 else "BASE64"
    value = parts[4] if len(parts) > 4 else max(parts, key=len)
    if encoding == "A":
        data = message.plain(value).encode()
    else:
        packed = re.sub(r"[\s.]|\\\.br\\", "", value) if encoding != "HEX" else re.sub(r"\s", "", value)
        try:
            data = (
                bytes.fromhex(packed)
                if encoding == "HEX"
                else base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
            )
        except (binascii.Error, ValueError):
            raise IntakeError(
                "the document in an OBX of type ED is no valid base64: it was cut or altered. Send it again."
            ) from None
    media = {"application/pdf": "application/pdf", "text/html": "text/html", "text/rtf": "application/rtf"}.get(
        kind.lower(), kind.lower()
    )
    return convert(data, media_type=media).text


def _note_id(message: Message, draft: _Draft) -> str:
    candidates = [draft.head[12]] if draft.head.name == "TXA" else [draft.head[3], draft.head[2]]
    for value in [*candidates, message.segments[0][10]]:
        if found := message.part(value):
            return found
    return ""


def _patient(message: Message) -> str | None:
    repeats = message.repeats(message.first("PID")[3])
    numbers = [
        (message.plain(parts[0]).strip(), parts[4].strip() if len(parts) > 4 else "")
        for parts in (repeat.split(message.component) for repeat in repeats)
    ]
    by_type = next((number for number, kind in numbers if kind == "MR" and number), None)
    return by_type or next((number for number, _kind in numbers if number), None)


def _date(draft: _Draft) -> date | None:
    if draft.head.name == "TXA":
        candidates = [draft.head[4], draft.head[6], draft.order[7]]
    else:
        candidates = [draft.head[7], *(segment[14] for segment in draft.observations if segment.name == "OBX")]
    return next((day for day in map(calendar_date, candidates) if day), None)


def _provider(message: Message, draft: _Draft) -> str | None:
    if draft.head.name == "TXA":
        candidates = [draft.head[5], draft.head[9]]
    else:
        # OBR-32 is a name with a time (NDL): the person is its first component, the number that one's first part.
        interpreter = message.repeats(draft.head[32])[0].split(message.component)[0].split(message.subcomponent)[0]
        candidates = [interpreter, *(segment[16] for segment in draft.observations if segment.name == "OBX")]
    return next((found for found in map(message.part, candidates) if found), None)


READER = Hl7Reader()
