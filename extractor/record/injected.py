"""The drugs injected at the trigger points: which stretches of text speak of them, and what went in."""

from __future__ import annotations

import re
from bisect import bisect_left

from extractor.language.administration import resolve_administration
from extractor.language.annotations import Note, Segment
from extractor.language.drugs import DrugIndex, drug_index
from extractor.language.frames import Frame
from extractor.language.injectate.clauses import Site as DrugSite
from extractor.language.injectate.events import SiteSummary
from extractor.language.injectate.implied import implied_volumes
from extractor.language.quantities import Quantity
from extractor.lexicon import Lexicon
from extractor.models import Drug, Procedure
from extractor.record.muscles import Sites
from extractor.record.scope import scopes_of

_NEVER = frozenset(
    {
        "history", "subjective", "medications", "allergies", "family_history", "social_history", "ros", "imaging", "instructions", "consent", "vitals",
        "signature", "followup", "diagnosis",
    }
)  # fmt: skip
_ALWAYS = frozenset({"injectate", "sites"})
_SHUT = frozenset({"planned", "historical", "declined", "postponed"})
# "no steroid" is a negation too, but not of the injection; these are
_NOT_DONE = re.compile(r"\bnot (?:been |be |re-?)?(?:inject|given|done|treat|perform|need|used|touch|enter)|\b(?:deferred|held|skipped|cancel|abort)")
_NEAR = 3  # lines between a muscle that was injected and the line of its drug


def injected_drugs(note: Note, sites: Sites, procedure: Procedure, lexicon: Lexicon) -> list[Drug]:
    """Each substance with its own share of what went in at this encounter's trigger points.

    Also fills ``procedure.total_volume_ml`` and, where the sites do not give it, ``procedure.injections``.
    """
    index = drug_index(lexicon)
    spans = _spans(note, index)
    if not spans:
        return []
    mentions = _mentions(note, sites)
    quantities = sorted(note.quantities, key=_start)
    if note.drugs:
        quantities = implied_volumes(note.folded, note.units, mentions, note.drugs, quantities)
    found = resolve_administration(
        note.text, spans, note.drugs, quantities, sites=_summary(note, sites, spans, mentions), entries=index.entries, wrapped=True, folded=note.folded
    )
    procedure.total_volume_ml = found.total_volume_ml
    if procedure.injections is None:
        procedure.injections = found.injections
    return found.drugs


def _start(quantity: Quantity) -> int:
    return quantity.start


def _spans(note: Note, index: DrugIndex) -> list[tuple[int, int]]:
    """Clauses that tell of today's trigger point injectate, joined where they follow one another in a unit."""
    scopes = scopes_of(note)
    near = _near(note)
    spans: list[tuple[int, int]] = []
    last_unit = -1
    for place, (segment, frame) in enumerate(zip(note.segments, note.frames, strict=True)):
        if place and _told_of_before(note, place):
            last_unit = -1
            continue
        if not _speaks(note, segment, frame, scopes[place], segment.unit in near, index):
            last_unit = -1
            continue
        if spans and segment.unit == last_unit and segment.start >= spans[-1][1]:
            spans[-1] = (spans[-1][0], segment.end)
        else:
            spans.append((segment.start, segment.end))
        last_unit = segment.unit
    return spans


def _told_of_before(note: Note, place: int) -> bool:
    """Whether the clause stands behind a label that speaks of an earlier time ("Last visit 01/10/24: …")."""
    label, segment = note.segments[place - 1], note.segments[place]
    frame = note.frames[place - 1]
    return label.is_label and label.unit == segment.unit and frame.past and not frame.today and not note.frames[place].today


def _near(note: Note) -> frozenset[int]:
    """Units that stand beside an injected muscle: its own, the lines around it, the lines under the same heading."""
    near: set[int] = set()
    for site in note.sites:
        if site.kind != "muscle" or site.assertion != "injected":
            continue
        own = note.segments[site.segment].unit
        if own in near and own + 1 in near:
            continue
        near.add(own)
        for step in (-1, 1):
            place = own
            for _ in range(_NEAR):
                beside = place + 1 if step > 0 else place
                place += step
                if not 0 <= place < len(note.units) or note.units[place].section != note.units[own].section or note.units[min(beside, len(note.units) - 1)].after_blank:
                    break
                near.add(place)
    return frozenset(near)


def _speaks(note: Note, segment: Segment, frame: Frame, scope: bool | None, near: bool, index: DrugIndex) -> bool:
    section = note.sections[segment.section]
    if not note.is_current(segment) or segment.box is False or scope is False:
        return False
    if scope is None and frame.owner not in (None, "tpi"):
        return False
    if frame.whole == "negated" and _NOT_DONE.search(note.folded, segment.start, segment.end):
        return False
    if frame.whole in _SHUT:
        return False
    if near and not (frame.past and not frame.today) and (
        section.category not in ("history", "subjective", "allergies", "exam")
        or (section.category in ("exam", "subjective") and scope is True and any(q.kind == "volume" for q in _within(note.quantities, segment.start, segment.end)))
    ):
        return not (frame.modifiers & {"plan", "future", "condition"} and frame.whole != "injected" and not frame.procedural)
    if section.category == "medications":
        return _in_millilitres(note, segment, index)
    if section.category in _NEVER and not (frame.procedural or (frame.whole == "injected" and frame.today)):
        return False
    if frame.whole == "injected" or frame.procedural or section.category in _ALWAYS:
        return not (frame.past and not frame.today and frame.whole != "injected")
    if section.category in ("procedure", "none", "preparation", "addendum", "postprocedure", "billing"):
        return not frame.past
    return section.category in ("assessment_plan", "plan") and frame.whole == "nominal"


def _in_millilitres(note: Note, segment: Segment, index: DrugIndex) -> bool:
    """Whether a medication line is an injectate's: nobody takes local anesthetics by the millilitre at home."""
    drugs = _within(note.drugs, segment.start, segment.end)
    return any(index.entries[drug.drug].kind == "anesthetic" for drug in drugs) and any(
        quantity.kind == "volume" for quantity in _within(note.quantities, segment.start, segment.end)
    )


def _within(items: list, start: int, stop: int) -> list:
    first = bisect_left(items, start, key=_start)
    return items[first : bisect_left(items, stop, lo=first, key=_start)]


def _mentions(note: Note, sites: Sites) -> list[DrugSite]:
    """The injected sites as the injectate's reader needs them; a region only where it has an amount and no muscle beside it."""
    injected = [site for site in note.sites if site.assertion == "injected"]
    named = {site.segment for site in injected if site.kind == "muscle"}
    units = {note.segments[index].unit for index in named}
    counted = {muscle.id for muscle in sites.muscles}
    found = []
    for site in injected:
        segment = note.segments[site.segment]
        if site.kind != "muscle":
            if site.segment in named or (site.kind == "level" and segment.unit in units):
                continue
            if counted and not any(q.kind in ("volume", "units", "count") for q in _within(note.quantities, segment.start, segment.end)):
                continue
        elif counted and not counted.intersection(site.targets):
            continue  # a heading's group ("pelvic floor trigger points"), whose members are named
        targets = site.targets if site.targets and not site.ambiguous else site.targets[:1] or ("area",)
        key = "|".join((*targets, *site.sides, *site.portions, *site.levels))
        found.append(
            DrugSite(
                site.start, site.end, key, len(targets) * max(1, len(site.sides)), site.injections,
                names=frozenset(f"{target}|{side}" for target in targets for side in (site.sides or ("",))),
                levels=len(site.levels),
            )
        )  # fmt: skip
    return sorted(found, key=lambda site: site.start)


def _summary(note: Note, sites: Sites, spans: list[tuple[int, int]], mentions: list[DrugSite]) -> SiteSummary:
    """How many places the rest of the note proves."""
    places = [(len(place.sides), place.injections) for place in sites.muscles] or [(len(place.sides), place.injections) for place in sites.areas]
    muscles = len(places)
    sided = sum(max(1, sides) for sides, _ in places)
    counted = sum(count or max(1, sides) for sides, count in places) if any(count for _, count in places) else None
    stated = {
        int(quantity.value)
        for quantity in note.quantities
        if quantity.kind == "count" and quantity.unit in ("sites", "injections") and quantity.value2 is None and not quantity.per and quantity.value > 1
        and _inside(spans, quantity.start) and not any(site.end <= quantity.start <= site.end + 12 for site in mentions)
    }  # fmt: skip
    total = stated.pop() if len(stated) == 1 else None
    if counted is not None and (total is None or total < sided):
        total = counted
    return SiteSummary(sided=sided or None, muscles=muscles or None, sites=total, mentions=tuple(mentions))


def _inside(spans: list[tuple[int, int]], position: int) -> bool:
    place = bisect_left(spans, position + 1, key=lambda span: span[0]) - 1
    return place >= 0 and position < spans[place][1]
