"""How many notes there are, where a format says so in its directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from extractor.batch.readers import archive, database, parquet
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.files import head_of
from extractor.batch.readers.inputs import FileInput, files_of
from extractor.batch.readers.registry import reader_for
from extractor.batch.readers.sql import file_of_url, is_url
from extractor.batch.readers.streams import GZIP, ZSTD
from extractor.intake import IntakeError

__all__ = ["count"]


def count(inputs: Sequence[str | Path], options: ReadOptions) -> int | None:
    """Return the number of notes, or None where only reading would tell."""
    if options.group_by is not None:
        return None
    total = 0
    for item in inputs:
        path = file_of_url(str(item)) if is_url(str(item)) else Path(item)
        if str(item) == "-" or path is None or not (path.is_file() or path.is_dir()):
            return None
        for file in files_of(path, options):
            number = _of_file(file, options) if isinstance(file, FileInput) else 0
            if number is None:
                return None
            total += number
    return total


def _of_file(file: FileInput, options: ReadOptions) -> int | None:
    with file.path.open("rb") as stream:
        head, _ = head_of(stream)
        try:
            if head.startswith((GZIP, ZSTD)) or archive.is_zip(head):
                return None
            reader = reader_for(head, file.name, options)
            if reader is parquet.READER:
                return parquet.count_rows(stream)
            if reader in (database.SQLITE, database.DUCKDB):
                return database.count_rows(file.path, options)
        except IntakeError:
            # It will be reported when it is read, and gives no note.
            return 0
    return 1 if getattr(reader, "one_note", False) else None
