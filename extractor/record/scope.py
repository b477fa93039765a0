"""Which procedure each clause belongs to: trigger point injections, or another one done at the same encounter.

Notes that tell of several procedures keep them apart by headings ("PROCEDURE #2, LEFT KNEE:"), by keys that a list of
procedures has introduced ("Technique B"), by labels ("Bursa:") or by a change of subject in the running text. The frames'
own topics decide where none of these does.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from extractor.language.annotations import Note, Segment, Unit
from extractor.language.frames import PASSING, Frame

__all__ = ["scopes_of"]

_TPI = re.compile(r"\b(?:trig(?:ger)?|tpis?|trps?|tender points?|myofascial|mtrps?|dry needl\w*|muscle (?:injections?|needling|points?))\b|\bturned to the muscles?\b")
_OTHER = re.compile(
    r"\b(?:(?:nerve|ganglion|plane|branch|paravertebral|plexus|rami?|ramus|caudal|stellate|retrobulbar|gon|lon|facet|mbb) ?blocks?|blocks?\b(?= (?:of|was|were|to|under|with))"
    r"|gon\b|lon\b|mbbs?\b|rfa\b|radiofrequency|ablation|epidurals?|esi\b|tfesi|facets?\b|zygapophys\w*|medial branch(?:es)?|dorsal ram\w+|intra-?articular|joints?\b|bursae?\b|bursal"
    r"|knee\b|subacromial|glenohumeral|acromioclavicular|arthrocentesis|tenosynov\w*|tendon sheath|trigger (?:finger|thumb)|carpal tunnel|de quervain\w*|a1 pulley"
    r"|instillation|catheter|chemodenervation|chronic migraine|spasticity|dystonia|prp\b|prolotherapy|botox (?:for|cycle)|vaccin\w*|cyst\b|sacroiliac|si joint|mcp\b|tmj arthro\w*"
    r"|iv infusion|infusion|plantar fascia|epicondyle|lesion|keloid|occipital nerves?)\b"
)
_KEY = re.compile(
    r"[\s#*(\[]{0,6}(?P<words>(?:(?:description|technique|procedure|details?|part|operation|of)s?[\s,:#.-]{1,4}){0,4})(?:no\.?\s|number\s)?"
    r"\(?(?P<key>\d{1,2}[a-f]?|[a-h]|i{1,3}|iv|v)(?![a-z0-9%/]|\.\d)\s{0,3}(?P<mark>[.):,]|-{1,2}\s|$|\n)?"
)
_INLINE = re.compile(r"\((?P<key>\d)\)\s*(?P<text>[^()]{4,90})")
_HEAD = 110  # characters of a unit that may say which procedure it opens
_TARGETS = frozenset({"joint", "bursa", "nerve", "tendon", "ligament"})
_INTO = re.compile(r"\b(?:into|in|to|of|around|at|onto|over|along|about|near)\s(?:the\s|each\s|both\s)?(?:[a-z]+\s){0,4}$")
_PROCEDURAL = frozenset({"procedure", "injectate", "sites", "preparation", "none", "postprocedure", "addendum", "header", "billing", "assessment_plan", "plan"})
_JOINT = re.compile(
    r"\b(?:into|in|of|to) (?:the |her |his |each )?(?:[a-z0-9]+[ -]){0,4}?(?:joints?|bursae?|tunnel|tendon sheath|sheath|pulley|facets?|epidural space|subacromial space|joint space)\b"
    r"|\b(?:knee|shoulder|hip|elbow|ankle|wrist|bursa|joint|ganglion|cyst)s? (?:was |were |joint )?(?:aspirat\w*|injected|drained|tapped)\b|\baspirat\w+ (?:of )?(?:the )?(?:left |right |l |r )?(?:knee|shoulder|bursa|joint|cyst)"
)
# What is told of a spine procedure's needles, in a note that lists one.
_TRACK = re.compile(
    r"\b(?:articular process\w*|sacral ala|spinal needles?|end ?plates?|c-arm|ap view|vascular uptake|lamina\b|foram\w+|pedicles?|loss of resistance|joint space|"
    r"nuchal line|intra-?articular|epidurogram|sap and tp|transverse process(?:es)?|per joint)\b"
)
_AMOUNT = re.compile(r"\d\s?(?:m[lg]\b|cc\b|units?\b)|\d\s?%")
_RESET = re.compile(r"\b(?:complications?|disposition|plan|follow|recovery|post-?procedure|impression|assessment|findings|specimens?|ebl|blood loss)\b")


def scopes_of(note: Note) -> list[bool | None]:
    """For each clause: True where it tells of trigger points, False of another procedure, None where nothing says."""
    amounts = sorted([q.start for q in note.quantities if q.kind in ("volume", "mass", "units")] + [d.start for d in note.drugs])
    keys = _keys(note)
    named = frozenset(note.segments[site.segment].unit for site in note.sites if site.kind == "muscle")
    openers = [_opens(note, unit, index, keys, amounts, index in named) for index, unit in enumerate(note.units)]
    sited = frozenset(site.segment for site in note.sites if site.kind == "muscle" and site.assertion == "injected")
    if False not in openers and False not in keys.values() and not any(_own(note, s, f, sited, i) is False for i, (s, f) in enumerate(zip(note.segments, note.frames, strict=True))):
        return [True if f.topic == "tpi" or i in sited else None for i, f in enumerate(note.frames)]
    return _flow(note, openers, sited, False in openers or False in keys.values())


def _flow(note: Note, openers: list[bool | None], sited: frozenset[int], several: bool) -> list[bool | None]:
    """Carry each opening forward, and the subject of a sentence through its paragraph."""
    scopes: list[bool | None] = []
    opened: bool | None = None
    depth = 0
    local: bool | None = None
    last_unit = last_section = -1
    for index, (segment, frame) in enumerate(zip(note.segments, note.frames, strict=True)):
        if segment.unit != last_unit:
            for passed in range(last_unit + 1, segment.unit + 1):  # headings without a clause of their own
                unit = note.units[passed]
                if unit.section != last_section:
                    last_section = unit.section
                    section = note.sections[unit.section]
                    if section.category not in _PROCEDURAL or (section.title and _RESET.search(note.folded, *section.title)):
                        opened = None
                if openers[passed] is not None:
                    opened, depth = openers[passed], unit.indent
                elif opened is not None and _key_of(note, unit) and unit.indent <= depth and not unit.cells:
                    opened = None  # the next entry of the list
            last_unit = segment.unit
            local = None
        own = _own(note, segment, frame, sited if opened is not False else frozenset(), index, several=several)
        if own is not None and not (opened is False and own):
            local = own
        elif opened is False and own and ("tpi" in frame.modifiers or _starts_anew(note, segment)):
            opened = local = own
        scopes.append(local if local is not None else opened)
    return scopes


def _starts_anew(note: Note, segment: Segment) -> bool:
    """Whether trigger points are what a sentence of another procedure's text turns to."""
    return re.search(r"\b(?:attention|turned|next|then|separate|finally|also|trigger points? (?:was|were))\b", note.folded[segment.start : segment.end]) is not None


def _own(note: Note, segment: Segment, frame: Frame, sited: frozenset[int], index: int = -1, *, several: bool = False) -> bool | None:
    """What the clause itself speaks of."""
    if index in sited:
        return True
    if frame.topic == "tpi":
        return True
    if frame.modifiers & {"negate", "decline", "past", "plan", "future", "condition"} and "inject" not in frame.modifiers:
        return None
    if frame.topic is not None and frame.topic not in PASSING:
        return False if {"inject", "done"} & frame.modifiers or frame.whole == "injected" or segment.is_label else None
    if frame.whole == "injected" and _into_other(note, segment):
        return False
    if _AMOUNT.search(note.folded, segment.start, segment.end) and _names_other(note.folded, segment):
        return False
    if several and _TRACK.search(note.folded, segment.start, segment.end):
        return False
    if _TPI.search(note.folded, segment.start, segment.end) and "turned to the" in note.folded[segment.start : segment.end]:
        return True
    return None


def _names_other(folded: str, segment: Segment) -> bool:
    if _JOINT.search(folded, segment.start, segment.end):
        return True
    return _OTHER.search(folded, segment.start, segment.end) is not None and _TPI.search(folded, segment.start, segment.end) is None


def _into_other(note: Note, segment: Segment) -> bool:
    """Whether the clause's needle goes to a joint, bursa, nerve or tendon."""
    first = bisect_left(note.entities, segment.start, key=lambda entity: entity.start)
    for entity in note.entities[first:]:
        if entity.start >= segment.end:
            return False
        if entity.kind in _TARGETS and _INTO.search(note.folded[max(segment.start, entity.start - 48) : entity.start]):
            return True
    return False


_DENIED = re.compile(r"\b(?:no|not|without|denies|deferred|declined|failed|prior|previous|last|s/p|status post|history of|hx)\b")


def _classify(text: str) -> bool | None:
    """True for trigger points, False for another procedure."""
    tpi, other = _TPI.search(text), _OTHER.search(text)
    if other and _DENIED.search(text[: other.start()]):
        other = None
    if tpi and other:
        return tpi.start() < other.start()
    return True if tpi else False if other else None


def _key_of(note: Note, unit: Unit) -> tuple[str, bool] | None:
    """The key of a unit ("5b", "2", "a"), and whether words say that it is a procedure's."""
    match = _KEY.match(note.folded, unit.start, min(unit.end, unit.start + 60))
    if match is None or not (match["mark"] or match["words"]):
        return None
    return match["key"], bool(match["words"])


def _keys(note: Note) -> dict[str, bool]:
    """What each key of the list of procedures stands for."""
    found: dict[str, bool] = {}
    for unit in note.units:
        section = note.sections[unit.section]
        if section.category not in ("procedure", "header", "none", "billing", "sites"):
            continue
        key = _key_of(note, unit)
        if key is not None:
            kind = _classify(note.folded[unit.start : min(unit.end, unit.start + _HEAD)])
            if kind is not None:
                found.setdefault(key[0], kind)
            continue
        pairs = list(_INLINE.finditer(note.folded, unit.start, unit.end))
        if len(pairs) > 1 and pairs[0]["key"] == "1":
            for pair in pairs:
                kind = _classify(pair["text"])
                if kind is not None:
                    found.setdefault(pair["key"], kind)
    return found


def _opens(note: Note, unit: Unit, index: int, keys: dict[str, bool], amounts: Sequence[int], named: bool) -> bool | None:
    """Which procedure a unit opens the text of, if any."""
    folded = note.folded
    section = note.sections[unit.section]
    if section.category not in _PROCEDURAL or unit.cells:
        return None
    has_amounts = bisect_left(amounts, unit.start) < bisect_left(amounts, unit.end)
    key = _key_of(note, unit)
    listed = not has_amounts and not (key and key[1]) and _listed(note, unit, index)
    if key is not None and not listed:
        kind = _classify(_head(folded, unit))
        if kind is None and key[0] in keys and (key[1] or (has_amounts and section.category == "procedure" and len(set(keys.values())) > 1)):
            kind = keys[key[0]]
            if not key[1] and named:
                kind = None  # an item of a list of sites
        return kind
    if listed:
        return None
    if section.title and unit.start <= section.title[0] < unit.end and unit.end > section.title[1]:
        return _classify(folded[section.title[0] : section.title[1]])
    if unit.label:
        return _classify(folded[unit.label[0] : unit.label[1]])
    if unit.heading or (unit.end - unit.start < 70 and not has_amounts and folded[unit.end - 1] not in ".;,"):
        return _classify(folded[unit.start : unit.end])
    first = folded.find(". ", unit.start, min(unit.end, unit.start + 48))
    head = folded[unit.start : max(first, unit.start)]
    return _classify(head) if head and len(head.split()) <= 5 and "," not in head else None


def _head(folded: str, unit: Unit) -> str:
    """The words that may name the procedure: up to a colon or the first full stop behind the key."""
    text = folded[unit.start : min(unit.end, unit.start + _HEAD)]
    stop = re.search(r":\s|[a-z)]\.\s", text[4:])
    return text[: 4 + stop.end()] if stop else text


def _listed(note: Note, unit: Unit, index: int) -> bool:
    """Whether the unit only stands in a list of procedures: nothing that describes it follows."""
    if index + 1 >= len(note.units):
        return False
    following = note.units[index + 1]
    if following.section != unit.section or following.after_blank:
        return unit.end - unit.start < 140
    return _key_of(note, following) is not None and following.indent == unit.indent
