"""The parts, one by one: ``python -m pytest tests/benchmarks/bench_parts.py --benchmark-group-by=group``.

Each step of the reading on the notes of one batch, the decision, the document as JSON, and the relevance gate. Not
collected by a plain ``pytest`` run: a figure is no test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor import api
from extractor.coding import decide, load_policy
from extractor.language.annotations import Note
from extractor.language.reading import STEPS, read_note, resources_of
from extractor.record import build_record

CORPUS = Path(__file__).resolve().parent.parent.parent / "corpus"
TEXTS = [file.read_text(encoding="utf-8") for file in sorted((CORPUS / "b01").glob("*.txt"))]
POLICY = load_policy("cpt")


@pytest.fixture(scope="module")
def resources():
    found = resources_of()
    for text in TEXTS:  # what is compiled or remembered on first use
        api.extract(text, policy=POLICY)
    return found


def before(step: str, resources) -> list[Note]:
    """Notes as they come to a step."""
    notes = [Note.of(text) for text in TEXTS]
    for name, work in STEPS.items():
        if name == step:
            break
        for note in notes:
            work(note, resources)
    return notes


@pytest.mark.benchmark(group="steps of the reading")
@pytest.mark.parametrize("step", STEPS)
def test_step(benchmark, resources, step):
    work = STEPS[step]

    def run(notes):
        for note in notes:
            work(note, resources)

    benchmark.pedantic(run, setup=lambda: ((before(step, resources),), {}), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="whole notes")
def test_words(benchmark):
    benchmark(lambda: [Note.of(text) for text in TEXTS])


@pytest.mark.benchmark(group="whole notes")
def test_record(benchmark, resources):
    def run(notes):
        for note in notes:
            build_record(note, resources.lexicon, resources.gate)

    benchmark.pedantic(run, setup=lambda: (([read_note(text, resources) for text in TEXTS],), {}), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="whole notes")
def test_decision(benchmark, resources):
    records = [api.read_record(text) for text in TEXTS]
    benchmark(lambda: [decide(record, POLICY, resources.lexicon) for record in records])


@pytest.mark.benchmark(group="whole notes")
def test_document(benchmark, resources):
    results = [api.extract(text, policy=POLICY) for text in TEXTS]
    benchmark(lambda: [result.model_dump_json() for result in results])


@pytest.mark.benchmark(group="whole notes")
def test_extract(benchmark, resources):
    benchmark(lambda: [api.extract(text, policy=POLICY) for text in TEXTS])


@pytest.mark.benchmark(group="gate")
@pytest.mark.parametrize("kind", ["tells of injections", "unrelated"])
def test_gate(benchmark, resources, kind):
    texts = TEXTS if kind == "tells of injections" else ["Cough and fever for three days. Lungs are clear, no wheeze. Insulin 10 units at bedtime.\n" * 36] * len(TEXTS)
    benchmark(lambda: [resources.gate(text) for text in texts])
