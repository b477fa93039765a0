"""A full answer: the contract's document, the record behind it, and the words in which the page shows both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from extractor.coding import Policy, decide
from extractor.coding.explain import cite, find_rule
from extractor.coding.facts import Facts, facts_of
from extractor.lexicon import Lexicon
from extractor.models import Decision, Drug, Muscle, Record, Result
from extractor.report.words import (
    code_words,
    count_sentence,
    hcpcs_words,
    name_of,
    procedure_sentence,
    side_words,
    status_sentence,
    status_words,
)
from extractor.versions import versions_of
from extractor.web.corrections import RULE, correct, mark
from extractor.web.schemas import ChecklistItem, FullAnswer, RuleInfo, Shown, ShownArea, ShownMuscle

__all__ = ["answer", "result_of"]

_CHECKLIST_GROUPS = ("exam", "exam-finding", "history", "necessity", "technique", "response", "repeat", "site")
_ONLY_IF_REPEATED = "repeat"
_BY_LEVEL = {"C": "neck", "T": "upper back", "L": "lower back", "S": "lower back"}
_BY_PORTION = {"cervical": "neck", "thoracic": "upper back", "lumbar": "lower back"}
_SPINE = frozenset({"neck", "upper_back", "lower_back"})
_STATEMENTS = frozenset({"no-injectate", "repeat-same-day"})
"""What a note may say of itself; nobody misses it where it does not."""


def answer(record: Record, policy: Policy, lexicon: Lexicon, corrections: Iterable[object] = ()) -> FullAnswer:
    """Decide about a record, with the coder's corrections.

    Raises:
        CorrectionError: if a correction does not fit the record.
        PolicyError: if the policy does not answer a question on the date of service.
    """
    corrected = correct(record, corrections, lexicon.muscles)
    result = result_of(corrected.record, policy, lexicon)
    mark(result.decision.reasons, result.findings, corrected.sentences)
    return FullAnswer(result=result, record=corrected.record, shown=_shown(corrected.record, result, lexicon, corrected.sentences, corrected.changed))


def result_of(record: Record, policy: Policy, lexicon: Lexicon) -> Result:
    """Return the contract's document for a record: what :func:`extractor.extract` gives for its note."""
    decided = decide(record, policy, lexicon)
    return Result(
        note_id=record.note_id, date_of_service=record.date_of_service, patient_id=record.patient_id,
        provider_id=record.provider_id, procedure=record.procedure, muscles=record.muscles, mentions=record.mentions,
        drugs=decided.drugs, decision=decided.decision, findings=decided.findings, other_procedures=record.other_procedures,
        diagnoses=record.diagnoses, documentation=record.documentation,
        versions=versions_of(lexicon, policy),
    )  # fmt: skip


def _shown(record: Record, result: Result, lexicon: Lexicon, sentences: Sequence[str], changed: Mapping[str, str]) -> Shown:
    decision, facts = result.decision, facts_of(lexicon)
    rules = [item.rule for item in decision.reasons] + [item.id for item in result.findings]
    return Shown(
        code=code_words(decision),
        status=status_words(decision),
        status_sentence=status_sentence(decision),
        count_sentence=count_sentence(decision),
        procedure_sentence=procedure_sentence(result.procedure),
        billing_line=_billing_line(result, facts, corrected=bool(sentences)),
        ready_to_bill=decision.status == "supported" and not sentences,
        muscles=[_muscle(muscle, lexicon, changed) for muscle in record.muscles],
        areas=[ShownArea(name=area.text, region=name_of(area.region), sides=side_words(area)) for area in record.areas],
        checklist=list(_checklist(record, facts)),
        rules=_rules(rules, facts),
        corrections=list(sentences),
    )


def _muscle(muscle: Muscle, lexicon: Lexicon, changed: Mapping[str, str]) -> ShownMuscle:
    entry = lexicon.muscles.get(muscle.id)
    if entry is None:  # a record of another lexicon: shown, counted as a muscle of its own, and drawn nowhere
        return ShownMuscle(id=muscle.id, name=muscle.name, region="", sides=side_words(muscle), by_coder=changed.get(muscle.id))
    return ShownMuscle(
        id=muscle.id, name=muscle.name, region=_region(muscle, entry.region), sides=side_words(muscle), paired=entry.paired,
        by_coder=changed.get(muscle.id), members=list(lexicon.members(muscle.id)), ancestors=list(lexicon.ancestors(muscle.id)),
    )  # fmt: skip


def _region(muscle: Muscle, region: str) -> str:
    """Return where a muscle was injected: its levels outrank the region of a muscle that runs along the spine."""
    levels = [_BY_LEVEL[level[:1]] for level in muscle.levels if level[:1] in _BY_LEVEL]
    portions = [_BY_PORTION[portion] for portion in muscle.portions if portion in _BY_PORTION] if region in _SPINE else []
    return " and ".join(dict.fromkeys(levels or portions)) or name_of(region)


def _billing_line(result: Result, facts: Facts, *, corrected: bool) -> str:
    """Return one line for the billing system; one that nobody can take for settled where it is not."""
    decision = result.decision
    if decision.status == "none":
        return "No trigger point injection or dry needling to bill."
    parts = [
        result.date_of_service.isoformat() if result.date_of_service else "date?",
        f"{decision.code} × {decision.units}" if decision.code else "no code",
        *_use(decision),
        *_drugs(result, facts),
        ", ".join(dict.fromkeys(diagnosis.code for diagnosis in result.diagnoses)),
    ]
    line = " | ".join(filter(None, parts))
    if decision.status == "review":
        return f"NEEDS REVIEW, do not bill yet | {line}"
    return f"CORRECTED BY CODER, addendum needed | {line}" if corrected else line


def _use(decision: Decision) -> list[str]:
    modifiers = [item.modifier for item in decision.modifiers if item.advice == "use"]
    return [f"modifiers {', '.join(modifiers)}"] if modifiers else []


def _drugs(result: Result, facts: Facts) -> list[str]:
    """Return the drugs' codes; those of local anesthetics only where the policy bills them."""
    anesthetics = result.decision.policy_settings.get("anesthetic_codes") == "bill"
    return [hcpcs_words(drug.hcpcs) for drug in result.drugs if drug.hcpcs and (anesthetics or not _is_anesthetic(drug, facts))]


def _is_anesthetic(drug: Drug, facts: Facts) -> bool:
    row = facts.substances.get(drug.id or "")
    return row is not None and row.kind == "anesthetic"


def _checklist(record: Record, facts: Facts) -> Iterable[ChecklistItem]:
    """Yield what an auditor looks for, in the table's order; what concerns repeated sessions only where one is told."""
    found = {item.id: item for item in record.documentation}
    repeated = any(row.group == _ONLY_IF_REPEATED and name in found for name, row in facts.documentation.items())
    for name, row in facts.documentation.items():
        element = found.get(name)
        if row.group not in _CHECKLIST_GROUPS or name in _STATEMENTS or (row.group == _ONLY_IF_REPEATED and not repeated and element is None):
            continue
        yield ChecklistItem(
            id=name, group=row.group, label=name.removeprefix("exam-").replace("-", " "), description=row.description,
            found=element is not None, value=element.value if element else None, evidence=element.evidence if element else [],
        )  # fmt: skip


def _rules(names: Iterable[str], facts: Facts) -> dict[str, RuleInfo]:
    found = {}
    for name in dict.fromkeys(names):
        if name == RULE:
            continue
        try:
            rule = find_rule(name)
        except KeyError:
            # Notices of the reading side cite their source themselves and are no rule of the coding module.
            continue
        start = rule.effective_from.isoformat() if rule.effective_from else "always"
        end = rule.effective_to.isoformat() if rule.effective_to else "today"
        confidence = "this program's own rule" if rule.confidence == "method" else rule.confidence
        found[name] = RuleInfo(statement=rule.statement, dates=f"{start} to {end}", confidence=confidence, sources=cite(rule, facts))
    return found
