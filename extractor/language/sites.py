"""Injection sites: each muscle or region mention with its portions, levels, sides and head.

The grammar is that of lists. A side stands before its muscle ("left upper trapezius"), behind it ("trapezius (L)"),
over a list ("bilateral trapezius, rhomboids and levator"), behind a list ("trapezius and levator bilaterally"), or in
a heading ("LEFT:"). A level may stand for a muscle named elsewhere in its list ("bilateral T2-3 paraspinous, T4-5").
"""

from __future__ import annotations

from bisect import bisect_left

from extractor.language.annotations import Entity, Note, Segment, Site
from extractor.language.laterality import taken_back
from extractor.language.portions import PortionWords, portions_after, portions_before
from extractor.language.side_context import (
    leave_open,
    sides_from_above,
    sides_from_levels,
    sides_from_rows,
    sides_from_signs,
    sides_from_values,
)
from extractor.language.site_levels import attach_levels
from extractor.language.site_sides import attach_sides, resolve_relative


def build_sites(note: Note, portions: PortionWords) -> None:
    """Fill ``note.sites`` with sides, portions and levels resolved inside each clause."""
    note.sites = []
    starts = [word.start for word in note.words]
    by_segment: dict[int, list[Site]] = {}
    segment_starts = [segment.start for segment in note.segments]
    for entity in note.entities:
        if entity.kind in ("word", "side", "level"):
            continue
        index = _segment_of(note, segment_starts, entity.start)
        if index is None:
            continue
        site = _site(note, entity, index, portions, starts)
        by_segment.setdefault(index, []).append(site)
    levels_by_segment = _by_segment(note.levels, segment_starts, note.segments)
    sides_by_segment = _by_segment(note.sides, segment_starts, note.segments)
    for index, segment in enumerate(note.segments):
        sites = by_segment.get(index, [])
        levels = levels_by_segment.get(index, [])
        sides = sides_by_segment.get(index, [])
        sites = attach_levels(note, segment, index, sites, levels, sides)
        resolve_relative(note, segment, sites, sides)
        attach_sides(note, segment, sites, sides)
        note.sites.extend(sites)
    note.sites.sort(key=lambda site: site.start)
    sides_from_rows(note)
    sides_from_values(note)
    sides_from_signs(note)
    leave_open(note)
    sides_from_above(note)
    sides_from_levels(note)
    for site, following in zip(note.sites, note.sites[1:], strict=False):
        if following.start - site.end < 60 and taken_back(note, site.end, following.start):
            site.assertion, site.rule = "negated", "taken-back"


def _by_segment(marks: list, starts: list[int], segments: list[Segment]) -> dict[int, list]:
    """Marks by the clause in which they start."""
    found: dict[int, list] = {}
    ordered = sorted(range(len(segments)), key=starts.__getitem__)
    sorted_starts = [starts[index] for index in ordered]
    for mark in marks:
        at = bisect_left(sorted_starts, mark.start + 1) - 1
        while at >= 0 and sorted_starts[at] >= mark.start - 4000:
            segment = segments[ordered[at]]
            if segment.start <= mark.start < segment.end:
                found.setdefault(ordered[at], []).append(mark)
            at -= 1
            if segment.end <= mark.start and at >= 0 and segments[ordered[at]].end <= mark.start:
                break
    return found


def _segment_of(note: Note, starts: list[int], position: int) -> int | None:
    at = bisect_left(starts, position + 1) - 1
    # labels and their contents are yielded in order, but boxes may reorder: look back a little
    for index in range(at, max(-1, at - 3), -1):
        if note.segments[index].start <= position < note.segments[index].end:
            return index
    return None


def _site(note: Note, entity: Entity, segment: int, portions: PortionWords, starts: list[int]) -> Site:
    muscle = entity.kind == "muscle"
    site = Site(
        entity.start, entity.end, segment, targets=entity.targets if muscle else (), kind="muscle" if muscle else entity.kind,
        region=None if muscle else entity.targets[0], ambiguous=entity.ambiguous, corrected=entity.corrected,
        portions=(entity.portion,) if entity.portion else (), phrase=(entity.start, entity.end),
    )  # fmt: skip
    if muscle:
        first = bisect_left(starts, entity.start)
        last = bisect_left(starts, entity.end) - 1
        found = list(site.portions)
        start = portions_before(note, site, portions, first, found)
        end = portions_after(note, site, portions, last, found)
        site.portions = tuple(dict.fromkeys(found))
        site.phrase = (start, end)
        if site.portions and len(site.targets) == 1:
            portions.name_members(site)
    return site
