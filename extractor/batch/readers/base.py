"""What every reader is: it recognises its format by the first bytes and gives notes one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from extractor.batch.notes import SourceNote, Unreadable

__all__ = ["ReadOptions", "Reader"]


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
