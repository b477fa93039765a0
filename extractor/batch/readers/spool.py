"""Where a format needs to jump about in a file and gets a stream: a private copy.

The copy holds notes, so it lies only in the folder that the run names (beside its output, which holds them too), in a
folder that nobody else may enter, and goes when it has been read. What a killed run leaves is named ``.tpi-*``.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from extractor.batch.readers.base import ReadOptions
from extractor.intake import IntakeError

__all__ = ["MEMORY", "file_of", "private_folder", "seekable"]

MEMORY = 256 * 1024 * 1024
"""Bytes that are kept in memory where there is no folder for them."""


@contextmanager
def private_folder(scratch: Path) -> Iterator[Path]:
    """A folder of mode 0700 that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=".tpi-", dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def seekable(stream: BinaryIO, options: ReadOptions) -> Iterator[BinaryIO]:
    """The stream itself where it can seek, else a copy of it.

    Raises:
        IntakeError: if it does not fit into memory and there is no folder for it.
    """
    if stream.seekable():
        yield stream
    elif options.scratch is None:
        data = bytearray()
        while part := stream.read1(1 << 20):
            data += part
            if len(data) > MEMORY:
                raise IntakeError("this file is packed or comes through a pipe, and is too large to be read so. Unpack it, and give the file.")
        yield io.BytesIO(data)
    else:
        with private_folder(options.scratch) as folder, _copied(stream, folder).open("rb") as file:
            yield file


@contextmanager
def file_of(stream: BinaryIO, options: ReadOptions) -> Iterator[Path]:
    """The path of a stream's own file, or of a copy of it.

    Raises:
        IntakeError: if it has no file and there is no folder for a copy.
    """
    name = getattr(stream, "name", None)
    if isinstance(name, str | os.PathLike) and Path(name).is_file():
        yield Path(name)
    elif options.scratch is None:
        raise IntakeError("a database that is packed or comes through a pipe cannot be read. Unpack it, and give the file.")
    else:
        with private_folder(options.scratch) as folder:
            yield _copied(stream, folder)


def _copied(stream: BinaryIO, folder: Path) -> Path:
    copy = folder / "copy"
    with copy.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return copy
