"""Scores of results against gold: muscles, sides, drugs, doses, status, code, silent errors and over-caution."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.evaluation.gold import GoldDrug, GoldNote
from extractor.models import Drug, Result

__all__ = ["NoteError", "Scores", "Tally", "code_of", "is_silent", "score", "share"]

_TOLERANCE = 0.011  # relative: gold rounds computed doses to a hundredth
_MANY = 3  # the number of muscles at which the code changes

Report = Callable[..., None]


@dataclass
class Tally:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, gold: set[Any], found: set[Any]) -> None:
        self.tp += len(gold & found)
        self.fp += len(found - gold)
        self.fn += len(gold - found)

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 1.0

    def as_dict(self) -> dict[str, float]:
        return {
            "precision": self.precision, "recall": self.recall, "f1": self.f1,
            "tp": self.tp, "fp": self.fp, "fn": self.fn,
        }  # fmt: skip


@dataclass
class NoteError:
    """What was wrong with one note; ``kind`` is the column that it counts in.

    ``ids`` are the muscles or drugs concerned, so that their words can be shown.
    """

    note: GoldNote
    result: Result
    kind: str
    gold: str
    found: str
    ids: tuple[str, ...] = ()


@dataclass
class Scores:
    """Totals over notes; ``by_style`` has the same for each style of note."""

    notes: int = 0
    exact: int = 0  # code and status both right
    status: int = 0  # procedure kind and status both right
    interval: int = 0  # low right, and high on the right side of the code's limit
    silent: int = 0  # a confident wrong answer
    cautious: int = 0  # review where the gold settles it
    muscles: Tally = field(default_factory=Tally)
    sides: Tally = field(default_factory=Tally)
    drugs: Tally = field(default_factory=Tally)
    volumes: list[bool] = field(default_factory=list)
    doses: list[bool] = field(default_factory=list)
    strengths: list[bool] = field(default_factory=list)
    dates: list[bool] = field(default_factory=list)
    findings: list[bool] = field(default_factory=list)  # one for each finding that the gold asks for
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[NoteError] = field(default_factory=list)
    by_style: dict[str, Scores] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for tracking."""
        notes = max(1, self.notes)
        return {
            "notes": self.notes,
            "code_and_status": self.exact / notes,
            "procedure_status": self.status / notes,
            "interval": self.interval / notes,
            "silent_errors": self.silent,
            "over_cautious": self.cautious / notes,
            "muscles": self.muscles.as_dict(),
            "muscles_with_side": self.sides.as_dict(),
            "drugs": self.drugs.as_dict(),
            "volumes": share(self.volumes),
            "doses": share(self.doses),
            "strengths": share(self.strengths),
            "dates": share(self.dates),
            "findings": share(self.findings),
            "confusion": {f"{gold} -> {found}": n for (gold, found), n in sorted(self.confusion.items())},
            "by_style": {style: scores.as_dict() for style, scores in sorted(self.by_style.items())},
        }


def share(values: Sequence[bool]) -> float:
    """Return how many are right; 1.0 where there was nothing to get wrong."""
    return sum(values) / len(values) if values else 1.0


def code_of(result: Result) -> str:
    return result.decision.code or "none"


def is_silent(gold: GoldNote, result: Result) -> bool:
    """A supported code that is wrong or that the gold would review, or "none" where something was done."""
    status, code = result.decision.status, code_of(result)
    if status == "supported":
        return code != gold.code or gold.decision != "supported"
    return status == "none" and gold.decision != "none"


def score(pairs: Iterable[tuple[GoldNote, Result]]) -> Scores:
    """Score results against their gold."""
    total = Scores()
    styles: dict[str, Scores] = defaultdict(Scores)
    for gold, result in pairs:
        _add(total, gold, result)
        _add(styles[gold.style], gold, result)
    total.by_style = dict(styles)
    return total


def _add(scores: Scores, gold: GoldNote, result: Result) -> None:
    def report(kind: str, expected: object, found: object, ids: Iterable[str] = ()) -> None:
        scores.errors.append(NoteError(gold, result, kind, str(expected), str(found), tuple(ids)))

    scores.notes += 1
    _add_decision(scores, gold, result, report)
    _add_procedure(scores, gold, result, report)
    _add_muscles(scores, gold, result, report)
    _add_drugs(scores, gold, result, report)
    _add_findings(scores, gold, result, report)


def _add_decision(scores: Scores, gold: GoldNote, result: Result, report: Report) -> None:
    code, status = code_of(result), result.decision.status
    scores.confusion[f"{gold.code}/{gold.decision}", f"{code}/{status}"] += 1
    count = result.decision.muscle_count
    if (gold.low, gold.high >= _MANY) == (count.low, count.high >= _MANY):
        scores.interval += 1
    if (code, status) == (gold.code, gold.decision):
        scores.exact += 1
        return
    expected = f"{gold.code} {gold.decision} [{gold.low}, {gold.high}]"
    found = f"{code} {status} [{count.low}, {count.high}]"
    if is_silent(gold, result):
        scores.silent += 1
        report("SILENT", expected, found)
    elif status == "review" and gold.decision != "review":
        scores.cautious += 1
        report("cautious", expected, found)
    else:
        report("decision", expected, found)


def _add_procedure(scores: Scores, gold: GoldNote, result: Result, report: Report) -> None:
    kind = result.procedure.kind or "none"
    if (kind, result.procedure.status) == (gold.procedure, gold.status):
        scores.status += 1
    else:
        report("procedure", f"{gold.procedure} {gold.status}", f"{kind} {result.procedure.status}")
    if gold.date_of_service:
        scores.dates.append(result.date_of_service == gold.date_of_service)
        if not scores.dates[-1]:
            report("date", gold.date_of_service, result.date_of_service or "none")


def _add_muscles(scores: Scores, gold: GoldNote, result: Result, report: Report) -> None:
    scores.muscles.add({m.id for m in gold.muscles}, {m.id for m in result.muscles})
    expected = {(m.id, s) for m in gold.muscles for s in (m.sides or ("-",))}
    found = {(m.id, s) for m in result.muscles for s in ([*m.sides, *m.doubtful_sides] or ("-",))}
    scores.sides.add(expected, found)
    if expected != found:
        missed = ", ".join(sorted(f"{s} {m}" for m, s in expected - found))
        extra = ", ".join(sorted(f"{s} {m}" for m, s in found - expected))
        ids = sorted({m for m, _s in expected ^ found})
        report("muscles", f"missed: {missed or '-'}", f"extra: {extra or '-'}", ids)


def _add_drugs(scores: Scores, gold: GoldNote, result: Result, report: Report) -> None:
    expected_ids, found_ids = {d.id for d in gold.drugs}, {d.id for d in result.drugs if d.id}
    scores.drugs.add(expected_ids, found_ids)
    if expected_ids != found_ids:
        names = ", ".join(sorted(expected_ids)) or "-", ", ".join(sorted(found_ids)) or "-"
        report("drugs", *names, sorted(expected_ids ^ found_ids))
    candidates = defaultdict(list)
    for drug in result.drugs:
        candidates[drug.id].append(drug)
    for expected in gold.drugs:
        if same := candidates.get(expected.id):
            # One drug twice, in two strengths: the one with the right volume is meant.
            best = max(range(len(same)), key=lambda i: _close(same[i].volume_ml, expected.volume_ml))
            _add_amounts(scores, expected, same.pop(best), report)


def _add_amounts(scores: Scores, gold: GoldDrug, drug: Drug, report: Report) -> None:
    strength = (drug.strength.value, drug.strength.unit) if drug.strength else None
    right = (
        strength == gold.strength,
        _close(drug.volume_ml, gold.volume_ml),
        _close(drug.dose.value if drug.dose else None, gold.dose[0] if gold.dose else None),
    )
    for values, value in zip((scores.strengths, scores.volumes, scores.doses), right, strict=True):
        values.append(value)
    if not all(right):
        dose = (drug.dose.value, drug.dose.unit) if drug.dose else None
        found = _amounts(strength, drug.volume_ml, dose)
        report("amounts", f"{gold.id} {_amounts(gold.strength, gold.volume_ml, gold.dose)}", found, (gold.id,))


def _add_findings(scores: Scores, gold: GoldNote, result: Result, report: Report) -> None:
    found = {finding.id for finding in result.findings}
    missing = [name for name in gold.findings if name not in found]
    scores.findings += [name in found for name in gold.findings]
    if missing:
        report("findings", ", ".join(missing), "not found")


def _amounts(strength: tuple[float, str] | None, volume: float | None, dose: tuple[float, str] | None) -> str:
    def words(pair: tuple[float, str] | None) -> str:
        return f"{pair[0]:g} {pair[1]}" if pair else "-"

    return f"{words(strength)}, {'-' if volume is None else f'{volume:g}'} mL, {words(dose)}"


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(abs(one), abs(other)) * _TOLERANCE + 1e-9
