"""Ours beside its peers and the limits, on the same notes in one run: ``python -m tests.benchmarks.peers``.

Each peer lives in an environment of its own (``.benchmarks/<peer>``, made on the first run; the network or a local
package index is needed then). All are measured in turn on one core, in seconds of processor time, the best of three
rounds, on two sets of notes: those of the corpus, which tell of injections, and a nightly mix (one note in fifty tells
of one), for which real notes of other specialties are read in place where they lie. Writes ``peers.json``, ``peers.md``
and ``peers.svg`` into ``.benchmarks`` (``--output``).
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "corpus"
MTSAMPLES = Path("/work/shared/mtsamples/notes.jsonl.gz")
ENVIRONMENTS = {"negspacy": ("negspacy",), "medspacy": ("medspacy", "medspacy-sentencizer"), "edsnlp": ("edsnlp", "edsnlp-quantities")}
"""Package -> the peers that run in its environment; the newest release of each."""
HERE = ("spacy-tokenizer", "spacy-ruler")
MIX = 50
ROUNDS = 3


class Measured(NamedTuple):
    """One row of the table."""

    name: str
    kind: str
    """``ours``, ``peer`` or ``limit``."""
    rate: float
    """Notes a second."""
    versions: dict[str, str]


def corpus_notes(limit: int) -> list[str]:
    """Notes that tell of injections, spread over all batches."""
    files = sorted(CORPUS.glob("*/*.txt"))
    return [file.read_text(encoding="utf-8") for file in files[:: max(1, len(files) // limit)]]


def nightly_notes(limit: int) -> list[str]:
    """Real notes of other specialties with one note of the corpus in fifty; empty where they are not on this machine."""
    if not MTSAMPLES.exists():
        return []
    with gzip.open(MTSAMPLES, "rt", encoding="utf-8") as lines:
        others = [json.loads(line)["text"] for line in lines]
    others = others[:: max(1, len(others) // limit)]
    ours = corpus_notes(max(1, len(others) // (MIX - 1)))
    return [text for at, other in enumerate(others) for text in ([other] if at % (MIX - 1) else [other, ours[at // (MIX - 1) % len(ours)]])]


def terms() -> dict[str, list[str]]:
    """The muscles and drugs that every peer has to find: our lexicon's unambiguous forms."""
    from extractor.language.drugs import DrugForm
    from extractor.lexicon import load_lexicon

    lexicon = load_lexicon()
    return {
        "MUSCLE": sorted({row.form for row in lexicon.forms if not row.ambiguous}),
        "DRUG": sorted({row.form for row in lexicon.table("drug_forms", DrugForm)}),
    }


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Processor seconds of the least disturbed of some rounds."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        shortest = min(shortest, time.process_time() - start)
    return shortest


def ours(notes: list[str], *, gate: bool) -> Measured:
    """From text to the document as JSON: in full, or as the batch does it, behind the relevance gate."""
    from extractor import __version__
    from extractor.batch.answer import answer_note
    from extractor.batch.worker import Setup, Task
    from extractor.coding import load_policy

    setup = Setup(load_policy("cpt"))
    tasks = [Task(str(number), text, None, None, None, False) for number, text in enumerate(notes)]
    for task in tasks[:50]:
        answer_note(task, setup, gate=gate)
    seconds = best(lambda: [answer_note(task, setup, gate=gate) for task in tasks])
    return Measured("tpi-extractor behind its gate" if gate else "tpi-extractor", "ours", len(notes) / seconds, {"tpi-extractor": __version__})


def gate_alone(notes: list[str]) -> Measured:
    """The relevance gate's question."""
    from extractor.relevance import gate_of

    gate = gate_of()
    return Measured("relevance gate alone", "limit", len(notes) / best(lambda: [gate(text) for text in notes]), {})


def json_alone(notes: list[str]) -> Measured:
    """Python's json module: read each note's record and write it back."""
    lines = [json.dumps({"note_id": str(number), "text": text}) for number, text in enumerate(notes)]
    return Measured("json, read and write", "limit", len(notes) / best(lambda: [json.dumps(json.loads(line)) for line in lines]), {"python": platform.python_version()})


def scan_alone(notes: list[str], words: dict[str, list[str]]) -> Measured:
    """A bare Aho-Corasick scan for the same terms."""
    from importlib.metadata import version

    import ahocorasick_rs

    scan = ahocorasick_rs.AhoCorasick(
        [term for found in words.values() for term in found], implementation=ahocorasick_rs.Implementation.DFA
    )
    seconds = best(lambda: [scan.find_matches_as_indexes(text.lower(), overlapping=True) for text in notes])
    return Measured("Aho-Corasick scan", "limit", len(notes) / seconds, {"ahocorasick-rs": version("ahocorasick_rs")})


def python_of(package: str, folder: Path) -> Path:
    """The Python of a peer's own environment, made on the first call."""
    home = folder / package
    python = home / "bin" / "python"
    if not (home / "installed").exists():
        print(f"Installing {package} into {home} …", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package], check=True)
        (home / "installed").touch()
    return python


def peer(name: str, python: str | Path, notes: list[str], folder: Path) -> Measured | None:
    """One peer in its environment; None, with a line that says so, where it does not run."""
    (folder / "notes.json").write_text(json.dumps(notes), encoding="utf-8")
    command = [str(python), str(Path(__file__).with_name("peer_runner.py")), name, str(folder / "notes.json"), str(folder / "terms.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} did not run: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}", file=sys.stderr)
        return None
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return Measured(name, "peer" if name not in HERE else "limit", len(notes) / answer["seconds"], answer["versions"])


def measure(notes: list[str], folder: Path, only: set[str], *, mix: bool) -> list[Measured]:
    """All rows for one set of notes, the fastest first."""
    rows: list[Measured | None] = [ours(notes, gate=False)]
    if mix:
        rows += [ours(notes, gate=True), gate_alone(notes)]
    rows += [json_alone(notes), scan_alone(notes, terms())]
    jobs = [(name, Path(sys.executable)) for name in HERE]
    for package, names in ENVIRONMENTS.items():
        if not only or package in only:
            jobs += [(name, python_of(package, folder)) for name in names]
    for name, python in jobs:
        print(f"{name} …", file=sys.stderr)
        rows.append(peer(name, python, notes[:: SLOW.get(name, 1)], folder))
    return sorted((row for row in rows if row), key=lambda row: -row.rate)


SLOW = {"medspacy": 10, "medspacy-sentencizer": 4, "edsnlp": 4, "edsnlp-quantities": 4}
"""Peers that are slow read every so manyth note: their rate is the same, the wait is not."""


def table(title: str, notes: list[str], rows: list[Measured], reference: str) -> str:
    """A set of notes as Markdown; ratios to ours."""
    mine = next(row.rate for row in rows if row.name == reference)
    size = sum(map(len, notes)) / len(notes)
    lines = [f"### {title}: {len(notes)} notes of {size:,.0f} characters", "", "| | notes/s | ms a note | ours is so many times as fast | versions |", "|---|---:|---:|---:|---|"]
    for row in rows:
        versions = ", ".join(f"{name} {number}" for name, number in row.versions.items())
        name = f"**{row.name}**" if row.kind == "ours" else row.name
        lines.append(f"| {name} | {row.rate:,.0f} | {1000 / row.rate:,.3f} | {mine / row.rate:,.2f} | {versions} |")
    return "\n".join([*lines, ""])


def plot(sets: dict[str, list[Measured]], target: Path) -> None:
    """Bars on a logarithmic scale; left out, with a line that says so, where matplotlib is missing."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        print("No plot: matplotlib is not installed (pip install matplotlib).", file=sys.stderr)
        return
    colours = {"ours": "#0b6e4f", "peer": "#b0562c", "limit": "#8a8f98"}
    figure, axes = plt.subplots(1, len(sets), figsize=(7.2 * len(sets), 4.6), squeeze=False)
    for axis, (title, rows) in zip(axes[0], sets.items(), strict=True):
        ordered = rows[::-1]
        bars = axis.barh([row.name for row in ordered], [row.rate for row in ordered], color=[colours[row.kind] for row in ordered])
        axis.bar_label(bars, [f"{row.rate:,.0f}" for row in ordered], padding=3, fontsize=8)
        axis.set_xscale("log")
        axis.set_xlim(right=max(row.rate for row in rows) * 4)
        axis.set_xlabel("notes a second, one core")
        axis.set_title(title, fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(target)


def main() -> None:
    """Measure and write."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, default=ROOT / ".benchmarks", help="folder of environments and results")
    options.add_argument("--notes", type=int, default=300, help="about so many notes of each set")
    options.add_argument("--only", action="append", default=[], choices=sorted(ENVIRONMENTS), help="these peers alone; repeatable")
    given = options.parse_args()
    folder: Path = given.output
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "terms.json").write_text(json.dumps(terms()), encoding="utf-8")
    machine = f"{platform.processor() or platform.machine()}, {platform.system()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    parts, sets = [f"Measured on {machine}. One core; processor time; the best of {ROUNDS} rounds.", ""], {}
    for title, notes, mix in (("Notes that tell of injections", corpus_notes(given.notes), False), (f"Nightly mix, 1 in {MIX}", nightly_notes(given.notes), True)):
        if not notes:
            print(f"{title}: left out, {MTSAMPLES} is not on this machine.", file=sys.stderr)
            continue
        rows = sets[title] = measure(notes, folder, set(given.only), mix=mix)
        parts.append(table(title, notes, rows, "tpi-extractor behind its gate" if mix else "tpi-extractor"))
    text = "\n".join(parts)
    (folder / "peers.md").write_text(text, encoding="utf-8")
    (folder / "peers.json").write_text(json.dumps({"machine": machine, "sets": {title: [row._asdict() for row in rows] for title, rows in sets.items()}}, indent=1), encoding="utf-8")
    plot(sets, folder / "peers.svg")
    print(text)


if __name__ == "__main__":
    main()
