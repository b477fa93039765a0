"""The batch: each note once, whatever happens, and never another note's loss."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from extractor import extract
from extractor.batch.ledger import Ledger, LedgerError
from extractor.batch.lock import AlreadyRunning, OutputLock
from extractor.batch.output import ledger_path, lock_path
from extractor.batch.run import RunOptions, run_batch
from extractor.batch.status import read_status
from extractor.batch.worker import Setup
from extractor.batch.writers import OutputError
from tests.batch.faults import breaks, slow_once
from tests.corpus_notes import CORPUS

NOTES = [
    "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1% lidocaine 1 mL each.",
    "Seen for hypertension. Continue lisinopril.",
    "TPI to bilateral paraspinals, 6 injections, 0.25% bupivacaine 6 mL.",
    "Dry needling was performed to the right gluteus medius and right piriformis today.",
]


def export(path: Path, notes: dict[str, str], **more: str) -> Path:
    path.write_text("".join(json.dumps({"note_id": note_id, "text": text, **more}) + "\n" for note_id, text in notes.items()))
    return path


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return export(tmp_path / "in.jsonl", {f"n{number}": text for number, text in enumerate(NOTES)})


def results(output: Path) -> list[dict]:
    return [json.loads(line) for line in output.read_text().splitlines()]


def run(source: Path, output: Path, **options):
    return run_batch([source], output, RunOptions(workers=1, **options))


def test_every_note_has_the_answer_of_extract_in_the_order_of_the_input(notes, tmp_path):
    run(notes, tmp_path / "out.jsonl", gate=False)
    expected = [json.loads(extract(text, note_id=f"n{number}").model_dump_json()) for number, text in enumerate(NOTES)]
    assert results(tmp_path / "out.jsonl") == expected


def test_a_second_run_reads_nothing_and_changes_nothing(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    run(notes, output)
    before = output.read_bytes(), output.stat().st_mtime_ns
    again = run(notes, output)
    assert (again.counts["new"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, len(NOTES))
    assert (output.read_bytes(), output.stat().st_mtime_ns) == before


def test_only_what_is_new_or_changed_is_read(tmp_path):
    output = tmp_path / "out.jsonl"
    run(export(tmp_path / "one.jsonl", {"a": NOTES[0], "b": NOTES[1]}), output)
    second = run(export(tmp_path / "two.jsonl", {"a": NOTES[0], "b": NOTES[2], "c": NOTES[3]}), output)
    assert {name: second.counts[name] for name in ("new", "changed", "unchanged")} == {"new": 1, "changed": 1, "unchanged": 1}
    assert [(found["note_id"], found["decision"]["code"]) for found in results(output)] == [
        ("a", "20553"), ("b", "20552"), ("c", "20560"),
    ]  # fmt: skip


def test_what_a_later_export_leaves_out_stays(tmp_path):
    output = tmp_path / "out.jsonl"
    run(export(tmp_path / "one.jsonl", {"a": NOTES[0]}), output)
    run(export(tmp_path / "two.jsonl", {"b": NOTES[1]}), output)
    assert [found["note_id"] for found in results(output)] == ["a", "b"]


@pytest.mark.parametrize("change", [{"date_of_service": "2024-05-06"}, {"patient_id": "p7"}, {"provider_id": "d1"}])
def test_changed_metadata_is_a_change(tmp_path, change):
    output = tmp_path / "out.jsonl"
    run(export(tmp_path / "one.jsonl", {"a": NOTES[0]}), output)
    assert run(export(tmp_path / "two.jsonl", {"a": NOTES[0]}, **change), output).counts["changed"] == 1
    (found,) = results(output)
    assert found.items() >= change.items()


def test_another_policy_answers_anew(notes, tmp_path):
    from extractor.coding import load_policy

    output = tmp_path / "out.jsonl"
    run(notes, output)
    again = run(notes, output, policy=load_policy("cpt", overrides={"groups": "one"}))
    assert again.counts["changed"] == len(NOTES)
    assert results(output)[2]["decision"]["policy_settings"]["groups"] == "one"


def test_a_note_twice_in_the_input_is_one_note(tmp_path):
    source = tmp_path / "in.jsonl"
    line = json.dumps({"note_id": "a", "text": NOTES[0]}) + "\n"
    source.write_text(line * 300)
    counts = run(source, tmp_path / "out.jsonl").counts
    assert (counts["new"], counts["repeated"], counts["quarantined"]) == (1, 299, 0)
    assert len(results(tmp_path / "out.jsonl")) == 1


def test_two_notes_with_one_id_are_told_apart_and_the_second_is_set_aside(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"note_id": "a", "text": text}) + "\n" for text in NOTES[:2]))
    output = tmp_path / "out.jsonl"
    for _ in range(2):  # the second run knows the first note already: nothing changes
        counts = run(source, output).counts
        assert counts["quarantined.read"] == 1
        assert [found["decision"]["code"] for found in results(output)] == ["20553"]
        (entry,) = read_status(output).quarantine
        assert entry["source"].endswith("in.jsonl:2")
        assert "--group-by" in entry["reason"]


def test_a_line_that_is_no_note_costs_no_other_and_is_settled_once_mended(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    good = notes.read_text()
    notes.write_text(good + "{broken\n")
    assert run(notes, output).counts["quarantined.read"] == 1
    assert len(results(output)) == len(NOTES)
    assert read_status(output).quarantined == 1
    notes.write_text(good + json.dumps({"note_id": "mended", "text": NOTES[0]}) + "\n")
    assert run(notes, output).counts["quarantined"] == 0
    assert read_status(output).quarantined == 0


@pytest.fixture
def patience(tmp_path, monkeypatch) -> Path:
    """A file without which a note that begins with "wait for" takes too long."""
    monkeypatch.setattr("extractor.batch.run.Setup", partial(Setup, reader=slow_once))
    return tmp_path / "patience"


def test_a_note_that_takes_too_long_is_set_aside_and_tried_again(tmp_path, patience):
    output = tmp_path / "out.jsonl"
    source = export(tmp_path / "in.jsonl", {"a": NOTES[0], "long": f"wait for {patience}\n{NOTES[0]}", "b": NOTES[3]})
    counts = run(source, output).counts
    assert (counts["quarantined.time"], counts["new"]) == (1, 3)
    assert [found["note_id"] for found in results(output)] == ["a", "b"]
    patience.touch()
    assert run(source, output).counts["quarantined"] == 0
    assert {found["note_id"] for found in results(output)} == {"a", "b", "long"}
    assert read_status(output).quarantined == 0


def test_an_answer_to_an_earlier_text_leaves_when_the_new_text_cannot_be_read(tmp_path, patience):
    output = tmp_path / "out.jsonl"
    run(export(tmp_path / "one.jsonl", {"a": NOTES[0], "b": NOTES[3]}), output)
    run(export(tmp_path / "two.jsonl", {"a": f"wait for {patience}\n{NOTES[0]}"}), output)
    assert [found["note_id"] for found in results(output)] == ["b"]
    run(export(tmp_path / "one.jsonl", {"a": NOTES[0]}), output)
    assert [found["note_id"] for found in results(output)] == ["a", "b"]


def test_a_note_that_always_breaks_the_extractor_is_not_tried_twice_but_always_told(notes, tmp_path, monkeypatch):
    output = tmp_path / "out.jsonl"
    monkeypatch.setattr("extractor.batch.run.Setup", partial(Setup, reader=breaks))
    assert run(notes, output, gate=False).counts["quarantined.extract"] == len(NOTES)
    monkeypatch.undo()
    assert run(notes, output, gate=False).counts["quarantined.extract"] == len(NOTES)
    assert run(notes, output, gate=False, redo=True).counts["quarantined"] == 0


def test_two_runs_on_one_output_exclude_each_other(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    with OutputLock(lock_path(output), output), pytest.raises(AlreadyRunning, match="another run"):
        run(notes, output)
    assert not output.exists()


def test_an_output_folder_that_does_not_exist_is_said_before_anything_is_read(notes, tmp_path):
    with pytest.raises(OutputError, match="no such folder"):
        run(notes, tmp_path / "missing" / "out.jsonl")


def test_a_file_that_is_no_ledger_is_left_alone(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    ledger_path(output).write_text("my thesis, not a ledger " * 400)
    with pytest.raises(LedgerError, match="damaged or no ledger"):
        run(notes, output)
    assert ledger_path(output).read_text().startswith("my thesis")


def test_a_deleted_output_is_written_again_from_the_ledger(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    run(notes, output)
    before = output.read_bytes()
    output.unlink()
    assert run(notes, output).counts["unchanged"] == len(NOTES)
    assert output.read_bytes() == before


@pytest.mark.parametrize("full_at", [3, 40, 200])
def test_a_full_disk_stops_the_run_and_the_next_one_finishes_it(tmp_path, monkeypatch, full_at):
    source = export(tmp_path / "in.jsonl", {f"n{number}": f"{NOTES[number % 4]} Visit {number}." for number in range(300)})
    run(source, tmp_path / "calm.jsonl")
    output = tmp_path / "out.jsonl"
    opened = Ledger._opened

    def small(self, path, read_only):
        connection = opened(self, path, read_only)
        connection.execute(f"PRAGMA max_page_count = {full_at + 20}")
        return connection

    monkeypatch.setattr(Ledger, "_opened", small)
    with pytest.raises(LedgerError, match=r"disk is full.*run the same command again"):
        run(source, output)
    monkeypatch.setattr(Ledger, "_opened", opened)
    run(source, output)
    assert output.read_bytes() == (tmp_path / "calm.jsonl").read_bytes()


def test_no_answer_is_lost_between_the_ledger_and_a_failing_writer(notes, tmp_path, monkeypatch):
    from extractor.batch.writers.jsonl import JsonLinesWriter

    output = tmp_path / "out.jsonl"

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(JsonLinesWriter, "write", full)
        with pytest.raises(OutputError, match="No space left"):
            run(notes, output)
    assert not output.exists()
    assert run(notes, output).counts["unchanged"] == len(NOTES)
    assert len(results(output)) == len(NOTES)
    assert not list(tmp_path.glob(".*staging*"))


def corpus_export(path: Path, copies: int = 1) -> Path:
    files = sorted(CORPUS.glob("b0[1-3]/*.txt"))
    notes = {f"{file.parent.name}-{file.stem}-{copy}": file.read_text() + "\n" * copy for copy in range(copies) for file in files}
    return export(path, notes)


def start(source: Path, output: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "extractor", "batch", str(source), "--output", str(output), "--workers", "2", "-q"]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX systems")
def test_killed_at_any_moment_the_next_run_ends_with_the_same_output(tmp_path):
    source = corpus_export(tmp_path / "in.jsonl")
    run(source, tmp_path / "calm.jsonl")
    output = tmp_path / "out.jsonl"
    dice = random.Random(7)
    kills = 0
    while kills < 6:
        process = start(source, output)
        time.sleep(dice.uniform(0.3, 4.0))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        if output.exists():
            assert output.read_bytes() == (tmp_path / "calm.jsonl").read_bytes()
    assert start(source, output).wait() == 0
    assert kills > 0
    assert output.read_bytes() == (tmp_path / "calm.jsonl").read_bytes()
    assert sqlite3.connect(ledger_path(output)).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    states = {line.state for line in read_status(output).runs}
    assert states <= {"done", "interrupted"}


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is a matter of POSIX systems")
def test_a_stop_by_the_scheduler_is_orderly(tmp_path):
    source = corpus_export(tmp_path / "in.jsonl", copies=4)
    output = tmp_path / "out.jsonl"
    process = start(source, output)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.2)
        if ledger_path(output).exists() and _done(output):
            break
    process.terminate()
    assert process.wait(20) == 130
    assert read_status(output).runs[0].state == "stopped"
    assert not output.exists()


def _done(output: Path) -> int:
    try:
        return read_status(output).notes
    except (LedgerError, sqlite3.Error):
        return 0  # the ledger is being made


def test_an_input_is_never_overwritten(notes, tmp_path):
    before = notes.read_bytes()
    with pytest.raises(OutputError, match="this is an input"):
        run(notes, notes)
    assert notes.read_bytes() == before


def test_no_part_of_an_output_takes_the_place_of_an_input(tmp_path):
    source = export(tmp_path / "out.quarantine.jsonl", {"a": NOTES[0]})
    before = source.read_bytes()
    with pytest.raises(OutputError, match="this is an input"):
        run(source, tmp_path / "out.jsonl")
    assert source.read_bytes() == before


@pytest.mark.parametrize("inside", [True, False], ids=["the notes' folder", "another folder"])
def test_a_folder_of_other_things_is_never_replaced_by_a_folder_of_annotations(tmp_path, inside):
    folder = tmp_path / "kept.brat"
    folder.mkdir()
    (folder / "a.txt").write_text(NOTES[0])
    source = folder if inside else export(tmp_path / "in.jsonl", {"a": NOTES[0]})
    with pytest.raises(OutputError, match="would replace"):
        run(source, folder)
    assert [file.name for file in folder.iterdir()] == ["a.txt"]


def test_a_folder_that_stands_where_a_file_belongs_is_told_before_anything_is_read(notes, tmp_path):
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(OutputError, match="this is a folder"):
        run(notes, tmp_path / "out.jsonl")
    assert not ledger_path(tmp_path / "out.jsonl").exists()


def test_the_same_output_in_another_format_is_written_anew(notes, tmp_path):
    output = tmp_path / "out.csv"
    run(notes, output)
    run(notes, output, format="parquet")
    assert output.read_bytes().startswith(b"PAR1")


def test_a_format_that_needs_the_texts_reads_again_what_was_done_without_them(notes, tmp_path):
    run(notes, tmp_path / "out.jsonl")
    run(notes, tmp_path / "out.jsonl", format="doccano.jsonl")
    assert [found["text"] for found in results(tmp_path / "out.jsonl")] == NOTES


def test_a_clash_names_the_place_of_the_other_note(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"note_id": "a", "text": text}) + "\n" for text in NOTES[:2]))
    run(source, tmp_path / "out.jsonl")
    [entry] = read_status(tmp_path / "out.jsonl").quarantine
    assert (entry["source"], f"({source}:1)" in entry["reason"]) == (f"{source}:2", True)


def test_the_same_note_in_two_formats_is_one_note(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text(f'note_id,text\na,"{NOTES[0]}"\n')
    resource = tmp_path / "b.ndjson"
    attachment = {"contentType": "text/plain", "data": base64.b64encode(NOTES[0].encode()).decode()}
    resource.write_text(json.dumps({"resourceType": "DocumentReference", "id": "a", "content": [{"attachment": attachment}]}))
    summary = run_batch([table, resource], tmp_path / "out.jsonl", RunOptions(workers=1))
    assert (summary.counts["new"], summary.counts["repeated"], summary.counts["quarantined"]) == (1, 1, 0)


@pytest.mark.parametrize(("alive", "state"), [(True, "running"), (False, "interrupted")])
def test_the_status_tells_a_run_that_goes_on_from_one_that_was_killed(notes, tmp_path, alive, state):
    output = tmp_path / "out.jsonl"
    run(notes, output)
    ledger = Ledger(ledger_path(output))
    ledger.begin_run("2026-01-02T02:00:00+00:00", "1")
    ledger.close()
    with OutputLock(lock_path(output), output) if alive else contextlib.nullcontext():
        assert [line.state for line in read_status(output).runs] == [state, "done"]
