"""The flat tables: the same records, whichever file they are read back from."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from contextlib import closing
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from extractor.batch.notes import Row
from extractor.batch.writers import OutputError, flatten
from extractor.batch.writers.delimited import columns_of, guard, unguard
from extractor.batch.writers.flatten import batches, join_list, split_list
from extractor.batch.writers.reference import reference
from extractor.batch.writers.tables import QUARANTINE, RESULTS, TABLES, Table
from extractor.models import Result

from ...conftest import ROOT
from .build import BROKEN, STAMP, WORDS, batch, corpus_rows, written

Tables = dict[str, list[tuple]]


def expected(rows) -> Tables:
    """What the tables hold, of one batch."""
    tables: Tables = {table.name: [] for table in TABLES}
    for part in batches(iter(rows)):
        for table, records in part:
            tables[table.name] += records
    return tables


def from_parquet(target, files) -> Tables:
    paths = {table.name: files[target.name if table is RESULTS else f"out.{table.name}.parquet"] for table in TABLES}
    return {name: [tuple(record.values()) for record in pq.read_table(path).to_pylist()] for name, path in paths.items()}


def from_duckdb(target, files) -> Tables:
    with closing(duckdb.connect(str(target), read_only=True)) as database:
        return {table.name: database.execute(f"SELECT * FROM {table.name} ORDER BY rowid").fetchall() for table in TABLES}


def from_sqlite(target, files) -> Tables:
    with closing(sqlite3.connect(target)) as database:
        return {
            table.name: [
                tuple(_typed(column.type, cell) for column, cell in zip(table.columns, record, strict=True))
                for record in database.execute(f"SELECT * FROM {table.name} ORDER BY rowid")
            ]
            for table in TABLES
        }


def _typed(type_: str, cell):
    if type_ == "list":
        return split_list(cell)
    if cell is None:
        return None
    return {"date": date.fromisoformat, "boolean": bool, "number": float}.get(type_, lambda value: value)(cell)


READERS = {"parquet": from_parquet, "duckdb": from_duckdb, "sqlite": from_sqlite}


@pytest.mark.parametrize("format_", READERS)
@given(rows=batch())
@limits(max_examples=15, deadline=None)
def test_what_is_written_can_be_read_back_equal(format_, rows, tmp_path_factory):
    target, files, _ = written(tmp_path_factory.mktemp("out"), rows, format_)
    assert READERS[format_](target, files) == expected(rows)


@pytest.mark.parametrize("format_", READERS)
def test_real_results_can_be_read_back_equal(format_, tmp_path):
    rows = [*corpus_rows(), BROKEN]
    target, files, _ = written(tmp_path, rows, format_)
    found = READERS[format_](target, files)
    assert found == expected(rows)
    documents = [record[RESULTS.names.index("json")] for record in found["results"]]
    assert [Result.model_validate_json(text) for text in documents] == [Result.model_validate_json(item.json) for item in corpus_rows()]
    assert all(found[table.name] for table in TABLES), "the corpus must fill every table"


@pytest.mark.parametrize(("format_", "delimiter"), [("csv", ","), ("tsv", "\t")])
@given(rows=batch())
@limits(max_examples=15, deadline=None)
def test_what_a_spreadsheet_gets_can_be_read_back(format_, delimiter, rows, tmp_path_factory):
    """Equal but for nulls, which are empty cells as empty texts are."""
    _, files, _ = written(tmp_path_factory.mktemp("out"), rows, format_)
    tables = expected(rows)
    for table in TABLES:
        path = files[f"out.{format_}" if table is RESULTS else f"out.{table.name}.{format_}"]
        with path.open(encoding="utf-8-sig", newline="") as file:
            heads, *records = csv.reader(file, delimiter=delimiter, strict=True)
        assert heads == columns_of(table)
        assert [tuple(_cell(table, name, cell) for name, cell in zip(heads, record, strict=True)) for record in records] == [
            tuple(_blank(value) for value, name in zip(record, table.names, strict=True) if name in heads) for record in tables[table.name]
        ]
    documents = files["out.documents.jsonl"].read_bytes().split(b"\n")
    assert documents == [*(item.json for item in rows if isinstance(item, Row)), b""]


def _cell(table: Table, name: str, cell: str):
    type_ = next(column.type for column in table.columns if column.name == name)
    if type_ == "list":
        return split_list(unguard(cell))
    if cell == "":
        return None
    read = {"text": unguard, "json": unguard, "integer": int, "number": float, "date": date.fromisoformat, "boolean": {"true": True, "false": False}.get}
    return read[type_](cell)


def _blank(value):
    return None if value == "" else value


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "'=1"])
def test_a_cell_that_a_spreadsheet_would_run_has_an_apostrophe_before_it(cell):
    assert guard(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "left trapezius", "1=1", "2024-03-14", "{}", " x"])
def test_other_cells_stay_as_they_are(cell):
    assert guard(cell) == cell


@given(cell=WORDS)
def test_a_guarded_cell_can_be_read_back(cell):
    assert unguard(guard(cell)) == cell


def test_a_spreadsheet_gets_its_byte_order_mark_and_line_ends(tmp_path):
    data = written(tmp_path, corpus_rows()[:1], "csv").target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfnote_id,")
    assert data.endswith(b"\r\n")


def test_no_cell_is_longer_than_a_spreadsheet_takes(tmp_path):
    csv.field_size_limit(10**9)
    for name, path in written(tmp_path, corpus_rows(), "csv").files.items():
        if name.endswith(".csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                assert max((len(cell) for record in csv.reader(file) for cell in record), default=0) <= 32_767, name


@given(items=st.lists(st.text(min_size=1)))
def test_a_list_in_a_cell_can_be_read_back(items):
    assert split_list(join_list(items)) == items


@pytest.mark.parametrize(("items", "cell"), [([], ""), (["left", "right"], "left;right"), (["a;b", "c\\d"], "a\\;b;c\\\\d")])
def test_a_list_is_joined_by_semicolons(items, cell):
    assert join_list(items) == cell


def test_columns_and_records_match():
    for name, records in flatten.flatten(corpus_rows()[0]).items():
        table = next(table for table in TABLES if table.name == name)
        assert records and all(len(record) == len(table.columns) for record in records), name


def test_a_batch_ends_at_its_notes_and_at_its_bytes(monkeypatch):
    rows = corpus_rows()[:7]
    monkeypatch.setattr(flatten, "NOTES_IN_A_BATCH", 3)
    assert [len({table.name: records for table, records in part}["results"]) for part in batches(iter(rows))] == [3, 3, 1]
    monkeypatch.setattr(flatten, "BYTES_IN_A_BATCH", 1)
    assert [len({table.name: records for table, records in part}.get("results", [])) for part in batches(iter(rows))] == [1] * 7 + [0]


def test_rows_are_taken_as_they_are_needed(tmp_path, monkeypatch):
    """No writer holds more notes than a batch: a row beyond it is asked for only when the batch is written."""
    monkeypatch.setattr(flatten, "NOTES_IN_A_BATCH", 2)
    seen: list[int] = []
    parts = batches(row for number, row in enumerate(corpus_rows()[:5]) if not seen.append(number))
    next(parts)
    assert seen == [0, 1]


def test_the_page_on_the_tables_says_what_they_are():
    page = ROOT / "docs" / "tables.md"
    if os.environ.get("TPI_UPDATE"):
        page.write_text(reference(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == reference()


def test_parquet_carries_descriptions_and_the_stamp(tmp_path):
    schema = pq.read_schema(written(tmp_path, corpus_rows()[:1], "parquet").target)
    assert {field.name: field.metadata[b"description"].decode() for field in schema} == {column.name: column.description for column in RESULTS.columns}
    assert json.loads(schema.metadata[b"tpi_extractor"]) == STAMP.as_dict()
    assert [field.nullable for field in schema] == [not column.required for column in RESULTS.columns]


@pytest.mark.parametrize("format_", ["duckdb", "sqlite"])
def test_two_notes_with_one_id_are_refused_with_the_id(format_, tmp_path):
    first, second = corpus_rows()[:2]
    with pytest.raises(OutputError, match=first.note_id):
        written(tmp_path, [first, second, first], format_)


@pytest.mark.parametrize("format_", ["duckdb", "sqlite"])
def test_two_notes_with_one_id_are_refused_in_different_batches_too(format_, tmp_path, monkeypatch):
    monkeypatch.setattr(flatten, "NOTES_IN_A_BATCH", 1)
    first, second = corpus_rows()[:2]
    with pytest.raises(OutputError, match=first.note_id):
        written(tmp_path, [first, second, first], format_)


def test_quarantined_notes_are_numbered_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(flatten, "NOTES_IN_A_BATCH", 1)
    target, files, _ = written(tmp_path, [BROKEN, BROKEN], "sqlite")
    assert [record[0] for record in from_sqlite(target, files)[QUARANTINE.name]] == [1, 2]
