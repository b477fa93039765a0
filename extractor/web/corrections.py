"""What a coder corrects: a record in, the corrected record and its marks out. The code follows from the coding module.

A correction is the coder's word, not the note's. So each becomes a reason and a finding of the answer, and no evidence
is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from extractor.models import Finding, Muscle, Reason, Record

__all__ = ["RULE", "SOURCE", "Corrected", "CorrectionError", "correct", "mark"]

RULE = "coder-correction"
SOURCE = "entered by the coder; the note does not prove it"


class CorrectionError(ValueError):
    """A correction that does not fit the record; the message says why."""


class Corrected(NamedTuple):
    """A record as the coder sees it."""

    record: Record
    sentences: list[str]
    changed: dict[str, str]
    """Muscles by id that the coder ``added`` or ``changed``."""


def correct(record: Record, corrections: Iterable[Any], muscles: dict[str, Any]) -> Corrected:
    """Apply corrections in order.

    Args:
        record: what the note proves; not changed.
        corrections: as :data:`extractor.web.schemas.Correction`.
        muscles: the lexicon's entries by id, each with ``name`` and ``kind``.

    Raises:
        CorrectionError: if a muscle is neither in the record nor in the lexicon, or is there already.
    """
    wanted = list(corrections)
    if not wanted:
        return Corrected(record, [], {})
    gone = _areas_struck(record, wanted)
    new = record.model_copy(deep=True)
    new.areas = [area for place, area in enumerate(new.areas) if place not in gone]
    changed: dict[str, str] = {}
    sentences = [_apply(new, correction, muscles, changed) for correction in wanted]
    return Corrected(new, sentences, changed)


def mark(reasons: list[Reason], findings: list[Finding], sentences: Sequence[str]) -> None:
    """Put the coder's corrections before the argument and among the findings, where whoever reads the answer sees them."""
    if not sentences:
        return
    reasons[:0] = [Reason(rule=RULE, text=sentence, source=SOURCE) for sentence in sentences]
    text = f"Corrected by the coder: {' '.join(sentences)} The record needs an addendum before this is billed."
    findings.insert(0, Finding(id=RULE, severity="warning", text=text, source=SOURCE))


def _areas_struck(record: Record, wanted: list[Any]) -> set[int]:
    gone = {item.area for item in wanted if item.action == "strike-area"}
    if any(place >= len(record.areas) for place in gone):
        raise CorrectionError("There is no such site in the record.")
    return gone


def _apply(record: Record, correction: Any, muscles: dict[str, Any], changed: dict[str, str]) -> str:
    if correction.action == "strike-area":
        return "A site that names no muscle was struck out."
    if correction.action == "add":
        return _add(record, correction, muscles, changed)
    if not _named(record, correction.muscle):
        raise CorrectionError(f"The record does not hold {correction.muscle}.")
    name = _name(correction.muscle, muscles)
    if correction.action == "strike":
        _strike(record, correction.muscle)
        changed.pop(correction.muscle, None)
        return f"The {name} was struck out."
    _set_sides(record, correction.muscle, correction.sides)
    changed.setdefault(correction.muscle, "changed")
    return f"Side of the {name} set to {_and(correction.sides) or 'not stated'}."


def _add(record: Record, correction: Any, muscles: dict[str, Any], changed: dict[str, str]) -> str:
    entry = muscles.get(correction.muscle)
    if entry is None:
        raise CorrectionError(f"The lexicon has no {correction.muscle}.")
    if any(muscle.id == correction.muscle for muscle in record.muscles):
        raise CorrectionError(f"The record holds {correction.muscle} already: set its side instead.")
    sides = _ordered(correction.sides)
    record.muscles.append(Muscle(id=correction.muscle, name=entry.name, kind=entry.kind, sides=sides))
    changed[correction.muscle] = "added"
    return f"The {' '.join(filter(None, (_and(sides), entry.name)))} was added."


def _named(record: Record, muscle_id: str) -> bool:
    return any(muscle.id == muscle_id for muscle in _all_of(record))


def _all_of(record: Record) -> list[Muscle]:
    doubtful = [muscle for doubt in record.doubts for reading in doubt.readings for muscle in reading]
    return [*record.muscles, *record.examined, *doubtful]


def _name(muscle_id: str, muscles: dict[str, Any]) -> str:
    entry = muscles.get(muscle_id)
    return entry.name if entry is not None else muscle_id.replace("_", " ")


def _strike(record: Record, muscle_id: str) -> None:
    def without(muscles: list[Muscle]) -> list[Muscle]:
        return [muscle for muscle in muscles if muscle.id != muscle_id]

    record.muscles, record.examined = without(record.muscles), without(record.examined)
    for doubt in record.doubts:
        doubt.readings = [without(reading) for reading in doubt.readings]


def _set_sides(record: Record, muscle_id: str, sides: Sequence[Any]) -> None:
    for muscle in _all_of(record):
        if muscle.id == muscle_id:
            muscle.sides, muscle.doubtful_sides = _ordered(sides), []


def _ordered(sides: Sequence[Any]) -> list[Any]:
    return [side for side in ("left", "right") if side in sides]


def _and(sides: Sequence[Any]) -> str:
    return " and ".join(_ordered(sides))
