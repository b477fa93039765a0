"""Kill a batch again and again: ``python -m tests.benchmarks.crash [KILLS]`` (default 200).

Each round starts ``tpi batch`` on the same notes and kills it, with SIGKILL, at a random moment: at times the run
itself, at times one of its workers. After the last kill the run is left alone. Then every note must be in the output
once and only once, and the output must be byte for byte that of an undisturbed run. Whenever a run survives to its
end, its output is compared and deleted, ledger and all, and the next round starts from nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEED = 20241
NOTES = 240


def export(path: Path) -> None:
    """Write corpus notes and unrelated ones, mixed."""
    files = sorted((ROOT / "corpus").glob("b*/*.txt"))[:NOTES]
    with path.open("w", encoding="utf-8") as out:
        for number, file in enumerate(files):
            out.write(json.dumps({"note_id": f"relevant-{number}", "text": file.read_text(encoding="utf-8")}) + "\n")
            for other in range(20):
                text = f"Visit {number}.{other}: blood pressure well controlled, continue present therapy, return in {other} weeks."
                out.write(json.dumps({"note_id": f"other-{number}-{other}", "text": text}) + "\n")


def command(source: Path, output: Path) -> list[str]:
    """Return the command of a run."""
    return [sys.executable, "-m", "extractor", "batch", str(source), "--output", str(output), "--workers", "2", "-q"]


def children(pid: int) -> list[int]:
    """Return a process's descendants (Linux)."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def main() -> None:
    """Run the harness and print what happened."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    dice = random.Random(SEED)
    happened: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        source, calm, output = (Path(folder) / name for name in ("in.jsonl", "calm.jsonl", "out.jsonl"))
        export(source)
        began = time.monotonic()
        subprocess.run(command(source, calm), cwd=ROOT, check=True)
        length = time.monotonic() - began
        while happened["run killed"] + happened["worker killed"] < kills:
            process = subprocess.Popen(command(source, output), cwd=ROOT)
            time.sleep(dice.uniform(0, length * 0.6))
            if process.poll() is None and dice.random() < 0.3 and (workers := children(process.pid)):
                _kill(dice.choice(workers))
                happened["worker killed"] += 1
                time.sleep(dice.uniform(0, length * 0.3))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
                happened["run killed"] += 1
            if process.returncode == 0:
                _compare(calm, output)
                happened["finished between kills"] += 1
                for file in Path(folder).glob("out.*"):
                    file.unlink()
        subprocess.run(command(source, output), cwd=ROOT, check=True)
        _compare(calm, output)
        happened["finished between kills"] += 1
        lines = calm.read_text(encoding="utf-8").splitlines()
    print(f"{len(lines):,} notes, {length:.1f} s undisturbed, seed {SEED}")
    for what, number in happened.items():
        print(f"{number:6,}  {what}")
    print("Every finished output was byte for byte that of the undisturbed run.")


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, signal.SIGKILL)


def _compare(calm: Path, output: Path) -> None:
    if output.read_bytes() != calm.read_bytes():
        raise SystemExit("The output differs from that of the undisturbed run.")


if __name__ == "__main__":
    main()
