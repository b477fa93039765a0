"""Findings about what was injected: not named, without dose, in conflict, or denied by payers."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, finding, join
from extractor.coding.selection import is_chemodenervation
from extractor.models import Finding

__all__ = ["substance_findings"]

_NEEDS_NO_DOSE = frozenset({"diluent", "additive", "prp", "amniotic", "biologic"})


def substance_findings(case: Case) -> Iterator[Finding]:
    """Yield the findings about the injectate of a procedure that was performed."""
    if not case.is_needling:
        yield from _not_named(case)
        yield from _without_dose(case)
        yield from _toxin(case)
    yield from _denied(case)


def _not_named(case: Case) -> Iterator[Finding]:
    if not case.record.drugs:
        text = "No injected drug found in this note."
        yield finding("drug-not-named", "warning", text, case.record.procedure.evidence, rule="document-drug")
    for drug in case.record.drugs:
        if drug.id is None:
            text = f"“{drug.text}” does not say which drug was injected."
            yield finding("drug-not-named", "warning", text, drug.evidence, rule="document-drug")


def _without_dose(case: Case) -> Iterator[Finding]:
    for drug in case.record.drugs:
        if drug.id is None or drug.dose is not None:
            continue
        row = case.facts.substances.get(drug.id)
        if row is not None and row.kind in _NEEDS_NO_DOSE:
            continue
        known = [
            f"strength {drug.strength.value:g} {drug.strength.unit}" if drug.strength else "",
            f"volume {drug.volume_ml:g} mL" if drug.volume_ml is not None else "",
        ]
        given = join(part for part in known if part)
        text = f"No dose of {case.drug_name(drug)} found in this note" + (f" ({given} only)." if given else ".")
        yield finding("dose-not-stated", "warning", text, drug.evidence, rule="document-drug")


def _toxin(case: Case) -> Iterator[Finding]:
    toxins = case.drugs_of("toxin")
    titled = [name for name in case.record.title_drugs if _is_toxin(case, name)]
    named = [drug for drug in case.record.drugs if drug.id is not None]
    words = [words for drug in toxins or named for words in drug.evidence]
    if titled and named and not toxins:
        text = f"The title names {_list(case, titled)}; the text names {join(case.drug_name(drug) for drug in named)}."
        yield finding("drug-conflict", "error", text, words, rule="drug-conflict")
    elif toxins and case.record.title_drugs and not titled:
        text = f"The title names {_list(case, case.record.title_drugs)}; the text names {join(case.drug_name(drug) for drug in toxins)}."
        yield finding("drug-conflict", "error", text, words, rule="drug-conflict")
    elif (toxins or titled) and _is_open(case):
        name = join(case.drug_name(drug) for drug in toxins) if toxins else _list(case, titled)
        text = (
            f"{name[0].upper()}{name[1:]} in trigger points: sources disagree whether that is a trigger point injection, "
            "chemodenervation or an unlisted procedure."
        )
        yield finding("drug-conflict", "error", text, words, rule="toxin-injectate")


def _is_open(case: Case) -> bool:
    """Say whether the policy leaves open what the toxin injection is."""
    if case.settings.toxin == "unsettled":
        return True
    # Where toxin is chemodenervation, another agent beside it leaves open which muscle got which.
    return case.settings.toxin == "chemodenervation" and not is_chemodenervation(case)


def _denied(case: Case) -> Iterator[Finding]:
    effect = {
        "claim": "under this policy it can deny the whole claim",
        "drug": "payers exclude it in trigger points; that decides payment, not the code",
    }[case.settings.denial_scope]
    for drug in case.record.drugs:
        row = case.facts.substances.get(drug.id or "")
        if row is not None and (row.denied or row.kind in case.settings.excluded_substances):
            note = f" ({row.note})" if row.note else ""
            name = case.drug_name(drug)
            text = f"{name[0].upper()}{name[1:]}{note}: {effect}."
            yield finding("denied-substance", "warning", text, drug.evidence, rule="denied-substance")
    drugs = case.record.drugs
    if case.settings.saline_only == "excluded" and drugs and len(case.drugs_of("diluent")) == len(drugs):
        words = [words for drug in drugs for words in drug.evidence]
        text = "Saline alone was injected; this policy does not cover that."
        yield finding("denied-substance", "warning", text, words, rule="saline-injectate")


def _is_toxin(case: Case, drug_id: str) -> bool:
    row = case.facts.substances.get(drug_id)
    return row is not None and row.kind == "toxin"


def _list(case: Case, drug_ids: list[str]) -> str:
    return join(case.drug_name(name) for name in drug_ids)
