"""CSV and TSV: columns by name, encodings, and rows that are broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.batch.notes import SourceNote
from extractor.intake import IntakeError
from tests.batch.readers.notes import HEADER, csv_bytes, read, split, texts

NOTE = 'Left trapezius; "twitch",\nthen right.\r\n½ mL — each'


@pytest.fixture
def table(tmp_path):
    def write(data: bytes | str, name: str = "export.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def test_all_fields_of_a_row_are_read(table):
    (note,) = read(table(csv_bytes([("N1", "P1", "03/14/2024", "D1", NOTE)])))
    assert (note.note_id, note.patient_id, str(note.date_of_service), note.provider_id, note.text) == ("N1", "P1", "2024-03-14", "D1", NOTE)
    assert note.source.endswith("export.csv:2")


@pytest.mark.parametrize(("header", "row"), [
    pytest.param("NOTE_ID,PAT_ID,CONTACT_DATE,NOTE_TEXT", "1,2,03/14/2024,T", id="Epic Clarity"),
    pytest.param("note_id,person_id,note_date,note_text", "1,2,2024-03-14,T", id="OMOP"),
    pytest.param("ROW_ID,SUBJECT_ID,CHARTDATE,TEXT", "1,2,2024-03-14,T", id="MIMIC-III"),
    pytest.param("Note ID,MRN,Date of Service,Note Text", "1,2,14-MAR-2024,T", id="with blanks"),
    pytest.param("TIUDocumentSID,PatientSID,ReferenceDateTime,ReportText", "1,2,2024-03-14 09:30:00.000,T", id="VA"),
])  # fmt: skip
def test_the_usual_names_of_columns_are_known(table, header, row):
    (note,) = read(table(f"{header}\n{row}\n"))
    assert (note.note_id, note.patient_id, str(note.date_of_service), note.text) == ("1", "2", "2024-03-14", "T")


def test_a_map_names_columns_that_are_not_known(table):
    path = table("Nr,Befund\n7,Text\n")
    assert texts(path, columns={"text": "befund", "note_id": "Nr"}) == {"7": "Text"}


def test_a_map_makes_a_table_of_a_text_file(table):
    assert texts(table("Nr|Befund\n7|Text\n", "export.txt"), columns={"text": "Befund", "note_id": "Nr"}) == {"7": "Text"}


@pytest.mark.parametrize(("data", "options", "said"), [
    ("ID,Befund\n1,x\n", {}, "no column holds the note's text. Columns found: ID, Befund. Say which one it is: --map text=COLUMN."),
    ("ID,Befund\n1,x\n", {"columns": {"text": "Bfund"}}, "--map: there is no column Bfund. Columns found: ID, Befund."),
    ("note_id,NOTE_TEXT,REPORT_TEXT\n1,x,y\n", {}, "columns NOTE_TEXT, REPORT_TEXT could each be the note's text"),
    ("note_id,text,text\n1,x,y\n", {}, "column text is there 2 times"),
    ("note_id,LINE,text\n1,1,x\n", {}, "Add --group-by note_id --order-by LINE"),
    ("note_id,text\n1,x\n", {"group_by": "visit"}, "--group-by: there is no column visit"),
    ("", {}, "empty"),
])  # fmt: skip
def test_columns_that_are_missing_or_ambiguous_are_said(table, data, options, said):
    with pytest.raises(IntakeError) as error:
        read(table(data), **options)
    assert said in str(error.value)


def test_a_column_that_only_looks_like_a_line_number_can_be_named_so(table):
    assert texts(table("note_id,LINE,text\n1,1,x\n"), columns={"line": ""}) == {"1": "x"}


def test_a_first_row_that_may_be_a_patient_is_not_quoted(table):
    with pytest.raises(IntakeError) as error:
        read(table('4711,"Miller, Jane",03/14/1961,"Left trapezius injected."\n'))
    assert not any(word in str(error.value) for word in ("Miller", "trapezius", "1961", "4711"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encodings_and_delimiters_are_told_by_content(table, encoding, delimiter):
    path = table(csv_bytes([("1", "", "", "", NOTE)], delimiter=delimiter, encoding=encoding), "export.txt")
    assert texts(path) == {"1": NOTE}


def test_rows_of_two_encodings_in_one_file_are_each_read_in_theirs(table):
    data = csv_bytes([("1", "", "", "", "½ mL")]) + "2,,,,½ mL\r\n".encode("cp1252")
    assert texts(table(data)) == {"1": "½ mL", "2": "½ mL"}


def test_bytes_that_no_encoding_knows_are_said(table):
    (note,) = read(table(b"note_id,text\n1,dose \x81 given\n"))
    assert note.text == "dose \ufffd given"
    assert note.warnings == ("1 byte is no character in cp1252; U+FFFD stands in the text instead.",)


def test_excel_s_first_line_is_no_header(table):
    assert texts(table("sep=;\r\nnote_id;text\r\n1;x\r\n")) == {"1": "x"}


def test_a_very_long_field_is_read(table):
    assert texts(table(csv_bytes([("1", "", "", "", "word " * 180_000)])))["1"] == "word " * 180_000


def test_a_note_that_is_too_long_is_said_with_its_row_and_id(table):
    found = read(table(csv_bytes([("1", "", "", "", "x" * 1_000_001), ("2", "", "", "", "short")])))
    assert (found[0].note_id, found[0].source[-5:]) == ("1", "csv:2")
    assert "1,000,000 characters" in found[0].reason
    assert found[1].note_id == "2"


@pytest.mark.parametrize("nothing", ["", "NULL", "\\N"])
def test_a_row_without_text_is_said(table, nothing):
    ids, reasons = split(read(table(f"note_id,text\n1,{nothing}\n2,x\n")))
    assert ids == ["2"]
    assert reasons == ["the row has no text. Export it again, or leave it out."]


@pytest.mark.parametrize(("data", "ids", "refused"), [
    pytest.param("note_id,text\n1,first half\nsecond half\n2,whole\n", ["2"], 2, id="a text cut at its line end"),
    pytest.param('note_id,text\n1,first half\n"quoted" second half\n2,whole\n', ["2"], 2, id="the rest begins with a quote"),
    pytest.param('note_id,text\n1,"whole"\nstray\n2,whole\n', ["1", "2"], 1, id="a quoted text is whole"),
    pytest.param("note_id,text,patient_id\n1,first\nhalf,P\n2,whole,P\n", ["2"], 2, id="text in the middle, cut"),
    pytest.param("note_id,text,patient_id\n1,first\nhalf, of,P\n2,a,P\n3,b,P\n", ["2", "3"], 2, id="whose rest looks like a row"),
    pytest.param("note_id,text\n1,a, b\n2,whole\n", ["2"], 1, id="a delimiter in the text"),
    pytest.param("note_id,text\n1,a,,\n2,whole,\n", ["1", "2"], 0, id="delimiters at the end"),
    pytest.param('note_id,text\n1,"a 1.5" needle"\n2,whole\n', ["2"], 1, id="a quote that is not doubled"),
    pytest.param('note_id,text\n1,"never closed\n2,whole\n3,whole\n', ["2", "3"], 1, id="a quote that is never closed"),
    pytest.param('note_id,text\n1,"never closed\n2,"whole"\n3,"whole"\n', ["2", "3"], 1, id="a quote that closes in the next row"),
    pytest.param("note_id,text\n1,a\n\n\n2,b\n\n", ["1", "2"], 0, id="blank lines"),
    pytest.param('note_id\ttext\n1\ta 1.5" needle\n2\tb\n', ["1", "2"], 0, id="an inch in a text without quotes"),
])  # fmt: skip
def test_a_broken_row_costs_itself_and_never_half_a_note(table, data, ids, refused):
    found = read(table(data, "export.tsv" if "\t" in data else "export.csv"))
    got, reasons = split(found)
    assert (got, len(reasons)) == (ids, refused)
    assert all("half" not in reason for reason in reasons)


def test_an_endless_line_is_said_and_ends_the_file(table):
    data = b'note_id,text\n1,"whole"\n2,"' + b"x" * (17 << 20)
    ids, reasons = split(read(table(data)))
    assert ids == ["1"]
    assert "the rest of the file was not read" in reasons[-1]


_IDS = st.text("abcXYZ019-_/.é", min_size=1, max_size=12)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60).map("x{}y".format)
_ODD = st.sampled_from(['"', '""', "a\rb", "a\r\nb", "\n", "\t,;|", "\0", "\ufeff", "🩺", "NULL", "\\N", "=1+1", "'", "\x85\u2028", "\\\""]).map("n{}".format)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_IDS, _IDS, st.just("2024-03-14"), _IDS, _TEXTS | _ODD), min_size=1, max_size=6), st.sampled_from(",\t;|"))
def test_what_is_written_is_read(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("csv") / "export.csv"
    path.write_bytes(csv_bytes(rows, HEADER, delimiter))
    found = read(path)
    assert all(isinstance(note, SourceNote) for note in found), found
    assert [(note.note_id, note.patient_id, str(note.date_of_service), note.provider_id, note.text) for note in found] == rows


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("csv") / "export.csv"
    path.write_bytes(b"note_id,text\n" + data)
    for note in read(path, path):
        assert note.source
