"""Which column of a table is which field of a note: by ``--map``, else by name (``columns.tsv``)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from extractor.batch.readers.base import ReadOptions
from extractor.intake import IntakeError

__all__ = ["FIELDS", "GROUP", "ORDER", "Columns", "check_mapping", "known_fields", "resolve_columns"]

FIELDS = ("note_id", "text", "patient_id", "date_of_service", "provider_id")
LINE = "line"
GROUP, ORDER = "group", "order"
"""The values of ``--group-by`` and ``--order-by`` in a row."""

_NAME = re.compile(r"[A-Za-z_][\w.]{0,63}\Z", re.ASCII)
_WORDS = re.compile(r"[A-Za-z_][\w.#()/-]{0,31}(?: [\w.#()/-]{1,31}){0,3}\Z", re.ASCII)
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a source: field → name of its column."""

    names: Mapping[str, str]

    @property
    def needed(self) -> tuple[str, ...]:
        """The source's columns that have to be read, each once."""
        return tuple(dict.fromkeys(self.names.values()))


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    """Names by field, best first."""
    table: dict[str, list[str]] = {}
    with (files("extractor.batch.readers") / "columns.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            table.setdefault(row["field"], []).append(row["column"])
    return {field: tuple(names) for field, names in table.items()}


def check_mapping(options: ReadOptions) -> None:
    """Refuse a ``--map`` that maps what is no field.

    Raises:
        IntakeError: naming the fields.
    """
    for field in options.columns:
        if field not in (*FIELDS, LINE):
            raise IntakeError(f"--map: there is no field {field}. Fields: {', '.join(FIELDS)}.")


def known_fields(found: Sequence[str], options: ReadOptions) -> set[str]:
    """Return the fields that a header gives, by ``--map`` or by name; two or more are proof that it is a header."""
    wanted = {_plain(column) for column in options.columns.values()}
    names = {_plain(name) for name in found}
    fields = {field for field, aliases in _aliases().items() if names.intersection(aliases)}
    return fields | {field for field, column in options.columns.items() if column and _plain(column) in names & wanted}


def resolve_columns(found: Sequence[str], options: ReadOptions, *, trusted: bool = True) -> Columns:
    """Find the columns of a source.

    Args:
        found: the source's column names, in order.
        options: ``--map``, ``--group-by`` and ``--order-by``; ``--map line=`` says that a column named like a line
            number is none.
        trusted: whether the names come from a schema. The first row of a CSV file may be a patient's: its cells are
            named in a message only where they are a header beyond doubt.

    Raises:
        IntakeError: for a field that does not exist, a column that is missing or ambiguous, and a table with one row
            per line of a note that is read without ``--group-by``.
    """
    shown = _shown(found, options, trusted)
    names = {**_named(found, options, shown), **_mapped(found, options, shown)}
    if "text" not in names:
        raise IntakeError(f"no column holds the note's text. {shown} Say which one it is: --map text=COLUMN.")
    for key, column in ((GROUP, options.group_by), (ORDER, options.order_by)):
        if column is not None:
            names[key] = names.get(column) or _exact(column, found) or _missing(column, shown, key)
    line = names.pop(LINE, None)
    if line and not options.group_by and "note_id" in names:
        raise IntakeError(
            f"column {line} numbers the lines of a note, so each row is only a part of one. "
            f"Add --group-by {names['note_id']} --order-by {line}; if every row is a whole note, --map line= says so."
        )
    return Columns(names)


def _named(found: Sequence[str], options: ReadOptions, shown: str) -> dict[str, str]:
    """Find the fields that ``--map`` leaves open by their usual names."""
    by_name: dict[str, list[str]] = {}
    for name in found:
        by_name.setdefault(_plain(name), []).append(name)
    result = {}
    for field, aliases in _aliases().items():
        if field in options.columns:
            continue
        there = [name for alias in aliases for name in by_name.get(alias, ())]
        if field == "text" and len(there) > 1 and _plain(there[0]) != "text":
            # Which of two texts is the note is no guess to make.
            raise IntakeError(
                f"columns {', '.join(there)} could each be the note's text. Say which one it is: --map text={there[0]}."
            )
        if there:
            result[field] = _only(there[0], by_name[_plain(there[0])])
    return result


def _mapped(found: Sequence[str], options: ReadOptions, shown: str) -> dict[str, str]:
    result = {}
    for field, column in options.columns.items():
        if column:
            result[field] = _exact(column, found) or _missing(column, shown, "map")
    return result


def _exact(column: str, found: Sequence[str]) -> str | None:
    """Return the column of this name; case and blanks do not matter where only one fits."""
    if column in found:
        return _only(column, [name for name in found if name == column])
    there = [name for name in found if _plain(name) == _plain(column)]
    return _only(there[0], there) if there else None


def _only(name: str, same: Sequence[str]) -> str:
    if len(same) > 1:
        raise IntakeError(f"column {name} is there {len(same)} times. Export it once.")
    return name


def _missing(column: str, shown: str, option: str) -> str:
    flag = {GROUP: "--group-by", ORDER: "--order-by"}.get(option, "--map")
    raise IntakeError(f"{flag}: there is no column {column}. {shown}")


def _shown(found: Sequence[str], options: ReadOptions, trusted: bool) -> str:
    header = len(known_fields(found, options)) >= 2 and all(_WORDS.match(name) for name in found if name)
    if not (trusted or header or (found and all(_NAME.match(name) for name in found))):
        return "The first row does not look like column names; export it with a header."
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"Columns found: {', '.join(found[:_SHOWN])}{more}."


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).lower()
