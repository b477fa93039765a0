"""Scores of results against gold: muscles, sides, drugs, doses, status, code, silent errors and over-caution."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from extractor.evaluation.gold import GoldNote
from extractor.models import Result

_TOLERANCE = 0.011  # relative: gold rounds computed doses to a hundredth


@dataclass
class Tally:
    """True positives, false positives and false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, gold: set, found: set) -> None:
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


@dataclass
class NoteError:
    """What was wrong with one note; ``kind`` is the column that it counts in."""

    note: GoldNote
    result: Result
    kind: str
    gold: str
    found: str


@dataclass
class Scores:
    """Totals over notes; ``by_style`` has the same for each style of note."""

    notes: int = 0
    exact: int = 0  # code and status both right
    status: int = 0  # procedure kind and status both right
    interval: int = 0
    silent: int = 0  # a confident wrong answer
    cautious: int = 0  # review where the gold settles it
    dates: Tally = field(default_factory=Tally)
    muscles: Tally = field(default_factory=Tally)
    sides: Tally = field(default_factory=Tally)
    drugs: Tally = field(default_factory=Tally)
    volumes: list[bool] = field(default_factory=list)
    doses: list[bool] = field(default_factory=list)
    strengths: list[bool] = field(default_factory=list)
    confusion: Counter = field(default_factory=Counter)
    errors: list[NoteError] = field(default_factory=list)
    by_style: dict[str, Scores] = field(default_factory=dict)

    def as_dict(self) -> dict:
        """Plain data for tracking."""
        share = lambda values: sum(values) / len(values) if values else 1.0  # noqa: E731
        tally = lambda t: {"precision": t.precision, "recall": t.recall, "f1": t.f1}  # noqa: E731
        return {
            "notes": self.notes,
            "code_and_status": self.exact / max(1, self.notes),
            "procedure_status": self.status / max(1, self.notes),
            "interval": self.interval / max(1, self.notes),
            "silent_errors": self.silent,
            "over_cautious": self.cautious / max(1, self.notes),
            "muscles": tally(self.muscles),
            "muscles_with_side": tally(self.sides),
            "drugs": tally(self.drugs),
            "volumes": share(self.volumes),
            "doses": share(self.doses),
            "strengths": share(self.strengths),
            "confusion": {f"{gold} -> {found}": n for (gold, found), n in sorted(self.confusion.items())},
            "by_style": {style: scores.as_dict() for style, scores in sorted(self.by_style.items())},
        }


def code_of(result: Result) -> str:
    return result.decision.code or "none"


def _bounds(low: int, high: int) -> tuple[int, bool]:
    return low, high >= 3


def is_silent(gold: GoldNote, result: Result) -> bool:
    """A supported code that is wrong, a wrong code where the gold wants review, or "none" where something was done."""
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
    scores.notes += 1
    report = lambda kind, expected, found: scores.errors.append(NoteError(gold, result, kind, str(expected), str(found)))  # noqa: E731
    _add_decision(scores, gold, result, report)
    kind = result.procedure.kind or "none"
    if (kind, result.procedure.status) == (gold.procedure, gold.status):
        scores.status += 1
    else:
        report("procedure", f"{gold.procedure} {gold.status}", f"{kind} {result.procedure.status}")
    gold_muscles, found_muscles = {m.id for m in gold.muscles}, {m.id for m in result.muscles}
    scores.muscles.add(gold_muscles, found_muscles)
    gold_sides = {(m.id, s) for m in gold.muscles for s in (m.sides or ("-",))}
    found_sides = {(m.id, s) for m in result.muscles for s in ([*m.sides, *m.doubtful_sides] or ("-",))}
    scores.sides.add(gold_sides, found_sides)
    if gold_sides != found_sides:
        missed = ", ".join(sorted(f"{s} {m}" for m, s in gold_sides - found_sides))
        extra = ", ".join(sorted(f"{s} {m}" for m, s in found_sides - gold_sides))
        report("muscles", f"missed: {missed or '-'}", f"extra: {extra or '-'}")
    _add_drugs(scores, gold, result, report)


def _add_decision(scores: Scores, gold: GoldNote, result: Result, report) -> None:
    code, status = code_of(result), result.decision.status
    scores.confusion[f"{gold.code}/{gold.decision}", f"{code}/{status}"] += 1
    count = result.decision.muscle_count
    if _bounds(gold.low, gold.high) == _bounds(count.low, count.high):
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


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(abs(one), abs(other)) * _TOLERANCE + 1e-9


def _add_drugs(scores: Scores, gold: GoldNote, result: Result, report) -> None:
    gold_ids, found_ids = {d.id for d in gold.drugs}, {d.id for d in result.drugs if d.id}
    scores.drugs.add(gold_ids, found_ids)
    if gold_ids != found_ids:
        report("drugs", sorted(gold_ids), sorted(found_ids))
    found = defaultdict(list)
    for drug in result.drugs:
        found[drug.id].append(drug)
    for expected in gold.drugs:
        candidates = found.get(expected.id)
        if not candidates:
            continue
        drug = candidates.pop(0) if len(candidates) == 1 else candidates.pop(
            max(range(len(candidates)), key=lambda i: _close(candidates[i].volume_ml, expected.volume_ml))
        )  # fmt: skip
        strength = drug.strength and (drug.strength.value, drug.strength.unit)
        dose = drug.dose.value if drug.dose else None
        scores.strengths.append(strength == expected.strength)
        scores.volumes.append(_close(drug.volume_ml, expected.volume_ml))
        scores.doses.append(_close(dose, expected.dose[0] if expected.dose else None))
        if not (scores.volumes[-1] and scores.doses[-1] and scores.strengths[-1]):
            report("amounts", f"{expected.id} {expected.strength} {expected.volume_ml} mL {expected.dose}", f"{strength} {drug.volume_ml} mL {drug.dose and (drug.dose.value, drug.dose.unit)}")
