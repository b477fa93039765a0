"""What an output's ledger says: its runs, its counts, what waits for a person, and the quarantine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.batch.ledger import Ledger, LedgerError
from extractor.batch.lock import is_held
from extractor.batch.output import ledger_path, lock_path

__all__ = ["RunLine", "Status", "Waiting", "read_status"]


@dataclass(frozen=True)
class RunLine:
    """One run."""

    run: int
    began: str
    ended: str | None
    state: str
    """``running``, ``done``, ``stopped`` (by its user) or ``interrupted`` (it died)."""
    versions: str
    counts: dict[str, int]


@dataclass(frozen=True)
class Waiting:
    """A note that a person has to settle."""

    note_id: str
    source: str
    code: str | None
    low: int
    high: int


@dataclass(frozen=True)
class Status:
    """The state of an output."""

    output: str
    notes: int
    by_status: dict[str, int]
    by_code: dict[str, int]
    by_version: dict[str, int]
    runs: list[RunLine] = field(default_factory=list)
    review: list[Waiting] = field(default_factory=list)
    """The first of the review queue: those first whose code hangs on it most often, that is, in order of the input."""
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0


def read_status(target: Path, *, runs: int = 10, queue: int = 20) -> Status:
    """Read an output's ledger, also while a run writes to it.

    Args:
        target: the output that was given to ``tpi batch``.
        runs: how many of the last runs.
        queue: how many entries of the review queue and of the quarantine.

    Raises:
        LedgerError: if there is no ledger, or none that can be read.
    """
    path = ledger_path(target)
    if not path.is_file():
        raise LedgerError(f"{path}: there is no ledger for this output. Give the OUT of a `tpi batch` run.")
    ledger = Ledger(path, read_only=True)
    try:
        return Status(
            output=str(target),
            notes=_number(ledger, "SELECT count(*) FROM notes WHERE status <> 'quarantined'"),
            by_status=_counts(ledger, "SELECT status, count(*) FROM notes WHERE status <> 'quarantined' GROUP BY 1 ORDER BY 1"),
            by_code=_counts(ledger, "SELECT code, count(*) FROM notes WHERE code IS NOT NULL AND status <> 'quarantined' GROUP BY 1 ORDER BY 1"),
            by_version=_counts(ledger, "SELECT name, count(*) FROM notes JOIN versions USING (version) WHERE status <> 'quarantined' GROUP BY 1 ORDER BY 1"),
            runs=[
                RunLine(*row[:3], state=_state(target, row[3]), versions=row[4], counts=json.loads(row[5]))  # type: ignore[arg-type]
                for row in ledger.query("SELECT run, began, ended, state, versions, counts FROM runs ORDER BY run DESC LIMIT ?", (runs,))
            ],
            review=[
                Waiting(*row)  # type: ignore[arg-type]
                for row in ledger.query("SELECT note_id, source, code, low, high FROM notes WHERE status = 'review' ORDER BY seq LIMIT ?", (queue,))
            ],
            quarantine=[
                dict(zip(("note_id", "source", "stage", "reason"), row, strict=True))
                for row in ledger.query("SELECT note_id, source, stage, reason FROM quarantine ORDER BY file, entry LIMIT ?", (queue,))
            ],
            quarantined=_number(ledger, "SELECT count(*) FROM quarantine"),
        )  # fmt: skip
    finally:
        ledger.close()


def _state(target: Path, recorded: object) -> str:
    """A run that was killed could not record it: the lock, which its death released, tells."""
    return "interrupted" if recorded == "running" and not is_held(lock_path(target)) else str(recorded)


def _number(ledger: Ledger, sql: str) -> int:
    return int(ledger.query(sql)[0][0])  # type: ignore[call-overload]


def _counts(ledger: Ledger, sql: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in ledger.query(sql)}  # type: ignore[call-overload]
