"""One sheet of a workbook: typed columns, a frozen and filtered heading, text that stays text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["ROWS_OF_A_SHEET", "Column", "Sheet", "new_workbook"]

ROWS_OF_A_SHEET = 1_048_576
_LONGEST_TEXT = 32_767
"""Excel's own limits."""

_FORMATS: dict[str, dict[str, Any]] = {
    "text": {"num_format": "@"},
    "wrap": {"text_wrap": True, "num_format": "@"},
    "number": {"num_format": "#,##0"},
    "decimal": {"num_format": "#,##0.0000"},
    "money": {"num_format": "$#,##0.00;[Red]-$#,##0.00"},
    "percent": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "link": {"font_color": "#0B5394", "underline": 1},
    "input": {"num_format": "$#,##0.00;[Red]-$#,##0.00", "bg_color": "#FFF8DC", "border": 1, "border_color": "#C9B458"},
    "head": {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    "title": {"bold": True, "font_size": 16},
    "section": {"bold": True, "font_size": 12, "bottom": 1},
    "bold": {"bold": True},
}
_COLOURS = {"error": "#B3261E", "warning": "#96600A", "info": "#35669A"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its width in characters, and what stands in it."""

    name: str
    width: int
    kind: str = "text"


def new_workbook(xlsxwriter: Any, path: str | Path) -> Workbook:
    """A workbook in which a string is a string, never a formula, a number or a link."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False}
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.set_properties({"title": "Audit of trigger point injection claims", "comments": "Made by tpi-extractor; confidential: holds words of patients’ notes."})
    workbook.set_calc_mode("auto")
    workbook.tpi_formats = {name: workbook.add_format({"valign": "top", "font_name": "Calibri", "font_size": 10} | given) for name, given in _FORMATS.items()}
    return workbook


class Sheet:
    """Writes rows from top to bottom."""

    def __init__(self, workbook: Workbook, name: str, columns: Sequence[Column], *, freeze: int = 0, heading: bool = True) -> None:
        self._formats = workbook.tpi_formats
        self._workbook = workbook
        self.columns = columns
        self.sheet = workbook.add_worksheet(name)
        self._row = 0
        for place, column in enumerate(columns):
            self.sheet.set_column(place, place, column.width)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&RPage &P of &N")
        self.sheet.hide_gridlines(2 if not heading else 0)
        if heading:
            self.sheet.set_row(0, 32)
            for place, column in enumerate(columns):
                self.sheet.write_string(0, place, column.name, self._formats["head"])
            self.sheet.freeze_panes(1, freeze)
            self.sheet.repeat_rows(0)
            self._row = 1

    @property
    def next_row(self) -> int:
        """Number of the row that is written next, as Excel counts."""
        return self._row + 1

    def row(self, values: Sequence[Any]) -> None:
        """Write a row; a pair is a link (text, target) or a formula (formula, its value)."""
        for place, (column, value) in enumerate(zip(self.columns, values, strict=False)):
            self.cell(place, value, column.kind)
        self._row += 1

    def cell(self, place: int, value: Any, kind: str) -> None:
        """Write one cell of the present row."""
        style = self._formats[kind]
        if value is None or value == "":
            if kind == "input":
                self.sheet.write_blank(self._row, place, None, style)
        elif isinstance(value, tuple):
            first, second = value
            if kind == "link":
                self.sheet.write_url(self._row, place, second, style, string=_text(first)[:255])
            else:
                self.sheet.write_formula(self._row, place, first, style, float(second) if second is not None else "")
        elif isinstance(value, date):
            # Excel counts days from 1900; an earlier date can only be text.
            if value.year >= 1900:
                self.sheet.write_datetime(self._row, place, value, self._formats["date"])
            else:
                self.sheet.write_string(self._row, place, value.isoformat(), self._formats["text"])
        elif isinstance(value, int | float | Decimal):
            self.sheet.write_number(self._row, place, float(value), style)
        else:
            self.sheet.write_string(self._row, place, _text(value), style)

    def finish(self) -> None:
        """Put filters on the heading of what has been written."""
        self.sheet.autofilter(0, 0, max(self._row - 1, 1), len(self.columns) - 1)

    def choices(self, name: str, values: list[str]) -> None:
        """Offer a list in a column that a person fills in."""
        place = [column.name for column in self.columns].index(name)
        self.sheet.data_validation(1, place, max(self._row - 1, 1), place, {"validate": "list", "source": values, "ignore_blank": True})

    def colour_by(self, name: str, words: Mapping[str, str]) -> None:
        """Colour the severities, as the page does."""
        place = [column.name for column in self.columns].index(name)
        for severity, word in words.items():
            style = self._workbook.add_format({"font_color": _COLOURS[severity], "bold": severity == "error"})
            self.sheet.conditional_format(1, place, max(self._row - 1, 1), place, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": style})

    # ---- sheets without a table: label, value, remark ----

    def title(self, text: str) -> None:
        """Write a title."""
        self._one(text, "title")

    def section(self, text: str) -> None:
        """Write a heading, with a blank row before it."""
        self._row += 1
        for place in range(1, len(self.columns)):
            self.sheet.write_blank(self._row, place, None, self._formats["section"])
        self._one(text, "section")

    def _one(self, text: str, kind: str) -> None:
        self.sheet.write_string(self._row, 0, text, self._formats[kind])
        self._row += 1

    def line(self, label: str, value: Any, remark: str = "", *, kind: str = "text") -> None:
        """Write a label with its value and a remark."""
        self.sheet.write_string(self._row, 0, label, self._formats["text"])
        self.cell(1, value, kind)
        self.cell(2, remark, "wrap")
        self._row += 1

    def formula(self, label: str, formula: str, value: Any, remark: str = "", *, kind: str = "money") -> int:
        """Write a label with a formula and the value that it has now; return the row as Excel counts."""
        self.line(label, (formula, value), remark, kind=kind)
        return self._row

    def note(self, text: str) -> None:
        """Write a paragraph over the whole width."""
        width = sum(column.width for column in self.columns)
        self.sheet.merge_range(self._row, 0, self._row, len(self.columns) - 1, text, self._formats["wrap"])
        self.sheet.set_row(self._row, 14 * (len(text) // width + 1))
        self._row += 1


def _text(value: Any) -> str:
    """Text that XML and Excel can hold: without control characters and halves of surrogate pairs, and not too long."""
    text = str(value)
    cleaned = "".join(char if char in "\t\n" or " " <= char < "\ud800" or "\ue000" <= char not in "\ufffe\uffff" else "\ufffd" for char in text.replace("\r\n", "\n").replace("\r", "\n"))
    return cleaned if len(cleaned) <= _LONGEST_TEXT else cleaned[: _LONGEST_TEXT - 2] + " …"
