"""What every writer is: it streams the rows of a batch into files beside their final place, and renames nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic_core import from_json

from extractor.batch.notes import Quarantined, Row
from extractor.failures import UserError

__all__ = ["OutputError", "Staged", "Stamp", "Writer", "document", "publish", "quarantine_line", "sibling"]

PLAIN_QUARANTINE = ".jsonl"


class OutputError(UserError, ValueError):
    """An output that cannot be written; the message says why and what to do, and quotes nothing of a note."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What made the results, as the outputs say it. It holds no clock: the same stamp and rows give the same files."""

    processed_on: date
    """Day on which the run was first started, kept in its ledger so that a resumed run writes the same: OMOP's
    ``nlp_date`` and FHIR's ``Provenance.recorded`` are required fields. Nothing else is dated."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the extractor, the lexicon, the policy and the libraries that decide the answer."""
    policy: str = "cpt"
    settings: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    """The policy's answers to the unsettled questions that were in force."""

    @property
    def run_id(self) -> str:
        """Hash of versions, policy and settings: runs that must give the same answers have the same id."""
        return hashlib.sha256(self._configuration().encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, str]:
        """Return it as pairs of texts, for a table or for a file's metadata."""
        return {
            "run_id": self.run_id,
            "policy": self.policy,
            "policy_settings": _compact(dict(self.settings)),
            **{f"version_{name}": value for name, value in sorted(self.versions.items())},
        }

    def _configuration(self) -> str:
        return _compact([dict(self.versions), self.policy, dict(self.settings)])


class Staged(NamedTuple):
    """A finished file, or folder, and the place where it belongs."""

    staged: Path
    final: Path


class Writer(Protocol):
    """One format."""

    needs_text: bool
    """Rows must carry the note's text (:attr:`Row.text`)."""
    refused: int
    """Notes that this format could not hold, after :meth:`write`: they stand in its quarantine, with stage ``write``."""

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """Stream the rows into files of the folder ``staging``, in bounded memory, and leave ``target`` alone.

        Args:
            rows: the batch, in its order.
            target: where the main file, or the folder, will be.
            staging: an empty folder on the same file system as ``target``.

        Returns:
            What is to be renamed, the main file last. All files are closed.

        Raises:
            OutputError: if a row cannot be written in this format.
            OSError: if the disk is full or the folder cannot be written.
        """


def sibling(target: Path, name: str, ending: str) -> Path:
    """Return the file beside ``target`` for one part of the output: ``out.csv`` and ``drugs`` give ``out.drugs.csv``.

    ``ending`` is the part's own; the target's is cut off where it is one of a format, else kept as part of the name.
    """
    return target.with_name(f"{stem_of(target)}.{name}{ending}")


def stem_of(target: Path) -> str:
    """Return the target's name without the ending that its format explains (``out.omop.csv`` gives ``out``)."""
    lowered = target.name.lower()
    for ending in _ENDINGS:
        if lowered.endswith(ending) and len(lowered) > len(ending):
            return target.name[: -len(ending)]
    return target.stem


_ENDINGS = (
    ".omop.csv",
    ".omop.parquet",
    ".fhir.ndjson",
    ".doccano.jsonl",
    ".jsonl.gz",
    ".jsonl.zst",
    ".jsonl",
    ".parquet",
    ".csv",
    ".tsv",
    ".duckdb",
    ".sqlite",
    ".sqlite3",
    ".db",
    ".brat",
)
"""Longer endings before those that they end with."""


def document(row: Row) -> dict[str, Any]:
    """Return the contract's document of a row as plain data."""
    return from_json(row.json)


def text_of(row: Row, found: Mapping[str, Any]) -> str:
    """Return the text that the offsets of a row count.

    Raises:
        OutputError: if neither the row nor its document carries it.
    """
    text = row.text if row.text is not None else found.get("text")
    if text is None:
        raise OutputError(f"Note {row.note_id} came without its text, which this format needs. Run the batch on the notes again.")
    return text


def quarantine_line(item: Quarantined) -> bytes:
    """Return a quarantined note as one line of JSON: note_id, source, stage, reason."""
    fields = {"note_id": item.note_id, "source": item.source, "stage": item.stage, "reason": item.reason}
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def publish(staged: Iterable[Staged]) -> None:
    """Put finished files in place, in order; a folder replaces the folder that is there.

    A file is replaced atomically. A folder cannot be: the old one is moved aside first and removed at the end.

    Raises:
        OSError: as :meth:`pathlib.Path.replace`.
    """
    for ready, final in staged:
        if not (ready.is_dir() and final.is_dir()):
            ready.replace(final)
            continue
        aside = next(
            path for number in count() if not (path := ready.with_name(f"{ready.name}.replaced{number}")).exists()
        )
        final.replace(aside)
        ready.replace(final)
        shutil.rmtree(aside)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
