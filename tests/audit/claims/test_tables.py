"""Claim tables: whatever they are kept in and however their columns are called, the lines are the same."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from extractor.audit.claims import ClaimsError, read_claims
from extractor.audit.claims.base import CellError, icd10, parse_amount, parse_date, parse_list, parse_modifiers

HEADER = "claim_id,line,patient_id,date_of_service,provider_id,payer,code,units,modifiers,diagnoses,charge,allowed,paid"
ROW = "C1,1,MRN-7,2024-03-14,1234567893,Noridian,20553,1,59 RT,M79.18;M62.838,150.00,62.11,49.69"
EXPECTED = {
    "claim_id": "C1", "line": 1, "patient_id": "MRN-7", "date_of_service": date(2024, 3, 14), "provider_id": "1234567893",
    "payer": "Noridian", "code": "20553", "units": Decimal(1), "modifiers": ["59", "RT"], "diagnoses": ["M79.18", "M62.838"],
    "charge": Decimal("150.00"), "allowed": Decimal("62.11"), "paid": Decimal("49.69"),
}  # fmt: skip


def content(line):
    return {name: value for name, value in line.model_dump().items() if name in EXPECTED}


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.fixture
def table():
    names = HEADER.split(",")
    return dict(zip(names, ROW.split(","), strict=True))


PLAIN = f"{HEADER}\n{ROW}\n"
FILES = {
    "comma": PLAIN,
    "byte order mark and CRLF": "\ufeff" + PLAIN.replace("\n", "\r\n"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "UTF-16": PLAIN.encode("utf-16"),
    "gzip": gzip.compress(PLAIN.encode()),
    "Zstandard": zstandard.compress(PLAIN.encode()),
    "empty rows": f"\n{HEADER}\n{',' * 12}\n{ROW}\n\n",
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_delimited_text_is_read_by_its_content(tmp_path, data):
    file = read_claims(write(tmp_path / "export.dat", data))
    assert [content(line) for line in file.lines] == [EXPECTED]
    assert file.unreadable == []


def test_windows_1252_is_read(tmp_path):
    data = (PLAIN + ROW.replace("Noridian", "Générale") + "\n").encode("cp1252")
    assert read_claims(write(tmp_path / "c.csv", data)).lines[1].payer == "Générale"


def test_parquet_with_typed_columns(tmp_path):
    row = {**EXPECTED, "line": 1, "units": 1.0, "charge": 150.0, "patient_id": "MRN-7"}
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), tmp_path / "claims.parquet")
    assert content(read_claims(tmp_path / "claims.parquet").lines[0]) == EXPECTED


def test_duckdb_by_its_only_table_by_name_and_by_query(tmp_path):
    path = tmp_path / "claims.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE lines AS SELECT * FROM read_csv('{write(tmp_path / 'c.csv', PLAIN)}', all_varchar=true)")
        assert content_of(connection) == 1
    assert content(read_claims(path).lines[0]) == EXPECTED
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE other (x INTEGER)")
    with pytest.raises(ClaimsError, match=r"--table.*lines, other"):
        read_claims(path)
    assert content(read_claims(path, table="lines").lines[0]) == EXPECTED
    assert content(read_claims(path, query="SELECT * FROM lines WHERE code = '20553'").lines[0]) == EXPECTED


def content_of(connection):
    return connection.execute("SELECT count(*) FROM lines").fetchone()[0]


def test_sqlite_and_the_same_file_as_a_database_url(tmp_path, table):
    path = tmp_path / "claims.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE claim_lines ({', '.join(table)})")
        connection.execute("CREATE TABLE patients (id)")
        connection.execute(f"INSERT INTO claim_lines VALUES ({','.join('?' * len(table))})", list(table.values()))
    connection.close()
    assert content(read_claims(path).lines[0]) == EXPECTED  # of two tables, the one that is called claims
    pytest.importorskip("sqlalchemy")
    assert content(read_claims(f"sqlite:///{path}", table="claim_lines").lines[0]) == EXPECTED
    assert content(read_claims(f"sqlite:///{path}", query="SELECT * FROM claim_lines").lines[0]) == EXPECTED


def test_a_database_that_cannot_be_reached_does_not_show_its_password():
    pytest.importorskip("sqlalchemy")
    with pytest.raises(ClaimsError) as error:
        read_claims("sqlite:////no/such/folder/claims.db", table="claims")
    with pytest.raises(ClaimsError) as other:
        read_claims("nosuch://scott:tiger@localhost/claims", table="claims")
    assert "tiger" not in str(other.value) and "\n" not in str(other.value)
    assert "cannot be read" in str(error.value)


def workbook(path, *sheets):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_with_a_title_above_real_dates_and_numbers_for_codes(tmp_path):
    rows = [
        ["Claims of March", None], [None], ["Claim", "MRN", "Service Date", "CPT", "Qty", "Mod 1", "Mod 2", "DX1", "DX2", "Charge Amt"],
        ["C1", 712.0, datetime(2024, 3, 14), 20553.0, 1.0, 59, None, "M79.18", None, 150.5],
        ["C1", 712, 45365, 100, 2, None, None, "M7918", "M62838", "$1,234.50"],
    ]  # fmt: skip
    file = read_claims(workbook(tmp_path / "c.xlsx", ("Notes", [["nothing here"]]), ("Lines", rows)))
    one, two = file.lines
    assert (one.patient_id, one.date_of_service, one.code, one.units, one.modifiers) == ("712", date(2024, 3, 14), "20553", 1, ["59"])
    assert (two.date_of_service, two.code, two.diagnoses, two.charge) == (date(2024, 3, 14), "00100", ["M79.18", "M62.838"], Decimal("1234.50"))
    assert one.source == "c.xlsx[Lines]:4"


def test_excel_names_its_sheets_where_the_asked_one_is_missing(tmp_path):
    path = workbook(tmp_path / "c.xlsx", ("One", [["code"]]), ("Two", []))
    with pytest.raises(ClaimsError, match="no sheet 'Three'; there are One, Two"):
        read_claims(path, table="Three")


ALIASES = [
    "CPT,MRN,DOS", "HCPCS,PATIENT_ID,SERVICE_DATE", "PROC_CODE,MemberID,From Date", "Procedure Code,Patient MRN,Date of Service",
    "proc_cd,bene_id,clm_from_dt", "NOTE_ID,CPT Code,Units",
]  # fmt: skip


@pytest.mark.parametrize("header", ALIASES)
def test_usual_names_of_columns_are_known(tmp_path, header):
    values = {"CPT": "20552", "HCPCS": "20552", "PROC_CODE": "20552", "Procedure Code": "20552", "proc_cd": "20552", "CPT Code": "20552",
              "DOS": "3/14/2024", "SERVICE_DATE": "20240314", "From Date": "14-MAR-2024", "Date of Service": "2024-03-14 00:00:00",
              "clm_from_dt": "03/14/24", "Units": "1"}  # fmt: skip
    row = ",".join(values.get(name, "X1") for name in header.split(","))
    line = read_claims(write(tmp_path / "c.csv", f"{header}\n{row}\n")).lines[0]
    assert line.code == "20552"
    assert line.note_id == "X1" or (line.patient_id == "X1" and line.date_of_service == date(2024, 3, 14))


def test_numbered_columns_and_pointers(tmp_path):
    data = "CPT,MRN,DOS,MODIFIER1,MODIFIER2,MODIFIER3,MODIFIER4,DX1,DX2,DX3,DX_POINTER\n20553,1,2024-03-14,25,,xs,,M79.18,M54.2,M62.830,\"C,A\"\n"
    line = read_claims(write(tmp_path / "c.csv", data)).lines[0]
    assert (line.modifiers, line.diagnoses) == (["25", "XS"], ["M62.830", "M79.18"])


def test_modifiers_that_are_written_behind_the_code(tmp_path):
    data = "note_id,code,modifiers\nn,20553-59,RT\nn,20553-59-LT,\nn,20553,\n"
    lines = read_claims(write(tmp_path / "c.csv", data)).lines
    assert [(line.code, line.modifiers) for line in lines] == [("20553", ["59", "RT"]), ("20553", ["59", "LT"]), ("20553", [])]


def test_the_users_own_columns(tmp_path):
    path = write(tmp_path / "c.csv", "svc,who,day,m_a,m_b\n20553,7,2024-03-14,59,RT\n")
    line = read_claims(path, {"code": "svc", "patient_id": "who", "date_of_service": "day", "modifiers": "m_a,m_b"}).lines[0]
    assert (line.code, line.patient_id, line.modifiers) == ("20553", "7", ["59", "RT"])


WRONG = [
    ("code,units\n20553,1\n", {}, "patient_id and date_of_service"),
    ("patient_id,date_of_service,units\n1,2024-03-14,1\n", {}, "procedure code"),
    ("code,note_id\n20553,1\n", {"code": "CPTS"}, "no column 'CPTS'"),
    ("code,note_id\n20553,1\n", {"cpt": "code"}, "no such field"),
    ("", {}, "empty"),
    ("%PDF-1.7", {}, "PDF"),
]


@pytest.mark.parametrize(("data", "mapping", "said"), WRONG)
def test_what_is_no_claim_table_is_refused_in_one_line(tmp_path, data, mapping, said):
    with pytest.raises(ClaimsError, match=said) as error:
        read_claims(write(tmp_path / "c.csv", data), mapping)
    assert "\n" not in str(error.value)


def test_a_first_row_of_data_is_not_repeated_in_the_message(tmp_path):
    with pytest.raises(ClaimsError) as error:
        read_claims(write(tmp_path / "c.csv", "Hortensia Quux,1950-02-03,20553\n"))
    assert "Hortensia" not in str(error.value) and "first row" in str(error.value)


ROWS = [
    (",1,2024-03-14,1,,,", "no procedure code"),
    ("20553,1,yesterday,1,,,", "the date of service is no date"),
    ("20553,1,2024-02-30,1,,,", "the date of service is no date"),
    ("20553,1,2024-03-14,many,,,", "the number of units is no number"),
    ("20553,1,2024-03-14,-1,,,", "the number of units is negative"),
    ("20553,1,2024-03-14,1,LEFT SIDE,,", "a modifier has other than two characters"),
    ("20553,1,2024-03-14,1,,,twelve", "the charge is no amount"),
    ("trigger point,1,2024-03-14,1,,,", "the procedure code is no CPT"),
]


@pytest.mark.parametrize(("row", "said"), ROWS)
def test_a_row_that_cannot_be_read_is_told_with_its_place_and_the_others_are_read(tmp_path, row, said):
    data = f"code,patient_id,date_of_service,units,modifiers,diagnoses,charge\n{row}\n20552,2,2024-03-15,1,,,\n"
    file = read_claims(write(tmp_path / "c.csv", data))
    assert [line.code for line in file.lines] == ["20552"]
    assert len(file.unreadable) == 1 and file.unreadable[0].startswith("c.csv:2: ") and said in file.unreadable[0]
    assert "yesterday" not in file.unreadable[0]


def test_a_replaced_and_a_void_claim_do_not_count(tmp_path):
    data = ("claim_id,frequency_code,patient_id,dos,code\nA,1,7,2024-03-14,20553\nA,7,7,2024-03-14,20552\n"
            "B,1,7,2024-04-14,20553\nB,8,7,2024-04-14,20553\nC,1,7,2024-05-14,20553\n")  # fmt: skip
    file = read_claims(write(tmp_path / "c.csv", data))
    assert [(line.claim_id, line.code) for line in file.lines] == [("A", "20552"), ("C", "20553")]
    assert [("A" in said, "void" in said) for said in file.unreadable] == [(True, False), (False, True)]


def test_a_folder_is_read_file_by_file_and_what_is_no_claim_is_told(tmp_path):
    write(tmp_path / "a.csv", PLAIN)
    write(tmp_path / "b.csv", PLAIN.replace("C1", "C2"))
    write(tmp_path / "readme.txt", "Exports of the week")
    file = read_claims(tmp_path)
    assert [line.claim_id for line in file.lines] == ["C1", "C2"]
    assert len(file.unreadable) == 1 and file.unreadable[0].startswith("readme.txt")


AMOUNTS = [("1,234.50", "1234.50"), ("$12", "12"), ("(12.00)", "-12.00"), ("12.00-", "-12.00"), (-3.1, "-3.1"), ("", None), ("0", "0"), (0.1 + 0.2, "0.3")]


@pytest.mark.parametrize(("text", "amount"), AMOUNTS)
def test_amounts(text, amount):
    assert parse_amount(text, "x") == (None if amount is None else Decimal(amount))


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_dates_are_read_in_every_way_that_exports_write_them(day):
    for pattern in ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d-%b-%Y", "%d%b%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000Z", "%d%b%Y:00:00:00"):
        assert parse_date(day.strftime(pattern)) == day
    assert parse_date(str(int(f"{day:%m}")) + f"/{day.day}/{day.year}") == day


@given(st.text(max_size=12))
def test_a_date_is_read_or_refused_without_repeating_it(text):
    try:
        assert parse_date(text) is None or isinstance(parse_date(text), date)
    except CellError as error:
        assert str(error) == "the date of service is no date (write it as YYYY-MM-DD)"


@given(st.lists(st.sampled_from(["25", "59", "XS", "LT", "RT", "JW"]), max_size=4, unique=True), st.sampled_from([" ", ",", ";", "|", ", ", ""]))
def test_modifiers_are_split_at_any_separator(modifiers, separator):
    assert parse_modifiers(separator.join(modifiers)) == modifiers


def test_lists_and_diagnoses():
    assert parse_list(["m79.18", None, "M54.2 , x"]) == ["M79.18", "M54.2", "X"]
    assert [icd10(code) for code in ("M7918", "m79.18", "M62", "4779", "F1120")] == ["M79.18", "M79.18", "M62", "4779", "F11.20"]
