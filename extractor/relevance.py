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
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from extractor.language.phrases import compile_pattern
from extractor.language.text import fold

if TYPE_CHECKING:
    from extractor.language.pipeline import Resources

__all__ = ["Gate", "RelevanceRow", "gate_of", "may_concern_needles"]

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
_MISREAD = re.compile(r"[a-z][01](?=[a-z])")
"""A figure inside a word, which :func:`fold` reads as the letter that it stands for."""


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
        misread = {other for word in self._patterns for other in _as_misread(word)} - self._patterns.keys()
        self._words = [*self._patterns, *sorted(misread)]
        self._scan = BytesAhoCorasick(
            [word.encode("ascii") for word in self._words], implementation=Implementation.DFA
        ).find_matches_as_indexes

    def __call__(self, text: str) -> bool:
        """Whether the note may tell of a needle in a muscle; False only where it cannot."""
        low = text.lower()
        data = low.encode("ascii", "replace")
        hits = self._scan(data, overlapping=True)
        if hits:
            verdict = self._weigh(low, data, hits)
            if verdict is None:  # a figure inside one of the words
                low = fold(text)
                data = low.encode("ascii", "replace")
                verdict = self._weigh(low, data, self._scan(data, overlapping=True))
            if verdict:
                return True
        return self._muscles.fill(low, data)

    def _weigh(self, low: str, data: bytes, hits: list[tuple[int, int, int]]) -> bool | None:
        """Whether the words found let the note through; None if one of them is misread and the text has to be folded."""
        places: dict[Kind, list[int]] = {"needle": [], "amount": [], "point": [], "block": []}
        words, patterns = self._words, self._patterns
        for number, start, _end in hits:
            if start and data[start - 1] in _LOWER_CASE:
                continue
            found = patterns.get(words[number])
            if found is None:
                return None
            for kind, pattern in found:
                if pattern.match(low, start):
                    if kind == "procedure":
                        return True
                    places[kind].append(start)
        needles, amounts, points = places["needle"], places["amount"], places["point"]
        return (
            bool(points and self._pointed(low, data, points, needles, amounts))
            or bool(needles and self._beside_muscle(low, data, needles))
            or self._beside_procedure(low, data, sorted(needles + places["block"]))
            or bool(amounts and self._beside_muscle(low, data, amounts) and self._names_drug(low))
        )

    def _pointed(self, low: str, data: bytes, points: list[int], needles: list[int], amounts: list[int]) -> bool:
        """Whether a needle, an amount or a drug stands around a word of trigger points, or a muscle beside it."""
        if _meet(points, needles, AROUND) or _meet(points, amounts, AROUND) or self._beside_muscle(low, data, points):
            return True
        return any(self._names_drug(low[start:end]) for start, end in _windows(points, AROUND, len(low)))

    def _names_drug(self, low: str) -> bool:
        from extractor.language.drugs import find_drugs

        return bool(find_drugs(low, lexicon=self._lexicon))

    def _beside_muscle(self, low: str, data: bytes, hits: list[int]) -> bool:
        for start, end in _windows(hits, REACH, len(data)):
            if self._muscles.named_in(_words(low, data, start, end)):
                return True
        return False

    def _beside_procedure(self, low: str, data: bytes, hits: list[int]) -> bool:
        for start, end in _windows(hits, BESIDE, len(data)):
            if self._procedures.may_start(_words(low, data, start, end)) and self._procedures.named_in(low[start:end]):
                return True
        return False


_LOWER_CASE = frozenset(range(ord("a"), ord("z") + 1))


def _as_misread(word: str) -> Iterator[str]:
    """The word with one letter as a scanner may misread it, where :func:`fold` would read it right."""
    for wrong, right in (("1", "l"), ("0", "o")):
        for at, char in enumerate(word):
            if char == right and fold(misread := word[:at] + wrong + word[at + 1 :]) != misread:
                yield misread


def _words(low: str, data: bytes, start: int, end: int) -> list[str]:
    """Words of a stretch of text, letters alone; the first and the last may be cut."""
    piece = data[start:end]
    if (b"0" in piece or b"1" in piece) and _MISREAD.search(low, start, end):
        piece = fold(low[start:end]).encode("ascii", "replace")
    return piece.translate(_LETTERS).decode("ascii").split()


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


@lru_cache(maxsize=8)
def gate_of(lexicon_dirs: tuple[str, ...] = ()) -> Gate:
    """The gate for a practice's lexicon folders, built on first use.

    Raises:
        LexiconError: if the lexicon cannot be read.
    """
    from extractor.language.pipeline import resources_of

    return Gate(resources_of(lexicon_dirs))


def may_concern_needles(text: str, lexicon_dirs: Sequence[str | Path] = ()) -> bool:
    """Whether a note can concern a needle in a muscle; where it cannot, its answer is `none` without reading it.

    Raises:
        LexiconError: if the lexicon cannot be read.
    """
    return gate_of(tuple(str(folder) for folder in lexicon_dirs))(text)
