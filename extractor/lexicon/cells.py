"""From the text of one cell to the value that its column's type asks for."""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

__all__ = ["Column", "columns_of"]

Converter = Callable[[str], Any]


class Column(NamedTuple):
    """One column of a table: a field of its row type."""

    name: str
    convert: Converter | None
    """None where the text is the value."""
    required: bool
    """Whether an empty cell is an error."""
    optional: bool
    """Whether the file may leave the column out."""
    default: Any
    """What an empty cell means."""


def _to_bool(cell: str) -> bool:
    if cell == "yes":
        return True
    if cell == "no":
        return False
    raise ValueError(f"{cell!r} is neither yes nor no")


def _to_tuple(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _to_date(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a date such as 2024-03-14") from None


def _to_int(cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a whole number") from None


def _to_float(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a number") from None


def _one_of(values: tuple[str, ...]) -> Converter:
    allowed = frozenset(values)

    def convert(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"{cell!r} is none of {', '.join(values)}")
        return cell

    return convert


_SIMPLE: dict[object, Converter | None] = {
    str: None,
    bool: _to_bool,
    int: _to_int,
    float: _to_float,
    date: _to_date,
}


def _converter(annotation: object) -> tuple[Converter | None, bool]:
    """Return the converter of a type and whether an empty cell means None."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation], False
    origin = get_origin(annotation)
    if origin is Literal:
        return _one_of(get_args(annotation)), False
    if origin is tuple and get_args(annotation) == (str, ...):
        return _to_tuple, False
    if origin in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        if len(inner) == 1:
            return _converter(inner[0])[0], True
    raise TypeError(
        f"No lexicon column can have the type {annotation!r}: use str, bool, int, float, date, Literal, "
        "tuple[str, ...] or one of them | None."
    )


@cache
def columns_of(row_type: type[Any]) -> tuple[Column, ...]:
    """Return the columns of a NamedTuple.

    A field with a default, of type ``... | None``, ``tuple[str, ...]`` or plain ``str`` may be empty;
    a column with a default may be left out of the file.

    Raises:
        TypeError: if a field has a type that no cell can hold.
    """
    hints = get_type_hints(row_type)
    columns = []
    for name in row_type._fields:
        convert, nullable = _converter(hints[name])
        has_default = name in row_type._field_defaults
        if has_default:
            default = row_type._field_defaults[name]
        elif convert is _to_tuple:
            default = ()
        else:
            default = None if nullable else ""
        may_be_empty = has_default or nullable or convert is None or convert is _to_tuple
        columns.append(Column(name, convert, not may_be_empty, has_default, default))
    return tuple(columns)
