"""Small helpers for the tests of the readers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers import ReadOptions, read_notes

HEADER = ("note_id", "patient_id", "date_of_service", "provider_id", "text")


def read(*inputs: str | Path, **options) -> list[SourceNote | Unreadable]:
    return list(read_notes(inputs, ReadOptions(**options)))


def texts(*inputs: str | Path, **options) -> dict[str | None, str]:
    """Text by id; an unreadable entry fails the test."""
    found = read(*inputs, **options)
    assert not [item for item in found if isinstance(item, Unreadable)], found
    return {note.note_id: note.text for note in found}


def split(found: Iterable[SourceNote | Unreadable]) -> tuple[list[str | None], list[str]]:
    """Ids of the notes, and reasons of what is none."""
    found = list(found)
    return [item.note_id for item in found if isinstance(item, SourceNote)], [item.reason for item in found if isinstance(item, Unreadable)]


def csv_bytes(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def jsonl_bytes(rows: Iterable[dict]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def gz(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def sqlite_file(path: Path, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER, table: str = "notes") -> Path:
    database = sqlite3.connect(path)
    with database:
        database.execute(f'CREATE TABLE "{table}" ({", ".join(header)})')
        database.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(header))})', rows)
    database.close()
    return path
