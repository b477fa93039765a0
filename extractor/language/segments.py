"""Clauses: units are cut at tick boxes, table cells, sentence ends, semicolons and contrasting conjunctions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.language.annotations import Note, Segment, Unit
from extractor.language.layout import BOX
from extractor.language.sections import section_at

_ABBREVIATIONS = frozenset(
    "dr mr mrs ms vs approx e i g lev scap trap traps rhom rhomb supra infra m mm inj pt pts lt rt bilat sup inf ant med lat fig st "
    "glut sternocleid quad splen semispin paraspin dx hx tx px no appx temp max min tot vol".split()
)
_SENTENCE = re.compile(r"[.!?]+[\"')\]]{0,2}(?=\s|$)|(?<=[a-z)])\.(?=[A-Z][a-z])")
_CLAUSE = re.compile(
    r";|,?\s(?:but|however|although|though|whereas|while|yet|otherwise|nevertheless|except that)\b|\s-{1,2}\s(?=(?:not|no|held|deferred|spared|declined|planned|will)\b)"
    r"|,\s(?=(?:and\s)?(?:we|i|he|she|they|pt|patient|the patient|will|plan|then)\s)"
)
_LABEL = re.compile(r"(?P<label>[^\s:|][^:|\n;.]{0,58}?)\s{0,3}:(?![\d/])\s*")
_SHORT = 64


def build_segments(note: Note) -> None:
    """Fill ``note.segments`` and the units' labels and parents."""
    _link_parents(note)
    sentence = 0
    for index, unit in enumerate(note.units):
        for start, end, box, cell, is_label in _pieces(note, unit):
            for s_start, s_end in _sentences(note, start, end):
                sentence += 1
                for c_start, c_end in _clauses(note, s_start, s_end):
                    section = section_at(note, max(c_start, unit.start))
                    note.segments.append(Segment(c_start, c_end, index, sentence, section, box, cell, is_label))


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(note: Note, unit: Unit) -> Iterator[tuple[int, int, bool | None, str | None, bool]]:
    """Stretches of one unit: (start, end, box, heading of the column, is it a label)."""
    if unit.heading and unit.cells:
        return
    if unit.cells:
        for cell in unit.cells:
            yield from _boxed(note, cell.start, cell.end, cell.header)
        return
    section = note.sections[unit.section]
    if section.title and unit.start <= section.title[0] < unit.body:
        yield section.title[0], section.title[1], None, None, True
    start = unit.body
    match = _LABEL.match(note.folded, start, unit.end)
    if match and match.end() <= unit.end and len(match["label"].split()) <= 8 and not BOX.search(match["label"]):
        unit.label = (match.start("label"), match.end("label"))
        yield unit.label[0], unit.label[1], None, None, True
        start = match.end()
    yield from _boxed(note, start, unit.end, None)


def _boxed(note: Note, start: int, end: int, header: str | None) -> Iterator[tuple[int, int, bool | None, str | None, bool]]:
    boxes = list(BOX.finditer(note.folded, start, end))
    if not boxes:
        if start < end:
            yield start, end, None, header, False
        return
    before = note.folded[start : boxes[0].start()].strip(" \t-:*|")
    after = note.folded[boxes[-1].end() : end].strip()
    crossed = _crossed_means_no(note)
    if before and not after:  # "Trapezius [x]  Rhomboid [ ]": the box follows its text
        at = start
        for box in boxes:
            yield at, box.start(), _ticked(box, crossed), header, False
            at = box.end()
        return
    if before:
        yield start, boxes[0].start(), None, header, False
    for box, following in zip(boxes, [*boxes[1:], None], strict=True):
        stop = following.start() if following else end
        yield box.end(), stop, _ticked(box, crossed), header, False


def _crossed_means_no(note: Note) -> bool:
    """A crossed box means "no" only in notes that tick the others with a check mark."""
    return "\u2612" in note.text and any(mark in note.text for mark in "\u2611\u2705") and "\u2610" not in note.text


def _ticked(box: re.Match[str], crossed_means_no: bool) -> bool:
    if box["off"] is not None:
        return False
    return not (crossed_means_no and box.group() == "\u2612")


def _sentences(note: Note, start: int, end: int) -> Iterator[tuple[int, int]]:
    folded, text = note.folded, note.text
    at = start
    for match in _SENTENCE.finditer(text, start, end):
        word = re.search(r"([^\W\d_]+)$", folded[max(at, match.start() - 14) : match.start()])
        following = text[match.end() : match.end() + 3].lstrip()[:1]
        if match.group()[0] == "." and word and (word.group() in _ABBREVIATIONS or len(word.group()) == 1):
            if not (following.isupper() and len(word.group()) > 3) and following:
                continue
        stripped = _strip(text, at, match.end())
        if stripped[0] < stripped[1]:
            yield stripped
        at = match.end()
    stripped = _strip(text, at, end)
    if stripped[0] < stripped[1]:
        yield stripped


def _clauses(note: Note, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for match in _CLAUSE.finditer(note.folded, start, end):
        cut = match.start() if match.start() > at else at
        stripped = _strip(note.text, at, cut)
        if stripped[0] < stripped[1]:
            yield stripped
            at = match.end() if match.group() == ";" else match.start()
    stripped = _strip(note.text, at, end)
    if stripped[0] < stripped[1]:
        yield stripped


_SIDE_ONLY = re.compile(
    r"[\s(\[*#_-]*(?:on\s)?(?:the\s)?(?:left|right|lt|rt|l|r|bilateral(?:ly)?|bilat|both|b/l)(?:[\s-]+(?:side|sided|sides|muscles?|sites?|injections?|trigger points?))?[\s)\]*:_-]*"
)


def _introduces(note: Note, unit: Unit) -> bool:
    raw = note.folded[unit.start : unit.end].rstrip("*_ ")
    if raw.endswith(":"):
        return True
    return unit.end - unit.start < 32 and _SIDE_ONLY.fullmatch(note.folded, unit.start, unit.end) is not None


def _link_parents(note: Note) -> None:
    """Give list items the unit that introduces them."""
    stack: list[int] = []  # sentence-like introduction, then at most one short label under it
    units = note.units
    for index, unit in enumerate(units):
        if index and unit.section != units[index - 1].section:
            stack = [i for i in stack if units[i].section == unit.section]
        if stack and _ends_list(note, units, stack, index):
            stack = []
        if stack:
            unit.parent = stack[-1]
        if not _introduces(note, unit):
            continue
        short = unit.end - unit.start < 32
        if short and stack:
            outer = stack[0]
            if units[outer].end - units[outer].start < 32 and units[outer].indent >= unit.indent:
                stack = [index]
                unit.parent = None
            else:
                stack = [outer, index]
                unit.parent = outer
        else:
            stack = [index]
            unit.parent = None


def _ends_list(note: Note, units: list[Unit], stack: list[int], index: int) -> bool:
    unit, previous = units[index], units[index - 1]
    if unit.bullet or unit.cells or BOX.match(note.folded, unit.body):
        return False
    if _introduces(note, unit) and unit.end - unit.start < 32:
        return bool(unit.after_blank and units[stack[0]].end - units[stack[0]].start < 32 and not _SIDE_ONLY.fullmatch(note.folded, unit.start, unit.end))
    if index - 1 in stack:  # directly under the introduction
        return False
    if previous.bullet or previous.cells:
        return unit.indent <= units[stack[0]].indent or unit.after_blank
    return unit.after_blank or unit.end - unit.start > 2 * _SHORT
