"""What one amount says: how often it was given, where, and whether it was drawn up or injected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from extractor.language.injectate.clauses import Clause, Site
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["Event", "Merged", "Rank", "SiteSummary", "merge", "read_event"]

_INJECTED = re.compile(
    r"\b(?:inject(?:ed|ing|ion|ions)?|infiltrat\w*|deposit\w*|administer\w*|instill\w*|deliver\w*|received?|given|placed|needled|treated|infused|"
    r"introduced|put|went|injxn|inj)\b"
)
_PREPARED = re.compile(
    r"\b(?:draw|drawn|drew|prepared|mixed|mixture|mixing|mix|reconstitut\w*|loaded|filled|syringes?|vials?|solution|containing|consisting|composed|combined|"
    r"combination|injectate|cocktail|medications?|meds|materials?|supplies|agents?)\b"
)
_EACH = re.compile(
    r"(?<!prior to )(?<!before )(?<!between )(?<!after )(?:\b(?:each|every)\b(?! (?:other|time|drug|medication|agent|syringe)\b)|\bapiece\b|"
    r"(?:\bper|/) ?(?:trigger |tender |injection )?(?:point|site|spot|muscle|tp|trp|area|location|level|side|injection)\b|\b(?:at|to|into) all (?:\w+ )?(?:sites|points|trigger points|muscles)\b)"
    r"(?: (?:of (?:the |these )?)?(?:\w+ ){0,2}?(?P<noun>muscles?|sides?|levels?)\b)?"
)
_CHECK = re.compile(r"\b(?:prior to|before|between|after|with) (?:each|every) (?:injection|pass|needle|insertion|site|deposit)")
_MORE = re.compile(r"\b(?:another|additional|a further|a second)\b")


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """What the rest of the note says about the number of sites.

    Every count is None where it is not certain. ``sided`` counts each side of each muscle, ``muscles`` each muscle once,
    ``sites`` is the note's own total of sites or injections.
    """

    sided: int | None = None
    muscles: int | None = None
    sites: int | None = None
    mentions: tuple[Site, ...] = ()


class Rank(IntEnum):
    """How directly an amount tells what went in; higher wins."""

    PLAIN = 0
    DERIVED = 1  # per site, times a number of sites that only the list of muscles gives
    EACH = 2  # per site, times a number that the note states
    LOCATED = 3
    TOTAL = 4


@dataclass(frozen=True, slots=True)
class Event:
    """One amount with its multiplier. ``value`` is None where a range or an unknown number of sites leaves it open."""

    quantity: Quantity
    clause: Clause
    kind: str  # volume or dose
    value: float | None
    high: float | None  # upper bound where the amount is a range
    rank: Rank
    where: frozenset[str]
    injected: bool
    prepared: bool
    repeated: bool  # "another 2 mL"


@dataclass(frozen=True, slots=True)
class Merged:
    """What several amounts of one thing come to."""

    value: float | None
    rank: Rank
    high: float | None
    injected: bool
    prepared: bool
    events: tuple[Event, ...]


def read_event(quantity: Quantity, clause: Clause, summary: SiteSummary, *, each: bool) -> Event:
    """Read one amount. ``each``: the clause gives its amounts per site, though not in so many words at this one."""
    where = _sites_of(quantity, clause)
    per = quantity.per
    if per is None and each:
        match = _EACH.search(clause.text)
        noun = match["noun"] if match else None
        per = noun.rstrip("s") if noun else "site"
    times: float | None = 1
    rank = Rank.LOCATED if where else Rank.PLAIN
    if per == "total":
        rank = Rank.TOTAL
    elif quantity.count is not None:
        times, rank = quantity.count, Rank.LOCATED if where and per is None else Rank.EACH
    elif per in ("each", "site", "muscle", "side", "level"):
        times, stated = _times(quantity, per, clause, where, summary)
        rank = Rank.EACH if stated else Rank.DERIVED
    elif per == "aliquot":
        times, stated = _times(quantity, "site", clause, where, summary)
        rank = Rank.DERIVED
    value = quantity.value * times if times is not None and not quantity.is_range else None
    high = quantity.value2 * times if quantity.value2 is not None and times is not None and quantity.is_range else None
    return Event(
        quantity, clause, "volume" if quantity.kind == "volume" else "dose", value, high, rank,
        frozenset(site.key for site in where), _INJECTED.search(clause.text) is not None,
        _PREPARED.search(clause.text) is not None,
        _MORE.search(clause.text[: quantity.start - clause.start][-24:]) is not None,
    )  # fmt: skip


def says_each(clause: Clause) -> bool:
    """Whether the clause speaks of every site ("each trigger point was injected with …")."""
    text = _CHECK.sub(" ", clause.text)
    return _EACH.search(text) is not None


def _times(quantity: Quantity, per: str, clause: Clause, where: list[Site], summary: SiteSummary) -> tuple[float | None, bool]:
    """How many times an amount per site was given, and whether the note itself states the number."""
    counts = [
        count for count in clause.quantities
        if count.kind == "count" and count.value2 is None and (count.unit != "muscles" or per in ("muscle", "each", "site"))
    ]  # fmt: skip
    if per == "side":
        muscles = len({site.key for site in where}) or 1
        return 2 * muscles, True
    if per == "level" and not any(count.unit == "levels" for count in counts):
        counts = [count for count in counts if count.unit != "muscles"]
    if counts:
        nearest = min(counts, key=lambda count: min(abs(count.start - quantity.end), abs(quantity.start - count.end)))
        return nearest.value, True
    if where:
        if per == "muscle":
            return len({site.key for site in where}), True
        return sum(site.injections or site.sides for site in where), len(where) > 1
    if per == "muscle":
        return summary.muscles, False
    if summary.sites is not None:
        return summary.sites, True
    return summary.sided, False


def _sites_of(quantity: Quantity, clause: Clause) -> list[Site]:
    """The sites that an amount of the clause was given to: those behind it, or before it where sites come first."""
    if not clause.sites:
        return []
    items: list[tuple[int, Site | Quantity]] = [(site.start, site) for site in clause.sites]
    items += [(q.start, q) for q in clause.quantities if q.kind in AMOUNTS and q.per != "wasted"]
    items.sort(key=lambda item: item[0])
    runs: list[tuple[bool, list]] = []  # (is a run of sites, members)
    for _, item in items:
        is_site = isinstance(item, Site)
        if not runs or runs[-1][0] != is_site:
            runs.append((is_site, []))
        runs[-1][1].append(item)
    sites_first = runs[0][0] and not runs[-1][0]
    for index, (is_site, members) in enumerate(runs):
        if is_site or quantity not in members:
            continue
        order = (index - 1, index + 1) if sites_first else (index + 1, index - 1)
        for place in order:
            if 0 <= place < len(runs):
                return list(runs[place][1])
    return []


def merge(events: list[Event]) -> Merged | None:
    """Add up what was given at different places; a figure that is only repeated counts once, and the body wins."""
    if not events:
        return None
    top = max(event.rank for event in events)
    usable = [event for event in events if event.value is not None]
    if top is Rank.TOTAL:
        chosen = [event for event in usable if event.rank is Rank.TOTAL]
        value = _sum_totals(chosen)
        return _merged(value, Rank.TOTAL, chosen or events)
    delivered = [event for event in events if event.rank is not Rank.PLAIN]
    if delivered and (not all(event.value is None for event in delivered) or not usable):
        chosen = _distinct(delivered)
        known = all(event.value is not None for event in chosen)
        more = [event for event in usable if event.rank is Rank.PLAIN and event.repeated]
        value = sum(event.value or 0 for event in [*chosen, *more]) if known else None
        rank = min(event.rank for event in chosen)
        high = chosen[0].high if len(chosen) == 1 else None
        return _merged(value, rank, [*chosen, *more], high)
    if not usable:
        return _merged(None, Rank.PLAIN, events, events[0].high)
    return _merged(*_plain(usable))


def _merged(value: float | None, rank: Rank, events: list[Event], high: float | None = None) -> Merged:
    return Merged(
        value, rank, high, any(event.injected for event in events), any(event.prepared for event in events), tuple(events)
    )  # fmt: skip


def _sum_totals(events: list[Event]) -> float | None:
    """Totals of different places add up; otherwise the last one stands."""
    if not events:
        return None
    places = {event.where for event in events}
    if len(places) == len(events) > 1 and all(places):
        return sum(event.value or 0 for event in events)
    return events[-1].value


def _distinct(events: list[Event]) -> list[Event]:
    """Drop repetitions: the same amount at the same places, or again without a place in another clause."""
    chosen: list[Event] = []
    for event in events:
        same = [
            other for other in chosen
            if other.value == event.value and other.where == event.where and (other.clause is not event.clause)
        ]  # fmt: skip
        if not same:
            chosen.append(event)
    return chosen


def _plain(events: list[Event]) -> tuple[float | None, Rank, list[Event]]:
    """Amounts without a place: of one clause they add up; of several clauses the last one tells what was done."""
    last = events[-1].clause
    chosen = [event for event in events if event.clause is last]
    injected = [event for event in events if event.injected and not event.prepared]
    if injected and not any(event.injected for event in chosen):
        chosen = [event for event in events if event.clause is injected[-1].clause]
    chosen = [*[event for event in events if event.repeated and event not in chosen], *chosen]
    if any(event.repeated for event in chosen):
        chosen = events
    return sum(event.value or 0 for event in chosen), Rank.PLAIN, chosen
