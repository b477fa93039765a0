"""Clauses: units are cut at tick boxes, table cells, sentence ends, semicolons and contrasting conjunctions."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from extractor.language.annotations import Note, Segment, Unit
from extractor.language.layout import BOX
from extractor.language.sections import section_at

_ABBREVIATIONS = frozenset(
    ["dr", "mr", "mrs", "ms", "vs", "approx", "e", "i", "g", "lev", "scap", "trap", "traps", "rhom", "rhomb", "supra", "infra", "m", "mm", "inj", "pt", "pts", "lt", "rt", "bilat", "sup", "inf", "ant", "med", "lat", "fig", "st", "glut", "sternocleid", "quad", "splen", "semispin", "paraspin", "dx", "hx", "tx", "px", "no", "appx", "temp", "max", "min", "tot", "vol"]
)
_SENTENCE = re.compile(r"[.!?]+[\"')\]]{0,2}(?=\s|$)|(?<=[a-z)])\.(?=[A-Z][a-z])")
_CLAUSE = re.compile(
    r";|(?<!\ball)(?<!everything)(?<!anything)(?<!nothing)(?<!none)(?<!\bany),?\s(?:but|however|although|though|whereas|while|yet|otherwise|nevertheless|except that)\b|\s-{1,2}\s(?=(?:not|no|held|deferred|spared|declined|planned|will)\b)"
    r"|,\s(?=(?:this time|today|now)\s(?:i|we|the|only|just|it)\b)|,?\s(?=so (?:today|this time|this visit),?\s(?:i|we|the|only|just|it|he|she)\b)"
    r"|,\s(?=(?:and\s)?(?:we|i|he|she|they|pt|patient|the patient|will|plan|then)\s)"
)
_LABEL = re.compile(r"(?P<label>[^\s:|][^:|\n;.]{0,58}?)(?:\s{0,3}:(?![\d/])|\s?\.{3,}|\s{3,}(?=\S)|\s{1,2}(?:-{1,2}|=)\s(?=\S))\s*")
_PROCEDURE_NEXT = re.compile(r"\s{1,3}(?:TPI?s?|Trigger|TDN|DN|Dry needl\w*)\b")
_CONTRACTED = re.compile(r"[a-z]['\u2019](?:d|s|t|ed)\Z")  # "inj'd." ends a sentence
_SIDE_NEXT = re.compile(r"\s{1,3}(?:R|L|B|Rt|Lt|Right|Left|Bilat\w*|BL)\b")
_SHORT = 64


def build_segments(note: Note) -> None:
    """Fill ``note.segments`` and the units' labels and parents."""
    _link_parents(note)
    sentence = 0
    starts = [section.start for section in note.sections]
    for index, unit in enumerate(note.units):
        for piece in _at_headings(_pieces(note, unit), starts):
            for s_start, s_end in _sentences(note, piece.start, piece.end):
                sentence += 1
                for c_start, c_end in _clauses(note, s_start, s_end):
                    section = section_at(note, max(c_start, unit.start))
                    note.segments.append(Segment(c_start, c_end, index, sentence, section, piece.box, piece.cell, piece.is_label, piece.sides))


class _Piece(NamedTuple):
    """A stretch of one unit."""

    start: int
    end: int
    box: bool | None = None
    cell: str | None = None  # heading of the column
    is_label: bool = False
    sides: tuple[str, ...] | None = None


def _boxes(note: Note, start: int, end: int) -> list[re.Match[str]]:
    """The tick boxes of a stretch; most notes have none at all."""
    if note.boxed is None:
        note.boxed = BOX.search(note.folded) is not None
    return list(BOX.finditer(note.folded, start, end)) if note.boxed else []


def _at_headings(pieces: Iterator[_Piece], starts: list[int]) -> Iterator[_Piece]:
    """Cut prose where a section starts inside a line ("… L glut med. Injection: …")."""
    for piece in pieces:
        inside = [] if piece.is_label else starts[bisect_right(starts, piece.start) : bisect_left(starts, piece.end)]
        for start, end in itertools.pairwise([piece.start, *inside, piece.end]):
            yield piece._replace(start=start, end=end)


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pieces(note: Note, unit: Unit) -> Iterator[_Piece]:
    if unit.heading and unit.cells:
        return
    if unit.cells:
        whole = _boxes(note, unit.start, unit.end)
        if whole and not unit.columns:
            yield from _boxed(note, unit.body, unit.end, None)
            return
        for cell in unit.cells:
            yield from _boxed(note, cell.start, cell.end, cell.header)
        return
    section = note.sections[unit.section]
    if section.title and unit.start <= section.title[0] < unit.body:
        yield _Piece(section.title[0], section.title[1], is_label=True)
    start = unit.body
    match = _LABEL.match(note.folded, start, unit.end)
    if match and match.end() <= unit.end and len(match["label"].split()) <= 8 and not BOX.search(match["label"]):
        unit.label = (match.start("label"), match.end("label"))
        if not _side_boxes(note, match.end(), unit.end) and not _boxes_behind_sides(note, match.end(), unit.end):
            yield _Piece(unit.label[0], unit.label[1], is_label=True)
            start = match.end()
    yield from _boxed(note, start, unit.end, None)


_BOX_SIDE = re.compile(r"[\s(]*(?P<side>left|right|lt|rt|l|r|bilateral|bilat|both|b/l|bl|b)\b\.?[\s),;/|:.-]*")
_SIDE_OF = {"left": ("left",), "lt": ("left",), "l": ("left",), "right": ("right",), "rt": ("right",), "r": ("right",)}


def _side_boxes(note: Note, start: int, end: int) -> bool:
    """Whether every tick box in the stretch is for a side and nothing else."""
    boxes = _boxes(note, start, end)
    if not boxes:
        return False
    ends = [box.start() for box in boxes[1:]] + [end]
    return all((match := _BOX_SIDE.match(note.folded, box.end(), stop)) and match.end() >= stop for box, stop in zip(boxes, ends, strict=True))


def _boxes_behind_sides(note: Note, start: int, end: int) -> bool:
    """Whether the stretch is sides with a tick box behind each ("Left [x] Right [ ]") and nothing else but a field."""
    at = start
    boxes = _boxes(note, start, end)
    for box in boxes:
        if _SIDE_WORD.fullmatch(note.folded, at, box.start()) is None:
            return False
        at = box.end()
    return bool(boxes)


def ticked_sides(note: Note, start: int, end: int) -> tuple[str, ...]:
    """The sides that are ticked in a stretch whose boxes are all for sides ("( )R (x)L ( )Bilat"); else none."""
    boxes = _boxes(note, start, end)
    if not boxes or not _side_boxes(note, start, end):
        return ()
    crossed = _crossed_means_no(note)
    found = {side for box in boxes if _ticked(box, crossed) and (match := _BOX_SIDE.match(note.folded, box.end(), end)) for side in _SIDE_OF.get(match["side"], ("left", "right"))}
    return tuple(side for side in ("left", "right") if side in found)


_AMOUNT_NEXT = re.compile(r"(?:x\s?)?\d|per side|each")
# What stands behind the last box of a list whose boxes follow their names: the dose, or how it was given.
_DOSE_NEXT = re.compile(r"[\s,;.:|-]*(?:\d|\.\d|with\b|w/|using|each\b|total|lido|xylo|bupi|marcaine|ropi|mepi|procaine|depo|kenalog|solu|celestone|dexa|inj|needle|\d\d\s?g)")
_PROCEDURE_NAME = re.compile(r"\W*(?:(?:trigger\s?points?|tp)\s(?:inj\w*|injections?)|tpis?|(?:trigger point )?dry needling)\b[\s:.,-]*(?:(?:to|of|into|sites?|muscles?)\b[\s:]*)?")
_FIELD_NEXT = re.compile(r"\s*(?:vol\w*|amount|amt|dose|ml|cc|#|no\.|x\s?\d|\d)")
_SIDE_WORD = re.compile(r"[\s,:(-]*(?P<side>left|right|lt|rt|l|r)[\s:.-]*")


def _sides_before_boxes(note: Note, start: int, boxes: list[re.Match[str]], crossed: bool) -> tuple[int, tuple[str, ...]] | None:
    """ "trapezius   R [x]  L [ ]": (end of the site's text, ticked sides) where every box has its side in front."""
    first = re.search(r"(?:^|[\s,:(-])(?P<side>left|right|lt|rt|l|r)[\s:.-]*\Z", note.folded[start : boxes[0].start()])
    if first is None or len(note.folded[start : start + first.start()].strip()) < 3:
        return None
    sides = [first["side"]]
    for box, following in itertools.pairwise(boxes):
        match = _SIDE_WORD.fullmatch(note.folded, box.end(), following.start())
        if match is None:
            return None
        sides.append(match["side"])
    ticked = tuple(s for box, side in zip(boxes, sides, strict=True) if _ticked(box, crossed) for s in _SIDE_OF[side])
    return start + first.start(), ticked


def _boxed(note: Note, start: int, end: int, header: str | None) -> Iterator[_Piece]:
    boxes = _boxes(note, start, end)
    if not boxes:
        if start < end:
            yield _Piece(start, end, None, header)
        return
    before = note.folded[start : boxes[0].start()].strip(" \t-:*|.")
    after = note.folded[boxes[-1].end() : end].strip()
    crossed = _crossed_means_no(note)
    ends = [box.start() for box in boxes[1:]] + [end]
    if sided := _sides_before_boxes(note, start, boxes, crossed):
        yield _Piece(start, sided[0], bool(sided[1]), header, sides=sided[1])
        return
    matches = [_BOX_SIDE.match(note.folded, box.end(), stop) for box, stop in zip(boxes, ends, strict=True)]
    if all(matches):
        ticked = tuple(s for box, match in zip(boxes, matches, strict=True) if match and _ticked(box, crossed) for s in _SIDE_OF.get(match["side"], ("left", "right")))
        last = matches[-1]
        if before and last and (last.end() >= end or _FIELD_NEXT.match(note.folded, last.end(), end)):
            yield _Piece(start, boxes[0].start(), bool(ticked), header, sides=ticked)
            if last.end() < end:
                yield _Piece(last.end(), end, None, header)
            return
        if not before and len(boxes) > 1 and last and last.end() < end:
            # "[ ] R [x] L  levator": the boxes stand in front of their muscle
            if all(match and match.end() >= stop for match, stop in list(zip(matches, ends, strict=True))[:-1]):
                yield _Piece(last.end(), end, bool(ticked), header, sides=ticked)
                return
    if before and (not after or (len(boxes) > 1 and _DOSE_NEXT.match(after) and not note.folded[start : boxes[0].start()].rstrip().endswith(":"))):
        # "Trapezius [x]  Rhomboid [ ]": the box follows its text
        at = start
        if title := _PROCEDURE_NAME.match(note.folded, start, boxes[0].start()):
            yield _Piece(start, title.end(), None, header)
            at = title.end()
        for box in boxes:
            yield _Piece(at, box.start(), _ticked(box, crossed), header)
            at = box.end()
        if after:
            yield _Piece(at, end, None, header)
        return
    if before:
        yield _Piece(start, boxes[0].start(), None, header)
    side_only = [
        match is not None and (match.end() >= stop or _AMOUNT_NEXT.match(note.folded, match.end(), stop) is not None)
        for match, stop in zip(matches, ends, strict=True)
    ]
    index = 0
    while index < len(boxes):
        # "[x] Gluteus medius  [x] R  [ ] L": side boxes belong to the box before them
        group = index + 1
        while group < len(boxes) and side_only[group] and not side_only[index]:
            group += 1
        ticked = _ticked(boxes[index], crossed)
        sides = None
        if group > index + 1:
            sides = tuple(s for i in range(index + 1, group) if _ticked(boxes[i], crossed) for s in _SIDE_OF.get(matches[i]["side"], ("left", "right")))
        yield _Piece(boxes[index].end(), ends[index], ticked, header, sides=sides or None)
        index = group


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
        if match.group()[0] == "." and word and (word.group() in _ABBREVIATIONS or len(word.group()) == 1) and not _CONTRACTED.search(folded, max(at, match.start() - 6), match.start()):
            side_ends = word.group() in ("r", "l") and re.search(r"\ball\s$", folded[max(0, match.start() - 5) : match.start() - 1])
            capital = following.isupper() and (len(word.group()) > 3 or (word.group() in ("inj", "tol", "appt", "vol", "tot") and not _SIDE_NEXT.match(text, match.end())))
            side_ends = side_ends or (word.group() in ("r", "l") and _PROCEDURE_NEXT.match(text, match.end()) is not None)
            if not capital and following and not side_ends:
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


def _introduces(note: Note, unit: Unit, following: Unit | None) -> bool:
    raw = note.folded[unit.start : unit.end].rstrip("*_ ")
    if raw.endswith(":"):
        return True
    if unit.cells:
        return False
    short = unit.end - unit.start < 80
    if short and following is not None and following.indent > unit.indent and not following.after_blank and following.section == unit.section:
        return True
    return unit.end - unit.start < 32 and _SIDE_ONLY.fullmatch(note.folded, unit.start, unit.end) is not None


def _link_parents(note: Note) -> None:
    """Give list items the unit that introduces them: the nearest open introduction by indent."""
    stack: list[tuple[int, bool]] = []  # unit index, whether it is a short label
    units = note.units
    for index, unit in enumerate(units):
        following = units[index + 1] if index + 1 < len(units) else None
        opens = _introduces(note, unit, following)
        if index and unit.section != units[index - 1].section:
            stack = [entry for entry in stack if units[entry[0]].section == unit.section]
        while stack and _closed(note, units, stack, index, opens):
            stack.pop()
        if stack:
            unit.parent = stack[-1][0]
        if opens:
            stack.append((index, unit.end - unit.start < 32))


def _closed(note: Note, units: list[Unit], stack: list[tuple[int, bool]], index: int, opens: bool) -> bool:
    """Whether the innermost open introduction does not reach the unit any more."""
    top, label = stack[-1]
    head, unit, previous = units[top], units[index], units[index - 1]
    if unit.indent > head.indent and not unit.after_blank:
        return False
    if top == index - 1:  # directly under the introduction
        colon = note.folded[head.start : head.end].rstrip("*_ ").endswith(":")
        side = _SIDE_ONLY.fullmatch(note.folded, head.start, head.end) is not None
        if opens and unit.indent <= head.indent and unit.end - unit.start < 32 and label:
            return True
        return not (colon or side) and unit.indent <= head.indent
    if opens and unit.end - unit.start < 32 and label:
        return unit.indent <= head.indent  # a sibling label
    if unit.bullet or unit.cells or BOX.match(note.folded, unit.body):
        return unit.indent < head.indent or (head.bullet and unit.indent <= head.indent) or (unit.after_blank and not previous.bullet and not previous.cells)
    if previous.bullet or previous.cells:
        return True
    if re.search(r"[a-z)]\.\s[a-z]", note.folded[unit.body : unit.end]) and unit.end - unit.start > 70:
        return True  # prose, no item
    return unit.after_blank or unit.end - unit.start > 2 * _SHORT or unit.indent < head.indent
