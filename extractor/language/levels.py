"""Vertebral levels and ranges: "C2-3", "T4/5", "L3 through L5", "C5, 6 and 7"."""

from __future__ import annotations

import re

from extractor.language.annotations import LevelMark, Note

_HIGHEST = {"c": 8, "t": 12, "l": 6, "s": 5}
_LEVEL = re.compile(
    r"(?<![a-z0-9.])(?P<letter>[ctls])[- ]?(?P<first>\d{1,2})"
    r"(?:\s?(?P<link>-|/|to|thru|through)\s?(?:the\s)?(?P<letter2>[ctls])?[- ]?(?P<second>\d{1,2}))?+"
    r"(?P<more>(?:\s?[,/&]\s?(?:and\s)?\d{1,2}(?!\s?(?:cc|ml|%|mg|x|\.\d|u\b|units|inj|sites|trigger|tp|weeks|days|/)|\d)(?:-\d{1,2})?){0,6})(?![a-z0-9%])"
)
_AMOUNT = re.compile(r"\s?(?:cc|ml|mls|units?)\b")
_MORE = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


def _valid(letter: str, number: int) -> bool:
    return 1 <= number <= _HIGHEST[letter]


def find_levels(note: Note) -> None:
    """Fill ``note.levels``; a figure beyond the spine's is not a level ("T40")."""
    for match in _LEVEL.finditer(note.folded):
        letter, first = match["letter"], int(match["first"])
        between = note.folded[match.start() + 1 : match.start("first")]
        if not _valid(letter, first) or (between == " " and match["link"] == "/"):  # "L 4/5" is a strength grade
            continue
        if between == " " and _AMOUNT.match(note.folded, match.end("first")):
            continue  # "L 1 cc"
        names = [_name(letter, first, match)]
        end = match.end("second") if match["second"] and len(names[0]) > 3 else match.end("first")
        if match["more"]:
            last = match["letter2"] or letter
            for piece in _MORE.finditer(match["more"]):
                number = int(piece[1])
                if not _valid(last, number):
                    break
                second = f"-{last.upper()}{piece[2]}" if piece[2] and _valid(last, int(piece[2])) else ""
                names.append(f"{last.upper()}{number}{second}")
                end = match.start("more") + piece.end()
        note.levels.append(LevelMark(match.start(), end, tuple(names)))


def _name(letter: str, first: int, match: re.Match[str]) -> str:
    upper = f"{letter.upper()}{first}"
    if not match["second"]:
        return upper
    letter2 = match["letter2"] or letter
    second = int(match["second"])
    if not _valid(letter2, second) or (letter2 == letter and second <= first):
        return upper
    return f"{upper}-{letter2.upper()}{second}"
