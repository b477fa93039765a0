"""Corrections: an addendum outranks what it corrects."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.models import Finding
from extractor.record.evidence import evidence

_CORRECTION = re.compile(r"\b(?:addend|correct(?:ion|ed|s)?\b|amend|erratum|in error|should (?:read|state|say|be|have)|mistaken|error in|inadvertently|clarif|misstated|wrong side)")
_SIDE_NOT = re.compile(r"\b(?P<yes>left|right)\b[^.;]{0,60}?\b(?:not|instead of|rather than)\s(?:the\s|on\sthe\s)?(?P<no>left|right)\b")
_NOT_SIDE = re.compile(r"\bnot\s(?:the\s|on\sthe\s)?(?P<no>left|right)\b[^.;]{0,50}?\b(?:but|was|were|is|it)\b[^.;]{0,30}?\b(?P<yes>left|right)\b")
_SHOULD = re.compile(r"\b(?P<no>left|right)\b[^.;]{0,60}?\bshould\s(?:read|state|say|be|have\s(?:read|said|been))\s(?:as\s|the\s)?[\"']?(?P<yes>left|right|bilateral)\b")
_SHOULD_ONLY = re.compile(r"\bshould\s(?:read|state|say|be|have\s(?:read|said|been))\s(?:as\s|the\s)?[\"']?(?P<yes>left|right|bilateral)\b")
_REMOVED = re.compile(r"\b(?:not|no)\b[^.;]{0,24}\b(?:inject|perform|needle|treat|done|given)|\bin error\b|\bnot injected\b|\bdid not\b|\berroneous|\binadvertently\b|\bwas not\b|\bwere not\b|\bremove|\bdelete|\bstrike\b|\bdisregard")


def is_correction(note: Note, segment: Segment) -> bool:
    """Whether the clause belongs to an addendum or corrects something in its own words."""
    if note.sections[segment.section].category == "addendum":
        return True
    unit = note.units[segment.unit]
    return _CORRECTION.search(note.folded, unit.start, unit.end) is not None and re.match(r"\W{0,6}(?:late\s)?(?:addend|correct|amend|erratum|clarif)", note.folded[unit.start : unit.start + 24]) is not None


def apply_addenda(note: Note) -> list[Finding]:
    """Strike out and re-side earlier sites as the note's corrections say; returns a finding for each."""
    findings: list[Finding] = []
    for index, segment in enumerate(note.segments):
        if not is_correction(note, segment):
            continue
        sites = [site for site in note.sites if site.segment == index and site.kind == "muscle"]
        earlier = [site for site in note.sites if site.end <= segment.start and site.assertion == "injected" and not is_correction(note, note.segments[site.segment])]
        text = note.folded[segment.start : segment.end]
        unit = note.units[segment.unit]
        swap = _side_swap(note.folded[unit.start : unit.end])
        if swap:
            findings += _re_side(note, segment, sites, earlier, *swap)
        elif _REMOVED.search(text):
            findings += _strike(note, segment, sites, earlier)
    return findings


def _side_swap(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """(right sides, wrong sides) that a correction names."""
    for pattern in (_SHOULD, _NOT_SIDE, _SIDE_NOT):
        if (match := pattern.search(text)) and match["yes"] != match["no"]:
            return _sides(match["yes"]), _sides(match["no"])
    if match := _SHOULD_ONLY.search(text):
        return _sides(match["yes"]), ()
    return None


def _sides(word: str) -> tuple[str, ...]:
    return ("left", "right") if word == "bilateral" else (word,)


def _re_side(note: Note, segment: Segment, sites: list[Site], earlier: list[Site], right: tuple[str, ...], wrong: tuple[str, ...]) -> list[Finding]:
    named = {target for site in sites for target in site.targets}
    changed: list[Site] = []
    for site in earlier:
        if named and not named & set(site.targets):
            continue
        if wrong and not set(wrong) & set(site.sides):
            continue
        site.sides = right
        site.rule = "corrected"
        changed.append(site)
    for site in sites:
        site.assertion, site.rule = ("finding", "correction")
    if not changed:
        return []
    text = f"A later correction changes the side to {' and '.join(right)}."
    return [Finding(id="side-conflict", severity="info", text=text, evidence=[evidence(note, segment.start, segment.end)])]


def _strike(note: Note, segment: Segment, sites: list[Site], earlier: list[Site]) -> list[Finding]:
    struck = False
    for site in sites:
        if site.assertion not in ("negated", "declined", "finding", "injected"):
            continue
        for other in earlier:
            if set(other.targets) & set(site.targets):
                left = tuple(s for s in other.sides if s not in site.sides) if site.sides else ()
                if left and site.sides:
                    other.sides = left
                else:
                    other.assertion, other.rule = "negated", "struck-by-correction"
                struck = True
        if site.assertion == "injected":
            site.assertion, site.rule = "negated", "correction"
    if not struck:
        return []
    return [Finding(id="side-conflict", severity="info", text="A later correction strikes out an injected site.", evidence=[evidence(note, segment.start, segment.end)])]
