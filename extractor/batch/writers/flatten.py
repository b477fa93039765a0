"""From a row to the records of the flat tables, and from many rows to batches of records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import document
from extractor.batch.writers.tables import QUARANTINE, RESULTS, TABLES, Table

__all__ = ["batches", "flatten", "join_list", "split_list"]

NOTES_IN_A_BATCH = 8192
BYTES_IN_A_BATCH = 8 << 20
"""A batch ends at whichever comes first, so that neither many notes nor long ones need more memory."""

Record = tuple[Any, ...]
Records = dict[str, list[Record]]
_CHILDREN = tuple(table.name for table in TABLES if table.parent)


def batches(rows: Iterator[Row | Quarantined]) -> Iterator[list[tuple[Table, list[Record]]]]:
    """Give the records of all tables, some thousand notes at a time, parents first; tables without records are left out."""
    kept: Records = {table.name: [] for table in TABLES}
    notes = size = quarantined = 0
    for item in rows:
        if isinstance(item, Quarantined):
            quarantined += 1
            kept[QUARANTINE.name].append((quarantined, item.note_id, item.source, item.stage, item.reason))
        else:
            for name, records in flatten(item).items():
                kept[name] += records
            size += len(item.json)
        notes += 1
        if notes >= NOTES_IN_A_BATCH or size >= BYTES_IN_A_BATCH:
            yield _filled(kept)
            kept = {table.name: [] for table in TABLES}
            notes = size = 0
    yield _filled(kept)


def _filled(kept: Records) -> list[tuple[Table, list[Record]]]:
    return [(table, kept[table.name]) for table in TABLES if kept[table.name]]


def flatten(row: Row) -> Records:
    """Return the records of one note, by table, in the order of the table's columns.

    The note's id is the row's: in the document it is the same.
    """
    found = document(row)
    note_id = row.note_id
    return {
        RESULTS.name: [_result(row, found)],
        "muscles": [(note_id, at, *_muscle(item)) for at, item in enumerate(found["muscles"], 1)],
        "drugs": [(note_id, at, *_drug(item)) for at, item in enumerate(found["drugs"], 1)],
        "findings": [
            (note_id, at, item["id"], item["severity"], item["text"], item["source"], *_evidence(item))
            for at, item in enumerate(found["findings"], 1)
        ],
        "reasons": [
            (note_id, at, item["rule"], item["text"], item["source"], *_evidence(item))
            for at, item in enumerate(found["decision"]["reasons"], 1)
        ],
        "mentions": [(note_id, at, *_mention(item)) for at, item in enumerate(found["mentions"], 1)],
    }


def _result(row: Row, found: dict[str, Any]) -> Record:
    decision, procedure, versions = found["decision"], found["procedure"], found["versions"]
    day = found["date_of_service"]
    return (
        row.note_id,
        found["patient_id"],
        found["provider_id"],
        date.fromisoformat(day) if day else None,
        decision["code"],
        decision["status"],
        decision["muscle_count"]["low"],
        decision["muscle_count"]["high"],
        decision["alternatives"],
        decision["units"],
        procedure["kind"],
        procedure["status"],
        procedure["guidance"],
        procedure["sedation"],
        procedure["injections"],
        procedure["total_volume_ml"],
        [item["id"] for item in found["muscles"]],
        [item["id"] for item in found["drugs"] if item["id"] is not None],
        [item["id"] for item in found["findings"]],
        decision["query"],
        decision["policy"],
        _json(decision["policy_settings"]),
        versions.get("extractor"),
        versions.get("lexicon"),
        row.source,
        row.json.decode(),
    )


def _muscle(item: dict[str, Any]) -> Record:
    return (
        item["id"],
        item["name"],
        item["kind"],
        item["sides"],
        item["doubtful_sides"],
        item["portions"],
        item["levels"],
        item["injections"],
        *_evidence(item),
    )


def _drug(item: dict[str, Any]) -> Record:
    strength, dose, wasted, hcpcs = (item[name] or {} for name in ("strength", "dose", "wasted", "hcpcs"))
    return (
        item["id"],
        item["text"],
        strength.get("value"),
        strength.get("unit"),
        item["volume_ml"],
        dose.get("value"),
        dose.get("unit"),
        dose.get("basis"),
        wasted.get("value"),
        wasted.get("unit"),
        hcpcs.get("code"),
        hcpcs.get("units"),
        hcpcs.get("descriptor"),
        *_evidence(item),
    )


def _mention(item: dict[str, Any]) -> Record:
    return (
        item["start"],
        item["end"],
        item["text"],
        item["muscle"],
        item["sides"],
        item["portion"],
        item["levels"],
        item["section"],
        item["assertion"],
        item["inferred"],
    )


def _evidence(item: dict[str, Any]) -> Record:
    pieces = item["evidence"]
    if not pieces:
        return (None, None, None, "[]")
    first = pieces[0]
    return (first["start"], first["end"], first["text"], _json(pieces))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def join_list(items: list[str]) -> str:
    """Return a list as one cell: joined by ``;``, where ``;`` and a backslash within an item have one before them."""
    return ";".join(item.replace("\\", "\\\\").replace(";", "\\;") if "\\" in item or ";" in item else item for item in items)


def split_list(cell: str | None) -> list[str]:
    """Return the list that :func:`join_list` joined; an empty cell is an empty list."""
    if not cell:
        return []
    items, current, escaped = [], "", False
    for char in cell:
        if not escaped and char in "\\;":
            escaped = char == "\\"
            if char == ";":
                items.append(current)
                current = ""
        else:
            current += char
            escaped = False
    return [*items, current]
