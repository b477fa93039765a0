"""The small pattern language of the cue tables, and an index that finds their matches in one pass.

A pattern is words separated by spaces:

* ``word*``    any word that starts so
* ``a|b``      either word
* ``[a|b]``    the word may be missing
* ``...``      up to four words on the way, without a full stop, semicolon or colon between them
* ``#``        a number in digits

Between words stand white space, hyphens, slashes or a comma only where the pattern says ``,``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from extractor.language.text import Word

Payload = TypeVar("Payload")

_GAP = r"(?:\(e?s\))?[\s\-./']{1,6}"  # "muscle(s) injected"
_FILLER = r"(?:[^\s.;:]++[\s]++){0,4}?"


class PhraseMatch(NamedTuple):
    start: int
    end: int
    payload: object


def _word_regex(token: str) -> str:
    alternatives = []
    for word in token.split("|"):
        if word == "#":
            alternatives.append(r"\d++")
        elif word.endswith("*"):
            alternatives.append(re.escape(word[:-1]) + r"[^\W\d_]*+")
        else:
            alternatives.append(re.escape(word))
    return "(?:" + "|".join(alternatives) + ")"


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Regular expression for one pattern, to be matched on folded text.

    Raises ValueError for an empty pattern or one that starts with an optional word or a gap.
    """
    tokens = pattern.split()
    if not tokens or tokens[0].startswith(("[", "...", ",")):
        raise ValueError(f"pattern {pattern!r} must start with a word")
    regex = _word_regex(tokens[0])
    after_filler = False
    for token in tokens[1:]:
        if token == "...":
            regex += _GAP + _FILLER
            after_filler = True
        elif token == ",":
            regex += r"\s{0,3},"
        elif token.startswith("["):
            inner = _word_regex(token.strip("[]"))
            regex += f"(?:{inner}{_GAP})?" if after_filler else f"(?:{_GAP}{inner})?"
        else:
            regex += ("" if after_filler else _GAP) + _word_regex(token)
            after_filler = False
    return re.compile(regex + r"(?![^\W\d_])")


class _Entry(Generic[Payload]):
    """One pattern, compiled when a note first holds its first word: most never are."""

    __slots__ = ("match", "payload", "prefix")

    def __init__(self, pattern: str, payload: Payload, prefix: str = "") -> None:
        self.payload = payload
        self.prefix = prefix

        def first(folded: str, start: int, end: int) -> re.Match[str] | None:
            self.match = compile_pattern(pattern).match
            return self.match(folded, start, end)

        self.match: Callable[[str, int, int], re.Match[str] | None] = first


class PhraseIndex(Generic[Payload]):
    """Patterns indexed by their first word, so that a pass costs one dictionary look-up a word."""

    def __init__(self, patterns: Iterable[tuple[str, Payload]]) -> None:
        exact: dict[str, list[_Entry[Payload]]] = defaultdict(list)
        prefix: dict[str, list[_Entry[Payload]]] = defaultdict(list)
        for pattern, payload in patterns:
            for first in pattern.split(None, 1)[0].split("|"):
                if first.endswith("*"):
                    prefix[first[:3]].append(_Entry(pattern, payload, first[:-1]))
                else:
                    exact[first].append(_Entry(pattern, payload))
        self._exact = dict(exact)
        self._prefix = dict(prefix)

    def first_words(self) -> set[str]:
        """Words that may begin a match; ValueError if one of the patterns begins with the beginning of a word."""
        if self._prefix:
            raise ValueError("a pattern that begins with a part of a word may begin anywhere")
        return set(self._exact)

    def find(self, folded: str, words: Iterable[Word], end: int) -> Iterator[PhraseMatch]:
        """All matches that start at one of ``words`` and end by ``end``; several may start at one word."""
        exact, prefix = self._exact, self._prefix
        for text, start, _ in words:
            entries = exact.get("#" if text[0].isdigit() else text)
            if entries is not None:
                for entry in entries:
                    if match := entry.match(folded, start, end):
                        yield PhraseMatch(start, match.end(), entry.payload)
            entries = prefix.get(text[:3])
            if entries is not None:
                for entry in entries:
                    if text.startswith(entry.prefix) and (match := entry.match(folded, start, end)):
                        yield PhraseMatch(start, match.end(), entry.payload)
