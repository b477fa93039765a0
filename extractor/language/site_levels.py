"""Spinal levels to their muscles: "L4-5 paraspinals", or a level that is a site of its own."""

from __future__ import annotations

import re

from extractor.language.annotations import LevelMark, Note, Segment, SideMark, Site


def attach_levels(note: Note, segment: Segment, index: int, sites: list[Site], levels: list[LevelMark], sides: list[SideMark]) -> list[Site]:
    """Give levels to their muscles; a level that stands alone in a list of muscles becomes a site with their head."""
    if not levels:
        return sites
    result = list(sites)
    muscles = [site for site in sites if site.kind == "muscle"]
    left_over: list[LevelMark] = []
    for level in levels:
        owner = _level_owner(note, level, muscles, sides)
        if owner is None:
            left_over.append(level)
        else:
            owner.levels = (*owner.levels, *(name for name in level.levels if name not in owner.levels))
            start, end = owner.phrase or (owner.start, owner.end)
            owner.phrase = (min(start, level.start), max(end, level.end) if level.start > owner.end and level.start - owner.end < 30 else end)
    for level in left_over:
        head = next((site for site in reversed(muscles) if site.end <= level.start), None) or next((s for s in muscles if s.levels), None)
        if head is None or not head.levels:
            head = next((site for site in muscles if site.levels), None)
        if head is not None and _list_between(note, head, level):
            result.append(
                Site(level.start, level.end, index, targets=head.targets, kind="muscle", levels=level.levels, inferred=True, phrase=(level.start, level.end))
            )
        elif head is None and not re.match(r"\s(?:transverse|spinous|vertebra\w*|lamina|pedicle|nerve|disc|disk|process|tp\b)", note.folded[level.end : level.end + 14]):
            result.append(Site(level.start, level.end, index, kind="level", levels=level.levels, phrase=(level.start, level.end)))
    result.sort(key=lambda site: site.start)
    return result


def _level_owner(note: Note, level: LevelMark, muscles: list[Site], sides: list[SideMark]) -> Site | None:
    after = next((site for site in muscles if site.start >= level.end), None)
    before = next((site for site in reversed(muscles) if site.end <= level.start), None)
    if after is not None:
        gap = note.folded[level.end : after.start]
        if not any(level.end <= side.start and side.end <= after.start for side in sides) and _level_reaches(gap):
            return after
    if before is not None:
        gap = note.folded[before.end : level.start]
        sided = any(before.end <= side.start and side.end <= level.start and not side.parenthesis and not side.adverb for side in sides)
        if not sided and _level_follows(gap):
            return before
    return None


LEVEL_CHAIN = re.compile(r"[ctls][- ]?\d{1,2}(?:\s?[-/]\s?[ctls]?\d{1,2})?")
_LEVEL_BETWEEN = re.compile(r"\b(?:and|to|through|thru|level|levels|muscles?|region|area|the|on|at|of|mid|upper|lower|superficial|deep|spinal|vertebral|paravertebral|cervical|thoracic|lumbar|left|right|bilateral(?:ly)?|side|sides|both|from|lt|rt|l|r|c|t)\b|[\s,/&()+-]+|\d+")


def _level_reaches(gap: str) -> bool:
    """Whether only further levels and modifiers stand between a level and the muscle behind it."""
    rest = LEVEL_CHAIN.sub(" ", gap)
    if re.search(r"\b(?:left|right|bilateral|l|r|lt|rt)\b", rest):
        return False
    rest = re.sub(r"\b(?:and|to|level|levels|the|superficial|deep|cervical|thoracic|lumbar|mid|upper|lower|spinous|spine|region|muscles?|or)\b|[\s,/&()+-]+|\d+", "", rest)
    return rest == "" and len(gap) < 60 and not gap.strip().startswith("(")


def _level_follows(gap: str) -> bool:
    """Whether a level behind a muscle speaks of it ("paraspinals at C5, C6", "multifidus (L4-5)")."""
    rest = LEVEL_CHAIN.sub(" ", gap)
    rest = _LEVEL_BETWEEN.sub("", rest)
    if rest.strip():
        return False
    return len(gap) < 90


def _list_between(note: Note, head: Site, level: LevelMark) -> bool:
    start, end = (head.end, level.start) if head.end <= level.start else (level.end, head.start)
    gap = note.folded[start:end]
    if re.search(r"\b(?:disc|disk|stenosis|herniation|radiculopathy|mri|fusion|laminectomy|facet|epidural|dermatome|fracture|spondyl\w+|degenerat\w+)\b", note.folded[max(0, level.start - 40) : level.end + 40]):
        return False
    return end - start < 400 and re.search(r"\b(?:was|were|is|are|had|has)\b", gap) is None
