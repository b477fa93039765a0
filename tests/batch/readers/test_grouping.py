"""``--group-by`` and ``--order-by``: one row for each line of a note."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.batch.notes import SourceNote
from extractor.intake import IntakeError
from tests.batch.readers.notes import csv_bytes, gz, read, split, sqlite_file, texts

COLUMNS = ("NOTE_ID", "LINE", "NOTE_TEXT")
BY = {"group_by": "note_id", "order_by": "line"}


@pytest.fixture(params=["memory", "folder"])
def how(request, tmp_path):
    if request.param == "memory":
        return BY
    (tmp_path / "out").mkdir()
    return {**BY, "scratch": tmp_path / "out"}


@pytest.fixture
def export(tmp_path):
    def write(rows, columns=COLUMNS):
        (tmp_path / "export.csv").write_bytes(csv_bytes(rows, columns))
        return tmp_path / "export.csv"

    return write


@pytest.mark.parametrize("rows", [
    pytest.param([("1", "1", "a"), ("1", "2", "b"), ("2", "1", "c")], id="adjacent"),
    pytest.param([("1", "2", "b"), ("1", "1", "a"), ("2", "1", "c")], id="out of order"),
    pytest.param([("1", "1", "a"), ("2", "1", "c"), ("1", "2", "b")], id="scattered"),
    pytest.param([("1", "0", "a"), ("1", "1", "b"), ("2", "0", "c")], id="from 0"),
    pytest.param([("1", "10", "a"), ("1", "20", "b"), ("2", "10", "c")], id="by tens"),
    pytest.param([("1", "1.0", "a"), ("1", "2.0", "b"), ("2", "1.0", "c")], id="as a spreadsheet writes numbers"),
    pytest.param([("1", "1", "a"), ("1", "1", "a"), ("1", "2", "b"), ("2", "1", "c")], id="exported twice"),
    pytest.param([("1", "1a", "a"), ("1", "1b", "b"), ("2", "1a", "c")], id="no numbers"),
])  # fmt: skip
def test_rows_of_one_note_are_one_note(export, how, rows):
    assert texts(export(rows), **how) == {"1": "a\nb", "2": "c"}


def test_lines_are_ordered_as_numbers(export, how):
    lines = [("1", str(number), f"line {number}") for number in sorted(range(1, 31), key=str)]
    assert texts(export(lines), **how) == {"1": "\n".join(f"line {number}" for number in range(1, 31))}


def test_notes_come_in_the_order_of_their_first_rows(export, how):
    rows = [("z", "2", "b"), ("a", "1", "x"), ("z", "1", "a"), ("m", "1", "y")]
    assert list(texts(export(rows), **how)) == ["z", "a", "m"]


def test_without_an_order_lines_stand_as_they_come(export):
    assert texts(export([("1", "9", "b"), ("1", "1", "a")]), group_by="NOTE_ID") == {"1": "b\na"}


def test_an_empty_line_stays(export, how):
    assert texts(export([("1", "1", "a"), ("1", "2", ""), ("1", "3", "b")]), **how) == {"1": "a\n\nb"}


def test_lines_that_keep_their_line_ends_get_no_second(export, how):
    assert texts(export([("1", "1", "a\r\n"), ("1", "2", "b\n"), ("1", "3", "c\n")]), **how) == {"1": "a\r\nb\nc\n"}


def test_a_text_that_a_column_s_width_cut_within_a_word_is_joined_without_line_ends(export, how):
    note = "Injected: the left trapezius and right rhomboid. " * 150
    assert note[1999:2001].isalnum()
    rows = [("1", str(number + 1), note[at : at + 2000]) for number, at in enumerate(range(0, len(note), 2000))]
    assert texts(export(rows), **how) == {"1": note}


def test_lines_that_have_a_column_s_width_by_chance_keep_their_line_ends(export, how):
    rows = [("1", "1", "x" * 255), ("1", "2", "b"), ("2", "1", "short"), ("2", "2", "short")]
    assert texts(export(rows), **how)["1"] == "x" * 255 + "\nb"


@pytest.mark.parametrize(("rows", "said"), [
    ([("1", "1", "a"), ("1", "3", "c")], "line 2 of this note is missing"),
    ([("1", "2", "b"), ("1", "3", "c")], "begins with line 2"),
    ([("1", "10", "a"), ("1", "30", "c")], "line 20 of this note is missing"),
    ([("1", "1", "a"), ("1", "1", "other")], "two different lines 1"),
    ([("1", "1", "a"), ("1", "", "b")], "no line number"),
    ([("1", "1", ""), ("1", "2", "")], "empty"),
    ([("1", "1", "x" * 600_000), ("1", "2", "x" * 600_000)], "1,000,000 characters"),
    ([("1", "1", "a"), ("1", "2", "b", "too many")], "may be part of it"),
])  # fmt: skip
def test_a_note_that_may_not_be_whole_is_none_and_the_others_are_read(export, how, rows, said):
    found = read(export([("0", "1", "first"), *rows, ("9", "1", "last")]), **how)
    notes = {item.note_id: item for item in found if isinstance(item, SourceNote)}
    assert "1" not in notes
    assert "0" in notes
    assert any(said in item.reason for item in found if item.note_id == "1")


def test_the_rows_of_two_patients_are_never_one_note(export, how):
    columns = (*COLUMNS, "PAT_ID")
    found = read(export([("1", "1", "a", "P1"), ("1", "2", "b", "P2"), ("2", "1", "c", "P3")], columns), **how)
    assert "name 2 patients" in found[0].reason
    assert (found[1].note_id, found[1].patient_id) == ("2", "P3")


def test_dates_that_differ_between_the_rows_are_not_taken_and_said(export, how):
    rows = [("1", "1", "a", "2024-01-01"), ("1", "2", "b", "2024-01-02")]
    (note,) = read(export(rows, (*COLUMNS, "CONTACT_DATE")), **how)
    assert note.date_of_service is None
    assert note.warnings == ("the rows of this note give 2 dates of service; none was taken.",)


def test_a_row_without_a_key_is_said(export, how):
    ids, reasons = split(read(export([("2", "1", "b"), ("3", "1", "c"), ("", "1", "a")]), **how))
    assert ids == ["2"]
    assert any("nothing in note_id" in reason for reason in reasons)


def test_of_a_cut_export_the_last_note_is_not_taken_for_whole(tmp_path):
    rows = [(str(note), str(line), f"words {note * line} " * 20) for note in range(400) for line in range(1, 6)]
    (tmp_path / "export.csv.gz").write_bytes(gz(csv_bytes(rows, COLUMNS))[:-30])
    found = read(tmp_path / "export.csv.gz", **BY)
    notes = [item for item in found if isinstance(item, SourceNote)]
    assert len(notes) > 200
    assert all(note.text.count("\n") == 4 for note in notes)
    assert found[-2].note_id == "399"
    assert "cut off" in found[-1].reason


def test_of_a_cut_export_with_scattered_rows_no_note_is_known_to_be_whole(tmp_path):
    rows = [(str(note), str(line), f"words {note * line} " * 20) for line in range(1, 6) for note in range(400)]
    (tmp_path / "export.csv.gz").write_bytes(gz(csv_bytes(rows, COLUMNS))[:-30])
    assert split(read(tmp_path / "export.csv.gz", **BY))[0] == []


def test_rows_of_a_database_are_put_together_too(tmp_path, how):
    path = sqlite_file(tmp_path / "ehr.db", [(1, 10, "j"), (2, 1, "x"), *((1, n, chr(96 + n)) for n in range(1, 10))], COLUMNS)
    assert texts(path, **how) == {"1": "\n".join("abcdefghij"), "2": "x"}


def test_nothing_is_left_in_the_folder_nor_readable_while_it_is_used(export, tmp_path):
    from extractor.batch.readers import ReadOptions, read_notes

    (tmp_path / "out").mkdir()
    notes = read_notes([export([("1", "1", "secret"), ("2", "1", "b")])], ReadOptions(**BY, scratch=tmp_path / "out"))
    next(notes)
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == []
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in (tmp_path / "out").iterdir())
    list(notes)
    assert list((tmp_path / "out").iterdir()) == []


def test_too_many_rows_for_memory_ask_for_a_folder(export, tmp_path, monkeypatch):
    from extractor.batch.readers import grouping

    monkeypatch.setattr(grouping, "MEMORY", 1 << 16)
    path = export([(str(n), "1", "x" * 500) for n in range(2000)])
    with pytest.raises(IntakeError, match="Name a folder"):
        read(path, **BY)
    assert len(texts(path, **BY, scratch=tmp_path)) == 2000


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text("abc09", min_size=1), st.lists(st.text("xyz ,;\"'é", min_size=1).map("w{}".format), min_size=1, max_size=12), min_size=1, max_size=5), st.randoms())
def test_any_order_of_rows_gives_the_same_notes(tmp_path_factory, notes, random):
    rows = [(key, str(number), line) for key, lines in notes.items() for number, line in enumerate(lines, 1)]
    random.shuffle(rows)
    path = tmp_path_factory.mktemp("lines") / "export.csv"
    path.write_bytes(csv_bytes(rows, COLUMNS))
    assert texts(path, **BY) == {key: "\n".join(lines) for key, lines in notes.items()}
