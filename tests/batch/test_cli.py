"""``tpi batch`` and ``tpi status`` as the night and the morning use them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.batch.test_run import NOTES, export

HOSTILE = "Zebrawood Quillfeather"
"""Words of a note that may stand nowhere but in results."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return export(tmp_path / "in.jsonl", {f"n{number}": f"{HOSTILE}. {text}" for number, text in enumerate(NOTES)})


def batch(tpi, *args, **options):
    return tpi("batch", *args, "--workers", "1", **options)


def test_the_summary_counts_and_the_status_is_0(notes, tmp_path, tpi):
    answer = batch(tpi, notes, "--output", tmp_path / "out.jsonl")
    assert answer.status == 0
    assert answer.out == ""
    said = " ".join(answer.err.split())
    assert "notes in the input 4" in said
    assert "supported 2" in said
    assert f"wrote {tmp_path / 'out.jsonl'}" in said


def test_notes_in_quarantine_make_the_status_1_and_name_the_place(notes, tmp_path, tpi):
    notes.write_text(notes.read_text() + "{broken\n")
    answer = batch(tpi, notes, "--output", tmp_path / "out.jsonl")
    assert answer.status == 1
    assert f"{notes}:5" in answer.err
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["missing.jsonl", "--output", "out.jsonl"], "no such file or folder"),
        (["in.jsonl", "--output", "out.xyz"], ".parquet"),
        (["in.jsonl", "--output", "nowhere/out.jsonl"], "no such folder"),
        (["in.jsonl", "--output", "out.jsonl", "--map", "text"], "FIELD=COLUMN"),
        (["in.jsonl", "--output", "out.jsonl", "--map", "words=X"], "no field words"),
        (["in.jsonl", "--output", "out.jsonl", "--policy", "nobody"], "nobody"),
        (["in.jsonl", "--output", "out.jsonl", "--engine", "abacus"], "local or spark"),
        (["empty", "--output", "out.jsonl"], "no file that could be a note"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(notes, tmp_path, tpi, monkeypatch, args, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = {file.name for file in tmp_path.iterdir()}
    answer = batch(tpi, *args, columns=200)
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert {file.name for file in tmp_path.iterdir()} == before


def test_log_lines_are_json_and_hold_no_word_of_a_note(notes, tmp_path, tpi):
    notes.write_text(notes.read_text() + json.dumps({"note_id": "n0", "text": f"{HOSTILE}, another text"}) + "\n")
    answer = batch(tpi, notes, "--output", tmp_path / "out.jsonl", "--log-format", "json")
    events = [json.loads(line) for line in answer.err.splitlines() if line.startswith("{")]
    assert [event["event"] for event in events] == ["run-began", "quarantined", "writing-output", "run-ended"]
    assert events[-1]["notes"] == 5
    assert "Zebrawood" not in answer.err + answer.out


def test_a_table_with_names_of_its_own_is_mapped(tmp_path, tpi):
    with (tmp_path / "export.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("KEY", "WORDS"), *((f"k{number}", text) for number, text in enumerate(NOTES))])
    answer = batch(tpi, tmp_path / "export.csv", "--map", "note_id=KEY,text=WORDS", "--output", tmp_path / "out.csv")
    assert answer.status == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["note_id"], row["code"]) for row in csv.DictReader(file)] == [
            ("k0", "20553"), ("k1", ""), ("k2", "20552"), ("k3", "20560"),
        ]  # fmt: skip


def test_lines_of_a_note_are_put_together(tmp_path, tpi):
    lines = [("a", 2, "left rhomboids, left supraspinatus. 1 mL of 1% lidocaine each."), ("a", 1, "Trigger point injections: left trapezius,")]
    with (tmp_path / "export.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("note_id", "line", "text"), *lines])
    answer = batch(tpi, tmp_path / "export.csv", "--group-by", "note_id", "--order-by", "line", "--output", tmp_path / "out.jsonl")
    assert answer.status == 0
    (found,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert found["decision"]["code"] == "20553"


def test_standard_input_is_an_input(notes, tmp_path, tpi):
    assert batch(tpi, "-", "--output", tmp_path / "out.jsonl", stdin=notes.read_bytes()).status == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 4


def test_an_output_in_the_folder_that_is_read_is_no_note(notes, tmp_path, tpi):
    for _ in range(2):
        assert batch(tpi, tmp_path, "--output", tmp_path / "out.jsonl").status == 0
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 4


def test_the_morning_sees_runs_review_and_quarantine(notes, tmp_path, tpi):
    notes.write_text(notes.read_text() + "{broken\n")
    batch(tpi, notes, "--output", tmp_path / "out.jsonl")
    batch(tpi, notes, "--output", tmp_path / "out.jsonl")
    answer = tpi("status", tmp_path / "out.jsonl", columns=200)
    assert answer.status == 0
    said = " ".join(answer.out.split())
    for words in ("4 notes", "Review queue: 1", "n2 20552", "Quarantine: 1", "in.jsonl:5"):
        assert words in said
    whole = json.loads(tpi("status", tmp_path / "out.jsonl", "--json").out)
    assert [run["run"] for run in whole["runs"]] == [2, 1]
    assert whole["runs"][0]["counts"]["unchanged"] == 4


def test_a_status_without_a_batch_is_said(tmp_path, tpi):
    answer = tpi("status", tmp_path / "out.jsonl", columns=200)
    assert (answer.status, answer.out) == (2, "")
    assert "no ledger" in answer.err


def test_the_text_stays_with_its_result_where_that_is_asked(notes, tmp_path, tpi):
    batch(tpi, notes, "--output", tmp_path / "out.jsonl")
    assert all(json.loads(line)["text"] is None for line in (tmp_path / "out.jsonl").read_text().splitlines())
    batch(tpi, notes, "--output", tmp_path / "out.jsonl", "--with-text")
    assert all(HOSTILE in json.loads(line)["text"] for line in (tmp_path / "out.jsonl").read_text().splitlines())
