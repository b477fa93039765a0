"""Which column of a claim table is which field: the names of ``lexicons/claim_columns.tsv``, and the user's own map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from extractor.audit.claims.base import ClaimsError
from extractor.lexicon import Lexicon, load_lexicon

__all__ = ["FIELDS", "ColumnRow", "Columns", "find_columns", "is_header", "missing_fields", "plain"]

FIELDS = (
    "claim_id", "line", "note_id", "patient_id", "date_of_service", "date_of_service_end", "provider_id", "payer", "code",
    "units", "modifiers", "diagnoses", "pointers", "charge", "allowed", "paid", "frequency",
)  # fmt: skip
_SEVERAL = frozenset({"modifiers", "diagnoses", "pointers"})
"""Fields that several columns can fill together."""
_NUMBERED = re.compile(r"(.+?)_?(\d{1,2}|[A-L])")


class ColumnRow(NamedTuple):
    """One name of a column: a row of ``claim_columns.tsv``."""

    KEY = ("alias",)  # type: ignore[misc]

    alias: str
    field: Literal[
        "claim_id", "line", "note_id", "patient_id", "date_of_service", "date_of_service_end", "provider_id", "payer",
        "code", "units", "modifiers", "diagnoses", "pointers", "charge", "allowed", "paid", "frequency",
    ]  # fmt: skip
    numbered: bool


class Columns(NamedTuple):
    """The places of the fields in a row."""

    single: dict[str, int]
    several: dict[str, tuple[int, ...]]


def plain(name: object) -> str:
    """A column's name as the table of names writes it: ``ServiceDate`` and ``service date`` are ``SERVICE_DATE``."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", str(name))
    return re.sub(r"[^A-Z0-9]+", "_", parted.upper()).strip("_")


def find_columns(header: Sequence[object], mapping: Mapping[str, str] | None, where: str) -> Columns:
    """Find the fields of a claim line in a header.

    Args:
        header: the table's column names.
        mapping: from a field to the source's own column; several columns of one field are parted by commas.
        where: the table's name, for the message.

    Raises:
        ClaimsError: if a mapped column or field does not exist, or what a claim line cannot do without is missing.
    """
    found = _by_name(header)
    for name, columns in (mapping or {}).items():
        found[name] = _mapped(name, columns, header, where)
    missing = missing_fields(found)
    if missing:
        raise ClaimsError(f"{where}: {missing} {_seen(header, found)}")
    single = {name: places[0] for name, places in found.items() if name not in _SEVERAL}
    return Columns(single, {name: tuple(places) for name, places in found.items() if name in _SEVERAL})


def is_header(row: Sequence[object], mapping: Mapping[str, str] | None) -> bool:
    """Whether a row of a sheet names the columns of a claim table."""
    names = {plain(cell) for cell in row if cell is not None}
    wanted = {plain(part) for columns in (mapping or {}).values() for part in str(columns).split(",")}
    return bool(wanted and wanted <= names) or not missing_fields(_by_name(row))


def missing_fields(found: Mapping[str, object]) -> str:
    """Say what a table lacks; an empty text if it is a claim table."""
    if "code" not in found:
        return "no column for the procedure code was found; say which it is with --map code=COLUMN."
    if "note_id" not in found and not {"patient_id", "date_of_service"} <= set(found):
        lacking = " and ".join(name for name in ("patient_id", "date_of_service") if name not in found)
        return f"no column for {lacking} was found, nor one for note_id; say which it is with --map patient_id=COLUMN."
    return ""


def _by_name(header: Sequence[object]) -> dict[str, list[int]]:
    names, numbered = _aliases(load_lexicon())
    found: dict[str, list[int]] = {}
    ranks: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = plain(cell)
        match = _NUMBERED.fullmatch(name)
        if name in names:
            field, rank = names[name]
        elif match and match[1] in numbered:
            field, rank = numbered[match[1]], 0
        else:
            continue
        if field in _SEVERAL:
            found.setdefault(field, []).append(place)
        elif field not in found or rank < ranks[field]:
            # Of two names for one field the one that stands first in the table of names is meant.
            found[field], ranks[field] = [place], rank
    return found


@lru_cache(maxsize=4)
def _aliases(lexicon: Lexicon) -> tuple[dict[str, tuple[str, int]], dict[str, str]]:
    rows = lexicon.table("claim_columns", ColumnRow)
    names = {row.alias: (row.field, rank) for rank, row in enumerate(rows)}
    return names, {row.alias: row.field for row in rows if row.numbered}


def _mapped(name: str, columns: str, header: Sequence[object], where: str) -> list[int]:
    if name not in FIELDS:
        raise ClaimsError(f"{where}: --map {name}: there is no such field; there are {', '.join(FIELDS)}.")
    places = {str(cell).strip(): place for place, cell in reversed(list(enumerate(header)))}
    loose = {plain(cell): place for place, cell in reversed(list(enumerate(header)))}
    wanted = [str(columns)] if str(columns) in places else [part.strip() for part in str(columns).split(",")]
    found = []
    for column in wanted:
        place = places.get(column, loose.get(plain(column)))
        if place is None:
            raise ClaimsError(f"{where}: --map {name}={columns}: the table has no column {column!r}.")
        found.append(place)
    if len(found) > 1 and name not in _SEVERAL:
        raise ClaimsError(f"{where}: --map {name}={columns}: one column is needed here.")
    return found


def _seen(header: Sequence[object], found: Mapping[str, object]) -> str:
    # Where no name is known at all, the first row may be data, and a patient's data belongs in no message.
    if not found:
        return f"None of the {len(header)} columns has a known name; the first row must hold the columns' names."
    return f"Columns: {', '.join(str(cell).strip() for cell in header if cell is not None)}."
