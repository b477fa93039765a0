"""``--no-text``: nothing of the note's words, and everything else as it was."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from extractor import extract, models
from extractor.textless import REPLACED, without_text

from .conftest import ROOT
from .corpus_notes import notes
from .schema.contract import as_data, problems

CANARY = "Zyxquillon"
"""A word of no lexicon; whatever quotes the note around it shows it."""

CONTEXTS = [
    "Trigger point injection: left trapezius, left {} muscle and right {}.",
    "Trigger point injections to the {} area and low back {} region, 3 sites.",
    "Injected 5 mL of {} and 1% lidocaine with {} into the left trapezius trigger points.",
    "{} Trigger point injections: Right {} (LT) trapezius T4-5 {}, bilateral rhomboids {}.",
    "Left {0} Trapezius Syndrome ({0}LTS). Trigger points in the {0}LTS muscle were injected.",
    "{0}:\nTrigger point injections performed into left [ ] {0} and right ___ {0} side.",
    "Assessment: {0} M79.18, {0} pain. Trigger point injection of the right levator {0} scapulae was given.",
    "Right trapezius injected. Addendum {0}: the left {0} side was injected, not the right. Botox {0} 100 units.",
    "Trigger point injection ten {0} muscles: left trapezius. Toradol 30 {0} mg. Knee {0} joint injection, Kenalog {0} 40 mg.",
    "Dr. {0} says on 3/14/2024 pain {0} 7/10 before, 2/10 after; session 3 of {0}. Left trapezius trigger point injection.",
]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("word", [CANARY, CANARY.upper(), CANARY.lower(), f"{CANARY}-4"])
def test_no_field_quotes_the_note(context, word):
    text = context.format(*[word] * 4)
    bare = without_text(extract(text))
    assert CANARY.casefold() not in bare.model_dump_json().casefold()


def test_the_contexts_do_quote_the_canary():
    """Else the test above would prove nothing."""
    quoted = set()
    for context in CONTEXTS:
        data = as_data(extract(context.format(*[CANARY] * 4)))
        quoted |= {key for key, value in data.items() if CANARY in json.dumps(value)}
        quoted |= {f"decision.{key}" for key, value in data["decision"].items() if CANARY in json.dumps(value)}
    assert quoted >= {"muscles", "findings", "procedure", "decision.reasons", "decision.query"}


@given(st.sampled_from(notes()), st.data())
@settings(max_examples=60, deadline=None)
def test_a_word_planted_anywhere_in_a_note_is_nowhere_in_the_result(note, data):
    words = re.split(r"(\s+)", note.text)
    places = data.draw(st.lists(st.integers(0, len(words) - 1), min_size=1, max_size=12))
    for place in places:
        replaced = data.draw(st.booleans())
        words[place] = f" {CANARY} " if replaced else f"{words[place]} {CANARY} "
    text = "".join(words)
    assert CANARY.casefold() not in without_text(extract(text, note_id="n")).model_dump_json().casefold()


@pytest.mark.parametrize("note", notes()[::60], ids=lambda note: f"{note.batch}-{note.id}")
def test_everything_else_is_as_it_was(note):
    result = extract(note.text)
    bare = without_text(result)
    assert problems("result", as_data(bare)) == []
    assert _blanked(bare) == _blanked(result)
    assert result == extract(note.text), "the result itself is left alone"


def _blanked(item):
    """An item without the fields that are replaced."""
    if isinstance(item, BaseModel):
        gone = REPLACED.get(type(item), {})
        return {name: _blanked(value) for name, value in item.__dict__.items() if name not in gone}
    return [_blanked(part) for part in item] if isinstance(item, list) else item


def test_the_sentences_are_those_of_the_rules():
    bare = without_text(extract((ROOT / "examples" / "2-review.txt").read_text(encoding="utf-8")))
    assert [reason.rule for reason in bare.decision.reasons][1:2] == ["count-group"]
    assert bare.decision.reasons[1].text.startswith("A collective name proves at least one muscle")
    assert bare.findings[0].text.startswith("Group not muscle. Rule: A collective name")
    assert bare.decision.query is None and bare.decision.status == "review"
    assert all(reason.text for reason in bare.decision.reasons) and all(finding.text for finding in bare.findings)


KEPT = {
    "schema_version": "constant", "note_id": "input", "patient_id": "input", "provider_id": "input", "versions": "ours",
    "kind": "closed list", "status": "closed list", "guidance": "closed list", "assertion": "closed list", "severity": "closed list",
    "unit": "closed list", "basis": "closed list", "advice": "closed list", "sides": "closed list", "doubtful_sides": "closed list",
    "id": "lexicon or contract", "name": "lexicon", "portions": "lexicon", "portion": "lexicon", "muscle": "lexicon", "section": "lexicon",
    "levels": "made from figures", "code": "code", "alternatives": "code", "descriptor": "lexicon", "modifier": "code",
    "policy": "user's", "policy_settings": "user's", "rule": "ours", "source": "ours",
}  # fmt: skip
"""Fields with texts that stay, and whose texts they are."""


def _reachable(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            for part in _parts(field.annotation):
                if isinstance(part, type) and issubclass(part, BaseModel):
                    _reachable(part, seen)
    return seen


def _parts(annotation) -> list:
    """A type and the types it is made of; of a closed list of texts, the texts."""
    inner = typing.get_args(annotation)
    return [annotation, *(part for argument in inner for part in _parts(argument))]


def test_every_text_of_a_result_is_judged():
    for model in _reachable(models.Result, set()):
        for name, field in model.model_fields.items():
            texts = [part for part in _parts(field.annotation) if part is str or isinstance(part, str)]
            if texts and name not in REPLACED.get(model, {}):
                assert name in KEPT, f"{model.__name__}.{name}: can it quote the note? Then extractor/textless.py must replace it"


def test_levels_portions_and_ids_come_from_closed_lists():
    """What the table above says of them, on real shapes."""
    from extractor.lexicon import load_lexicon

    lexicon = load_lexicon()
    for note in notes()[::20]:
        for mention in extract(note.text).mentions:
            assert mention.muscle is None or mention.muscle in lexicon.muscles
            assert all(re.fullmatch(r"[CTLS]\d{1,2}(-[CTLS]?\d{1,2})?", level) for level in mention.levels)


# -- the commands --------------------------------------------------------------------------------------------------


def test_extract_writes_such_a_result(tpi, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text(CONTEXTS[0].format(CANARY, CANARY), encoding="utf-8")
    answer = tpi("extract", "--json", "--no-text", note)
    assert answer.status == 0 and CANARY.lower() not in answer.out.lower()
    assert json.loads(answer.out)["muscles"][0]["id"] == "trapezius"


def test_extract_gives_no_converted_text(tpi, tmp_path):
    note = tmp_path / "note.rtf"
    note.write_text(r"{\rtf1\ansi Trigger point injection: left trapezius, left " + CANARY + r" muscle.\par}", encoding="ascii")
    assert CANARY in tpi("extract", "--json", note).out
    assert CANARY not in tpi("extract", "--json", "--no-text", note).out


def test_the_readable_answer_quotes_so_it_is_refused(tpi):
    answer = tpi("extract", "--no-text", "-", stdin=b"note")
    assert answer.status == 2 and "--json" in answer.err


@pytest.fixture
def exported(tmp_path) -> Path:
    file = tmp_path / "in.jsonl"
    texts = [*(context.format(*[CANARY] * 4) for context in CONTEXTS), f"Visual acuity 20/20, says {CANARY}."]
    file.write_text("".join(json.dumps({"note_id": f"n{at}", "text": text}) + "\n" for at, text in enumerate(texts)), encoding="utf-8")
    return file


def everything(folder: Path) -> bytes:
    """All bytes of all files but the input."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "in.jsonl")


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv", "out.sqlite", "out.fhir.ndjson"])
def test_a_batch_writes_no_word_anywhere(tpi, exported, tmp_path, target):
    answer = tpi("batch", exported, "--output", tmp_path / target, "--no-text", "--workers", "1")
    assert answer.status == 0, answer.err
    written = everything(tmp_path)
    assert b"trapezius" in written and CANARY.lower().encode() not in written.lower()


def test_without_the_option_a_batch_does_quote(tpi, exported, tmp_path):
    assert tpi("batch", exported, "--output", tmp_path / "out.csv", "--workers", "1", "--quiet").status == 0
    assert CANARY.encode() in everything(tmp_path)


def test_a_packed_format_holds_no_word_either(tpi, exported, tmp_path):
    import pyarrow.parquet as pq

    assert tpi("batch", exported, "--output", tmp_path / "out.parquet", "--no-text", "--workers", "1", "--quiet").status == 0
    tables = [pq.read_table(file) for file in tmp_path.glob("*.parquet")]
    assert sum(table.num_rows for table in tables) > 12
    assert not any(CANARY.lower() in str(table.to_pylist()).lower() for table in tables)


def test_the_gate_and_the_pipeline_write_the_same(tpi, exported, tmp_path):
    """As for results with text: the gate leaves out mentions only."""
    for option in ("--gate", "--no-gate"):
        assert tpi("batch", exported, "--output", tmp_path / f"{option}.jsonl", "--no-text", option, "--workers", "1", "--quiet").status == 0
    gated, read = ((tmp_path / f"{option}.jsonl").read_text().splitlines()[-1] for option in ("--gate", "--no-gate"))
    assert json.loads(gated)["decision"] == json.loads(read)["decision"]
    assert json.loads(gated)["findings"] == json.loads(read)["findings"]


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("out.doccano.jsonl", ["--no-text"], "made of the notes' text"),
        ("out.omop.csv", ["--no-text"], "made of the notes' text"),
        ("out.brat", ["--no-text"], "made of the notes' text"),
        ("out.jsonl", ["--no-text", "--with-text"], "exclude each other"),
        ("out.parquet", ["--no-text", "--with-text", "--engine", "spark"], "exclude each other"),
    ],
)
def test_what_contradicts_it_is_refused_before_anything_is_written(tpi, exported, tmp_path, target, options, words):
    answer = tpi("batch", exported, "--output", tmp_path / target, *options, "--workers", "1")
    assert answer.status == 2 and words in answer.err
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]


def test_an_output_that_holds_text_already_is_refused(tpi, exported, tmp_path):
    """A note that is no longer in the input would keep its words there."""
    out = tmp_path / "out.jsonl"
    assert tpi("batch", exported, "--output", out, "--workers", "1", "--quiet").status == 0
    before = out.read_bytes()
    answer = tpi("batch", exported, "--output", out, "--no-text", "--workers", "1")
    assert answer.status == 2 and "output of its own" in answer.err
    assert out.read_bytes() == before


def test_a_second_run_goes_on_with_its_own_output(tpi, exported, tmp_path):
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        assert tpi("batch", exported, "--output", out, "--no-text", "--workers", "1", "--quiet").status == 0
    assert len(out.read_text().splitlines()) == 11
