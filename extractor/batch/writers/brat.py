"""brat standoff: a folder with ``NAME.txt`` and ``NAME.ann`` for each note, and ``annotation.conf``.

Format: https://brat.nlplab.org/standoff.html. Spans with a line end in them are written as fragments, one a line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import Staged, Stamp, document, quarantine_line, text_of
from extractor.batch.writers.spans import Span, links, spans

__all__ = ["BratWriter", "annotations", "file_stem"]

CONFIGURATION = """\
# A trigger point injection note: what it says of each muscle and area, and what was injected.

[entities]
Muscle
Area
Drug

[relations]
InjectedInto	Arg1:Drug, Arg2:Muscle
<OVERLAP>	Arg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>

[events]

[attributes]
Side	Arg:Muscle|Area, Value:left|right|bilateral
Assertion	Arg:Muscle|Area, Value:injected|planned|historical|negated|finding|other_procedure
"""
INDEX = "index.jsonl"
QUARANTINE = "quarantine.jsonl"
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""Names that Windows gives to devices, whatever their ending."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 100
_CUT = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
"""Where brat, which is written in Python, would end a line or a field."""


class BratWriter:
    """A folder; ``index.jsonl`` in it says which file is which note, ``quarantine.jsonl`` what is missing."""

    needs_text = True
    refused = 0

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        folder = staging / target.name
        folder.mkdir()
        (folder / "annotation.conf").write_text(CONFIGURATION, encoding="utf-8")
        with (folder / INDEX).open("wb") as index, (folder / QUARANTINE).open("wb") as bad:
            for item in rows:
                if isinstance(item, Quarantined):
                    bad.write(quarantine_line(item))
                    continue
                stem = _write_note(folder, item)
                line = {"file": stem, "note_id": item.note_id, "source": item.source}
                index.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        return [Staged(folder, target)]


def _write_note(folder: Path, row: Row) -> str:
    found = document(row)
    text = text_of(row, found)
    stem = file_stem(row.note_id)
    # On a file system that takes a and A for one, two ids may still want one name: then the hash tells them apart.
    if (folder / f"{stem}.txt").exists():
        stem = _with_hash(stem, row.note_id)
    # As bytes: brat counts the text's own line ends, which text mode would translate.
    (folder / f"{stem}.txt").write_bytes(text.encode())
    (folder / f"{stem}.ann").write_bytes("".join(f"{line}\n" for line in annotations(text, spans(found))).encode())
    return stem


def file_stem(note_id: str) -> str:
    """Return a file's name for a note: the id where it is a safe name everywhere, else its safe letters and a hash."""
    safe = _UNSAFE.sub("_", note_id)[:_LONGEST]
    if safe and safe == note_id and not RESERVED.fullmatch(safe) and safe[0] not in ".-" and safe[-1] != ".":
        return safe
    return _with_hash(safe.strip(".-") or "note", note_id)


def _with_hash(stem: str, note_id: str) -> str:
    return f"n_{stem}-{hashlib.sha256(note_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def annotations(text: str, all_spans: list[Span]) -> Iterator[str]:
    """Give the lines of one ``.ann`` file; a span of nothing but white space is left out."""
    numbers: dict[int, int] = {}
    attributes = 0
    for at, span in enumerate(all_spans):
        fragments = list(_fragments(text, span))
        if not fragments:
            continue
        number = numbers[at] = len(numbers) + 1
        places = ";".join(f"{start} {end}" for start, end in fragments)
        yield f"T{number}\t{span.label} {places}\t{' '.join(text[start:end] for start, end in fragments)}"
        for name, value in _attributes(span):
            attributes += 1
            yield f"A{attributes}\t{name} T{number} {value}"
        said = [f"id={span.id}"] if span.id else []
        said += span.details
        if said:
            yield f"#{number}\tAnnotatorNotes T{number}\t{_CUT.sub(' ', '; '.join(said))}"
    for relation, (drug, muscle) in enumerate(((a, b) for a, b in links(all_spans) if a in numbers and b in numbers), 1):
        yield f"R{relation}\tInjectedInto Arg1:T{numbers[drug]} Arg2:T{numbers[muscle]}"


def _attributes(span: Span) -> Iterator[tuple[str, str]]:
    if span.sides:
        yield "Side", "bilateral" if len(span.sides) > 1 else span.sides[0]
    if span.assertion:
        yield "Assertion", span.assertion


def _fragments(text: str, span: Span) -> Iterator[tuple[int, int]]:
    start = span.start
    for cut in _CUT.finditer(text, span.start, span.end):
        if start < cut.start():
            yield start, cut.start()
        start = cut.end()
    if start < span.end:
        yield start, span.end
