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
        if site is not None:
            site = _levelled(note, muscles, site)
            number *= _shares(note, site, quantity.start, quantity.end)
        if site is not None:
            site.injections = number if site.injections is None else site.injections + number


_SHARE = re.compile(r"\b(?:each|ea|apiece|per\s(?:level|side|site|segment))\b")


def _levelled(note: Note, sites: list[Site], site: Site) -> Site:
    """The muscle whose levels stand as sites of their own behind a verb ("paraspinals injected at L3, L4 and L5")."""
    if site.kind != "level" or site.targets:
        return site
    return next((other for other in sites if other.segment == site.segment and other.kind == "muscle" and other.end <= site.start), site)


def _shares(note: Note, site: Site, start: int, end: int) -> int:
    """ "one stick each" at three levels is three; "one injection per level per side" at three levels on both sides is six."""
    stated = note.folded[start : end + 30]
    match = _SHARE.search(stated)
    if match is None or match.start() > end - start + 2:
        return 1
    levels = sum(len(other.levels) for other in note.sites if other.segment == site.segment and other.targets in ((), site.targets)) or len(site.levels)
    if re.search(r"\b(?:per|each)\sside", stated):
        sides = len(site.sides) or 2
        return max(1, levels) * sides if "level" in stated else sides
    return max(1, levels, len(site.sides))


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
