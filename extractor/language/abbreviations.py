"""Abbreviations that the note itself defines: "levator scapulae (LS)", "QL = quadratus lumborum".

Pairs in parentheses are found by scispaCy's Schwartz-Hearst algorithm. It is given the parentheses one by one, because
its own matcher tries every opening with every closing one, which is quadratic on hostile text; and the few words before
each instead of a ``Doc`` of the whole note, which costs more to make than the rest of the reading together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extractor.language.annotations import Note
from extractor.language.entities import EntityMatcher
from extractor.language.text import words as split_words
from extractor.language.tokens import tokens_of

_PARENTHESIS = re.compile(r"\((?P<inner>[^()\n]{2,60})\)")
_EQUATION = re.compile(r"(?<![\w])(?P<short>[A-Za-z]{2,6})\s?(?:=|:=|stands for|denotes)\s?(?P<long>[A-Za-z][A-Za-z /-]{3,40})")
_SIGNS = ("=", "stands for", "denotes")
_WORDS_BEFORE = 40  # more words than the algorithm looks back


class _Token(NamedTuple):
    """A word as the algorithm asks for it."""

    text: str
    space: str

    def __len__(self) -> int:
        return len(self.text)

    @property
    def text_with_ws(self) -> str:
        return self.text + self.space


class _Words(list[_Token]):
    """A run of words, the part of ``Doc`` and ``Span`` that the algorithm uses."""

    def __getitem__(self, at):
        found = super().__getitem__(at)
        return _Words(found) if isinstance(at, slice) else found

    @property
    def text(self) -> str:
        return "".join(token.text_with_ws for token in self[:-1]) + (self[-1].text if self else "")


def find_abbreviations(note: Note, matcher: EntityMatcher) -> None:
    """Fill ``note.abbreviations``: folded short form -> muscle ids, empty where it is defined as no muscle."""
    if any(sign in note.text for sign in _SIGNS):
        for match in _EQUATION.finditer(note.text):
            _define(note, matcher, match["short"], match["long"])
    for match in _PARENTHESIS.finditer(note.text) if "(" in note.text else ():
        if not _may_define(note.text, match, matcher):
            continue
        for short, long in _pairs(note.text, match.start("inner"), match.end("inner")):
            _define(note, matcher, short, long)


_LAST_WORD = re.compile(r"([^\W\d_]+|\d+)[\W_]*\Z")
_REACH = 60  # characters before a parenthesis in which its last word stands, with what separates them


def _may_define(text: str, match: re.Match[str], matcher: EntityMatcher) -> bool:
    """Whether the words before a parenthesis, or those in it, end as a name of the lexicon does."""
    before = _LAST_WORD.search(text, max(0, match.start() - _REACH), match.start())
    inside = _LAST_WORD.search(text, match.start("inner"), match.end("inner"))
    return before is None or before.start() == match.start() - _REACH or any(
        word is not None and matcher.ends_a_form(word.group(1).lower()) for word in (before, inside)
    )


def _pairs(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """(short form, long form) that a parenthesis and the words around it define."""
    first = start - 1
    for _ in range(_WORDS_BEFORE):
        if (first := text.rfind(" ", 0, first)) < 0:
            break
    offset = first + 1  # behind a blank, where a word begins
    words, starts = _Words(), []
    for word, space, at in tokens_of(text, offset, end + 1):
        words.append(_Token(word, " " if space else ""))
        starts.append(at)
    inside = [index for index, at in enumerate(starts) if at < end and at + len(words[index].text) > start]
    if not inside or inside[0] <= 1:
        return
    from scispacy.abbreviation import filter_matches, find_abbreviation

    for long_candidate, short_candidate in filter_matches([(-1, inside[0], inside[-1] + 1)], words):
        short, long = find_abbreviation(long_candidate, short_candidate)
        if long is not None:
            yield short.text, long.text


def _define(note: Note, matcher: EntityMatcher, short: str, long: str) -> None:
    key = short.lower()
    words = [word.text for word in split_words(long.lower())]
    while words:
        form = matcher.trie.get(words)
        if form is None and words[-1] in ("muscle", "muscles"):
            words.pop()
            continue
        if form is not None and form.kind == "muscle" and not form.ambiguous:
            note.abbreviations.setdefault(key, form.targets)
        elif form is not None:
            note.abbreviations.setdefault(key, ())
        return
