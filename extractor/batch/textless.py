"""``--no-text`` in a batch: what it cannot be asked together with, and the ledgers that it must not go on with."""

from __future__ import annotations

from pathlib import Path

from extractor.batch.ledger import Ledger
from extractor.batch.writers import OutputError, Writer

__all__ = ["NO_TEXT", "check_textless", "refuse_texts"]

NO_TEXT = "no-text"
"""As the ledger remembers it of a run."""


def check_textless(format_: str, writer: Writer | None, *, with_text: bool) -> None:
    """Refuse what contradicts itself.

    Raises:
        OutputError: saying what to do.
    """
    if with_text:
        raise OutputError("--no-text and --with-text exclude each other. Give one of them.")
    if writer is not None and writer.needs_text:
        raise OutputError(f"The format {format_} is made of the notes' text. Give --no-text another one, such as jsonl or parquet.")


def refuse_texts(ledger: Ledger, target: Path) -> None:
    """Refuse an output that an earlier run filled with text.

    Its notes would be read again, but one that is no longer in the input would stay as it is; and what SQLite deletes
    can still be found in its file.

    Raises:
        OutputError: saying what to do.
    """
    # A version's name ends with the options of its run.
    made_by = ledger.query("SELECT DISTINCT name FROM versions WHERE version IN (SELECT version FROM notes)")
    if any(NO_TEXT not in str(name).split() for (name,) in made_by):
        raise OutputError(f"{target}: an earlier run without --no-text put the notes' words into it. Give --no-text an output of its own.")
