"""Words that stand where a muscle should, and that no lexicon knows."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from extractor.language.annotations import Note, Site, Unit, within
from extractor.language.text import Word
from extractor.language.text import words as split_words
from extractor.lexicon import Lexicon
from extractor.models import Doubt
from extractor.record.evidence import evidence

# What may stand behind a side in a list of sites without being a site.
_NO_SITE = re.compile(
    r"\b(?:side|sided|total|pain|relief|patient|pt|needle|gauge|aspirat\w*|consent|prep\w*|tolerat\w*|complication\w*|none|twitch|response|no|not|negative|lidocaine|bupivacaine|marcaine|kenalog|depo\w*|"
    r"injections?|trigger|points?|cc|ml|mg|hand|arm|leg|knee|foot|lateral|decubitus|prone|supine|seated|sitting|ear|eye|nerve|block|joint|bursa|deferred|held|same|unchanged|deltoid)\b"
)
_WORD = re.compile(r"[a-z]{5,}")


# Words that stand behind a side or "into the" and name no site.
_PLAIN = frozenset(
    ["a", "above", "after", "all", "alone", "and", "apiece", "are", "as", "at", "back", "bands", "band", "because", "before", "belly", "bellies", "bin", "both", "but", "by", "comma", "cc", "clinic", "cm", "decubitus", "deep", "each", "either", "following", "for", "from", "given", "had", "half", "has", "he", "holding", "i", "if", "in", "inj", "injection", "injections", "interspace", "is", "it", "knots", "laid", "last", "later", "length", "lying", "medial", "ml", "most", "muscle", "musculature", "needle", "next", "no", "nodule", "nodules", "not", "of", "off", "old", "on", "once", "one", "ones", "only", "or", "other", "others", "our", "over", "part", "patient", "per", "period", "point", "points", "pt", "pts", "reproduce", "reproduces", "same", "she", "side", "sided", "single", "site", "sites", "skin", "sore", "spot", "spots", "still", "subcutaneous", "supine", "prone", "syringe", "syringes", "target", "targets", "that", "the", "them", "then", "there", "they", "thickest", "this", "three", "time", "to", "today", "tolerated", "too", "total", "treated", "treatment", "trigger", "twice", "two", "until", "use", "used", "using", "very", "was", "we", "were", "when", "where", "which", "while", "with", "within", "without", "worse", "worst", "former", "latter", "yes", "you", "his", "her", "its", "their", "she's", "four", "five", "six", "times", "lateral", "palpable", "painful", "tender", "taut", "tight", "active", "pinched", "marked", "identified", "affected", "involved", "area", "areas", "location", "locations", "region", "regions", "way", "manner", "fashion", "entire", "whole", "first", "second", "third", "left", "right", "arm", "leg", "hand", "foot", "head", "body", "visit", "chart", "note", "consent", "room", "procedure", "headache", "headaches", "migraine", "pain", "ache", "spasm", "tightness", "stiffness", "discomfort", "morning", "afternoon", "evening", "position", "posture"]
)
_ASIDE = frozenset(["upper", "up", "mid", "middle", "lower", "low", "ant", "anterior", "post", "posterior", "med", "medial", "lat", "lateral", "the", "and", "side", "sided", "muscle", "muscles", "prox", "proximal", "distal", "deep", "superficial", "inner", "outer", "more", "most", "tp", "tps", "trp", "trps"])
_INTO = re.compile(r"\binto\s(?:the|each|her|his)\s|\d\s?(?:cc|ml)\s(?:in|to)\s(?:the|each|her|his)\s")


@lru_cache(maxsize=4)
def _known_words(lexicon: Lexicon) -> frozenset[str]:
    """Plain English, and every word of the lexicon's places, parts and muscles."""
    forms = [row.form for row in (*lexicon.regions, *lexicon.forms)]
    return frozenset(lexicon.english_words) | _PLAIN | _PLACES | {word.text for form in forms for word in split_words(form)}


_PLACES = frozenset(["molar", "molars", "umbilicus", "clavicular", "sternal", "long", "short", "spinal", "costal", "iliac", "crest", "insertion", "origin", "mastoid", "styloid", "tubercle", "process", "border", "angle", "edge", "axilla", "groin", "flank", "navel", "rib", "ribs", "spine", "vertebra", "fascia", "tendon"])


def unknown_words(note: Note, lexicon: Lexicon) -> list[Doubt]:
    """A doubt for each word behind a side or "into the" of an injected clause that is neither a name nor plain English."""
    doubts: list[Doubt] = []
    injected = {site.segment for site in note.sites if site.kind == "muscle" and site.assertion == "injected"}
    starts = [word.start for word in note.words]
    seen: set[str] = set()
    for index in sorted(injected):
        segment = note.segments[index]
        if note.frames[index].whole not in ("injected", "nominal", None):
            continue
        places = [mark.end for mark in within(note.sides, segment.start, segment.end) if mark.sides]
        places += [match.end() for match in _INTO.finditer(note.folded, segment.start, segment.end)]
        for place in places:
            word = _word_in_place(note, starts, place, segment.end)
            if word is None or word.text in seen or word.text in _known_words(lexicon):
                continue
            seen.add(word.text)
            where = evidence(note, word.start, word.end)
            doubts.append(Doubt(reason="unknown-site", text=f'"{where.text}" stands where a muscle would and is no name that is known.', readings=[[]], extra_high=1, evidence=[where]))
    return doubts


def _word_in_place(note: Note, starts: list[int], place: int, end: int) -> Word | None:
    """The first word behind ``place`` that is no part of a site's name, where nothing separates it."""
    at = bisect_left(starts, place)
    while at < len(note.words) and note.words[at].text in _ASIDE:
        at += 1
    if at >= len(note.words):
        return None
    word = note.words[at]
    apart = any(char in note.folded[place : word.start] for char in ".,;:()\n")
    if word.start >= end or word.start - place > _REACH or apart or not word.text.isalpha() or len(word.text) < 2:
        return None
    known = any(item.start <= word.start < item.end for items in (note.entities, note.sides, note.drugs) for item in within(items, word.start - _LONGEST, word.start + 1))
    return None if known else word


_SIDES = frozenset({"rt", "lt", "bl", "bilat", "left", "right", "cc", "ml", "lido", "bupi", "ropi"})
_REACH = 30  # characters
_LONGEST = 400  # characters of the longest name, side or drug


def unknown_sites(note: Note, injected: list[Site], lexicon: Lexicon) -> list[Doubt]:
    """A doubt for each item of a list of injected sites that has a side or an amount and no name that is known."""
    doubts = []
    listed = {note.segments[site.segment].unit for site in injected if site.kind == "muscle"}
    parents = {note.units[index].parent for index in listed}
    known = _known_words(lexicon) | _SIDES
    with_sites = {note.segments[site.segment].unit for site in note.sites}
    for index, unit in enumerate(note.units):
        if index in with_sites or not _in_list(note, index, unit, listed, parents):
            continue
        sides = [side for side in within(note.sides, unit.start, unit.end) if side.sides]
        text = note.folded[unit.body : unit.end]
        words = [word for word in _WORD.findall(text) if word not in ("right", "left", "bilateral", "bilaterally", "upper", "lower", "middle")]
        words += [word.text for word in split_words(text) if 2 <= len(word.text) < 5 and word.text.isalpha() and word.text not in known]
        if len(sides) != 1 or not words or len(text) > 60 or _NO_SITE.search(text):
            continue
        where = evidence(note, unit.body, unit.end)
        message = f'"{where.text}" stands among the injected sites and names no muscle that is known.'
        doubts.append(Doubt(reason="unknown-site", text=message, readings=[[]], extra_high=1, evidence=[where]))
    return doubts


_SHORT_LINE = 24  # characters


def _in_list(note: Note, index: int, unit: Unit, listed: set[int], parents: set[int | None]) -> bool:
    """Whether the unit is a sibling of units with injected sites."""
    if unit.heading or note.sections[unit.section].category in ("plan", "exam", "history", "followup", "subjective", "instructions"):
        return False
    neighbours = [other for other in (index - 1, index + 1) if other in listed]
    if not neighbours:
        return False
    if unit.end - unit.start < _SHORT_LINE and any(note.units[other].end - note.units[other].start < 2 * _SHORT_LINE and note.units[other].section == unit.section for other in neighbours):
        return True  # "R trap", "R xyz": one short line under the other
    same_parent = unit.parent is not None and unit.parent in parents
    return same_parent or (unit.bullet and any(note.units[other].bullet for other in neighbours))
