"""The lines of a document as a reader sees them: what every converter writes into.

A table's row becomes one line, its cells apart by `` | ``, so that a muscle keeps its side and dose; a list's item keeps
its mark; a block ends the line. A table that only lays out the page (its cells hold tables or long texts) becomes its
cells' lines, one cell after the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Lines", "on_one_line"]

_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_OPEN_END = re.compile(r"[.,;:!?|/]$")
_OWN_MARK = re.compile(r"\s*(?:[☐☑☒✓✗□▢◻❏❑❒•●▪■➢*-]|\[.?\]|\(.?\)(?!\w)|\d{1,2}[.)]\s)")

_WIDEST = 200
"""Columns up to which spans are counted; a wider table is an accident or an attack, and its cells just follow each other."""

_LONG_CELL = 8
"""Lines of one cell above which the table is taken to lay out the page."""


@dataclass
class _Cell:
    lines: list[str] = field(default_factory=list)
    columns: int = 1
    rows: int = 1
    holds_table: bool = False


@dataclass
class _Table:
    row: list[_Cell] | None = None
    spans: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Column → rows that a cell above still covers, and its words (only those of the first column are said again:
    a muscle heads its rows; a dose said twice would be two)."""


class Lines:
    """Builds the text. Calls come in document order."""

    def __init__(self) -> None:
        self._frames: list[_Cell] = [_Cell()]
        self._tables: list[_Table] = []
        self._line: list[str] = []
        self._prefix = ""

    def add(self, text: str, *, keep_spaces: bool = False) -> None:
        """Words on the present line; white space is one space unless it is to be kept."""
        if keep_spaces:
            first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._put(first)
            for line in rest:
                self.end_line(blank=True)
                self._put(line)
            return
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self._line or self._line[-1].endswith((" ", "\t"))):
            text = text[1:]
        self._put(text.replace("\xa0", " "))

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._prefix and text.strip():
            mark = self._prefix
            self._prefix = ""
            indent = mark[: len(mark) - len(mark.lstrip())]
            self._line.insert(0, indent if _OWN_MARK.match("".join(self._line) + text) else mark)
        self._line.append(text)

    def end_line(self, *, blank: bool = False) -> None:
        """End the line, if there is one; ``blank`` also keeps an empty one."""
        line = "".join(self._line).rstrip()
        self._line = []
        if line.strip():
            self._frames[-1].lines.append(line)
        elif blank:
            self._frames[-1].lines.append("")

    def gap(self) -> None:
        """Leave one empty line before what follows, as before a heading."""
        self.end_line()
        lines = self._frames[-1].lines
        if lines and lines[-1]:
            lines.append("")

    def mark(self, text: str) -> None:
        """A list item's bullet or number, unless the item brings its own."""
        self.end_line()
        self._prefix = text

    def no_mark(self) -> None:
        """The item was empty."""
        self._prefix = ""

    def open_table(self) -> None:
        self.end_line()
        self._frames[-1].holds_table = True
        self._tables.append(_Table())

    def open_row(self) -> None:
        if self._tables:
            self.close_row()
            self._tables[-1].row = []

    def open_cell(self, columns: int = 1, rows: int = 1) -> None:
        if not self._tables:
            return
        if self._tables[-1].row is None:
            self._tables[-1].row = []
        self._frames.append(_Cell(columns=max(1, min(columns, 50)), rows=max(1, min(rows, 500))))
        self._line, self._prefix = [], ""

    def close_cell(self) -> None:
        if self._tables and self._tables[-1].row is not None and len(self._frames) > 1:
            self.end_line()
            self._prefix = ""
            self._tables[-1].row.append(self._frames.pop())

    def close_row(self) -> None:
        if not self._tables or self._tables[-1].row is None:
            return
        table = self._tables[-1]
        row, table.row = table.row, None
        out = self._frames[-1].lines
        if any(cell.holds_table or len(cell.lines) > _LONG_CELL for cell in row):
            for cell in row:
                out.extend(cell.lines)
            return
        line = " | ".join(_placed(row, table.spans)).rstrip(" |")
        if line:
            out.append(line)

    def close_table(self) -> None:
        if self._tables:
            self.close_row()
            self._tables.pop()

    def text(self) -> str:
        """All lines; white space at both ends is gone, and never more than one empty line stands together."""
        self.end_line()
        while self._tables:
            self.close_cell()
            self.close_table()
        whole = "\n".join(self._frames[0].lines)
        return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", whole).strip("\n")


def _placed(row: list[_Cell], spans: dict[int, tuple[int, str]]) -> list[str]:
    """The words of each column, where cells above and wide cells are counted."""
    if len(row) > _WIDEST or sum(cell.columns for cell in row) + len(spans) > _WIDEST:
        spans.clear()
        return [on_one_line(cell.lines) for cell in row]
    cells: list[str] = []
    waiting = list(row)
    while waiting or any(column >= len(cells) for column in spans):
        column = len(cells)
        if column in spans:
            left, words = spans.pop(column)
            if left > 1:
                spans[column] = (left - 1, words)
            cells.append(words if column == 0 else "")
            continue
        if not waiting:
            cells.append("")
            continue
        cell = waiting.pop(0)
        words = on_one_line(cell.lines)
        if cell.rows > 1:
            said_again = words if len(words) <= _WIDEST else ""
            spans.update(dict.fromkeys(range(column, column + cell.columns), (cell.rows - 1, said_again)))
        cells.append(words)
        cells.extend("" for _ in range(cell.columns - 1))
    return cells


def on_one_line(lines: list[str]) -> str:
    """The lines of a cell as one: apart by a semicolon where the line before ends without a mark."""
    words = ""
    for line in (line.strip() for line in lines):
        if line:
            words += (" " if not words or _OPEN_END.search(words) else "; ") + line
    return words.strip()
