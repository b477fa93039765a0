"""Families of billed codes (``lexicons/claim_codes.tsv``)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from extractor.coding.rows import Confidence
from extractor.lexicon import Lexicon, load_lexicon

__all__ = ["ClaimCodeRow", "Families", "expand", "families_of"]


class ClaimCodeRow(NamedTuple):
    """Codes that the audit treats alike: a row of ``claim_codes.tsv``."""

    family: str
    codes: tuple[str, ...]
    """``99211-99215`` is a range of numbers."""
    label: str
    source: str
    confidence: Confidence
    note: str = ""


class Families:
    """Which families a code belongs to."""

    def __init__(self, rows: tuple[ClaimCodeRow, ...]):
        """Use :func:`families_of`."""
        self.rows = {row.family: row for row in rows}
        self._of: dict[str, frozenset[str]] = {}
        for row in rows:
            for code in expand(row.codes):
                self._of[code] = self._of.get(code, frozenset()) | {row.family}

    def of(self, code: str) -> frozenset[str]:
        """Return the families of a code; none for a code that the audit does not know."""
        return self._of.get(code, frozenset())

    def label(self, code: str) -> str:
        """Return what people call the code's first family."""
        return next((row.label for name, row in self.rows.items() if name in self.of(code)), "service")


def expand(codes: tuple[str, ...]) -> list[str]:
    """Return the codes of a list in which ``Q4240-Q4242`` or ``64400-64530`` are ranges."""
    found = []
    for code in codes:
        first, dash, last = code.partition("-")
        if not dash:
            found.append(code)
            continue
        letter = first[:1] if first[:1].isalpha() else ""
        width = len(first) - len(letter)
        numbers = range(int(first.removeprefix(letter)), int(last.removeprefix(letter)) + 1)
        found += [f"{letter}{number:0{width}d}" for number in numbers]
    return found


@lru_cache(maxsize=8)
def _families(lexicon: Lexicon) -> Families:
    return Families(lexicon.table("claim_codes", ClaimCodeRow))


def families_of(source: object = None) -> Families:
    """Return the families of a lexicon; without one, of the shipped lexicon."""
    return _families(source if isinstance(source, Lexicon) else load_lexicon())
