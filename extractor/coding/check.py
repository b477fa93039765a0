"""Checks of the coding side's data: what ``tpi policy check`` runs, and the tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from extractor.coding.errors import PolicyError
from extractor.coding.facts import Facts
from extractor.coding.policy import Policy, load_policy
from extractor.coding.rules import load_rules
from extractor.coding.settings import KEYS

__all__ = ["check_facts", "check_policy", "overlapping"]


def check_policy(name: str | Path, facts: Facts) -> list[str]:
    """Return what is wrong with a policy; an empty list if nothing is."""
    try:
        policy = load_policy(name)
        for day in _days(policy):
            policy.at(day)
    except PolicyError as error:
        return [str(error)]
    return list(_policy_problems(policy, facts))


def _days(policy: Policy) -> Iterator[date | None]:
    """Yield a date on each side of every border, so that each interval is tried."""
    yield None
    for link in policy.chain:
        for rows in link.values.values():
            for row in rows:
                yield from (day for day in (row.start, row.end) if day is not None)


def _policy_problems(policy: Policy, facts: Facts) -> Iterator[str]:
    for link in policy.chain:
        if link.confidence != "practice" and not link.sources:
            yield f"{link.file}: sources: A policy with a confidence needs a source."
        for name, rows in link.values.items():
            for row in rows:
                for key in row.sources:
                    if key not in facts.sources and link.confidence != "practice":
                        yield f"{link.file}: settings.{name}: {key} is no key of sources.tsv."


def check_facts(facts: Facts) -> list[str]:
    """Return what is wrong with the tables and rules; an empty list if nothing is."""
    return [*_rules(facts), *_sources(facts), *_intervals(facts), *_codes(facts)]


def _rules(facts: Facts) -> Iterator[str]:
    for rule in load_rules().values():
        yield from (
            f"rule {rule.id}: {key} is no key of sources.tsv." for key in rule.sources if key not in facts.sources
        )
        yield from (f"rule {rule.id}: {key} is no policy key." for key in rule.settings if key not in KEYS)
        if rule.effective_from and rule.effective_to and rule.effective_to < rule.effective_from:
            yield f"rule {rule.id}: it ends before it begins."


def _sources(facts: Facts) -> Iterator[str]:
    tables: dict[str, Iterable[Any]] = {
        "hcpcs": (row for rows in facts.hcpcs.values() for row in rows),
        "substances": facts.substances.values(),
        "icd10": (row for rows in facts.diagnoses.values() for row in rows),
        "icd10_excludes": facts.excludes,
        "ncci_pairs": (row for rows in facts.pairs.values() for row in rows),
        "procedure_codes": facts.procedures.values(),
        "documentation": facts.documentation.values(),
        "region_groups": facts.regions.values(),
    }
    for name, rows in tables.items():
        unknown = {row.source for row in rows} - set(facts.sources)
        yield from (f"{name}: {key!r} is no key of sources.tsv." for key in sorted(unknown))


def _intervals(facts: Facts) -> Iterator[str]:
    groups: dict[str, list[tuple[date | None, date | None]]] = {}
    for rows in facts.hcpcs.values():
        for row in rows:
            groups.setdefault(f"hcpcs {row.code} {row.drug}", []).append((row.effective_from, row.effective_to))
    for code, diagnosis_rows in facts.diagnoses.items():
        groups[f"icd10 {code}"] = [(row.effective_from, row.effective_to) for row in diagnosis_rows]
    for codes, pair_rows in facts.pairs.items():
        groups[f"ncci_pairs {codes[0]} {codes[1]}"] = [(row.effective_from, row.effective_to) for row in pair_rows]
    for name, intervals in groups.items():
        if overlapping(intervals):
            yield f"{name}: two rows hold on the same date, or one ends before it begins."


def overlapping(intervals: Sequence[tuple[date | None, date | None]]) -> bool:
    """Say whether two dated intervals share a day, or one ends before it begins (None is open)."""
    ends = sorted((start or date.min, end or date.max) for start, end in intervals)
    return any(end < start for start, end in ends) or any(later[0] <= earlier[1] for earlier, later in pairwise(ends))


def _codes(facts: Facts) -> Iterator[str]:
    for code, rows in facts.diagnoses.items():
        for row in rows:
            yield from (
                f"icd10 {code}: successor {item} is no row." for item in row.successors if item not in facts.diagnoses
            )
    unclassified = {row.code for row in facts.hcpcs.get("*", ())}
    for substance in facts.substances.values():
        if substance.unclassified and substance.unclassified not in unclassified:
            yield f"substances {substance.drug}: {substance.unclassified} is no row of hcpcs.tsv."
    for drug in facts.hcpcs:
        if drug != "*" and drug not in facts.substances:
            yield f"hcpcs: {drug} is no row of substances.tsv."
