"""Misspelt muscle names: a word is read as a word of the lexicon only where nothing else is near.

The bar is high because a wrong correction is worse than none: ordinary words are listed in
lexicons/english_words.tsv, short words are never touched, a second candidate at the same distance forbids the
correction, and a corrected word counts only as part of a complete name (see :mod:`extractor.language.entities`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

from extractor.language.annotations import Note
from extractor.language.text import Word

_SCANNED = (("rn", "m"), ("cl", "d"), ("vv", "w"), ("ii", "u"), ("nn", "m"), ("tt", "ff"), ("i", "l"), ("l", "i"))
_CACHE_LIMIT = 100_000  # distinct words remembered by one process: bounds memory in long jobs


def allowed_distance(length: int) -> int:
    """Edits (with transpositions) that may separate a word of ``length`` letters from its correction."""
    if length < 6:
        return 0
    return 1 if length < 9 else 2


class Speller:
    """Corrects single words towards the vocabulary of the lexicon's muscle names."""

    def __init__(self, vocabulary: Iterable[str], ordinary: Iterable[str], misspelt: Iterable[str] = (), meanings: Mapping[str, object] | None = None) -> None:
        """``meanings``: what a word alone stands for, so that two corrections of one meaning are one."""
        self._meanings = meanings or {}
        self._misspelt = frozenset(misspelt)
        self._known = frozenset(vocabulary) | self._misspelt
        self._ordinary = frozenset(ordinary)
        self._cache: dict[str, str | None] = {}
        self._by_first: dict[str, list[str]] = defaultdict(list)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= 5 and word not in self._misspelt:
                self._by_first[word[0]].append(word)
                self._by_tail[word[-3:]].append(word)

    def correct(self, word: str) -> str | None:
        """The lexicon's word for a misspelt one, or None where the word is known, ordinary, short or doubtful."""
        if len(word) < 6 or word in self._known or word in self._ordinary or not word.isascii():
            return None
        if word in self._cache:
            return self._cache[word]
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        result = self._cache[word] = self._nearest(word)
        return result

    def _nearest(self, word: str) -> str | None:
        # scanned letters first: "rnedius" is "medius"
        for wrong, right in _SCANNED:
            if wrong in word and word.replace(wrong, right) in self._known:
                return word.replace(wrong, right)
        limit = allowed_distance(len(word))
        best: list[str] = []
        distance = limit + 1
        candidates = [*self._by_first.get(word[0], ()), *(w for w in self._by_tail.get(word[-3:], ()) if w[0] != word[0])]
        for candidate in candidates:
            if abs(len(candidate) - len(word)) > limit:
                continue
            found = OSA.distance(word, candidate, score_cutoff=min(distance, limit))
            if found > limit or found > distance:
                continue
            if found < distance:
                best, distance = [candidate], found
            elif candidate not in best:
                best.append(candidate)
        if len(best) == 1:
            return best[0]
        meant = {self._meanings.get(candidate) for candidate in best}
        if best and len(meant) == 1 and None not in meant:
            return min(best, key=lambda candidate: (abs(len(candidate) - len(word)), candidate))
        # inflections of one stem are one answer ("rhomboid", "rhomboids")
        stems = {candidate.rstrip("s") for candidate in best}
        return min(best, key=len) if len(stems) == 1 and best else None


    def knows(self, word: str) -> bool:
        """Whether the word is one of the lexicon's."""
        return word in self._known

    def ordinary(self, word: str) -> bool:
        """Whether the word is the lexicon's or plain English."""
        return word in self._known or word in self._ordinary

    def among(self, word: str, candidates: Iterable[str]) -> str | None:
        """The one candidate that ``word`` may be a misspelling of, where the words before leave only these."""
        if len(word) < 5 or word in self._known or word in self._ordinary:
            return None
        near = [c for c in candidates if len(c) >= 5 and OSA.distance(word, c, score_cutoff=2) <= 2]
        return near[0] if len(near) == 1 else None


_LINE_END_HYPHEN = re.compile(r"[-\u00ad\u2010]\s{0,3}\r?\n")
_BROKEN = re.compile(r"[-\u00ad\u2010]\s{0,3}\r?\n\s{0,12}\Z")


def join_broken_words(note: Note, speller: Speller) -> None:
    """Read "mi-" and "nimus" on two lines as one word where the lexicon has it."""
    if _LINE_END_HYPHEN.search(note.folded) is None:
        return
    words = note.words
    joined: list[Word] = []
    skip = False
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if skip:
            skip = False
            continue
        if following is not None and following.start - word.end > 1:
            gap = note.folded[word.end : following.start]
            whole = word.text + following.text
            if "\n" in gap and _BROKEN.match(gap) and speller.knows(whole):
                joined.append(Word(whole, word.start, following.end))
                skip = True
                continue
        joined.append(word)
    note.words = joined


def _is_name(note: Note, speller: Speller, index: int) -> bool:
    """Whether the word is a person's: in title case before an unknown word in title case ("Vashti Coldwater")."""
    if index + 1 >= len(note.words):
        return False
    word, following = note.words[index], note.words[index + 1]
    if not (note.text[word.start : word.end].istitle() and note.text[following.start : following.end].istitle()):
        return False
    return note.folded[word.end : following.start] == " " and not speller.ordinary(following.text) and speller.correct(following.text) is None


def correct_spelling(note: Note, speller: Speller) -> None:
    """Fill ``note.corrections`` (index of a word -> the word as the lexicon writes it)."""
    join_broken_words(note, speller)
    correct = speller.correct
    for index, word in enumerate(note.words):
        if len(word.text) >= 6 and (fixed := correct(word.text)) and not _is_name(note, speller, index):
            note.corrections[index] = fixed
