"""The notes of ``corpus/`` and what a note's transformation must leave unchanged."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from extractor import extract
from extractor.evaluation.gold import GoldNote, read_corpus
from extractor.models import Result

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"

UNRELATED = "\n\nEYES: Visual acuity 20/20 in each eye, pupils equal and reactive. The optic discs are sharp.\n"
FAMILY = "\n\nFAMILY HISTORY: Mother with fibromyalgia, who had trigger point injections to the trapezius. Father with gout.\n"
EARLIER = (
    "\n\nPRIOR VISIT 01/02/2001\nProcedure: trigger point injections. 1% lidocaine 1 mL was injected into the right soleus, "
    "the left popliteus and the left pronator teres.\n"
)


@cache
def batches() -> tuple[str, ...]:
    """Names of the batches."""
    return tuple(sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir()))


@cache
def notes() -> tuple[GoldNote, ...]:
    """Every note of every batch; its id carries the batch."""
    return tuple(note for batch in batches() for note in read_corpus(CORPUS / batch))


@cache
def answer(text: str) -> Result:
    """What the extractor says, read once in a process."""
    return extract(text)


_SWAP = {"left": "right", "right": "left", "lt": "rt", "rt": "lt"}
_SIDE = re.compile(r"(?<![A-Za-z0-9'\u2019/&.-])(left|right|lt|rt)(?![A-Za-z0-9'\u2019/&-])", re.IGNORECASE)


def swap_sides(text: str) -> str:
    """Every spelled-out left becomes right, and the other way round."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        new = _SWAP[word.lower()]
        return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new

    return _SIDE.sub(other, text)


def rewrap(text: str, width: int = 68) -> str:
    """Paragraphs of prose (long lines, nothing aligned) broken at another width."""
    out = []
    for line in text.split("\n"):
        if len(line) > width and not re.search(r"\s{3,}|\||\t|\[.?\]|_{3}", line) and not line.startswith(" "):
            current = ""
            for word in line.split(" "):
                if current and len(current) + len(word) + 1 > width:
                    out.append(current)
                    current = word
                else:
                    current = f"{current} {word}" if current else word
            out.append(current)
        else:
            out.append(line)
    return "\n".join(out)
