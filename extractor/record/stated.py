"""The numbers of muscles and sites that a note gives for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.language.annotations import Note
from extractor.models import StatedCount
from extractor.record.evidence import evidence
from extractor.record.procedure import segment_at

_MUSCLE_COUNT = re.compile(
    r"(?<![\d.,/-])(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?:\s\(\d{1,2}\))?\s(?:(?:total|different|separate|distinct|individual|named|affected|involved|discrete)\s){0,2}muscles?\b(?!\s(?:group|relax|or more|\(s\)))"
)
_COUNT_FIELD = re.compile(r"(?:#|\bnumber|\bno\.?)\s?(?:of\s)?muscles(?:\s(?:injected|treated|needled))?(?:\stoday)?\s?[:=]\s?(?P<n>[1-9]\d?)(?![\d.+/-]|\s?(?:or more|or 2|to))")
_ELSEWHERE = frozenset({"history", "plan", "exam", "subjective", "consent", "instructions", "imaging"})
_FROM_AMONG = re.compile(r"\b(?:of|from) (?:the|these|those)\s\Z")  # "of the four muscles, two were injected"
_CODE_LABEL = re.compile(r"or more|\b1\s?(?:-|or|to)\s?2\b|one or two|3\+|>\s?3|2055[23]|\u2265|three plus|or greater")
_NUMBERS = {w: i for i, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"])}
_WORDS = r"(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
# Sites of the whole session: "two were injected", "two of them injected", "total of 4 trigger points injected"
_SITE_COUNT = re.compile(
    rf"(?<![\d.,/x-])\b{_WORDS}\s(?:of (?:them|these|those|the \w+)\s)?(?:were|was)\s(?:then\s|subsequently\s|actually\s)?(?:injected|needled)\b"
    rf"|\binjected\s(?:only\s)?{_WORDS.replace('<n>', '<m>')}\sof\s(?:them|these|those|the)\b"
    rf"|\btotal (?:number )?of {_WORDS.replace('<n>', '<o>')}\s(?:different\s|separate\s|distinct\s)?(?:muscles?|(?:trigger\s?points?|sites?|points?|injections?)\s(?:was |were )?(?:injected|performed|done|given|made|treated|used))\b"
)


def stated_counts_of(note: Note) -> list[StatedCount]:
    """Numbers of muscles that the note gives, leaving out the wording of the codes ("3 or more muscles")."""
    counts = [*_sites_stated(note)]
    for match in _COUNT_FIELD.finditer(note.folded):
        index = segment_at(note, match.start())
        if index is not None and note.is_current(note.segments[index]) and note.sections[note.segments[index].section].category not in _ELSEWHERE:
            counts.append(StatedCount(what="muscles", count=int(match["n"]), evidence=[evidence(note, match.start(), match.end())]))
    for match in _MUSCLE_COUNT.finditer(note.folded) if "muscle" in note.folded else ():
        around = note.folded[max(0, match.start() - 28) : match.end() + 28]
        index = segment_at(note, match.start())
        if _CODE_LABEL.search(around) or index is None or _FROM_AMONG.search(note.folded, max(0, match.start() - 12), match.start()):
            continue
        frame, section = note.frames[index], note.sections[note.segments[index].section]
        if frame.whole in ("planned", "historical", "negated", "declined", "postponed") or section.category in ("history", "plan", "exam", "subjective", "consent", "instructions", "imaging"):
            continue
        if not (frame.whole == "injected" or frame.procedural or frame.topic == "tpi"):
            continue
        number = int(match["n"]) if match["n"].isdigit() else _NUMBERS[match["n"]]
        counts.append(StatedCount(what="muscles", count=number, evidence=[evidence(note, match.start(), match.end())]))
    return counts


def _sites_stated(note: Note) -> Iterator[StatedCount]:
    """Numbers of sites injected in all; a number beside one muscle of several is that muscle's own."""
    for match in _SITE_COUNT.finditer(note.folded):
        index = segment_at(note, match.start())
        if index is None or not note.is_current(note.segments[index]):
            continue
        frame = note.frames[index]
        if frame.whole != "injected" or frame.owner not in (None, "tpi"):
            continue
        word = match["n"] or match["m"] or match["o"]
        number = int(word) if word.isdigit() else _NUMBERS[word]
        beside = {target for site in note.sites_in(index) if site.kind == "muscle" for target in site.targets}
        if not beside or len(beside) > number:
            yield StatedCount(what="sites" if number > 1 else "muscles", count=number, evidence=[evidence(note, match.start(), match.end())])
