"""Dates of service as exports write them."""

from __future__ import annotations

import re
from datetime import date, datetime

__all__ = ["read_date"]

_TIME = r"(?:[T ,]+\d{1,2}:\d{2}.*)?"
_ISO = re.compile(rf"(\d{{4}})[-/](\d{{1,2}})[-/](\d{{1,2}}){_TIME}\Z")
_HL7 = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{2,6}(?:\.\d{1,6})?)?(?:[+-]\d{2,4})?\Z")
_US = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}|\d{{2}}){_TIME}\Z")
_NAMED = (
    (re.compile(rf"(\d{{1,2}})[- ]([A-Za-z]{{3}})[a-z]*[- ](\d{{4}}|\d{{2}}){_TIME}\Z"), (2, 1, 3)),
    (re.compile(rf"([A-Za-z]{{3}})[a-z]*\.? +(\d{{1,2}}),? +(\d{{4}}){_TIME}\Z"), (1, 2, 3)),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEARS = range(1950, 2200)
"""A note of another year is a placeholder (1900-01-01, 9999-12-31) or a misread date."""


def read_date(value: object, date_format: str | None = None) -> date | None:
    """Read a calendar date: a date, a time stamp, or text.

    Text is ISO 8601, HL7 (``YYYYMMDD``), US (``MM/DD/YYYY``, also with two digits of the year, 20xx) or with the name
    of the month, each with or without a time of day. The day is the one that is written: no time zone is applied.

    Args:
        value: as the source gives it.
        date_format: for text, the only form that counts, as :func:`datetime.datetime.strptime` takes it.

    Returns:
        The date, or None where the value is none. A day that US order cannot mean (``23/04/2024``) is not turned
        round: the others of that file would then be wrong without a sign.
    """
    if isinstance(value, datetime):
        return _sane(value.date())
    if isinstance(value, date):
        return _sane(value)
    text = str(value).strip()
    if date_format:
        try:
            return _sane(datetime.strptime(text, date_format).date())
        except ValueError:
            return None
    parts = _parts(text)
    if parts is None:
        return None
    try:
        return _sane(date(*parts))
    except ValueError:
        return None


def _parts(text: str) -> tuple[int, int, int] | None:
    if match := _ISO.match(text) or _HL7.match(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _US.match(text):
        return _year(match[3]), int(match[1]), int(match[2])
    for pattern, (month, day, year) in _NAMED:
        if (match := pattern.match(text)) and match[month].lower() in _MONTHS:
            return _year(match[year]), _MONTHS.index(match[month].lower()) + 1, int(match[day])
    return None


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _sane(day: date) -> date | None:
    return day if day.year in _YEARS else None
