"""OMOP CDM v5.4: rows for the table ``NOTE_NLP``, after https://ohdsi.github.io/CommonDataModel/cdm54.html#note_nlp

Fields, order, types and lengths are the specification's. Concept ids are 0, "no matching concept": the lexicon holds no
OMOP concepts, and none is made up.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, Literal

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import PLAIN_QUARANTINE, Staged, Stamp, document, quarantine_line, sibling
from extractor.batch.writers.parquet import arrow_schema, arrow_table
from extractor.batch.writers.spans import drug_span
from extractor.batch.writers.tables import Column, Table

__all__ = ["NOTE_IDS", "NOTE_NLP", "OmopWriter", "omop_note_id"]

NOTE_NLP = Table(
    "note_nlp",
    "One row for each term: a mention of a muscle or region, or a drug injected at the trigger points.",
    (
        Column("note_nlp_id", "integer", "Number of the row in this output, from 1", True),
        Column("note_id", "integer", "The note: its own number, or the number that `note_ids` gives it", True),
        Column("section_concept_id", "integer", "0"),
        Column("snippet", "text", "The words around the term, on one line, at most 250 characters"),
        Column("offset", "text", "First code point of the term in the note, from 0, as text of at most 50 characters"),
        Column("lexical_variant", "text", "The term as the note writes it, at most 250 characters", True),
        Column("note_nlp_concept_id", "integer", "0"),
        Column("note_nlp_source_concept_id", "integer", "0"),
        Column("nlp_system", "text", "Name and versions of the extractor and lexicon, at most 250 characters"),
        Column("nlp_date", "date", "Day on which the run was first started", True),
        Column("nlp_datetime", "datetime", "Null: two runs must not differ by a clock"),
        Column("term_exists", "text", "`Y` or `N`"),
        Column("term_temporal", "text", "`past`, `present` or `future`"),
        Column("term_modifiers", "text", "`name=value` joined by `;`, at most 2,000 characters"),
    ),
    ("note_nlp_id",),
    parent=None,
)
NOTE_IDS = Table(
    "note_ids",
    "One row for each note: which `note_id` of `NOTE_NLP` it has.",
    (
        Column("note_id", "integer", "As in `NOTE_NLP`", True),
        Column("note_source_value", "text", "Id of the note in the input", True),
        Column("source", "text", "File and place that the note came from", True),
    ),
    ("note_id",),
    parent=None,
)

_SNIPPET = 250
_NAME = 250
_MODIFIERS = 2000
_BEFORE, _AFTER = 50, 70
"""Characters of a snippet around the term: enough for side and dose, and little of what else names a patient."""
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_BITS = 1 << 63
_BATCH = 8192
_TEMPORAL = {"historical": "past", "planned": "future"}
_DOES_NOT_EXIST = frozenset({"negated", "planned"})
_SPACE = re.compile(r"\s+")


class OmopWriter:
    """``out.omop.csv`` or ``out.omop.parquet``, with the notes' numbers in ``out.note_ids…`` beside it."""

    needs_text = True
    refused = 0

    def __init__(self, kind: Literal["csv", "parquet"]) -> None:
        self._kind = kind

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        ids = sibling(target, NOTE_IDS.name, f".omop.{self._kind}")
        bad = sibling(target, "quarantine", PLAIN_QUARANTINE)
        system = _cut(" ".join(["tpi-extractor", *(f"{name} {value}" for name, value in sorted(stamp.versions.items()))]), _NAME)
        numbers = count(1)
        with ExitStack() as files:
            terms_out = files.enter_context(_sink(self._kind, NOTE_NLP, staging / target.name))
            ids_out = files.enter_context(_sink(self._kind, NOTE_IDS, staging / ids.name))
            quarantine = files.enter_context((staging / bad.name).open("wb"))
            for item in rows:
                if isinstance(item, Quarantined):
                    quarantine.write(quarantine_line(item))
                    continue
                number = omop_note_id(item.note_id)
                ids_out.add((number, item.note_id, item.source))
                for term in _terms(item):
                    terms_out.add(_record(next(numbers), number, term, system, stamp.processed_on))
        return [Staged(staging / path.name, path) for path in (bad, ids, target)]


def omop_note_id(note_id: str) -> int:
    """Return the integer that stands for a note's id: its own number, else a negative one from its hash.

    Numbers and hashes cannot meet, and the same id has the same number in every run.
    """
    if _PLAIN_NUMBER.fullmatch(note_id) and int(note_id) < _BITS:
        return int(note_id)
    first = int.from_bytes(hashlib.sha256(note_id.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return (first >> 1) - _BITS


def _terms(row: Row) -> Iterator[dict[str, Any]]:
    """Give the terms of one note: mentions, then drugs."""
    found = document(row)
    text = row.text if row.text is not None else found.get("text")
    for item in found["mentions"]:
        modifiers = {
            "assertion": item["assertion"],
            "laterality": ",".join(item["sides"]),
            "levels": ",".join(item["levels"]),
            "portion": item["portion"],
            "section": item["section"],
            "muscle_id": item["muscle"],
            "inferred": "true" if item["inferred"] else None,
        }
        yield {
            "start": item["start"],
            "term": item["text"],
            "snippet": _snippet(text, item["start"], item["end"], item["text"]),
            "exists": "N" if item["assertion"] in _DOES_NOT_EXIST else "Y",
            "temporal": _TEMPORAL.get(item["assertion"], "present"),
            "modifiers": modifiers,
        }
    for item in found["drugs"]:
        start, end = drug_span(item) or (None, None)
        yield {
            "start": start,
            "term": item["text"],
            "snippet": _snippet(text, start, end, item["text"]),
            "exists": "Y",
            "temporal": "present",
            "modifiers": _drug_modifiers(item),
        }


def _drug_modifiers(item: dict[str, Any]) -> dict[str, str | None]:
    strength, dose, hcpcs = (item[name] or {} for name in ("strength", "dose", "hcpcs"))
    units = hcpcs.get("units")
    return {
        "drug_id": item["id"],
        "strength": f"{strength['value']:g} {strength['unit']}" if strength else None,
        "volume_ml": None if item["volume_ml"] is None else f"{item['volume_ml']:g}",
        "dose": f"{dose['value']:g} {dose['unit']} ({dose['basis']})" if dose else None,
        "hcpcs": hcpcs.get("code"),
        "hcpcs_units": None if units is None else str(units),
    }


def _record(number: int, note_id: int, term: dict[str, Any], system: str, day: date) -> tuple[Any, ...]:
    offset = None if term["start"] is None else str(term["start"])
    modifiers = ";".join(f"{name}={value}" for name, value in term["modifiers"].items() if value)
    return (
        number,
        note_id,
        0,
        term["snippet"],
        offset,
        _cut(term["term"], _NAME),
        0,
        0,
        system,
        day,
        None,
        term["exists"],
        term["temporal"],
        _cut(modifiers, _MODIFIERS),
    )


def _snippet(text: str | None, start: int | None, end: int | None, term: str) -> str:
    """Return the term with the words around it, on one line, cut at spaces where it can be."""
    if text is None or start is None or end is None:
        return _cut(_SPACE.sub(" ", term), _SNIPPET)
    left = max(0, start - _BEFORE)
    right = min(len(text), end + _AFTER)
    if left > 0:
        left = max(text.find(" ", left, start) + 1, left)
    if right < len(text):
        space = text.rfind(" ", end, right)
        right = right if space == -1 else space
    return _cut(_SPACE.sub(" ", text[left:right]).strip(), _SNIPPET)


def _cut(text: str, length: int) -> str:
    return text[:length]


def _sink(kind: str, table: Table, path: Path):
    return _CsvSink(table, path) if kind == "csv" else _ParquetSink(table, path)


class _CsvSink:
    def __init__(self, table: Table, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow(table.names)
        self.add = self._writer.writerow

    def __enter__(self) -> _CsvSink:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _ParquetSink:
    def __init__(self, table: Table, path: Path) -> None:
        import pyarrow.parquet as pq

        self._table = table
        self._kept: list[tuple[Any, ...]] = []
        schema = arrow_schema(table).with_metadata({b"description": table.description})
        self._file = pq.ParquetWriter(path, schema, compression="zstd")

    def add(self, record: tuple[Any, ...]) -> None:
        self._kept.append(record)
        if len(self._kept) >= _BATCH:
            self._flush()

    def __enter__(self) -> _ParquetSink:
        return self

    def __exit__(self, *_: object) -> None:
        if self._kept:
            self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._file.write_table(arrow_table(self._table, self._kept))
        self._kept = []
