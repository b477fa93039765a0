"""Words that stand where a muscle should, and that no lexicon knows."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Site, Unit
from extractor.models import Doubt
from extractor.record.evidence import evidence

# What may stand behind a side in a list of sites without being a site.
_NO_SITE = re.compile(
    r"\b(?:side|sided|total|pain|relief|patient|pt|needle|gauge|aspirat\w*|consent|prep\w*|tolerat\w*|complication\w*|none|twitch|response|no|not|negative|lidocaine|bupivacaine|marcaine|kenalog|depo\w*|"
    r"injections?|trigger|points?|cc|ml|mg|hand|arm|leg|knee|foot|lateral|decubitus|prone|supine|seated|sitting|ear|eye|nerve|block|joint|bursa|deferred|held|same|unchanged|deltoid)\b"
)
_WORD = re.compile(r"[a-z]{5,}")


def unknown_sites(note: Note, injected: list[Site]) -> list[Doubt]:
    """A doubt for each item of a list of injected sites that has a side or an amount and no name that is known."""
    doubts = []
    listed = {note.segments[site.segment].unit for site in injected if site.kind == "muscle"}
    parents = {note.units[index].parent for index in listed}
    with_sites = {note.segments[site.segment].unit for site in note.sites}
    for index, unit in enumerate(note.units):
        if index in with_sites or not _in_list(note, index, unit, listed, parents):
            continue
        sides = [side for side in note.sides if unit.start <= side.start < unit.end and side.sides]
        text = note.folded[unit.body : unit.end]
        words = [word for word in _WORD.findall(text) if word not in ("right", "left", "bilateral", "bilaterally", "upper", "lower", "middle")]
        if len(sides) != 1 or not words or len(text) > 60 or _NO_SITE.search(text):
            continue
        where = evidence(note, unit.body, unit.end)
        message = f'"{where.text}" stands among the injected sites and names no muscle that is known.'
        doubts.append(Doubt(reason="unknown-site", text=message, readings=[[]], extra_high=1, evidence=[where]))
    return doubts


def _in_list(note: Note, index: int, unit: Unit, listed: set[int], parents: set[int | None]) -> bool:
    """Whether the unit is a sibling of units with injected sites."""
    if unit.heading or note.sections[unit.section].category in ("plan", "exam", "history", "followup", "subjective", "instructions"):
        return False
    neighbours = [other for other in (index - 1, index + 1) if other in listed]
    if not neighbours:
        return False
    same_parent = unit.parent is not None and unit.parent in parents
    return same_parent or (unit.bullet and any(note.units[other].bullet for other in neighbours))
