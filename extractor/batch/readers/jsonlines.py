"""JSON Lines; also a JSON array of objects, and a single object."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import OwnOutputError, ReadOptions
from extractor.batch.readers.columns import Columns, resolve_columns
from extractor.batch.readers.lines import (
    MAX_LINE,
    LongLineError,
    bounded_lines,
    chunks,
    is_stray,
    repaired,
    text_of_stream,
)
from extractor.batch.readers.rows import TableRow, notes_of, replaced_warning
from extractor.intake import IntakeError, encoding_of

__all__ = ["READER", "is_result"]

_BEGINS = re.compile(r'\s*(?:\[\s*)?(?:\{\s*["}]|\]\s*\Z)')
_ENDINGS = (".jsonl", ".ndjson", ".json")
_TRIALS = 10
"""Objects without a text before the file as a whole is refused."""

_RESULT = "this is a finished result of tpi, not notes. Give the notes it was made from."
_CUT_ARRAY = "the JSON array is damaged or cut off here. Export it again, best as JSON Lines."
_BROKEN = "this line is no JSON object. Export it again."
_ENDLESS = f"a line has more than {MAX_LINE:,} characters; the rest of the file was not read. Give one JSON object a line."
_SPACE = re.compile(r"[\s,]*")


class JsonReader:
    name = "JSON Lines"

    def accepts(self, head: bytes, name: str) -> bool:
        encoding, mark = encoding_of(head)
        start = head[mark : mark + 4096].decode(encoding, "replace")
        return bool(_BEGINS.match(start)) or (name.lower().endswith(_ENDINGS) and start.lstrip()[:1] in ("{", "["))

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        yield from notes_of(_rows(stream, source, options), options)


def is_result(item: dict) -> bool:
    """Whether an object is a line of our own output."""
    return "schema_version" in item and "decision" in item and "muscles" in item


class _Item(NamedTuple):
    place: str
    value: dict
    warnings: tuple[str, ...] = ()


def _rows(stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[TableRow | Unreadable]:
    head, text = text_of_stream(stream)
    objects = _array(text, source) if head.lstrip()[:1] == "[" else _lines(text, source)
    columns = lru_cache(maxsize=64)(lambda keys: _columns(keys, options))
    refused: list[Unreadable] = []
    proved = False
    for item in objects:
        if not proved and isinstance(item, _Item) and is_result(item.value):
            raise OwnOutputError(_RESULT)
        row = item if isinstance(item, Unreadable) else _row(item, columns(tuple(item.value)))
        if proved:
            yield row
        elif isinstance(row, TableRow):
            yield from refused
            refused.clear()
            proved = True
            yield row
        else:
            refused.append(row)
            if len(refused) == _TRIALS:
                raise IntakeError(f"none of its first {_TRIALS} objects is a note. The first: {refused[0].reason}")
    if refused:
        raise IntakeError(refused[0].reason)


def _columns(keys: tuple[str, ...], options: ReadOptions) -> Columns | str:
    try:
        return resolve_columns(keys, options)
    except IntakeError as error:
        return str(error)


def _row(item: _Item, columns: Columns | str) -> TableRow | Unreadable:
    if is_result(item.value):
        return Unreadable(item.place, _RESULT)
    if isinstance(columns, str):
        return Unreadable(item.place, columns)
    return TableRow(item.place, {field: item.value[name] for field, name in columns.names.items()}, item.warnings)


def _lines(text: io.TextIOWrapper, source: str) -> Iterator[_Item | Unreadable]:
    """One object a line. A file that is one object over several lines is read as one."""
    lines = _numbered(bounded_lines(text))
    number = 0
    try:
        for number, line in lines:
            if not line.strip():
                continue
            item = _parsed(line, f"{source}:{number}")
            if number == 1 and isinstance(item, Unreadable) and not line.rstrip().endswith("}"):
                yield from _one_object(line, lines, source)
            else:
                yield item
    except LongLineError:
        yield Unreadable(f"{source}:{number + 1}", _ENDLESS)


def _numbered(parts: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines by LF alone: a lone CR is white space in JSON."""
    number, held = 1, ""
    for part in parts:
        held += part
        if len(held) > MAX_LINE:
            raise LongLineError
        if part.endswith("\n"):
            yield number, held
            number, held = number + 1, ""
    if held:
        yield number, held


def _one_object(first: str, lines: Iterator[tuple[int, str]], source: str) -> Iterator[_Item | Unreadable]:
    """A file whose first line is no object: one object over all of them, or lines of which the first is damaged."""
    kept, size = [(1, first)], len(first)
    for number, line in lines:
        kept.append((number, line))
        size += len(line)
        if size > MAX_LINE:
            break
    whole = _parsed("".join(line for _, line in kept), source)
    if isinstance(whole, _Item):
        yield whole
        return
    for number, line in kept:
        if line.strip():
            yield _parsed(line, f"{source}:{number}")


def _parsed(line: str, place: str) -> _Item | Unreadable:
    note = repaired(line)
    try:
        item = json.loads(note.text)
    except (ValueError, RecursionError):
        return Unreadable(place, _BROKEN)
    if not isinstance(item, dict):
        return Unreadable(place, _BROKEN)
    return _Item(place, item, (replaced_warning(note.replaced, note.encoding),) if note.replaced else ())


def _array(text: io.TextIOWrapper, source: str) -> Iterator[_Item | Unreadable]:
    """The objects of one array, one after the other, without holding the array."""
    decoder, pieces = json.JSONDecoder(), chunks(text)
    buffer = next(pieces, "").lstrip()
    at, number = 1, 0
    while True:
        at = _SPACE.match(buffer, at).end()
        if buffer[at : at + 1] == "]":
            return
        place = f"{source}#{number + 1}"
        try:
            item, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError):
            buffer, at, before = buffer[at:], 0, len(buffer) - at
            # Each attempt begins anew at the object's start, so what is added doubles what is there.
            while len(buffer) <= min(2 * before, MAX_LINE) and (piece := next(pieces, "")):
                buffer += piece
            if len(buffer) == before:
                yield Unreadable(place, _CUT_ARRAY)
                return
            continue
        number += 1
        if is_stray(buffer[at:end]):
            yield _parsed(buffer[at:end], place)
        else:
            yield _Item(place, item) if isinstance(item, dict) else Unreadable(place, _BROKEN)
        at = end


READER = JsonReader()
