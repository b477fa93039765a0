"""``tpi evaluate``: run the extractor over a corpus, print the scores, show the errors, write JSON for tracking."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from extractor.evaluation.context import contexts_of
from extractor.evaluation.gold import GoldNote, read_corpus
from extractor.evaluation.score import Scores, Tally, score, share
from extractor.models import Result
from extractor.report.quotes import visible

__all__ = ["Evaluation", "evaluate_notes", "print_errors", "print_scores", "run_evaluation"]

_KIND_STYLES = {"SILENT": "bold red", "cautious": "yellow"}


@dataclass
class Evaluation:
    """Scores, and what could not be scored."""

    scores: Scores
    seconds: float
    unread: dict[str, str] = field(default_factory=dict)
    """Notes on which the extractor failed, with the kind of error."""
    versions: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for tracking: the same for the same corpus and versions, and without a word of a note."""
        errors = [
            {"note": error.note.id, "kind": error.kind, "gold": error.gold, "found": error.found}
            for error in self.scores.errors
        ]
        return {"versions": self.versions, **self.scores.as_dict(), "unread": self.unread, "errors": errors}


def run_evaluation(
    corpus: Path, *, show_errors: bool = False, json_file: Path | None = None, lexicon_dirs: Sequence[Path] = ()
) -> int:
    """Score a corpus and print the result; return the number of notes on which the extractor failed.

    Raises:
        GoldError: with the first label that cannot be read.
    """
    evaluation = evaluate_notes(read_corpus(corpus), lexicon_dirs)
    if json_file:
        json_file.write_text(json.dumps(evaluation.as_dict(), indent=1) + "\n", encoding="utf-8")
    console = Console(highlight=False)
    if show_errors:
        print_errors(evaluation, console)
    print_scores(evaluation, console)
    return len(evaluation.unread)


def evaluate_notes(notes: Sequence[GoldNote], lexicon_dirs: Sequence[Path] = ()) -> Evaluation:
    """Extract every note under the policy ``cpt``, whatever the user's own settings are, and score it."""
    from extractor.api import extract

    extract("Warm-up.", lexicon_dirs=lexicon_dirs)
    unread: dict[str, str] = {}
    pairs: list[tuple[GoldNote, Result]] = []
    start = time.perf_counter()
    for note in notes:
        try:
            pairs.append((note, extract(note.text, lexicon_dirs=lexicon_dirs)))
        except Exception as error:
            # One note must not end the evaluation of the others; it is reported, and the exit status says so.
            unread[note.id] = type(error).__name__
    seconds = time.perf_counter() - start
    versions = pairs[0][1].versions if pairs else {}
    return Evaluation(score(pairs), seconds, unread, versions)


def print_scores(evaluation: Evaluation, console: Console) -> None:
    scores = evaluation.scores
    speed = scores.notes / evaluation.seconds if evaluation.seconds else 0.0
    console.print(Text(f"{scores.notes} notes, {speed:.0f} a second", style="bold"))
    for note, error in evaluation.unread.items():
        console.print(Text(f"not read: {note} ({error})", style="bold red"))
    console.print()
    console.print(_decisions(scores))
    console.print()
    console.print(_entities(scores))
    console.print()
    console.print(_styles(scores))
    wrong = [(pair, number) for pair, number in scores.confusion.most_common() if pair[0] != pair[1]]
    if wrong:
        console.print()
        console.print(_confusion(wrong))


def _decisions(scores: Scores) -> Table:
    table = _table("", "right", "of", "share", "95% interval")
    rows = (
        ("code and status", scores.exact, scores.notes),
        ("procedure and its status", scores.status, scores.notes),
        ("count interval", scores.interval, scores.notes),
        ("strengths", sum(scores.strengths), len(scores.strengths)),
        ("volumes", sum(scores.volumes), len(scores.volumes)),
        ("doses", sum(scores.doses), len(scores.doses)),
        ("dates of service", sum(scores.dates), len(scores.dates)),
        ("findings asked for", sum(scores.findings), len(scores.findings)),
    )
    for name, right, of in rows:
        low, high = _wilson(right, of)
        interval = f"{low:.1%} to {high:.1%}" if of else ""
        table.add_row(name, str(right), str(of), _percent(right, of), interval)
    table.add_section()
    table.add_row("silent errors", str(scores.silent), str(scores.notes), _percent(scores.silent, scores.notes))
    table.add_row("over-caution", str(scores.cautious), str(scores.notes), _percent(scores.cautious, scores.notes))
    return table


def _entities(scores: Scores) -> Table:
    table = _table("", "precision", "recall", "F1", "missed", "extra")
    for name, tally in (("muscles", scores.muscles), ("muscles with side", scores.sides), ("drugs", scores.drugs)):
        table.add_row(name, *(f"{value:.3f}" for value in _prf(tally)), str(tally.fn), str(tally.fp))
    return table


def _styles(scores: Scores) -> Table:
    table = _table("style", "notes", "code", "silent", "cautious", "muscles", "drugs", "doses")
    for style, own in sorted(scores.by_style.items()):
        table.add_row(
            style, str(own.notes), _percent(own.exact, own.notes), str(own.silent), str(own.cautious),
            f"{own.sides.f1:.3f}", f"{own.drugs.f1:.3f}", f"{share(own.doses):.1%}",
        )  # fmt: skip
    return table


def _confusion(wrong: list[tuple[tuple[str, str], int]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("gold")
    table.add_column("found")
    table.add_column("notes", justify="right")
    for (gold, found), number in wrong:
        table.add_row(gold, found, str(number))
    return table


def print_errors(evaluation: Evaluation, console: Console) -> None:
    """Print every error, note by note, with the words that led to it."""
    for note, errors in groupby(evaluation.scores.errors, key=lambda error: error.note):
        console.print(Text.assemble((note.id, "bold"), f"  {note.style}  ", (visible(note.author), "dim")))
        for error in errors:
            console.print(
                Text.assemble(
                    "  ", (f"{error.kind:10}", _KIND_STYLES.get(error.kind, "")),
                    f" gold {visible(error.gold)}; found {visible(error.found)}",
                ),
                soft_wrap=True,
            )
            for line in _indented(contexts_of(error)):
                console.print(line, soft_wrap=True)
        if note.comment:
            console.print(Text(f"  label: {visible(note.comment)}", style="dim"), soft_wrap=True)
        console.print()


def _indented(contexts: Sequence[tuple[str, str, str, str]]) -> Iterator[Text]:
    for label, before, words, after in contexts:
        yield Text.assemble("      ", (f"{label}: ", "dim"), before, (words, "bold cyan"), after)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def _prf(tally: Tally) -> tuple[float, float, float]:
    return tally.precision, tally.recall, tally.f1


def _percent(right: int, of: int) -> str:
    return f"{right / of:.1%}" if of else "-"


def _wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Return the bounds between which the true share lies with 95% confidence."""
    if not of:
        return 0.0, 1.0
    rate, square = right / of, z * z / of
    middle = (rate + square / 2) / (1 + square)
    half = z * ((rate * (1 - rate) / of + square / (4 * of)) ** 0.5) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
