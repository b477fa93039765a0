"""Longest match of word sequences: the lexicons' forms against a note's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from extractor.language.text import Word

Value = TypeVar("Value")

# What may stand between the words of one name: blanks, one line end, a hyphen, the stop of an abbreviation, a slash.
_GAP = re.compile(r"[ \t.'/*_-]{0,3}(?:\r?\n[ \t]{0,12})?[ \t'/*_-]{0,2}\Z")

_VALUE = ""  # no word is empty: the key under which a node keeps its value


class WordTrie(Generic[Value]):
    """Values under sequences of lower-case words."""

    def __init__(self, items: Iterable[tuple[Sequence[str], Value]] = ()) -> None:
        self._root: dict = {}
        for key, value in items:
            self.add(key, value)

    def add(self, key: Sequence[str], value: Value) -> None:
        """Put ``value`` under ``key``; a value already there is replaced."""
        node = self._root
        for word in key:
            node = node.setdefault(word, {})
        node[_VALUE] = value

    def get(self, key: Sequence[str]) -> Value | None:
        node = self._root
        for word in key:
            node = node.get(word)
            if node is None:
                return None
        return node.get(_VALUE)

    def starts(self, word: str) -> bool:
        """Whether any form starts with ``word``."""
        return word in self._root

    def node(self, word: str) -> dict | None:
        """What may follow ``word`` at the beginning of a form; the empty key holds the value of the words so far."""
        return self._root.get(word)

    def last_words(self) -> set[str]:
        """The last word of every form."""
        found: set[str] = set()
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            for word, below in node.items():
                if word:
                    waiting.append(below)
                    if _VALUE in below:
                        found.add(word)
        return found

    def words(self) -> set[str]:
        """Every word of every form."""
        found: set[str] = set()
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            found.update(word for word in node if word)
            waiting.extend(below for word, below in node.items() if word)
        return found

    def after(self, key: Sequence[str]) -> list[str]:
        """Words that may follow ``key``."""
        node = self._root
        for word in key:
            node = node.get(word)
            if node is None:
                return []
        return [word for word in node if word]

    def longest(self, texts: Sequence[str], words: Sequence[Word], folded: str, at: int) -> tuple[int, Value] | None:
        """(number of words, value) of the longest form that starts at word ``at``.

        ``texts`` are the words' readings (corrected spelling), ``words`` where they stand in ``folded``.
        """
        node = self._root.get(texts[at])
        if node is None:
            return None
        found = (1, node[_VALUE]) if _VALUE in node else None
        size = len(texts)
        position = at
        while position + 1 < size:
            node = node.get(texts[position + 1])
            if node is None or not _GAP.match(folded[words[position].end : words[position + 1].start]):
                break
            position += 1
            if _VALUE in node:
                found = (position - at + 1, node[_VALUE])
        return found


def joined(folded: str, left: Word, right: Word) -> bool:
    """Whether two neighbouring words may belong to one name."""
    return _GAP.match(folded[left.end : right.start]) is not None
