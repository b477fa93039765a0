"""``--group-by``: exports with one row for each line of a note.

All rows of a source are first laid down, then each note is put together. Nothing less is safe: a row that comes late
would else begin a second note with the same id, and the first would have been coded without it. They are laid down in
SQLite, in a file that is unlinked as soon as it is open (so that even SIGKILL leaves nothing), in the run's own folder;
without such a folder in memory, up to a limit. Memory holds one note at a time, whatever the order of the rows.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.columns import GROUP, ORDER
from extractor.batch.readers.rows import TableRow, date_of, identifier, text_of
from extractor.batch.readers.spool import MEMORY, private_folder
from extractor.batch.readers.streams import DamagedError
from extractor.intake import MAX_BYTES, MAX_CHARACTERS, IntakeError, check_text

__all__ = ["grouped"]

_SCHEMA = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, key TEXT UNIQUE, place TEXT, doubt TEXT);
CREATE TABLE lines (note INTEGER, position TEXT, text BLOB, size INTEGER, converted INTEGER, warnings TEXT, note_id TEXT, patient_id TEXT,
                    provider_id TEXT, date TEXT);
CREATE INDEX lines_of_note ON lines (note);
"""
# The index is made first: made later it would be sorted, and SQLite sorts in a file of its own choice.

_COLUMN_WIDTHS = frozenset((254, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 4096, 8000, 8192, 16000, 32000, 32767))
"""Widths of text columns in databases, and how often another width has to be met before it is taken for one."""
_OFTEN = 20
_NARROWEST = 200

_CUT = "a row beside this note's could not be read and may be part of it. Export it again."
_BATCH = 1_000


class _Lines:
    """The laid down rows."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database
        self._pending: list[tuple] = []
        self.last: str | None = None
        self._last_id = 0
        self.scattered = False

    def add(self, row: TableRow, options: ReadOptions) -> None:
        """Lay down one row.

        Raises:
            IntakeError: if it has no key, or its text or an identifier cannot be read.
        """
        try:
            key = identifier(row.cells.get(GROUP))
            ids = [identifier(row.cells.get(field)) for field in ("note_id", "patient_id", "provider_id")]
        except UnicodeEncodeError:
            raise IntakeError("an identifier holds half a character. Export the row again, as UTF-8.") from None
        if key is None:
            raise IntakeError(f"the row has nothing in {options.group_by}, so no note is known that it belongs to.")
        self.open(key, row.place)
        value = row.cells.get("text")
        if value is None or value == "":
            text, converted, warnings = "", False, ()
        else:
            try:
                cell = text_of(value)
            except IntakeError as error:
                self.doubt(str(error))
                return
            text, converted, warnings = cell.text, cell.converted, cell.warnings
        if len(text) > MAX_CHARACTERS:
            self.doubt(_too_long())
            return
        day, problems = date_of(row.cells.get("date_of_service"), options)
        self._pending.append((
            self._last_id, _position(row.cells.get(ORDER)), text.encode("utf-8", "surrogatepass"), len(text), converted,
            "\n".join((*row.warnings, *warnings, *problems)), *ids, str(day) if day else None,
        ))  # fmt: skip
        if len(self._pending) >= _BATCH or len(text) > 100_000:
            self.flush()

    def open(self, key: str, place: str) -> None:
        """Let the rows that follow belong to a note."""
        if key == self.last:
            return
        inserted = self._db.execute("INSERT OR IGNORE INTO notes (key, place) VALUES (?, ?)", (key, place)).rowcount
        if not inserted:
            self.scattered = True
        self._last_id = self._db.execute("SELECT id FROM notes WHERE key = ?", (key,)).fetchone()[0]
        self.last = key

    def doubt(self, reason: str, *, everywhere: bool = False) -> None:
        """Say that the note of the last row, or every one, is not whole."""
        if everywhere:
            self._db.execute("UPDATE notes SET doubt = ?", (reason,))
        elif self.last is not None:
            self._db.execute("UPDATE notes SET doubt = coalesce(doubt, ?) WHERE id = ?", (reason, self._last_id))

    def flush(self) -> None:
        self._db.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._pending)
        self._pending.clear()

    def notes(self, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        """Give the notes, in the order of their first rows."""
        self.flush()
        width = self._width()
        for number, key, place, doubt in self._db.execute("SELECT id, key, place, doubt FROM notes ORDER BY id"):
            if doubt:
                yield Unreadable(place, doubt, key)
                continue
            (size,) = self._db.execute("SELECT sum(length(text)) FROM lines WHERE note = ?", (number,)).fetchone()
            if size > MAX_BYTES:
                yield Unreadable(place, _too_long(), key)
                continue
            lines = self._db.execute("SELECT * FROM lines WHERE note = ? ORDER BY rowid", (number,)).fetchall()
            yield _note(key, place, [line[1:] for line in lines], width, options)

    def _width(self) -> int | None:
        """Return the width at which the whole export cut its texts, within words: every line has it, but for at most
        one of each note. Lines of prose that end where they like never do so."""
        (width,) = self._db.execute("SELECT max(size) FROM lines").fetchone()
        if width is None or width < _NARROWEST:
            return None
        shorter = "SELECT 1 FROM lines GROUP BY note HAVING sum(size < ?) > 1 LIMIT 1"
        if self._db.execute(shorter, (width,)).fetchone():
            return None
        (full,) = self._db.execute("SELECT count(*) FROM lines WHERE size = ?", (width,)).fetchone()
        return width if width in _COLUMN_WIDTHS or full >= _OFTEN else None


def grouped(rows: Iterable[TableRow | Unreadable], options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    """Put notes together from their lines.

    The order of lines is numeric where all are numbers. A row that repeats another counts once. A note is given as
    unreadable where a line is missing, where two lines share a number, where its rows name two patients, and where a
    broken row beside its own may have been part of it.

    Raises:
        IntakeError: if the rows do not fit into memory and there is no folder for them.
    """
    damage: IntakeError | None = None
    with ExitStack() as stack:
        lines = _Lines(_database(stack, options))
        doubtful = False
        try:
            for row in rows:
                if isinstance(row, Unreadable):
                    yield row
                    if row.note_id is not None:
                        lines.open(row.note_id, row.source)
                    lines.doubt(_CUT)
                    doubtful = True
                    continue
                try:
                    lines.add(row, options)
                except IntakeError as error:
                    yield Unreadable(row.place, str(error))
                    lines.doubt(_CUT)
                    doubtful = True
                    continue
                if doubtful:
                    lines.doubt(_CUT)
                    doubtful = False
        except DamagedError as error:
            damage = error
            lines.doubt("the file is damaged after this note's last row, so it may be cut.", everywhere=lines.scattered)
        except sqlite3.OperationalError as error:
            raise _full(error, options) from None
        yield from lines.notes(options)
    if damage is not None:
        raise damage


def _database(stack: ExitStack, options: ReadOptions) -> sqlite3.Connection:
    if options.scratch is None:
        database = sqlite3.connect(":memory:", isolation_level=None)
        database.execute(f"PRAGMA max_page_count = {MEMORY // 4096}")
    else:
        folder = stack.enter_context(private_folder(options.scratch))
        file = folder / "lines"
        database = sqlite3.connect(file, isolation_level=None)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA cache_size = -16384")
    stack.callback(database.close)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(_SCHEMA)
    if options.scratch is not None and os.name == "posix":
        file.unlink()
    return database


def _full(error: sqlite3.OperationalError, options: ReadOptions) -> IntakeError:
    if options.scratch is None:
        return IntakeError("its rows are too many to be sorted in memory. Name a folder for them (ReadOptions.scratch).")
    return IntakeError(f"its rows cannot be sorted in {options.scratch} ({error}). Make room there.")


def _note(key: str, place: str, lines: list[tuple], width: int | None, options: ReadOptions) -> SourceNote | Unreadable:
    try:
        lines = _in_order(lines) if options.order_by is not None else lines
        texts = [line[1].decode("utf-8", "surrogatepass") for line in lines]
        text = _joined(texts, width)
        check_text(text)
        patient_id = _one(lines, 6, "patients")
    except IntakeError as error:
        return Unreadable(place, str(error), key)
    warnings = dict.fromkeys(line for row in lines for line in row[4].split("\n") if line)
    provider_id, day = (_one_or_none(lines, column, what, warnings) for column, what in ((7, "providers"), (8, "dates of service")))
    day, problems = date_of(day, ReadOptions())
    return SourceNote(
        text,
        note_id=_one_or_none(lines, 5, "note ids", warnings) or key,
        patient_id=patient_id,
        date_of_service=day,
        provider_id=provider_id,
        source=place,
        converted=any(line[3] for line in lines),
        warnings=(*warnings, *problems),
    )


def _values(lines: list[tuple], column: int) -> list[str]:
    return list(dict.fromkeys(line[column] for line in lines if line[column] is not None))


def _one(lines: list[tuple], column: int, what: str) -> str | None:
    values = _values(lines, column)
    if len(values) > 1:
        raise IntakeError(f"the rows of this note name {len(values)} {what}. Check --group-by and the export.")
    return values[0] if values else None


def _one_or_none(lines: list[tuple], column: int, what: str, warnings: dict[str, None]) -> str | None:
    values = _values(lines, column)
    if len(values) > 1:
        warnings[f"the rows of this note give {len(values)} {what}; none was taken."] = None
        return None
    return values[0] if values else None


def _position(value: object) -> str | None:
    return None if value is None else str(value).strip() or None


def _in_order(lines: list[tuple]) -> list[tuple]:
    if any(line[0] is None for line in lines):
        raise IntakeError("a row of this note has no line number. Export it again.")
    numbers = _numbers([line[0] for line in lines])
    keys = numbers if numbers is not None else [_natural(line[0]) for line in lines]
    ordered = [pair for _, pair in sorted(enumerate(zip(keys, lines, strict=True)), key=lambda item: (item[1][0], item[0]))]
    kept = ordered[:1]
    for (key, line), (_, before) in ((pair, kept[-1]) for pair in ordered[1:]):
        if key != kept[-1][0]:
            kept.append((key, line))
        elif line[1] != before[1]:
            raise IntakeError(f"this note has two different lines {line[0]}. Check the export for versions of one note.")
    if numbers is not None:
        _check_gaps([key for key, _ in kept])
    return [line for _, line in kept]


def _numbers(values: list[str]) -> list[Decimal] | None:
    try:
        numbers = [Decimal(value) for value in values]
    except InvalidOperation:
        return None
    return numbers if all(number.is_finite() for number in numbers) else None


def _natural(value: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", value)]


def _check_gaps(numbers: list[Decimal]) -> None:
    """Refuse a note with a missing line: it may have named the third muscle.

    Lines count from 0 or 1 by ones; by tens, fives or hundreds only from the first step on, as BASIC did.
    """
    first = numbers[0]
    step = first if first in (5, 10, 100) and all(number % first == 0 for number in numbers) else Decimal(1)
    if any(number % 1 for number in numbers):
        return
    if first not in (0, step):
        raise IntakeError(f"this note begins with line {first}; those before it are missing. Export it again.")
    for before, number in pairwise(numbers):
        if number - before != step:
            raise IntakeError(f"line {before + step} of this note is missing. Export it again.")


def _joined(texts: list[str], width: int | None) -> str:
    """Put line ends between the lines, or nothing where a column's width cut them."""
    last = len(texts) - 1
    if width is not None and all(len(text) == width for text in texts[:last]):
        return "".join(texts)
    return "".join(text if at == last or text.endswith(("\n", "\r")) else text + "\n" for at, text in enumerate(texts))


def _too_long() -> str:
    return f"its lines have more than {MAX_CHARACTERS:,} characters in all. Check that --group-by names the note's id."
