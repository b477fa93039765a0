"""Amounts whose unit stands elsewhere: in a column's heading, at another amount of the list, or nowhere at all."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from extractor.language.annotations import Unit
from extractor.language.drugs import DrugMention
from extractor.language.injectate.clauses import Site
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["implied_strengths", "implied_volumes"]

_ML = re.compile(r"\b(?:mls?|ccs?|vol(?:ume)?s?|amt|amount|injected volume)\b")
_UNITS = re.compile(r"\bunits?\b|^u$|\(u\)")
_EACH = re.compile(r"\beach\b|\bea\b|(?:/|\bper )\s?(?:site|point|inj\w*|stick|tp|trp|spot)")
_TOTAL = re.compile(r"\btot(?:al)?\b")
_COUNT = re.compile(r"^(?:#|no\.?|number|sticks?|inj(?:ections?)?|sites?|points?|pts|tps|passes|shots)$|#|\bno\. of\b|\bnumber\b")
_SIDE = re.compile(r"^(?:r|l|rt|lt|right|left)\b")
_BARE = re.compile(r"\s*(?P<n>\d{1,3}(?:\.\d{1,2})?|\.\d{1,2}|½|¼|¾)\s*")
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}

# Behind a site: "(superf 0.5, deep 0.5)", "1, ", "0.5 ea". No word on the way may say that the number means something else.
_AFTER_SITE = re.compile(
    r"(?P<gap>(?: ?\([^()\d]{0,40}\))?[a-z ,():'+&-]{0,26}?)(?<![\d./x#*])(?P<n>\d?\.\d{1,2}|\d)"
    r"(?=\s?(?P<each>ea\b|each\b|apiece\b)|\s?[,;)\]|]|\s?\.(?!\d)|\s*$|\s?\n|\s(?:and|plus|then|intraoral\w*|both|per side|[lr]\b)\b)"
)
_MEANS_ELSE = re.compile(r"\b(?:pain|grade|level|vas|nrs|tender\w*|score|gauge|needle|rib|ribs|at|by|age|lot|pre|post|visit|no|number|segment|digit|toe|finger|ray|x)\b")


def implied_volumes(
    folded: str, units: Sequence[Unit], sites: Sequence[Site], drugs: Sequence[DrugMention], quantities: Sequence[Quantity]
) -> list[Quantity]:
    """The quantities, with those added that tables and lists give as plain numbers; sorted by their start."""
    found: list[Quantity] = []
    starts = [site.start for site in sites]
    for unit in units:
        if not unit.columns:
            found += _labelled(folded, unit.start, unit.end)
        first = bisect_left(starts, unit.start)
        inside = sites[first : bisect_left(starts, unit.end, lo=first)]
        if unit.cells:
            if unit.columns and not unit.heading:
                found += _columns(folded, unit, bool(inside))
            else:
                found += _behind_sites(folded, unit.start, unit.end, [(cell.start, cell.end) for cell in unit.cells], inside, quantities)
        elif inside and not unit.heading:
            found += _behind_sites(folded, unit.start, unit.end, [(unit.start, unit.end)], inside, quantities)
    if not found:
        return list(quantities)
    found.sort(key=_start)
    kept = []
    for quantity in quantities:
        place = bisect_left(found, quantity.core_end, key=_start) - 1  # the last that starts before its end
        if place < 0 or found[place].core_end <= quantity.start:
            kept.append(quantity)
    return sorted([*kept, *found], key=_start)


def _start(quantity: Quantity) -> int:
    return quantity.start


# "Vol (mL) | 4", "Volume per site (cc): 1.5": the unit stands in the label.
_LABELLED = re.compile(
    r"\b(?:mls?|ccs?)\b\)?(?P<more>[a-z ()/]{0,24})[ \t]{0,12}[:|=][ \t]{0,12}(?P<n>\d{1,2}(?:\.\d{1,2})?|\.\d{1,2})(?=[ \t]*(?:$|\n|[;,|]|[ \t]{2}|\.(?!\d)))"
)
_PER_LABEL = re.compile(r"\b(?:per|each)\s(?P<noun>site|point|spot|injection|muscle|side|level|trigger point)|\beach\b|/\s?(?P<slash>site|point|muscle|side)")


def _labelled(folded: str, start: int, end: int) -> list[Quantity]:
    """Plain numbers behind labels that name the unit."""
    found = []
    for match in _LABELLED.finditer(folded, start, end):
        line = folded[max(start, folded.rfind("\n", start, match.start()) + 1, match.start() - 40) : match.start("n")]
        if "waste" in line or "discard" in line:
            per: str | None = "wasted"
        elif each := _PER_LABEL.search(line):
            noun = each["noun"] or each["slash"] or "each"
            per = noun if noun in ("muscle", "side", "level", "each") else "site"
        else:
            per = "total" if _TOTAL.search(line) else None
        found.append(Quantity(match.start("n"), match.end("n"), "volume", float(match["n"]), "mL", None, per, core_end=match.end("n")))
    return found


def _columns(folded: str, unit: Unit, injected: bool) -> list[Quantity]:
    """Plain numbers under "mL", "R (cc)", "Units"."""
    whole = _TOTAL.match(folded, unit.start) is not None
    if not (injected or whole):
        return []
    cells = [(cell, kind) for cell in unit.cells if (kind := _measures(cell.header, unit.columns))]
    totals = [entry for entry in cells if _TOTAL.search(entry[0].header)]
    number = next((n for cell in unit.cells if _COUNT.search(cell.header) and cell is not unit.cells[0] and (n := _number(folded, cell.start, cell.end))), None)
    found = []
    for cell, kind in totals or cells:
        value = _number(folded, cell.start, cell.end)
        if not value:
            continue
        per = "total" if whole else None
        count = int(number) if number and _EACH.search(cell.header) and not totals else None
        if per is None and count is None and _EACH.search(cell.header):
            per = "each"
        found.append(Quantity(cell.start, cell.end, kind, value, "mL" if kind == "volume" else "units", None, per, count, core_end=cell.end))
    return found


def _measures(header: str, columns: Sequence[str]) -> str | None:
    """What a column's numbers are: its own heading says, or for "R" and "L" that of a column of totals."""
    if _COUNT.search(header):
        return None
    if _ML.search(header):
        return "volume"
    if _UNITS.search(header):
        return "units"
    if _SIDE.search(header):
        others = " ".join(columns)
        return "volume" if _ML.search(others) else "units" if _UNITS.search(others) else None
    return None


def _number(folded: str, start: int, end: int) -> float | None:
    match = _BARE.fullmatch(folded, start, end)
    if match is None:
        return None
    return _FRACTIONS.get(match["n"]) or float(match["n"])


def _behind_sites(
    folded: str, start: int, end: int, cells: Sequence[tuple[int, int]], sites: Sequence[Site], quantities: Sequence[Quantity]
) -> list[Quantity]:
    """Plain numbers behind sites ("masseter 0.5, temporalis 0.5"), where nothing else gives an amount for each."""
    if not sites:
        return []
    first = bisect_left(quantities, start, key=lambda quantity: quantity.start)
    own = quantities[first : bisect_left(quantities, end, lo=first, key=lambda quantity: quantity.start)]
    if any(q.kind == "units" for q in own):
        return []
    taken = [(q.start, q.core_end) for q in own]
    found: list[Quantity] = []
    for index, site in enumerate(sites):
        at = site.end
        stop = sites[index + 1].start if index + 1 < len(sites) else end
        stop = min(stop, next((last for first, last in cells if first <= at <= last), stop))
        while match := _AFTER_SITE.match(folded, at, stop):
            place = match.start("n")
            if _MEANS_ELSE.search(match["gap"]) or any(a < match.end("n") and place < b for a, b in taken):
                break
            value = float(match["n"])
            if not 0 < value <= 10:
                break
            stop_word = match.end("each") if match["each"] else match.end("n")
            found.append(Quantity(place, stop_word, "volume", value, "mL", None, "each" if match["each"] else None, core_end=match.end("n")))
            at = match.end("n")
    volumes = [q for q in own if q.kind == "volume" and q.per != "wasted"]
    if all(q.value.is_integer() for q in found) and not (len(found) > 1 and volumes and not any(q.per or q.count for q in volumes)):
        return []  # "trap 2, levator 1" may as well be needle passes
    return found


_ANESTHETIC = frozenset({0.0625, 0.1, 0.125, 0.2, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0})
_STRENGTH_BEHIND = re.compile(
    r"[\s(]{0,2}(?P<n>\d?\.\d{1,4}|[1-4])(?![\d%]|\.\d)(?!\s?(?:x\b|%|percent|cc|m[l1]|mg|mcg|units?|u\b|ea\b|each|per\b|apiece|to\b|in\b|into|at\b|sites?|inj|tps?\b|points?|:|-|st\b|nd\b))"
)
_GOES_ON = re.compile(r"[\s)]{0,2}(?:[,;/+&(]|w/|w\b|with|plain|mpf|pf\b|no\b|without|and\b|plus|mixed|\d|\.\d|$|\n|\.(?:\s|$))")


def implied_strengths(folded: str, drugs: Sequence[DrugMention], quantities: Sequence[Quantity], kinds: Mapping[str, str]) -> list[Quantity]:
    """ "lido 1", "marc .25": the strength of a local anesthetic without its sign."""
    found = []
    for drug in drugs:
        if kinds.get(drug.drug) != "anesthetic" or drug.strength is not None:
            continue
        match = _STRENGTH_BEHIND.match(folded, drug.end)
        if match is None or float(match["n"]) not in _ANESTHETIC or not _GOES_ON.match(folded, match.end("n")):
            continue
        here, end = match.span("n")
        nearby = [q for q in quantities if drug.start - 16 <= q.start <= end + 24]
        if any(q.kind == "concentration" and q.unit == "%" and q.start < drug.start for q in nearby) or any(q.start < end and here < q.core_end for q in nearby if q.kind in AMOUNTS):
            continue
        if match["n"].isdigit() and not any(q.kind == "volume" for q in nearby) and not _PLAIN.match(folded, end):
            continue  # "lido 1" alone may be one millilitre
        found.append(Quantity(here, end, "concentration", float(match["n"]), "%", core_end=end))
    return found


_PLAIN = re.compile(r"[\s)]{0,2}(?:plain|mpf|pf\b|w/|with|without|no\s(?:epi|steroid)|/)")
