"""Anesthesia, guidance and diagnoses billed with trigger point injections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from extractor.audit.models import ClaimLine
from extractor.coding.case import join
from extractor.coding.claims.case import RANKS, ClaimCase, Flag, Stake, flag
from extractor.coding.diagnoses import conflicts, invalid_on, normalize_code, supports

__all__ = ["check_anesthesia", "check_diagnoses", "check_guidance"]

_ICD_10_START = date(2015, 10, 1)
_GUIDANCE = {
    "guidance_ultrasound": ("ultrasound", "ultrasound_guidance"), "guidance_fluoroscopy": ("fluoroscopy", "fluoroscopic_guidance"),
    "guidance_ct": ("ct", ""), "guidance_mr": ("mr", ""),
}  # fmt: skip


def check_anesthesia(case: ClaimCase) -> Iterator[Flag]:
    """Yield anesthesia and sedation billed beside a trigger point injection."""
    if not case.trigger_point:
        return
    # Another procedure of the date can be what the anesthesia was for, except where the pair itself forbids it.
    other = bool(case.lines_of("other_injection"))
    for line in case.lines_of("anesthesia", "sedation_by_another"):
        paired = any(case.facts.pair(item.code, line.code, case.day) for item in case.trigger_point)
        if other and not paired:
            continue
        text = f"{line.code} ({case.families.label(line.code)}) was billed beside {case.trigger_point[0].code}; it is not payable beside it."
        yield flag(case, "anesthesia-billed", "error", text, rule="sedation", line=line, stake=Stake("line"),
                   resolution="Local, regional and mild sedation belong to the injection; a record of another procedure on this date would have to be shown.")  # fmt: skip
    if case.proof.performed and not any(result.procedure.sedation for result in case.proof.results):
        for line in case.lines_of("sedation_own") if not other else ():
            text = f"{line.code} (moderate sedation) was billed; the note does not document sedation."
            yield flag(case, "anesthesia-billed", "warning", text, rule="sedation", line=line, note=case.proof.note,
                       evidence=case.proof.sites(), stake=Stake("line"),
                       resolution="The sedation record with drug, time and observer would support it.")  # fmt: skip


def check_guidance(case: ClaimCase) -> Iterator[Flag]:
    """Yield guidance that is billed and not documented, not covered, or without its image and report."""
    if not case.trigger_point or case.proof.status == "missing":
        return
    for family, (kind, procedure) in _GUIDANCE.items():
        for line in case.lines_of(family):
            if not _documented(case, kind, procedure):
                text = f"{line.code} ({case.families.label(line.code)}) was billed; the note does not document it."
                yield flag(case, "procedure-not-documented", "warning", text, rule="guidance-record", line=line, note=case.proof.note,
                           evidence=case.proof.sites(), stake=Stake("line"), rank=RANKS["guidance-not-covered"],
                           resolution="The stored image and the report of the guidance would support it.")  # fmt: skip
            elif case.settings.guidance == "not-covered" and not case.lines_of("other_injection"):
                text = f"{line.code} was billed beside {case.trigger_point[0].code}; this policy does not cover guidance of trigger point injections."
                yield flag(case, "guidance-not-covered", "warning", text, rule="guidance", line=line, stake=Stake("line"), policy_key="guidance",
                           resolution="A notice to the patient, or the payer's own exception, would have to be shown.")  # fmt: skip
            else:
                yield from _record(case, line)


def _documented(case: ClaimCase, kind: str, procedure: str) -> bool:
    notes = case.proof.all_notes
    if any(note.result.procedure.guidance == kind for note in notes):
        return True
    return any(other.kind == procedure or other.guidance == kind for other in case.proof.others())


def _record(case: ClaimCase, line: ClaimLine) -> Iterator[Flag]:
    names = {"guidance-reason": "its reason", "guidance-image": "a stored image", "guidance-report": "a report"}
    missing = [words for element, words in names.items() if element not in case.proof.elements]
    if missing:
        text = f"{line.code} was billed and the note documents the guidance; not recognised in the note: {join(missing)}."
        yield flag(case, "guidance-record-missing", "info", text, rule="guidance-record", line=line,
                   resolution="The imaging record usually holds them.")  # fmt: skip


def check_diagnoses(case: ClaimCase) -> Iterator[Flag]:
    """Yield diagnoses of the trigger point line that are not valid, exclude each other or are not on the payer's list."""
    if case.day is not None and case.day < _ICD_10_START:
        return
    for line in case.trigger_point:
        codes = list(dict.fromkeys(normalize_code(code) for code in line.diagnoses))
        if codes:
            yield from _diagnoses(case, line, codes)


def _diagnoses(case: ClaimCase, line: ClaimLine, codes: list[str]) -> Iterator[Flag]:
    for code in codes:
        wrong, successors = invalid_on(code, case.day, case.facts)
        if wrong:
            instead = f"; it was split into {join(successors, 'or')}" if successors else ""
            text = f"{line.code} points to {code}, which is no billable code on the date of service{instead}."
            yield flag(case, "diagnosis-not-supporting", "warning", text, rule="diagnosis-valid", line=line,
                       resolution="A corrected claim with the complete code that the note supports.")  # fmt: skip
    for one, other in conflicts(codes, case.facts):
        text = f"{line.code} points to {one} and {other}, which exclude each other (Excludes1)."
        if case.settings.excludes1 == "block":
            text += " This policy refuses a claim with both."
        yield flag(case, "diagnosis-not-supporting", "warning", text, rule="diagnosis-excludes", line=line, policy_key="excludes1",
                   resolution="The note decides which of the two stands.")  # fmt: skip
    accepted = case.settings.diagnoses
    if accepted and not any(supports(code, accepted) for code in codes):
        text = f"{line.code} points to {join(codes)}; this policy's list of supporting diagnoses has none of them."
        yield flag(case, "diagnosis-not-supporting", "warning", text, rule="diagnosis-supports", line=line, stake=Stake("line"),
                   policy_key="diagnoses", resolution="A diagnosis of the list that the note documents would support the line.")  # fmt: skip
