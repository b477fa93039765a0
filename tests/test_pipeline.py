"""The spaCy pipeline as spaCy's users use it: saved, pickled, in several processes, by entry points."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest
import spacy

from extractor import load
from extractor.language.pipeline import COMPONENTS

from .conftest import ROOT

NOTES = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").glob("*.txt"))]


@pytest.fixture(scope="module")
def nlp():
    return load()


@pytest.fixture(scope="module")
def expected(nlp):
    return [record_of(nlp(text)) for text in NOTES]


def record_of(doc):
    return doc.user_data["tpi_record"]


def test_the_pipeline_is_made_of_registered_components(nlp):
    assert tuple(nlp.pipe_names) == COMPONENTS
    for name in COMPONENTS:
        assert nlp.get_factory_meta(name).factory == name


def test_a_saved_pipeline_reads_the_same(nlp, expected, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert [record_of(again(text)) for text in NOTES] == expected


def test_bytes_and_config_read_the_same(nlp, expected):
    again = spacy.blank("en").from_config(nlp.config)
    again.from_bytes(nlp.to_bytes())
    assert [record_of(again(text)) for text in NOTES] == expected


def test_components_pickle(nlp, expected):
    doc = nlp.make_doc(NOTES[0])
    for name, component in nlp.pipeline:
        copy = pickle.loads(pickle.dumps(component))
        doc = copy(doc)
        assert doc is not None, name
    assert record_of(doc) == expected[0]


def test_two_processes_read_the_same(nlp, expected):
    docs = nlp.pipe(NOTES * 3, n_process=2, batch_size=2)
    assert [record_of(doc) for doc in docs] == expected * 3


def test_a_doc_carries_its_mentions_as_spans(nlp):
    doc = nlp("Trigger point injections: left trapezius and right levator scapulae, 1 mL of 1% lidocaine each.")
    spans = doc.spans["tpi_mentions"]
    assert [(span.text, span.label_, span.kb_id_) for span in spans] == [
        ("trapezius", "injected", "trapezius"),
        ("levator scapulae", "injected", "levator_scapulae"),
    ]
    mentions = record_of(doc)["mentions"]
    assert [(span.start_char, span.end_char) for span in spans] == [(m["start"], m["end"]) for m in mentions]


def test_text_is_never_lost_in_tokens(nlp):
    for text in [*NOTES, "C2-3,T4/5;1cc .25%\r\n\t25g  R/L x2 ½\x00é🦴"]:
        assert nlp.make_doc(text).text == text


def in_a_process(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT, env={**os.environ, **env}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_spacy_finds_the_factories_by_entry_point():
    code = (
        "import spacy\n"
        "nlp = spacy.blank('en')\n"
        f"for name in {COMPONENTS!r}: nlp.add_pipe(name)\n"
        "doc = nlp('Injected the left trapezius with 1 mL of 1% lidocaine.')\n"
        "print([m['id'] for m in doc.user_data['tpi_record']['muscles']])\n"
    )
    assert in_a_process(code) == "['trapezius']\n"


def test_a_single_component_joins_another_pipeline():
    code = (
        "import spacy\n"
        "nlp = spacy.blank('en')\n"
        "nlp.add_pipe('sentencizer'); nlp.add_pipe('tpi_sections')\n"
        "print(len(nlp('PROCEDURE: left trapezius injected. PLAN: return.')))\n"
    )
    assert int(in_a_process(code)) > 5


def test_the_order_of_sets_decides_nothing():
    code = (
        "from pathlib import Path\n"
        "from extractor import extract\n"
        "for file in sorted(Path('examples').glob('*.txt')): print(extract(file.read_text()).model_dump_json())\n"
    )
    assert in_a_process(code, PYTHONHASHSEED="1") == in_a_process(code, PYTHONHASHSEED="2")


def test_components_and_plain_reading_give_one_record(nlp):
    from extractor.api import read_record

    for text in NOTES:
        assert record_of(nlp(text)) == read_record(text).model_dump(mode="json")
