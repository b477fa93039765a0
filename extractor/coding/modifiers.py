"""Modifiers: advice only where the note makes one a question."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, join
from extractor.coding.drugs import separately_payable
from extractor.coding.neighbours import other_procedures
from extractor.coding.rules import rule_source
from extractor.coding.selection import Selection, in_force
from extractor.models import Drug, ModifierAdvice

__all__ = ["advise"]

_ORDER = {"25": 0, "50": 1, "59": 2, "XS": 3, "LT": 4, "RT": 5, "51": 6, "76": 7, "77": 8}


def advise(case: Case, selection: Selection) -> list[ModifierAdvice]:
    """Return the advice in a fixed order."""
    if not case.performed or not selection.billable:
        return []
    found = [*_evaluation(case), *_sides(case, selection), *_distinct(case, selection), *_again(case),
             *_wastage(case), *_coverage(case)]  # fmt: skip
    return sorted(found, key=lambda item: (_ORDER.get(item.modifier, 99), item.modifier, item.reason))


def _advice(modifier: str, advice: str, reason: str, rule: str) -> ModifierAdvice:
    return ModifierAdvice(modifier=modifier, advice=advice, reason=reason, source=rule_source(rule))  # type: ignore[arg-type]


def _evaluation(case: Case) -> Iterator[ModifierAdvice]:
    visited = any(other.kind == "evaluation_and_management" for other, _ in other_procedures(case))
    if visited or "separate-evaluation" in case.elements:
        text = (
            "On the visit, if it is billed: the note must show work beyond the decision to inject. "
            "A different diagnosis is not needed."
        )
        yield _advice("25", "consider", text, "modifier-25")
    elif "scheduled-procedure-only" in case.elements:
        text = "The visit was scheduled only for the injection, so there is no visit to put it on."
        yield _advice("25", "never", text, "scheduled-visit")


def _sides(case: Case, selection: Selection) -> Iterator[ModifierAdvice]:
    sides = {side for muscle in case.record.muscles for side in muscle.sides}
    sides.update(side for area in case.record.areas for side in area.sides)
    if len(sides) == 2:
        text = "Both sides are one session and one unit; the codes have no bilateral form."
        yield _advice("50", "never", text, "modifier-50")
    elif len(sides) == 1 and case.settings.lt_rt == "add" and selection.code:
        modifier = "LT" if "left" in sides else "RT"
        yield _advice(
            modifier, "use", "This policy wants the side as information; it changes nothing.", "modifier-lt-rt"
        )


def _distinct(case: Case, selection: Selection) -> Iterator[ModifierAdvice]:
    printed = {stated.code for stated in case.record.stated_codes}
    if printed & {"20550", "20551"} and selection.interval.high > 1:
        text = "Further muscles, points or sites never make a further line; they are in the one code."
        yield _advice("59", "never", text, "modifier-59-muscles")
    others = 0
    for other, _ in other_procedures(case):
        row = case.facts.procedures.get(other.kind)
        if row is None or other.kind == "evaluation_and_management" or row.position not in ("column 1", "column 2"):
            continue
        others += 1
        mine = selection.code or "the trigger point code"
        bypass = row.indicator == "1" and not (selection.needling and row.block)
        line = f"the line of the {row.label}" if row.position == "column 2" else f"the line of {mine}"
        if bypass:
            text = f"On {line}, only if the {row.label} was at a separate encounter or anatomic site."
            yield _advice(case.settings.distinct_modifier, "consider", text, "modifier-59")
        else:
            text = f"No modifier bypasses the pair with the {row.label}."
            yield _advice(case.settings.distinct_modifier, "never", text, "modifier-59")
    if others:
        text = "Several procedures on one claim are reduced as multiple procedures; whether 51 is written depends on the payer."
        yield _advice("51", "consider", text, "modifier-51")


def _again(case: Case) -> Iterator[ModifierAdvice]:
    if "repeat-same-day" not in case.elements:
        return
    advice = "never" if case.settings.repeat_same_day == "blocked" else "consider"
    text = "A second session on one date: the daily limit is one unit and absolute."
    if advice == "consider":
        text = "A second session on one date; this policy lets 76 (same physician) or 77 (another) be tried."
    for modifier in ("76", "77"):
        yield _advice(modifier, advice, text, "modifier-76")


def _wastage(case: Case) -> Iterator[ModifierAdvice]:
    paid = [drug for drug in case.record.drugs if separately_payable(drug.id or "", case.settings, case.facts)]
    if not paid or "multi-dose-vial" in case.elements:
        return
    wasted = [drug for drug in paid if _has_waste(drug)]
    single = "single-dose-vial" in case.elements
    if wasted and in_force("modifier-jw", case.day):
        names = join(case.drug_name(drug) for drug in wasted)
        condition = "" if single else ", if the container was a single-dose one (not found in this note)"
        text = f"On a line of its own for the discarded {names}{condition}; not for less than one billing unit."
        yield _advice("JW", "use" if single else "consider", text, "modifier-jw")
    elif not wasted and single and in_force("modifier-jz", case.day):
        names = join(case.drug_name(drug) for drug in paid)
        text = f"On the line of {names}, if nothing of the single-dose container was discarded."
        yield _advice("JZ", "use" if "wastage" in case.elements else "consider", text, "modifier-jz")


def _has_waste(drug: Drug) -> bool:
    return drug.wasted is not None and drug.wasted.value > 0


def _coverage(case: Case) -> Iterator[ModifierAdvice]:
    """Advise on notices where the policy excludes what was injected."""
    excluded = [
        drug for drug in case.record.drugs
        if (row := case.facts.substances.get(drug.id or "")) and row.kind in case.settings.excluded_substances
    ]  # fmt: skip
    if not case.settings.is_medicare:
        return
    if any(other.kind == "prolotherapy" for other, _ in other_procedures(case)):
        text = "On the line of the prolotherapy, if it is billed at all: Medicare has no benefit for it."
        yield _advice("GY", "consider", text, "modifier-ga-gz")
    if not excluded:
        return
    if "abn" in case.elements:
        yield _advice("GA", "consider", "A denial is to be expected and a notice is on file.", "modifier-ga-gz")
    else:
        text = "A denial is to be expected; no notice to the patient was found in this note."
        yield _advice("GZ", "consider", text, "modifier-ga-gz")
