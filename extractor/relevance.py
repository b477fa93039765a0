"""The relevance gate: whether a note can concern a needle in a muscle at all, decided in microseconds.

Most notes of an export have nothing to do with needles. One Aho-Corasick scan for the words of
``lexicons/relevance.tsv`` says so of the greater part; where a needle, an amount or a word of trigger points stands, a
second look asks for what makes it ours: a muscle's name within reach, read as the pipeline reads names (misspelt,
divided, misheard), a drug, or another procedure that the pipeline reports.

No answer depends on the gate. The pipeline asks the same question of the same text before it says that trigger points
were injected, planned, declined or told of (:func:`extractor.record.build_record`), so a note that the gate shuts out
has no other answer there. The rows are generous: a note let through costs milliseconds, one shut out wrongly the answer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from extractor.language.phrases import compile_pattern
from extractor.language.text import fold

if TYPE_CHECKING:
    from extractor.language.reading import Resources

__all__ = ["Gate", "RelevanceRow", "gate_of", "may_concern_needles", "read_date"]

REACH = 100
"""Characters between a needle or an amount and the muscle that it may be for."""
AROUND = 400
"""Characters between a word of trigger points and the needle, drug or amount that makes it one."""
BESIDE = 60
"""Characters between a needle and the name of another procedure."""

Kind = Literal["procedure", "point", "needle", "block", "amount"]


class RelevanceRow(NamedTuple):
    """A row of ``lexicons/relevance.tsv``."""

    KEY = ("form", "kind")

    form: str
    kind: Kind
    note: str = ""


_LETTERS = bytes(ord(chr(code).lower()) if chr(code).isalpha() and code < 128 else 32 for code in range(256))
_FIGURE = re.compile(r"[01](?=[a-z])")


class Glance(NamedTuple):
    """What the scan tells of a note."""

    concerns: bool
    """Whether it may tell of a needle in a muscle."""
    dated: bool
    """Whether a calendar date may stand in it."""


_FIGURES = [str(number) for number in range(10)]
_DATE_PIECES = [
    *(century + figure for century in ("19", "20") for figure in _FIGURES),
    *(before + day + after for before in "-/.?" for day in (*_FIGURES, *(a + b for a in _FIGURES for b in _FIGURES)) for after in "-/.?"),
]
"""What every date holds: a year in four figures, or a figure or two between two marks; "?" is a dash beyond ASCII."""


class Gate:
    """The vocabulary of one lexicon, ready to be scanned for."""

    def __init__(self, resources: Resources) -> None:
        """``resources``: what the pipeline reads with, of the same lexicon."""
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        from extractor.relevance_names import MuscleNames, ProcedureNames

        self._lexicon = resources.lexicon
        self._muscles = MuscleNames(resources)
        self._procedures = ProcedureNames(resources.lexicon)
        self._patterns: dict[str, list[tuple[Kind, re.Pattern[str]]]] = {}
        for row in resources.lexicon.table("relevance", RelevanceRow):
            pattern = compile_pattern(row.form)
            for first in row.form.split(None, 1)[0].split("|"):
                self._patterns.setdefault(first.removesuffix("*"), []).append((row.kind, pattern))
        self._words = [*self._patterns, *_DATE_PIECES]
        self._dated_from = len(self._words) - len(_DATE_PIECES)
        self._scan = BytesAhoCorasick(
            [word.encode("ascii") for word in self._words], implementation=Implementation.DFA
        ).find_matches_as_indexes

    def __call__(self, text: str) -> bool:
        """Whether the note may tell of a needle in a muscle; False only where it cannot."""
        return self.look(text).concerns

    def look(self, text: str) -> Glance:
        """What one scan of the note tells."""
        low = text.lower()
        if _has_misread(low):
            low = fold(low)
        data = low.encode("ascii", "replace")
        found = self._scan(data, overlapping=True)
        hits = [hit for hit in found if hit[0] < self._dated_from]
        concerns = bool(hits and self._weigh(low, data, hits)) or self._muscles.fill(low)
        return Glance(concerns, len(hits) < len(found))

    def _weigh(self, low: str, data: bytes, hits: list[tuple[int, int, int]]) -> bool:
        """Whether the words found let the note through."""
        places: dict[Kind, list[int]] = {"needle": [], "amount": [], "point": [], "block": []}
        words, patterns = self._words, self._patterns
        for number, start, _end in hits:
            if start and data[start - 1] in _LOWER_CASE:
                continue
            for kind, pattern in patterns[words[number]]:
                if pattern.match(low, start):
                    if kind == "procedure":
                        return True
                    places[kind].append(start)
        needles, amounts, points = places["needle"], places["amount"], places["point"]
        return (
            bool(points and self._pointed(low, data, points, needles, amounts))
            or bool(needles and self._beside_muscle(data, needles))
            or self._beside_procedure(low, data, sorted(needles + places["block"]))
            or bool(amounts and self._beside_muscle(data, amounts) and self._names_drug(low))
        )

    def _pointed(self, low: str, data: bytes, points: list[int], needles: list[int], amounts: list[int]) -> bool:
        """Whether a needle, an amount or a drug stands around a word of trigger points, or a muscle beside it."""
        if _meet(points, needles, AROUND) or _meet(points, amounts, AROUND) or self._beside_muscle(data, points):
            return True
        return any(self._names_drug(low[start:end]) for start, end in _windows(points, AROUND, len(low)))

    def _names_drug(self, low: str) -> bool:
        from extractor.language.drugs import find_drugs

        return bool(find_drugs(low, lexicon=self._lexicon))

    def _beside_muscle(self, data: bytes, hits: list[int]) -> bool:
        return any(self._muscles.named_in(_words(data, start, end)) for start, end in _windows(hits, REACH, len(data)))

    def _beside_procedure(self, low: str, data: bytes, hits: list[int]) -> bool:
        for start, end in _windows(hits, BESIDE, len(data)):
            if self._procedures.may_start(_words(data, start, end)) and self._procedures.named_in(low[start:end]):
                return True
        return False


_LOWER_CASE = frozenset(range(ord("a"), ord("z") + 1))


def _has_misread(low: str) -> bool:
    """Whether a figure stands inside a word, where :func:`fold` reads the letter that a scanner took for it."""
    return any(low[match.start() - 1 : match.start()].isalpha() for match in _FIGURE.finditer(low))


def _words(data: bytes, start: int, end: int) -> list[str]:
    """Words of a stretch of text, letters alone; the first and the last may be cut."""
    return data[start:end].translate(_LETTERS).decode("ascii").split()


def _meet(some: Sequence[int], others: Sequence[int], reach: int) -> bool:
    """Whether one of the sorted places lies within reach of one of the others."""
    for place in some:
        at = bisect_left(others, place - reach)
        if at < len(others) and others[at] <= place + reach:
            return True
    return False


def _windows(hits: Sequence[int], reach: int, size: int) -> Iterator[tuple[int, int]]:
    """Stretches around sorted places, joined where they touch: no character is looked at twice."""
    start = end = -1
    for hit in hits:
        if start >= 0 and hit - reach <= end:
            end = hit + reach
            continue
        if start >= 0:
            yield start, min(end, size)
        start, end = max(0, hit - reach), hit + reach
    if start >= 0:
        yield start, min(end, size)


def gate_of(lexicon_dirs: Sequence[str | Path] = ()) -> Gate:
    """The gate for a practice's lexicon folders, built on first use.

    Raises:
        LexiconError: if the lexicon cannot be read.
    """
    from extractor.language.reading import resources_of

    return resources_of(tuple(str(folder) for folder in lexicon_dirs)).gate


def may_concern_needles(text: str, lexicon_dirs: Sequence[str | Path] = ()) -> bool:
    """Whether a note can concern a needle in a muscle; where it cannot, its answer is `none` without reading it.

    Raises:
        LexiconError: if the lexicon cannot be read.
    """
    return gate_of(lexicon_dirs)(text)


def read_date(text: str) -> str | None:
    """The date of service (ISO 8601) that the pipeline would read in the note, without the rest of the reading."""
    from extractor.language.annotations import Note
    from extractor.language.layout import split_units
    from extractor.language.sections import find_visits, may_date_the_visit

    folded = fold(text)
    if not may_date_the_visit(folded):
        return None
    note = Note(text, folded, [])
    split_units(note)
    find_visits(note)
    return note.date_of_service
