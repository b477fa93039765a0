"""``extract`` and ``load``: the notes that must be right, and what holds for every note."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import extractor
from extractor import extract
from extractor.coding import PolicyError, load_policy
from extractor.lexicon import LexiconError
from extractor.models import Result

from .conftest import ROOT
from .notes import read_cases

CASES = read_cases(ROOT / "tests" / "vectors.toml")
EXAMPLES = {file.stem: file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").glob("*.txt"))}
FORUM = CASES["forum, second question"].note


@pytest.mark.parametrize("name", CASES)
def test_a_note_that_must_be_right(name):
    case = CASES[name]
    result = extract(case.note, settings=case.settings, date_of_service=case.date)
    assert not case.differences(result)


def test_every_vector_of_the_dossier_has_a_note():
    assert {name.split()[0] for name in CASES if name.startswith("V")} == {f"V{number:02}" for number in range(1, 42)}


def test_the_forum_s_second_question_in_full():
    result = extract(FORUM)
    muscle = result.muscles[0]
    assert muscle.levels == ["C2-C3", "C6-C7", "C7-T1", "T2-T3", "T4-T5", "T5-T6"]
    assert (muscle.kind, muscle.injections) == ("group", 12)
    assert result.procedure.total_volume_ml == 32
    assert [mention.levels for mention in result.mentions if mention.inferred] == [["T4-T5"]]
    assert "paraspinous" in result.decision.query


def evidence_of(node):
    """Yield every quotation of a result, wherever it stands."""
    if isinstance(node, dict):
        if {"start", "end", "text"} <= set(node):
            yield node
        for value in node.values():
            yield from evidence_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from evidence_of(value)


def assert_points_at(text: str, result: Result) -> None:
    for item in evidence_of(result.model_dump(mode="json")):
        assert text[item["start"] : item["end"]] == item["text"]


TEXTS = {**EXAMPLES, **{name: case.note for name, case in CASES.items()}}


@pytest.mark.parametrize("name", TEXTS)
def test_every_quotation_is_the_note_s_own(name):
    text = TEXTS[name]
    for changed in (text, text.replace("\n", "\r\n"), f"\u200f\ufeff½ 🦴\n{text}\x00\x0c"):
        assert_points_at(changed, extract(changed))


PIECES = [
    "left ", "right ", "bilateral ", "R/L ", "trapezius", "lev scap", "paraspinals", "T4-5 ", "x2 ", "½ ", "1cc ", "1% ",
    "lidocaine ", "injected ", "not ", "planned ", "declined", "trigger point injections ", "Kenalog-40 ", "(QL) ", "[x] ",
    "[ ] ", "***", "\n", "\r\n", "\t", ". ", ", ", "; ", ": ", "PROCEDURE:", "PLAN:", "\x00", "\x1b[2J", "\u202e", "é", "🦴",
    "左", "|", "- ", "1. ", "0.5 mL each ", "03/14/2024 ", "quadratus lumborum ", "pirifromis ", "low back ", "Botox ",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_breaks_it_and_every_answer_keeps_the_contract(text):
    text = text.encode("utf-8", "replace").decode("utf-8")
    result = extract(text)
    assert_points_at(text, result)
    decision, count = result.decision, result.decision.muscle_count
    assert 0 <= count.low <= count.high
    if decision.status == "none":
        assert decision.code is None
        assert count.low == count.high == 0
    if decision.status == "supported":
        assert decision.code is not None
        assert not decision.alternatives
        assert not any(finding.severity == "error" for finding in result.findings)
    if decision.query:
        assert decision.status == "review"
    assert decision.reasons
    assert Result.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x00", "\ufeff", ".", "🦴", "left"])
def test_almost_no_text_is_no_code(text):
    decision = extract(text).decision
    assert (decision.code, decision.status) == (None, "none")


def test_the_same_note_gives_the_same_document():
    assert extract(FORUM).model_dump_json() == extract(FORUM).model_dump_json()


def test_metadata_is_kept_and_the_id_is_a_hash_where_none_is_given():
    result = extract(FORUM, note_id="n-1", date_of_service=date(2023, 5, 17))
    assert (result.note_id, result.date_of_service) == ("n-1", date(2023, 5, 17))
    assert extract(FORUM).note_id == extract(FORUM).note_id != extract(FORUM + " ").note_id
    assert extract(FORUM).note_id.startswith("sha256:")


def test_a_policy_is_a_name_a_file_or_an_object(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('inherits = "cpt"\n[settings]\nlaterality = "by-side"\n', encoding="utf-8")
    for policy in ("medicare", file, load_policy(file)):
        result = extract(FORUM, policy=policy)
        assert result.decision.policy == (policy if policy == "medicare" else "own")


def test_what_is_unknown_is_refused_by_name(tmp_path):
    with pytest.raises(PolicyError, match="nobody"):
        extract(FORUM, policy="nobody")
    with pytest.raises(PolicyError, match="sides"):
        extract(FORUM, settings={"sides": "two"})
    with pytest.raises((LexiconError, FileNotFoundError), match="nowhere"):
        extract(FORUM, lexicon_dirs=[tmp_path / "nowhere"])


def test_the_public_names_are_those_that_are_documented():
    assert set(extractor.__all__) == {"__version__", "extract", "load"}
    with pytest.raises(AttributeError, match="extracct"):
        _ = extractor.extracct


def test_half_of_a_surrogate_pair_is_refused_without_the_words_of_the_note():
    with pytest.raises(ValueError, match="Character 5 is half of a surrogate pair") as error:
        extract("left \ud83d trapezius")
    assert "trapezius" not in str(error.value)
