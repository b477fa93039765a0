"""The notes of an audit from a finished batch."""

from __future__ import annotations

import gzip
import sqlite3

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from extractor.audit.notes import is_finished_batch, read_results
from extractor.intake import IntakeError
from tests.coding.claims.build import DAY, THREE, result

READ = result(THREE).model_copy(update={"patient_id": "P1", "provider_id": "A"})
DOCUMENT = READ.model_dump_json()
WITH_TEXT = READ.model_copy(update={"text": THREE + "\u2028end"}).model_dump_json()


def jsonl(path):
    path.write_text(DOCUMENT + "\n\n" + WITH_TEXT + "\n", encoding="utf-8")


def table(path):
    pq.write_table(pa.table({"note_id": ["a", "b"], "json": [DOCUMENT, WITH_TEXT]}), path)


def in_duckdb(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE results (note_id VARCHAR, json VARCHAR)")
        connection.executemany("INSERT INTO results VALUES (?, ?)", [["a", DOCUMENT], ["b", WITH_TEXT]])


def in_sqlite(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE results (note_id TEXT, json TEXT)")
        connection.executemany("INSERT INTO results VALUES (?, ?)", [("a", DOCUMENT), ("b", WITH_TEXT)])
    connection.close()


OUTPUTS = {
    "out.jsonl": jsonl, "out.parquet": table, "out.duckdb": in_duckdb, "out.sqlite": in_sqlite,
    "out.jsonl.gz": lambda path: path.write_bytes(gzip.compress(f"{DOCUMENT}\n{WITH_TEXT}".encode())),
    "out.jsonl.zst": lambda path: path.write_bytes(zstandard.compress(f"{DOCUMENT}\n{WITH_TEXT}".encode())),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_that_keeps_the_document(tmp_path, name):
    OUTPUTS[name](tmp_path / name)
    assert is_finished_batch(tmp_path / name)
    found = read_results(tmp_path / name)
    assert [note.result.decision.code for note in found.notes] == ["20553", "20553"] and found.unreadable == []
    first, second = found.notes
    assert (first.patient_id, first.provider_id, first.text, second.text) == ("P1", "A", None, THREE + "\u2028end")
    assert first.result.date_of_service == DAY and first.source.startswith(name)


NO_BATCH = {"notes.jsonl": b'{"note_id": "n", "text": "TPI"}\n', "note.txt": b"Trigger point injections.", "empty": b""}


@pytest.mark.parametrize("name", NO_BATCH)
def test_notes_that_are_still_to_be_read_are_no_finished_batch(tmp_path, name):
    (tmp_path / name).write_bytes(NO_BATCH[name])
    assert not is_finished_batch(tmp_path / name)
    with pytest.raises(IntakeError, match="no result of tpi batch"):
        read_results(tmp_path / name)


def test_a_damaged_line_is_told(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text(DOCUMENT[:300] + "\n" + DOCUMENT + "\n", encoding="utf-8")
    found = read_results(path)
    assert len(found.notes) == 1 and found.unreadable == ["out.jsonl:1: this is no result of tpi batch."]
