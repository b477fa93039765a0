"""Drug names that a dictation program broke into ordinary words ("lighter cane", "view pivot cane"), or a printer hyphenated."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

__all__ = ["hyphenated", "misheard"]

# Every local anesthetic ends alike, and dictation programs know only the walking stick.
_TAIL = re.compile(r"(?:(?<=\s)|(?<=-))(?:cane|caine|cain|kane|canes)\b")
_WORDS = re.compile(r"(?:[a-z]+[ \n-]{1,2}){1,4}$")
_AMOUNT = re.compile(r"(?:%|percent|\bcc'?s?|\bm[l1]s?|\bmg|\d)(?: of)?(?: plain| sterile| buffered)? $|(?:%|percent|cc|ml) of (?:a )?(?:\w+ ){0,2}$")
_AMOUNT_BEHIND = re.compile(r"[\s,]{1,3}(?:\d|\.\d|one|two|three|half|quarter|point|plain|without)")
_SOUNDS = (("igh", "i"), ("ie", "i"), ("ee", "i"), ("ph", "f"), ("ck", "c"), ("er", "a"), ("y", "i"), ("k", "c"), ("x", "z"), ("ew", "u"), ("oo", "u"), ("h", ""))
_NAMES = {
    "lido": "lidocaine", "zilo": "lidocaine", "bupiva": "bupivacaine", "mar": "bupivacaine", "sensor": "bupivacaine", "ropiva": "ropivacaine",
    "mepiva": "mepivacaine", "carbo": "mepivacaine", "polo": "mepivacaine", "pro": "procaine", "novo": "procaine", "cloropro": "chloroprocaine",
}  # fmt: skip
_BREAK = re.compile(r"(?<=[a-z])-[ \t]{0,3}\r?\n[ \t]{0,24}(?=[a-z])")


def misheard(folded: str, start: int, stop: int) -> list[tuple[int, int, str]]:
    """(start, end, drug id) of local anesthetics written as words that end in "cane"; only beside an amount or a strength."""
    found = []
    for tail in _TAIL.finditer(folded, start, stop):
        words = _WORDS.search(folded, max(start, tail.start() - 40), tail.start())
        if words is None:
            continue
        pieces = [piece.start() for piece in re.finditer(r"[a-z]+", folded[words.start() : tail.start()])]
        best: tuple[int, int, str] | None = None
        for count in range(1, min(3, len(pieces)) + 1):
            first = words.start() + pieces[-count]
            drug = _nearest("".join(char for char in folded[first : tail.start()] if char.isalpha()))
            if drug is None or (best is not None and drug[0] >= best[0]):
                continue
            if _AMOUNT.search(folded[max(start, first - 24) : first]) or _AMOUNT_BEHIND.match(folded, tail.end(), stop):
                best = (drug[0], first, drug[1])
        if best is not None:
            found.append((best[1], tail.end(), best[2]))
    return found


@lru_cache(maxsize=2048)
def _nearest(joined: str) -> tuple[int, str] | None:
    """Distance and drug of the name that sounds most like the words before "cane"; None if none is near enough."""
    sound = joined
    for written, heard in _SOUNDS:
        sound = sound.replace(written, heard)
    ranked = sorted((OSA.distance(sound, name), drug) for name, drug in _NAMES.items())
    (nearest, drug), (second, other) = ranked[0], ranked[1]
    limit = 1 if len(sound) < 4 else 2 if len(sound) < 6 else 3
    if nearest > limit or (second == nearest and other != drug):
        return None
    return nearest, drug


def hyphenated(folded: str, start: int, stop: int) -> tuple[str, list[tuple[int, int]]] | None:
    """The text with words joined that a line end divides, and for each break (offset in it, characters left out)."""
    if "-\n" not in folded and "- \n" not in folded and "-\r\n" not in folded:
        return None
    pieces: list[str] = []
    breaks: list[tuple[int, int]] = []
    at, size = start, 0
    for match in _BREAK.finditer(folded, start, stop):
        pieces.append(folded[at : match.start()])
        size += match.start() - at
        breaks.append((size, match.end() - match.start()))
        at = match.end()
    if not breaks:
        return None
    pieces.append(folded[at:stop])
    return "".join(pieces), breaks
