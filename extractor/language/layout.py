"""Logical lines: hard wraps are joined again; list items, headings, labels and table rows are kept apart."""

from __future__ import annotations

import itertools
import re

from extractor.language.annotations import Cell, Note, Unit
from extractor.language.flowsheets import Flowsheet, columns_of_dates

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
LINE_ENDS = "\n\r\f\v\x85\u2028\u2029"
_LINE_END = re.compile(r"\r\n|[\n\r\f\v\x85\u2028\u2029]")
_BULLET = re.compile(
    r"(?:\d{1,2}[a-z][.)](?=\s)|(?P<number>\d{1,2})(?:\s?[.)](?!\d)|\s-(?=\s)|\s{2,}(?=[a-z]))|\((?P<paren>\d{1,2})\)|(?:i{1,3}|iv|vi{0,3}|ix|x|v)[.)](?=\s)|[a-h][.)](?=\s)"
    r"|[-*+\u2022\u00b7\u25aa\u25e6\u2023\u25cf>]{1,2}(?=\s|[a-z])|o(?=\s{1,3}[a-z]))\s*"
)
BOX = re.compile(
    r"(?P<on>\[\s{0,2}(?:x|\u2713|\u2714|\*|yes|y)\s{0,2}\]|[\u2611\u2705\u2713\u2714\u22a0\u2612]|\(\s{0,1}(?:x|\u2713|\u2714|\*)\s{0,1}\)|(?<![a-z0-9_])_{1,3}x_{1,3}(?![a-z])|<x>)"
    r"|(?P<off>\[\s{0,3}\]|\[_{1,3}\]|\[-\]|[\u2610\u25a1\u25a2\u25fb\u274f]|\(\s{0,3}\)|\(_{1,3}\)|< >)"
)
_LABEL = re.compile(r"(?P<label>[^\s:|][^:|\n]{0,58}?)\s{0,3}(?::(?![\d/])|\s-{1,2}\s(?=\S)|\s=\s)\s*")
_OPEN_END = re.compile(r"(?:[,;&/(+-]|\b(?:and|or|of|the|with|to|in|into|at|left|right|bilateral|a|an|for|by|was|were|from|on|his|her|each|per|using|approximately|then))$")
_TABLE_GAP = re.compile(r"(?<=\S)\s{4,}(?=\S)|(?<=[^\s.!?:;,])\s{2,}(?=\S)")
_WIDE_GAP = re.compile(r"(?<=\S)(?<![.!?:])\s{3,}(?=\S)|\.{3,}|\t")
_PIPE = re.compile(r"\s*\|\s*")
_TAB = re.compile(r"[ ]*\t[ ]*")
_RULE = re.compile(r"[-=_*~+|: ]{3,}$")
_HEADER_WORD = re.compile(
    r"#|\b(?:muscles?|sites?|sides?|laterality|locations?|portion|part|route|sticks?|passes|points?|twitch|tender(?:ness)?|units?|total|vol(?:ume)?|dose|drugs?|medication|agent|conc(?:entration)?|strength|left|right|lt|rt|l|r|"
    r"injected|injections?|inj|amount|amt|#|no|number|count|trigger points?|level|region|findings?|ml|cc|units|notes?|comments?|response|ltr|jump|twitch|done|status)\b"
)


class _Line:
    __slots__ = ("bullet", "end", "indent", "number", "rule", "start", "width")

    def __init__(self, folded: str, start: int, end: int, width: int) -> None:
        self.start, self.end, self.indent, self.width = start, end, start, width
        self.rule = _RULE.match(folded, start, end) is not None
        match = _BULLET.match(folded, start, end)
        self.bullet = match is not None and match.end() < end
        self.number = int(match["number"] or match["paren"]) if self.bullet and (match["number"] or match["paren"]) else None


def _lines(folded: str) -> list[_Line | None]:
    """Stripped lines; None stands for a blank one."""
    lines: list[_Line | None] = []
    at = 0
    size = len(folded)
    while at < size:
        match = _LINE.match(folded, at)
        end = match.end() if match else at
        raw = folded[at:end]
        stripped = raw.strip()
        if stripped:
            indent = len(raw) - len(raw.lstrip())
            line = _Line(folded, at + indent, at + indent + len(stripped), len(raw.rstrip()))
            line.indent = indent
            lines.append(line)
        else:
            lines.append(None)
        newline = _LINE_END.match(folded, end)
        at = newline.end() if newline else max(end, at + 1)
    return lines


def _wrap_width(lines: list[_Line | None]) -> int:
    """Column at which the note's author or printer wraps, or 0 if lines are not wrapped.

    The widest column that several lines come near, so that one long line more does not change it.
    """
    widths = sorted((line.width for line in lines if line), reverse=True)
    if len(widths) < 3:
        return 0
    for index, width in enumerate(widths):
        near = sum(1 for other in widths[index:] if other > width - _RAGGED)
        if width <= 140 and near >= max(3, len(widths) // 8):
            return width
    return widths[0] if widths[0] <= 140 else 0


_RAGGED = 12  # columns by which wrapped lines differ


def _wraps_of_blocks(folded: str, lines: list[_Line | None], general: int) -> dict[int, int]:
    """Start of a line -> column at which its paragraph wraps: its own where nearly all of its lines are full."""
    found: dict[int, int] = {}
    block: list[_Line] = []
    for line in [*lines, None]:
        if line is not None:
            block.append(line)
            continue
        width = max((other.width for other in block), default=0)
        inner = list(itertools.pairwise(block))
        full = sum(1 for one, following in inner if one.width + _first_word(folded, following) + 1 > width - 4)
        own = width if 50 <= width <= 140 and len(inner) >= 2 and full >= 0.7 * len(inner) else general
        found.update((other.start, own) for other in block)
        block = []
    return found


def _first_word(folded: str, line: _Line) -> int:
    return len(folded[line.start : line.end].split(None, 1)[0])


def _continues(folded: str, text: str, line: _Line, following: _Line, wrap: int, cased: bool) -> bool:
    """Whether ``following`` goes on with the sentence of ``line`` (a hard wrap)."""
    if following.bullet or following.rule or line.rule or _is_record(folded, line) or _is_record(folded, following):
        return False
    if BOX.match(folded, following.start) or _is_row(folded, following) or _is_row(folded, line):
        return False
    first = text[following.start]
    tail = folded[max(line.start, line.end - 24) : line.end]
    if tail.endswith(":"):
        return False
    full = wrap >= 50 and line.width >= 40 and line.width + _first_word(folded, following) + 1 > wrap - 4
    if _FIELD.match(folded, following.start, following.end):
        return False
    head = _LABEL.match(folded, following.start, min(following.end, following.start + 60))
    labelled = head is not None and ":" in head.group() and len(head["label"].split()) <= 6
    if labelled and not (full and first.islower() and following.width > 30):
        return False
    if first.isupper() and _LISTED_AMOUNT.search(folded, line.start, line.end) and (_LISTED_AMOUNT.search(folded, following.start, following.end) or line.width < 56):
        return False  # "Serratus anterior R, 1 mL each" and the next item
    if _ANY_AMOUNT.search(folded, line.start, line.end) and _ANY_AMOUNT.search(folded, following.start, following.end) and line.width < 90 and not _OPEN_END.search(tail) and not full and not tail.endswith(","):
        return False  # two lines with an amount each are two items
    if _DASHED.match(folded, following.start, following.end):
        return False
    if _OPEN_END.search(tail) and (first.islower() or line.width >= 40 or not tail.endswith(",")):
        return True
    if first.islower() and _OPEN_SIDE.search(folded, line.start, line.end):
        return True
    if full:
        return first.islower() or first.isdigit() or first in "(\"'" or not tail.endswith((".", "!", "?")) or line.width > wrap - 12
    # prose wrapped narrower than the widest line, or a wrapped list item
    ends = tail.endswith((".", "!", "?", ";"))
    return cased and not ends and first.islower() and line.width >= 40


# "left levator scapulae, right" and the next line names what is right: the side before has its muscle already.
_SIDE_WORD = r"(?:left|right|lt|rt|l|r|bilateral)"
_OPEN_SIDE = re.compile(rf"\b{_SIDE_WORD}\.?\s[a-z][a-z /-]{{2,40}}(?:,|,?\s(?:and|&))\s(?:the\s)?{_SIDE_WORD}\.?\s{{0,4}}$")
# A heading of a terse note never goes on with the line before.
_FIELD = re.compile(r"(?:tx|rx|dx|hx|pe|plan|a|p|s|o|a/p|subj(?:ective)?|obj(?:ective)?|assessment|exam|proc(?:edure)?|imp(?:ression)?|hpi|cc|allergies|f/u)\s?:\s")
_ANY_AMOUNT = re.compile(r"\d\s?(?:mm|cc|ml|units?)\b")
# "splenius capitis - right one, left one"
_DASHED = re.compile(r"[a-z][a-z ]{3,38}\s-\s(?:left|right|l|r|lt|rt|both|bilat\w*|\d|one|two|none|not)\b")
_LISTED_AMOUNT = re.compile(r"\d\s?(?:cc|ml|units?)\b(?:\seach|\sea)?[^a-z]{0,3}$|\bx\s?\d\s*$")


def _is_record(folded: str, line: _Line) -> bool:
    """ "Label      value" or "Name ....... value": a line that stands alone."""
    return _WIDE_GAP.search(folded, line.start, line.end) is not None


def _is_row(folded: str, line: _Line) -> bool:
    piece = folded[line.start : line.end]
    return _SIDES_ONLY_ROW.fullmatch(piece) is not None or piece.count("|") >= 1 or "\t" in piece or len(_TABLE_GAP.findall(piece)) >= 2


def _cells(folded: str, line: _Line) -> list[Cell]:
    piece = folded[line.start : line.end]
    gap = _PIPE if "|" in piece else _TAB if "\t" in piece else _TABLE_GAP
    cells = []
    at = 0
    for match in gap.finditer(piece):
        cells.append(Cell(line.start + at, line.start + match.start()))
        at = match.end()
    cells.append(Cell(line.start + at, line.end))
    if "|" in piece:
        if cells and cells[0].start == cells[0].end:
            cells = cells[1:]
        if cells and cells[-1].start == cells[-1].end:
            cells = cells[:-1]
    return cells


def _is_header(folded: str, cells: list[Cell]) -> bool:
    filled = [cell for cell in cells if cell.end > cell.start]
    named = sum(1 for cell in filled if cell.end - cell.start <= 32 and _HEADER_WORD.search(folded, cell.start, cell.end))
    digits = sum(1 for cell in filled if any(c.isdigit() for c in re.sub(r"\([^)]*\)", "", folded[cell.start : cell.end])))
    if len(filled) in (2, 3) and all(_SIDE_CELL.fullmatch(folded, cell.start, cell.end) for cell in filled):
        return True
    return len(filled) >= 2 and named >= max(2, len(filled) - 2) and digits == 0 and _HEADER_SITE.search(folded, cells[0].start, cells[-1].end) is not None


_SIDE_CELL = re.compile(r"(?:left|right|lt|rt|l|r|b|both|bilat(?:eral)?)\.?(?:\sside)?:?")
_SIDES_ONLY_ROW = re.compile(r"(?:left|right|lt|rt|l|r|b|both|bilat)\.?(?:\sside)?:?(?:\s{2,}(?:left|right|lt|rt|l|r|b|both|bilat)\.?(?:\sside)?:?){1,2}")
_HEADER_SITE = re.compile(r"\b(?:muscles?|sites?|locations?|side|trigger points?|target|region|structure|area|tp|trp|drug|medication|agent)\b")


def split_units(note: Note) -> None:
    """Fill ``note.units``."""
    folded, text = note.folded, note.text
    lines = _lines(folded)
    wraps = _wraps_of_blocks(folded, lines, _wrap_width(lines))
    # a line that starts in lower case is a continuation only where other lines start with capitals
    starts = [text[line.start] for line in lines if line and text[line.start].isalpha()]
    cased = 2 * sum(char.isupper() for char in starts) > len(starts)
    units: list[Unit] = []
    header: list[Cell] | None = None
    header_start = 0
    names: Flowsheet | None = None  # of a table with a column for each visit
    blank = False
    previous: _Line | None = None
    for line in lines:
        if line is None:
            blank, previous = True, None
            continue
        if line.rule:
            previous = None  # a rule under a heading or table header does not end the table
            continue
        cells = _cells(folded, line) if _is_row(folded, line) else []
        if header is not None and (not cells or (blank and "|" not in folded[line.start : line.end])):
            # a name alone under a table's columns is a row with nothing in it
            if not cells and not blank and not line.bullet and line.width < 40 and ":" not in folded[line.start : line.end]:
                cells = [Cell(line.start, line.end)]
            else:
                header = None
        if cells:
            dated = columns_of_dates(folded, cells, note.date_of_service) if len(cells) >= 2 else None
            is_header = len(cells) >= 2 and (dated is not None or _is_header(folded, cells))
            if is_header:
                header, header_start, names = cells, line.start - line.indent, dated
                if dated:
                    note.flowsheet = note.flowsheet or dated.day
            elif header:
                _name_columns(folded, cells, header, line, header_start, names.headers if names else None)
            if header or len(cells) >= 2:
                match = _BULLET.match(folded, line.start, line.end) if line.bullet else None
                unit = Unit(line.start, line.end, line.indent, body=line.start, cells=cells, after_blank=blank, heading=is_header, number=line.number)
                unit.columns = (names.headers if names else tuple(folded[cell.start : cell.end].strip() for cell in header)) if header else ()
                if match and cells[0].start < match.end() <= cells[0].end:
                    cells[0].start = match.end()
                units.append(unit)
                blank, previous = False, line
                continue
        if previous is not None and units and not units[-1].cells and _continues(folded, text, previous, line, wraps[previous.start], cased):
            units[-1].end = line.end
        else:
            match = _BULLET.match(folded, line.start, line.end) if line.bullet else None
            body = match.end() if match else line.start
            units.append(Unit(line.start, line.end, line.indent, line.bullet, line.number, body=body, after_blank=blank))
        blank, previous = False, line
    note.units = units


def _name_columns(folded: str, cells: list[Cell], header: list[Cell], line: _Line, header_start: int, names: tuple[str, ...] | None = None) -> None:
    """Give each cell the heading of its column: by number where the row is complete, else by position on the line."""
    titles = names or tuple(folded[head.start : head.end].strip() for head in header)
    named = names is not None and names[0] != ""  # the dates stand right of an empty corner
    piece = folded[line.start : line.end]
    if "|" in piece or "\t" in piece or (len(cells) == len(header) and not _SIDE_CELL.fullmatch(folded, header[0].start, header[0].end)):
        for cell, title in zip(cells, titles, strict=False):
            cell.header = title
        return
    row_start = line.start - line.indent
    for cell in cells:
        middle = (cell.start + min(cell.end, cell.start + 12)) / 2 - row_start
        distance = lambda h: abs((h.start + h.end) / 2 - header_start - middle)  # noqa: B023, E731 - used at once
        head = min(header, key=lambda h: (distance(h), h.start))
        if distance(head) > 10 and _SIDE_CELL.fullmatch(folded, head.start, head.end):
            continue  # a note behind the last column
        if cell is cells[0] and named:
            continue
        if cell is cells[0] and not _SIDE_CELL.fullmatch(folded, header[0].start, header[0].end):
            head = header[0]
        elif cell is cells[0] and cell.start - row_start + 3 < header[0].start - header_start:
            continue  # the names stand left of the first column
        cell.header = titles[header.index(head)]
