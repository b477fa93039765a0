"""Whether each site was injected in this encounter: the governing predicate, the list's introduction, the section.

Two passes. The first reads each clause by its own cues. The second settles what waits for the rest of the text:
sites listed or marked without a verb, which count only where the procedure's own words inject them.
"""

from __future__ import annotations

import re

from extractor.language.annotations import Cue, Note, Site
from extractor.language.frames import OVERRUN, OWNS_MUSCLES, SILENT, Frame, bare, resolve
from extractor.language.governors import (
    REASON,
    clean_reaches,
    crossed,
    drop_foreign,
    excepted,
    governor,
    nominal,
    other_therapy,
    referred,
    structure_between,
    weaker,
)
from extractor.language.lists import inherit_in_lists
from extractor.language.performed import just_injected
from extractor.language.readings import MILLILITRES, VOLUME, assign, reach
from extractor.language.references import (
    call_off,
    negate_by_pronoun,
    negated_later,
    pick_named,
    pick_subset,
    repeat_on_side,
    take_named_above,
    take_others,
)
from extractor.language.rows import NEGATIVE_VALUE, menu, row_reading
from extractor.language.settle import settle_candidates


def assert_sites(note: Note, frames: list[Frame]) -> None:
    """Fill ``assertion``, ``rule`` and ``cue`` of each site. "unclear" stands where no rule decides."""
    by_unit: dict[int, list[int]] = {}
    for index, segment in enumerate(note.segments):
        by_unit.setdefault(segment.unit, []).append(index)
    for site in note.sites:
        if site.rule not in ("taken-back", "side-marks"):
            _first_pass(note, frames, by_unit, site)
    inherit_in_lists(note, frames)
    negate_by_pronoun(note, frames)
    settle_candidates(note, frames)
    take_named_above(note, frames)
    take_others(note, frames)
    repeat_on_side(note, frames)
    pick_subset(note, frames)
    pick_named(note, frames)
    negated_later(note)
    call_off(note, frames)


def _first_pass(note: Note, frames: list[Frame], by_unit: dict[int, list[int]], site: Site) -> None:
    segment = note.segments[site.segment]
    frame = frames[site.segment]
    section = note.sections[segment.section]
    if not note.is_current(segment):
        assign(site, "historical", "earlier-visit")
        return
    if segment.box is False:
        assign(site, "negated", "box-unticked")
        return
    if segment.cell and crossed(note, site, frame.cues):
        assign(site, "other_procedure" if frame.procedural else "finding", "needle-passes")
        return
    if row := row_reading(note, by_unit, segment, site):
        assign(site, *row)
        if site.assertion == "injected" and frame.owner not in (None, "tpi"):
            _give_to_other(note, site, frame, frame.owner)
        return
    if section.category in SILENT and not (section.category in OVERRUN and any(cue.type == "tpi" or (cue.type == "inject" and cue.text != "give") for cue in frame.cues)):
        assign(site, "finding", f"section-{section.category}")
        return
    cues = list(frame.cues)
    segments = [site.segment]
    if segment.is_label:
        value = [i for i in by_unit[segment.unit] if i > site.segment][:1]
        if value and not any(other.kind == "muscle" for other in note.sites_in(value[0])):
            text = note.folded[note.segments[value[0]].start : note.segments[value[0]].end]
            if NEGATIVE_VALUE.match(text):
                assign(site, "negated", "value-negative")
                return
            refused = frames[value[0]]
            if refused.whole in ("declined", "postponed", "negated") and "inject" not in refused.modifiers and not VOLUME.search(text):
                assign(site, refused.whole, "value-refused")
                return
            cues += frames[value[0]].cues
            segments += value
    if note.search(_THROWN_AWAY, segment.start, segment.end) and not any(cue.type in ("inject", "tpi") for cue in cues):
        assign(site, "finding", "drug-discarded")
        return
    if _ZERO.match(note.folded, site.end) and MILLILITRES.search(note.folded, segment.start, note.units[segment.unit].end):
        assign(site, "negated", "value-zero")
        return
    if menu(note, segment):
        assign(site, "finding", "template-menu")
        return
    owner = frame.owner
    if frame.topic is None and len(segments) > 1:
        owner = frames[segments[1]].owner
    exercise = note.search(_EXERCISE, segment.start, segment.end) is not None
    if (exercise or any(cue.type == "clean" and clean_reaches(note, site, cue) for cue in frame.cues)) and not any(cue.type in ("inject", "tpi") for cue in frame.cues):
        assign(site, "finding", "clean-finding")
        return
    if referred(note, site, segment):
        assign(site, "finding", "pain-referred")
        return
    if crossed(note, site, cues):
        assign(site, "other_procedure" if frame.procedural else "finding", "needle-passes")
        return
    if note.search(_TRACK, segment.start, segment.end):
        assign(site, "finding", "needle-track")
        return
    if other_therapy(note, segment, site, cues):
        assign(site, "finding", "other-therapy")
        return
    if cue := excepted(note, site, cues):
        assign(site, "negated", "excepted", cue)
        return
    strong = [cue for cue in cues if cue.type in ("inject", "tpi", "done", "plan", "negate", "decline", "postpone", "consent", "educate")]
    strong = drop_foreign(strong, note, site)
    if note.search(VOLUME, segment.start, segment.end) and VOLUME.search(note.folded, site.end, segment.end):
        strong = [cue for cue in strong if not (cue.type in ("educate", "consent") and cue.start >= site.end)]  # "L supinator x 1, soreness explained"
    strong = [cue for cue in strong if not (cue.type == "negate" and cue.start >= site.end and structure_between(note, site, cue))]
    if _ONLY.match(note.folded, site.end):
        strong = [cue for cue in strong if not (cue.type in ("negate", "decline", "postpone") and cue.start >= site.end)]  # "QL only, glute quiet so skipped"
    strong = [cue for cue in strong if not (cue.type in ("negate", "decline") and cue.end <= site.start and REASON.search(note.folded, cue.end, site.start))]
    if strong:
        cue = governor(note, site, strong)
        verdict = resolve(note, segment, frame, cue, [*strong, *(c for c in frame.strong if c.type == "done")] if cue.type in ("inject", "tpi", "done") else [cue])
        if cue.type == "tpi" and verdict in ("injected", "nominal"):
            verdict = nominal(note, site, frame, cues, verdict)
        assign(site, verdict, f"cue-{cue.text or cue.type}", cue)
        if verdict in ("injected", "nominal") and weaker(note, site, cues, cue):
            assign(site, "marked" if frame.procedural else "finding", "examined", cue)
    else:
        weak = [cue for cue in cues if cue.type in ("finding", "mark", "point", "home")]
        if note.search(_GRADE, segment.start, segment.end):
            weak.append(Cue(segment.start, segment.start, "finding", "both"))
        verdict = bare(note, segment, frame)
        if verdict == "candidate" and frame.modifiers & {"future", "condition"} and not frame.today:
            verdict = "planned"
        if verdict == "candidate" and frame.past and not frame.today and not note.search(VOLUME, *reach(note, segment)) and any(cue.type == "past" and cue.end <= site.start and _PRIOR.match(note.folded, cue.start) for cue in cues):
            verdict = "historical"
        if verdict == "candidate" and any(cue.type in ("mark", "point") for cue in weak):
            assign(site, "marked", "marked")
        elif verdict == "candidate" and weak:
            assign(site, "examined", "examined")
        elif verdict == "candidate" or _amount_lists(note, frames, site, verdict):
            assign(site, "candidate", "listed")
        else:
            assign(site, "finding" if weak and verdict != "historical" and not segment.box else verdict, f"section-{section.category}")
    if site.assertion in ("injected", "candidate", "marked", "nominal", "examined") and owner not in (None, "tpi"):
        _give_to_other(note, site, frame, owner)
    if site.kind in ("joint", "tendon", "nerve", "bone", "ligament", "bursa", "fascia") and site.assertion in ("injected", "candidate", "nominal"):
        site.procedure = None
        assign(site, "other_procedure" if site.assertion == "injected" else "finding", "not-a-muscle")


def _amount_lists(note: Note, frames: list[Frame], site: Site, verdict: str) -> bool:
    """Whether an amount beside a site outside the procedure's text makes it one that may have been injected."""
    segment = note.segments[site.segment]
    category = note.sections[segment.section].category
    if verdict == "finding" and category != "history" and note.search(MILLILITRES, *reach(note, segment)):
        return True
    if verdict not in ("planned", "finding") or category not in ("plan", "assessment_plan", "assessment"):
        return False
    return note.search(VOLUME, *reach(note, segment)) is not None and just_injected(note, frames, site.segment)


# "The 5 mL drawn up for the left trapezius was discarded"
_THROWN_AWAY = re.compile(r"\b(?:drawn|prepared|intended|meant|planned)\b[^.;]{0,60}\b(?:was|were|is|are)\s(?:\w+\s)?(?:discarded|wasted|thrown (?:out|away)|disposed|returned)\b")
_ZERO = re.compile(r"(?:\s?\((?:l|r|left|right|b)\))?\s{1,2}[:=-]?\s?0(?:\.0)?(?:\s?(?:cc|ml))?(?=\s*(?:[,;|(\n]|\.(?!\d)|$|(?:l|r|left|right)\b))")
_PRIOR = re.compile(r"prior|previous|last|past|old")
_TRACK = re.compile(r"\b(?:needle|injection)\s(?:track|tract|path|entry)\b")
_GRADE = re.compile(r"\b[0-5][+-]?/5\b|\bfull bulk\b|\bbulk\b")
_ONLY = re.compile(r"\s(?:muscle\s)?only\b(?=\s*[,;.(]|\s(?:today|this))")
_EXERCISE = re.compile(r"\b[2-5]\s?x\s?(?:8|10|12|15|20|30)\b|\b(?:reps|sets of|therabands?|heel drops|heel raises|bridges|lunges|squats|planks|clamshells|foam roll\w*|iastm|therex|stm|mfr|mwm|side ?glides?|soft tissue (?:mob\w*|massage|release|work)|manual (?:release|therapy)|joint mobs?|cupping)\b")


def _give_to_other(note: Note, site: Site, frame: Frame, owner: str) -> None:
    """Under the topic of another procedure a muscle is that procedure's, or a landmark."""
    if owner in OWNS_MUSCLES:
        site.procedure = owner
        assign(site, "other_procedure", f"topic-{owner}")
        return
    direct = any(cue.type == "inject" for cue in frame.cues) and frame.topic in (None, "tpi")
    if direct and site.kind == "muscle":
        return  # a muscle injected by name between other procedures is a muscle injected
    site.procedure = owner
    assign(site, "other_procedure", f"topic-{owner}")
