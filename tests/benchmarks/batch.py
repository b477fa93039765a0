"""The nightly mix at real size: ``python -m tests.benchmarks.batch [--plain] [NOTES ...]`` (default 10000 300000).

Makes an export of JSON Lines, 1 note in 50 from the corpus and the others real transcribed notes of other specialties
(``../shared/mtsamples``; without them plain visits), runs ``tpi batch`` on it with one and with two workers, and prints
for each size: notes a second; the peak memory of the run and of its largest worker; and how many times as long it takes
as Python's json module needs to read the same file and write it back. A second run, with nothing new, is timed too.
``--plain`` takes plain visits instead of the transcribed notes and 1 relevant note in 500: what reader, ledger and writer
cost, and whether their memory stays flat, without waiting for the pipeline.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ROOT.parent / "shared" / "mtsamples" / "notes.jsonl.gz"
ONE_IN = 50
SIZES = (10_000, 300_000)


class Cost(NamedTuple):
    """What a run took."""

    seconds: float
    parent_mb: float
    worker_mb: float


def relevant_notes() -> list[str]:
    """Notes of the corpus."""
    return [file.read_text(encoding="utf-8") for file in sorted((ROOT / "corpus").glob("b*/*.txt"))]


def other_notes(*, plain: bool) -> list[str]:
    """Notes that have nothing to do with needles."""
    if plain or not OTHERS.exists():
        return [f"Visit {number}: blood pressure well controlled. " + "Continue present therapy and diet. " * 60 for number in range(200)]
    with gzip.open(OTHERS, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def export(path: Path, size: int, *, plain: bool = False) -> None:
    """Write an export of some size."""
    relevant, others = cycle(relevant_notes()), cycle(other_notes(plain=plain))
    one_in = 10 * ONE_IN if plain else ONE_IN
    with path.open("w", encoding="utf-8") as out:
        for number in range(size):
            text = next(relevant if number % one_in == 0 else others)
            out.write(json.dumps({"note_id": f"n{number}", "text": f"{text}\nRecord {number}"}) + "\n")


def json_seconds(path: Path, copy: Path) -> float:
    """How long Python's json module needs to read a file and write it back."""
    began = time.perf_counter()
    with path.open(encoding="utf-8") as lines, copy.open("w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(json.loads(line)) + "\n")
    return time.perf_counter() - began


def run(source: Path, output: Path, workers: int) -> Cost:
    """Run the batch and watch its memory (Linux)."""
    command = [sys.executable, "-m", "extractor", "batch", str(source), "--output", str(output), "--workers", str(workers), "-q"]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    peaks: dict[int, float] = {}
    watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watcher.start()
    if process.wait() != 0:
        raise SystemExit(f"the batch ended with status {process.returncode}")
    seconds = time.perf_counter() - began
    parent = peaks.pop(process.pid, 0.0)
    return Cost(seconds, parent, max(peaks.values(), default=0.0))


def _watch(process: subprocess.Popen, peaks: dict[int, float]) -> None:
    while process.poll() is None:
        for pid in [process.pid, *_children(process.pid)]:
            peaks[pid] = max(peaks.get(pid, 0.0), _peak_mb(pid))
        time.sleep(0.2)


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = task.read_text().split()
        except OSError:
            continue  # it ended meanwhile
        for child in found:
            yield int(child)
            yield from _children(int(child))


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0  # it ended meanwhile
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def main() -> None:
    """Measure and print."""
    plain_notes = "--plain" in sys.argv
    sizes = [int(size) for size in sys.argv[1:] if size != "--plain"] or list(SIZES)
    print(f"{'notes':>9} {'workers':>7} {'notes/s':>9} {'run MB':>7} {'worker MB':>9} {'x json':>7} {'again, notes/s':>14}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "export.jsonl"
            export(source, size, plain=plain_notes)
            plain = json_seconds(source, Path(folder) / "copy.jsonl")
            for workers in (1, 2):
                output = Path(folder) / f"out{workers}.jsonl"
                cost = run(source, output, workers)
                again = run(source, output, workers)
                print(
                    f"{size:9,} {workers:7} {size / cost.seconds:9,.0f} {cost.parent_mb:7.0f} {cost.worker_mb:9.0f}"
                    f" {cost.seconds / plain:7.1f} {size / again.seconds:14,.0f}", flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main()
