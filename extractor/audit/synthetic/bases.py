"""The corpus notes that a practice is made of: those whose label the extractor meets, sorted by what they can bill."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from extractor.audit.synthetic.variation import has_bare_date, has_person, has_whole_date
from extractor.evaluation.gold import GoldNote
from extractor.models import Result

__all__ = ["Base", "BaseError", "roles", "usable_bases"]

_SHINGLE = 4
_ALIKE = 0.25
"""Share of four-word runs in common above which two corpus notes are never given to one patient: the second would be,
and look like, a note copied forward."""


class BaseError(ValueError):
    """A corpus from which no practice can be made."""


@dataclass(frozen=True)
class Base:
    """One labelled note with what the extractor reads in it, which is what its label says."""

    note: GoldNote
    result: Result
    family: int
    """Notes of one family are too much alike for one patient."""
    payable: bool
    """A drug was injected that is billed apart from the injection."""
    named: bool
    """The text names a person, so that none may be put in its header."""

    @property
    def code(self) -> str:
        """The code that the label gives, or an empty text."""
        return "" if self.note.code == "none" else self.note.code

    def drug_lines(self, day: date) -> list[tuple[str, int]]:
        """HCPCS codes and units of the separately billed drugs, as the date's table has them."""
        from extractor.coding.drugs import bill_drug

        settings, facts = _cpt()
        lines = []
        for drug in self.result.drugs:
            if not _is_payable(drug.id):
                continue
            billing = bill_drug(drug, day, settings.at(day), facts)
            if billing is not None and billing.hcpcs.units is not None:
                lines.append((billing.hcpcs.code, billing.hcpcs.units))
        return lines


@cache
def _cpt():  # type: ignore[no-untyped-def]
    from extractor.coding import load_policy
    from extractor.coding.facts import facts_of
    from extractor.lexicon import load_lexicon

    return load_policy("cpt"), facts_of(load_lexicon())


@cache
def _is_payable(drug: str | None) -> bool:
    from extractor.coding.drugs import separately_payable

    policy, facts = _cpt()
    return bool(drug) and separately_payable(drug, policy.at(None), facts)


def usable_bases(notes: Iterable[GoldNote], read: Callable[[str], Result]) -> list[Base]:
    """The notes whose code, status, count, muscles and doses the extractor reads as labelled.

    Left out besides: notes whose dates could not be moved together, for want of a year or of a labelled date of service.

    Args:
        notes: of the corpus.
        read: the extractor.

    Raises:
        BaseError: if none is left.
    """
    met = []
    for note in notes:
        if has_bare_date(note.text) or (note.date_of_service is None and has_whole_date(note.text)):
            continue
        result = read(note.text)
        if _meets(note, result):
            met.append((note, result))
    if not met:
        raise BaseError("No note of this corpus is read as its label says. Check that the folder is the corpus.")
    families = _families([note.text for note, _ in met])
    return [
        Base(note, result, family, any(_is_payable(drug.id) for drug in result.drugs), has_person(note.text))
        for (note, result), family in zip(met, families, strict=True)
    ]


def _meets(note: GoldNote, result: Result) -> bool:
    decision = result.decision
    label = (note.code, note.decision, note.low, note.high, note.status)
    read = (decision.code or "none", decision.status, decision.muscle_count.low, decision.muscle_count.high, result.procedure.status)
    doses = {(drug.id, drug.dose) for drug in note.drugs}
    return (
        label == read
        and {(muscle.id, frozenset(muscle.sides)) for muscle in note.muscles} == {(muscle.id, frozenset(muscle.sides)) for muscle in result.muscles}
        and doses == {(drug.id, (drug.dose.value, drug.dose.unit) if drug.dose else None) for drug in result.drugs}
    )


def roles(bases: Iterable[Base]) -> dict[str, list[Base]]:
    """Sort bases by what a claim can be made of them.

    ``injected``: trigger point injection whose code is settled, nothing else done; ``needled``: dry needling;
    ``open``: the code depends on an unsettled question; ``joint``: a joint was injected as well; ``excluded``: a vitamin
    was injected; ``none``: nothing was injected.
    """
    sorted_: dict[str, list[Base]] = {name: [] for name in ("injected", "needled", "open", "joint", "excluded", "none")}
    for base in bases:
        if role := _role(base):
            sorted_[role].append(base)
    return sorted_


def _role(base: Base) -> str | None:
    result, note = base.result, base.note
    others = {other.kind for other in result.other_procedures if other.status == "performed"}
    substances = {drug.id for drug in result.drugs}
    kinds = {_kind_of(drug) for drug in substances if drug}
    if note.decision == "none":
        return "none" if not others and not result.drugs else None
    if any(finding.severity == "error" for finding in result.findings):
        return None
    if "vitamin" in kinds:
        return "excluded" if note.decision == "supported" and not others else None
    if kinds - {"anesthetic", "steroid", "diluent", "additive", "anti_inflammatory"} or None in substances:
        return None
    if note.decision == "review":
        opens = base.code == "20552" and "20553" in result.decision.alternatives
        return "open" if opens and not others and not base.payable else None
    if others == {"joint_injection"} and base.code in ("20552", "20553") and not base.payable:
        return "joint"
    if others:
        return None
    if base.code in ("20560", "20561"):
        return "needled"
    unpriced = any(_is_payable(drug.id) and drug.dose is None for drug in result.drugs)
    return "injected" if not unpriced else None


@cache
def _kind_of(drug: str) -> str:
    _policy, facts = _cpt()
    row = facts.substances.get(drug)
    return row.kind if row else "unknown"


def _families(texts: list[str]) -> list[int]:
    """Number the groups of texts that share much wording; digits do not count, since they vary."""
    shingles = [_shingles(text) for text in texts]
    where: dict[tuple[str, ...], list[int]] = {}
    parent = list(range(len(texts)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for number, own in enumerate(shingles):
        shared: dict[int, int] = {}
        for shingle in own:
            for other in where.setdefault(shingle, []):
                shared[other] = shared.get(other, 0) + 1
            where[shingle].append(number)
        for other, count in shared.items():
            if count >= _ALIKE * min(len(own), len(shingles[other])):
                parent[root(number)] = root(other)
    return [root(number) for number in range(len(texts))]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z]+", text.lower())
    return {tuple(words[place : place + _SHINGLE]) for place in range(len(words) - _SHINGLE + 1)}
