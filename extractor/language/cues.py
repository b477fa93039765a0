"""Cues of assertion and mentions of other procedures, found clause by clause."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from extractor.language.annotations import Cue, Note
from extractor.language.phrases import PhraseIndex
from extractor.lexicon import Lexicon


class CueRow(NamedTuple):
    """A row of lexicons/cues.tsv."""

    KEY = ("cue", "type")

    cue: str
    type: str
    direction: str


class ProcedureRow(NamedTuple):
    """A row of lexicons/procedures.tsv."""

    procedure: str
    kind: str


# Types that mean something of their own even where a longer cue covers them.
_INDEPENDENT = frozenset({"prep", "dry", "anaphora", "today", "point"})


class CueMatcher:
    """Both tables in one index: a clause is read once."""

    def __init__(self, lexicon: Lexicon) -> None:
        cues = [(row.cue, (row.type, row.direction)) for row in lexicon.table("cues", CueRow)]
        procedures = [(row.procedure, ("procedure", row.kind)) for row in lexicon.table("procedures", ProcedureRow)]
        self.index = PhraseIndex([*cues, *procedures])


_TIMES = frozenset({"past", "today", "future", "condition"})


def find_cues(note: Note, matcher: CueMatcher) -> list[list[Cue]]:
    """Cues of each clause in text order; of nested cues of one family only the longest is kept."""
    starts = [word.start for word in note.words]
    found: list[list[Cue]] = []
    for segment in note.segments:
        first, last = bisect_left(starts, segment.start), bisect_left(starts, segment.end)
        matches = matcher.index.find(note.folded, note.words[first:last], segment.end)
        cues = [Cue(m.start, m.end, m.payload[0], m.payload[1]) for m in matches]
        found.append(_without_nested(cues) if len(cues) > 1 else cues)
    return found


def _without_nested(cues: list[Cue]) -> list[Cue]:
    kept: list[Cue] = []
    over: dict[int, list[Cue]] = {}  # by place: a clause of a hundred thousand cues must not be asked of each pair
    for cue in sorted(cues, key=lambda c: (-(c.end - c.start), c.start)):
        nested = any(cue.end <= other.end and _same_family(other, cue) for other in over.get(cue.start, ()))
        if not nested:
            kept.append(cue)
            for place in range(cue.start, cue.end):
                over.setdefault(place, []).append(cue)
    kept.sort(key=lambda c: (c.start, c.end))
    return kept


def _same_family(longer: Cue, shorter: Cue) -> bool:
    if longer.type == "dry" and shorter.type in ("inject", "procedure"):
        return True
    if longer.type in _TIMES and shorter.type in ("inject", "tpi", "done"):
        return False  # "had been injected" is both
    if shorter.type in _INDEPENDENT:
        return longer.type == shorter.type or longer.type == "none"
    return longer.type not in _INDEPENDENT
