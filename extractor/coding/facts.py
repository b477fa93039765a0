"""The tables of the coding side in memory, read once for each lexicon."""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from extractor.coding.rows import (
    DiagnosisRow,
    DocumentationRow,
    ExcludesRow,
    HcpcsRow,
    NcciRow,
    ProcedureRow,
    RegionRow,
    SourceRow,
    SubstanceRow,
)
from extractor.lexicon import Lexicon, load_lexicon

__all__ = ["Facts", "facts_of", "holds"]

Row = TypeVar("Row")


def holds(start: date | None, end: date | None, day: date | None) -> bool:
    """Say whether an interval (inclusive, None is open) holds a date; without a date, whether it has no end."""
    if day is None:
        return end is None
    return (start is None or start <= day) and (end is None or day <= end)


class Facts:
    """Typed access to the tables, with the practice's own rows applied; each is read when first asked for."""

    def __init__(self, lexicon: Lexicon):
        """Use :func:`facts_of`."""
        self._lexicon = lexicon

    @cached_property
    def sources(self) -> dict[str, SourceRow]:
        """Sources by key."""
        return {row.key: row for row in self._lexicon.table("sources", SourceRow)}

    @cached_property
    def hcpcs(self) -> dict[str, tuple[HcpcsRow, ...]]:
        """HCPCS rows by drug id."""
        return _by(self._lexicon.table("hcpcs", HcpcsRow), "drug")

    @cached_property
    def substances(self) -> dict[str, SubstanceRow]:
        """Substances by drug id."""
        return {row.drug: row for row in self._lexicon.table("substances", SubstanceRow)}

    @cached_property
    def diagnoses(self) -> dict[str, tuple[DiagnosisRow, ...]]:
        """ICD-10-CM rows by code."""
        return _by(self._lexicon.table("icd10", DiagnosisRow), "code")

    @property
    def excludes(self) -> tuple[ExcludesRow, ...]:
        """Pairs of diagnoses that Excludes1 keeps apart."""
        return self._lexicon.table("icd10_excludes", ExcludesRow)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], tuple[NcciRow, ...]]:
        """NCCI rows by (column 1, column 2)."""
        found: dict[tuple[str, str], list[NcciRow]] = {}
        for row in self._lexicon.table("ncci_pairs", NcciRow):
            found.setdefault((row.column_1, row.column_2), []).append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    @cached_property
    def procedures(self) -> dict[str, ProcedureRow]:
        """Other procedures by kind."""
        return {row.kind: row for row in self._lexicon.table("procedure_codes", ProcedureRow)}

    @cached_property
    def documentation(self) -> dict[str, DocumentationRow]:
        """Documentation elements by id."""
        return {row.id: row for row in self._lexicon.table("documentation", DocumentationRow)}

    @cached_property
    def regions(self) -> dict[str, RegionRow]:
        """Region rows by the lexicon's region."""
        return {row.region: row for row in self._lexicon.table("region_groups", RegionRow)}

    def pair(self, one: str, other: str, day: date | None) -> NcciRow | None:
        """Return the edit between two codes on a date, whichever stands in column 1."""
        for key in ((one, other), (other, one)):
            for row in self.pairs.get(key, ()):
                if holds(row.effective_from, row.effective_to, day):
                    return row
        return None


def _by(rows: tuple[Any, ...], field: str) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, field), []).append(row)
    return {key: tuple(items) for key, items in found.items()}


@lru_cache(maxsize=8)
def _facts(lexicon: Lexicon) -> Facts:
    return Facts(lexicon)


def facts_of(source: object) -> Facts:
    """Return the facts of a lexicon; anything else that can count muscles gets the shipped facts."""
    return _facts(source if isinstance(source, Lexicon) else load_lexicon())
