"""What every reader is: it recognises its format by the first bytes and gives notes one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from extractor.batch.notes import SourceNote, Unreadable
from extractor.intake import IntakeError

__all__ = ["Meter", "OwnOutputError", "ReadOptions", "Reader"]


class OwnOutputError(IntakeError):
    """What should be notes is an output of this program: refused where it is named, passed over inside a folder."""


@dataclass(slots=True)
class Meter:
    """How far the reading is, for a progress bar: the run looks at it whenever it likes."""

    done: int = 0
    """Bytes read from disk, before any unpacking; a table file counts when it is finished."""
    total: int | None = None
    """Bytes of all inputs; None where standard input or a database server is among them."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about the inputs."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """``--map``: from a field of ours (note_id, text, patient_id …) to the source's own column."""
    group_by: str | None = None
    """``--group-by``: rows with the same value are one note."""
    order_by: str | None = None
    """``--order-by``: the order of the lines within a note."""
    query: str | None = None
    """``--query``: SQL for a database."""
    table: str | None = None
    """``--table``: the table of a database or the member of a container."""
    date_format: str | None = None
    """``--date-format``: as :func:`datetime.datetime.strptime` takes it; default ISO 8601, US order and HL7."""
    scratch: Path | None = None
    """Folder of the run's own, beside its output, where rows may be sorted on disk; nothing is written elsewhere.
    Without it only what fits into memory is sorted."""
    skip: frozenset[Path] = frozenset()
    """Files and folders that are passed over inside a folder: the run's own output and ledger."""
    meter: Meter | None = None


class Reader(Protocol):
    """One format."""

    name: str
    """As messages call it: "HL7 v2", "C-CDA"."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether a file is of this format, by its first bytes (at least 64 kB, or all of it) and its name."""

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        """Give the notes of one decompressed file, in its order, in bounded memory.

        A damaged record becomes an :class:`Unreadable` and the next one is read on. ``source`` is the file's name.

        Raises:
            IntakeError: if the file as a whole cannot be read as this format.
        """
