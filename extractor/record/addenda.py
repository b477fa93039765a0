"""Corrections: an addendum outranks what it corrects."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.lexicon import Lexicon
from extractor.models import Finding
from extractor.record.evidence import evidence

_CORRECTION = re.compile(r"\b(?:addend|correct(?:ion|ed|s)?\b|amend|erratum|in error|should (?:read|state|say|be|have)|mistaken|error in|inadvertently|clarif|misstated|wrong side)")
_OPENS_CORRECTION = re.compile(r"\W{0,6}(?:late\s)?(?:addend|correct|amend|erratum|clarif)")
_SIDE_NOT = re.compile(r"\b(?P<yes>left|right)\b[^.;]{0,60}?\b(?:not|instead of|rather than)\s(?:the\s|on\sthe\s)?(?P<no>left|right)\b")
_NOT_SIDE = re.compile(r"\bnot\s(?:the\s|on\sthe\s)?(?P<no>left|right)\b[^.;]{0,50}?\b(?:but|was|were|is|it)\b[^.;]{0,30}?\b(?P<yes>left|right)\b")
_SHOULD = re.compile(r"\b(?P<no>left|right)\b[^.;]{0,60}?\bshould\s(?:read|state|say|be|have\s(?:read|said|been))\s(?:as\s|the\s)?[\"']?(?P<yes>left|right|bilateral)\b")
_SHOULD_ONLY = re.compile(r"\bshould\s(?:read|state|say|be|have\s(?:read|said|been))\s(?:as\s|the\s)?[\"']?(?P<yes>left|right|bilateral)\b")
_STATED_SIDE = re.compile(r"\b(?:injections?|injected side|procedure|laterality|side|tpis?|needling|all(?: sites| of them)?|everything|treatment)\b[^.;]{0,24}\b(?:was|were|is|are|performed|done|on)\b[^.;]{0,16}\b(?P<yes>left|right)\b")
_REMOVED = re.compile(r"\b(?:not|no)\b[^.;]{0,24}\b(?:inject|perform|needle|treat|done|given)|\bin error\b|\bnot injected\b|\bdid not\b|\berroneous|\binadvertently\b|\bwas not\b|\bwere not\b|\bremove|\bdelete|\bstrike\b|\bdisregard")


def is_correction(note: Note, segment: Segment) -> bool:
    """Whether the clause belongs to an addendum or corrects something in its own words."""
    if note.sections[segment.section].category == "addendum":
        return True
    unit = note.units[segment.unit]
    return _OPENS_CORRECTION.match(note.folded, unit.start, unit.start + 24) is not None and _CORRECTION.search(note.folded, unit.start, unit.end) is not None


def _sentence(note: Note, segment: Segment) -> str:
    parts = [s for s in note.segments if s.sentence == segment.sentence]
    return note.folded[parts[0].start : parts[-1].end]


def apply_addenda(note: Note, lexicon: Lexicon) -> list[Finding]:
    """Strike out and re-side earlier sites as the note's corrections say; returns a finding for each."""
    findings: list[Finding] = []
    for index, segment in enumerate(note.segments):
        if not is_correction(note, segment):
            continue
        sites = [site for site in note.sites_in(index) if site.kind == "muscle"]
        earlier = [site for site in note.sites if site.segment != index and site.assertion == "injected" and not is_correction(note, note.segments[site.segment])]
        text = note.folded[segment.start : segment.end]
        swap = _side_swap(_sentence(note, segment))
        refused = [site for site in sites if site.assertion in ("negated", "declined")]
        named = any(site.kind == "muscle" and note.segments[site.segment].sentence == segment.sentence for site in note.sites)
        if not named and _RETRACTED.search(text) and not re.search(r"\bit\b", text):
            findings += _retract(note, segment, earlier, text)
        elif swap:
            findings += _re_side(note, segment, sites, earlier, *swap)
        elif refused:
            findings += _strike(note, lexicon, segment, refused, earlier)
        elif _REMOVED.search(text) and not any(site.assertion == "injected" for site in sites):
            findings += _strike(note, lexicon, segment, sites, earlier)
        elif not _ADDED.search(text):
            _replace_sides(note, sites, earlier)
    return findings


_RETRACTED = re.compile(
    r"\bno (?:trigger point |tp )?(?:injections?|tpis?|needling|procedures?)\b[^.]{0,40}\b(?:performed|given|done|today|administered)|\b(?:was|were) (?:not performed|not done|not given|copied|carried|pulled)\b|copied forward|carried forward|pulled forward|"
    r"\bdisregard (?:the )?(?:procedure|above)|entered in error|\bdid not (?:perform|receive|have|undergo)\b"
)
_ADDED = re.compile(r"\b(?:also|additional(?:ly)?|in addition|forgot|omitted|add(?:ed)?|as well)\b")


def _retract(note: Note, segment: Segment, earlier: list[Site], text: str) -> list[Finding]:
    """The correction takes back the whole procedure: it was not done, or belongs to an earlier visit."""
    before = "historical" if re.search(r"forward|copied|carried|prior|previous|last|belongs|from\b", text + note.folded[segment.end : segment.end + 120]) else "negated"
    for site in earlier:
        site.assertion, site.rule = before, "retracted"
    for index, other in enumerate(note.segments):
        if other.end <= segment.start and note.frames[index].whole in ("injected", "nominal"):
            note.frames[index].whole = before
    return [Finding(id="historical-only", severity="info", text="A later correction takes the procedure back.", evidence=[evidence(note, segment.start, segment.end)])] if earlier else []


def _replace_sides(note: Note, sites: list[Site], earlier: list[Site]) -> None:
    """A muscle that the correction lists again with a side keeps only that side."""
    for site in sites:
        if not site.sides:
            marks = [mark for mark in note.sides if site.end <= mark.start < site.end + 60 and mark.sides]
            site.sides = marks[0].sides if marks else ()
        if site.assertion != "injected" or not site.sides:
            continue
        for other in earlier:
            if set(other.targets) & set(site.targets) and other.sides and other.sides != site.sides:
                other.sides = site.sides
                other.rule = "corrected"


def _side_swap(text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """(right sides, wrong sides) that a correction names."""
    for pattern in (_SHOULD, _NOT_SIDE, _SIDE_NOT):
        if (match := pattern.search(text)) and match["yes"] != match["no"]:
            return _sides(match["yes"]), _sides(match["no"])
    if (match := _STATED_SIDE.search(text)) and " not " not in match.group():
        return _sides(match["yes"]), ()
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
        if not wrong and len(site.sides) != 1:
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


def _same(lexicon: Lexicon, one: Site, other: Site) -> bool:
    """Whether two mentions may be of one muscle: "the rhomboid" of an addendum and the rhomboid major of the note."""
    return any(a == b or a in lexicon.ancestors(b) or b in lexicon.ancestors(a) for a in one.targets for b in other.targets)


def _strike(note: Note, lexicon: Lexicon, segment: Segment, sites: list[Site], earlier: list[Site]) -> list[Finding]:
    struck = False
    for site in sites:
        if site.assertion not in ("negated", "declined", "finding", "injected"):
            continue
        for other in earlier:
            if _same(lexicon, other, site):
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
