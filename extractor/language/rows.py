"""Table rows and menus: whether the other cells of a row say that its muscle was injected."""

from __future__ import annotations

import re

from extractor.language.annotations import EARLIER, Note, Segment, Site, Unit
from extractor.language.frames import PERFORMING
from extractor.language.readings import SIDE_COLUMN

NEGATIVE_VALUE = re.compile(
    r"\s*(?:no\b(?!\.)(?!\s(?:twitch\w*|ltrs?|complic\w*|bleed\w*|response|adverse|aspirat\w*|blood|reaction|relief|steroid|epi\w*|issues?|problems?|hematoma))|_{0,3}0_{0,3}\s?(?:ml|cc|units?)?\s*$|_{2,}\s?(?:ml|cc|units?)?\s*$|none\b|not\b|un-?checked\b|not selected\b|\u2717|\u2718|n/a|n\.a\.|neg(?:ative)?\b|declined|deferred|spared|skip(?:ped)?\b|omitted|held\b|0(?:\s?(?:ml|cc|mls|units?))?\s*(?:$|[|,;)])|-{1,3}\s*(?:$|\()|normal\b|wnl|nontender|non-tender|"
    r"unremarkable|untreated|n\s*$|nil\b|exam(?:ined)? only|tender only|palpated only|left alone|next visit|planned|not today|defer\b|n/i|not inj)"
)
_EXAM_HEADER = re.compile(r"\b(?:exam|tender(?:ness)?|palpation|finding|findings|taut|rom|strength|pain)\b")
_ACTION_HEADER = re.compile(r"\b(?:inject(?:ed|ion|ions)?|inj|treated|needled|done|performed|vol(?:ume)?|amount|amt|dose|ml|cc|cc's|injectate|units|drug|medication|tpi|status|action|passes|needles?)\b")


def row_reading(note: Note, by_unit: dict[int, list[int]], segment: Segment, site: Site) -> tuple[str, str] | None:
    """A table row says by its other cells whether its muscle was injected."""
    if segment.cell is None:
        return None
    unit = note.units[segment.unit]
    reading = None
    if segment.cell and unit.cells[0].end < site.start and re.search(r"\b(?:notes?|comments?|response|referral|pattern|remarks?)\b", segment.cell):
        return "finding", "column-notes"
    if segment.cell and _EXAM_HEADER.search(segment.cell) and not _ACTION_HEADER.search(segment.cell):
        return "finding", "column-exam"
    if len(unit.columns) > 1 and _empty_row(note, unit, site):
        return "negated", "row-empty"
    positive = negative = None
    category = note.sections[segment.section].category
    for cell in unit.cells:
        if cell.start <= site.start < cell.end:
            continue
        if cell.header == EARLIER or (cell.header != segment.cell and SIDE_COLUMN.fullmatch(segment.cell)):
            continue
        text = note.folded[cell.start : cell.end].strip()
        if re.match(r"(?:not (?:inj|done|treat|needl|today)|deferred|declined|held|planned|next visit|skipped|spared)", text):
            return "negated", "row-negative"
        column = SIDE_COLUMN.fullmatch(cell.header)
        side_column = column is not None and column["side"] != "b"
        if not _ACTION_HEADER.search(cell.header) and not (side_column and (category != "exam" or re.search(r"inject|needled|treated", unit.columns[0] if unit.columns else ""))):
            continue
        text = text.strip(" *\u2020")
        refused = _BLANK_BOX.fullmatch(text) is not None or NEGATIVE_VALUE.match(text) is not None or text in ("0", "-", "--", "n", "no")
        if _DECISIVE_HEADER.search(cell.header) and text and not side_column:
            return ("negated", "row-negative") if refused else _positive_row(note, segment, unit)
        if refused:
            negative = ("negated", "row-negative")
        elif text:
            positive = ("injected", "row-positive")
    reading = positive or negative
    if reading and reading[0] == "negated":
        return reading
    listed = any(re.search(r"inject|needled|treated", column) for column in unit.columns)
    if reading and (category in PERFORMING or listed or (unit.columns and category in ("exam", "assessment", "subjective", "assessment_plan"))):
        return reading
    return None


_BLANK_BOX = re.compile(r"|\[\s*\]|\(\s*\)|[\u2610\u25a1]")
_DECISIVE_HEADER = re.compile(r"\b(?:inj(?:ected)?(?:\sy/?n)?|injected\??|treated|needled|done|performed|status|action|tpi)\b")


def _positive_row(note: Note, segment: Segment, unit: Unit) -> tuple[str, str] | None:
    category = note.sections[segment.section].category
    if category in PERFORMING or (unit.columns and category in ("exam", "assessment", "subjective", "assessment_plan")):
        return "injected", "row-positive"
    return None


_FILLED_COLUMN = re.compile(r"\b(?:left|right|lt|rt|l|r|vol(?:ume)?|ml|cc|#|inj(?:ections?|ected)?|sticks?|dose|amount|units?|done|drug|passes)\b|#")


def _empty_row(note: Note, unit: Unit, site: Site) -> bool:
    """A row of a form whose every other cell is empty was not used."""
    if not any(_FILLED_COLUMN.search(column) for column in unit.columns[1:]):
        return False
    for cell in unit.cells:
        if cell.start <= site.start < cell.end:
            continue
        if note.folded[cell.start : cell.end].strip(" -_.") not in ("", "n/a", "none"):
            return False
    return True


_MENU = re.compile(r"\b(?:available|options?|choices|choose from|pick ?list|menu|select from|selectable|possible (?:muscles|sites))\b")


def menu(note: Note, segment: Segment) -> bool:
    """Whether the clause is the value of a label that offers a choice ("Muscles available in this template: …")."""
    label = note.units[segment.unit].label
    return label is not None and not segment.is_label and segment.box is None and _MENU.search(note.folded, *label) is not None
