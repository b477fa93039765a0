"""Flowsheets: tables with one column for each visit, of which one is the encounter's."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.language.annotations import EARLIER, Cell
from extractor.language.dates import find_dates

TODAY = "injected today"
_DATE = re.compile(r"(?:(?:date|visit|tx|session)[\s:#]*)?(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})(?:[/.-](?:\d{4}|\d{2}))?(?P<rest>\s*[(\[]?[a-z' ]{0,24}[)\]]?)")
_CORNER = re.compile(r"\b(?:muscles?|sites?|locations?|targets?|points?|tps?|trps?|dates?|treatment|injected)\b")
_NOW = re.compile(r"\b(?:today|current|now|this visit|todays?)\b")


class Flowsheet(NamedTuple):
    """What the headings of the columns mean."""

    headers: tuple[str, ...]
    day: str | None
    """ISO date of the encounter's column, where its year is given."""


def columns_of_dates(folded: str, cells: list[Cell], day: str | None) -> Flowsheet | None:
    """Name the columns of a header that dates visits; None for any other row.

    The encounter's column is the one that says "today", has the note's own date, or the newest date.

    Args:
        cells: of the row that may be the header.
        day: date of service given with the note (ISO), or None.
    """
    texts = [folded[cell.start : cell.end].strip(" *|") for cell in cells]
    dates = [_DATE.fullmatch(text) for text in texts]
    said = [index for index, text in enumerate(texts) if _NOW.search(text) and len(text) < 28]
    dated = [index for index, date in enumerate(dates) if date]
    columns = sorted({*dated, *said})
    if len(columns) < 2 or not dated or len(texts) - len(columns) > 1 or (len(texts) > len(columns) and columns[0] == 0):
        return None
    if len(dated) < 2 and not _CORNER.search(texts[0]):
        return None
    full = {index: found[0].value.isoformat() for index in dated if (found := find_dates(folded, cells[index].start, cells[index].end))}
    if not full and not said and texts[0] and not _CORNER.search(texts[0]):
        return None  # "NPRS pre/post  6/4  5/3": scores
    now = said[0] if said else next((index for index, value in full.items() if value == day), None)
    if now is None:
        now = max(dated, key=lambda index: (full.get(index, ""), int(dates[index]["m"]), int(dates[index]["d"]))) if len(full) in (0, len(dated)) else dated[-1]
    return Flowsheet(tuple(TODAY if index == now else EARLIER if index in columns else text for index, text in enumerate(texts)), full.get(now))
