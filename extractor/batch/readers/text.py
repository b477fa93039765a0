"""Plain text: one file, one note."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.rows import replaced_warning
from extractor.intake import MAX_BYTES, decode

__all__ = ["READER"]


class TextReader:
    name = "plain text"
    one_note = True

    def accepts(self, head: bytes, name: str) -> bool:
        """The last reader to be asked: what is no text, :func:`extractor.intake.decode` refuses by name."""
        return True

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        note = decode(_all(stream))
        warnings = (replaced_warning(note.replaced, note.encoding),) if note.replaced else ()
        yield SourceNote(note.text, source=source, warnings=warnings)


def _all(stream: BinaryIO) -> bytes:
    """The file, up to one byte more than a note may have."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (part := stream.read(min(1 << 16, MAX_BYTES + 1 - len(data)))):
        data += part
    return bytes(data)


READER = TextReader()
