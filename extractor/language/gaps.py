"""What stands between two names: nothing, filler, a separator of a list."""

from __future__ import annotations

import re

from extractor.language.annotations import Note

PAREN = re.compile(r"\([^()\n]{0,80}\)|\[[^\[\]\n]{0,60}\]")
FILLER = re.compile(
    r"\b(?:the|his|her|muscles?|musculature|mm|m|of|fib(?:er|re)s?|portions?|part|parts|head|heads|belly|bellies|region|area|areas|aspect|group|groups|side|sided|at|level|levels|trigger|points?|site|sites|"
    r"active|latent|taut|tight|tender|x|cc|ml|inj|injections?|each|to|both|medially|laterally|superiorly|inferiorly|proximal|distal|mid|very|more|also|then|a|an|one|two|three|four|from)\b"
)
SEPARATOR = re.compile(r"[,;/&|+\n]|\b(?:and|or|with|into|plus|then|while|as well as|n)\b|\s-{1,2}\s")
LIST_LINK = re.compile(r"\b(?:and|or|plus|as well as|also|then|the|n|along with|together with|followed by|through|thru)\b|[\s,/&+;|.*-]+")
NUMBERS = re.compile(r"[\d.]+\s?(?:cc|ml|mls|units?|u|mg|%)?\b|\bx\s?\d+\b|#\s?\d+")


def gap_kind(note: Note, start: int, end: int) -> str:
    """What lies between two elements of a list: tight (only modifiers), list (separators), or far (other words)."""
    text = note.folded[start:end]
    if not text.strip():
        return "tight"
    bare = PAREN.sub(" ", text)
    bare = bare.strip("()[] \t")
    separated = SEPARATOR.search(bare) is not None
    rest = NUMBERS.sub(" ", bare)
    rest = FILLER.sub(" ", rest)
    rest = LIST_LINK.sub(" ", rest)
    letters = re.sub(r"[^a-z]+", " ", rest).split()
    if len(letters) > 2:
        return "far"
    if separated:
        return "list"
    return "tight" if len(letters) <= 1 else "far"
