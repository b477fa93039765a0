"""What every step of a decision looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from extractor.coding.anatomy import Anatomy
from extractor.coding.facts import Facts
from extractor.coding.rules import rule_source
from extractor.coding.settings import Settings
from extractor.models import Drug, Evidence, Finding, Muscle, Reason, Record

__all__ = ["Case", "describe_muscle", "finding", "in_text_order", "join", "reason"]


@dataclass(frozen=True)
class Case:
    """A record, the policy's answers on its date, and the knowledge that decides."""

    record: Record
    settings: Settings
    anatomy: Anatomy
    facts: Facts
    elements: frozenset[str] = field(init=False)
    """Ids of the documentation elements found in the note."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", frozenset(item.id for item in self.record.documentation))

    @property
    def day(self) -> date | None:
        """Date of service."""
        return self.record.date_of_service

    @property
    def performed(self) -> bool:
        """Whether trigger points were injected or needled in this encounter."""
        return self.record.procedure.status == "performed"

    @property
    def is_needling(self) -> bool:
        """Whether nothing was injected: dry needling by name, or a note that says so."""
        if self.record.procedure.kind == "dry_needling":
            return True
        return "no-injectate" in self.elements and not self.record.drugs

    def evidence_of(self, *element_ids: str) -> list[Evidence]:
        """Return the words that prove documentation elements."""
        wanted = set(element_ids)
        return [words for item in self.record.documentation if item.id in wanted for words in item.evidence]

    def drugs_of(self, *kinds: str) -> list[Drug]:
        """Return the injected drugs of certain kinds of substance."""
        found = []
        for drug in self.record.drugs:
            row = self.facts.substances.get(drug.id or "")
            if row is not None and row.kind in kinds:
                found.append(drug)
        return found

    def name(self, muscle: Muscle) -> str:
        """Return a muscle's name."""
        return muscle.name or self.anatomy.name(muscle.id)

    def drug_name(self, drug: Drug | str) -> str:
        """Return a drug's name; the note's own words for one that is not identified."""
        drug_id = drug if isinstance(drug, str) else drug.id
        if drug_id is None:
            return drug.text if isinstance(drug, Drug) else ""
        row = self.facts.substances.get(drug_id)
        return row.name if row is not None else drug_id.replace("_", " ")


_LISTS = ("muscles", "areas", "doubts", "examined", "stated_counts", "stated_codes", "diagnoses", "documentation")


def in_text_order(record: Record) -> Record:
    """Return a record whose lists stand in the order of their words in the note, so that no other order shows."""
    moved = {}
    for name in _LISTS:
        items = getattr(record, name)
        starts = [_start(item) for item in items]
        # The reading hands its lists over in text order nearly always: that costs no sorting.
        if any(later <= earlier for earlier, later in pairwise(starts)):
            ordered = sorted(items, key=_place)
            if ordered != items:
                moved[name] = ordered
    return record.model_copy(update=moved) if moved else record


def _place(item: Any) -> tuple[int, str]:
    """Return where an item stands; its own content decides between items of one place."""
    return _start(item), str(item)


def _start(item: Any) -> int:
    return min((words.start for words in item.evidence), default=-1)


def reason(rule: str, text: str, evidence: Iterable[Evidence] = ()) -> Reason:
    """Return one step of the argument, with the source of its rule."""
    return Reason(rule=rule, text=text, evidence=list(evidence), source=rule_source(rule))


def finding(
    finding_id: str, severity: str, text: str, evidence: Iterable[Evidence] = (), *, rule: str | None = None,
    source: str | None = None,
) -> Finding:  # fmt: skip
    """Return a finding; its source is that of a rule unless another is given."""
    cited = source if source is not None else rule_source(rule or finding_id)
    return Finding(id=finding_id, severity=severity, text=text, evidence=list(evidence), source=cited)  # type: ignore[arg-type]


def join(words: Iterable[str], last: str = "and") -> str:
    """Return a list as people write it: a, b and c."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def describe_muscle(case: Case, muscle: Muscle) -> str:
    """Return a muscle with the side that the note gives."""
    sides = " and ".join(muscle.sides)
    return f"{sides} {case.name(muscle)}" if sides else case.name(muscle)
