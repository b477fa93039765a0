"""Sides that stand outside the clause: in a row's other cells, behind a label, in the heading above."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Site, within
from extractor.language.readings import SIDE_COLUMN
from extractor.language.site_sides import give


def sides_from_levels(note: Note) -> None:
    """ "the lumbar paraspinals …, these being at L3 and at L5 on each side": the side stands at the levels."""
    for site, following in zip(note.sites, note.sites[1:], strict=False):
        if site.kind == "muscle" and not site.sides and following.kind == "level" and following.sides and following.segment == site.segment:
            site.sides = following.sides


def sides_from_values(note: Note) -> None:
    """ "Splenius cervicis: left only, .25x30": the side opens what stands behind the label."""
    labelled: dict[int, list[Site]] = {}
    for site in note.sites:
        if note.segments[site.segment].is_label and site.kind == "muscle":
            labelled.setdefault(site.segment, []).append(site)
    for index, sites in labelled.items():
        if len(sites) != 1 or sites[0].sides or index + 1 >= len(note.segments) or note.segments[index + 1].unit != note.segments[index].unit:
            continue
        start = note.segments[index + 1].start
        if both := _AMOUNTS_BY_SIDE.match(note.folded, start, note.segments[index + 1].end):
            said = {char[0] for char in _ANY_SIDE.findall(both.group())}
            give(sites[0], tuple(side for side in ("left", "right") if side[0] in said), own=True)
            continue
        mark = next((side for side in note.sides if side.sides and 0 <= side.start - start <= 3), None)
        if mark:
            give(sites[0], mark.sides, own=True)


# "Trapezius ..... R 1 cc, L 1 cc"
_AMOUNTS_BY_SIDE = re.compile(r"(?:(?:left|right|lt|rt|l|r)\b\.?\s?[:=-]?\s?(?:x\s?)?\d{0,2}(?:\.\d{1,2})?\s?(?:cc|ml|mls|units?|u|pts?|sites?|x)?\s{0,2}(?:[,;/&+]|and\b)?\s{0,3}){2}(?=$|\n|[.;)|]|\Z)")
_ANY_SIDE = re.compile(r"\b(?:left|right|lt|rt|l|r)\b")


def leave_open(note: Note) -> None:
    """A site beside an unresolved pick list may be either side: its sides are in doubt."""
    for start, end in note.open_sides:
        near = [s for s in note.sites if s.kind == "muscle" and not s.sides and note.units[note.segments[s.segment].unit].start <= start < note.units[note.segments[s.segment].unit].end]
        for site in near:
            if abs(site.start - end) < 60 or abs(start - site.end) < 60:
                site.clash = ("left", "right")


_VALUE = r"(?:\+{1,4}(?![\d/])|[-\u2013\u2212]{1,2}(?=\s*(?:[,;/|)]|$|\n|[lr]\b))|\(\+\)|\(-\)|yes\b|no\b|y\b|n\b|none\b|x\b|\u2713|\u2714|\d?\.?\d{1,2}\s?(?:cc|ml|units?|u)?(?=\s*(?:[,;/|)]|$|\n|[lr]\b)))"
_SIDE = r"(?:left|right|lt|rt|l|r)"
# "Trapezius R +, L -", "Levator (L: yes, R: no)"
_SIGNED_SIDES = re.compile(rf"[\s,:;(-]{{0,4}}\b(?P<s1>{_SIDE})\s{{0,2}}[:=]?\s{{0,2}}(?P<v1>{_VALUE})\s{{0,2}}[,;/|]?\s{{0,3}}(?P<s2>{_SIDE})\s{{0,2}}[:=]?\s{{0,2}}(?P<v2>{_VALUE})")
_REFUSED = re.compile(r"[-\u2013\u2212(]|no\b|n\b|none|0(?:\.0+)?\s?(?:cc|ml|units?|u)?\Z")


def sides_from_signs(note: Note) -> None:
    """A sign or word behind each side says on which the site is meant; with none on either, the site is not."""
    for site in note.sites:
        if site.kind != "muscle":
            continue
        match = _SIGNED_SIDES.match(note.folded, (site.phrase or (site.start, site.end))[1] if site.phrase and not site.own_side else site.end)
        if match is None or match["s1"][0] == match["s2"][0]:
            continue
        values = {match["s1"][0]: match["v1"], match["s2"][0]: match["v2"]}
        refused = {side for side, value in values.items() if _REFUSED.match(value) and value != "(+)"}
        site.sides = tuple(name for name in ("left", "right") if name[0] not in refused)
        site.own_side, site.clash = True, ()
        if not site.sides:
            site.assertion, site.rule = "negated", "side-marks"


_EMPTY_CELL = re.compile(r"[\s_.-]*(?:0|no|none|n|n/a|held|deferred|not .*|\[\s*\]|\(\s*\)|[\u2610\u25a1])?[\s_.-]*")


def sides_from_rows(note: Note) -> None:
    """Sides from side boxes, and from the other cells of a table row."""
    for site in note.sites:
        segment = note.segments[site.segment]
        if segment.sides:
            give(site, segment.sides, own=True)
        unit = note.units[segment.unit]
        if segment.cell is None or site.kind not in ("muscle", "region") or site.own_side:
            continue
        if own := SIDE_COLUMN.fullmatch(segment.cell):  # the name itself stands in the column of a side
            give(site, ("left",) if own["side"][0] == "l" else ("right",) if own["side"][0] == "r" else ("left", "right"), own=True)
            continue
        found: set[str] = set()
        for cell in unit.cells:
            if cell.start <= site.start < cell.end:
                continue
            text = note.folded[cell.start : cell.end].strip()
            column = SIDE_COLUMN.fullmatch(cell.header)
            if column:
                if not _EMPTY_CELL.fullmatch(text):
                    found.update(("left",) if column["side"][0] == "l" else ("right",) if column["side"][0] == "r" else ("left", "right"))
                continue
            marks = [side for side in note.sides if cell.start <= side.start and side.end <= cell.end]
            if (marks and len(text) <= 2 + sum(mark.end - mark.start for mark in marks) + 8) or (marks and re.search(r"side|later", cell.header)):
                for mark in marks:
                    found.update(mark.sides)
        if found:
            give(site, tuple(found), own=True)


def sides_from_above(note: Note) -> None:
    """A site without a side takes that of the label or heading over it ("LEFT:", "Injected (L)")."""
    for site in note.sites:
        if site.sides or site.kind not in ("muscle", "level"):
            continue
        segment = note.segments[site.segment]
        unit = note.units[segment.unit]
        spans = [unit.label] if unit.label and not segment.is_label and site.start >= unit.label[1] else []
        index = unit.parent
        for _ in range(4):
            if index is None:
                break
            spans.append((note.units[index].start, note.units[index].end))
            index = note.units[index].parent
        title = note.sections[segment.section].title
        if title:
            spans.append(title)
        for start, end in spans:
            if end - start > 160 or any(other.end <= end and other.kind == "muscle" for other in within(note.sites, start, end)):
                continue
            marks = [side for side in within(note.sides, start, end) if side.sides]
            if marks:
                sides = {s for mark in marks for s in mark.sides}
                site.sides = tuple(s for s in ("left", "right") if s in sides)
                break
