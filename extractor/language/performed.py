"""Whether the note tells that trigger points were injected or needled in this encounter."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.language.frames import PERFORMING, Frame
from extractor.language.readings import MILLILITRES, VOLUME, reach


def just_injected(note: Note, frames: list[Frame], index: int) -> bool:
    """Whether one of the clauses right before tells of an injection in the same section."""
    section = note.segments[index].section
    return any(frames[i].whole == "injected" and frames[i].owner in (None, "tpi") for i in range(max(0, index - 6), index) if note.segments[i].section == section)


def pointed_at(note: Note, frames: list[Frame], site: Site) -> bool:
    """Whether one of the next clauses injects "each", "both" or "these" and names no site of its own."""
    sited = {other.segment for other in note.sites if other.kind == "muscle"}
    for index in range(site.segment + 1, min(len(frames), site.segment + 6)):
        if index in sited:
            continue
        if frames[index].whole == "injected" and frames[index].owner in (None, "tpi") and "anaphora" in frames[index].modifiers:
            return True
    return False


def told_outright(note: Note, frames: list[Frame]) -> bool:
    """Whether the note tells in a finite verb or a procedure's own text that trigger points were injected."""
    return any(
        event_performed(note, segment, frame) and (frame.procedural or any(cue.type == "inject" for cue in frame.cues))
        for segment, frame in zip(note.segments, frames, strict=True)
    )


def performed(note: Note, frames: list[Frame]) -> bool:
    """Whether a verb, a site or an amount says that trigger points were injected or needled in this encounter."""
    if any(event_performed(note, segment, frame) for segment, frame in zip(note.segments, frames, strict=True)):
        return True
    for site in note.sites:
        if site.kind != "muscle":
            continue
        segment = note.segments[site.segment]
        category = note.sections[segment.section].category
        amount = note.search(VOLUME, *reach(note, segment)) is not None
        if site.assertion == "marked" and category in ("procedure", "sites") and not _given_up(note, frames, segment) and VOLUME.search(note.folded, note.sections[segment.section].start, note.sections[segment.section].end):
            return True
        if site.assertion in ("candidate", "nominal") and told_by_amounts(note, frames, site):
            return True
        if site.assertion in ("marked", "examined") and dosed_itself(note, site) and not _given_up(note, frames, segment):
            return True
        listed = site.assertion == "candidate" and ((amount and (category in ("procedure", "sites", "injectate") or frames[site.segment].procedural)) or (category == "sites" and _injected_heading(note, segment)))
        if site.assertion == "injected" or listed:
            return True
    return False


def told_by_amounts(note: Note, frames: list[Frame], site: Site) -> bool:
    """A muscle with its own amount of a drug was injected, whatever the verb: nobody doses an examination."""
    segment = note.segments[site.segment]
    unit = note.units[segment.unit]
    spans = [reach(note, segment)]
    after = site.segment + 1
    if after < len(note.segments) and note.segments[after].unit == segment.unit and all(cue.type in ("anaphora", "prep") for cue in frames[after].cues) and not bool(note.sites_in(after)):
        spans.append((note.segments[after].start, note.segments[after].end))  # "R QL only. lido 1% 2 ml"
    if unit.parent is not None:  # "Plain lidocaine, 1 ml for each muscle:" over the list
        spans.append((note.units[unit.parent].start, note.units[unit.parent].end))
    if not any(note.search(MILLILITRES, *span) for span in spans):
        return note.search(_NEEDLED, unit.start, unit.end) is not None and note.once("dry", lambda: any("dry" in frame.modifiers for frame in frames))
    return bool(note.drugs) or note.once("tpi", lambda: any(frame.topic == "tpi" for frame in frames))


def dosed_itself(note: Note, site: Site) -> bool:
    """Whether the site's own clause, or the value behind its label, gives an amount of a drug that the note names."""
    segment = note.segments[site.segment]
    performing = note.sections[segment.section].category in PERFORMING
    return performing and bool(note.drugs) and note.search(MILLILITRES, *reach(note, segment)) is not None


_NEEDLED = re.compile(r"\b(?:passes|needles?|pistoned|pistoning|twitch\w*|ltrs?)\b|\d?\.\d\d\s?(?:mm\s?)?x\s?\d\d")


def _given_up(note: Note, frames: list[Frame], segment: Segment) -> bool:
    """Whether the section of the clause goes on to tell that nothing was injected."""
    others = {site.segment for site in note.sites if site.kind != "region"} | {index for index, frame in enumerate(frames) if any(cue.type == "procedure" for cue in frame.cues)}
    return any(
        other.section == segment.section and other.start > segment.start and frame.whole in ("declined", "postponed", "negated") and index not in others
        for index, (other, frame) in enumerate(zip(note.segments, frames, strict=True))
    )


def _injected_heading(note: Note, segment: Segment) -> bool:
    """Whether the list stands under a heading that says its sites were injected ("TPs today", "Muscles injected")."""
    title = note.sections[segment.section].title
    return title is not None and re.search(r"\b(?:inject\w*|today|treated|needled|performed|done|tpi|trigger)\b", note.folded[title[0] : title[1]]) is not None


def event_performed(note: Note, segment: Segment, frame: Frame) -> bool:
    """Whether the clause tells of an injection at this encounter that is not another procedure's."""
    if frame.whole not in ("injected", "nominal") or frame.owner not in (None, "tpi"):
        return False
    category = note.sections[segment.section].category
    if frame.whole == "nominal" and category == "billing":
        return False
    return frame.topic == "tpi" or any(cue.type == "inject" for cue in frame.cues) or frame.procedural


_REST = re.compile(r"\b(?:remaining|rest of|other|all (?:of )?(?:the|these|them|identified|marked|trigger|two|three|four|five|six|\d)|each (?:was|of|one|point|site|band|trigger|area|spot|muscle)|same (?:manner|fashion|technique|way|procedure))\b")


def all_the_rest(note: Note, frames: list[Frame]) -> bool:
    """Whether a clause without sites says that the remaining marked ones were injected too."""
    with_sites = {site.segment for site in note.sites if site.kind == "muscle"}
    return any(
        index not in with_sites and frame.whole == "injected" and note.search(_REST, segment.start, segment.end) is not None
        for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True))
    )


_ANESTHETIC = re.compile(r"\b(?:lido\w*|xylo\w*|ligno\w*|bupi\w*|marcaine|sensorcaine|ropi\w*|mepi\w*|carbocaine|procaine|novocain\w*)\b")
_SPREAD = re.compile(r"\b(?:each|ea|per|apiece|both|every)\b|\b(?:into|in|to)\s(?:the\s)?(?:r|l|rt|lt|right|left|bilat\w*)\b")
_SPEAKS_OF_POINTS = re.compile(r"\btrig(?:ger|\b)|\btrps?\b|\btpis?\b|\bmyofasc|\btaut\b|\bknots?\b")


def clauses_that_dose(note: Note, frames: list[Frame]) -> set[int]:
    """Indices of the clauses that dose what was found, without a verb."""
    return {index for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)) if _doses_what_was_found(note, segment, frame)}


def _doses_what_was_found(note: Note, segment: Segment, frame: Frame) -> bool:
    """ "Each side 1.5 ml lido 1% w 25g": a dose of local anesthetic shared out, without a verb, in a note on trigger points."""
    section = note.sections[segment.section]
    if frame.whole not in (None, "nothing") or frame.owner not in (None, "tpi") or segment.box is False or not note.is_current(segment):
        return False
    if section.category not in ("none", "procedure", "sites", "injectate", "exam", "assessment_plan") or frame.modifiers & {"plan", "past", "condition", "future", "negate", "educate"}:
        return False
    text = note.folded[segment.start : segment.end]
    told = MILLILITRES.search(text) and _ANESTHETIC.search(text) and _SPREAD.search(text)
    return bool(told) and _SPEAKS_OF_POINTS.search(note.folded) is not None


def points_back(note: Note, frames: list[Frame], dosing: set[int]) -> bool:
    """ "each of these was then injected": an injection without sites of its own that points at those before."""
    with_sites = {site.segment for site in note.sites if site.kind == "muscle" and site.assertion == "injected" and site.rule.startswith("cue-inject")}
    if dosing - with_sites:
        return True
    for index, frame in enumerate(frames):
        if index in with_sites or frame.whole != "injected" or frame.owner not in (None, "tpi"):
            continue
        if "anaphora" in frame.modifiers or "point" in frame.modifiers or frame.procedural:
            if any(cue.type == "inject" for cue in frame.cues):
                return True
    return False
