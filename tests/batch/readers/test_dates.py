"""Dates of service as exports write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.batch.readers.dates import read_date

DAY = date(2024, 3, 4)


@pytest.mark.parametrize("written", [
    "2024-03-04", "2024-3-4", "2024/03/04", "2024-03-04T23:59:00Z", "2024-03-04 09:30:00.000", "2024-03-04T09:30:00-05:00",
    "20240304", "202403040930", "20240304093000", "20240304093000.123", "20240304093000-0500",
    "03/04/2024", "3/4/2024", "03-04-2024", "3/4/24", "03/04/2024 09:30", "3/4/2024 9:30:00 AM",
    "04-MAR-24", "04-Mar-2024", "4 March 2024", "Mar  4 2024 12:00AM", "March 4, 2024", " 2024-03-04 ",
    DAY, datetime(2024, 3, 4, 23, 59), datetime(2024, 3, 4, 23, 59, tzinfo=UTC),
])  # fmt: skip
def test_a_date_is_read_however_it_is_written(written):
    assert read_date(written) == DAY


@pytest.mark.parametrize("written", [
    "23/04/2024", "2024-13-01", "02/30/2024", "1900-01-01", "9999-12-31", "1/1/0001", "45355", "1709510400000", "yesterday",
    "4 Foo 2024", "2024", "2024-03", "", date(1900, 1, 1), 45355, 1.5,
])  # fmt: skip
def test_what_is_no_date_of_service_is_none(written):
    assert read_date(written) is None


def test_a_format_that_is_given_is_the_only_one_that_counts():
    assert read_date("04/03/2024", "%d/%m/%Y") == DAY
    assert read_date("2024-03-04", "%d/%m/%Y") is None


@given(st.dates(date(1950, 1, 1), date(2199, 12, 31)), st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d-%b-%Y", "%B %d, %Y"]))
def test_every_day_comes_back(day, form):
    assert read_date(day.strftime(form)) == day


@given(st.text(max_size=30))
def test_no_text_breaks_it(text):
    assert read_date(text) is None or isinstance(read_date(text), date)
