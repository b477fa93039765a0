"""How long the command takes to start, beside spaCy's own start: ``python -m tests.benchmarks.startup``.

Prints the wall seconds of ``tpi extract`` on one note and of ``tpi --help``, and their ratios to
``python -c "import spacy; spacy.blank('en')"``; each the best of five.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

NOTE = Path(__file__).resolve().parent.parent.parent / "examples"
TPI = [sys.executable, "-c", "from extractor.cli import main; main()"]


def seconds(command: list[str], rounds: int = 5) -> float:
    """Wall seconds of the least disturbed of some runs."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def main() -> None:
    """Measure and print."""
    note = sorted(NOTE.glob("*.txt"))[0]
    blank = seconds([sys.executable, "-c", "import spacy; spacy.blank('en')"])
    print(f"{blank:8.2f}  s  import spacy; spacy.blank('en')")
    for name, command in (("tpi extract", [*TPI, "extract", str(note)]), ("tpi --help", [*TPI, "--help"])):
        taken = seconds(command)
        print(f"{taken:8.2f}  s  {name} ({taken / blank:.2f} of it)")


if __name__ == "__main__":
    main()
