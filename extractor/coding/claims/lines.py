"""Units, modifiers and pairs of codes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from extractor.audit.models import ClaimLine
from extractor.coding.case import join
from extractor.coding.claims.case import ClaimCase, Flag, Stake, flag, units_of
from extractor.coding.claims.families import expand
from extractor.coding.facts import Facts
from extractor.coding.rows import NcciRow

__all__ = ["check_modifiers", "check_pairs", "check_units"]

_DISTINCT = frozenset({"59", "XE", "XP", "XS", "XU"})
_BYPASS = _DISTINCT | {"24", "25", "27", "57", "58", "78", "79", "91", "LT", "RT", "LC", "LD", "RC", "LM", "RI",
                       *(f"{letter}{number}" for letter in "EFT" for number in range(10))}  # fmt: skip
"""Modifiers that NCCI lets bypass a pair of indicator 1 (policy manual, chapter I)."""
_ONE = Decimal(1)
_SIDES = {"LT": "left", "RT": "right"}
_HANDLED = frozenset({"anesthesia", "sedation_by_another", "sedation_own", "lidocaine_infusion"})
"""Families whose pairs have findings of their own."""


def check_units(case: ClaimCase) -> Iterator[Flag]:
    """Yield lines with more than the one unit that a session has; guidance, too, is once an encounter."""
    for family, rule in (("trigger_point_injection", "one-unit"), ("dry_needling", "one-unit"), ("guidance_ultrasound", "guidance")):
        lines = case.lines_of(family) if case.trigger_point else []
        # The same service on the claims of two payers is coordination of benefits, not a second unit.
        for code, payer in dict.fromkeys((line.code, line.payer) for line in lines):
            yield from _units(case, [line for line in lines if (line.code, line.payer) == (code, payer)], rule)


def _units(case: ClaimCase, lines: list[ClaimLine], rule: str) -> Iterator[Flag]:
    allowed = _ONE
    for line in lines:
        units = units_of(line)
        if units == _ONE and allowed == _ONE:
            allowed -= _ONE
            continue
        if units == 0:
            text = f"{line.code} was billed with 0 units."
            yield flag(case, "units-not-one", "warning", text, rule=rule, line=line, resolution="A session is one unit; the claim can be corrected.")
            continue
        if units > _ONE or allowed == 0:
            text = (
                f"{line.code} was billed with {units} units; a session is one unit, whatever the number of injections or muscles."
                if units > _ONE
                else f"{line.code} was billed on more than one line of this date; a session is one unit."
            )
            rest = min(units, allowed)
            yield flag(case, "units-not-one", "error", text, rule=rule, line=line, stake=Stake("units", units=rest),
                       resolution="One unit fits the code; a second session on the same date would need its own note, and the daily limit is absolute.")  # fmt: skip
            allowed -= rest


def check_modifiers(case: ClaimCase) -> Iterator[Flag]:
    """Yield modifiers that the trigger point line has or lacks."""
    for line in case.trigger_point:
        modifiers = set(line.modifiers)
        if "50" in modifiers:
            text = f"{line.code} was billed with modifier 50; the code has no bilateral form, and both sides are one session."
            yield flag(case, "modifier-50", "error", text, rule="modifier-50", line=line, stake=Stake("units", units=_ONE),
                       resolution="The line without 50 and with one unit fits the code.")  # fmt: skip
        yield from _sides(case, line)
        yield from _repeated(case, line)
        yield from _without_partner(case, line)
        if "25" in modifiers:
            text = f"{line.code} was billed with modifier 25, which belongs to the visit and not to the injection."
            yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-25", line=line,
                       resolution="If a separate visit was billed, 25 stands on its line.")  # fmt: skip


def _sides(case: ClaimCase, line: ClaimLine) -> Iterator[Flag]:
    billed = {_SIDES[item] for item in line.modifiers if item in _SIDES}
    documented = {side for muscle in case.proof.muscles for side in (*muscle.sides, *muscle.doubtful_sides)}
    missing = billed - documented if documented else set()
    resolution = "LT and RT change neither units nor payment of this code; the line can stand without them."
    if missing:
        text = f"{line.code} was billed with {join(sorted(line_side(side) for side in missing))}; the note gives the {join(sorted(documented))} side."
        yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-lt-rt", line=line, note=case.proof.note,
                   evidence=case.proof.sites(), resolution=resolution)  # fmt: skip
    elif billed and case.settings.lt_rt == "omit":
        text = f"{line.code} was billed with {join(sorted(set(line.modifiers) & set(_SIDES)))}; under this policy the side is not reported."
        yield flag(case, "modifier-unsupported", "info", text, rule="modifier-lt-rt", line=line, resolution=resolution, policy_key="lt_rt")
    elif not billed and case.settings.lt_rt == "add" and len(documented) == 1:
        side = line_side(next(iter(documented)))
        text = f"{line.code} was billed without {side}; this policy wants the side as information."
        yield flag(case, "modifier-missing", "info", text, rule="modifier-lt-rt", line=line, policy_key="lt_rt",
                   resolution=f"The note gives one side; {side} can be added.")  # fmt: skip


def line_side(side: str) -> str:
    """Return the modifier of a side."""
    return "LT" if side == "left" else "RT"


def _repeated(case: ClaimCase, line: ClaimLine) -> Iterator[Flag]:
    repeated = [item for item in line.modifiers if item in ("76", "77")]
    if not repeated:
        return
    documented = "repeat-same-day" in case.proof.elements or len(case.proof.notes) > 1
    if case.settings.repeat_same_day == "blocked":
        text = f"{line.code} was billed with {join(repeated)}; the daily limit of one unit is absolute, and {join(repeated)} does not bypass it."
    elif not documented and case.proof.status != "missing":
        text = f"{line.code} was billed with {join(repeated)}; the notes do not document a second session on this date."
    else:
        return
    yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-76", line=line, policy_key="repeat_same_day",
               resolution="One line with one unit fits one date; a note of a second session would have to be shown.")  # fmt: skip


def _without_partner(case: ClaimCase, line: ClaimLine) -> Iterator[Flag]:
    """59 or X on a trigger point line that no other billed code is paired with."""
    distinct = sorted(set(line.modifiers) & _DISTINCT)
    if not distinct or any(case.facts.pair(line.code, other.code, case.day) for other in case.encounter.lines if other.code != line.code):
        return
    text = f"{line.code} was billed with {join(distinct)}; no other billed code of this date is paired with it, and further muscles or sites are in the one code."
    yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-59-muscles", line=line,
               resolution="The line without the modifier fits what was billed.")  # fmt: skip


def check_pairs(case: ClaimCase) -> Iterator[Flag]:
    """Yield pairs of codes that NCCI keeps apart, and visits without or with an unsupported 25."""
    yield from _both_codes(case)
    seen: set[str] = set()
    for line in case.encounter.lines:
        if line in case.trigger_point or line.code in seen or case.families.of(line.code) & _HANDLED:
            continue
        seen.add(line.code)
        mine = _partner(case, line)
        if mine is None:
            continue
        if "evaluation_and_management" in case.families.of(line.code):
            yield from _visit(case, line, mine)
            continue
        pair = case.facts.pair(mine.code, line.code, case.day)
        if pair is not None:
            yield from _paired(case, mine, line, pair)


def _partner(case: ClaimCase, line: ClaimLine) -> ClaimLine | None:
    """The trigger point line of the same provider: the edits are about one provider, patient and date."""
    same = [item for item in case.trigger_point if not (item.provider_id and line.provider_id) or item.provider_id == line.provider_id]
    return next((item for item in same if case.facts.pair(item.code, line.code, case.day)), next(iter(same), None))


def _both_codes(case: ClaimCase) -> Iterator[Flag]:
    codes = {line.code: line for line in reversed(case.trigger_point)}
    for large, small, rule in (("20553", "20552", "both-codes"), ("20561", "20560", "code-dry-needling")):
        if large in codes and small in codes:
            text = f"{small} and {large} were both billed on one date; they never stand together, and no modifier bypasses the pair."
            yield flag(case, "mutually-exclusive-codes", "error", text, rule=rule, line=codes[small], stake=Stake("line"),
                       resolution="One code fits one date: the one that the note supports.")  # fmt: skip
    for injection in ("20552", "20553"):
        for needling in ("20560", "20561"):
            if injection in codes and needling in codes and not set(codes[needling].modifiers) & _BYPASS:
                text = f"{needling} was billed beside {injection} without a modifier; NCCI pairs them, and one muscle is either needled or injected."
                yield flag(case, "modifier-missing", "warning", text, rule="ncci-pair", line=codes[needling], stake=Stake("line"),
                           resolution="A note that shows needling of other muscles than those injected would support both.")  # fmt: skip


def _visit(case: ClaimCase, visit: ClaimLine, mine: ClaimLine) -> Iterator[Flag]:
    if "25" not in visit.modifiers:
        text = f"{visit.code} was billed on the date of {mine.code} without modifier 25."
        yield flag(case, "modifier-missing", "warning", text, rule="modifier-25", line=visit, stake=Stake("line"),
                   resolution="If the note shows work beyond the decision to inject, 25 can be added; else the visit belongs to the injection.")  # fmt: skip
        return
    if case.proof.status == "missing":
        return
    elements = case.proof.elements
    if "scheduled-procedure-only" in elements and "separate-evaluation" not in elements:
        note = next((item for item in case.proof.all_notes
                     if any(element.id == "scheduled-procedure-only" for element in item.result.documentation)), None)  # fmt: skip
        words = [words for element in (note.result.documentation if note else []) if element.id == "scheduled-procedure-only"
                 for words in element.evidence]  # fmt: skip
        text = f"{visit.code} was billed with 25; the note says that the visit was scheduled only for the injection."
        yield flag(case, "modifier-unsupported", "warning", text, rule="scheduled-visit", line=visit, note=note, evidence=words,
                   stake=Stake("line"), resolution="A documented problem beyond the injection would support the visit.")  # fmt: skip
    elif "separate-evaluation" not in elements:
        text = f"{visit.code} was billed with 25; no statement of work beyond the decision to inject was recognised in the notes given."
        yield flag(case, "modifier-unsupported", "info", text, rule="modifier-25", line=visit,
                   resolution="A person should read the visit's note for a separate problem or work.")  # fmt: skip


def _paired(case: ClaimCase, mine: ClaimLine, other: ClaimLine, pair: NcciRow) -> Iterator[Flag]:
    second = other if pair.column_2 == other.code else mine
    first = mine if second is other else other
    label = case.families.label(other.code) if case.families.of(other.code) else "service"
    if pair.indicator == "0":
        text = f"{first.code} and {second.code} were billed on one date; NCCI pairs them ({pair.rationale}), and no modifier bypasses the pair."
        yield flag(case, "mutually-exclusive-codes", "error", text, rule="ncci-pair", line=second, stake=Stake("line"),
                   resolution=f"{first.code} stands alone; {second.code} is not payable beside it.")  # fmt: skip
    elif not (set(second.modifiers) | set(first.modifiers)) & _BYPASS:
        text = f"{second.code} was billed beside {first.code} without a modifier; NCCI pairs them ({pair.rationale})."
        resolution = f"59 or an X modifier on {second.code} needs a note that shows a separate anatomic site or encounter."
        if second.code.startswith("J"):
            resolution = f"Local anesthetic of the injection is part of it; {second.code} needs a note that shows its use for another service."
        yield flag(case, "modifier-missing", "warning", text, rule="ncci-pair", line=second, stake=Stake("line"), resolution=resolution)
    elif set(second.modifiers) & _DISTINCT and case.proof.status != "missing" and _undocumented(case, other.code):
        text = f"{second.code} was billed with {join(sorted(set(second.modifiers) & _DISTINCT))} beside {first.code}; the notes given do not document the {label} ({other.code})."
        yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-59", line=second, stake=Stake("line"),
                   resolution="A note that documents the other procedure at a separate site would support the modifier.")  # fmt: skip


@lru_cache(maxsize=8)
def _kinds(facts: Facts) -> dict[str, set[str]]:
    """Kinds of procedure by their codes."""
    found: dict[str, set[str]] = {}
    for kind, row in facts.procedures.items():
        for code in expand(row.codes):
            found.setdefault(code, set()).add(kind)
    return found


def _undocumented(case: ClaimCase, code: str) -> bool:
    """Whether a code's procedure is one that the reading knows and that no note documents."""
    kinds = _kinds(case.facts).get(code)
    return bool(kinds) and not any(other.kind in kinds for other in case.proof.others())
