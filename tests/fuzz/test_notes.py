"""What holds of any note: it is answered, exactly, alike everywhere, in time that grows with its length alone.

``TPI_FUZZ_EXAMPLES=20000`` runs long; ``tests/fuzz/harness.py`` looks for what no strategy thought of.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor import extract
from extractor.textless import without_text

from ..conftest import ROOT
from ..schema.contract import as_data, problems
from . import notes as strategies

EXAMPLES = int(os.environ.get("TPI_FUZZ_EXAMPLES", "120"))
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def quotes(part: Any) -> Iterator[tuple[int, int, str]]:
    """Every place of a document that points at the note."""
    if isinstance(part, dict):
        if {"start", "end", "text"} <= part.keys():
            yield part["start"], part["end"], part["text"]
        for value in part.values():
            yield from quotes(value)
    elif isinstance(part, list):
        for value in part:
            yield from quotes(value)


def check(text: str) -> None:
    """Everything that is promised of one note."""
    data = as_data(extract(text, note_id="n"))
    assert problems("result", data) == []
    for start, end, quote in quotes(data):
        assert 0 <= start <= end <= len(text)
        assert text[start:end] == quote
    decision = data["decision"]
    low, high = decision["muscle_count"]["low"], decision["muscle_count"]["high"]
    assert 0 <= low <= high
    assert (decision["code"] is None) <= (low == 0 or decision["status"] != "supported")
    if decision["status"] == "none":
        assert (decision["code"], decision["units"]) == (None, 0)


@given(strategies.notes)
@fuzzed
def test_any_note_is_answered_exactly(text):
    check(text)


@given(strategies.notes)
@settings(fuzzed, max_examples=max(20, EXAMPLES // 4))
def test_a_result_without_text_validates_too(text):
    assert problems("result", as_data(without_text(extract(text)))) == []


@given(st.lists(strategies.notes, min_size=2, max_size=5), st.randoms(use_true_random=False))
@settings(fuzzed, max_examples=max(20, EXAMPLES // 6))
def test_an_answer_does_not_depend_on_the_notes_before_it(texts: list[str], order: random.Random):
    alone = {text: extract(text).model_dump_json() for text in texts}
    order.shuffle(texts)
    assert {text: extract(text).model_dump_json() for text in texts} == alone


@given(st.builds(lambda before, half, after: before + half + after, st.text(strategies.plain), st.characters(categories=["Cs"]), st.text(strategies.plain)))
@settings(fuzzed, max_examples=40)
def test_half_of_a_surrogate_pair_is_refused_without_quoting(text):
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        extract(text)


LONG = strategies.long_notes()
SECONDS = 60
"""A megabyte takes a few on a quiet machine; what is quadratic would take hours."""


@pytest.mark.parametrize("name", LONG)
def test_a_long_hostile_note_is_answered_exactly_and_in_time(name):
    began = time.perf_counter()
    check(LONG[name])
    assert time.perf_counter() - began < SECONDS


_SAID = """
import hashlib, json, sys
from extractor import extract
texts = json.load(sys.stdin)
print(hashlib.sha256("".join(extract(text).model_dump_json() for text in texts).encode()).hexdigest())
"""


def said(texts: list[str], seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _SAID]
    return subprocess.run(command, input=json.dumps(texts), env=environment, capture_output=True, text=True, check=True, timeout=300).stdout


def test_processes_with_other_hash_seeds_say_the_same():
    from ..corpus_notes import notes

    texts = [note.text for note in notes()[::12]]
    first = said(texts, "0")
    assert len(first) == 65
    assert [said(texts, seed) for seed in ("1", "4242")] == [first, first]
