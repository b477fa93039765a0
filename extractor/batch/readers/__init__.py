"""Reads notes out of whatever an EHR exports: files, folders, standard input and databases, one note at a time.

The formats are told apart by content, then by ending (``registry``). Memory is bounded whatever the size of an input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import Meter, Reader, ReadOptions
from extractor.intake import IntakeError

__all__ = ["Meter", "ReadOptions", "Reader", "check_reading", "count_notes", "read_notes"]


def read_notes(inputs: Sequence[str | Path], options: ReadOptions | None = None) -> Iterator[SourceNote | Unreadable]:
    """Give the notes of all inputs, in the order in which they are named.

    A file that cannot be read, in a folder or beside other inputs, is one :class:`Unreadable`; the others are read on.

    Args:
        inputs: files, folders (with all below them, by name; hidden files, ``options.skip`` and finished results of
            ours are passed over), ``-`` for standard input, database URLs.
        options: what the user says about them.

    Raises:
        IntakeError: at once, before anything is read, for an input that is missing, that may not be read or that is a
            folder without files, and for a wrong ``--map``; while reading, if a sole input gives no note.
    """
    from extractor.batch.readers.inputs import total_size

    options = options or ReadOptions()
    check_reading(inputs, options)
    if options.meter is not None:
        options.meter.total = total_size(inputs, options)
    return _read(inputs, options)


def check_reading(inputs: Sequence[str | Path], options: ReadOptions) -> None:
    """Refuse what cannot be read at all, before anything is read.

    Raises:
        IntakeError: as :func:`read_notes` raises it at once.
    """
    from extractor.batch.readers.inputs import check_inputs

    _check_options(options)
    check_inputs(inputs, options)


def count_notes(inputs: Sequence[str | Path], options: ReadOptions | None = None) -> int | None:
    """Return how many notes the inputs give, where that is known without reading them (Parquet, tables, one note a
    file); else None. The number is for a progress bar; :class:`Meter` shows progress in bytes for every file."""
    from extractor.batch.readers.counting import count

    return count(inputs, options or ReadOptions())


def _read(inputs: Sequence[str | Path], options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    from extractor.batch.readers.files import guarded, read_file, read_standard_input
    from extractor.batch.readers.inputs import files_of
    from extractor.batch.readers.sql import file_of_url, is_url, read_url

    sole = len(inputs) == 1
    for item in inputs:
        name = str(item)
        path = file_of_url(name) if is_url(name) else Path(name)
        if name == "-":
            yield from read_standard_input(options, sole=sole)
        elif path is None:
            yield from guarded(read_url(name, options), _host(name), sole=sole, named=True)
        else:
            for file in files_of(path, options):
                if isinstance(file, Unreadable):
                    yield file
                else:
                    yield from read_file(file, options, sole=sole and file.named)


def _host(url: str) -> str:
    """A URL without user, password and settings, for messages."""
    kind, _, rest = url.partition("://")
    return f"{kind}://{rest.partition('?')[0].rpartition('@')[2]}"


def _check_options(options: ReadOptions) -> None:
    from extractor.batch.readers.columns import check_mapping

    check_mapping(options)
    if options.order_by is not None and options.group_by is None:
        raise IntakeError("--order-by needs --group-by: it orders the lines within a note.")
    if options.query is not None and options.table is not None:
        raise IntakeError("--query and --table exclude each other. Give one of them.")
