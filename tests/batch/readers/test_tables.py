"""Parquet, SQLite and DuckDB."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from extractor.batch.notes import SourceNote
from extractor.batch.readers import count_notes
from extractor.intake import IntakeError
from tests.batch.readers.notes import HEADER, gz, read, split, sqlite_file, texts

DAY = date(2024, 3, 14)
ROWS = [("1", "P1", "2024-03-14", "D1", "One.\n½"), ("2", None, None, None, "Two 🩺")]


def parquet_file(path, columns, **options):
    parquet.write_table(pa.table(columns), path, **options)
    return path


def duckdb_file(path, *statements):
    with duckdb.connect(str(path)) as database:
        for statement in statements:
            database.execute(*statement) if isinstance(statement, tuple) else database.execute(statement)
    return path


def as_parquet(path, rows):
    return parquet_file(path, {name: pa.array([row[index] for row in rows], pa.string()) for index, name in enumerate(HEADER)})


def as_duckdb(path, rows):
    with duckdb.connect(str(path)) as database:
        database.execute(f"CREATE TABLE notes ({', '.join(f'{name} VARCHAR' for name in HEADER)})")
        database.executemany("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", rows)
    return path


MAKERS = {"parquet": as_parquet, "sqlite": sqlite_file, "duckdb": as_duckdb}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_all_fields_of_a_row_are_read_under_any_name(tmp_path, make):
    first, second = read(make(tmp_path / "export.bin", ROWS))
    assert (first.note_id, first.patient_id, first.date_of_service, first.provider_id, first.text) == ("1", "P1", DAY, "D1", "One.\n½")
    assert (second.note_id, second.patient_id, second.date_of_service, second.text) == ("2", None, None, "Two 🩺")
    assert first.source.endswith("export.bin#1")
    assert count_notes([tmp_path / "export.bin"]) == 2


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_packed_tables_are_read_by_way_of_the_run_s_own_folder(tmp_path, make):
    packed = tmp_path / "export.gz"
    packed.write_bytes(gz(make(tmp_path / "export", ROWS).read_bytes()))
    (tmp_path / "out").mkdir()
    assert list(texts(packed, scratch=tmp_path / "out")) == ["1", "2"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_packed_parquet_file_needs_no_folder_and_a_packed_database_says_so(tmp_path):
    for name, make in MAKERS.items():
        (tmp_path / f"{name}.gz").write_bytes(gz(make(tmp_path / name, ROWS).read_bytes()))
    assert list(texts(tmp_path / "parquet.gz")) == ["1", "2"]
    with pytest.raises(IntakeError, match="Unpack it, and give the file"):
        read(tmp_path / "sqlite.gz")


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("part", [0.4, 0.95])
def test_a_file_that_is_cut_off_says_so(tmp_path, make, part):
    path = make(tmp_path / "export", [(str(n), None, None, None, f"{n} words " * 200) for n in range(3000)])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    try:
        found = read(path)
    except IntakeError as error:
        assert "words" not in str(error)
        return
    notes, reasons = split(found)
    assert reasons
    assert len(notes) < 3000
    assert all(note.text == f"{note.note_id} words " * 200 for note in found if isinstance(note, SourceNote))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(
    st.text("abc09", min_size=1), st.none() | st.text("abc09", min_size=1), st.just("2024-03-14"), st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map("x{}yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".format),
), min_size=1, max_size=5), st.sampled_from(sorted(MAKERS)))  # fmt: skip
def test_what_is_written_is_read(tmp_path_factory, rows, kind):
    path = MAKERS[kind](tmp_path_factory.mktemp("table") / "export", rows)
    found = read(path)
    assert [(note.note_id, note.patient_id, str(note.date_of_service), note.provider_id, note.text) for note in found] == rows


# --- Parquet ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_every_way_to_keep_text_in_parquet_is_read(tmp_path, kind):
    texts_ = pa.array(["One ½", "Two"]).cast(pa.binary()).cast(kind) if kind == pa.binary() else pa.array(["One ½", "Two"]).cast(kind)
    assert list(texts(parquet_file(tmp_path / "x", {"note_id": ["1", "2"], "text": texts_})).values()) == ["One ½", "Two"]


@pytest.mark.parametrize("day", [
    pa.array([DAY]), pa.array([DAY], pa.date64()),
    *(pa.array([datetime(2024, 3, 14, 23, 59)], pa.timestamp(unit)) for unit in ("s", "ms", "us")),
    pa.array([1710460740_000000001], pa.timestamp("ns")),
    pa.array([datetime(2024, 3, 14, 23, 59, tzinfo=UTC)], pa.timestamp("us", "UTC")),
    pa.array([datetime(2024, 3, 15, 3, 59, tzinfo=UTC)], pa.timestamp("us", "America/New_York")),
    pa.array(["03/14/2024"]),
], ids=lambda column: str(column.type))  # fmt: skip
def test_every_way_to_keep_a_date_in_parquet_is_read(tmp_path, day):
    (note,) = read(parquet_file(tmp_path / "x", {"note_id": ["1"], "text": ["T"], "date_of_service": day}))
    assert note.date_of_service == DAY


@pytest.mark.parametrize(("ids", "text"), [
    (pa.array([7]), "7"), (pa.array([7.0]), "7"), (pa.array([Decimal("7.00")]), "7"), (pa.array(["7  "]), "7"), (pa.array([b"7"]), "7"),
    (pa.array([7.5]), "7.5"), (pa.array([float("nan")]), None), (pa.array([None], pa.string()), None),
], ids=str)  # fmt: skip
def test_an_id_is_text_whatever_it_was(tmp_path, ids, text):
    (note,) = read(parquet_file(tmp_path / "x", {"note_id": ids, "text": ["T"]}))
    assert note.note_id == text


def test_text_that_is_no_utf_8_is_read_as_windows_1252(tmp_path):
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xbd mL"], pa.binary()).buffers())
    assert list(texts(parquet_file(tmp_path / "x", {"note_id": ["1"], "text": bad})).values()) == ["½ mL"]


def test_a_damaged_row_group_costs_only_its_rows(tmp_path):
    notes = {"note_id": [str(n) for n in range(900)], "text": [random.randbytes(300).hex() for _ in range(900)]}
    path = parquet_file(tmp_path / "x", notes, row_group_size=300, use_dictionary=False, write_page_checksum=True)
    start = parquet.ParquetFile(path).metadata.row_group(1).column(1).data_page_offset
    data = bytearray(path.read_bytes())
    data[start + 9_000 : start + 9_010] = b"0123456789"
    path.write_bytes(data)
    ids, reasons = split(read(path))
    assert {*map(str, range(300)), *map(str, range(600, 900))} <= set(ids)
    assert reasons == ["rows 301 to 600 cannot be read: this part of the file is damaged. Export or copy it again."]


def test_a_text_column_of_numbers_is_refused(tmp_path):
    with pytest.raises(IntakeError, match="column text holds int64, not text"):
        read(parquet_file(tmp_path / "x", {"note_id": ["1"], "text": [1]}))


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "duckdb"])
def ehr(request, tmp_path):
    """A database with patients, notes and a view."""
    path = tmp_path / "ehr.db"
    statements = [
        "CREATE TABLE patients (pat_id INTEGER, name VARCHAR)",
        'CREATE TABLE "hno text" (note_id INTEGER, pat_id INTEGER, note_text VARCHAR)',
        "INSERT INTO \"hno text\" VALUES (1, 7, 'One'), (2, 7, '50% of ''this'' :note')",
        "INSERT INTO patients VALUES (7, 'Jane')",
    ]
    if request.param == "duckdb":
        return duckdb_file(path, *statements)
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def test_the_only_table_with_notes_is_found(ehr):
    assert texts(ehr) == {"1": "One", "2": "50% of 'this' :note"}


@pytest.mark.parametrize("options", [
    {"table": "hno text"}, {"table": "HNO TEXT"},
    {"query": 'SELECT note_id, note_text FROM "hno text" WHERE note_text LIKE \'%\' ORDER BY 1'},
    {"query": "SELECT n.note_id AS nr, n.note_text AS befund FROM \"hno text\" n JOIN patients USING (pat_id)", "columns": {"note_id": "nr", "text": "befund"}},
])  # fmt: skip
def test_a_table_or_a_query_is_read(ehr, options):
    assert texts(ehr, **options) == {"1": "One", "2": "50% of 'this' :note"}


@pytest.mark.parametrize("options", [{}, {"query": 'SELECT * FROM "hno text"'}])
def test_a_url_of_a_file_is_that_file(ehr, options):
    kind = "sqlite" if ehr.read_bytes()[:6] == b"SQLite" else "duckdb"
    assert list(texts(f"{kind}:///{ehr}", **options)) == ["1", "2"]


@pytest.mark.parametrize(("options", "said"), [
    ({"table": "visits"}, "there is no table visits. Tables found: "),
    ({"table": "patients"}, "table patients: no column holds the note's text. Columns found: pat_id, name."),
    ({"query": "SELECT * FROM visits"}, "--query cannot be read: "),
    ({"query": "SELECT pat_id, name FROM patients"}, "Columns found: pat_id, name."),
    ({"query": 'DELETE FROM "hno text"'}, ""),
    ({"query": "SELEKT"}, "--query cannot be read: "),
])  # fmt: skip
def test_what_cannot_be_read_is_said_and_nothing_is_changed(ehr, options, said):
    before = ehr.read_bytes()
    with pytest.raises(IntakeError) as error:
        read(ehr, **options)
    assert said in str(error.value)
    assert ehr.read_bytes() == before


def test_two_tables_that_could_be_the_notes_are_said(ehr):
    kind = duckdb if ehr.read_bytes()[:6] != b"SQLite" else sqlite3
    database = kind.connect(str(ehr))
    database.execute("CREATE TABLE reports (report_id INTEGER, report_text VARCHAR)")
    database.commit()
    database.close()
    with pytest.raises(IntakeError, match="Choose one: --table"):
        read(ehr)


def test_a_finished_output_is_no_notes(tmp_path):
    with sqlite3.connect(tmp_path / "out.sqlite") as database:
        for table in ("results", "muscles", "drugs", "findings"):
            database.execute(f"CREATE TABLE {table} (note_id, text)")
    with pytest.raises(IntakeError, match="finished output of tpi"):
        read(tmp_path / "out.sqlite")


def test_text_of_sqlite_that_is_no_utf_8_is_read_and_never_quoted(tmp_path):
    with sqlite3.connect(tmp_path / "ehr.db") as database:
        database.execute("CREATE TABLE notes (note_id, text)")
        database.execute("INSERT INTO notes VALUES (1, CAST(x'bd206d4c' AS TEXT)), (2, x'bd206d4c')")
    assert texts(tmp_path / "ehr.db") == {"1": "½ mL", "2": "½ mL"}


def test_an_sqlite_database_in_wal_mode_that_is_in_use_is_read(tmp_path):
    database = sqlite3.connect(tmp_path / "ehr.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE notes (note_id, text)")
    database.execute("INSERT INTO notes VALUES (1, 'One')")
    database.commit()
    assert texts(tmp_path) == {"1": "One"}
    database.close()
