"""What one amount says: how often it was given, where, and whether it was drawn up or injected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from extractor.language.injectate.clauses import REPEATED, Clause, Site
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["Event", "Merged", "Rank", "SiteSummary", "merge", "read_event"]

_EACH = re.compile(
    r"(?<!prior to )(?<!before )(?<!between )(?<!after )(?:\b(?:each|every)\b(?! (?:other|time|drug|medication|agent|syringe)\b)|\bapiece\b|\bea\b|"
    r"(?:\bper|/) ?(?:trigger |tender |injection )?(?:point|site|spot|muscle|tp|trp|area|location|level|side|injection)\b|\b(?:at|to|into) all (?:\w+ )?(?:sites|points|trigger points|muscles)\b)"
    r"(?: (?:of (?:the |these )?)?(?:\w+ ){0,2}?(?P<noun>muscles?|sides?|levels?)\b)?"
)
_BOTH_SIDES = re.compile(r"[^.;\d]{0,25}\b(?:left|right|l|r|lt|rt)\b[^.;\d]{0,12}\band\s\w+\s")
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


def read_event(quantity: Quantity, clause: Clause, summary: SiteSummary, *, each: bool, linked: frozenset[int] = frozenset()) -> Event:
    """Read one amount.

    ``each``: the clause gives its amounts per site, though not in so many words at this one. ``linked``: starts of the
    clause's amounts that hang on a drug.
    """
    where = _sites_of(quantity, clause, linked)
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
    elif (count := _count_behind(quantity, clause)) is not None:
        times, rank = count, Rank.EACH
    elif per is None and where and quantity.count is None and _counts_sites(quantity, clause):
        times = None  # "1 cc into R trap x2": each time, or in all?
    elif quantity.count is not None:
        times, rank = quantity.count, Rank.LOCATED if where and per is None else Rank.EACH
    elif per in ("each", "site", "muscle", "side", "level"):
        times, stated = _times(quantity, per, clause, where, summary)
        rank = Rank.EACH if stated else Rank.DERIVED
    elif per == "aliquot":
        times, stated = _times(quantity, "site", clause, where, summary)
        rank = Rank.DERIVED
    if times is not None and per is None and rank <= Rank.LOCATED and _repeated(quantity, clause):
        times, rank = times * 2, Rank.LOCATED
    if per is None and rank is Rank.LOCATED and times == 1 and (number := _injections_of(quantity, clause, where)):
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


_DRAWN = re.compile(r"\b(?:draw|drawn|drew|prepared|loaded|filled|reconstituted|mixed|made up)\b")
_LEAST_ML = 0.3  # no author gives less than this at each of several places and calls it the volume of all


def _injections_of(quantity: Quantity, clause: Clause, where: list[Site]) -> float | None:
    """The number in "0.5 mL into A and B on both sides, four injections": an amount too small to have been shared out."""
    places = sum(site.places for site in where)
    if quantity.kind != "volume" or places < 2:
        return None
    for count in clause.quantities:
        if count.kind == "count" and count.unit == "injections" and count.start > quantity.end and count.value in (places, where[-1].injections):
            return count.value if quantity.value / count.value < _LEAST_ML and quantity.value >= _LEAST_ML else None
    return None


_SIMPLY_GIVEN = re.compile(r"\b(?:was|were|i|we|and|then)\s(?:then\s|slowly\s)?(?:deposited|injected|instilled|placed|given|delivered|administered|infiltrated)\b(?!\s(?:at|in|into|to)\b)")


def _repeated(quantity: Quantity, clause: Clause) -> bool:
    """Whether the amount was given once more on the other side, in words that give no amount of their own."""
    if clause.again:
        return True
    following = [q.start for q in clause.quantities if q.kind in AMOUNTS and q.start >= quantity.end]
    stop = following[0] - clause.start if following else len(clause.text)
    return REPEATED.search(clause.text, quantity.end - clause.start, stop) is not None


_PER_SIDE = re.compile(r"(?:\bper |\beach |/ ?)side\b")


def _times(quantity: Quantity, per: str, clause: Clause, where: list[Site], summary: SiteSummary) -> tuple[float | None, bool]:
    """How many times an amount per site was given, and whether the note itself states the number."""
    both = per in ("muscle", "side") and _PER_SIDE.search(clause.text) is not None
    if per == "muscle" and both and where:
        return sum(max(1, site.sides) for site in where), True
    if per == "side":
        muscles = len({site.key for site in where}) or 1
        return 2 * muscles, True
    counts = [
        count for count in clause.quantities
        if count.kind == "count" and count.value2 is None and (count.unit != "muscles" or per in ("muscle", "each", "site"))
    ]  # fmt: skip
    if per == "level" and not any(count.unit == "levels" for count in counts):
        counts = [count for count in counts if count.unit != "muscles"]
    tied = [count for count in counts if quantity.core_end <= count.start < quantity.end + 3]
    if len(tied) == 1 and not tied[0].per:
        return tied[0].value, True  # "at each of four sites"
    behind = [count for count in counts if count.start >= quantity.end]
    if len(behind) == 2 and _BOTH_SIDES.search(clause.text, behind[0].end - clause.start):
        return behind[0].value + behind[1].value, True  # "4 sites on the left and 3 sites on the right"
    if len(behind) > 1 and all(_place_before(count, clause, quantity.end) for count in behind):
        return sum(count.value for count in behind), True  # "per site, left trapezius x 3, right trapezius x 3"
    own = where or clause.sites
    attached = {id(count): site for count in counts if (site := _attached(count, clause)) is not None}
    free = [count for count in counts if id(count) not in attached]
    if attached and per != "muscle":
        numbers = {id(site): next(_of_site(c, site) for c in counts if attached.get(id(c)) is site) for site in attached.values()}
        together = sum(numbers.get(id(site), site.places) for site in own)
        stated = max((count.value for count in free), default=0)
        return max(together, stated), True
    if free:
        nearest = min(free, key=lambda count: min(abs(count.start - quantity.end), abs(quantity.start - count.end)))
        if nearest.per:  # "2 sticks a side", "one stick each"
            return nearest.value * sum(max(1, s.sides) * (1 if nearest.per == "muscle" else max(1, s.levels)) for s in own) or nearest.value * 2, True
        return nearest.value, True
    listed = where and ":\n" in clause.text[quantity.end - clause.start : where[0].start - clause.start]
    if listed and summary.sided is not None:
        return summary.sided, False  # the clause holds only the first line of the list
    if per == "muscle" and where:
        return len({site.key for site in where}), True
    if where:
        if len(where) == 1 and where[0].sides == 1 and 0 <= where[0].start - quantity.end <= 4:
            return 2, True  # "0.5 mL into each rhomboid"
        if len(where) == 1 and where[0].places == 1 and (parts := _parts(clause, quantity)) > 1:
            return parts, True
        if count := sum(site.places for site in where):
            return count, len(where) > 1
    if per == "muscle" and not clause.before:
        return summary.muscles, False
    before = sum(site.places for site in clause.before)
    if summary.sites is not None and summary.sites >= before:
        return summary.sites, True
    if len(clause.before) > 1 or before > 1:
        return len({site.key for site in clause.before}) if per == "muscle" else before, False
    return summary.sided, False


_MUSCLE_PART = re.compile(r"\b(?:sternal|clavicular|long|short|lateral|medial|superficial|superf|deep|anterior|posterior|upper|middle|lower|proximal|distal)\b(?=\s?\d?\.?\d|\s(?:head|belly|part|fib(?:er|re)s|portion|heads|third)|\s?[+&,]|\sand\s)")


def _of_site(count: Quantity, site: Site) -> float:
    """ "2 sticks a side" of a muscle injected on both sides are four."""
    return count.value * (max(1, site.sides) if count.per in ("side", "each") else 1)


def _parts(clause: Clause, quantity: Quantity) -> int:
    """Parts of one muscle that are named before "each": "the sternal head and then the clavicular head, 0.5 cc in each"."""
    return len(set(_MUSCLE_PART.findall(clause.text, 0, quantity.core_end - clause.start)))


def _attached(count: Quantity, clause: Clause) -> Site | None:
    """The site whose own number a count is: "levator x 2", "the infraspinatus at two points"."""
    if count.per == "each":
        return None
    for site in clause.sites:
        gap = count.start - site.end
        if 0 <= gap <= (4 if count.unit == "times" else 16) and (count.unit == "times" or site.injections == int(count.value)):
            return site
        if 0 <= site.start - count.end <= 12 and site.injections == int(count.value) and count.unit != "muscles":
            return site
    return None


_DRUG_BETWEEN = re.compile(r"[^,;:.\n]{0,40}$")


def _count_behind(quantity: Quantity, clause: Clause) -> float | None:
    """The number in "0.5 cc of 0.25% Marcaine x 6": behind the drug, but still the amount's."""
    if quantity.count is not None or quantity.per is not None:
        return None
    for count in clause.quantities:
        if count.kind != "count" or count.start < quantity.end or clause.text[count.start - clause.start] not in "x*":
            continue
        between = clause.text[quantity.end - clause.start : count.start - clause.start]
        drugs = [drug for drug in clause.drugs if quantity.end <= drug.start < count.start]
        others = [q for q in clause.quantities if q.kind in AMOUNTS and quantity.end <= q.start < count.start]
        sites = [site for site in clause.sites if quantity.end <= site.start < count.start]
        if len(drugs) == 1 and not others and not sites and count.start - drugs[0].end <= 3 and _DRUG_BETWEEN.search(between):
            return count.value
    return None


def _counts_sites(quantity: Quantity, clause: Clause) -> bool:
    """Whether the sites behind an amount have numbers of their own: "1 cc into R trap x2"."""
    behind = [q for q in clause.quantities if q.start >= quantity.end]
    following = next((q.start for q in behind if q.kind in AMOUNTS), clause.end)
    sites = [site for site in clause.sites if quantity.end <= site.start < following]
    return any(q.kind == "count" and q.unit == "times" and any(site.end <= q.start < following for site in sites) for q in behind)


# The side and the part of a muscle may stand outside the site's own words.
_PART = r"left|right|bilateral|bilaterally|both|lt|rt|[lrb]|upper|middle|mid|lower|cervical|thoracic|lumbar|proximal|distal|medial|lateral|anterior|posterior|ant|post|lat|med|sup|inf|superior|inferior|superf|superficial|deep|head|belly|fib(?:er|re)s|clav|sternal|clavicular|intraoral|extraoral"
_BACKWARD = re.compile(
    r"(?:[\s:,()=|>-]|\.{2,})*(?:(?:was|were|received|receiving|got|given|each|then|muscles?|trigger points?|injected|treated|infiltrated|with|using|about|approximately|"
    rf"a|total|of|the|at|side|{_PART})\b(?:[\s:,()=|>+&-]|\.{{2,}})*)*+"
)
_FORWARD = re.compile(
    rf"[\s,()-]*(?:(?:was|were|injected|deposited|infiltrated|given|administered|placed|delivered|into?|in|to|at|for|the|each|of|on|both|per|side|his|her|and|{_PART})\b[\s,()-]*)*+"
)


def _in_row(quantity: Quantity, clause: Clause, beside: list[Quantity]) -> bool:
    """Whether only other amounts stand between a site and this one: the columns of a table."""
    sites = [site.end for site in clause.sites if site.end <= quantity.start]
    if not sites:
        return False
    at = sites[-1]
    for other in [*(q for q in beside if at <= q.start < quantity.start), quantity]:
        if clause.text[at - clause.start : other.start - clause.start].strip(" \t\n|,-"):
            return False
        at = other.end
    return True


_NEXT_ITEM = re.compile(r"\s?\)?[,;]\s")  # "trapezius 0.5, levator 1": what follows is the next item


def _place_before(count: Quantity, clause: Clause, start: int) -> bool:
    """Whether a site stands right before a count and behind ``start``."""
    return any(start <= site.start and 0 <= count.start - site.end <= 4 for site in clause.sites)


def _sites_of(quantity: Quantity, clause: Clause, linked: frozenset[int]) -> list[Site]:
    """The sites that an amount of the clause was given to: those behind it, or before it where sites come first."""
    if not clause.sites:
        return []
    items: list[Site | Quantity] = [*clause.sites]
    items += [q for q in clause.quantities if q.kind in AMOUNTS and q.per != "wasted"]
    items.sort(key=lambda item: item.start)
    runs: list[list[Site | Quantity]] = []
    for item in items:
        if not runs or isinstance(runs[-1][0], Site) != isinstance(item, Site):
            runs.append([])
        runs[-1].append(item)
    place = next(index for index, run in enumerate(runs) if quantity in run)
    beside = [q for q in runs[place] if isinstance(q, Quantity) and q.kind == quantity.kind]
    if quantity.start in linked and any(q.start not in linked for q in beside) and not _in_row(quantity, clause, beside):
        return []  # "5 mL ropivacaine: 2 mL left trapezius, …" or "1 mL of 9 mL bupivacaine and …": the drug's amount has no place
    backward = _sites_first(clause, runs)
    if backward:
        chosen = runs[place - 1] if place else []
    else:
        before = runs[place - 1] if place and (len(runs) == 2 or quantity.per is not None) else []
        chosen = runs[place + 1] if place + 1 < len(runs) else before
    return [site for site in chosen if isinstance(site, Site)]


def _sites_first(clause: Clause, runs: list[list[Site | Quantity]]) -> bool:
    """Whether the clause names the site before its amount ("left trapezius 2 mL, right trapezius 1 mL")."""
    votes = 0
    masked = clause.text
    named = [(drug.start, drug.end) for drug in clause.drugs]
    for start, end in [*named, *((q.start, q.end) for q in clause.quantities if q.kind == "concentration")]:
        masked = masked[: start - clause.start] + " " * (end - start) + masked[end - clause.start :]
    for left, right in pairwise(runs):
        between = masked[left[-1].end - clause.start : right[0].start - clause.start]
        if isinstance(left[0], Site):
            votes += 1 if _BACKWARD.fullmatch(between) else 0
        else:
            votes -= 1 if (_FORWARD.fullmatch(between) and not _NEXT_ITEM.match(between)) or "into" in between else 0
    if votes:
        return votes > 0
    return isinstance(runs[0][0], Site) and not isinstance(runs[-1][0], Site)


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
        if not again:
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
