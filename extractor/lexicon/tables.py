"""A generic reader of typed tables: one TSV file, one NamedTuple.

The file is UTF-8 with tabs between the cells and a header that names the columns. Lines that start with ``#``
and empty lines are comments. A cell of a ``tuple[str, ...]`` column holds its parts joined by ``|``; a bool
column holds ``yes`` or ``no``.

A practice's own folder may hold a file of the same name. Its rows replace all rows that have the same key
(the first column, or the columns that the row type names in ``KEY``), rows with a new key are added, and a row
whose first cell starts with ``-`` removes the rows with that key.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from extractor.lexicon.cells import Column, columns_of
from extractor.lexicon.errors import LexiconError

__all__ = ["Located", "read_located", "read_table"]

Row = TypeVar("Row")

_Key = tuple[str, ...]


class Located(NamedTuple):
    """A row and where it was read."""

    row: Any
    file: Path
    line: int


class _Removal(NamedTuple):
    key: _Key
    file: Path
    line: int


def read_table(path: Path, row_type: type[Row], overlays: Sequence[Path] = ()) -> tuple[Row, ...]:
    """Read a table and lay the practice's own files over it.

    Args:
        path: the shipped file; it may be missing only if an overlay has it.
        row_type: a NamedTuple whose fields are the columns. An unannotated ``KEY = ("a", "b")`` in its body
            names the columns of the key.
        overlays: the practice's files of this table (not folders), in rising order of precedence.

    Returns:
        The rows in the order of the files.

    Raises:
        LexiconError: naming file, line and column, if a file cannot be read, the header has a column too many
            or too few, a row has more cells than the header, or a cell does not fit its column's type.
    """
    return tuple(located.row for located in read_located(path, row_type, overlays)[0])


def read_located(
    path: Path, row_type: type[Row], overlays: Sequence[Path] = ()
) -> tuple[tuple[Located, ...], tuple[LexiconError, ...]]:
    """Read as :func:`read_table` does, and keep where each row came from.

    Returns:
        The rows with file and line, and one error (not raised) for every removal that removed nothing.

    Raises:
        LexiconError: as :func:`read_table`.
    """
    files = [file for file in (path, *overlays) if file.is_file()]
    if not files:
        raise LexiconError("There is no such table.", file=path)
    rows, _ = _Reader(files[0], row_type, removals_allowed=files[0] != path).read()
    idle: list[LexiconError] = []
    key_columns = _key_columns(row_type)
    for file in files[1:]:
        own, removals = _Reader(file, row_type, removals_allowed=True).read()
        for removal in removals:
            kept = [row for row in rows if not _matches(_key(row.row, key_columns), removal.key)]
            if len(kept) == len(rows):
                message = f"{removal.key[0]!r} is removed, but no row before it has that key."
                idle.append(LexiconError(message, file=removal.file, line=removal.line))
            rows = kept
        replaced = {_key(row.row, key_columns) for row in own}
        rows = [row for row in rows if _key(row.row, key_columns) not in replaced] + own
    return tuple(rows), tuple(idle)


def _key_columns(row_type: type[Any]) -> tuple[int, ...]:
    fields: tuple[str, ...] = row_type._fields
    return tuple(fields.index(name) for name in getattr(row_type, "KEY", fields[:1]))


def _key(row: Any, key_columns: tuple[int, ...]) -> _Key:
    return tuple(str(row[index]) for index in key_columns)


def _matches(key: _Key, removed: _Key) -> bool:
    return all(not wanted or wanted == cell for cell, wanted in zip(key, removed, strict=True))


def _read_lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LexiconError(f"The file cannot be read: {error.strerror}.", file=file) from error
    except UnicodeDecodeError as error:
        raise LexiconError(f"The file is not UTF-8 (byte {error.start}).", file=file) from error
    return text.split("\n")


class _Reader:
    """Reads the lines of one file into rows of one type."""

    def __init__(self, file: Path, row_type: type[Any], *, removals_allowed: bool):
        self.file = file
        self.row_type = row_type
        self.removals_allowed = removals_allowed
        self.header: list[str] = []
        self.positions: list[int] = []
        self.checked: list[tuple[int, Column, dict[str, Any]]] = []
        self.rows: list[Located] = []
        self.removals: list[_Removal] = []

    def read(self) -> tuple[list[Located], list[_Removal]]:
        for number, line in enumerate(_read_lines(self.file), start=1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\r").split("\t")
            if " \t" in line or "\t " in line or line[0] == " " or cells[-1].endswith(" "):
                cells = [cell.strip() for cell in cells]
            if not self.header:
                self._set_header(number, cells)
                continue
            if len(cells) != len(self.header):
                self._pad(number, cells)
            if self.removals_allowed and len(cells[0]) > 1 and cells[0].startswith("-"):
                self.removals.append(self._removal(number, cells))
            else:
                self.rows.append(Located(self._row(number, cells), self.file, number))
        if not self.header:
            raise LexiconError("The file has no header.", file=self.file)
        return self.rows, self.removals

    def _set_header(self, number: int, header: list[str]) -> None:
        columns = columns_of(self.row_type)  # type: ignore[arg-type]  # a class is hashable
        names = [column.name for column in columns]
        for name in header:
            if name not in names:
                problem = f"Unknown column; this table has {', '.join(names)}."
                raise LexiconError(problem, file=self.file, line=number, column=name or "(no name)")
            if header.count(name) > 1:
                raise LexiconError("The column is there twice.", file=self.file, line=number, column=name)
        for column in columns:
            if column.name not in header and not column.optional:
                raise LexiconError("The column is missing.", file=self.file, line=number, column=column.name)
        self.header = header
        # A column that the file leaves out reads the empty cell that _row appends.
        self.positions = [header.index(name) if name in header else -1 for name in names]
        # Text that may be empty needs no look at each cell; that is most of every table.
        # The few values of a column repeat over thousands of rows, so each is converted once.
        self.checked = [
            (place, column, {})
            for place, column in enumerate(columns)
            if column.convert is not None or column.required or column.default != ""
        ]

    def _pad(self, number: int, cells: list[str]) -> None:
        # Editors that strip the ends of lines take empty cells with them.
        missing = len(self.header) - len(cells)
        if missing < 0:
            problem = f"{len(cells)} cells where the header has {len(self.header)}."
            raise LexiconError(problem, file=self.file, line=number)
        cells.extend([""] * missing)

    def _row(self, number: int, cells: list[str]) -> Any:
        cells.append("")
        values: list[Any] = [cells[position] for position in self.positions]
        for place, column, known in self.checked:
            cell = values[place]
            if cell not in known:
                known[cell] = self._convert(number, column, cell)
            values[place] = known[cell]
        return self.row_type._make(values)

    def _convert(self, number: int, column: Column, cell: str) -> Any:
        if not cell:
            if column.required:
                raise LexiconError("The cell is empty.", file=self.file, line=number, column=column.name)
            return column.default
        if column.convert is None:
            return cell
        try:
            return column.convert(cell)
        except ValueError as error:
            raise LexiconError(f"{error}.", file=self.file, line=number, column=column.name) from error

    def _removal(self, number: int, cells: list[str]) -> _Removal:
        by_name = dict(zip(self.header, cells, strict=False))
        by_name[self.header[0]] = cells[0][1:].strip()
        names = [self.row_type._fields[index] for index in _key_columns(self.row_type)]
        return _Removal(tuple(by_name.get(name, "") for name in names), self.file, number)
