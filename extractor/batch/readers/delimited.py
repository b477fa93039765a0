"""CSV and TSV, as databases and spreadsheets export them.

Quoting is read strictly. A row that does not fit its header is refused, and so is the row before it: where an export
did not quote line ends, that is the rest of a text whose beginning looked whole.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.columns import GROUP, Columns, known_fields, resolve_columns
from extractor.batch.readers.lines import MAX_LINE, LongLineError, bounded_lines, repaired, text_of_stream
from extractor.batch.readers.rows import TableRow, notes_of, replaced_warning
from extractor.batch.readers.streams import DamagedError
from extractor.intake import IntakeError, encoding_of

__all__ = ["READER"]

_ENDINGS = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".psv": "|"}
_DELIMITERS = (",", "\t", "|", ";", "^")
_NULLS = frozenset(("NULL", "\\N"))
"""What SQL Server's and MySQL's exports write where there is nothing."""

_REREAD = 4 * MAX_LINE
"""Characters that are read a second time, after a quote that is never closed, before the rest is given up."""

_SHORT = "this row has {found} columns and the header {wanted}. Line ends or delimiters in the text are not quoted: export it with quotes."
_BEFORE = "the row after it does not fit the header, so this note's text may be cut. Export it with quotes."
_BEFORE_DAMAGE = "the file is damaged after this row, so this note's text may be cut. Export or copy it again."
_AFTER = "the row before it is too short, and this one may be the rest of its text. Export it with quotes."
_QUOTES = "the quotes of this row do not match (a quote within a text is written twice). Export it again."


class _Record(NamedTuple):
    place: str
    cells: list[str]
    starts_quoted: bool
    ends_quoted: bool


class DelimitedReader:
    name = "CSV"

    def accepts(self, head: bytes, name: str) -> bool:
        return self.accepts_mapped(head, name, ReadOptions())

    def accepts_mapped(self, head: bytes, name: str, options: ReadOptions) -> bool:
        """Whether it is a table by its ending, or by a header that names the text and something else of a note."""
        encoding, mark = encoding_of(head)
        start = head[mark:].decode(encoding, "replace")
        if name.lower().endswith(tuple(_ENDINGS)):
            return True
        header = _header(start, _delimiter(start, name, options))
        fields = known_fields(header, options)
        return len(header) > 1 and "text" in fields and len(fields) > 1

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        yield from notes_of(_rows(stream, source, options), options)


class _Lines:
    """The lines of a file, of which those of the row that is being read can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self.number = 0
        """Lines before the row."""
        self.reread = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        return line

    def row_edges(self) -> tuple[bool, bool]:
        """Whether the row begins, and ends, with a quote."""
        return self._row[0].startswith('"'), self._row[-1].rstrip("\r\n").endswith('"')

    def row_done(self) -> None:
        self.number += len(self._row)
        self._row.clear()

    def give_up_first(self) -> None:
        """Go back to the second line of the row."""
        rest = self._row[1:]
        self._again.extendleft(reversed(rest))
        self.reread += sum(map(len, rest))
        self._row = self._row[:1]
        self.row_done()


def _rows(stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[TableRow | Unreadable]:
    # The module knows one limit for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    start, text = text_of_stream(stream)
    lines = _Lines(bounded_lines(text))
    if start.startswith("sep="):
        next(lines)
        lines.row_done()
    delimiter = _delimiter(start, source, options)
    header = next(_parsed(lines, delimiter, source), None)
    if header is None:
        raise IntakeError("the file is empty.")
    if isinstance(header, Unreadable):
        raise IntakeError(f"its header cannot be read: {header.reason}")
    names = [cell.strip() for cell in header.cells]
    columns = resolve_columns(names, options, trusted=False)
    yield from _fitting(_parsed(lines, delimiter, source), names, columns)


def _fitting(records: Iterator[_Record | Unreadable], names: list[str], columns: Columns) -> Iterator[TableRow | Unreadable]:
    """The rows that fit the header; one is held back until what follows is known not to be its rest."""
    places = {field: names.index(name) for field, name in columns.names.items()}
    text_is_last = places["text"] == len(names) - 1
    held: TableRow | None = None
    open_ended = False
    pieces = 0
    """Columns so far of a row that may have been cut within its text."""
    try:
        for record in records:
            cells = None if isinstance(record, Unreadable) else _fit(record.cells, len(names))
            if cells is None:
                if held is not None:
                    yield _cut(held, _BEFORE) if open_ended else held
                    held = None
                if isinstance(record, _Record) and not text_is_last and (pieces or places["text"] < len(record.cells)):
                    pieces += len(record.cells) - (pieces > 0)
                    pieces = pieces if pieces < len(names) else 0
                yield record if isinstance(record, Unreadable) else _short(record, names)
                continue
            if held is not None:
                yield held
                held = None
            if pieces and not record.starts_quoted:
                yield Unreadable(record.place, _AFTER)
            else:
                held, open_ended = _row(record.place, cells, places), text_is_last and not record.ends_quoted
            pieces = 0
    except DamagedError:
        if held is not None:
            yield _cut(held, _BEFORE_DAMAGE) if open_ended else held
        raise
    if held is not None:
        yield held


def _cut(row: TableRow, reason: str) -> Unreadable:
    return Unreadable(row.place, reason, _text(row.cells.get(GROUP, row.cells.get("note_id"))))


def _short(record: _Record, names: list[str]) -> Unreadable:
    return Unreadable(record.place, _SHORT.format(found=len(record.cells), wanted=len(names)))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


def _fit(cells: list[str], width: int) -> list[str] | None:
    if len(cells) > width and not any(cells[width:]):
        return cells[:width]
    return cells if len(cells) == width else None


def _row(place: str, cells: list[str], places: dict[str, int]) -> TableRow:
    values: dict[str, object] = {}
    warnings: tuple[str, ...] = ()
    for field, index in places.items():
        note = repaired(cells[index])
        values[field] = None if note.text in _NULLS else note.text
        if field == "text" and note.replaced:
            warnings = (replaced_warning(note.replaced, note.encoding),)
    return TableRow(place, values, warnings)


def _parsed(lines: _Lines, delimiter: str, source: str) -> Iterator[_Record | Unreadable]:
    """Cells by row, without blank lines."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        place = f"{source}:{lines.number + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LongLineError:
            yield Unreadable(place, f"a line has more than {MAX_LINE:,} characters; the rest of the file was not read.")
            return
        except csv.Error:
            lines.give_up_first()
            yield Unreadable(place, _QUOTES)
            if lines.reread > _REREAD:
                yield Unreadable(place, "its quotes do not match from here on; the rest of the file was not read.")
                return
            continue
        starts, ends = lines.row_edges()
        lines.row_done()
        if cells:
            yield _Record(place, cells, starts, ends)


def _delimiter(start: str, name: str, options: ReadOptions) -> str:
    """The delimiter whose header names most fields of a note; else the one that the ending says, else a comma."""
    if start.startswith("sep=") and start[4:5] in (*_DELIMITERS, ":"):
        return start[4]
    usual = next((mark for ending, mark in _ENDINGS.items() if name.lower().endswith(ending)), ",")
    marks = (usual, *(mark for mark in _DELIMITERS if mark != usual))
    return max(marks, key=lambda mark: len(known_fields(header := _header(start, mark), options)) * (len(header) > 1))


def _header(start: str, delimiter: str) -> list[str]:
    """The first row as far as it is known; no cells where it is none."""
    try:
        return next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


READER = DelimitedReader()
