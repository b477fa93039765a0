"""From the interval to the code: which codes were in force, and what each bound gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from extractor.coding.case import Case
from extractor.coding.counting import ENOUGH, Bounds
from extractor.coding.facts import holds
from extractor.coding.interval import Interval, count_record, muscle_counter
from extractor.coding.regions import area_groups_2002, region_counter
from extractor.coding.rules import load_rules
from extractor.models import OtherProcedure

__all__ = ["Era", "Selection", "code_of", "era_of", "in_force", "is_chemodenervation", "select"]

Code = Literal["20552", "20553", "20560", "20561"]
Era = Literal["muscles", "regions-2002", "before-2002", "before-needling"]

_ERAS: tuple[tuple[str, Era], ...] = (
    ("count-muscles", "muscles"), ("count-regions-2002", "regions-2002"), ("code-before-2002", "before-2002"),
)  # fmt: skip
_INJECTION: tuple[Code, Code] = ("20552", "20553")
_NEEDLING: tuple[Code, Code] = ("20560", "20561")


@dataclass(frozen=True)
class Selection:
    """What the count gives, before findings are weighed."""

    code: Code | None
    alternatives: tuple[str, ...]
    interval: Interval
    needling: bool
    era: Era
    sacroiliac: OtherProcedure | None = None
    """The joint injection without imaging that is reported with 20552."""
    chemodenervation: bool = False
    """The policy takes the toxin injection for another procedure, so nothing is billable here."""

    @property
    def billable(self) -> bool:
        """Whether the encounter has a trigger point injection or dry needling to code."""
        return self.interval.high > 0 or self.code is not None


def in_force(rule_id: str, day: date | None) -> bool:
    """Say whether a rule holds on a date of service (None: whether it holds without an end)."""
    rule = load_rules()[rule_id]
    return holds(rule.effective_from, rule.effective_to, day)


def era_of(day: date | None, *, needling: bool) -> Era:
    """Return which code set's rule holds on a date of service."""
    if needling:
        return "muscles" if in_force("code-dry-needling", day) else "before-needling"
    for rule_id, era in _ERAS:
        if in_force(rule_id, day):
            return era
    return "muscles"


def code_of(count: int, *, needling: bool) -> Code | None:
    """Return the code of a number of muscles; none for 0."""
    if count <= 0:
        return None
    return (_NEEDLING if needling else _INJECTION)[count >= ENOUGH]


def select(case: Case) -> Selection:
    """Return the code that the record proves, and those that it could support."""
    if not case.performed:
        return _not_performed(case)
    needling = case.is_needling
    era = era_of(case.day, needling=needling)
    if not needling and is_chemodenervation(case):
        return Selection(None, (), _NOTHING, needling, era, chemodenervation=True)
    interval = _count(case, era)
    if era in ("before-2002", "before-needling"):
        return Selection(None, (), interval, needling, era)
    code = code_of(interval.low, needling=needling)
    possible = dict.fromkeys(
        code_of(count, needling=needling) for count in range(max(1, interval.low), min(interval.high, ENOUGH) + 1)
    )
    alternatives = tuple(other for other in possible if other is not None and other != code)
    return Selection(code, alternatives, interval, needling, era)


_NOTHING = Interval(0, 0, Bounds(0, 0))


def _not_performed(case: Case) -> Selection:
    joint = _sacroiliac_without_imaging(case)
    era = era_of(case.day, needling=False)
    return Selection("20552" if joint and era == "muscles" else None, (), _NOTHING, False, era, sacroiliac=joint)


def _sacroiliac_without_imaging(case: Case) -> OtherProcedure | None:
    if case.settings.sacroiliac_without_imaging != "tpi":
        return None
    for other in case.record.other_procedures:
        if other.kind == "sacroiliac_joint_injection" and other.status == "performed" and other.guidance == "none":
            return other
    return None


def is_chemodenervation(case: Case) -> bool:
    """Say whether the policy takes the injections for chemodenervation: toxin, and nothing else that acts."""
    if case.settings.toxin != "chemodenervation" or not case.drugs_of("toxin"):
        return False
    return not case.drugs_of("anesthetic", "steroid", "anti_inflammatory", "sarapin", "prp", "amniotic", "biologic")


def _count(case: Case, era: Era) -> Interval:
    settings = case.settings
    if era != "regions-2002":
        return count_record(case.record, muscle_counter(case.anatomy, settings.laterality, settings.groups))
    interval = count_record(case.record, region_counter(case.anatomy, case.facts))
    named = len(area_groups_2002(case.record.areas, case.facts))
    # In 2002 a region was what counted, so an area that is one counts in both bounds.
    low = max(interval.low, named)
    return interval._replace(low=low, high=max(low, interval.high))
