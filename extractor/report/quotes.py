"""A note's own words, made safe and short enough to be shown, with the lines on which they stand."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby

from extractor.models import Evidence

__all__ = ["Lines", "quote", "quoted_lines", "visible"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "\u2421"


def visible(text: str) -> str:
    """Return note text on one line that no terminal obeys: white space joined, control characters as pictures.

    Escape sequences would otherwise colour or clear the screen, and right-to-left marks would turn our own words round.
    """
    return "".join(_shown(char) for char in " ".join(text.split()))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    if char < " ":
        return chr(_CONTROL_PICTURES + ord(char))
    if char == _DELETE:
        return _DELETE_PICTURE
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return " " if category.startswith("Z") else "\ufffd"


def quote(text: str, width: int = 76) -> str:
    """Return note text in quotation marks; a long one loses its middle, since both ends tell where it stands."""
    shown = visible(text)
    if len(shown) > width:
        head, tail = shown[: width - width // 3 - 3], shown[-(width // 3) :]
        shown = f"{head.rpartition(' ')[0] or head} … {tail.partition(' ')[2] or tail}"
    return f"“{shown}”"


class Lines:
    """Line numbers of a note, counted from 1 as an editor counts them."""

    def __init__(self, text: str) -> None:
        ends = [match.end() for match in _LINE_END.finditer(text)]
        self._starts = [0, *(end for end in ends if end < len(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def of(self, offset: int) -> int:
        """Return the line on which a character stands."""
        return bisect_right(self._starts, offset)


def quoted_lines(evidence: Iterable[Evidence], lines: Lines, *, limit: int = 6) -> list[str]:
    """Return quotations, those of one line together: ``line 3: “left trapezius” “left rhomboid”``.

    Equal quotations on one line are shown once; beyond the limit only their number is given.
    """
    distinct = _distinct(evidence, lines)
    shown = distinct[:limit]
    rows = []
    for number, group in groupby(shown, key=lambda item: item[0]):
        words = " ".join(quote(text) for _number, text in group)
        rows.append(f"line {number}: {words}" if len(lines) > 1 else words)
    if len(distinct) > limit:
        rows.append(f"and {len(distinct) - limit} more")
    return rows


def _distinct(evidence: Iterable[Evidence], lines: Lines) -> Sequence[tuple[int, str]]:
    found = {(lines.of(item.start), visible(item.text)): item.text for item in sorted(evidence, key=lambda e: e.start)}
    return [(number, text) for (number, _shown), text in found.items()]
