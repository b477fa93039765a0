"""A second look at what the first reading makes of the note: contradictions that widen the interval.

Each check asks one plain question of the text that does not depend on the grammar of the first reading, and answers it
with a doubt, never with a muscle more or less. What a check costs (reviews that an expert would settle) and what it
prevents (silent errors) is told in corpus/README.md.
"""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Site
from extractor.language.gate import LOCAL, speaks_of_points
from extractor.language.readings import MILLILITRES
from extractor.lexicon import Lexicon
from extractor.models import Doubt
from extractor.record.evidence import evidence
from extractor.record.muscles import merge_muscles

_ELSEWHERE = frozenset({"history", "family_history", "social_history", "ros", "consent", "instructions", "imaging", "followup", "subjective", "allergies"})
_ANOTHER_TIME = frozenset({"future", "condition", "past", "negate", "decline", "postpone", "educate", "home", "other"})
_NO_SITE = ("needle", "clean", "excepted", "pain", "other-", "earlier", "box", "row", "value", "called-off", "not-picked", "pronoun", "topic", "template", "column", "retracted", "struck", "correction", "drug-discarded")
_BELOW = 2  # lines under a list of sites in which its dose may stand


def missed_injection(note: Note, lexicon: Lexicon) -> Doubt | None:
    """A local anesthetic dosed at named muscles that no rule read as injected; None where nothing of the kind stands."""
    if not speaks_of_points(note) or _explained(note):
        return None
    dosed = [unit for unit in range(len(note.units)) if _doses(note, unit) and not _planned_beside(note, unit)]
    if not dosed:
        return None
    found = [site for site in note.sites if site.kind == "muscle" and not site.ambiguous and _may_be_dosed(note, site, dosed)]
    if not found:
        return None
    muscles = list(merge_muscles(note, lexicon, found).values())
    where = [evidence(note, *(site.phrase or (site.start, site.end))) for site in found[:2]]
    names = ", ".join(muscle.name for muscle in muscles[:3])
    text = f"A local anesthetic is dosed beside {names}, but the note does not say outright that it was injected today."
    return Doubt(reason="assertion", text=text, readings=[[], muscles], evidence=where)


def _explained(note: Note) -> bool:
    """Whether the note says in so many words that the injection is to come, was refused, put off or done before."""
    return any(
        frame.owner in (None, "tpi") and (frame.whole == "historical" or any(cue.type in ("negate", "decline", "postpone") for cue in frame.strong))
        for segment, frame in zip(note.segments, note.frames, strict=True)
        if frame.whole in ("negated", "declined", "postponed", "historical") and _SPEAKS.search(note.folded, segment.start, segment.end) and note.sections[segment.section].category not in ("history", "subjective")
    )


_SPEAKS = re.compile(r"inject|procedure|\btpis?\b|needl|\bshots?\b|treatment|trigger|session|proceed|\bit\b|nothing|today|cancel|postpon|defer|copied|forward")


def _doses(note: Note, index: int) -> bool:
    """Whether a line gives millilitres of a local anesthetic at this visit, with no word of another time or of refusal."""
    unit = note.units[index]
    if not MILLILITRES.search(note.folded, unit.start, unit.end):
        return False
    if not any(unit.start <= drug.start < unit.end and drug.drug in LOCAL for drug in note.drugs):
        return False
    told = [at for at in note.segments_of(index) if MILLILITRES.search(note.folded, note.segments[at].start, note.segments[at].end)]
    if any(_has_target(note, at) for at in told):
        return False  # dosed at a joint, bursa, nerve or web space
    return any(not (note.frames[at].modifiers & _ANOTHER_TIME) and note.frames[at].owner in (None, "tpi") for at in told)


def _has_target(note: Note, segment: int) -> bool:
    return any(other.kind in _TARGETS for other in note.sites_in(segment))


def _planned_beside(note: Note, index: int) -> bool:
    """Whether the lines around a dose, or an order's own heading, say that the injection is to come."""
    section = note.units[index].section
    beside = (near for near in range(max(0, index - _BELOW), min(len(note.units), index + _BELOW + 1)) if note.units[near].section == section or near == index)
    if any(cue.type == "plan" for near in beside for at in note.segments_of(near) if note.frames[at].topic in (None, "tpi") and not _has_target(note, at) for cue in note.frames[at].strong):
        return True
    return any(_ORDER.search(note.folded, start, end) for start, end in ((note.units[0].start, note.units[0].end), (note.sections[section].start, note.units[index].end)))


_ORDER = re.compile(r"\b(?:sites? requested|request(?:ed|ing)?|orders?|authoriz\w+|anticipated)\b")
_TARGETS = frozenset({"joint", "bursa", "nerve", "tendon", "ligament", "fascia"})


def _may_be_dosed(note: Note, site: Site, dosed: list[int]) -> bool:
    segment = note.segments[site.segment]
    if site.assertion not in ("finding", "planned", "historical", "nominal", "examined", "marked") or site.rule.startswith(_NO_SITE):
        return False
    if not note.is_current(segment) or note.sections[segment.section].category in _ELSEWHERE:
        return False
    frame = note.frames[site.segment]
    if frame.modifiers & _ANOTHER_TIME or frame.owner not in (None, "tpi"):
        return False
    return any(0 <= unit - segment.unit <= _BELOW for unit in dosed)
