"""Views of a note's text that never move an offset."""

from __future__ import annotations

import re
from typing import NamedTuple

# Letters run together; digits apart from letters ("1cc" is "1" and "cc"), so that units never hide.
_WORD = re.compile(r"[^\W\d_]+|\d+")

# Characters that are written for others, one for one.
_FOLD = str.maketrans(
    {
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2007": " ", "\u3000": " ",
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00d7": "x", "\u2044": "/",
    }
)  # fmt: skip


# A figure inside a word is a misread letter ("g1uteus", "need1e", "pirif0rmis").
_SCANNED = re.compile(r"(?<=[a-z])[01](?=[a-z]{3})|(?<=[a-z]{3})[01](?=[a-z])|\b[l1](?=nj)|(?<=\btp)[l1](?=s?\b)")
_READ = {"1": "l", "0": "o", "l": "i"}


class Word(NamedTuple):
    """A run of letters or digits: its lower-case text and code point offsets."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case with typographic variants folded, of exactly the same length as ``text``."""
    folded = text.lower()
    if not text.isascii():
        folded = folded.translate(_FOLD)
    folded = folded.replace("\r\n", " \n")
    if "_x" in folded and _TICK.search(folded):
        folded = _BLANK.sub(_as_box, folded)
    if len(folded) == len(text):
        return _SCANNED.sub(_as_meant, folded) if _may_be_misread(folded) else folded
    # A few capitals grow when lowered (U+0130): they are kept as they are, so that offsets stay exact.
    return "".join(low if len(low := char.lower()) == 1 else char for char in text).translate(_FOLD)


_FIGURE = re.compile(r"[01](?=[a-z])")


def _may_be_misread(folded: str) -> bool:
    """Whether :data:`_SCANNED` may match: a look that costs a tenth of it, and few notes need more."""
    if "1nj" in folded or "lnj" in folded or "tp1" in folded or "tpl" in folded:
        return True
    return any(folded[match.start() - 1 : match.start()].isalpha() for match in _FIGURE.finditer(folded))


# "__x__" beside "_____": blanks are tick boxes where one of them is ticked
_TICK = re.compile(r"(?<![a-z0-9_])_{1,4}x_{1,4}(?![a-z0-9_])")
_BLANK = re.compile(r"(?<![a-z0-9_])(?:_{1,4}x_{1,4}|_{3,12})(?![a-z0-9_])")


def _as_box(match: re.Match[str]) -> str:
    size = match.end() - match.start()
    return ("[x]" if "x" in match.group() else "[ ]").ljust(size)


def _as_meant(match: re.Match[str]) -> str:
    """The letter for which a scanner read another: "1ift", "m0ve", "lnj", "TPl"."""
    rest = match.string[match.end() : match.end() + 2]
    return "i" if rest == "nj" or not rest[:1].isalpha() or (rest[:1] == "s" and match.string[match.start() - 2 : match.start()] == "tp") else _READ[match.group()]


def words(folded: str, start: int = 0, end: int | None = None) -> list[Word]:
    """Words of ``folded[start:end]`` in order, with offsets into the whole text."""
    stop = len(folded) if end is None else end
    make = tuple.__new__  # a named tuple's own constructor takes twice as long
    return [make(Word, (match[0], *match.span())) for match in _WORD.finditer(folded, start, stop)]
