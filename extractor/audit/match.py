"""Encounters: which notes and which billed lines belong together.

Lines belong together by their claim, by the note that they name, and by patient, date and rendering provider. Notes
come to them by note id; else by patient, date and provider; else by patient and date, where the note is nobody
else's. What finds no partner is an encounter of its own, never dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from extractor.audit.models import AuditedNote, ClaimLine, Encounter

__all__ = ["date_of", "key_of", "match", "patient_of", "provider_of"]

_MAX_RANGE = 366
"""Days of a billed range that are looked at; a longer one is a slip of the claim."""

MatchedBy = Literal["note_id", "patient_date_provider", "patient_date", "unmatched"]


def key_of(identifier: str | None) -> str | None:
    """An identifier as it is compared: spreadsheets drop zeros before it, systems change its case."""
    if identifier is None:
        return None
    plain = identifier.strip().upper()
    return (plain.lstrip("0") or "0") if plain.isdecimal() else plain or None


def patient_of(note: AuditedNote) -> str | None:
    """The patient of a note, from its metadata."""
    return note.patient_id or note.result.patient_id


def date_of(note: AuditedNote) -> date | None:
    """The date of service of a note: from its metadata, else as read in the note."""
    return note.date_of_service or note.result.date_of_service


def provider_of(note: AuditedNote) -> str | None:
    """The provider of a note, from its metadata."""
    return note.provider_id or note.result.provider_id


@dataclass
class _Group:
    """Lines that are one encounter, and the notes found for them."""

    lines: list[ClaimLine] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    matched_by: MatchedBy = "unmatched"
    patient: str | None = None
    days: list[date] = field(default_factory=list)
    providers: set[str] = field(default_factory=set)


def match(notes: Sequence[AuditedNote], lines: Sequence[ClaimLine]) -> list[Encounter]:
    """Return the encounters of notes and lines, by date, patient and provider.

    Every line is in exactly one encounter. A note is in several where claims of several dates name it: one note that
    serves several claims must be seen in each. Lines without a number get one, so that a finding can point at them.
    """
    by_id: dict[str, list[int]] = defaultdict(list)
    by_day: dict[tuple[str, date], list[int]] = defaultdict(list)
    for place, note in enumerate(notes):
        by_id[key_of(note.note_id) or ""].append(place)
        patient, day = key_of(patient_of(note)), date_of(note)
        if patient and day:
            by_day[patient, day].append(place)
    groups = _grouped(lines, notes, by_id)
    _by_note_id(groups, notes, by_id)
    _by_provider(groups, notes, by_day)
    _by_date(groups, notes, by_day)
    taken = {place for group in groups for place in group.notes}
    encounters = [_encounter(group, notes) for group in groups]
    encounters += _alone([note for place, note in enumerate(notes) if place not in taken])
    encounters.sort(key=_order)
    for number, encounter in enumerate(encounters, start=1):
        encounter.id = f"E{number:06}"
    return encounters


def _grouped(lines: Sequence[ClaimLine], notes: Sequence[AuditedNote], by_id: dict[str, list[int]]) -> list[_Group]:
    parents: dict[Hashable, Hashable] = {}

    def root(key: Hashable) -> Hashable:
        while parents.setdefault(key, key) != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    firsts: list[Hashable] = []
    known = [_place_of(line, notes, by_id) for line in lines]
    providers: dict[tuple[str, date], set[str]] = defaultdict(set)
    for patient, day, provider in known:
        if patient and day and provider:
            providers[patient, day].add(provider)
    for number, (line, (patient, day, provider)) in enumerate(zip(lines, known, strict=True)):
        keys: list[Hashable] = []
        if patient and day:
            others = providers[patient, day]
            # A line that names no provider goes with the only one of that day.
            keys.append(("day", patient, day, provider or (next(iter(others)) if len(others) == 1 else None)))
        if line.claim_id:
            keys.append(("claim", line.claim_id, patient, day))
        if line.note_id:
            keys.append(("note", key_of(line.note_id), patient, day))
        keys = keys or [("line", number)]
        for other in keys[1:]:
            parents[root(other)] = root(keys[0])
        firsts.append(keys[0])
    groups: dict[Hashable, _Group] = {}
    for line, first, (patient, day, provider) in zip(lines, firsts, known, strict=True):
        group = groups.setdefault(root(first), _Group())
        group.lines.append(line)
        group.patient = group.patient or patient
        group.days += [day for day in _days(day, line.date_of_service_end) if day not in group.days]
        if provider:
            group.providers.add(provider)
    return list(groups.values())


def _place_of(
    line: ClaimLine, notes: Sequence[AuditedNote], by_id: dict[str, list[int]]
) -> tuple[str | None, date | None, str | None]:
    """A line's patient, date and provider; what it does not say, the note that it names does."""
    patient, day, provider = key_of(line.patient_id), line.date_of_service, key_of(line.provider_id)
    linked = by_id.get(key_of(line.note_id) or "", []) if line.note_id else []
    if linked:
        note = notes[linked[0]]
        patient, day, provider = patient or key_of(patient_of(note)), day or date_of(note), provider or key_of(provider_of(note))
    return patient, day, provider


def _days(first: date | None, last: date | None) -> Iterator[date]:
    if first is None:
        return
    span = (last - first).days if last else 0
    for days in range(max(0, min(span, _MAX_RANGE)) + 1):
        yield first + timedelta(days=days)


def _by_note_id(groups: Iterable[_Group], notes: Sequence[AuditedNote], by_id: dict[str, list[int]]) -> None:
    for group in groups:
        for line in group.lines:
            for place in by_id.get(key_of(line.note_id) or "", []) if line.note_id else []:
                if place not in group.notes:
                    group.notes.append(place)
                    group.matched_by = "note_id"


def _by_provider(groups: Sequence[_Group], notes: Sequence[AuditedNote], by_day: dict[tuple[str, date], list[int]]) -> None:
    for group in groups:
        for place in _of_days(group, by_day):
            # That a claim of another date names the note, too, takes it away from nobody.
            if place not in group.notes and key_of(provider_of(notes[place])) in group.providers:
                group.notes.append(place)
                if group.matched_by == "unmatched":
                    group.matched_by = "patient_date_provider"


def _by_date(groups: Sequence[_Group], notes: Sequence[AuditedNote], by_day: dict[tuple[str, date], list[int]]) -> None:
    taken = {place for group in groups for place in group.notes if date_of(notes[place]) in group.days}
    rivals: dict[tuple[str, date], int] = defaultdict(int)
    for group in groups:
        for day in group.days:
            rivals[group.patient or "", day] += 1
    for group in groups:
        found_before = bool(group.notes)
        for place in _of_days(group, by_day):
            note = notes[place]
            alone = rivals[group.patient or "", date_of(note) or date.min] == 1
            # Beside a note that fits better, only a note that names no provider can still be this encounter's.
            if place in taken or place in group.notes or (found_before and (provider_of(note) or not alone)):
                continue
            group.notes.append(place)
            if group.matched_by == "unmatched":
                group.matched_by = "patient_date"
    # Claims of one day that fit the same note all get it: that it serves several is what the audit must say.


def _of_days(group: _Group, by_day: dict[tuple[str, date], list[int]]) -> Iterator[int]:
    for day in group.days if group.patient else ():
        yield from by_day.get((group.patient or "", day), ())


def _encounter(group: _Group, notes: Sequence[AuditedNote]) -> Encounter:
    chosen = sorted((notes[place] for place in group.notes), key=lambda note: (date_of(note) or date.max, note.note_id))
    lines = _with_numbers(sorted(group.lines, key=_line_order))
    first = chosen[0] if chosen else None
    dates = [line.date_of_service for line in lines if line.date_of_service]
    return Encounter(
        id="",
        patient_id=next((line.patient_id for line in lines if line.patient_id), patient_of(first) if first else None),
        date_of_service=min(dates) if dates else date_of(first) if first else None,
        provider_id=next((line.provider_id for line in lines if line.provider_id), provider_of(first) if first else None),
        payer=next((line.payer for line in lines if line.payer), None),
        lines=lines,
        notes=chosen,
        matched_by=group.matched_by,
    )


def _line_order(line: ClaimLine) -> tuple[str, float, int, str, str]:
    # The length of the place before the place itself: row 9 comes before row 10.
    return (line.claim_id or "", float("inf") if line.line is None else line.line, len(line.source), line.source, line.code)


def _with_numbers(lines: list[ClaimLine]) -> list[ClaimLine]:
    """Number the lines that have none or share one within their claim."""
    used: set[tuple[str | None, int]] = set()
    numbered = []
    for line in lines:
        number = line.line
        if number is None or (line.claim_id, number) in used:
            number = 1
            while (line.claim_id, number) in used:
                number += 1
            line = line.model_copy(update={"line": number})
        used.add((line.claim_id, number))
        numbered.append(line)
    return numbered


def _alone(notes: Iterable[AuditedNote]) -> list[Encounter]:
    """Encounters of notes that no claim fits: one for each patient, date and provider."""
    groups: dict[Hashable, list[AuditedNote]] = {}
    for number, note in enumerate(notes):
        patient, day = key_of(patient_of(note)), date_of(note)
        key: Hashable = (patient, day, key_of(provider_of(note))) if patient and day else number
        groups.setdefault(key, []).append(note)
    return [
        Encounter(id="", patient_id=patient_of(members[0]), date_of_service=date_of(members[0]),
                  provider_id=provider_of(members[0]), notes=members)
        for members in groups.values()
    ]  # fmt: skip


def _order(encounter: Encounter) -> tuple[date, str, str, str]:
    first = encounter.lines[0].source if encounter.lines else encounter.notes[0].note_id
    return (encounter.date_of_service or date.max, encounter.patient_id or "", encounter.provider_id or "", first)
