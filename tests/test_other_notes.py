"""Real transcribed notes of other specialties: operations, imaging, clinic letters. None of them has a code."""

from __future__ import annotations

import gzip
import json

import pytest

from extractor import extract

from .conftest import OUTSIDE, ROOT

SAMPLES = ROOT.parent / "shared" / "mtsamples" / "notes.jsonl.gz"
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_no_note_of_another_specialty_gets_a_code(part):
    if not SAMPLES.exists():
        pytest.skip(f"the collection of transcribed notes {OUTSIDE}")
    with gzip.open(SAMPLES, "rt", encoding="utf-8") as lines:
        notes = [json.loads(line) for line in lines][part::PARTS]
    coded = [note["name"] for note in notes if extract(note["text"]).decision.code]
    assert coded == []
