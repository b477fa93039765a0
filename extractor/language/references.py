"""Clauses that point back: "repeated on the left", "but not injected", "each of the three"."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.language.frames import Frame
from extractor.language.readings import assign

_REPEATED = re.compile(r"\b(?:repeat\w*|same|identical\w*|likewise|similar\w*|mirror\w*|again|also|then|done)\b")


def repeat_on_side(note: Note, frames: list[Frame]) -> None:
    """ "This was then repeated on the left": the side is added to the sites injected before."""
    sited = {site.segment for site in note.sites}
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi") or index in sited or not _REPEATED.search(note.folded, segment.start, segment.end):
            continue
        sides = [side for side in note.sides if segment.start <= side.start < segment.end and side.sides]
        text = note.folded[segment.start : segment.end]
        if len(sides) != 1 or not _REPEATED.search(text) or re.search(r"\b(?:pain|lying|position\w*|decubitus)\b", text):
            continue
        before = [site for site in note.sites if site.end <= segment.start and site.assertion == "injected" and site.kind == "muscle"]
        if not before:
            continue
        everything = re.search(r"\b(?:muscles|all|these|sites|points|each|entire|both|identical procedure|same procedure|process|procedure)\b", text)
        last = before[-1].segment
        for site in before:
            if everything or site.segment == last:
                site.sides = tuple(s for s in ("left", "right") if s in site.sides or s in sides[0].sides)


_PRONOUN = re.compile(r"\b(?:it|them|this (?:one|muscle)|that (?:one|muscle)|these|those|either|so that was|which|so)\b")
_ELIDED = re.compile(r"\W*(?:but|and|yet|though)\s(?:then\s)?(?:(?:was|were|is|are)\s)?(?:not|never|left alone|left untouched|left for|spared|skipped|deferred)\b")
_REASON_BEHIND = re.compile(r"\b(?:as|because|since|given that|once|after)\s")


def negate_by_pronoun(note: Note, frames: list[Frame]) -> None:
    """ "The infraspinatus was examined but I did not inject it": the pronoun stands for the sites just named."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole not in ("negated", "postponed", "declined") or index == 0:
            continue
        text = note.folded[segment.start : segment.end]
        elided = _ELIDED.match(text)
        reason = _REASON_BEHIND.search(text)
        own = [site for site in note.sites if site.segment == index and site.kind == "muscle"]
        if own and not elided and not (reason and own[0].start >= segment.start + reason.end()):
            continue
        short = elided or (len(text) < 40 and re.match(r"\W*(?:but\s)?(?:skipped|deferred|spared|held|omitted|left alone|not injected|not done|not treated|not needled)", text))
        if not (_PRONOUN.search(text) or short):
            continue
        before = [site for site in note.sites if site.kind == "muscle" and site.segment == index - 1]
        same_unit = before and note.segments[index - 1].unit == segment.unit
        for site in before if same_unit else []:
            if site.assertion in ("candidate", "examined", "marked", "finding", "nominal", "planned") or (short and site.rule != "cue-inject"):
                assign(site, frame.whole, "pronoun")


_NAMED_ABOVE = re.compile(
    r"\b(?:above|aforementioned|listed|named)[\s-]{1,3}(?:(?:noted|named|listed|mentioned|described|identified|\d|two|three|four|five)\s){0,2}(?:trigger\s|tender\s)?(?:muscles?|sites?|points?|areas?|tps|trps|locations?|spots?|bands?)\b"
    r"|\b(?:all|each|both|three|four|two|muscles?|sites?|points?|areas?|bands?|locations?)\s(?:(?:of|as|the|muscles?|sites?|points?|areas?|three|four|two|were|are)\s){0,3}(?:above|aforementioned|listed|named|noted (?:above|on exam))\b"
)
# "into each of the two": as many as the line before names
_COUNTED = re.compile(r"\b(?:injected|treated|needled|infiltrated|did)\s(?P<b>both)\b(?!\ssides)|\b(?:each of|both of|all|into)\s(?:the|these|those)\s(?P<n>two|three|four|five|2|3|4|5)\b(?!\s(?:cc|ml|mg|weeks?|days?))|\ball\s(?P<m>three|four)\b")
_NUMBERS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}


def take_named_above(note: Note, frames: list[Frame]) -> None:
    """ "All three as named above were injected": a procedure that points at the list before it names its sites by it."""
    if any(site.assertion == "injected" and site.kind == "muscle" and not site.weak for site in note.sites):
        return
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole == "injected" and frame.owner in (None, "tpi"):
            for site in _sites_meant(note, segment, _last_list(note, frames, index)):
                assign(site, "injected", "named-above")
                site.weak = False


def _last_list(note: Note, frames: list[Frame], index: int) -> list[Site]:
    """The sites of the line, or of the list, that was the last to name any before clause ``index``."""
    before = [
        s for s in note.sites
        if s.kind == "muscle" and s.segment < index and (s.assertion == "finding" or s.weak) and note.visits[note.sections[note.segments[s.segment].section].visit].current
    ]  # fmt: skip
    if not before:
        return []
    last = note.segments[before[-1].segment].unit
    parent = note.units[last].parent
    unit_of = lambda site: note.segments[site.segment].unit  # noqa: E731
    listed = [s for s in before if unit_of(s) == last or (parent is not None and note.units[unit_of(s)].parent == parent)]
    return [s for s in listed if s.rule not in ("needle-passes", "clean-finding") and "negate" not in frames[s.segment].modifiers]


def _sites_meant(note: Note, segment: Segment, listed: list[Site]) -> list[Site]:
    """Of the sites listed before, those that the clause points at: all of "the above", or as many as it counts."""
    if not listed:
        return []
    if _NAMED_ABOVE.search(note.folded, segment.start, segment.end):
        return listed
    counted = _COUNTED.search(note.folded, segment.start, segment.end)
    if not counted:
        return []
    number = _NUMBERS[counted["n"] or counted["m"] or counted["b"]]
    if sum(site.injections or 0 for site in listed) == number:
        return [site for site in listed if site.injections]  # "three trigger points in the trapezius … each of the three"
    if len({target for site in listed for target in site.targets}) == number:
        return listed
    return []
