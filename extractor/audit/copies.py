"""Notes copied forward: nearly the same words for one patient on different dates.

What may differ from visit to visit without anybody writing anew (dates, times, ages, vital signs, all numbers) is
taken out first. Then the share of common word triples (Jaccard's coefficient of 3-shingles) is compared, a note with
the patient's latest notes only, so that a patient with a thousand notes costs a thousand times a constant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from extractor.audit.match import date_of, key_of, patient_of
from extractor.audit.models import AuditedNote

__all__ = ["LEAST_WORDS", "SIMILARITY", "Copy", "find_copies", "shingles", "similarity"]

SIMILARITY = 0.9
"""Share of common word triples from which two notes are nearly identical; a setting of the audit."""
LEAST_WORDS = 40
"""Shorter notes are alike by nature: a line such as "TPI left trapezius, 1 mL lidocaine" is no copy of the last one."""
_LOOK_BACK = 40
"""Earlier notes of the patient that a note is compared with; a chain of copies is found by its last link."""
_SHINGLE = 3

_MONTHS = r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
_DAYS = r"mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thu(?:rs)?(?:day)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_DATE = re.compile(rf"\b(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?(?:\s+\d{{4}})?|\b\d{{1,2}}[-\s](?:{_MONTHS})[-\s]\d{{2,4}}|\b(?:{_DAYS})\b")
_VITAL = re.compile(
    r"\b(?:b\.?p\.?|blood pressure|pulse|heart rate|h\.?r\.?|resp(?:irations|iratory rate)?|r\.?r\.?|temp(?:erature)?|sp\s?o2|o2 sat(?:uration)?|"
    r"sat(?:uration)?|weight|wt|height|ht|bmi)\b[\s:=]*(?:is|was|of)?\s*[\d./]+\s*(?:mm\s?hg|bpm|/min|%|°?\s?[cf]\b|lbs?|kg|cm|in|kg/m2)?"
)
_NUMBER = re.compile(r"\d+(?:[./:,-]\d+)*(?:st|nd|rd|th)?(?:\s?[ap]\.?m\b\.?)?")
_WORD = re.compile(r"[a-z#]+")


class Copy(NamedTuple):
    """A note and the earlier one that it nearly repeats."""

    note: AuditedNote
    earlier: AuditedNote
    similarity: float


def shingles(text: str) -> frozenset[int]:
    """Return the hashed word triples of a note without its dates, vital signs and numbers; none for a short note."""
    words = _WORD.findall(_NUMBER.sub("#", _VITAL.sub(" ", _DATE.sub(" ", text.lower()))))
    if len(words) < LEAST_WORDS:
        return frozenset()
    return frozenset(hash(tuple(words[place : place + _SHINGLE])) for place in range(len(words) - _SHINGLE + 1))


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """Return Jaccard's coefficient of two sets of shingles: 1 for the same words, 0 for none in common."""
    if not one or not other:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def find_copies(notes: Iterable[AuditedNote], threshold: float = SIMILARITY) -> Iterator[Copy]:
    """Yield the notes of a performed procedure that nearly repeat an earlier one of the same patient and muscles.

    Notes of one date are not compared: they are one encounter. Notes without text are passed over.

    Args:
        notes: in any order.
        threshold: share of common word triples, 0 to 1.
    """
    by_patient: dict[str, list[tuple[date, str, AuditedNote]]] = defaultdict(list)
    for note in notes:
        patient, day = key_of(patient_of(note)), date_of(note)
        if patient and day and (note.text or note.result.text) and note.result.procedure.status == "performed":
            by_patient[patient].append((day, note.note_id, note))
    for dated in by_patient.values():
        if len({day for day, _, _ in dated}) > 1:
            yield from _of_patient(sorted(dated, key=lambda item: item[:2]), threshold)


def _of_patient(dated: list[tuple[date, str, AuditedNote]], threshold: float) -> Iterator[Copy]:
    read: list[tuple[date, AuditedNote, frozenset[int], frozenset[str]]] = []
    for day, _, note in dated:
        mine, muscles = shingles(note.text or note.result.text or ""), frozenset(item.id for item in note.result.muscles)
        best: Copy | None = None
        for other_day, other, theirs, their_muscles in reversed(read[-_LOOK_BACK:]):
            if other_day == day or their_muscles != muscles or not _can_reach(mine, theirs, threshold):
                continue
            share = similarity(mine, theirs)
            if share >= threshold and (best is None or share > best.similarity):
                best = Copy(note, other, share)
        if best is not None:
            yield best
        read.append((day, note, mine, muscles))


def _can_reach(one: frozenset[int], other: frozenset[int], threshold: float) -> bool:
    """Whether the sizes alone leave the threshold within reach, which spares most comparisons."""
    small, large = sorted((len(one), len(other)))
    return large > 0 and small >= threshold * large
