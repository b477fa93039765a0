"""Fields of a template that nobody filled in."""

from __future__ import annotations

import re

from extractor.language.annotations import Note
from extractor.language.layout import BOX
from extractor.language.sections import section_at
from extractor.models import Finding, Procedure
from extractor.record.evidence import evidence

_BLANK = re.compile(
    r"\*{3,}|_{3,}|\{[^{}\n]{2,80}\}|\[(?:muscle|muscles|side|site|sites|location|laterality|left/right|l/r|r/l|insert|enter|select|specify|fill)[^\]\n]{0,40}\]|<(?:muscle|side|site|location|laterality)[^>\n]{0,30}>|@[a-z]{3,}@"
    r"|\b(?:left|l)\s?/\s?(?:right|r)\s?/\s?(?:bilateral|both|b)\b|\bchoose one\b|\bselect (?:one|side|muscle)\b|\(\s?(?:left|l)\s?/\s?(?:right|r)\s?\)|\?{3,}"
)
_MATTERS = re.compile(r"\b(?:muscles?|sites?|side|laterality|locations?|left|right|into(?: the)?|l/r|r/l)\b")
_ELSEWHERE = re.compile(r"\b(?:lot|ndc|exp\w*|signature|signed|date|time|name|dob|mrn|initials?|by|phone|witness|score|pain|relief|vas|other|vitals?|bp|hr|gauge|needle|allerg\w*|follow|weeks?|provider|md)\b")


def _unused(note: Note, start: int, end: int) -> bool:
    """Whether the line is a row of the form that was not used: its muscle was not injected, or no box is ticked."""
    sites = [site for site in note.sites if site.kind == "muscle" and start <= site.start < end]
    if sites:
        return not any(site.assertion == "injected" for site in sites)
    boxes = list(BOX.finditer(note.folded, start, end))
    return bool(boxes) and all(box["off"] is not None for box in boxes)


def _lone_item(note: Note, line_start: int, line_end: int, start: int, end: int) -> bool:
    """An empty item of a list of sites ("3. ***")."""
    rest = (note.folded[line_start:start] + note.folded[end:line_end]).strip(" .)(:#-*")
    if len(rest) > 8 and not re.fullmatch(r"(?:site|muscle|location|point|tp)?\s?#?\d{0,2}", rest):
        return False
    if rest and not re.fullmatch(r"(?:site|muscle|location|point|tp)?\s?#?\d{0,2}", rest):
        return False
    section = note.sections[section_at(note, start)]
    injected = [site for site in note.sites if site.assertion == "injected" and site.kind == "muscle"]
    beside = any(abs(site.start - start) < 160 for site in injected)
    return section.category in ("sites", "procedure", "none", "injectate") and beside


def template_findings(note: Note, procedure: Procedure) -> list[Finding]:
    """`unfilled-template` as an error where the field stands for a site or a side, else as information."""
    if procedure.status != "performed":
        return []
    findings = []
    for match in _BLANK.finditer(note.folded):
        line_start = note.folded.rfind("\n", 0, match.start()) + 1
        line_end = note.folded.find("\n", match.end())
        line_end = len(note.folded) if line_end < 0 else line_end
        if not note.folded[line_start:line_end].strip("*_ \t-="):
            continue  # a rule across the page
        before = note.folded[max(line_start, match.start() - 60) : match.start()]
        after = note.folded[match.end() : min(line_end, match.end() + 30)]
        inner = match.group()
        matters = _MATTERS.search(before[-28:] + inner + after[:12]) is not None
        words = _ELSEWHERE.search(before.rsplit(",", 1)[-1].rsplit(".", 1)[-1])
        amount = re.match(r"\s{0,2}(?:cc|ml|mg|units?|%|weeks?|g\b|gauge)", after) or re.search(r"(?:dose|volume|amount)\s*:?\s*$", before)
        matters = matters and not words and not amount and not _unused(note, line_start, line_end)
        if not matters and not words and not amount and _lone_item(note, line_start, line_end, match.start(), match.end()):
            matters = True
        findings.append(
            Finding(
                id="unfilled-template", severity="error" if matters else "info",
                text="A field of the template for a site or a side is empty." if matters else "A field of the template is empty.",
                evidence=[evidence(note, match.start(), match.end())],
            )
        )  # fmt: skip
    return findings
