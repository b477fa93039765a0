"""Notes with what is expected of them: the reader of ``vectors.toml``, strict, so that a slip in the table fails."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from extractor.evaluation.gold import parse_drug, parse_muscle
from extractor.models import Result

OPEN = 99
"""A ``high`` that only has to be three or more."""


@dataclass(frozen=True)
class Case:
    """One note and its expected answer; None is not looked at, except the code."""

    id: str
    note: str
    status: str
    code: str | None = None
    low: int | None = None
    high: int | None = None
    alternatives: list[str] | None = None
    muscles: list[str] | None = None
    drugs: list[str] | None = None
    findings: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    date: date | None = None

    def differences(self, result: Result) -> list[str]:
        """Return what differs, each as ``what: expected … found …``."""
        decision, count = result.decision, result.decision.muscle_count
        pairs = {
            "code": (self.code, decision.code),
            "status": (self.status, decision.status),
            "low": (self.low, count.low),
            "high": (self.high, OPEN if self.high == OPEN and count.high >= 3 else count.high),
            "alternatives": (self.alternatives, decision.alternatives),
            "muscles": (_sides(self.muscles), {(m.id, *m.sides) for m in result.muscles}),
            "drugs": (_amounts(self.drugs), {_amount_of(drug) for drug in result.drugs}),
        }
        wrong = [
            f"{what}: expected {expected}, found {found}"
            for what, (expected, found) in pairs.items()
            if expected != found and (expected is not None or what == "code")
        ]
        missing = set(self.findings) - {finding.id for finding in result.findings}
        if missing:
            wrong.append(f"findings: {', '.join(sorted(missing))} missing")
        if decision.query and decision.status != "review":
            wrong.append(f"query: {decision.query!r} with status {decision.status}")
        if decision.units != (1 if decision.code else 0):
            wrong.append(f"units: {decision.units} with code {decision.code}")
        return wrong


def read_cases(path: Path) -> dict[str, Case]:
    """Return the cases of a file by id; an unknown key or an id given twice is an error."""
    cases = [Case(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["vector"]]
    by_id = {case.id: case for case in cases}
    assert len(by_id) == len(cases), "an id is given twice"
    return by_id


def _sides(lines: list[str] | None) -> set[tuple[str, ...]] | None:
    if lines is None:
        return None
    return {(muscle.id, *muscle.sides) for muscle in map(parse_muscle, lines)}


def _amounts(lines: list[str] | None) -> set[tuple] | None:
    if lines is None:
        return None
    return {(drug.id, drug.strength, drug.volume_ml, drug.dose) for drug in map(parse_drug, lines)}


def _amount_of(drug: Any) -> tuple:
    strength = (drug.strength.value, drug.strength.unit) if drug.strength else None
    return drug.id, strength, drug.volume_ml, (drug.dose.value, drug.dose.unit) if drug.dose else None
