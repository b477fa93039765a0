"""One file, or standard input: unpacked, recognised, read; what goes wrong is told once, with the file's name."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers import archive
from extractor.batch.readers.base import Meter, OwnOutputError, ReadOptions
from extractor.batch.readers.inputs import FileInput, is_passed_over, note_id_of, unpacked_name
from extractor.batch.readers.registry import needs_seeking, reader_for
from extractor.batch.readers.spool import seekable
from extractor.batch.readers.streams import HEAD, counted, head_of, unpacked
from extractor.intake import IntakeError

__all__ = ["guarded", "read_file", "read_standard_input"]

STANDARD_INPUT = "standard input"


def read_file(file: FileInput, options: ReadOptions, *, sole: bool) -> Iterator[SourceNote | Unreadable]:
    """Give the notes of a file.

    Args:
        sole: it is all that the user named.

    Raises:
        IntakeError: if it is the sole input and gives nothing.
    """
    source = str(file.path)
    own = note_id_of(file.name) if _is_single(file) else None
    notes = guarded(_opened(file, options), source, sole=sole, named=file.named, note_id=own)
    yield from _told_apart(notes, file.name) if file.twin else notes


def _told_apart(notes: Iterator[SourceNote | Unreadable], name: str) -> Iterator[SourceNote | Unreadable]:
    """Keep the ending in a note's id where ``visit.pdf`` lies beside ``visit.rtf``: two files are two notes."""
    for note in notes:
        yield replace(note, note_id=unpacked_name(name)) if note.note_id == note_id_of(name) else note


def read_standard_input(options: ReadOptions, *, sole: bool) -> Iterator[SourceNote | Unreadable]:
    """Give the notes that come through standard input."""
    stream = counted(sys.stdin.buffer, options.meter or Meter())
    yield from guarded(_notes(stream, "", STANDARD_INPUT, options), STANDARD_INPUT, sole=sole, named=True)


def guarded(
    notes: Iterator[SourceNote | Unreadable], source: str, *, sole: bool, named: bool, note_id: str | None = None
) -> Iterator[SourceNote | Unreadable]:
    """Give what a source gives; its end by an error is one unreadable entry more.

    Raises:
        IntakeError: if the source is the only one and has given nothing.
    """
    given = False
    try:
        for note in notes:
            yield note
            given = True
        return
    except OwnOutputError as error:
        if not named:
            return
        reason = str(error)
    except IntakeError as error:
        reason = str(error)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or type(error).__name__})."
    except Exception as error:
        # A fault of a reader must not cost the other files. Its message could quote a note: only kind and place.
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"reading failed ({type(error).__name__} at {Path(place.filename).name}:{place.lineno}). Please report this, without the file."
    shown = f"{source}: "
    if sole and not given:
        raise IntakeError(reason if reason.startswith(shown) else shown + reason)
    yield Unreadable(source, reason.removeprefix(shown), note_id)


def _is_single(file: FileInput) -> bool:
    """Whether a file that fails is one note by its ending, so that its id is known."""
    return PurePosixPath(unpacked_name(file.name)).suffix.lower() in (".txt", ".rtf", ".htm", ".html", ".docx", ".pdf")


def _opened(file: FileInput, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    meter = options.meter or Meter()
    with file.path.open("rb") as raw:
        if raw.seekable() and needs_seeking(head_of(raw)[0]):
            yield from _notes(raw, file.name, str(file.path), options)
            meter.done += file.path.stat().st_size
        else:
            yield from _notes(counted(raw, meter), file.name, str(file.path), options)


def _notes(stream: BinaryIO, name: str, source: str, options: ReadOptions, *, inside: bool = False) -> Iterator[SourceNote | Unreadable]:
    head, stream, packed = unpacked(stream)
    if not head:
        # Damage before the first byte comes to light only now.
        stream.read(1)
        raise IntakeError("it is empty.")
    if packed:
        name = unpacked_name(name)
    if archive.is_zip(head):
        with seekable(stream, options) as file:
            document = archive.packed_document(file)
            if document is None:
                if inside:
                    raise IntakeError("this is a ZIP archive within another. Unpack the outer one.")
                yield from _members(file, source, options)
                return
            # A document's ending may be missing (standard input), but its content is certain.
            name = f"{name or 'note'}.{document}" if not name.lower().endswith(document) else name
            yield from _read(head, file, name, source, options)
            return
    yield from _read(head[:HEAD], stream, name, source, options)


def _read(head: bytes, stream: BinaryIO, name: str, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    reader = reader_for(head, name, options)
    if not getattr(reader, "one_note", False):
        yield from reader.read(stream, source, options)
        return
    own = note_id_of(name) if name else None
    for note in reader.read(stream, source, options):
        yield note if note.note_id is not None else replace(note, note_id=own)


def _members(file: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    none = True
    for name, content in archive.members(file):
        # Nothing is unpacked to disk, so where a name leads does not matter.
        name = "/".join(part for part in PurePosixPath(name).parts if part not in ("/", ".", ".."))
        if any(is_passed_over(part) for part in PurePosixPath(name).parts):
            continue
        none = False
        place = f"{source}/{name}"
        if isinstance(content, IntakeError):
            yield Unreadable(place, str(content))
        else:
            yield from guarded(_notes(content, name, place, options, inside=True), place, sole=False, named=False)
    if none:
        raise IntakeError("the ZIP archive has no file that could be a note.")
