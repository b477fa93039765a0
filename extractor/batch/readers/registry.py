"""Which reader a file is for: by its first bytes, then by its name. Each is imported when it is first asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import BinaryIO

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import Reader, ReadOptions
from extractor.intake import IntakeError

__all__ = ["needs_seeking", "reader_for"]

_READERS = (
    ("database", "SQLITE"),
    ("database", "DUCKDB"),
    ("parquet", "READER"),
    ("hl7", "READER"),
    ("fhir", "READER"),
    ("ccda", "READER"),
    ("jsonlines", "READER"),
    ("delimited", "READER"),
)
"""In the order in which they are asked: what a magic number proves first, what only looks like a table last."""

_DOCUMENTS = "extractor.batch.documents"
_MAX_DOCUMENT = 64 * 1024 * 1024

_REFUSED = (
    (b"ISA", "this is an X12 claims file, not notes. Give it to tpi audit, as --claims."),
    (b"BZh", "this is a bzip2 archive. Unpack it first, or pack it with gzip or zstd."),
    (b"\xfd7zXZ\x00", "this is an xz archive. Unpack it first, or pack it with gzip or zstd."),
)
_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


class _DocumentReader:
    """RTF, HTML, DOCX, PDF: one file, one note."""

    name = "document"
    one_note = True

    def accepts(self, head: bytes, name: str) -> bool:
        return find_spec(_DOCUMENTS) is not None and import_module(_DOCUMENTS).looks_like_document(head, name)

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        data = bytearray()
        while part := stream.read(1 << 20):
            data += part
            if len(data) > _MAX_DOCUMENT:
                raise IntakeError(f"a document may have {_MAX_DOCUMENT:,} bytes. Save its text and give that.")
        converted = import_module(_DOCUMENTS).convert(bytes(data), PurePath(source).name)
        yield SourceNote(converted.text, source=source, converted=True)


_DOCUMENT = _DocumentReader()


@cache
def _reader(module: str, name: str) -> Reader | None:
    """A reader; None where this build is without its module."""
    path = f"extractor.batch.readers.{module}"
    return getattr(import_module(path), name) if find_spec(path) is not None else None


def reader_for(head: bytes, name: str, options: ReadOptions) -> Reader:
    """Return the reader of a file.

    Raises:
        IntakeError: if it is of a kind that holds no notes.
    """
    plain = head.removeprefix(b"\xef\xbb\xbf")
    for magic, reason in _REFUSED:
        if plain.startswith(magic) and (magic != b"ISA" or not plain[3:4].isalnum()):
            raise IntakeError(reason)
    if name.lower().endswith(_WORKBOOKS):
        raise IntakeError("this is a workbook. Save the sheet of the notes as CSV (UTF-8).")
    for module, attribute in _READERS:
        reader = _reader(module, attribute)
        if reader is None:
            continue
        mapped = getattr(reader, "accepts_mapped", None)
        if mapped(head, name, options) if mapped else reader.accepts(head, name):
            return reader
    if _DOCUMENT.accepts(head, name):
        return _DOCUMENT
    return _reader("text", "READER")


def needs_seeking(head: bytes) -> bool:
    """Whether a file of this beginning is read by jumping about in it."""
    from extractor.batch.readers.archive import is_zip

    wide = (("database", "SQLITE"), ("database", "DUCKDB"), ("parquet", "READER"))
    return is_zip(head) or any(_reader(*key).accepts(head, "") for key in wide)
