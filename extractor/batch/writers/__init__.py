"""The outputs of a batch: which format a target means, and its writer.

===================  ======================================================================================
format               what it holds
===================  ======================================================================================
``jsonl``            the contract's documents, one a line; also packed: ``jsonl.gz``, ``jsonl.zst``
``parquet``          flat tables, one file each (:mod:`~extractor.batch.writers.tables`); so ``csv``, ``tsv``
``duckdb``           the same tables in a database, with keys and views; so ``sqlite``
``omop.csv``         rows for the OMOP CDM's ``NOTE_NLP``; so ``omop.parquet``
``fhir.ndjson``      a FHIR R4 Bundle for each note
``brat``             a folder of standoff files for annotators; ``doccano.jsonl`` for doccano
===================  ======================================================================================

Imports nothing of a format before :func:`writer_for` is asked for it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from extractor.batch.writers.base import OutputError, Staged, Stamp, Writer, publish

__all__ = ["FORMATS", "OutputError", "Staged", "Stamp", "Writer", "format_of", "publish", "writer_for"]


class _Format(NamedTuple):
    endings: tuple[str, ...]
    module: str
    writer: str
    arguments: tuple[str, ...] = ()


_FORMATS = {
    "jsonl": _Format((".jsonl",), "jsonl", "JsonLinesWriter"),
    "jsonl.gz": _Format((".jsonl.gz",), "jsonl", "JsonLinesWriter", ("gz",)),
    "jsonl.zst": _Format((".jsonl.zst",), "jsonl", "JsonLinesWriter", ("zst",)),
    "parquet": _Format((".parquet",), "parquet", "ParquetWriter"),
    "csv": _Format((".csv",), "delimited", "DelimitedWriter", (".csv", ",")),
    "tsv": _Format((".tsv",), "delimited", "DelimitedWriter", (".tsv", "\t")),
    "duckdb": _Format((".duckdb",), "database", "DuckDbWriter"),
    "sqlite": _Format((".sqlite", ".sqlite3", ".db"), "database", "SqliteWriter"),
    "omop.csv": _Format((".omop.csv",), "omop", "OmopWriter", ("csv",)),
    "omop.parquet": _Format((".omop.parquet",), "omop", "OmopWriter", ("parquet",)),
    "fhir.ndjson": _Format((".fhir.ndjson",), "fhir", "FhirWriter"),
    "brat": _Format((".brat",), "brat", "BratWriter"),
    "doccano.jsonl": _Format((".doccano.jsonl",), "doccano", "DoccanoWriter"),
}
FORMATS = tuple(_FORMATS)
"""Names of the formats, as ``--format`` takes them."""


def format_of(target: Path, name: str | None = None) -> str:
    """Return the format that a target's ending means, or the one that the user names.

    Args:
        target: file or folder to be written; the longest ending decides, in any case (``.omop.csv`` before ``.csv``).
        name: one of :data:`FORMATS`, or an ending, with or without its stop.

    Raises:
        OutputError: if there is no such format; the message lists those there are.
    """
    if name is not None:
        asked = name.lower().removeprefix(".")
        found = [format_ for format_, about in _FORMATS.items() if asked == format_ or f".{asked}" in about.endings]
        if not found:
            raise OutputError(f"There is no format {name!r}. Formats: {', '.join(FORMATS)}.")
        return found[0]
    lowered = target.name.lower()
    known = [
        (len(ending), format_)
        for format_, about in _FORMATS.items()
        for ending in about.endings
        if lowered.endswith(ending) and lowered != ending
    ]
    if not known:
        endings = ", ".join(ending for about in _FORMATS.values() for ending in about.endings)
        raise OutputError(f"{target}: the ending says no format. Give the output one of {endings}, or name its --format.")
    return max(known)[1]


def writer_for(format_: str) -> Writer:
    """Return the writer of a format.

    Raises:
        OutputError: if there is no such format, or the extra that it needs is not installed.
    """
    about = _FORMATS.get(format_)
    if about is None:
        raise OutputError(f"There is no format {format_!r}. Formats: {', '.join(FORMATS)}.")
    module = import_module(f"extractor.batch.writers.{about.module}")
    return getattr(module, about.writer)(*about.arguments)
