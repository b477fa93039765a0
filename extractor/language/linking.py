"""Numbers to their sites: how many injections each site received."""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import attrgetter

from extractor.language.annotations import Note, Site

_COUNT_UNITS = frozenset({"injections", "sites", "times"})


_COUNT_COLUMN = re.compile(r"(?:no\.?|number|count|n|#)?\s?(?:of\s)?(?:\(?#\)?|sites?|points?|pts?|inj(?:ections?)?\.?|injected|tps?|trps?|trigger points?|sticks?|passes|needles?|n|count|no\.?|number)(?:\s?\(?(?:#|n|no\.?)\)?)?")
_SIDE_COUNT_COLUMN = re.compile(r"(?:left|right|lt|rt|l|r)\s?\(?(?:#\s?)?(?:inj(?:ections?)?|pts?|points?|sites?|tps?|sticks?|n|no\.?|count|#)\)?")
_SMALL = re.compile(r"(?:x\s?)?(?P<n>\d{1,2})(?:\s?x)?")
_NEEDLE_BEFORE = re.compile(r"(?:\b0?\.\d{1,2}\s?(?:mm\s?)?|\bg(?:auge)?\s?)\Z")
# "UT-L (2)", "infraspinatus (2), teres minor (1)"
_IN_BRACKETS = re.compile(r"(?:\s?-?\s?(?:left|right|l|r|b)\b)?\s?\((?:x\s?)?(?P<n>\d{1,2})(?:\s?(?:x|sites?|points?|pts?|tps?|inj(?:ections?)?))?\)")
_NOUN = r"(?:(?:trigger\s)?(?:points?|sites?|spots?|places?|sticks?|injections?|needles?|tps?)\s)?"
_BY_SIDE = re.compile(rf"\b(?P<a>one|two|three|four|five|six|\d)\s{_NOUN}(?:on|in)\s(?:the\s)?(?P<s>left|right|l|r)\s?(?:side\s)?(?:,|and|&|,\sand)\s(?P<b>one|two|three|four|five|six|\d)\s(?:on|in)\s(?:the\s)?(?P<t>left|right|l|r)\b")
_EACH_SIDE = re.compile(rf"\b(?P<n>one|two|three|four|five|six|\d)\s{_NOUN}(?:on|per|to)\s?(?:each\s)?side\b")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_MOST = 40  # injections that one column, bracket or phrase may give


def _count_rows(note: Note, muscles: list[Site]) -> None:
    """Read columns that count ("Points", "# inj", "L pts")."""
    for site in muscles:
        segment = note.segments[site.segment]
        unit = note.units[segment.unit]
        if segment.cell is None or not unit.columns:
            continue
        total = 0
        for cell in unit.cells:
            if cell.start <= site.start < cell.end or not (_COUNT_COLUMN.fullmatch(cell.header) or _SIDE_COUNT_COLUMN.fullmatch(cell.header)):
                continue
            match = _SMALL.fullmatch(note.folded[cell.start : cell.end].strip(" *"))
            if match and 0 < int(match["n"]) <= _MOST:
                total += int(match["n"])
        if total:
            site.injections = total


def _count_brackets(note: Note, muscles: list[Site]) -> None:
    """Read "infraspinatus (2), teres minor (1)": figures in brackets behind two sites or more of one clause."""
    found: dict[int, list[tuple[Site, int]]] = {}
    for site in muscles:
        end = (site.phrase or (site.start, site.end))[1]
        match = _IN_BRACKETS.match(note.folded, site.end) or _IN_BRACKETS.match(note.folded, end)
        if match and 0 < int(match["n"]) <= _MOST:
            found.setdefault(note.segments[site.segment].unit, []).append((site, int(match["n"])))
    for pairs in found.values():
        for site, number in pairs if len(pairs) > 1 else []:
            site.injections = number


def _count_sides(note: Note, muscles: list[Site]) -> None:
    """Read "the cervical paraspinals were injected, two on the right and two on the left"."""
    for match in _BY_SIDE.finditer(note.folded):
        if match["s"][0] == match["t"][0]:
            continue
        before = [site for site in muscles if site.end <= match.start() and _same_unit(note, site, match.start())]
        if before and match.start() - before[-1].end < 60 and before[-1].injections is None:
            before[-1].injections = sum(_WORDS.get(match[name]) or int(match[name]) for name in ("a", "b"))
    for match in _EACH_SIDE.finditer(note.folded):
        before = [site for site in muscles if site.end <= match.start() and _same_unit(note, site, match.start()) and match.start() - site.end < 60]
        if before and len(before[-1].sides) == 2 and before[-1].injections is None:
            before[-1].injections = 2 * (_WORDS.get(match["n"]) or int(match["n"]))


def link_counts(note: Note) -> None:
    """Fill ``injections`` of the sites from counts that stand beside them."""
    named = [site for site in note.sites if site.kind == "muscle"]
    _count_rows(note, named)
    _count_brackets(note, named)
    _count_sides(note, named)
    settled = {id(site) for site in named if site.injections is not None}
    counted = [q for q in note.quantities if (q.kind == "count" and q.unit in _COUNT_UNITS) or (q.kind in ("volume", "units") and q.count)]
    if not counted or not note.sites:
        return
    muscles = [site for site in note.sites if site.kind in ("muscle", "region", "level")]
    for quantity in counted:
        if quantity.unit == "times" and (note.folded[quantity.start - 1 : quantity.start].isdigit() or _NEEDLE_BEFORE.search(note.folded, max(0, quantity.start - 12), quantity.start)):
            continue  # a needle's size ("0.30x60", ".30 x 50")
        number = int(quantity.value if quantity.kind == "count" else quantity.count)
        if not 0 < number <= 60:
            continue
        site = _owner(note, muscles, quantity.start, quantity.end)
        if id(site) in settled:
            continue
        if site is not None:
            site = _levelled(note, muscles, site)
            number *= _shares(note, site, quantity.start, quantity.end)
        if site is not None:
            site.injections = number if site.injections is None else site.injections + number


_start = attrgetter("start")
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
    levels = sum(len(other.levels) for other in note.sites_in(site.segment) if other.targets in ((), site.targets)) or len(site.levels)
    if re.search(r"\b(?:per|each)\sside", stated):
        sides = len(site.sides) or 2
        return max(1, levels) * sides if "level" in stated else sides
    return max(1, levels, len(site.sides))


def _owner(note: Note, sites: list[Site], start: int, end: int) -> Site | None:
    place = bisect_left(sites, end, key=_start)
    after = sites[place] if place < len(sites) else None
    before = next((sites[at] for at in range(place - 1, -1, -1) if sites[at].end <= start), None)
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
