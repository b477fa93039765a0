"""Names as speech recognition writes them: "pure if form us", "glue tea us medias", "soup inator".

Vowels are what a recogniser gets wrong; the consonants stay. A run of words behind a side, an article or "into" is
read as a muscle only if its consonants are exactly those of one name and of no other, and its letters are near enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from extractor.language.text import Word

_LONGEST = 6  # words in one name as misheard
_SHORTEST = 5  # consonants that a name must have
_LEAD = frozenset(["left", "right", "bilateral", "both", "the", "into", "l", "r", "rt", "lt", "and", "then", "of", "to", "in"])
# Words that end a name whatever their consonants are.
_STOP = frozenset(["was", "were", "is", "are", "and", "the", "with", "by", "for", "to", "into", "of", "in", "at", "on", "no", "not", "i", "we", "he", "she", "then", "each", "cc", "ml", "using", "from", "that", "this", "perform", "performed", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "all"])
_CACHE_LIMIT = 100_000  # distinct words remembered by one process: bounds memory in long jobs
_SOFT = re.compile(r"c(?=[eiy])")
_SAME = str.maketrans({"q": "k", "c": "k", "z": "s", "x": "s", "j": "g", "v": "f", "b": "p", "d": "t"})


def skeleton(name: str) -> str:
    """Consonants of a name in the order of their sounds."""
    text = _SOFT.sub("s", name.replace("ph", "f").replace("ck", "k").replace("qu", "k"))
    kept = [char for index, char in enumerate(text) if char not in "aeiouyhw" or (index == 0 and char in "aeiou")]
    folded = "".join("a" if char in "aeiou" else char for char in kept).translate(_SAME)
    return re.sub(r"(.)\1+", r"\1", folded)


class MisheardNames:
    """Names of the lexicon by their consonants."""

    def __init__(self, names: Mapping[str, object]) -> None:
        """``names``: each name as one word, and what it stands for."""
        found: dict[str, list[str]] = {}
        for name in sorted(names):
            key = skeleton(name)
            if len(key) >= _SHORTEST:
                found.setdefault(key, []).append(name)
        # names of one sound that stand for different muscles are none
        self._by_sound = {key: same for key, same in found.items() if len({names[name] for name in same}) == 1}
        self._may_begin: dict[str, bool] = {}
        self._beginnings = frozenset(key[:size] for key in self._by_sound for size in range(len(key) + 1))

    def may_begin(self, word: str) -> bool:
        """Whether a misheard name may begin with ``word``; the word's last sound may melt into the next one's."""
        known = self._may_begin.get(word)
        if known is None:
            if len(self._may_begin) >= _CACHE_LIMIT:
                self._may_begin.clear()
            known = self._may_begin[word] = skeleton(word)[:-1] in self._beginnings
        return known

    def find(self, words: list[Word], at: int, folded: str) -> tuple[int, str] | None:
        """(number of words, name as one word) of the longest misheard name that starts at word ``at``."""
        best = None
        solid = ""
        for count in range(1, _LONGEST + 1):
            index = at + count - 1
            if index >= len(words):
                break
            word = words[index]
            if count > 1 and ((word.text in _STOP and word.text not in ("us", "if", "form")) or not _near(folded, words[index - 1], word)):
                break
            if not word.text.isalpha():
                break
            solid += word.text
            if len(solid) < 7 or count == 1:
                continue
            same = self._by_sound.get(skeleton(solid))
            if same:
                name = max(same, key=lambda candidate: OSA.normalized_similarity(solid, candidate))
                if OSA.normalized_similarity(solid, name) >= 0.6:
                    best = (count, name)
        return best


def _near(folded: str, left: Word, right: Word) -> bool:
    gap = folded[left.end : right.start]
    return len(gap) <= 3 and not gap.strip(" -\n\r")


def may_start(words: list[Word], at: int) -> bool:
    """Whether a site's name may start at word ``at``."""
    return at > 0 and words[at - 1].text in _LEAD and len(words[at].text) > 2 and words[at].text not in _LEAD and words[at].text not in _STOP
