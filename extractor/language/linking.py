"""Numbers to their sites: how many injections each site received."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Site

_COUNT_UNITS = frozenset({"injections", "sites", "times"})


def link_counts(note: Note) -> None:
    """Fill ``injections`` of the sites from counts that stand beside them."""
    counted = [q for q in note.quantities if (q.kind == "count" and q.unit in _COUNT_UNITS) or (q.kind in ("volume", "units") and q.count)]
    if not counted or not note.sites:
        return
    muscles = [site for site in note.sites if site.kind in ("muscle", "region", "level")]
    for quantity in counted:
        if quantity.unit == "times" and note.folded[quantity.start - 1 : quantity.start].isdigit():
            continue  # a needle's size ("0.30x60")
        number = int(quantity.value if quantity.kind == "count" else quantity.count)
        if not 0 < number <= 60:
            continue
        site = _owner(note, muscles, quantity.start, quantity.end)
        if site is not None and re.match(r"\s{0,2}(?:each|ea\b|apiece|per (?:level|side|site))", note.folded[quantity.end : quantity.end + 14]):
            number *= max(1, len(site.levels), len(site.sides))  # "C4, C5, C6, one stick each"
        if site is not None:
            site.injections = number if site.injections is None else site.injections + number


def _owner(note: Note, sites: list[Site], start: int, end: int) -> Site | None:
    before = None
    after = None
    for site in sites:
        if site.end <= start:
            before = site
        elif site.start >= end:
            after = site
            break
    if before is not None:
        gap = note.folded[before.end : start]
        same_unit = _same_unit(note, before, start)
        if same_unit and len(gap) < 60 and not re.search(r"[.;]\s|\beach\b|\btotal\b|\bof\b|\ball\b|\bthese\b", gap) and not _list_before(note, sites, before, gap):
            return before
    if after is not None:
        gap = note.folded[end : after.start]
        if len(gap) < 30 and re.match(r"\s{0,2}(?:in|into|to|of|at|for|-|over|within)?\s{0,2}(?:the\s)?(?:left|right|bilateral|l|r|lt|rt)?\s?(?:[a-z]+\s){0,2}\Z", gap):
            return after
    return None


def _same_unit(note: Note, site: Site, position: int) -> bool:
    unit = note.units[note.segments[site.segment].unit]
    return unit.start <= position < unit.end


def _list_before(note: Note, sites: list[Site], last: Site, gap: str) -> bool:
    """A count set off behind a whole list ("A, B, and C, 6 injections in all") is nobody's own."""
    return re.search(r"\b(?:for a|in all|altogether|total)\b", gap) is not None and last is not None and bool(sites) and bool(note)
