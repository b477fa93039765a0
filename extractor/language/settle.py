"""Second pass: what the rest of the note makes of sites that no verb governs."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.language.frames import Frame
from extractor.language.gate import is_site_list
from extractor.language.lists import itemised
from extractor.language.performed import (
    all_the_rest,
    clauses_that_dose,
    dosed_itself,
    performed,
    pointed_at,
    points_back,
    told_by_amounts,
    told_outright,
)
from extractor.language.readings import FINITE, VOLUME, assign, reach

_LISTED = ("candidate", "marked", "nominal", "examined")


def settle_candidates(note: Note, frames: list[Frame]) -> None:
    """Second pass: what the rest of the note makes of sites that no verb governs."""
    bare_list = is_site_list(note)
    dosing = clauses_that_dose(note, frames)
    done = bare_list or bool(dosing) or performed(note, frames)
    explicit = {s.targets for s in note.sites if s.assertion == "injected" and s.kind == "muscle" and s.rule != "cue-give"}
    anaphora = points_back(note, frames, dosing)
    told = told_outright(note, frames)
    titled = _first_titled_list(note)
    for site in note.sites:
        if site.assertion not in _LISTED:
            continue
        segment, frame = note.segments[site.segment], frames[site.segment]
        category = note.sections[segment.section].category
        volume = note.search(VOLUME, *reach(note, segment)) is not None
        if bare_list:
            assign(site, "injected", "site-list")
            continue
        if site.kind in ("region", "level") and site.assertion != "nominal" and not _area_listed(note, segment, site, volume):
            assign(site, "finding", "no-verb")
            continue
        if category == "none" and site.kind == "muscle" and site.end < titled and not volume and not segment.box and not frame.procedural:
            assign(site, "finding", "before-procedure")
            continue
        if site.assertion == "nominal":
            assign(site, "injected" if done else "finding", site.rule)
            site.weak = not (volume or frame.today or _under_treatment(note, segment) or told_by_amounts(note, frames, site) or (told and not _told_today_elsewhere(frames, site.segment)))
        elif site.assertion == "candidate":
            if not done:
                assign(site, "finding", "nothing-performed")
            elif segment.box or volume or category in ("sites", "injectate") or itemised(note, segment, site):
                assign(site, "injected", "listed-in-procedure")
            elif category in ("procedure", "preparation", "addendum"):
                prose = explicit and not _continues_injection(note, frames, site)
                assign(site, *(("finding", "no-verb") if prose else ("injected", "listed-in-procedure")))
                site.weak = prose
            elif told_by_amounts(note, frames, site):
                assign(site, "injected", "listed-with-amount")
            elif category == "none":
                assign(site, *_loose(note, site, frame, anaphora, explicit))
                site.weak = True
            else:
                known = frame.procedural and (not explicit or _continues_injection(note, frames, site))
                assign(site, *(("injected", "listed-in-procedure") if known else ("finding", "no-verb")))
                site.weak = frame.procedural and not known
        elif site.assertion in ("marked", "examined"):
            if not done:
                assign(site, "finding", "nothing-performed")
            elif dosed_itself(note, site):
                assign(site, "injected", "listed-with-amount")
            elif frame.procedural and (segment.box or volume or (category == "sites" and site.assertion == "marked")):
                assign(site, "injected", "listed-in-procedure")
            elif frame.procedural or category == "none":
                takes = site.assertion == "marked" and ((not explicit and (frame.procedural or anaphora)) or all_the_rest(note, frames))
                takes = takes or (site.assertion == "examined" and anaphora and not explicit)
                if (category == "none" and not frame.procedural and site.assertion == "examined") or frame.modifiers & {"postpone", "decline", "negate", "future"}:
                    takes = False
                assign(site, "injected" if takes else "finding", "marked-then-injected" if takes else "examined-only")
                site.weak = takes and not frame.procedural and not dosing and not pointed_at(note, frames, site)
            else:
                assign(site, "finding", "examined-only")


_TREATMENT = re.compile(r"\W*(?:tx|treatments?|interventions?|performed|done|procedures?)(?:\s(?:today|rendered|provided|given))?\s?:")


def _under_treatment(note: Note, segment: Segment) -> bool:
    """Whether the line is one of what was done at the visit ("Tx: …")."""
    unit = note.units[segment.unit]
    return _TREATMENT.match(note.folded, unit.start, unit.end) is not None and note.sections[segment.section].category not in ("history", "plan", "subjective")


def _told_today_elsewhere(frames: list[Frame], index: int) -> bool:
    """Whether another clause tells of an injection "today": then the procedure's bare name may speak of another day."""
    return any(other.today and other.whole == "injected" and other.owner in (None, "tpi") for at, other in enumerate(frames) if at != index)


def _first_titled_list(note: Note) -> int:
    """Where a list of two muscles or more under a heading of its own starts; 0 where there is none."""
    listed: dict[int, set[tuple[str, ...]]] = {}
    for site in note.sites:
        section = note.sections[note.segments[site.segment].section]
        if site.kind == "muscle" and site.assertion in ("candidate", "injected") and section.category in ("procedure", "sites") and section.title and note.is_current(note.segments[site.segment]):
            listed.setdefault(section.start, set()).add(site.targets)
    return min((start for start, muscles in listed.items() if len(muscles) > 1), default=0)


def _area_listed(note: Note, segment: Segment, site: Site, volume: bool) -> bool:
    """A region without a verb is a site only as an item with an amount, a tick or in a list of sites."""
    if any(other.kind == "muscle" for other in note.sites_in(site.segment)):
        return False
    if segment.box:
        return True
    if site.assertion != "candidate":
        return False
    return volume or (note.sections[segment.section].category == "sites" and itemised(note, segment, site))


def _continues_injection(note: Note, frames: list[Frame], site: Site) -> bool:
    """Whether an earlier clause of the same sentence, or the sentence before a fragment, tells of the injection."""
    segment = note.segments[site.segment]
    index = site.segment - 1
    while index >= 0 and note.segments[index].sentence == segment.sentence:
        if frames[index].whole == "injected" and any(c.type == "inject" for c in frames[index].cues):
            return True
        index -= 1
    text = note.folded[segment.start : segment.end]
    return re.match(r"\W*(?:and\s)?(?:then|next|finally|followed by|lastly|also|one|two|another|same|likewise|same for|as did|as was)\b", text) is not None


def _loose(note: Note, site: Site, frame: Frame, anaphora: bool, explicit: set) -> tuple[str, str]:
    """A site without a verb and without a heading: beside injected ones it is injected too."""
    segment = note.segments[site.segment]
    neighbours = [s for s in note.sites if abs(s.segment - site.segment) <= 1 and s is not site and s.kind == "muscle"]
    if note.search(FINITE, segment.start, segment.end) and not itemised(note, segment, site):
        return ("finding", "no-verb") if explicit else ("injected", "no-verb-in-procedure") if frame.procedural else ("finding", "no-verb")
    if any(s.assertion == "injected" for s in neighbours if abs(note.segments[s.segment].unit - segment.unit) <= 1):
        return "injected", "beside-injected"
    if explicit and not frame.procedural:
        return "finding", "no-verb"
    return ("injected", "no-verb-in-procedure") if frame.procedural or anaphora or not explicit else ("finding", "no-verb")
