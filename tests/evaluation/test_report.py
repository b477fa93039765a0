"""``tpi evaluate`` on a small corpus: scores, errors with their words, JSON, and labels that cannot be read."""

from __future__ import annotations

import json

import pytest

NOTE = "Trigger point injections: left trapezius and right levator scapulae, 1 mL of 1% lidocaine each."
LABEL = """\
style = "terse"
author = "nurse"
procedure = "trigger_point_injection"
status = "performed"
code = "20552"
decision = "supported"
low = 2
high = 2
muscles = ["left trapezius", "right levator_scapulae"]
drugs = ["lidocaine 1% 2 mL 20 mg"]
"""


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "b01"
    folder.mkdir()
    for number, label in enumerate((LABEL, LABEL.replace("left trapezius", "left masseter")), 1):
        (folder / f"{number:03}.txt").write_text(NOTE, encoding="utf-8")
        (folder / f"{number:03}.toml").write_text(label, encoding="utf-8")
    return tmp_path


def test_scores_are_printed(tpi, corpus):
    answer = tpi("evaluate", corpus)
    assert (answer.status, answer.err) == (0, "")
    rows = {line.partition("  ")[0]: line.split() for line in answer.out.splitlines()}
    assert rows["code and status"][-6:-3] == ["2", "2", "100.0%"]
    assert rows["muscles"][-5:] == ["0.750", "0.750", "0.750", "1", "1"]
    assert rows["terse"][1:5] == ["2", "100.0%", "0", "0"]


def test_errors_show_the_words_in_context(tpi, corpus):
    answer = tpi("evaluate", corpus, "--errors", columns=120)
    assert "b01/001" not in answer.out
    assert "b01/002  terse  nurse" in answer.out
    assert "muscles    gold missed: left masseter; found extra: left trapezius" in answer.out
    assert "line 1, trapezius injected, left, in" in answer.out
    assert "left trapezius and right" in answer.out


def test_json_is_the_same_each_time_and_holds_no_words(tpi, corpus, tmp_path):
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        tpi("evaluate", corpus, "--json", file)
    document = json.loads(files[0].read_text(encoding="utf-8"))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert document["code_and_status"] == 1.0
    assert document["errors"] == [
        {"note": "b01/002", "kind": "muscles", "gold": "missed: left masseter", "found": "extra: left trapezius"}
    ]
    assert "Trigger point" not in files[0].read_text(encoding="utf-8")


def test_a_label_that_cannot_be_read_is_named(tpi, corpus):
    label = corpus / "b01" / "002.toml"
    label.write_text(LABEL + 'side = "left"\n', encoding="utf-8")
    answer = tpi("evaluate", corpus)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"tpi: {label}: unknown keys: side\n"


def test_a_note_on_which_the_extractor_fails_is_listed_and_the_others_are_scored(tpi, corpus, monkeypatch):
    from extractor import api

    honest = api.extract

    def fail_once(text, **more):
        if text == "boom":
            raise ValueError(text)
        return honest(text, **more)

    (corpus / "b01" / "001.txt").write_text("boom", encoding="utf-8")
    monkeypatch.setattr(api, "extract", fail_once)
    answer = tpi("evaluate", corpus)
    assert answer.status == 1
    assert "not read: b01/001 (ValueError)" in answer.out
    assert "boom" not in answer.out + answer.err


def test_the_user_s_own_policy_changes_no_score(tpi, corpus, monkeypatch):
    monkeypatch.setenv("TPI_SET", "laterality=by-side")
    plain = tpi("evaluate", corpus).out
    assert plain.splitlines()[2:] == tpi("evaluate", corpus).out.splitlines()[2:]
