"""The reader of typed tables: what it accepts, and what it says about the rest."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from extractor.lexicon import LexiconError, read_table
from extractor.lexicon.tables import read_located


class Row(NamedTuple):
    name: str
    kind: Literal["a", "b"]
    count: int | None
    share: float
    parts: tuple[str, ...]
    active: bool
    since: date | None = None
    note: str = ""


class Pair(NamedTuple):
    KEY = ("form", "sense")

    form: str
    sense: str
    text: str


HEADER = "name\tkind\tcount\tshare\tparts\tactive\tsince\tnote"


@pytest.fixture
def table(tmp_path: Path):
    def write(text: str, name: str = "things.tsv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_cells_become_the_types_of_the_row(table):
    path = table(f"# a comment\n{HEADER}\n\none\ta\t3\t0.5\tx|y\tyes\t2024-03-14\tfree text\ntwo\tb\t\t1\t\tno\t\t\n")
    assert read_table(path, Row) == (
        Row("one", "a", 3, 0.5, ("x", "y"), True, date(2024, 3, 14), "free text"),
        Row("two", "b", None, 1.0, (), False, None, ""),
    )


def test_columns_may_stand_in_any_order_and_optional_ones_may_be_left_out(table):
    path = table("kind\tname\tshare\tcount\tactive\tparts\nb\tone\t2\t\tno\t\n")
    assert read_table(path, Row) == (Row("one", "b", None, 2.0, (), False),)


def test_windows_line_ends_a_byte_order_mark_and_stripped_tabs_are_read(table):
    path = table(f"\ufeff{HEADER}\r\none\ta\t\t1\t\tyes\r\n")
    assert read_table(path, Row) == (Row("one", "a", None, 1.0, (), True),)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("name\tkind\n", 1, "count", "missing"),
        (f"{HEADER}\textra\n", 1, "extra", "Unknown column"),
        (f"{HEADER}\tnote\n", 1, "note", "twice"),
        (f"{HEADER}\none\tc\t\t1\t\tyes\n", 2, "kind", "'c' is none of a, b"),
        (f"{HEADER}\n# comment\none\ta\tx\t1\t\tyes\n", 3, "count", "not a whole number"),
        (f"{HEADER}\none\ta\t1\tx\t\tyes\n", 2, "share", "not a number"),
        (f"{HEADER}\none\ta\t1\t\t\tyes\n", 2, "share", "empty"),
        (f"{HEADER}\none\ta\t1\t1\t\tmaybe\n", 2, "active", "neither yes nor no"),
        (f"{HEADER}\none\ta\t1\t1\t\tyes\t14.3.2024\n", 2, "since", "not a date"),
        (f"{HEADER}\none\ta\t1\t1\t\tyes\t\t\tmore\n", 2, None, "9 cells where the header has 8"),
        ("# only a comment\n", None, None, "no header"),
    ],
)
def test_what_cannot_be_read_is_named_with_file_line_and_column(table, text, line, column, words):
    path = table(text)
    with pytest.raises(LexiconError) as caught:
        read_table(path, Row)
    assert (caught.value.file, caught.value.line, caught.value.column) == (path, line, column)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_utf8_or_not_there_is_an_error(tmp_path):
    path = tmp_path / "things.tsv"
    with pytest.raises(LexiconError, match="no such table"):
        read_table(path, Row)
    path.write_bytes(HEADER.encode() + b"\nca\xe9\ta\t\t1\t\tyes\n")
    with pytest.raises(LexiconError, match="not UTF-8"):
        read_table(path, Row)


def test_an_overlay_adds_replaces_and_removes_by_the_first_column(table):
    base = table("form\tsense\ttext\na\t1\tbase\nb\t1\tbase\nc\t1\tbase\n".replace("sense", "sense"))
    over = table("form\tsense\ttext\nb\t1\tpractice\nd\t1\tpractice\n-c\n", "over.tsv")

    class ByForm(NamedTuple):
        form: str
        sense: str
        text: str

    rows = read_table(base, ByForm, [over])
    assert rows == (ByForm("a", "1", "base"), ByForm("b", "1", "practice"), ByForm("d", "1", "practice"))


def test_an_overlay_replaces_all_rows_of_a_key_and_a_later_one_wins(table):
    base = table("form\tsense\ttext\nls\t1\tbase\nls\t2\tbase\n")
    first = table("form\tsense\ttext\nls\t1\tfirst\n", "1.tsv")
    second = table("form\tsense\ttext\nls\t1\tsecond\n", "2.tsv")
    assert read_table(base, Pair, [first, second]) == (Pair("ls", "2", "base"), Pair("ls", "1", "second"))


def test_a_removal_may_name_a_part_of_the_key(table):
    base = table("form\tsense\ttext\nls\t1\tx\nls\t2\tx\npm\t1\tx\npm\t2\tx\n")
    over = table("form\tsense\ttext\n-ls\n-pm\t2\n", "over.tsv")
    assert read_table(base, Pair, [over]) == (Pair("pm", "1", "x"),)


def test_a_removal_that_removes_nothing_is_reported_and_not_raised(table):
    base = table("form\tsense\ttext\nls\t1\tx\n")
    over = table("form\tsense\ttext\n-xx\n", "over.tsv")
    rows, idle = read_located(base, Pair, [over])
    assert len(rows) == 1
    assert [(error.file, error.line) for error in idle] == [(over, 2)]


def test_a_hyphen_in_front_means_nothing_in_a_shipped_table(table):
    assert read_table(table("form\tsense\ttext\n-x\t1\tbase\n"), Pair) == (Pair("-x", "1", "base"),)


def test_a_type_that_no_cell_can_hold_is_refused(table):
    class Odd(NamedTuple):
        name: dict

    with pytest.raises(TypeError, match="No lexicon column"):
        read_table(table("name\nx\n"), Odd)


def test_an_error_survives_pickling():
    error = LexiconError("Wrong.", file=Path("a.tsv"), line=3, column="form")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
