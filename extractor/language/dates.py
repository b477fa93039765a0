"""Calendar dates as American notes write them."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

DATE = re.compile(
    r"(?<![\d/.-])(?:"
    r"(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})"
    r"|(?P<m2>\d{1,2})[-/.](?P<d2>\d{1,2})[-/.](?P<y2>(?:19|20)?\d\d)"
    rf"|(?P<m3>{_MONTH})\.?\s{{1,3}}(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{1,3}}(?P<y3>(?:19|20)\d\d)"
    rf"|(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?[\s-](?:of\s)?(?P<m4>{_MONTH})\.?,?[\s-](?P<y4>(?:19|20)\d\d)"
    r")(?!\d|[-/.]\d)"
)


# What every date holds: two figures behind a mark, or a year in four. Far quicker to look for than a date.
_FIGURES = re.compile(r"\d[-/.]\d\d?[-/.]\d\d|(?:19|20)\d\d")


class DateMatch(NamedTuple):
    start: int
    end: int
    value: date


def _value(match: re.Match[str]) -> date | None:
    for index in "1234":
        if year_text := match[f"y{index}"]:
            month_text = match[f"m{index}"]
            month = int(month_text) if month_text.isdigit() else _MONTHS[month_text]
            year = int(year_text)
            if year < 100:  # two digits: this century up to a little ahead, else the last
                year += 2000 if year < 70 else 1900
            try:
                return date(year, month, int(match[f"d{index}"]))
            except ValueError:
                return None  # "13/45/2024" is no date, whatever else it is
    return None


def find_dates(folded: str, start: int = 0, end: int | None = None) -> list[DateMatch]:
    """Valid calendar dates in folded text, month before day as in US notes; impossible ones are left out."""
    stop = len(folded) if end is None else end
    if _FIGURES.search(folded, start, stop) is None:
        return []
    return [
        DateMatch(match.start(), match.end(), value)
        for match in DATE.finditer(folded, start, stop)
        if (value := _value(match))
    ]
