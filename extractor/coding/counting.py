"""How many muscles: an interval from a list of injected muscles and collective names.

Everything here is a set operation on *sites* (an id and a side), so neither the order of the list nor a repeated
entry changes a number. Two views exist: by name, where left and right of one muscle are one, and by side, where
they are two. Which bound takes which view is the policy's ``laterality``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from extractor.coding.anatomy import Anatomy
from extractor.models import Muscle

__all__ = ["ENOUGH", "Bounds", "count_muscles", "is_covered"]

ENOUGH = 3
"""As many muscles as can change the answer: the second code begins here."""
_BOTH = ("left", "right")
_MAX_WILDCARDS = 4

Site = tuple[str, str]
"""An id and a side; the side is empty where the note gives none, and always empty by name."""


class Bounds(NamedTuple):
    """The count that is proved and the one that the most favourable reading supports."""

    low: int
    high: int


def count_muscles(muscles: Sequence[Muscle], anatomy: Anatomy, *, laterality: str, groups: str) -> Bounds:
    """Count the distinct muscles of a list.

    Args:
        muscles: injected muscles and groups; repeated ids are merged.
        anatomy: what is part of what.
        laterality: by-side, by-name or unsettled (low by name, high by side).
        groups: one, where a collective name counts as one muscle, or unsettled.
    """
    if not muscles:
        return Bounds(0, 0)
    low = _low(_collect(muscles, by_side=laterality == "by-side", doubtful=False), anatomy)
    listed = _collect(muscles, by_side=laterality != "by-name", doubtful=True)
    high = _high(listed, anatomy, groups_count_one=groups == "one")
    return Bounds(low, max(low, high))


def is_covered(muscle: Muscle, others: Iterable[Muscle], anatomy: Anatomy) -> bool:
    """Say whether a member or part of a muscle is named on every side on which the muscle is."""
    sides: set[str] = set()
    found = False
    for other in others:
        if muscle.id in anatomy.above(other.id):
            found = True
            sides.update(other.sides or _BOTH)
    return found and sides.issuperset(muscle.sides)


class _Entry(NamedTuple):
    id: str
    kind: str
    sides: frozenset[str]
    injections: int | None


def _collect(muscles: Sequence[Muscle], *, by_side: bool, doubtful: bool) -> tuple[_Entry, ...]:
    """Merge the entries of one id; a name without side beside the same name with one adds nothing."""
    merged: dict[str, _Entry] = {}
    for muscle in muscles:
        sides: frozenset[str] = frozenset()
        if by_side:
            sides = frozenset((*muscle.sides, *muscle.doubtful_sides) if doubtful else muscle.sides)
        entry = _Entry(muscle.id, muscle.kind, sides, muscle.injections)
        known = merged.get(muscle.id)
        if known is not None:
            both = known.injections is not None and entry.injections is not None
            injections = (known.injections or 0) + (entry.injections or 0) if both else None
            entry = _Entry(muscle.id, known.kind, known.sides | sides, injections)
        merged[muscle.id] = entry
    return tuple(merged[key] for key in sorted(merged))


# -- low ------------------------------------------------------------------------------------------------------


def _low(entries: tuple[_Entry, ...], anatomy: Anatomy) -> int:
    """Return the least number of muscles for which every word of the list is true."""
    ids = [entry.id for entry in entries]
    containers = {name for name in ids if any(name in anatomy.above(other) for other in ids)}
    groups = [entry for entry in entries if anatomy.is_group(entry.id, entry.kind)]
    muscles = [entry for entry in entries if not anatomy.is_group(entry.id, entry.kind)]
    if not containers and len(groups) < 2:
        return sum(max(1, len(entry.sides)) for entry in entries)
    wildcards = [entry.id for entry in muscles if not entry.sides and _faces_both_sides(entry.id, entries, anatomy)]
    wildcards = wildcards[:_MAX_WILDCARDS]
    # A part without side beside its whole on both sides lies on one of them: take the one that proves least.
    return min(
        _low_with(muscles, groups, dict(zip(wildcards, sides, strict=True)), anatomy)
        for sides in product(_BOTH, repeat=len(wildcards))
    )


def _faces_both_sides(name: str, entries: tuple[_Entry, ...], anatomy: Anatomy) -> bool:
    above = anatomy.above(name)
    sides = {side for entry in entries if entry.id in above for side in entry.sides}
    return len(sides) == len(_BOTH)


def _low_with(muscles: list[_Entry], groups: list[_Entry], placed: dict[str, str], anatomy: Anatomy) -> int:
    sites = [
        (entry.id, side)
        for entry in muscles
        for side in (entry.sides or ((placed[entry.id],) if entry.id in placed else ("",)))
    ]
    named = [site for site in sites if not _stands_for(site, sites, anatomy)]
    open_groups = [
        (entry.id, side)
        for entry in groups
        for side in (entry.sides or ("",))
        if not _stands_for((entry.id, side), named, anatomy)
    ]
    return len(named) + _hitting(open_groups, anatomy)


def _stands_for(whole: Site, sites: Iterable[Site], anatomy: Anatomy) -> bool:
    """Say whether a part or member of the whole is among the sites on its side (no side: on any)."""
    name, side = whole
    return any(
        name in anatomy.above(other) and (not side or not other_side or side == other_side)
        for other, other_side in sites
    )


def _hitting(groups: list[Site], anatomy: Anatomy) -> int:
    """Return the least number of unnamed muscles such that each group has one on its side."""
    if len(groups) < 2:
        return len(groups)
    candidates: dict[Site, set[int]] = {}
    for index, (name, side) in enumerate(groups):
        for member in anatomy.members(name) or (name,):
            for place in (side,) if side else ("", *_BOTH):
                candidates.setdefault((member, place), set()).add(index)
    return _cover(frozenset(range(len(groups))), sorted({frozenset(hit) for hit in candidates.values()}, key=sorted))


def _cover(wanted: frozenset[int], choices: list[frozenset[int]]) -> int:
    if not wanted:
        return 0
    first = min(wanted)
    useful = {choice & wanted for choice in choices if first in choice}
    maximal = [choice for choice in useful if not any(choice < other for other in useful)]
    return 1 + min(_cover(wanted - choice, choices) for choice in maximal)


# -- high -----------------------------------------------------------------------------------------------------


def _high(entries: tuple[_Entry, ...], anatomy: Anatomy, *, groups_count_one: bool) -> int:
    """Return the largest number of muscles that the list can honestly mean."""
    muscles = [entry for entry in entries if not anatomy.is_group(entry.id, entry.kind)]
    groups = [entry for entry in entries if anatomy.is_group(entry.id, entry.kind)]
    named: set[Site] = set()
    for entry in muscles:
        named.update(_free_sites(entry, muscles, anatomy))
    if not groups:
        return len(named)
    if groups_count_one:
        return len(named) + sum(len(_free_sites(entry, entries, anatomy)) for entry in groups)
    taken = set(named)
    # Without a stated number a group can be all its members; those with one then share what is left.
    for entry in sorted(groups, key=lambda group: (group.injections is not None, group.id)):
        fresh = sorted(_group_sites(entry, anatomy) - _occupied(taken, anatomy))
        # One injection stated for both sides is one on each.
        limit = None if entry.injections is None else max(entry.injections, len(entry.sides))
        taken.update(fresh[:limit])
    return len(taken)


def _free_sites(entry: _Entry, others: Iterable[_Entry], anatomy: Anatomy) -> list[Site]:
    """Return the sites of an entry at which no part or member of it is named.

    A part without side can stand on the other side than its whole; only a whole on both sides meets it for sure.
    """
    parts = [other for other in others if entry.id in anatomy.above(other.id)]
    if not parts:
        return [(entry.id, side) for side in sorted(entry.sides or ("",))]
    if not entry.sides:
        return []
    sides = sorted(entry.sides.difference(*(part.sides for part in parts)))
    if len(sides) == len(_BOTH) and any(not part.sides for part in parts):
        sides = sides[:1]
    return [(entry.id, side) for side in sides]


def _group_sites(entry: _Entry, anatomy: Anatomy) -> set[Site]:
    members = anatomy.members(entry.id) or tuple(f"{entry.id}#{number}" for number in range(ENOUGH))
    return {(member, side) for member in members for side in (entry.sides or ("",))}


def _occupied(taken: set[Site], anatomy: Anatomy) -> set[Site]:
    """Return the sites that would add nothing: the same muscle, or the whole of a named part, on that side."""
    occupied: set[Site] = set()
    for name, side in taken:
        sides = (side, "") if side else ("", *_BOTH)
        occupied.update((whole, place) for whole in (name, *anatomy.above(name)) for place in sides)
    return occupied
