"""A result without a word of its note: offsets, ids, codes, numbers and dates, for sharing (``--no-text``).

What a note can put into a result is known field by field. Quotes are emptied (``text`` is an empty string, so that the
document keeps its shape and its schema). Sentences that may quote the note are replaced by the sentence of the rule
behind them, which is ours. The question to the provider lives on quotes: it is left out.

What stays comes from a closed list: ids and names of the lexicon, codes, numbers, dates, offsets, and the ids that the
input gave. That is not a de-identification: ``patient_id``, ``provider_id``, ``note_id`` and ``date_of_service`` stay.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from extractor.coding.explain import find_rule
from extractor.models import (
    Decision,
    Diagnosis,
    DocumentationElement,
    Drug,
    Evidence,
    Finding,
    Mention,
    ModifierAdvice,
    OtherProcedure,
    Reason,
    Result,
)

__all__ = ["REPLACED", "without_text"]


def _nothing(_item: Any) -> str:
    return ""


def _left_out(_item: Any) -> None:
    return None


def _of_reason(item: Reason) -> str:
    return _statement(item.rule)


def _of_finding(item: Finding) -> str:
    title = f"{item.id.replace('-', ' ').capitalize()}."
    statement = _statement(item.id)
    return f"{title} Rule: {statement}" if statement else title


def _of_advice(item: ModifierAdvice) -> str:
    return _statement(_MODIFIERS.get(item.modifier, "modifier-59"))


def _number(item: DocumentationElement) -> float | int | None:
    return None if isinstance(item.value, str) else item.value


def _statement(name: str) -> str:
    try:
        return find_rule(name).statement
    except KeyError:  # a finding of the reading side that no rule of the coding side stands behind
        return ""


_MODIFIERS = {
    "25": "modifier-25", "50": "modifier-50", "51": "modifier-51", "76": "modifier-76", "77": "modifier-76", "LT": "modifier-lt-rt",
    "RT": "modifier-lt-rt", "JW": "modifier-jw", "JZ": "modifier-jz", "GA": "modifier-ga-gz", "GY": "modifier-ga-gz", "GZ": "modifier-ga-gz",
}  # fmt: skip
"""The rule behind the advice on each modifier; those that mark distinct procedures (59, XS and the practice's own) share one."""

REPLACED: dict[type[BaseModel], dict[str, Any]] = {
    Evidence: {"text": _nothing},
    Mention: {"text": _nothing},
    Drug: {"text": _nothing},
    OtherProcedure: {"text": _nothing},
    Diagnosis: {"text": _nothing},
    DocumentationElement: {"value": _number},
    Reason: {"text": _of_reason},
    Finding: {"text": _of_finding},
    ModifierAdvice: {"reason": _of_advice},
    Decision: {"query": _left_out},
    Result: {"text": _left_out},
}
"""Every field that could quote the note, and what stands there instead. Any other text of a result is kept: a field that is
added to the models must be judged (``tests/test_textless.py`` fails until it is)."""


def without_text(result: Result) -> Result:
    """Return a copy of a result that holds no word of its note; the decision, the counts and all offsets are the same."""
    bare = result.model_copy(deep=True)
    _strip(bare)
    return bare


def _strip(item: Any) -> None:
    if isinstance(item, list):
        for part in item:
            _strip(part)
    elif isinstance(item, BaseModel):
        for name, replacement in REPLACED.get(type(item), {}).items():
            setattr(item, name, replacement(item))
        for part in item.__dict__.values():
            _strip(part)
