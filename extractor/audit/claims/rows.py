"""From the rows of any table to claim lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from extractor.audit.claims.base import (
    CellError,
    is_empty,
    parse_amount,
    parse_code,
    parse_date,
    parse_diagnoses,
    parse_identifier,
    parse_list,
    parse_modifiers,
    parse_number,
    settle,
)
from extractor.audit.claims.columns import Columns
from extractor.audit.models import ClaimLine

__all__ = ["read_rows"]

_LETTERS = "ABCDEFGHIJKL"
_WITH_MODIFIERS = re.compile(r"([A-Za-z0-9]{5})-([A-Za-z0-9]{2}(?:[-, ]+[A-Za-z0-9]{2})*)")
"""``20553-59``: a code with its modifiers, as charge sheets write it."""


def read_rows(rows: Iterable[tuple[int, Sequence[Any]]], columns: Columns, where: str) -> Iterator[ClaimLine | str]:
    """Read numbered rows as claim lines; a row that cannot be read becomes a sentence with its place.

    Args:
        rows: the number by which a user finds the row in the source, and its cells.
        columns: where the fields are.
        where: the source's name.
    """
    if "frequency" not in columns.single:
        for number, row in rows:
            yield from _read(row, columns, f"{where}:{number}")
        return
    claims: list[tuple[str | None, str, list[ClaimLine]]] = []
    for number, row in rows:
        for item in _read(row, columns, f"{where}:{number}"):
            if isinstance(item, str):
                yield item
                continue
            frequency = (parse_identifier(_cell(row, columns, "frequency")) or "1")[-1]
            if claims and item.claim_id and claims[-1][:2] == (item.claim_id, frequency):
                claims[-1][2].append(item)
            else:
                claims.append((item.claim_id, frequency, [item]))
    yield from settle(claims, where)


def _read(row: Sequence[Any], columns: Columns, place: str) -> Iterator[ClaimLine | str]:
    if all(is_empty(cell) for cell in row):
        return
    try:
        yield _line(row, columns, place)
    except CellError as error:
        yield f"{place}: {error}."
    except ValidationError as error:
        yield f"{place}: {'.'.join(map(str, error.errors()[0]['loc']))} cannot be read."


def _line(row: Sequence[Any], columns: Columns, place: str) -> ClaimLine:
    written, appended = _cell(row, columns, "code"), ""
    if match := _WITH_MODIFIERS.fullmatch(str(written or "").strip()):
        written, appended = match[1], match[2].replace("-", ",")
    code = parse_code(written, padded=True)
    if code is None:
        raise CellError("the row has no procedure code")
    number = parse_number(_cell(row, columns, "line"), "the line number")
    if number is not None and number != int(number):
        raise CellError("the line number is no whole number")
    return ClaimLine(
        claim_id=parse_identifier(_cell(row, columns, "claim_id")),
        line=None if number is None else int(number),
        note_id=parse_identifier(_cell(row, columns, "note_id")),
        patient_id=parse_identifier(_cell(row, columns, "patient_id")),
        date_of_service=parse_date(_cell(row, columns, "date_of_service")),
        date_of_service_end=parse_date(_cell(row, columns, "date_of_service_end"), "the last date of service"),
        provider_id=parse_identifier(_cell(row, columns, "provider_id")),
        payer=parse_identifier(_cell(row, columns, "payer")),
        code=code,
        units=parse_number(_cell(row, columns, "units"), "the number of units"),
        modifiers=parse_modifiers([appended, *_cells(row, columns, "modifiers")]),
        diagnoses=_diagnoses(row, columns),
        charge=parse_amount(_cell(row, columns, "charge"), "the charge"),
        allowed=parse_amount(_cell(row, columns, "allowed"), "the allowed amount"),
        paid=parse_amount(_cell(row, columns, "paid"), "the paid amount"),
        source=place,
    )


def _cell(row: Sequence[Any], columns: Columns, field: str) -> Any:
    place = columns.single.get(field)
    # Exports drop the empty cells at the end of a row.
    return row[place] if place is not None and place < len(row) else None


def _cells(row: Sequence[Any], columns: Columns, field: str) -> list[Any]:
    return [row[place] for place in columns.several.get(field, ()) if place < len(row)]


def _diagnoses(row: Sequence[Any], columns: Columns) -> list[str]:
    found = parse_diagnoses(_cells(row, columns, "diagnoses"))
    pointers = parse_list(_cells(row, columns, "pointers"))
    if not pointers:
        return found
    # "AB" or "12" without a separator is two pointers; twelve diagnoses at most, so "10" to "12" are one each.
    places: list[int] = []
    for entry in pointers:
        if entry.isdecimal() and 1 <= int(entry) <= 12:
            places.append(int(entry) - 1)
            continue
        for sign in entry:
            place = _LETTERS.find(sign) if sign.isalpha() else int(sign) - 1 if sign.isdecimal() else -1
            if place < 0:
                raise CellError("a diagnosis pointer is neither a number nor a letter")
            places.append(place)
    if any(place >= len(found) for place in places):
        raise CellError("a diagnosis pointer points to no diagnosis of the row")
    return list(dict.fromkeys(found[place] for place in places))
