"""X12 interchanges as segments.

The libraries were tried on real files first. pyx12 4.0 refuses two of six (a byte order mark; ISA12 ``00402``) and
linuxforhealth-x12 0.57 does not import beside pydantic 2; both refuse a whole file for one irregularity. A payer
adjudicates such files all the same, so this reader takes the separators from ISA and tracks loops itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extractor.audit.claims.base import ClaimsError

__all__ = ["Segment", "Separators", "is_x12", "segments"]

_ISA_ELEMENTS = 16
_START = re.compile(r"ISA(?=[^A-Za-z0-9\s])")


class Separators(NamedTuple):
    """The signs that an interchange's ISA declares."""

    element: str
    component: str
    segment: str
    repetition: str


class Segment(NamedTuple):
    """One segment: its name is element 0, so that ``NM1[9]`` is NM109."""

    elements: tuple[str, ...]
    separators: Separators

    @property
    def name(self) -> str:
        """``CLM``, ``SV1`` …"""
        return self.elements[0]

    def __getitem__(self, place: int) -> str:  # type: ignore[override]
        """An element, or an empty text."""
        return self.elements[place] if place < len(self.elements) else ""

    def parts(self, place: int) -> list[str]:
        """The components of an element."""
        return self[place].split(self.separators.component)


def is_x12(head: bytes) -> bool:
    """Whether a file begins like an X12 interchange."""
    return re.match(rb"(?:\xef\xbb\xbf)?\s*ISA[^A-Za-z0-9\s]", head) is not None


def segments(text: str, where: str) -> Iterator[Segment]:
    """Yield the segments of every interchange of a file, each with its own separators.

    Raises:
        ClaimsError: if an ISA is cut off, so that its separators are not known.
    """
    text = text.lstrip("\ufeff").lstrip()
    place = 0
    while place < len(text):
        separators, body = _separators(text, place, where)
        end = _end(text, body, separators)
        for piece in text[place:end].split(separators.segment):
            stripped = piece.strip()
            if stripped:
                yield Segment(tuple(part.strip() for part in stripped.split(separators.element)), separators)
        place = end
        while place < len(text) and text[place].isspace():
            place += 1


def _separators(text: str, place: int, where: str) -> tuple[Separators, int]:
    """Read ISA by its sixteen element separators rather than by its 106 characters: some systems do not pad."""
    element = text[place + 3]
    at = place + 3
    starts = []
    for _ in range(_ISA_ELEMENTS):
        if at < 0:
            break
        starts.append(at)
        at = text.find(element, at + 1)
    if len(starts) < _ISA_ELEMENTS or starts[-1] + 2 >= len(text):
        raise ClaimsError(f"{where}: the interchange header (ISA) is cut off. Get the file again.")
    component, segment = text[starts[-1] + 1], text[starts[-1] + 2]
    repetition = text[starts[10] + 1 : starts[11]]
    return Separators(element, component, segment, repetition), starts[-1] + 3


def _end(text: str, body: int, separators: Separators) -> int:
    """Where the next interchange begins: at an ISA that follows the end of a segment, not at a name that ends so."""
    for match in _START.finditer(text, body):
        before = match.start() - 1
        while before >= body and text[before] in " \t\r\n\ufeff" and text[before] != separators.segment:
            before -= 1
        if before < body or text[before] == separators.segment:
            return match.start()
    return len(text)
