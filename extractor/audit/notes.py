"""The notes of an audit from a finished batch, so that nothing is extracted twice.

Every output that keeps the contract's document is read: JSON Lines (also as gzip or Zstandard), and the table
``results`` with its column ``json`` of Parquet, DuckDB and SQLite; for CSV and TSV the documents beside them. What the
batch had to quarantine is told, too: a note that could not be read is not a note that is missing.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from extractor.audit.models import AuditedNote
from extractor.batch.output import ledger_path
from extractor.batch.writers.base import sibling
from extractor.batch.writers.delimited import unguard
from extractor.intake import IntakeError
from extractor.models import Result

__all__ = ["NoteFile", "audited", "is_finished_batch", "read_results"]

_COLUMN = "json"
_PARQUET, _SQLITE, _DUCKDB = b"PAR1", b"SQLite format 3\x00", b"DUCK"


@dataclass
class NoteFile:
    """The notes of a finished batch, and the places in it that could not be read."""

    notes: list[AuditedNote] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    """Notes that are there and could not be read, by id, with the reason: a claim that names one lacks no note."""

    def refuse(self, note_id: str | None, source: str, reason: str) -> None:
        """Note what could not be read."""
        self.unreadable.append(f"{source}: {reason}")
        if note_id:
            self.unread.setdefault(note_id, reason)


def audited(result: Result, *, text: str | None = None, source: str = "") -> AuditedNote:
    """Return a result as the audit takes it.

    Args:
        result: what the note proves; its patient, date and provider are taken over.
        text: the note, where the result does not hold it; without it, copied notes cannot be looked for.
        source: file and place.
    """
    return AuditedNote(
        note_id=result.note_id, patient_id=result.patient_id, provider_id=result.provider_id,
        # A date that was only read in the note is no metadata: it matches, but is not held against the claim's.
        date_of_service=None, text=text if text is not None else result.text, result=result, source=source,
    )  # fmt: skip


def is_finished_batch(source: str | Path) -> bool:
    """Say whether a file is the output of ``tpi batch`` rather than notes to be read."""
    path = _with_documents(Path(source))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(_PARQUET):
        import pyarrow.parquet as pq

        return _COLUMN in pq.read_schema(path).names
    if head.startswith(_SQLITE) or head[8:12] == _DUCKDB:
        try:
            return next(_documents(path), None) is not None
        except IntakeError:
            return False
    first = next((line for line in _lines(path) if line.strip()), "")
    return '"schema_version"' in first and '"decision"' in first


def read_results(source: str | Path) -> NoteFile:
    """Read a finished batch's output.

    Raises:
        IntakeError: if it is none, or cannot be read at all.
    """
    path, found = _with_documents(Path(source)), NoteFile()
    if not path.is_file():
        raise IntakeError(f"{source}: there is no such file.")
    for place, document, text in _documents(path):
        try:
            result = Result.model_validate_json(document)
        except ValidationError:
            found.unreadable.append(f"{place}: this is no result of tpi batch.")
            continue
        found.notes.append(audited(result, text=text, source=place))
    if not found.notes:
        raise IntakeError(f"{source}: no result of tpi batch was found in it.")
    answered = {note.note_id for note in found.notes}
    for note_id, place, reason in _quarantine(path):
        found.refuse(None if note_id in answered else note_id, place, reason)
    return found


def _with_documents(path: Path) -> Path:
    """Return the file that holds the documents of an output: beside CSV and TSV they are a file of their own."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        return path
    beside = sibling(path, "documents", ".jsonl")
    return beside if beside.is_file() and ledger_path(path).is_file() else path


def _quarantine(path: Path) -> Iterator[tuple[str | None, str, str]]:
    """Yield note id, source and reason of what the batch could not read."""
    with path.open("rb") as file:
        head = file.read(16)
    query = "SELECT note_id, source, reason FROM quarantine ORDER BY position"
    if head.startswith(_SQLITE):
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'quarantine'").fetchone():
                yield from connection.execute(query)
    elif head[8:12] == _DUCKDB:
        import duckdb

        with duckdb.connect(str(path), read_only=True) as connection:
            if connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'quarantine'").fetchone():
                yield from connection.execute(query).fetchall()
    elif head.startswith(_PARQUET):
        import pyarrow.parquet as pq

        beside = sibling(path, "quarantine", ".parquet")
        rows = pq.read_table(beside).to_pylist() if beside.is_file() else []
        yield from ((row["note_id"], row["source"], row["reason"]) for row in rows)
    else:
        plain = path.with_name(path.name.replace(".documents.", ".")) if ".documents." in path.name else path
        beside = sibling(plain, "quarantine", ".jsonl")
        if ".documents." in path.name:
            yield from _csv_quarantine(plain)
        elif beside.is_file():
            rows = (json.loads(line) for line in _lines(beside) if line.strip())
            yield from ((row["note_id"], row["source"], row["reason"]) for row in rows)


def _csv_quarantine(plain: Path) -> Iterator[tuple[str | None, str, str]]:
    for ending, delimiter in ((".csv", ","), (".tsv", "\t")):
        beside = sibling(plain, "quarantine", ending)
        if beside.is_file():
            with beside.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file, delimiter=delimiter):
                    yield unguard(row["note_id"]) or None, unguard(row["source"]), unguard(row["reason"])


def _documents(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """Yield place, document and, where the table has it, text."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(_PARQUET):
        yield from _numbered(path, _parquet(path))
    elif head.startswith(_SQLITE):
        yield from _numbered(path, _sqlite(path))
    elif head[8:12] == _DUCKDB:
        yield from _numbered(path, _duckdb(path))
    else:
        for number, line in enumerate(_lines(path), start=1):
            if line.strip():
                yield f"{path.name}:{number}", line, None


def _numbered(path: Path, rows: Iterable[Any]) -> Iterator[tuple[str, str, str | None]]:
    for number, (document,) in enumerate(rows, start=1):
        yield f"{path.name}:{number}", document, None


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        stream: Any = file
        if magic.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=file)
        elif magic == b"\x28\xb5\x2f\xfd":
            import zstandard

            stream = zstandard.ZstdDecompressor().stream_reader(file)
        # A line of JSON ends at a line feed only; U+2028 inside a note's text is no line end.
        yield from io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="\n")


def _parquet(path: Path) -> Iterator[tuple[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if _COLUMN not in file.schema_arrow.names:
                raise IntakeError(f"{path.name}: this table is no output of tpi batch (it has no column json).")
            for batch in file.iter_batches(columns=[_COLUMN]):
                yield from ((value,) for value in batch.column(0).to_pylist())
    except pa.ArrowInvalid:
        raise IntakeError(f"{path.name}: the Parquet file is damaged. Run the batch again.") from None


def _sqlite(path: Path) -> Iterator[tuple[str]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            yield from connection.execute("SELECT json FROM results ORDER BY note_id")
    except sqlite3.Error:
        raise IntakeError(f"{path.name}: this database is no output of tpi batch (it has no table results).") from None


def _duckdb(path: Path) -> Iterator[tuple[str]]:
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            cursor = connection.execute("SELECT json FROM results ORDER BY note_id")
            while rows := cursor.fetchmany(1000):
                yield from rows
    except duckdb.Error:
        raise IntakeError(f"{path.name}: this database is no output of tpi batch (it has no table results).") from None
