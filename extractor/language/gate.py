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
_INJECTING = re.compile(r"inj|infiltrat|needled|needling|shot|stuck|stick|poke")
_DOSED = re.compile(r"\d\s?(?:cc|ml|mls)\b|\bunits?\b")


def speaks_of_points(note: Note) -> bool:
    """Whether the note has a word of trigger points, taut bands or their injection."""
    return _POINTS.search(note.folded) is not None


def require_needle(note: Note, *, listed_only: bool) -> None:
    """Turn injected sites into findings where neither they nor their note speak of injecting muscle.

    ``listed_only``: the text is nothing but sites and amounts, which nobody writes of an operation.
    """
    if listed_only or speaks_of_points(note):
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
    return bool(note.drugs) and _DOSED.search(note.folded, *reach(note, segment)) is not None and site.rule != "marked-then-injected"
