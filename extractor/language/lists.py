"""Items take their assertion from the words that introduce their list."""

from __future__ import annotations

import re

from extractor.language.annotations import Cue, Note, Segment, Site
from extractor.language.frames import PERFORMING, Frame
from extractor.language.readings import FINITE, MILLILITRES, VOLUME, assign, reach


def inherit_in_lists(note: Note, frames: list[Frame]) -> None:
    """Items take the assertion of the words that introduce their list; fragments that of the sentence before."""
    for site in note.sites:
        if site.assertion == "injected" and site.rule == "cue-tpi" and not _told_itself(frames[site.segment]) and (verdict := _introduction(note, frames, note.segments[site.segment])) and verdict[0] in ("negated", "declined", "postponed", "planned"):
            assign(site, verdict[0], verdict[1], verdict[2])
            continue
        if site.assertion not in ("candidate", "examined", "marked", "planned", "finding", "nominal") or site.rule.startswith(("cue-", "clean", "pain", "earlier", "box", "column", "row", "topic", "not-a", "needle", "other-", "template", "excepted", "taken", "side-marks", "value-")):
            continue
        segment = note.segments[site.segment]
        if verdict := _introduction(note, frames, segment):
            if verdict[0] == "injected" and not itemised(note, segment, site) and note.search(FINITE, segment.start, segment.end):
                continue  # a full sentence says for itself what it says
            own = [c.type for c in frames[site.segment].cues]
            if verdict[0] in ("finding", "examined") and site.assertion == "candidate" and note.search(VOLUME, *reach(note, segment)):
                continue
            if verdict[0] == "injected" and site.rule == "examined" and "finding" in own:
                if itemised(note, segment, site) or note.search(VOLUME, *reach(note, segment)):
                    site.assertion, site.rule = "injected", "list-of-injected"
                continue
            assign(site, verdict[0], verdict[1], verdict[2])


def _told_itself(frame: Frame) -> bool:
    """Whether the clause says in its own words that it was done ("Performed … injections today")."""
    return frame.whole == "injected" and frame.today and any(cue.type in ("inject", "done") for cue in frame.cues)


def _introduction(note: Note, frames: list[Frame], segment: Segment) -> tuple[str, str, Cue | None] | None:
    index = segment.unit
    # the label of the item itself, then the units that introduce it
    for _ in range(4):
        # of an introduction's clauses the last stands nearest to its list
        for at in note.labels_of(index) if index == segment.unit else reversed(note.segments_of(index)):
            other = note.segments[at]
            if other.start < segment.start:
                verdict = _frame_for_list(note, other, frames[at])
                if verdict:
                    return verdict
        parent = note.units[index].parent
        if parent is None:
            return None
        index = parent
    return None


def _frame_for_list(note: Note, segment: Segment, frame: Frame) -> tuple[str, str, Cue | None] | None:
    if not frame.strong and note.sections[segment.section].category in PERFORMING and note.search(MILLILITRES, segment.start, segment.end) and note.folded[segment.start : segment.end + 2].rstrip().endswith(("each", "each:", ":")):
        return ("injected", "list-introduced", None) if frame.owner in (None, "tpi") else None  # "0.5% bupivacaine, 2 mL each:"
    cue = frame.strong[0] if frame.strong else None
    if frame.whole in ("injected", "planned", "historical", "negated", "declined", "postponed"):
        if frame.owner not in (None, "tpi") and frame.whole == "injected":
            return "other_procedure", f"topic-{frame.owner}", cue
        return frame.whole, "list-introduced", cue
    if frame.whole == "nominal":
        return "nominal", "list-introduced", cue
    if not frame.strong:
        types = {c.type for c in frame.cues}
        if types & {"mark"}:
            return "marked", "list-marked", None
        if "point" in types and note.sections[segment.section].category in PERFORMING:
            return "marked", "list-marked", None
        if types & {"finding"}:
            return ("examined" if frame.procedural else "finding"), "list-of-findings", None
    return None


def itemised(note: Note, segment: Segment, site: Site) -> bool:
    """Whether the site stands as an item: bulleted, tabled, or nearly alone on its line."""
    unit = note.units[segment.unit]
    if unit.bullet or unit.cells or (unit.parent is not None and unit.end - unit.start < 100):
        return True
    start = (site.phrase or (site.start,))[0]
    if start - segment.start < 4 and not FINITE.search(note.folded[segment.start : segment.end]):
        return True  # "Quadratus femoris, left, lateral to the ischium …"
    return note.once(f"mostly sites {site.segment}", lambda: _is_mostly_sites(note, segment, site.segment))


def _is_mostly_sites(note: Note, segment: Segment, index: int) -> bool:
    """Whether a clause holds little but sites; asked once for all of them."""
    inside = note.sites_in(index)
    rest = segment.end - segment.start - sum(site.end - site.start for site in inside)
    return rest < 24 + 14 * len(inside) and not _SAYS.search(note.folded[segment.start : segment.end])


_SAYS = re.compile(r"\b(?:is|are|was|were|has|had|with|who|which|there)\b")
