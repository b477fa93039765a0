"""The last question of the reading: does this note put a needle into muscle at all?

Operation reports, imaging and clinic letters name muscles beside "placed", "underwent" and "used for". In a note that
never speaks of trigger points, such words prove nothing: a site stays injected there only where a verb of injecting
governs it or its own line doses a drug.
"""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Site
from extractor.language.readings import reach

_POINTS = re.compile(r"\btrig(?:ger|\b)|\btpis?\b|\btrps?\b|\btps?\b|\bmyofas\w*|\btaut\b|\bknots?\b|\bdry.needl|\btdn\b|\bm79\.?1|\b2055[23]\b|\binj\b|\bneedl\w*\smuscles?\b|\bmuscles?\sinj|\bdn\b|\btwitch\w*|\bltrs?\b|\brope?y\b|\btender (?:spots?|bands?|points?)\b|\binjected (?:all |both |each )?(?:of )?(?:those|these|the)?\s?(?:two |three |four )?muscles?\b")
_MUSCULAR = re.compile(r"\bmuscl\w*|\bmuscular\w*|\bspasm\w*|\btender (?:point|spot|area|band)")
# Local anesthetics: dosed at a muscle they are a trigger point's, whatever else the note leaves out.
LOCAL = frozenset({"lidocaine", "bupivacaine", "ropivacaine", "mepivacaine", "procaine", "chloroprocaine"})
_INJECTING = re.compile(r"inj|infiltrat|needled|needling|shot|stuck|stick|poke")
_DOSED = re.compile(r"\d\s?(?:cc|ml|mls)\b|\bunits?\b")


def speaks_of_points(note: Note) -> bool:
    """Whether the note has a word of trigger points, taut bands or their injection."""
    return _POINTS.search(note.folded) is not None


LIST_WORDS = frozenset(
    ["left", "right", "bilateral", "bilaterally", "lt", "rt", "bilat", "both", "side", "sides", "and", "muscle", "muscles", "injection", "injections", "inj", "each", "x", "cc", "ml", "mls", "the", "upper", "middle", "lower", "mid", "thoracic", "cervical", "lumbar", "site", "sites", "trigger", "point", "points", "tp", "tps", "level", "levels", "at", "total", "of", "ea", "per"]
)
_LIST_WORDS = re.compile(rf"\b(?:{'|'.join(sorted(LIST_WORDS))})\b")


def is_site_list(note: Note) -> bool:
    """Whether the text is nothing but sites with sides, levels and amounts: what a coder copies out of a note."""
    return note.once("site list", lambda: _is_site_list(note))


_OF_PROSE = frozenset(["was", "were", "with", "patient"])  # stand in no site, side, level or amount


def _is_site_list(note: Note) -> bool:
    if len(note.text) > 1500 or not any(site.kind == "muscle" for site in note.sites):
        return False
    if any(word.text in _OF_PROSE for word in note.words):
        return False
    rest = list(note.folded)
    for span in [(s.start, s.end) for s in note.sites] + [(m.start, m.end) for m in (*note.sides, *note.levels)]:
        rest[span[0] : span[1]] = " " * (span[1] - span[0])
    left = _LIST_WORDS.sub(" ", "".join(rest))
    return sum(char.isalpha() for char in left) <= 2


def require_needle(note: Note) -> None:
    """Turn injected sites into findings where neither they nor their note speak of injecting muscle.

    A text that is nothing but sites and amounts is left alone: nobody writes so of an operation.
    """
    if speaks_of_points(note) or is_site_list(note):
        return
    for site in note.sites:
        if site.assertion == "injected" and site.rule != "named-above" and not _needled(note, site):
            site.assertion, site.rule = "finding", "no-needle-in-note"


def _needled(note: Note, site: Site) -> bool:
    segment = note.segments[site.segment]
    if site.kind in ("region", "level") and not _MUSCULAR.search(note.folded):
        return False
    if site.rule == "listed-with-amount":
        return True
    if site.cue and _INJECTING.search(note.folded, *site.cue):
        return True
    unit = note.units[segment.unit]
    if segment.box and any(drug.drug in LOCAL for drug in note.drugs):
        return True  # a form: its muscles are ticked, its drug stands elsewhere
    if any(drug.drug in LOCAL and unit.start <= drug.start < unit.end for drug in note.drugs) and _DOSED.search(note.folded, unit.start, unit.end):
        return site.rule != "marked-then-injected"
    return bool(note.drugs) and note.search(_DOSED, *reach(note, segment)) is not None and site.rule != "marked-then-injected"
