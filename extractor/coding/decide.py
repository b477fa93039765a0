"""From a record to a decision: the one function of this room that everything else calls."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic_core import to_json

from extractor.coding.anatomy import AnatomySource, anatomy_of
from extractor.coding.argument import argue
from extractor.coding.case import Case, in_text_order
from extractor.coding.drugs import bill_drugs
from extractor.coding.facts import facts_of
from extractor.coding.modifiers import advise
from extractor.coding.order import in_order
from extractor.coding.policy import Policy, load_policy
from extractor.coding.query import ask
from extractor.coding.review import review
from extractor.coding.selection import Selection, select
from extractor.lexicon import load_lexicon
from extractor.models import Count, Decision, Drug, Finding, Reason, Record

__all__ = ["Decided", "decide", "decide_json"]


class Decided(NamedTuple):
    """What the coding side says about one record."""

    decision: Decision
    findings: list[Finding]
    drugs: list[Drug]
    """The record's drugs with ``hcpcs`` filled where a code applies on the date of service."""


@lru_cache(maxsize=1)
def _default_policy() -> Policy:
    return load_policy("cpt")


def decide(record: Record, policy: Policy | None = None, lexicon: AnatomySource | None = None) -> Decided:
    """Return the code that a record proves under a policy, with its argument and what else a coder should know.

    The answer depends on the record, the policy and the lexicon alone: no clock, no order of lists.

    Args:
        record: what one note proves; its ``findings`` are passed on.
        policy: answers to the questions that the code set leaves open; default ``cpt``.
        lexicon: what is part of what; default the shipped lexicon.

    Raises:
        PolicyError: if the policy does not answer a question on the date of service.
        LexiconError: if a table cannot be read.
    """
    settings = (policy or _default_policy()).at(record.date_of_service)
    source = lexicon if lexicon is not None else load_lexicon()
    case = Case(in_text_order(record), settings, anatomy_of(source), facts_of(source))
    selection = select(case)
    billed = bill_drugs(case)
    findings = in_order([*record.findings, *review(case, selection), *billed.findings])
    status = _status(selection, findings)
    decision = Decision(
        code=selection.code,
        alternatives=list(selection.alternatives),
        status=status,
        muscle_count=Count(low=selection.interval.low, high=selection.interval.high),
        units=1 if selection.code else 0,
        modifiers=advise(case, selection),
        policy=settings.policy,
        policy_settings=settings.shown(),
        reasons=[*argue(case, selection), *_objections(findings), *billed.reasons],
        query=ask(case, selection, findings) if status == "review" else None,
    )
    return Decided(decision, findings, billed.drugs)


def decide_json(record: str | bytes, policy: Policy | None = None, lexicon: AnatomySource | None = None) -> str:
    """Return a decision as JSON, for a record in JSON: an object with ``decision``, ``findings`` and ``drugs``.

    Raises:
        pydantic.ValidationError: if the text is not a record.
        PolicyError, LexiconError: as :func:`decide`.
    """
    decided = decide(Record.model_validate_json(record), policy, lexicon)
    return to_json(decided._asdict()).decode()


def _objections(findings: list[Finding]) -> list[Reason]:
    """Return the findings that stand against the code as steps of the argument."""
    return [
        Reason(rule=item.id, text=item.text, evidence=item.evidence, source=item.source)
        for item in findings
        if item.severity == "error"
    ]


def _status(selection: Selection, findings: list[Finding]) -> Literal["supported", "review", "none"]:
    if not selection.billable:
        return "none"
    if selection.code is None or selection.alternatives:
        return "review"
    return "review" if any(item.severity == "error" for item in findings) else "supported"
