"""Drugs: the HCPCS code and its units on the date of service, with the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from extractor.coding.case import Case, finding, reason
from extractor.coding.facts import Facts, holds
from extractor.coding.rows import HcpcsRow
from extractor.coding.settings import Settings
from extractor.coding.substances import substance_findings
from extractor.models import Drug, Finding, Hcpcs, Reason

__all__ = ["Billed", "Billing", "bill_drug", "bill_drugs", "separately_payable"]

_TOLERANCE = 1e-9
_NO_CODE_OF_ITS_OWN = "*"
_MCG_PER_MG = 1000.0


class Billing(NamedTuple):
    """How one drug is billed."""

    hcpcs: Hcpcs
    row: HcpcsRow
    amount: float | None
    """The dose in the row's unit; None where the note does not give it."""


class Billed(NamedTuple):
    """All drugs of a record."""

    drugs: list[Drug]
    findings: list[Finding]
    reasons: list[Reason]


def bill_drugs(case: Case) -> Billed:
    """Return the drugs with their codes, what is wrong about them, and the arithmetic."""
    record = case.record
    if not case.performed:
        return Billed(list(record.drugs), [], [])
    drugs: list[Drug] = []
    reasons: list[Reason] = []
    findings = list(substance_findings(case))
    dated: list[str] = []
    for drug in record.drugs:
        billing = bill_drug(drug, case.day, case.settings, case.facts)
        if billing is None:
            drugs.append(drug)
            continue
        drugs.append(drug.model_copy(update={"hcpcs": billing.hcpcs}))
        reasons.append(_arithmetic(case, drug, billing))
        findings.extend(_above_limit(drug, billing))
        if case.day is None and len(case.facts.hcpcs.get(drug.id or "", ())) > 1:
            dated.append(billing.hcpcs.code)
    if dated:
        text = f"No date of service found; the drug codes are those in force today ({', '.join(sorted(set(dated)))})."
        findings.append(finding("date-not-found", "info", text, rule="drug-units"))
    return Billed(drugs, findings, reasons)


def bill_drug(drug: Drug, day: date | None, settings: Settings, facts: Facts) -> Billing | None:
    """Return the HCPCS code and units of one drug.

    Args:
        drug: id, and the dose (mg, units, mcg) or the volume (mL) that was injected.
        day: date of service; None takes the code that is in force without an end.
        settings: the policy's answers; ``anesthetic_codes`` can suppress a code.
        facts: the tables.

    Returns:
        None where no code exists on the date, none is reported, or several fit and the dose is not known.
    """
    substance = facts.substances.get(drug.id or "")
    if substance is None or (substance.kind == "anesthetic" and settings.anesthetic_codes == "suppress"):
        return None
    rows = _in_force(facts.hcpcs.get(substance.drug, ()), day)
    if settings.is_medicare:
        rows = [row for row in rows if not row.code.startswith("S")]  # Medicare never pays S codes
    if not rows and substance.unclassified:
        rows = [row for row in _in_force(facts.hcpcs.get(_NO_CODE_OF_ITS_OWN, ()), day)
                if row.code == substance.unclassified]  # fmt: skip
    candidates = [_bill(drug, row) for row in rows]
    if len(candidates) == 1:
        return candidates[0]
    known = [billing for billing in candidates if billing.hcpcs.units is not None]
    # Several codes of one drug differ in their unit: the least excess, then the fewest units, then the code.
    return min(known, key=_preference) if known else None


def separately_payable(drug_id: str, settings: Settings, facts: Facts) -> bool:
    """Say whether a payer is expected to pay for a drug beside the injection.

    Local anesthetics are only where the policy says ``bill``; diluents, additives and denied substances are not.
    """
    row = facts.substances.get(drug_id)
    if row is None or row.denied or row.kind in settings.excluded_substances:
        return False
    if row.kind == "anesthetic":
        return settings.anesthetic_codes == "bill"
    return bool(facts.hcpcs.get(drug_id)) and row.kind not in ("diluent", "additive")


def _in_force(rows: Sequence[HcpcsRow], day: date | None) -> list[HcpcsRow]:
    return [row for row in rows if holds(row.effective_from, row.effective_to, day)]


def _bill(drug: Drug, row: HcpcsRow) -> Billing:
    if row.amount is None:
        return Billing(Hcpcs(code=row.code, units=1, descriptor=row.label), row, None)
    amount = _amount(drug, row.unit)
    units = None if amount is None else max(1, math.ceil(amount / row.amount - _TOLERANCE))
    return Billing(Hcpcs(code=row.code, units=units, descriptor=row.label), row, amount)


def _amount(drug: Drug, unit: str | None) -> float | None:
    """Return what was injected, in the billing unit's own measure."""
    if unit == "mL":
        return drug.volume_ml
    if drug.dose is None:
        return None
    if drug.dose.unit == unit:
        return drug.dose.value
    if (drug.dose.unit, unit) == ("mg", "mcg"):
        return drug.dose.value * _MCG_PER_MG
    if (drug.dose.unit, unit) == ("mcg", "mg"):
        return drug.dose.value / _MCG_PER_MG
    return None


def _preference(billing: Billing) -> tuple[float, int, str]:
    size, units, amount = billing.row.amount or 0.0, billing.hcpcs.units or 0, billing.amount or 0.0
    return (round(size * units - amount, 6), units, billing.hcpcs.code)


def _arithmetic(case: Case, drug: Drug, billing: Billing) -> Reason:
    row = billing.row
    name = case.drug_name(drug)
    substance = case.facts.substances[drug.id or ""]
    if row.amount is None:
        text = f"{name}: no code of its own was found; {row.code} with name and dose."
        return reason("drug-unclassified", text, drug.evidence)
    if billing.amount is None:
        text = f"{name}: {row.code}, billed by {_number(row.amount)} {row.unit}; the amount is not known, so no units."
    else:
        exact = billing.amount / row.amount
        rounded = "" if abs(exact - round(exact)) < _TOLERANCE else f"{_number(exact)}, rounded up to "
        text = (
            f"{name}: {_number(billing.amount)} {row.unit}, billed by {_number(row.amount)} {row.unit}: "
            f"{rounded}{billing.hcpcs.units} units of {row.code}."
        )
    if substance.kind != "anesthetic":
        return reason("drug-units", text, drug.evidence)
    if case.settings.anesthetic_codes == "information":
        text += " For information only: sources disagree whether a local anesthetic is paid beside the injection."
    return reason("drug-anesthetic", text, drug.evidence)


def _above_limit(drug: Drug, billing: Billing) -> list[Finding]:
    limit, units = billing.row.limit, billing.hcpcs.units
    if limit is None or units is None or units <= limit:
        return []
    text = f"{units} units of {billing.row.code} are more than the {limit} a day of the medically unlikely edit."
    return [finding("drug-units-above-limit", "warning", text, drug.evidence, rule="drug-limit")]


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
