"""Findings that need more than one encounter's lines and results: shared notes, dates, providers, copied texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from extractor.audit.copies import Copy
from extractor.audit.match import date_of, key_of, provider_of
from extractor.audit.models import AuditedNote, ClaimLine
from extractor.coding.case import join
from extractor.coding.claims.case import ClaimCase, Flag, Stake, flag

__all__ = ["check_copies", "check_dates", "check_providers", "check_shared_notes", "point_at_near_notes"]

_NEAR = 14
"""Days around a claim without a note in which a note without a claim is worth a look: one of the dates may be a slip."""


def check_shared_notes(cases: Sequence[ClaimCase]) -> Iterator[tuple[ClaimCase, Flag]]:
    """Yield the claims beyond the first whose trigger point service rests on one note."""
    users: dict[int, list[tuple[ClaimCase, ClaimLine]]] = defaultdict(list)
    notes: dict[int, AuditedNote] = {}
    for case in cases:
        for note in case.proof.notes[:1] or case.proof.all_notes[:1]:
            for line in _one_for_each_claim(case):
                users[id(note)].append((case, line))
                notes[id(note)] = note
    for key, claims in users.items():
        if len(claims) < 2:
            continue
        note = notes[key]
        ordered = sorted(claims, key=lambda item: (item[1].date_of_service != date_of(note), item[1].date_of_service is None,
                                                   item[1].date_of_service or date_of(note), item[1].claim_id or ""))  # fmt: skip
        (_, first), *others = ordered
        for case, line in others:
            if line.date_of_service == first.date_of_service and line.payer and first.payer and line.payer != first.payer:
                text = f"{line.code} {_of(line)} was billed to another payer than {first.code} {_of(first)}; both rest on one note."
                yield case, flag(case, "note-for-several-claims", "info", text, rule="one-claim-a-note", line=line, note=note,
                                 resolution="With coordination of benefits between the payers nothing needs doing.")  # fmt: skip
                continue
            text = f"{line.code} {_of(line)} rests on the same note as {first.code} {_of(first)}; one note documents one session."
            yield case, flag(case, "note-for-several-claims", "error", text, rule="one-claim-a-note", line=line, note=note,
                             evidence=case.proof.sites() if case.proof.note is note else note.result.procedure.evidence,
                             stake=Stake("line"), resolution="A note of its own for each claim would support it; else one of them is a repetition.")  # fmt: skip


def _one_for_each_claim(case: ClaimCase) -> list[ClaimLine]:
    """The first trigger point line of each claim; lines without a claim number are one claim."""
    found: dict[str | None, ClaimLine] = {}
    for line in case.trigger_point:
        found.setdefault(line.claim_id, line)
    if None in found and len(found) > 1:
        del found[None]
    return list(found.values())


def _of(line: ClaimLine) -> str:
    claim = f"of claim {line.claim_id}" if line.claim_id else "of the claim"
    return f"{claim} ({line.date_of_service})" if line.date_of_service else claim


def check_dates(case: ClaimCase, shared: Iterable[AuditedNote]) -> Iterator[Flag]:
    """Yield claims that name a note of another date; a note that serves several claims has its own finding."""
    others = {id(note) for note in shared}
    for note in case.proof.all_notes:
        day = note.date_of_service
        if day is None or case.day is None or id(note) in others or not case.trigger_point:
            continue
        last = max((line.date_of_service_end or case.day for line in case.trigger_point), default=case.day)
        if not case.day <= day <= last:
            line = case.trigger_point[0]
            text = f"{line.code} was billed for {case.day}; the note that the claim names is of {day}."
            yield flag(case, "date-not-matching", "warning", text, rule="claim-date", line=line, note=note,
                       evidence=note.result.procedure.evidence,
                       resolution="Whichever date is right, the other document can be corrected by who wrote it.")  # fmt: skip


def check_providers(case: ClaimCase, known: frozenset[str]) -> Iterator[Flag]:
    """Yield claims whose rendering provider is another than the note's, where both use the same identifiers.

    Args:
        case: the encounter.
        known: providers that occur on claims and on notes alike; others may be numbers of another system.
    """
    billed = {key_of(line.provider_id) for line in case.trigger_point if line.provider_id}
    wrote = {key_of(provider_of(note)) for note in case.proof.notes if provider_of(note)}
    if not billed or not wrote or billed & wrote or not billed <= known or not wrote <= known:
        return
    line = next(line for line in case.trigger_point if line.provider_id)
    text = f"{line.code} was billed by provider {line.provider_id}; the note of this date is by {join(sorted(filter(None, (provider_of(note) for note in case.proof.notes))))}."
    yield flag(case, "provider-not-matching", "warning", text, rule="claim-provider", line=line, note=case.proof.note,
               evidence=case.proof.note.result.procedure.evidence if case.proof.note else (),
               resolution="A note by the billing provider, or the record of supervision for services incident to a physician's.")  # fmt: skip


def check_copies(copies: Iterable[Copy], cases: Sequence[ClaimCase]) -> Iterator[tuple[ClaimCase, Flag]]:
    """Yield a finding on each encounter whose note nearly repeats an earlier one of the patient."""
    owners: dict[int, list[ClaimCase]] = defaultdict(list)
    for case in cases:
        for note in case.proof.notes:
            owners[id(note)].append(case)
    for copy in copies:
        for case in owners.get(id(copy.note), ())[:1]:
            lines = case.trigger_point
            text = (
                f"{copy.similarity:.0%} of the word sequences of this note and of note {copy.earlier.note_id} ({date_of(copy.earlier)}) "
                "are the same, dates, measurements and numbers apart, and both name the same muscles."
            )
            yield case, flag(case, "cloned-note", "warning" if lines else "info", text, rule="cloned-note",
                             line=lines[0] if lines else None, note=copy.note,
                             evidence=case.proof.sites() if case.proof.note is copy.note else copy.note.result.procedure.evidence,
                             resolution="What is particular to this visit (examination, response, sites of this date) would show that it was written for it.")  # fmt: skip


def point_at_near_notes(cases: Sequence[ClaimCase], flags: Mapping[str, list[Flag]]) -> None:
    """Say, where a claim has no note, that a note of the patient of nearly the same date has no claim."""
    without: dict[str, list[ClaimCase]] = defaultdict(list)
    for case in cases:
        patient = key_of(case.encounter.patient_id)
        if patient and not case.encounter.lines and case.proof.performed and case.day is not None:
            without[patient].append(case)
    for case in cases:
        near = [other for other in without.get(key_of(case.encounter.patient_id) or "", ())
                if case.day is not None and other.day is not None and abs((other.day - case.day).days) <= _NEAR]  # fmt: skip
        for item in flags[case.encounter.id] if near else ():
            if item.finding.id == "note-missing":
                listed = join(f"note {other.encounter.notes[0].note_id} ({other.day})" for other in near)
                item.finding.resolution += f" Without a claim of its own: {listed}; one of the dates may be a slip."
