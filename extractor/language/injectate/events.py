"""What one amount says: how often it was given, where, and whether it was drawn up or injected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from extractor.language.injectate.clauses import Clause
from extractor.language.injectate.places import sites_of
from extractor.language.injectate.times import (
    SiteSummary,
    count_behind,
    counts_sites,
    injections_of,
    repeated,
    times_given,
)
from extractor.language.quantities import Quantity

__all__ = ["Event", "Merged", "Rank", "SiteSummary", "merge", "read_event"]

_EACH = re.compile(
    r"(?<!prior to )(?<!before )(?<!between )(?<!after )(?:\b(?:each|every)\b(?! (?:other|time|drug|medication|agent|syringe)\b)|\bapiece\b|\bea\b|"
    r"(?:\bper|/) ?(?:trigger |tender |injection )?(?:point|site|spot|muscle|tp|trp|area|location|level|side|injection)\b|\b(?:at|to|into) all (?:\w+ )?(?:sites|points|trigger points|muscles)\b)"
    r"(?: (?:of (?:the |these )?)?(?:\w+ ){0,2}?(?P<noun>muscles?|sides?|levels?)\b)?"
)
_CHECK = re.compile(r"\b(?:prior to|before|between|after|with) (?:each|every) (?:injection|pass|needle|insertion|site|deposit)")
_MORE = re.compile(r"\b(?:another|additional|a further|a second)\b")


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


def read_event(quantity: Quantity, clause: Clause, summary: SiteSummary, *, each: bool, linked: frozenset[int] = frozenset()) -> Event:
    """Read one amount.

    ``each``: the clause gives its amounts per site, though not in so many words at this one. ``linked``: starts of the
    clause's amounts that hang on a drug.
    """
    where = sites_of(quantity, clause, linked)
    if not where and clause.before and not clause.sites and quantity.per is None and _SIMPLY_GIVEN.search(clause.text):
        where = clause.before  # "The left piriformis was found. 2 mL was deposited."
    per = quantity.per
    if per is None and each:
        match = _EACH.search(clause.text)
        noun = match["noun"] if match else None
        per = noun.rstrip("s") if noun else "site"
    times: float | None = 1
    rank = Rank.LOCATED if where else Rank.PLAIN
    if per == "total" and clause.prepared and not clause.injected and _DRAWN.search(clause.text):
        rank = Rank.PLAIN  # "a total of 10 mL was drawn up"
    elif per == "total":
        rank = Rank.TOTAL
        where = where or clause.before  # "Site: left trapezius", "Amount administered: 2 mL"
    elif (count := count_behind(quantity, clause)) is not None:
        times, rank = count, Rank.EACH
    elif per is None and where and quantity.count is None and counts_sites(quantity, clause):
        times = None  # "1 cc into R trap x2": each time, or in all?
    elif quantity.count is not None:
        times, rank = quantity.count, Rank.LOCATED if where and per is None else Rank.EACH
    elif per in ("each", "site", "muscle", "side", "level"):
        times, stated = times_given(quantity, per, clause, where, summary)
        rank = Rank.EACH if stated else Rank.DERIVED
    elif per == "aliquot":
        times, stated = times_given(quantity, "site", clause, where, summary)
        rank = Rank.DERIVED
    if times is not None and per is None and rank <= Rank.LOCATED and repeated(quantity, clause):
        times, rank = times * 2, Rank.LOCATED
    if per is None and rank is Rank.LOCATED and times == 1 and (number := injections_of(quantity, clause, where)):
        times, rank = number, Rank.EACH
    value = quantity.value * times if times is not None and not quantity.is_range else None
    high = quantity.value2 * times if quantity.value2 is not None and times is not None and quantity.is_range else None
    return Event(
        quantity, clause, "volume" if quantity.kind == "volume" else "dose", value, high, rank,
        frozenset(site.key for site in where), clause.injected, clause.prepared,
        _MORE.search(clause.text[: quantity.start - clause.start][-24:]) is not None,
    )  # fmt: skip


def says_each(clause: Clause) -> bool:
    """Whether the clause speaks of every site ("each trigger point was injected with …")."""
    if not any(word in clause.text for word in _EACH_WORDS):
        return False
    return _EACH.search(_CHECK.sub(" ", clause.text)) is not None


_EACH_WORDS = ("each", "every", "per", "/", "apiece", " ea", " all ")


_SIMPLY_GIVEN = re.compile(r"\b(?:was|were|i|we|and|then)\s(?:then\s|slowly\s)?(?:deposited|injected|instilled|placed|given|delivered|administered|infiltrated)\b(?!\s(?:at|in|into|to)\b)")
_DRAWN = re.compile(r"\b(?:draw|drawn|drew|prepared|loaded|filled|reconstituted|mixed|made up)\b")
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
        chosen = _unrestated(_distinct(delivered))
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
    first: dict[tuple[float | None, frozenset[str]], int] = {}
    sideless: dict[tuple[float | None, frozenset[str]], tuple[int, frozenset[str]]] = {}
    for event in events:
        index = event.clause.index
        if first.setdefault((event.value, event.where), index) != index:
            continue
        bare = frozenset(_SIDES.sub("", key) for key in event.where)
        earlier, where = sideless.setdefault((event.value, bare), (index, event.where))
        if earlier != index and bare and bare in (where, event.where):
            continue  # told again without the side
        chosen.append(event)
    return _without_sum(chosen)


_SIDES = re.compile(r"\|(?:left|right)\b")


def _without_sum(events: list[Event]) -> list[Event]:
    """Leave out a figure in parentheses behind the others that is their sum."""
    if len(events) < 3 or any(event.value is None for event in events):
        return events
    whole = sum(event.value or 0 for event in events)
    last = events[-1]
    before = last.clause.text[: last.quantity.start - last.clause.start].rstrip()
    if before.endswith("(") and abs(whole - 2 * (last.value or 0)) < _EPSILON:
        return events[:-1]
    return events


_EPSILON = 1e-6


def _unrestated(events: list[Event]) -> list[Event]:
    """Drop "1.5 mL at left trapezius, left levator, right levator" beside "1.5 mL per site" of the same places."""
    each = [event for event in events if event.rank in (Rank.EACH, Rank.DERIVED) and event.value is not None]
    kept = []
    for event in events:
        again = [
            other for other in each
            if other is not event and event.rank is Rank.LOCATED and other.quantity.value == event.quantity.value
            and (not other.where or event.where <= other.where)
        ]  # fmt: skip
        summed = event.rank is Rank.LOCATED and any(
            other.value == event.value and other.where == event.where and other.clause is event.clause for other in each if other is not event
        )
        if not again and not summed:  # "6 mL into A, B and C, 2 mL each" is told twice too
            kept.append(event)
    return kept


def _plain(events: list[Event]) -> tuple[float | None, Rank, list[Event]]:
    """Amounts without a place: of one clause they add up; of several clauses the last one tells what was done."""
    last = events[-1].clause
    chosen = [event for event in events if event.clause is last]
    injected = [event for event in events if event.injected and not event.prepared]
    if injected and not any(event.injected for event in chosen):
        chosen = [event for event in events if event.clause is injected[-1].clause]
    if any(event.repeated for event in events):
        chosen = events
    return sum(event.value or 0 for event in chosen), Rank.PLAIN, chosen
