"""What the user names: files, folders, standard input, databases; and which files of a folder are meant."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from extractor.batch.notes import Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.sql import file_of_url, is_url
from extractor.intake import IntakeError

__all__ = ["FileInput", "check_inputs", "files_of", "is_passed_over", "note_id_of", "total_size", "unpacked_name"]

_PACKED = re.compile(r"\.(?:gz|gzip|zst|zstd)\Z", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:txt|text|asc|note|md|rtf|html?|xhtml|docx?|pdf|xml|json|hl7|csv|tsv)\Z", re.IGNORECASE)
"""Endings that say a format and are no part of a note's id. Any other may be: ``visit.2024-03-14``."""

_OF_OTHERS = frozenset(("thumbs.db", "desktop.ini", "_success", "__macosx", "lost+found"))
_BESIDE = ("-wal", "-shm", "-journal", ".wal", ".crc")
"""What databases and Spark lay beside their files."""


@dataclass(frozen=True, slots=True)
class FileInput:
    """One file."""

    path: Path
    name: str
    """Below the folder that the user named, with ``/``; of a file that was named itself, the last part."""
    named: bool
    """The user named the file itself."""
    twin: bool = False
    """Another file beside it has the same name but for the ending."""


def check_inputs(inputs: Sequence[str | Path], options: ReadOptions) -> None:
    """Look at what the user named, before anything is read.

    Raises:
        IntakeError: for one that is missing, that may not be read, or that is a folder without files.
    """
    if not inputs:
        raise IntakeError("no input is named. Name files or folders, or - for standard input.")
    names = [str(item) for item in inputs]
    if names.count("-") > 1:
        raise IntakeError("- (standard input) can be read only once.")
    for name in names:
        if name == "-":
            continue
        path = file_of_url(name) if is_url(name) else Path(name)
        if path is None:
            continue
        try:
            _check(path, options)
        except IntakeError as error:
            raise IntakeError(f"{name}: {error}") from None
        except (OSError, ValueError) as error:
            raise IntakeError(f"{name}: it cannot be read ({getattr(error, 'strerror', None) or 'the name cannot be used'}).") from None


def _check(path: Path, options: ReadOptions) -> None:
    if not path.exists():
        raise IntakeError("there is no such file or folder. Check the name.")
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise IntakeError("permission denied. Ask for the right to read it, or copy it to a folder of yours.")
    if path.is_dir() and next(files_of(path, options), None) is None:
        raise IntakeError("the folder has no file that could be a note. Check the name, and whether the export has run.")


def files_of(path: Path, options: ReadOptions) -> Iterator[FileInput | Unreadable]:
    """The file itself, or the files below a folder in the order of their names; a closed folder as unreadable."""
    if not path.is_dir():
        yield FileInput(path, path.name, named=True)
        return
    skip = {item.resolve() for item in options.skip}
    yield from _below(path, (), skip, frozenset())


def _below(folder: Path, parents: tuple[str, ...], skip: set[Path], above: frozenset[tuple[int, int]]) -> Iterator[FileInput | Unreadable]:
    try:
        status = folder.stat()
        with os.scandir(folder) as found:
            entries = sorted((entry.name, entry.is_dir()) for entry in found)
    except OSError as error:
        yield Unreadable(str(folder), f"this folder cannot be read ({error.strerror}). Ask for the right to read it.")
        return
    ids = Counter(note_id_of(name) for name, is_folder in entries if not is_folder)
    here = (status.st_dev, status.st_ino)
    if here in above:
        # A link to a folder that it lies in.
        return
    for name, is_folder in entries:
        path = folder / name
        if is_passed_over(name) or (skip and path.resolve() in skip):
            continue
        if is_folder:
            yield from _below(path, (*parents, name), skip, above | {here})
        elif path.is_file():
            yield FileInput(path, "/".join((*parents, name)), named=False, twin=ids[note_id_of(name)] > 1)
        else:
            yield Unreadable(str(path), "this is no file (a broken link, a pipe or a device). Remove it, or name it by itself.")


def is_passed_over(name: str) -> bool:
    """Whether a name in a folder is hidden, or a by-product of a system or a database."""
    return name.startswith((".", "~$")) or name.lower() in _OF_OTHERS or name.lower().endswith(_BESIDE)


def note_id_of(name: str) -> str:
    """Return the id of the note that is a file of its own: its path without ending, whatever bytes that is of."""
    plain = os.fsencode(name).decode("utf-8", "backslashreplace")
    path = PurePosixPath(_PACKED.sub("", plain))
    return str(path.with_name(_ENDING.sub("", path.name) or path.name))


def unpacked_name(name: str) -> str:
    """Return a file's name without the ending of its packing."""
    return _PACKED.sub("", name)


def total_size(inputs: Sequence[str | Path], options: ReadOptions) -> int | None:
    """Return the bytes of all files; None where standard input, a pipe or a server is among them."""
    total = 0
    for item in inputs:
        path = file_of_url(str(item)) if is_url(str(item)) else Path(item)
        if str(item) == "-" or path is None or not (path.is_dir() or path.is_file()):
            return None
        total += sum(file.path.stat().st_size for file in files_of(path, options) if isinstance(file, FileInput))
    return total
