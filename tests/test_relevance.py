"""The relevance gate: what it lets through, what it answers, and that no answer depends on it.

Two proofs. The pipeline asks the gate's own question before it says that anything was injected, so both ways agree by
construction: :func:`test_a_gated_answer_is_the_full_one`. And the gate hides nothing that the reading alone would find:
:func:`test_the_gate_hides_nothing_that_reading_finds` reads misspelt and cut notes without asking it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extractor.record
from extractor import extract
from extractor.batch.gate import gated_answer
from extractor.batch.worker import Setup, Task
from extractor.coding import load_policy
from extractor.language.pipeline import resources_of
from extractor.models import Result
from extractor.relevance import may_concern_needles, read_date

from .conftest import OUTSIDE
from .corpus_notes import CORPUS

MTSAMPLES = Path("/work/shared/mtsamples/notes.jsonl.gz")
POLICY = load_policy("cpt")
SETUP = Setup(POLICY)
BESIDE_THE_ANSWER = ("mentions", "documentation", "diagnoses")
"""What a gated document leaves out."""


@cache
def corpus() -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8") for file in sorted(CORPUS.glob("*/*.txt")))


@cache
def mtsamples() -> tuple[str, ...]:
    if not MTSAMPLES.exists():
        pytest.skip(f"{MTSAMPLES} {OUTSIDE}")
    with gzip.open(MTSAMPLES, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line)["text"] for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "Trigger point injections were discussed.",
        "TPI",
        "TPl x3 today",
        "dry\nneedling R UT",
        "dry need1ing R calf",
        "Billed 20552LT.",
        "M79.18",
        "Left trapezius injected.",
        "The left trapezuis was lnjected.",
        "2 cc lido into R pirif0rmis",
        "Injected: left infra spinatus",
        "shot into left pure if form us",
        "1 mL of 1% lidocaine to each upper trapezius",
        "left thoracic trapezius, left rhomboids, left supraspinatus",
        "bilat UT",
        "Taut bands in both levator scapulae, treated.",
        "Knots again. Would like the needle.",
        "Left greater occipital nerve block.",
        "Right knee joint injection with Kenalog.",
        "Ketorolac 60 mg IM given.",
        "SCM 1 mL, levator 1 mL, bupivicaine",
        "INJECTED THE LEFT SOLEUS",
    ],
)
def test_what_may_concern_needles_is_let_through(text):
    assert may_concern_needles(text)
    assert may_concern_needles(f"{'Mild cough, no fever. ' * 100}\n{text}\n{'Sleeps well. ' * 100}") or len(text) < 60


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Cough and fever for three days. Lungs clear.",
        "Tender left trapezius, stretching shown.",
        "The wound was infiltrated with lidocaine and closed.",
        "Knots were tied and cut. " * 40,
        "Anxiety is a trigger for her asthma." + " She avoids smoke." * 60,
        "No injury to the deltoid.",
        "Needle counts were correct.",
        "Insulin 10 units at bedtime; walks with a stick.",
    ],
)
def test_what_cannot_is_shut_out(text):
    assert not may_concern_needles(text)


def test_every_note_of_the_corpus_that_tells_of_needles_is_let_through():
    shut = [text for text in corpus() if not may_concern_needles(text)]
    assert all(not told(extract(text)) for text in shut)


def test_of_other_specialties_notes_few_are_let_through():
    through = [text for text in mtsamples() if may_concern_needles(text)]
    elsewhere = re.compile(r"block|epidural|joint|injection|shot|\bIM\b|ablation|rhizotomy|vaccine", re.IGNORECASE)
    unrelated = [text for text in through if not elsewhere.search(text)]
    assert len(through) < 0.1 * len(mtsamples())
    assert len(unrelated) < 0.03 * len(mtsamples())


def told(result: Result) -> bool:
    """Whether a result says anything of a procedure."""
    return result.procedure.status != "absent" or bool(result.muscles or result.drugs or result.findings or result.decision.code)


def full(text: str, **given) -> bytes:
    """The document of a full reading without what stands beside the answer."""
    result = extract(text, note_id="n", policy=POLICY, **given)
    for name in BESIDE_THE_ANSWER:
        setattr(result, name, [])
    return result.model_dump_json().encode()


def gated(text: str, day: date | None = None) -> bytes | None:
    answer = gated_answer(Task("n", text, day, None, None, False), SETUP)
    return answer.json if answer else None


@pytest.mark.parametrize("part", range(4))
def test_a_gated_answer_is_the_full_one(part):
    """Byte for byte but for the three lists, on real notes of every specialty."""
    for text in mtsamples()[part::4]:
        document = gated(text)
        assert document is None or document == full(text)


NOTES = st.sampled_from(corpus())


def misspell(word: str, seed: random.Random) -> str:
    """One slip of a typist or a scanner inside a word of four letters or more."""
    if len(word) < 4:
        return word
    at = seed.randrange(1, len(word) - 1)
    slips = [
        word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + seed.choice("aeioubdmnrst") + word[at + 1 :], word.replace("l", "1", 1), word.replace("o", "0", 1),
    ]  # fmt: skip
    return seed.choice(slips)


def spoilt(text: str, seed: random.Random, share: float) -> str:
    """A few lines of a note with a share of its words misspelt."""
    lines = text.split("\n")
    first = seed.randrange(len(lines))
    kept = "\n".join(lines[first : first + seed.randrange(1, 12)])
    return re.sub(r"[A-Za-z]+", lambda match: misspell(match.group(), seed) if seed.random() < share else match.group(), kept)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=NOTES, seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]))
def test_a_gated_answer_is_the_full_one_on_misspelt_notes(text, seed, share):
    text = spoilt(text, random.Random(seed), share)
    document = gated(text)
    assert document is None or document == full(text)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=NOTES, seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.1, 0.3]))
def test_the_gate_hides_nothing_that_reading_finds(text, seed, share):
    text = spoilt(text, random.Random(seed), share)
    if not may_concern_needles(text):
        record = read_without_gate(text)
        assert (record["procedure"]["status"], record["muscles"], record["drugs"]) == ("absent", [], [])


def read_without_gate(text: str) -> dict:
    """The record of a pipeline that does not ask the gate."""
    from extractor import load

    before = extractor.record._tells
    extractor.record._tells = lambda record: False
    try:
        return load()(text).user_data["tpi_record"]
    finally:
        extractor.record._tells = before


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Cough, seen 01/02/2020.", "2020-01-02"),
        ("Cough since 01/02/2020.", None),  # at the top of the note
        ("Cough. " * 60 + "Fever since 01/02/2020.", None),
        ("Cough. " * 60 + "\nDate of service: Jan 2, 2020\nFever.", "2020-01-02"),
        ("Cough. " * 60 + "Seen on 1/2/20.", "2020-01-02"),
        ("Visit 2020\u201301\u201302\nCough.", "2020-01-02"),
        ("Cough.", None),
    ],
)
def test_the_date_of_service_is_read_without_the_rest(text, day):
    assert read_date(text) == day
    assert json.loads(gated(text))["date_of_service"] == day == json.loads(full(text))["date_of_service"]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=NOTES, seed=st.integers(0, 2**32))
def test_the_date_of_any_note_is_the_one_that_the_pipeline_reads(text, seed):
    text = spoilt(text, random.Random(seed), 0.0)
    assert read_date(text) == (json.loads(full(text))["date_of_service"])


@pytest.mark.parametrize("day", [None, date(2024, 5, 1), date(2002, 5, 1), date(1999, 1, 1)])
def test_metadata_stands_in_a_gated_document(day):
    task = Task('an "id"\n\u00e9', "Cough, Ma\u00df \u00bd.", day, "p\\1", None, True)
    expected = extract(task.text, note_id=task.note_id, date_of_service=day, patient_id=task.patient_id, policy=POLICY)
    expected.text = task.text
    answer = gated_answer(task, SETUP)
    assert answer is not None
    assert answer.json == expected.model_dump_json().encode()
    assert (answer.status, answer.code, answer.low, answer.high) == ("none", None, 0, 0)


def test_half_of_a_surrogate_pair_is_left_to_the_reader():
    assert gated("Cough \ud83d") is None


@pytest.mark.parametrize("text", ["\u0130" * 50 + " cough", "\u0131njected \ufb01bre", "CAF\u00c9 \u212a", "\x00" * 20, "\u202einj\u202c", "x" * 5000])
def test_any_characters_may_stand_in_a_note(text):
    assert may_concern_needles(text) in (True, False)
    assert gated(text) in (None, full(text))


def test_a_practices_own_words_are_let_through(tmp_path):
    (tmp_path / "muscle_forms.tsv").write_text("form\ttarget\tportion\ttype\nzorbulus\ttrapezius\t\tsynonym\n", encoding="utf-8")
    text = "The zorbulus was injected. " + "No cough. " * 200
    assert not may_concern_needles(text)
    assert may_concern_needles(text, [tmp_path])


@pytest.mark.parametrize(
    "unit",
    ["injected ", "knot ", "1 ml ", "knot 1 ml injury ", "left pure if form ", "a", "needle ( ", "trig", "0a", "ml trapezius tendon "],
)
def test_the_time_grows_with_the_length(unit):
    """Hostile text: twice the length takes about twice the time, however dense its hits."""
    gate = resources_of().gate

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            gate(text)
            best = min(best, time.process_time() - start)
        return best

    seconds(20_000)
    short, long = seconds(100_000), seconds(400_000)
    assert long < 10 * short + 0.02
