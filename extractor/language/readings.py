"""What a clause gives besides its verbs: amounts, and the reach of a label over its value."""

from __future__ import annotations

import re

from extractor.language.annotations import Cue, Note, Segment, Site

MILLILITRES = re.compile(r"(?:\d|\b[lo])\s?(?:cc|ml|millilit(?:er|re)s?)\b|\b(?:half|quarter|one|two|three|four|five)\s(?:a\s|of\sa\s)?(?:cc|ml|millilit(?:er|re)s?)\b|\d\s?units?\b")
VOLUME = re.compile(r"\d?\.\d\d\s?(?:mm\s?)?x\s?\d\d|\d\s?(?:cc|ml|units?|u)\b|\bx\s?\d(?!\d?\s?(?:d|days?|wks?|w|weeks?|mos?|months?|yrs?|years?|h|hrs?|hours?|min\w*|sec\w*|reps)\b)|\b(?:one|two|three|four|1|2|3|4|5|6)\s(?:sites?|injections?|spots?|points?|sticks?|trigger|tps?|passes)\b")


def assign(site: Site, assertion: str, rule: str, cue: Cue | None = None) -> None:
    site.assertion, site.rule = assertion, rule
    if cue is not None:
        site.cue = (cue.start, cue.end)


# A column of a table that stands for a side: "Left", "R mL", "L pts", "Right (units)".
SIDE_COLUMN = re.compile(
    r"(?P<side>left|right|lt|rt|l|r|bilateral|both|b)(?:\sside)?:?(?:\s?\([^)]*\)|\s(?:ml|cc|units?|u|#|no\.?|vol|volume|inj|pts?|points?|sites?|tps?|sticks?|count|n))?"
)


def reach(note: Note, segment: Segment) -> tuple[int, int]:
    """The clause with the value that belongs to it: the rest of the line behind a label, the whole of a table row."""
    unit = note.units[segment.unit]
    if segment.cell is not None:
        return unit.start, unit.end
    return segment.start, unit.end if segment.is_label else segment.end


FINITE = re.compile(r"\b(?:is|are|was|were|has|had|have|became|began|told|developed|complain\w*|felt|feels|showed|shows|seemed|remain\w*|reproduc\w*|refer\w*|cause\w*|palpat\w*)\b")
