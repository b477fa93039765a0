"""The interval of a whole record: certain muscles, areas, doubts, stated numbers, examined sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple

from extractor.coding.anatomy import Anatomy
from extractor.coding.counting import ENOUGH, Bounds, count_muscles
from extractor.models import Area, Doubt, Muscle, Record, StatedCount

__all__ = ["Counter", "Interval", "count_record", "muscle_counter"]

Counter = Callable[[Sequence[Muscle]], Bounds]
"""Counts a list of muscles; 2002's counter counts regions instead."""
_MAX_COMBINATIONS = 256


class Interval(NamedTuple):
    """The count of a record and what each part of it contributed."""

    low: int
    high: int
    listed: Bounds
    """The certain muscles and groups alone."""
    from_areas: int = 0
    """What sites that name no muscle add to ``high``."""
    from_doubts: int = 0
    """What doubts add to ``high``."""
    doubts_prove: int = 0
    """What every reading of the doubts adds to ``low``."""
    stated: StatedCount | None = None
    """A stated number of muscles that moved a bound."""
    exam_only: bool = False
    unnamed: bool = False
    """Nothing was named anywhere."""


def muscle_counter(anatomy: Anatomy, laterality: str, groups: str) -> Counter:
    """Return a counter of muscles under a policy's reading."""

    def counter(muscles: Sequence[Muscle]) -> Bounds:
        return count_muscles(muscles, anatomy, laterality=laterality, groups=groups)

    return counter


def count_record(record: Record, counter: Counter) -> Interval:
    """Return the interval of a record whose procedure was performed."""
    muscles = _with_total(record)
    listed = counter(muscles)
    with_doubts = _add_doubts(muscles, listed, record.doubts, counter)
    area_sites = _area_sites(record.areas)
    low, high = with_doubts.low, with_doubts.high + area_sites
    interval = Interval(low, high, listed, area_sites, with_doubts.high - listed.high, with_doubts.low - listed.low)
    if not muscles and not record.areas:
        interval = _without_sites(record, interval, counter)
    return _apply_stated(record, interval, counter)


def _with_total(record: Record) -> Sequence[Muscle]:
    """Give the only site of a note the number of injections that the note states in all."""
    total = record.procedure.injections
    if total is None or len(record.muscles) != 1 or record.areas or record.doubts:
        return record.muscles
    only = record.muscles[0]
    return [only.model_copy(update={"injections": total})] if only.injections is None else record.muscles


def _area_sites(areas: Iterable[Area]) -> int:
    return sum(ENOUGH if area.injections is None else area.injections for area in areas)


def _add_doubts(certain: Sequence[Muscle], listed: Bounds, doubts: Sequence[Doubt], counter: Counter) -> Bounds:
    if not doubts:
        return listed
    extra = sum(doubt.extra_high for doubt in doubts)
    choices = [doubt.readings for doubt in doubts if doubt.readings]
    total = 1
    for readings in choices:
        total *= len(readings)
    if total > _MAX_COMBINATIONS:
        return _add_many_doubts(certain, listed, choices, extra, counter)
    bounds = [counter([*certain, *(muscle for reading in taken for muscle in reading)]) for taken in product(*choices)]
    return Bounds(min(item.low for item in bounds), max(item.high for item in bounds) + extra)


def _add_many_doubts(
    certain: Sequence[Muscle], listed: Bounds, choices: Sequence[list[list[Muscle]]], extra: int, counter: Counter
) -> Bounds:
    """Bound the interval from outside where there are too many combinations to try."""
    low, high = listed.low, listed.high + extra
    for readings in choices:
        bounds = [counter([*certain, *reading]) for reading in readings]
        low = max(low, min(item.low for item in bounds))
        high += max(0, max(item.high for item in bounds) - listed.high)
    return Bounds(low, high)


def _without_sites(record: Record, interval: Interval, counter: Counter) -> Interval:
    if record.examined:
        with_exam = _add_doubts(record.examined, counter(record.examined), record.doubts, counter)
        return interval._replace(high=max(1, interval.high, with_exam.high), exam_only=True)
    if interval.high == 0:
        return interval._replace(high=ENOUGH, unnamed=True)
    return interval


def _apply_stated(record: Record, interval: Interval, counter: Counter) -> Interval:
    """Let the note's own numbers move the bounds.

    Above the list a number of muscles bounds ``high``; where several are stated the largest does. A number below what
    is named contradicts the list, so ``low`` is the smaller of the two; so many sites in all are at most so many
    muscles. Where exactly one number is stated, what the note leaves unnamed (groups, areas, examined sites) cannot
    exceed it, unless something else is in doubt.
    """
    numbers = [item for item in record.stated_counts if item.count > (0 if item.what == "muscles" else 1)]  # "x 1" is one session
    smallest = min(numbers, key=lambda item: item.count, default=None)
    moved = interval
    if smallest is not None and smallest.count < interval.low:
        moved = moved._replace(low=smallest.count, stated=smallest)
    stated = [item for item in numbers if item.what == "muscles"]
    if not stated:
        return moved
    largest = max(stated, key=lambda item: item.count)
    if largest.count > interval.high:
        moved = moved._replace(high=largest.count, stated=largest)
    if all(item.count == largest.count for item in stated) and not record.doubts:
        named = counter([_as_one(muscle) for muscle in record.muscles]).high
        ceiling = max(interval.low, largest.count, named)
        if ceiling < interval.high:
            moved = moved._replace(high=ceiling, stated=largest)
    return moved


def _as_one(muscle: Muscle) -> Muscle:
    """Return a collective name cut down to one muscle a side; a muscle as it is."""
    if muscle.kind == "muscle":
        return muscle
    return muscle.model_copy(update={"injections": max(1, len({*muscle.sides, *muscle.doubtful_sides}))})
