"""What passes through a batch: notes as the readers give them, and rows as the writers take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Quarantined", "Row", "SourceNote", "Unreadable"]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """One note as a reader found it, with what its source says about it."""

    text: str
    note_id: str | None = None
    """As the source names it; without one the run takes a hash of the text."""
    patient_id: str | None = None
    date_of_service: date | None = None
    provider_id: str | None = None
    source: str = ""
    """File and place, such as ``export.jsonl:12``; never words of the note."""
    converted: bool = False
    """The text was made from another format (RTF, HTML, HL7 …): it is then kept with the result."""
    warnings: tuple[str, ...] = ()
    """What the source says and could not be used (an unreadable date), without words of the note."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a note should be and is none; it goes to quarantine."""

    source: str
    reason: str
    """What is wrong and what to do, without words of the note."""
    note_id: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One finished note on its way to an output."""

    note_id: str
    source: str
    json: bytes
    """The contract's document, on one line, without its line end."""
    text: str | None = None
    """The note's text, where the writer asked for it."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A note that could not be read or that broke the extractor."""

    note_id: str | None
    source: str
    reason: str
    stage: str
    """``read`` (no note there), ``extract`` (the extractor failed), ``time`` (took too long), ``worker`` (it died)
    or ``write`` (the output's format cannot hold the result)."""
