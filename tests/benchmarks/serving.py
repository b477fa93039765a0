"""How much one reading process of ``tpi serve`` bears: ``python -m tests.benchmarks.serving [NOTES]``.

Starts the server as a user does, sends notes of the corpus over HTTP, and prints requests a second and the latency of
each way of asking: one note after the other (a coder), and eight askers at once (a department). An answer other than
200 ends it with an error.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
NOTES = 800
ASKERS = 8


async def load(address: str, notes: list[str], askers: int, path: str) -> tuple[float, list[float], int]:
    """Ask until the notes are used up: seconds in all, milliseconds of each answer, and how many were not 200."""
    waiting = iter(notes)
    took: list[float] = []
    errors = 0

    async def ask(client: httpx.AsyncClient) -> None:
        nonlocal errors
        for note in waiting:
            start = time.perf_counter()
            answer = await client.post(path, json={"text": note})
            took.append((time.perf_counter() - start) * 1000)
            errors += answer.status_code != 200

    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        await client.post(path, json={"text": notes[0]})
        start = time.perf_counter()
        await asyncio.gather(*(ask(client) for _ in range(askers)))
        return time.perf_counter() - start, took, errors


def report(name: str, seconds: float, took: list[float]) -> None:
    """Print one line."""
    cuts = statistics.quantiles(took, n=100)
    print(f"{name:34} {len(took) / seconds:7.0f} requests/s   median {cuts[49]:6.1f} ms   p99 {cuts[98]:6.1f} ms   max {max(took):6.1f} ms")


def main() -> int:
    """Measure and print; 1 where any answer was an error."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else NOTES
    corpus = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "corpus").glob("*/*.txt"))]
    notes = list(itertools.islice(itertools.cycle(corpus), count))
    print(f"{count} requests, notes of {statistics.median(map(len, notes)):.0f} characters (median), one reading process")
    command = [sys.executable, "-m", "extractor", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        address = server.stdout.readline().removeprefix("tpi is at ").strip()
        failed = 0
        try:
            for path, words in (("/v1/extract", "the document"), ("/v1/extract?full=true", "the page's answer")):
                for askers in (1, ASKERS):
                    seconds, took, errors = asyncio.run(load(address, notes, askers, path))
                    failed += errors
                    report(f"{words}, {askers} asker{'s' if askers > 1 else ''}", seconds, took)
        finally:
            server.terminate()
    print(f"{failed} errors")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
