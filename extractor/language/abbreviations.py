"""Abbreviations that the note itself defines: "levator scapulae (LS)", "QL = quadratus lumborum".

Pairs in parentheses are found by scispaCy's Schwartz-Hearst algorithm. It is given the parentheses one by one, because
its own matcher tries every opening with every closing one, which is quadratic on hostile text.
"""

from __future__ import annotations

import re

from spacy.tokens import Doc

from extractor.language.annotations import Note
from extractor.language.entities import EntityMatcher
from extractor.language.text import words as split_words

_PARENTHESIS = re.compile(r"\((?P<inner>[^()\n]{2,60})\)")
_EQUATION = re.compile(r"(?<![\w])(?P<short>[A-Za-z]{2,6})\s?(?:=|:=|stands for|denotes)\s?(?P<long>[A-Za-z][A-Za-z /-]{3,40})")


def find_abbreviations(doc: Doc, note: Note, matcher: EntityMatcher) -> None:
    """Fill ``note.abbreviations``: folded short form -> muscle ids, empty where it is defined as no muscle."""
    for match in _EQUATION.finditer(note.text):
        _define(note, matcher, match["short"], match["long"])
    if "(" not in note.text:
        return
    candidates = []
    for match in _PARENTHESIS.finditer(note.text):
        inner = doc.char_span(match.start("inner"), match.end("inner"), alignment_mode="expand")
        if inner is not None and inner.start > 1:
            candidates.append((-1, inner.start, inner.end))
    if not candidates:
        return
    from scispacy.abbreviation import filter_matches, find_abbreviation

    for long_candidate, short_candidate in filter_matches(candidates, doc):
        short, long = find_abbreviation(long_candidate, short_candidate)
        if long is not None:
            _define(note, matcher, short.text, long.text)


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
