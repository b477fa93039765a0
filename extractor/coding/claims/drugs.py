"""Billed drugs against what the notes say was injected, at the HCPCS units of the date."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from extractor.audit.models import AuditedNote, ClaimLine
from extractor.coding.case import join
from extractor.coding.claims.case import ClaimCase, Flag, Stake, flag, units_of
from extractor.coding.drugs import bill_drug, separately_payable
from extractor.coding.facts import Facts, holds
from extractor.coding.rows import HcpcsRow
from extractor.coding.selection import in_force
from extractor.models import Drug

__all__ = ["check_drugs"]

_TOLERANCE = 1e-6
_IN_UNIT = {("mg", "mcg"): 1000.0, ("mcg", "mg"): 0.001}
_READ_AGAIN = "The medication record or an addendum that names drug and dose would settle it."


def check_drugs(case: ClaimCase) -> Iterator[Flag]:
    """Yield what does not fit between the drugs of the claim and those of the notes."""
    if not case.trigger_point:
        return
    yield from _infusion(case)
    if not case.proof.performed:
        return
    yield from _denied(case)
    if case.proof.needling:
        return
    elsewhere = _can_be_from_elsewhere(case)
    rows = _rows_by_code(case.facts)
    billed: dict[str, list[ClaimLine]] = {}
    for line in case.encounter.lines:
        for drug_id in {row.drug for row in rows.get(line.code, ())} - {"*"}:
            billed.setdefault(drug_id, []).append(line)
    unnamed = any(drug.id is None for drug in case.proof.drugs)
    documented = {drug.id for drug in case.proof.drugs if drug.id}
    for drug_id, lines in billed.items():
        yield from _not_in_force(case, drug_id, lines, rows)
        if drug_id in documented:
            yield from _units(case, drug_id, lines, rows, elsewhere=elsewhere)
            yield from _wastage(case, drug_id, lines)
            yield from _discarded_units(case, drug_id, lines, rows)
        elif not elsewhere and not unnamed:
            yield from _not_documented(case, drug_id, lines)
    yield from _not_billed(case, set(billed), rows)


@lru_cache(maxsize=8)
def _rows_by_code(facts: Facts) -> dict[str, list[HcpcsRow]]:
    found: dict[str, list[HcpcsRow]] = {}
    for rows in facts.hcpcs.values():
        for row in rows:
            found.setdefault(row.code, []).append(row)
    return found


def _can_be_from_elsewhere(case: ClaimCase) -> bool:
    """Whether another injection was documented or billed at this encounter, to which a drug can belong."""
    if case.lines_of("other_injection"):
        return True
    return any(other.kind not in ("evaluation_and_management", "ultrasound_guidance", "fluoroscopic_guidance", "physical_therapy",
                                  "emg_study", "manipulation") for other in case.proof.others())  # fmt: skip


def _drugs(case: ClaimCase, drug_id: str) -> list[tuple[AuditedNote, Drug]]:
    return [(note, drug) for note in case.proof.notes for drug in note.result.drugs if drug.id == drug_id]


def _name(case: ClaimCase, drug_id: str) -> str:
    row = case.facts.substances.get(drug_id)
    return row.name if row is not None else drug_id.replace("_", " ")


def _infusion(case: ClaimCase) -> Iterator[Flag]:
    if any(other.kind == "lidocaine_infusion" for other in case.proof.others()):
        return
    for line in case.lines_of("lidocaine_infusion"):
        text = f"{line.code} was billed, which is lidocaine for intravenous infusion; the notes given document no infusion."
        yield flag(case, "drug-not-documented", "warning", text, rule="drug-anesthetic", line=line, stake=Stake("line"),
                   resolution="Local anesthetic at the trigger points belongs to the injection or to another code; a note of an infusion would support this one.")  # fmt: skip


def _not_in_force(case: ClaimCase, drug_id: str, lines: list[ClaimLine], rows: dict[str, list[HcpcsRow]]) -> Iterator[Flag]:
    if case.day is None:
        return
    for line in lines:
        if any(row.drug == drug_id and holds(row.effective_from, row.effective_to, case.day) for row in rows[line.code]):
            continue
        now = [row.code for row in case.facts.hcpcs[drug_id] if holds(row.effective_from, row.effective_to, case.day)]
        instead = f"; on the date of service {_name(case, drug_id)} is {join(now, 'or')}" if now else ""
        text = f"{line.code} was not in force on {case.day}{instead}."
        yield flag(case, "drug-units-mismatch", "warning", text, rule="drug-units", line=line,
                   resolution="A corrected line with the code and units of the date fits.")  # fmt: skip


def _units(
    case: ClaimCase, drug_id: str, lines: list[ClaimLine], rows: dict[str, list[HcpcsRow]], *, elsewhere: bool
) -> Iterator[Flag]:
    """Compare the billed amount with the documented dose, rounded up to the billed units."""
    given = _drugs(case, drug_id)
    used = [(line, row) for line in lines if "JW" not in line.modifiers for row in rows[line.code]
            if row.drug == drug_id and holds(row.effective_from, row.effective_to, case.day)]  # fmt: skip
    if not used or any(row.amount is None for _, row in used):
        return
    unit = used[0][1].unit
    amounts = [_amount(drug, unit) for _, drug in given]
    if any(amount is None for amount in amounts):
        return
    needed = sum(amount for amount in amounts if amount is not None)
    billed = sum(float(units_of(line)) * (row.amount or 0.0) for line, row in used)
    smallest = min(row.amount or 0.0 for _, row in used)
    least = math.ceil(needed / smallest - _TOLERANCE) * smallest
    if billed + _TOLERANCE >= needed and billed - least < _TOLERANCE:
        return
    if elsewhere and billed > needed:
        return  # the rest can have gone to the other injection
    line, row = used[0]
    note, _ = given[0]
    fitting = max(1, math.ceil(needed / (row.amount or 1.0) - _TOLERANCE))
    units = sum((units_of(item) for item, _ in used), Decimal(0))
    text = (
        f"{line.code} was billed with {units} {'unit' if units == 1 else 'units'} ({_plain(billed)} {unit}); the note documents "
        f"{_plain(needed)} {unit} of {_name(case, drug_id)}, by {_plain(row.amount or 0)} {unit} a unit {fitting} "
        f"{'unit' if fitting == 1 else 'units'}."
    )
    if len(used) > 1 or billed < needed:
        stake = None if len(used) > 1 else Stake("unbilled", line.code, Decimal(fitting) - units)
    else:
        stake = Stake("units", units=Decimal(fitting))
    yield flag(case, "drug-units-mismatch", "warning", text, rule="drug-units", line=line, note=note,
               evidence=[words for _, drug in given for words in drug.evidence], stake=stake,
               resolution=f"{fitting} of {line.code} fits the documented dose; a documented discarded amount goes on a line of its own.")  # fmt: skip


def _amount(drug: Drug, unit: str | None) -> float | None:
    if unit == "mL":
        return drug.volume_ml
    return None if drug.dose is None else _in(drug.dose.value, drug.dose.unit, unit)


def _in(value: float, measure: str, unit: str | None) -> float | None:
    """Return an amount in another unit; None where the two do not convert."""
    factor = 1.0 if measure == unit else _IN_UNIT.get((measure, unit or ""))
    return None if factor is None else value * factor


def _plain(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _wastage(case: ClaimCase, drug_id: str, lines: list[ClaimLine]) -> Iterator[Flag]:
    given = _drugs(case, drug_id)
    wasted = [(note, drug) for note, drug in given if drug.wasted is not None and drug.wasted.value > 0]
    note = given[0][0]
    documented = {item.id for item in note.result.documentation}
    words = [item for _, drug in wasted or given for item in drug.evidence]
    discarded = [line for line in lines if "JW" in line.modifiers]
    whole = [line for line in lines if "JZ" in line.modifiers]
    name = _name(case, drug_id)
    if discarded and not wasted and "wastage" not in documented:
        text = f"{discarded[0].code} was billed with JW; no discarded amount of {name} was found in the note."
        yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-jw", line=discarded[0], note=note, evidence=words,
                   stake=Stake("line"), resolution="A record of the discarded amount and of the single-dose container would support JW.")  # fmt: skip
    if (discarded or whole) and "multi-dose-vial" in documented:
        line = (discarded or whole)[0]
        text = f"{line.code} was billed with {'JW' if discarded else 'JZ'}; the note says that the container was a multi-dose one."
        yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-jw", line=line, note=note, evidence=words,
                   resolution="JW and JZ are for single-dose containers only.")  # fmt: skip
    if whole and wasted:
        text = f"{whole[0].code} was billed with JZ (nothing discarded); the note documents a discarded amount of {name}."
        yield flag(case, "modifier-unsupported", "warning", text, rule="modifier-jz", line=whole[0], note=note, evidence=words,
                   resolution="With a discarded amount, JW on a line of its own takes the place of JZ.")  # fmt: skip
    if not case.settings.is_medicare or not separately_payable(drug_id, case.settings, case.facts) or "single-dose-vial" not in documented:
        return
    if wasted and not discarded and in_force("modifier-jw", case.day):
        text = f"The note documents a discarded amount of {name} from a single-dose container; no line with JW was billed."
        yield flag(case, "modifier-missing", "warning", text, rule="modifier-jw", line=lines[0], note=note, evidence=words,
                   resolution="A line with JW for the discarded units can be added, if they come to a whole unit.")  # fmt: skip
    elif not wasted and not discarded and not whole and in_force("modifier-jz", case.day):
        text = f"{lines[0].code} was billed without JW and JZ; the note gives a single-dose container of {name}, for which one of them is expected."
        yield flag(case, "modifier-missing", "info", text, rule="modifier-jz", line=lines[0], note=note, evidence=words,
                   resolution="JZ if nothing was discarded; JW on its own line if something was.")  # fmt: skip


def _discarded_units(case: ClaimCase, drug_id: str, lines: list[ClaimLine], rows: dict[str, list[HcpcsRow]]) -> Iterator[Flag]:
    """Compare JW's units with the documented discarded amount; fewer are no finding, since part units are not billed."""
    given = [(note, drug) for note, drug in _drugs(case, drug_id) if drug.wasted is not None and drug.wasted.value > 0]
    for line in lines if given else ():
        row = next((row for row in rows[line.code] if row.drug == drug_id and holds(row.effective_from, row.effective_to, case.day)), None)
        if "JW" not in line.modifiers or row is None or not row.amount:
            continue
        amounts = [_in(drug.wasted.value, drug.wasted.unit, row.unit) for _, drug in given if drug.wasted is not None]
        if any(amount is None for amount in amounts):
            continue
        wasted = sum(amount for amount in amounts if amount is not None)
        most = math.ceil(wasted / row.amount - _TOLERANCE)
        if units_of(line) > most:
            note, drug = given[0]
            text = f"{line.code} was billed with JW and {units_of(line)} units; the note documents {_plain(wasted)} {row.unit} discarded, {most} at most."
            yield flag(case, "drug-units-mismatch", "warning", text, rule="modifier-jw", line=line, note=note, evidence=drug.evidence,
                       stake=Stake("units", units=Decimal(most)), resolution=f"{most} of {line.code} with JW fits the documented amount.")  # fmt: skip


def _not_documented(case: ClaimCase, drug_id: str, lines: list[ClaimLine]) -> Iterator[Flag]:
    names = join(sorted({_name(case, drug.id) for drug in case.proof.drugs if drug.id})) or "no drug"
    for line in lines:
        text = f"{line.code} ({_name(case, drug_id)}) was billed; the note documents {names} at the trigger points."
        yield flag(case, "drug-not-documented", "warning", text, rule="document-drug", line=line, note=case.proof.note,
                   evidence=[words for drug in (case.proof.note.result.drugs if case.proof.note else []) for words in drug.evidence],
                   stake=Stake("line"), resolution=_READ_AGAIN)  # fmt: skip


def _not_billed(case: ClaimCase, billed: set[str], rows: dict[str, list[HcpcsRow]]) -> Iterator[Flag]:
    missing: dict[str, int] = {}
    words = []
    # A code stands for several drugs, or the claim bills the drug as unclassified: then it is billed.
    if any(row.drug == "*" for line in case.encounter.lines for row in rows.get(line.code, ())) or case.lines_of("unclassified_drug"):
        return
    for drug in case.proof.drugs:
        if not drug.id or drug.id in billed or not separately_payable(drug.id, case.settings, case.facts):
            continue
        billing = bill_drug(drug, case.day, case.settings, case.facts)
        if billing is None or billing.hcpcs.units is None:
            continue
        missing[billing.hcpcs.code] = missing.get(billing.hcpcs.code, 0) + billing.hcpcs.units
        words += drug.evidence
    if missing and case.proof.note is not None:
        listed = join(f"{code} ({units} {'unit' if units == 1 else 'units'})" for code, units in missing.items())
        first, *more = missing.items()
        stake = Stake("unbilled", first[0], Decimal(first[1]), tuple((code, Decimal(units)) for code, units in more))
        own = {(item.start, item.text) for drug in case.proof.note.result.drugs for item in drug.evidence}
        yield flag(case, "drug-not-billed", "info", f"The note documents drugs that the claim does not bill: {listed}.", rule="drug-on-claim",
                   note=case.proof.note, evidence=[item for item in words if (item.start, item.text) in own], stake=stake,
                   resolution="See whether the practice supplied the drug; if so it can be added.")  # fmt: skip


def _denied(case: ClaimCase) -> Iterator[Flag]:
    """Substances that the payer excludes at trigger points, and platelet-rich plasma, which has a code of its own."""
    lines = case.encounter.lines
    for note in case.proof.notes:
        acting = [drug for drug in note.result.drugs if _kind(case, drug) not in (None, "diluent", "additive")]
        for drug in note.result.drugs:
            row = case.facts.substances.get(drug.id or "")
            if row is None or not (row.denied or row.kind in case.settings.excluded_substances):
                continue
            codes = {item.code for item in case.facts.hcpcs.get(row.drug, ())} | {
                line.code for line in case.lines_of("prp" if row.kind == "prp" else "amniotic_product") if row.kind in ("prp", "amniotic")
            }
            own = [line for line in lines if line.code in codes]
            alone = row.kind == "prp" and all(_kind(case, item) == "prp" for item in acting)
            whole = case.settings.denial_scope == "claim" or alone
            for line in [*own, *(case.trigger_point if whole else [])]:
                effect = "which is 0232T and not a trigger point injection" if alone else "which this policy excludes at trigger points"
                text = f"{line.code} was billed; the note documents {row.name}, {effect}."
                yield flag(case, "denied-substance-billed", "warning", text, rule="denied-substance", line=line, note=note,
                           evidence=drug.evidence, stake=Stake("line"), policy_key="excluded_substances",
                           resolution="A notice to the patient and the modifier for an expected denial would have to be shown, or the line is the provider's.")  # fmt: skip
    yield from _amniotic_without_note(case)


def _kind(case: ClaimCase, drug: Drug) -> str | None:
    row = case.facts.substances.get(drug.id or "")
    return row.kind if row is not None else None


def _amniotic_without_note(case: ClaimCase) -> Iterator[Flag]:
    documented = any(_kind(case, drug) == "amniotic" for drug in case.proof.drugs)
    for line in case.lines_of("amniotic_product") if not documented else ():
        text = f"{line.code} (amniotic or placental product) was billed beside trigger point injections; the note does not document it there."
        yield flag(case, "drug-not-documented", "warning", text, rule="denied-substance", line=line, note=case.proof.note,
                   evidence=case.proof.sites(), stake=Stake("line"), resolution=_READ_AGAIN)  # fmt: skip
