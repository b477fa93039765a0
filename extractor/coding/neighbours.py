"""Other procedures of the encounter: their code family, and what the NCCI pair says of it."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, finding
from extractor.coding.facts import holds
from extractor.coding.rows import ProcedureRow
from extractor.coding.selection import Selection
from extractor.models import Evidence, Finding, OtherProcedure

__all__ = ["GUIDANCE_CODES", "GUIDANCE_KINDS", "neighbours", "other_procedures"]

GUIDANCE_CODES = {"ultrasound": "76942", "fluoroscopy": "77002", "ct": "77012"}
GUIDANCE_KINDS = {"ultrasound_guidance": "ultrasound", "fluoroscopic_guidance": "fluoroscopy"}
_APART = frozenset({"evaluation_and_management", *GUIDANCE_KINDS})
"""Kinds that have findings of their own."""
_NO_BYPASS = "no modifier bypasses the pair"
_BYPASS = "a modifier bypasses it only for a separate encounter or a separate anatomic site"


def other_procedures(case: Case) -> list[tuple[OtherProcedure, list[Evidence]]]:
    """Return the procedures done at this encounter, one a kind, with all their words, sorted by kind."""
    found: dict[str, tuple[OtherProcedure, list[Evidence]]] = {}
    for other in sorted(case.record.other_procedures, key=_place):
        if other.status != "performed":
            continue
        first, words = found.setdefault(other.kind, (other, []))
        words.extend(other.evidence)
        # The plainest statement about imaging is the one that decides.
        if first.guidance is None and other.guidance is not None:
            found[other.kind] = (other, words)
    return [found[kind] for kind in sorted(found)]


def _place(other: OtherProcedure) -> tuple[str, int, str]:
    return (other.kind, min((words.start for words in other.evidence), default=-1), other.text)


def neighbours(case: Case, selection: Selection) -> Iterator[Finding]:
    """Yield one finding for each other procedure of the encounter."""
    for other, words in other_procedures(case):
        if other.kind in _APART:
            continue
        row = case.facts.procedures.get(other.kind)
        if row is None:
            text = f"Also documented: {other.kind.replace('_', ' ')}; no code family is known for it here."
            yield finding("other-procedure", "info", text, words, rule="not-a-muscle")
            continue
        uncovered = case.performed and row.block and case.settings.other_blocks == "not-covered"
        text = " ".join(part for part in _sentences(case, selection, other, row, uncovered=uncovered) if part)
        rule = "other-blocks" if uncovered else "ncci-pair"
        yield finding("other-procedure", "warning" if uncovered else "info", text, words, rule=rule)
    if selection.chemodenervation:
        row = case.facts.procedures["chemodenervation"]
        words = [words for drug in case.drugs_of("toxin") for words in drug.evidence]
        text = f"Under this policy the toxin injection is chemodenervation ({_family(case, row)}). {row.advice}"
        yield finding("other-procedure", "info", text, words, rule="toxin-injectate")


def _sentences(
    case: Case, selection: Selection, other: OtherProcedure, row: ProcedureRow, *, uncovered: bool
) -> Iterator[str]:
    family = _family(case, row)
    yield f"Also documented: {row.label}{f' ({family})' if family else ''}."
    if other.kind == "sacroiliac_joint_injection":
        yield _imaging(case, other)
    else:
        yield row.advice
    if case.performed and selection.billable:
        yield _pair(selection, row)
    if uncovered:
        yield "This policy does not cover another block in the same session."


def _family(case: Case, row: ProcedureRow) -> str:
    if row.effective_from is not None and not holds(row.effective_from, None, case.day):
        return row.before
    return ", ".join(row.codes)


def _imaging(case: Case, other: OtherProcedure) -> str:
    if other.guidance in ("fluoroscopy", "ct"):
        return "It was done under imaging, which 27096 includes."
    if other.guidance == "none":
        if case.settings.sacroiliac_without_imaging == "tpi":
            return "The note says that no imaging was used; then 20552 is reported."
        return "The note says that no imaging was used, which 27096 needs; this policy gives no code for it."
    return "The note does not say whether imaging was used: 27096 needs fluoroscopy or CT, without imaging it is 20552."


def _pair(selection: Selection, row: ProcedureRow) -> str:
    mine = "20560/20561" if selection.needling else "20552/20553"
    if selection.needling:
        if row.block and row.position not in ("none", "unknown", None):
            return f"NCCI: paired with {mine}; {_NO_BYPASS}."
        return ""
    if row.position is None or not row.codes:
        return ""
    if row.position == "unknown":
        return "NCCI: edits between these codes and the trigger point codes were not seen."
    if row.position == "none":
        return f"NCCI: no pair with {mine} in the table seen."
    return (
        f"NCCI: {row.position} to {mine}, indicator {row.indicator}; {_NO_BYPASS if row.indicator == '0' else _BYPASS}."
    )
