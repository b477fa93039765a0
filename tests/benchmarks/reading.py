"""How fast notes are read, as ratios measured in one run: ``python -m tests.benchmarks.reading``.

Prints, one a line: notes of the corpus per second; how much longer one dense note of twice the length takes (2 is
linear); and the share of the reading that tokenising the same notes with spaCy's blank English takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import spacy

from extractor import extract

CORPUS = Path(__file__).resolve().parent.parent.parent / "corpus"
LINE = "Left trapezius injected with 1 mL of 1% lidocaine, right C2-3 paraspinous 1 cc x 2. Pain 7/10, no bleeding.\n"


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The shortest of some rounds: the least disturbed."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Measure and print."""
    notes = [file.read_text(encoding="utf-8") for file in sorted(CORPUS.glob("*/*.txt"))]
    extract(notes[0])
    reading = seconds(lambda: [extract(note) for note in notes])
    blank = spacy.blank("en")
    tokenising = seconds(lambda: [blank(note) for note in notes])
    short, long = (seconds(lambda text=LINE * lines: extract(text)) for lines in (400, 800))
    characters = sum(map(len, notes))
    print(f"{len(notes) / reading:8.0f}  notes a second ({characters / reading / 1000:.0f} kB/s, one process)")
    print(f"{long / short:8.2f}  times as long for a note of twice the length")
    print(f"{tokenising / reading:8.2f}  of that time spaCy's blank English takes to tokenise the same notes")


if __name__ == "__main__":
    main()
