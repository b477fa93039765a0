"""Words and signs for sides."""

from __future__ import annotations

import re
from bisect import bisect_left

from extractor.language.annotations import Note, SideMark

LEFT, RIGHT, BOTH = ("left",), ("right",), ("left", "right")

_MARK = re.compile(
    r"(?<![\w])(?:"
    r"(?P<both>\(?(?:bilat(?:eral(?:ly)?|\.)?|bilat(?:'l|s)?|bilaterla|bilaeral|bilaterally|biltateral|bil|b/l|b\\l|bl|both\ssides|both|(?:on\s)?(?:each|either)\sside"
    r"|(?:left|lt|l)\s?(?:/|&|\+|,|and|>{1,2}|<{1,2}|=|more than|greater than)\s?(?:the\s)?(?:right|rt|r)|(?:right|rt|r)\s?(?:/|&|\+|,|and|>{1,2}|<{1,2}|=|more than|greater than)\s?(?:the\s)?(?:left|lt|l))(?:[\s-]?sided|[\s-]sides?)?\)?)"
    r"|(?P<one>(?P<on>(?:on|to|in|at|over)\s(?:the|his|her|their|pt'?s|patient'?s)?\s?)?(?P<open>[(\[])?(?P<side>left|right|lt|rt|rlght|riqht|ieft|1eft|l(?!\s?\d(?!\d?\s(?:pts?|points?|x|sites?|inj|passes|ml|cc|units?)\b))|r|leftt|rigth|righ)(?P<close>[)\]])?(?P<sided>[\s-]?sided|[\s-]side)?(?:\s?(?P<only>only))?)"
    r"|(?P<paren>\(b\)(?!\s[a-z]+\s[a-z]+\s[a-z]))|(?P<b>(?<=[a-z]\s)b(?=[\s,.;)]|$)|b(?=\s[a-z]{3}))"
    r")(?![\w]|'s|/[a-z]|-hand|\shand(?:ed)?\b)"
)
_BOTH_PARTS = re.compile(r"\s(?:the\s)?(?:heads?|bell(?:y|ies)|portions?|parts|layers|fib(?:er|re)s?|of (?:these|them|which|the)|muscles|sites|areas|points|were|are|procedures|\w+ and \w+ (?:heads|fibers|portions|parts))\b")
_BOTH_AND = re.compile(r"\s(?:the\s)?(?:[a-z]+\s){1,3}?(?:muscles?\s)?and\s(?:the\s)?(?!left|right|both)[a-z]")
# "right after", "left the room", "left in good condition", "all right": not sides
_NOT_A_SIDE = re.compile(
    r"\s(?:after|before|away|now|there|then|here|the|clinic|our|in\s(?:situ|place|good|stable|satisfactory|no)|ama|without|ambulatory|untreated|alone|handed|message|voicemail|intact|home|for\s(?:pt|physical|another|next|later)|lateral\sdecub|ventric|atri|hand[- ]dom)\b"
)
_BEFORE_NOT = re.compile(r"(?:\ball|\bthat's|\bwas|\bpatient|\bpt|\bhas|\bhe|\bshe|\bthey|\band)\s$")
_NUMBERED = re.compile(r"(?:#\s?\d{1,2}|\.{3,})\s?\Z")  # "Site #1 L upper trap", "Trapezius ..... R 1 cc"
_LETTER_BEFORE_NOT = re.compile(r"[\d.'/]\s?$")


# "on the same side", "the opposite side": read from the site before
_RELATIVE = re.compile(
    r"(?<![\w-])(?:(?:on|at|to|in)\s)?(?:the\s|that\s)?(?:(?P<same>same(?:\sexact)?\sside|ipsilateral(?:ly)?|that side)|(?P<other>opposite side|contralateral(?:ly)?(?:\sside)?|other side))(?!\w)"
)
# a pick list that nobody resolved: neither side is stated
_PICK_LIST = re.compile(
    r"\{[^{}\n]{0,60}\b(?:left|right|bilateral|laterality|side)\b[^{}\n]{0,40}\}|\[?(?<![\w/])(?:left|l|right|r)\s?/\s?(?:left|l|right|r)\s?/\s?(?:bilateral(?:ly)?|bilat|both|b)\b\]?|(?<=[\[(<])\s?(?:left|right|l|r)\s?(?:/|\||or)\s?(?:left|right|l|r)\s?(?=[\])>])"
)
# a dictated correction: what stands right before it is taken back
_TAKEN_BACK = re.compile(r"[\s,.(-]*\b(?:no,?\s)?(?:i beg your pardon,?\s(?:that (?:should|is to) (?:read|be|say)\s)?|that should (?:read|be)|should (?:read|have been)|pardon me|correction|strike that|scratch that|i mean|no wait|make that|excuse me|sorry|rather|i'm sorry|oops|delete that|let me correct that)\b[\s,:.)-]*(?:that's\s|the\s|it was\s|it's\s)?")


def find_sides(note: Note) -> None:
    """Fill ``note.sides``."""
    _mark_sides(note)
    for match in _RELATIVE.finditer(note.folded) if "side" in note.folded or "lateral" in note.folded else ():
        note.sides = [side for side in note.sides if side.end <= match.start() or match.end() <= side.start]
        note.sides.append(SideMark(match.start(), match.end(), (), adverb=True, relative="same" if match["same"] else "other"))
    for match in _PICK_LIST.finditer(note.folded):
        note.sides = [side for side in note.sides if side.end <= match.start() or match.end() <= side.start]
        note.open_sides.append((match.start(), match.end()))
    note.sides.sort(key=lambda side: side.start)
    kept = []
    for index, side in enumerate(note.sides):
        following = note.sides[index + 1] if index + 1 < len(note.sides) else None
        if following and (match := _TAKEN_BACK.match(note.folded, side.end, following.start)) and match.end() == following.start:
            continue
        kept.append(side)
    note.sides = kept


_TO_NAME = re.compile(r"\s{1,3}(?:(?:upper|up|mid|middle|lower|low|ant\w*|post\w*|med\w*|lat\w*|prox\w*|dist\w*)\.?\s)?")


def _before_muscle(note: Note, at: int) -> bool:
    """Whether a muscle's name stands right behind: "bl traps", "consent. L splenius"."""
    match = _TO_NAME.match(note.folded, at)
    if match is None:
        return False
    first = bisect_left(note.entities, match.end(), key=lambda entity: entity.start)
    return first < len(note.entities) and note.entities[first].start == match.end() and note.entities[first].kind == "muscle"


def _plural_first(folded: str, at: int) -> bool:
    """Whether the name behind "both" stands in the plural ("both trapezii and levators")."""
    name = re.match(r"\s(?:the\s)?((?:[a-z]+\s){1,3}?)(?:muscles?\s)?and\s", folded[at : at + 60])
    last = name.group(1).split()[-1] if name and name.group(1).split() else ""
    return last.endswith(("ii", "oids", "apulae", "scapulas", "als", "nei", "ators", "traps", "ses", "iformes")) or (last.endswith("i") and len(last) > 4) or last in ("traps", "levators", "rhomboids", "scalenes", "masseters", "scms", "qls", "glutes", "delts", "lats", "pecs")


def taken_back(note: Note, start: int, end: int) -> bool:
    """Whether the words between two names take the first of them back ("maximus, strike that, medius")."""
    match = _TAKEN_BACK.match(note.folded, start, end)
    return match is not None and end - match.end() < 12


def _mark_sides(note: Note) -> None:
    folded, text = note.folded, note.text
    for match in _MARK.finditer(folded):
        if match["both"]:
            raw = match["both"]
            if raw.startswith("both") and "side" not in raw and _BOTH_AND.match(folded, match.end()) and not _plural_first(folded, match.end()):
                continue  # "both the trapezius and the rhomboid": two muscles, not two sides
            if raw == "both" and _BOTH_PARTS.match(folded, match.end()):
                continue  # "both heads"
            if raw.startswith("bl") and len(raw.strip("()")) == 2 and not _before_muscle(note, match.end()) and not text[match.start() : match.end()].strip("()").isupper() and "(" not in raw:
                continue
            adverb = raw.strip("()").endswith(("ly", "sides", "side"))
            note.sides.append(SideMark(match.start(), match.end(), BOTH, adverb, raw.startswith("(")))
            continue
        if match["paren"] and "(a)" in folded:
            continue  # an item of a list
        if match["paren"]:
            note.sides.append(SideMark(match.start(), match.end(), BOTH, parenthesis=True))
            continue
        if match["b"]:
            if text[match.start()] == "B":
                note.sides.append(SideMark(match.start(), match.end(), BOTH))
            continue
        side = match["side"]
        letter = side in ("l", "r")
        if _NOT_A_SIDE.match(folded, match.end("side")) and not match["sided"]:
            following = _NOT_A_SIDE.match(folded, match.end("side"))
            if following and not (following.group().strip() == "the" and match["on"]):
                continue
        if letter and not match["open"] and not match["close"] and _LETTER_BEFORE_NOT.search(folded[max(0, match.start("side") - 2) : match.start("side")]) and not _before_muscle(note, match.end()) and not _NUMBERED.search(folded[max(0, match.start("side") - 7) : match.start("side")]):
            continue
        if side == "left" and not match["on"] and _BEFORE_NOT.search(folded[max(0, match.start() - 10) : match.start()]) and re.match(r"\s(?:the|in|with|ambul)", folded[match.end("side") : match.end("side") + 7]):
            continue
        sides = LEFT if side[0] in "l1i" else RIGHT
        on = match["on"] or ""
        adverb = on.startswith(("on", "over")) or bool(match["sided"]) or (bool(on) and re.match(r"\s*(?:[.,;:)]|$)", folded[match.end() : match.end() + 3]) is not None)
        start = match.start()
        note.sides.append(SideMark(start, match.end(), sides, adverb, bool(match["open"] and match["close"])))
