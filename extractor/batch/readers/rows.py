"""From a row of any table to a note."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.dates import read_date
from extractor.intake import IntakeError, check_text, decode_part

__all__ = ["Cell", "TableRow", "identifier", "note_of", "notes_of", "text_of"]

_MARKUP = (b"{\\rtf", b"<html", b"<!doctype html")
"""What a cell's text begins with where the export kept RTF or HTML."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row with its cells by field (``extractor.batch.readers.columns``)."""

    place: str
    cells: Mapping[str, object]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A note's text out of a cell."""

    text: str
    converted: bool = False
    warnings: tuple[str, ...] = ()


def notes_of(rows: Iterable[TableRow | Unreadable], options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    """Make notes of rows: one of each, or one of all rows with the same ``--group-by``."""
    if options.group_by is not None:
        from extractor.batch.readers.grouping import grouped

        yield from grouped(rows, options)
        return
    for row in rows:
        yield row if isinstance(row, Unreadable) else note_of(row, options)


def note_of(row: TableRow, options: ReadOptions) -> SourceNote | Unreadable:
    """Make a note of a row, or say why it is none."""
    try:
        note_id = identifier(row.cells.get("note_id"))
        patient_id, provider_id = identifier(row.cells.get("patient_id")), identifier(row.cells.get("provider_id"))
    except UnicodeEncodeError:
        return Unreadable(row.place, "an identifier holds half a character. Export the row again, as UTF-8.")
    try:
        cell = text_of(row.cells.get("text"))
        check_text(cell.text)
    except IntakeError as error:
        return Unreadable(row.place, str(error), note_id)
    day, problems = date_of(row.cells.get("date_of_service"), options)
    return SourceNote(
        cell.text,
        note_id=note_id,
        patient_id=patient_id,
        date_of_service=day,
        provider_id=provider_id,
        source=row.place,
        converted=cell.converted,
        warnings=(*row.warnings, *cell.warnings, *problems),
    )


def date_of(value: object, options: ReadOptions) -> tuple[date | None, tuple[str, ...]]:
    """Return a date of service and, where there is something that is no date, a warning.

    The note is kept: what it proves does not hang on the date alone, and the note may give it itself.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, ()
    day = read_date(value, options.date_format)
    if day is not None:
        return day, ()
    return None, ("the date of service cannot be read; give it as YYYY-MM-DD, or say how it is written: --date-format.",)


def text_of(value: object) -> Cell:
    """Turn a cell into the note's text; RTF and HTML are converted.

    Raises:
        IntakeError: if there is none, or if it cannot be converted.
    """
    warnings: tuple[str, ...] = ()
    if isinstance(value, bytes | bytearray | memoryview):
        note = decode_part(bytes(value))
        value = note.text
        if note.replaced:
            warnings = (replaced_warning(note.replaced, note.encoding),)
    if value is None or value == "":
        raise IntakeError("the row has no text. Export it again, or leave it out.")
    if not isinstance(value, str):
        raise IntakeError("the text column holds no text here. Say which column does: --map text=COLUMN.")
    start = value[:64].lstrip().lower().encode("utf-8", "replace")
    if start.startswith(_MARKUP):
        from extractor.batch import documents

        return Cell(documents.convert(value.encode("utf-8", "replace"), "").text, True, warnings)
    return Cell(value, False, warnings)


def replaced_warning(count: int, encoding: str) -> str:
    number = "1 byte is" if count == 1 else f"{count} bytes are"
    return f"{number} no character in {encoding}; U+FFFD stands in the text instead."


def identifier(value: object) -> str | None:
    """Return an identifier as text: without blanks around it, a whole number without a point.

    Raises:
        UnicodeEncodeError: if it holds half of a surrogate pair.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        value = decode_part(bytes(value)).text
    elif isinstance(value, float | Decimal) and _is_whole(value):
        value = int(value)
    text = str(value).strip()
    text.encode("utf-8")
    return text or None


def _is_whole(number: float | Decimal) -> bool:
    return math.isfinite(number) and number == int(number) and (isinstance(number, Decimal) or abs(number) < 2**53)
