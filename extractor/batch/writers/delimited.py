"""CSV and TSV, for people who open them in a spreadsheet: RFC 4180, one file for each flat table.

UTF-8 with a byte order mark, without which Excel takes it for Windows-1252 and garbles ½ and curly quotes.

The complete documents are not a column here: a spreadsheet cuts a cell at 32,767 characters and breaks the row there.
They stand, one a line and in the same order, in ``out.documents.jsonl``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import Staged, Stamp, sibling
from extractor.batch.writers.flatten import batches, join_list
from extractor.batch.writers.tables import RESULTS, TABLES, Table

__all__ = ["DelimitedWriter", "guard", "unguard"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What a cell must not begin with, after OWASP's "CSV Injection": a spreadsheet would run it, or trim what hides it.
The apostrophe is there so that :func:`unguard` is exact."""

DOCUMENTS = "documents"
_DOCUMENT = RESULTS.names.index("json")


class DelimitedWriter:
    """One file for each table. A null is an empty cell, true and false are words, a list is joined by ``;``."""

    needs_text = False
    refused = 0

    def __init__(self, ending: str, delimiter: str) -> None:
        self._ending = ending
        self._delimiter = delimiter

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        finals = {table.name: sibling(target, table.name, self._ending) for table in TABLES if table is not RESULTS}
        finals[DOCUMENTS] = sibling(target, DOCUMENTS, ".jsonl")
        finals[RESULTS.name] = target
        with ExitStack() as files:
            documents = files.enter_context((staging / finals[DOCUMENTS].name).open("wb"))
            writers = {}
            for table in TABLES:
                file = (staging / finals[table.name].name).open("w", encoding="utf-8-sig", newline="")
                writers[table.name] = csv.writer(files.enter_context(file), delimiter=self._delimiter, lineterminator="\r\n")
                writers[table.name].writerow(columns_of(table))
            for batch in batches(rows):
                for table, records in batch:
                    if table is RESULTS:
                        documents.writelines(f"{record[_DOCUMENT]}\n".encode() for record in records)
                    columns = [_column(table, at, values) for at, values in enumerate(zip(*records, strict=True))]
                    writers[table.name].writerows(zip(*filter(None, columns), strict=True))
        return [Staged(staging / final.name, final) for final in finals.values()]


def columns_of(table: Table) -> list[str]:
    """Return the columns that a table has in CSV and TSV."""
    return [name for name in table.names if (table, name) != (RESULTS, "json")]


def guard(cell: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unguard(cell: str) -> str:
    """Return the text that :func:`guard` was given."""
    return cell[1:] if cell.startswith("'") else cell


def _text(value: str | None) -> str | None:
    return value if value is None else guard(value)


def _list(value: list[str]) -> str:
    return guard(join_list(value))


def _word(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


_CELL: dict[str, Callable[[Any], Any]] = {"text": _text, "json": _text, "list": _list, "boolean": _word}


def _column(table: Table, at: int, values: tuple[Any, ...]) -> list[Any] | None:
    """Return a column's cells; None for the one that CSV leaves out."""
    if table is RESULTS and at == _DOCUMENT:
        return None
    shown = _CELL.get(table.columns[at].type)
    return [shown(value) for value in values] if shown else list(values)
