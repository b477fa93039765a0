"""Results for the writers' tests: arbitrary ones for properties, real ones from the corpus, and rows made of both."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st
from pydantic import BaseModel

from extractor import extract
from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers import Stamp, publish, writer_for
from extractor.models import (
    Count,
    Decision,
    Dose,
    Drug,
    Evidence,
    Finding,
    Hcpcs,
    Mention,
    Muscle,
    Procedure,
    Reason,
    Result,
    Strength,
)

from ...corpus_notes import CORPUS

STAMP = Stamp(date(2026, 1, 2), {"extractor": "0.1.0", "lexicon": "0123456789ab", "spacy": "3.8.7"}, "cpt", {"laterality": "unsettled", "one_region": False})

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
"""Any text that UTF-8 can write: NUL, line ends, quotes, formulas, right-to-left marks, emoji."""
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
NUMBERS = st.floats(0, 1e6, allow_nan=False) | st.just(2.0)
COUNTS = st.integers(0, 2**31 - 1)
SIDES = st.lists(st.sampled_from(["left", "right"]), unique=True)


@st.composite
def noted(draw, ids=NAMES) -> tuple[Result, str]:
    """A result and the text that its offsets count."""
    text = draw(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    evidence = places.map(lambda at: Evidence(start=at[0], end=at[1], text=text[at[0] : at[1]]))
    pieces = st.lists(evidence, max_size=3)

    def some(model: type[BaseModel], **fields: st.SearchStrategy) -> st.SearchStrategy:
        return st.builds(model, **fields)

    def mention(at: list[int], **fields) -> Mention:
        return Mention(start=at[0], end=at[1], text=text[at[0] : at[1]], **fields)

    muscles = some(Muscle, id=NAMES, name=NAMES, kind=..., sides=SIDES, doubtful_sides=SIDES, portions=st.lists(NAMES, max_size=2), levels=st.lists(NAMES, max_size=2), injections=st.none() | COUNTS, evidence=pieces)
    mentions = st.builds(mention, places, muscle=st.none() | NAMES, sides=SIDES, portion=st.none() | NAMES, levels=st.lists(NAMES, max_size=2), section=st.none() | NAMES, assertion=st.sampled_from(["injected", "planned", "historical", "negated", "finding"]), inferred=st.booleans())
    dose = some(Dose, value=NUMBERS)
    drugs = some(Drug, id=st.none() | NAMES, text=WORDS, strength=st.none() | some(Strength, value=NUMBERS), volume_ml=st.none() | NUMBERS, dose=st.none() | dose, wasted=st.none() | dose, hcpcs=st.none() | some(Hcpcs, code=st.sampled_from(["J3301", "J2003", "odd code"]), units=st.none() | COUNTS, descriptor=NAMES), evidence=pieces)
    findings = some(Finding, id=NAMES, text=WORDS, evidence=pieces, source=st.none() | WORDS)
    decision = some(Decision, code=..., status=..., alternatives=st.lists(st.sampled_from(["20552", "20553", "64612", "none of these"]), max_size=2), muscle_count=some(Count, low=COUNTS, high=COUNTS), units=COUNTS, modifiers=st.just([]), policy=NAMES, policy_settings=st.dictionaries(NAMES, st.none() | st.booleans() | st.integers(0, 9) | WORDS, max_size=2), reasons=st.lists(some(Reason, rule=NAMES, text=WORDS, evidence=pieces, source=st.none() | WORDS), max_size=2), query=st.none() | WORDS)
    procedure = some(Procedure, kind=..., status=..., guidance=..., sedation=..., injections=st.none() | COUNTS, total_volume_ml=st.none() | NUMBERS, evidence=pieces)
    result = some(
        Result, note_id=ids, date_of_service=st.none() | st.dates(date(1900, 1, 1)), patient_id=st.none() | WORDS, provider_id=st.none() | WORDS, procedure=procedure,
        muscles=st.lists(muscles, max_size=2), mentions=st.lists(mentions, max_size=3), drugs=st.lists(drugs, max_size=2), decision=decision, findings=st.lists(findings, max_size=2),
        other_procedures=st.just([]), diagnoses=st.just([]), documentation=st.just([]), versions=st.just({"extractor": "0.1.0", "lexicon": "0123456789ab"}), text=st.none(),
    )  # fmt: skip
    return draw(result), text


def row(result: Result, text: str | None = None, source: str = "notes.jsonl:1") -> Row:
    """A result on its way to an output."""
    return Row(result.note_id, source, result.model_dump_json().encode(), text)


QUARANTINE = st.builds(Quarantined, st.none() | NAMES, NAMES, NAMES, st.sampled_from(["read", "extract", "time", "worker"]))


@st.composite
def batch(draw) -> list[Row | Quarantined]:
    """A few rows with ids of their own, among them quarantined notes."""
    pairs = draw(st.lists(noted(), max_size=3, unique_by=lambda pair: pair[0].note_id))
    rows = [row(result, text, draw(NAMES)) for result, text in pairs]
    return draw(st.permutations([*rows, *draw(st.lists(QUARANTINE, max_size=2))]))


@cache
def corpus_rows() -> tuple[Row, ...]:
    """Real results: two batches of the corpus."""
    files = sorted(file for name in ("b02", "p01") for file in (CORPUS / name).glob("*.txt"))
    rows = []
    for number, file in enumerate(files):
        text = file.read_bytes().decode()
        result = extract(text, note_id=f"{file.parent.name}/{file.stem}", patient_id=f"P{number % 5}", provider_id=f"D{number % 3}")
        rows.append(row(result, text, f"{file.name}:1"))
    return tuple(rows)


BROKEN = Quarantined("broken", "export.hl7:7", "The message is cut off. Export it again.", "read")


class Written(NamedTuple):
    """A finished output in its place."""

    target: Path
    files: dict[str, Path]
    """All that was put in place, by name."""
    refused: int


def written(folder: Path, rows, format_: str, name: str | None = None, stamp: Stamp = STAMP) -> Written:
    """Write rows as a run does: into a staging folder, then put in place."""
    target, staging = folder / (name or f"out.{format_}"), folder / ".staging"
    staging.mkdir(parents=True)
    writer = writer_for(format_)
    staged = writer.write(iter(rows), target, staging, stamp)
    assert not target.exists() or name, "a writer leaves the target alone"
    assert staged[-1].final == target
    publish(staged)
    assert list(staging.iterdir()) == []
    staging.rmdir()
    return Written(target, {item.final.name: item.final for item in staged}, writer.refused)
