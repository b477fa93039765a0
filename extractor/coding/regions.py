"""Rules that count regions of the body: the muscle groups of 2002, and one region a session."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.coding.anatomy import Anatomy
from extractor.coding.counting import Bounds
from extractor.coding.facts import Facts
from extractor.coding.interval import Counter
from extractor.models import Area, Muscle

__all__ = ["area_groups_2002", "region_counter", "session_regions"]

_BY_LEVEL = {"C": "neck", "T": "upper_back", "L": "lower_back", "S": "lower_back"}
_BY_PORTION = {"cervical": "neck", "thoracic": "upper_back", "lumbar": "lower_back"}

Group = tuple[str, str]
"""A group of 2002 and its side; the side is empty for groups of the trunk, and where the note gives none."""


def region_counter(anatomy: Anatomy, facts: Facts) -> Counter:
    """Return the counter of 2002: distinct regions instead of distinct muscles."""

    def counter(muscles: Sequence[Muscle]) -> Bounds:
        sure: set[Group] = set()
        possible: set[Group] = set()
        for muscle in muscles:
            stated, possible_regions = _regions(muscle, anatomy)
            sure |= _groups(stated, muscle.sides, facts)
            possible |= _groups(possible_regions, [*muscle.sides, *muscle.doubtful_sides], facts)
        low = len(_without_doubles(sure))
        return Bounds(low or min(1, len(muscles)), max(low, len(possible), min(1, len(muscles))))

    return counter


def area_groups_2002(areas: Sequence[Area], facts: Facts) -> set[Group]:
    """Return the groups of 2002 that areas name by themselves ("left shoulder", "thoracic")."""
    found: set[Group] = set()
    for area in areas:
        regions = {_BY_LEVEL[level[0]] for level in area.levels if level[:1] in _BY_LEVEL}
        if area.region:
            regions.add(area.region)
        found |= _groups(regions, area.sides, facts)
    return found


def session_regions(muscles: Sequence[Muscle], anatomy: Anatomy, facts: Facts) -> tuple[str, ...]:
    """Return the regions that a session treated, as a payer that covers one region might count them, sorted."""
    regions = {region for muscle in muscles for region in _regions(muscle, anatomy)[0]}
    return tuple(sorted({facts.regions[region].session for region in regions if region in facts.regions}))


def _regions(muscle: Muscle, anatomy: Anatomy) -> tuple[set[str], set[str]]:
    """Return the lexicon's regions that a muscle proves, and those that it could lie in.

    Levels, then portions, outrank the muscle's own region. A collective name whose members lie in several regions
    proves none of them.
    """
    by_level = {_BY_LEVEL[level[0]] for level in muscle.levels if level[:1] in _BY_LEVEL}
    stated = by_level or {_BY_PORTION[portion] for portion in muscle.portions if portion in _BY_PORTION}
    if not stated and anatomy.is_group(muscle.id, muscle.kind):
        members = {anatomy.region(member) for member in anatomy.members(muscle.id)}
        return (members, members) if len(members) == 1 else (set(), members)
    stated = stated or {anatomy.region(muscle.id)}
    return stated, stated


def _groups(regions: set[str], sides: Sequence[str], facts: Facts) -> set[Group]:
    found: set[Group] = set()
    for region in regions:
        row = facts.regions.get(region)
        if row is None or not row.group_2002:
            continue
        found.update((row.group_2002, side) for side in ((sides or ("",)) if row.sided else ("",)))
    return found


def _without_doubles(groups: set[Group]) -> set[Group]:
    """Drop a group without side where the same group is there with one."""
    sided = {name for name, side in groups if side}
    return {(name, side) for name, side in groups if side or name not in sided}
