"""How often an amount was given: at each of so many sites, on both sides, so many injections."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.language.injectate.clauses import REPEATED, Clause, Site
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["SiteSummary", "count_behind", "counts_sites", "injections_of", "repeated", "times_given"]

_BOTH_SIDES = re.compile(r"[^.;\d]{0,25}\b(?:left|right|l|r|lt|rt)\b[^.;\d]{0,12}\band\s\w+\s")


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


_LEAST_ML = 0.3  # no author gives less than this at each of several places and calls it the volume of all


def injections_of(quantity: Quantity, clause: Clause, where: list[Site]) -> float | None:
    """The number in "0.5 mL into A and B on both sides, four injections": an amount too small to have been shared out."""
    places = sum(site.places for site in where)
    if quantity.kind != "volume" or places < 2:
        return None
    for count in clause.quantities:
        if count.kind == "count" and count.unit == "injections" and count.start > quantity.end and count.value in (places, where[-1].injections):
            return count.value if quantity.value / count.value < _LEAST_ML and quantity.value >= _LEAST_ML else None
    return None




def repeated(quantity: Quantity, clause: Clause) -> bool:
    """Whether the amount was given once more on the other side, in words that give no amount of their own."""
    if clause.again:
        return True
    following = [q.start for q in clause.quantities if q.kind in AMOUNTS and q.start >= quantity.end]
    stop = following[0] - clause.start if following else len(clause.text)
    return REPEATED.search(clause.text, quantity.end - clause.start, stop) is not None


_PER_SIDE = re.compile(r"(?:\bper |\beach |/ ?)side\b")


def times_given(quantity: Quantity, per: str, clause: Clause, where: list[Site], summary: SiteSummary) -> tuple[float | None, bool]:
    """How many times an amount per site was given, and whether the note itself states the number."""
    both = per in ("muscle", "side") and _PER_SIDE.search(clause.text) is not None
    if per == "muscle" and both:
        sides = sum(max(1, site.sides) for site in where or clause.before)
        return sides or summary.sided, bool(where)
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


def count_behind(quantity: Quantity, clause: Clause) -> float | None:
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


def counts_sites(quantity: Quantity, clause: Clause) -> bool:
    """Whether the sites behind an amount have numbers of their own: "1 cc into R trap x2"."""
    behind = [q for q in clause.quantities if q.start >= quantity.end]
    following = next((q.start for q in behind if q.kind in AMOUNTS), clause.end)
    sites = [site for site in clause.sites if quantity.end <= site.start < following]
    return any(q.kind == "count" and q.unit == "times" and any(site.end <= q.start < following for site in sites) for q in behind)


def _place_before(count: Quantity, clause: Clause, start: int) -> bool:
    """Whether a site stands right before a count and behind ``start``."""
    return any(start <= site.start and 0 <= count.start - site.end <= 4 for site in clause.sites)
