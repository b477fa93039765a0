"""The drugs injected at the trigger points: which stretches of text speak of them, and what went in."""

from __future__ import annotations

from extractor.language.administration import resolve_administration
from extractor.language.annotations import Note, Segment
from extractor.language.drugs import drug_index
from extractor.language.frames import Frame
from extractor.language.injectate.clauses import Site as DrugSite
from extractor.language.injectate.events import SiteSummary
from extractor.lexicon import Lexicon
from extractor.models import Drug, Procedure
from extractor.record.muscles import Sites

_NEVER = frozenset(
    {
        "history", "subjective", "medications", "allergies", "family_history", "social_history", "ros", "imaging", "instructions", "consent", "vitals",
        "signature", "followup", "diagnosis",
    }
)  # fmt: skip
_ALWAYS = frozenset({"injectate", "sites"})
_SHUT = frozenset({"planned", "historical", "negated", "declined", "postponed"})


def injected_drugs(note: Note, sites: Sites, procedure: Procedure, lexicon: Lexicon) -> list[Drug]:
    """Each substance with its own share of what went in at this encounter's trigger points.

    Also fills ``procedure.total_volume_ml`` and, where the sites do not give it, ``procedure.injections``.
    """
    spans = _spans(note)
    if not spans:
        return []
    index = drug_index(lexicon)
    found = resolve_administration(
        note.text, spans, note.drugs, note.quantities, sites=_summary(note, sites), entries=index.entries
    )
    procedure.total_volume_ml = found.total_volume_ml
    if procedure.injections is None:
        procedure.injections = found.injections
    return found.drugs


def _spans(note: Note) -> list[tuple[int, int]]:
    """Clauses that tell of today's trigger point injectate, joined where they follow one another in a unit."""
    spans: list[tuple[int, int]] = []
    last_unit = -1
    for segment, frame in zip(note.segments, note.frames, strict=True):
        if not _speaks(note, segment, frame):
            last_unit = -1
            continue
        if spans and segment.unit == last_unit and segment.start >= spans[-1][1]:
            spans[-1] = (spans[-1][0], segment.end)
        else:
            spans.append((segment.start, segment.end))
        last_unit = segment.unit
    return spans


def _speaks(note: Note, segment: Segment, frame: Frame) -> bool:
    section = note.sections[segment.section]
    if not note.visits[section.visit].current or segment.box is False:
        return False
    if frame.owner not in (None, "tpi"):
        return False
    if section.category in _NEVER and not (frame.procedural or (frame.whole == "injected" and frame.today)):
        return False
    if frame.whole in _SHUT:
        return False
    if frame.whole == "injected" or frame.procedural or section.category in _ALWAYS:
        return not (frame.past and not frame.today and frame.whole != "injected")
    if section.category in ("procedure", "none", "preparation", "addendum", "postprocedure", "billing"):
        return not frame.past
    return section.category in ("assessment_plan", "plan") and frame.whole == "nominal"


def _summary(note: Note, sites: Sites) -> SiteSummary:
    sided = muscles = 0
    for muscle in sites.muscles:
        sided += max(1, len(muscle.sides))
        muscles += 1
    for area in sites.areas:
        sided += max(1, len(area.sides))
        muscles += 1
    counts = [muscle.injections for muscle in sites.muscles]
    total = sum(c for c in counts if c) if counts and all(counts) else None
    stated = [int(q.value) for q in note.quantities if q.kind == "count" and q.unit in ("sites", "injections") and _current(note, q.start)]
    mentions = tuple(
        DrugSite(site.start, site.end, "|".join((target, *site.sides, *site.portions, *site.levels)), max(1, len(site.sides)), site.injections)
        for site in note.sites
        if site.assertion == "injected"
        for target in (site.targets[:1] or ("area",))
    )
    return SiteSummary(
        sided=sided or None, muscles=muscles or None, sites=total or (stated[0] if len(set(stated)) == 1 else None), mentions=mentions
    )


def _current(note: Note, position: int) -> bool:
    for segment, frame in zip(note.segments, note.frames, strict=True):
        if segment.start <= position < segment.end:
            return _speaks(note, segment, frame)
    return False
