"""Quotations: safe, short, and on the right line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.models import Evidence
from extractor.report.quotes import Lines, quote, quoted_lines, visible


@pytest.mark.parametrize(
    ("text", "offset", "line"),
    [("a\nb", 0, 1), ("a\nb", 2, 2), ("a\r\nb\rc", 3, 2), ("a\r\nb\rc", 5, 3), ("a\n\nb", 3, 3), ("a\x0cb\u2028c", 4, 1), ("", 0, 1)],
)
def test_lines_are_counted_as_an_editor_counts_them(text, offset, line):
    assert Lines(text).of(offset) == line


@pytest.mark.parametrize(("text", "count"), [("", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\r\nb\r\n", 2)])
def test_a_last_line_end_opens_no_line(text, count):
    assert len(Lines(text)) == count


@given(st.text())
def test_what_is_shown_is_printable_and_on_one_line(text):
    assert visible(text).isprintable()


def test_a_long_quotation_keeps_both_ends_at_words():
    words = quote("the left trapezius was injected at three points and then the right levator scapulae too", 50)
    assert words.startswith("“the left trapezius")
    assert words.endswith("scapulae too”")
    assert " … " in words
    assert len(words) <= 52


@given(st.text(min_size=1, max_size=300), st.integers(min_value=12, max_value=90))
def test_a_quotation_is_never_longer_than_asked(text, width):
    assert len(quote(text, width)) <= width + 2


def test_equal_words_on_a_line_are_quoted_once_and_the_rest_is_counted():
    text = "left trap, left trap\nright trap\n" + "a b c d e f g h"
    spans = [(0, 9), (11, 20), (21, 31), *((32 + 2 * n, 33 + 2 * n) for n in range(8))]
    rows = quoted_lines([Evidence(start=s, end=e, text=text[s:e]) for s, e in spans], Lines(text))
    assert rows == ["line 1: “left trap”", "line 2: “right trap”", "line 3: “a” “b” “c” “d”", "and 4 more"]


def test_a_note_of_one_line_needs_no_numbers():
    assert quoted_lines([Evidence(start=0, end=4, text="left")], Lines("left trap")) == ["“left”"]
