"""Lines of a text file of any size and encoding."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from extractor.batch.readers.streams import DamagedError, head_of
from extractor.intake import Note, decode_part, encoding_of

__all__ = ["MAX_LINE", "LongLineError", "bounded_lines", "chunks", "is_stray", "repaired", "text_of_stream"]

MAX_LINE = 16 * 1024 * 1024
"""Longest line: a note of a million characters, each written as a pair of JSON escapes, and its other columns."""

_STRAY = re.compile("[\udc80-\udcff]")


class LongLineError(ValueError):
    """A line without end."""


def text_of_stream(stream: BinaryIO) -> tuple[str, io.TextIOWrapper]:
    """Decode a stream as its first bytes ask for.

    Bytes that are no UTF-8 are carried along and have to go through :func:`repaired`, cell by cell: exports join
    tables of different encodings.

    Returns:
        The beginning as text, and the whole as text with its line ends as they are.
    """
    head, stream = head_of(stream)
    encoding, mark = encoding_of(head)
    stream.read(mark)
    errors = "surrogateescape" if encoding == "utf-8" else "replace"
    width = {"utf-1": 2, "utf-3": 4}.get(encoding[:5], 1)
    whole = head[mark : mark + (len(head) - mark) // width * width]
    return whole.decode(encoding, errors), io.TextIOWrapper(stream, encoding, errors, newline="")


def bounded_lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines, with their ends.

    Raises:
        LongLineError: at a line of more than ``MAX_LINE`` characters.
        DamagedError: where the file is damaged.
    """
    while True:
        try:
            line = text.readline(MAX_LINE)
        except UnicodeDecodeError:
            raise DamagedError("the file ends in the middle of a character. Export or copy it again.") from None
        if not line:
            return
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            raise LongLineError
        yield line


def chunks(text: io.TextIOWrapper) -> Iterator[str]:
    """The text in pieces: what was read before damage is given before the error."""
    decoder = codecs.getincrementaldecoder(text.encoding)(text.errors)
    while data := text.buffer.read1(1 << 16):
        yield decoder.decode(data)
    if rest := decoder.decode(b"", True):
        yield rest


def is_stray(text: str) -> bool:
    """Whether bytes that were no UTF-8 are in it."""
    return not text.isascii() and _STRAY.search(text) is not None


def repaired(text: str) -> Note:
    """Decode anew, as Windows-1252 or as damaged UTF-8, what was no UTF-8."""
    if not is_stray(text):
        return Note(text, "utf-8")
    try:
        return decode_part(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        # Half a character that the file itself wrote as an escape: the check of the text refuses it.
        return Note(text, "utf-8")
