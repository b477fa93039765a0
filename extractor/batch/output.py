"""The output: written whole beside its place, then put there at once."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from extractor.batch.ledger import Ledger
from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers import OutputError, Stamp, Writer
from extractor.batch.writers import publish as put_in_place

__all__ = ["check_target", "ledger_path", "lock_path", "own_files", "publish", "scratch_folder"]

_PUBLISHED = "published"


def ledger_path(target: Path) -> Path:
    """Return where the ledger of an output lies."""
    return target.with_name(target.name + ".ledger")


def lock_path(target: Path) -> Path:
    """Return where the lock of an output lies."""
    return target.with_name(target.name + ".lock")


def check_target(target: Path, inputs: Iterable[str | Path] = (), *, folder_format: bool = False) -> None:
    """Refuse an output that cannot be written, or that would take the place of what is no output, before anything is read.

    Args:
        target: the output.
        inputs: what is read: none of it may be overwritten.
        folder_format: the output is a folder, which replaces the one that is there.

    Raises:
        OutputError: saying what to do.
    """
    for item in inputs:
        _spare(target, item)
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{folder}: there is no such folder. Make it first, or give another --output.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: this folder cannot be written. Ask for the right, or give another --output.")
    if target.is_dir() and not folder_format:
        raise OutputError(f"{target}: this is a folder, and the output is a file. Give another --output.")
    if target.exists() and folder_format:
        # The folder is replaced whole: what lies in it and is not ours would be gone.
        if not target.is_dir():
            raise OutputError(f"{target}: this is a file, and the output is a folder. Give another --output.")
        if any(target.iterdir()) and not ledger_path(target).exists():
            raise OutputError(f"{target}: this folder holds something else, which the output would replace. Give another --output.")


def _spare(target: Path, item: str | Path) -> None:
    """Refuse to write over an input, or over a folder that holds one."""
    from extractor.batch.readers.sql import file_of_url, is_url

    name = str(item)
    path = file_of_url(name) if is_url(name) else Path(name)
    if name == "-" or path is None or not path.exists() or not target.exists():
        return
    given, output = path.resolve(), target.resolve()
    if output == given or (target.is_dir() and given.is_relative_to(output)) or target.samefile(path):
        raise OutputError(f"{target}: this is an input, which the output would replace. Give another --output.")


def own_files(ledger: Ledger, target: Path) -> frozenset[Path]:
    """Return what an output consists of: a folder of notes may hold it, and it is no note."""
    names = {target, ledger.path, lock_path(target), _staging(target), _scratch(target)}
    names |= {ledger.path.with_name(ledger.path.name + ending) for ending in ("-wal", "-shm")}
    return frozenset(path.absolute() for path in (*names, *_published(ledger)))


@contextlib.contextmanager
def scratch_folder(target: Path) -> Iterator[Path]:
    """A folder beside the output, the user's alone, for rows that have to be sorted on disk; removed at the end."""
    folder = _scratch(target)
    _remove(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder)


def _staging(target: Path) -> Path:
    return target.with_name(f".{target.name}.staging")


def _scratch(target: Path) -> Path:
    return target.with_name(f".{target.name}.scratch")


def publish(ledger: Ledger, writer: Writer, target: Path, stamp: Stamp, *, form: str, inputs: Iterable[str | Path] = ()) -> list[Path]:
    """Write the output anew from the ledger, if it would differ from what lies there.

    Every file is written in a folder beside the output and synced before the first takes its place, the main one
    last: whoever reads the output sees the old one or the new one, whole.

    Args:
        form: name of the writer's format; the same answers in another format are another output.
        inputs: what was read, of which nothing is overwritten.

    Returns:
        the output's files.

    Raises:
        OutputError: if there is no room or no right to write.
    """
    # Without the day: an output that would be the same but for it stays as it is.
    state = f"{ledger.fingerprint()} {stamp.run_id} {form}"
    files = _unchanged(ledger, state)
    if files is not None:
        return files
    staging = _staging(target)
    try:
        _remove(staging)
        staging.mkdir(mode=0o700)
        pairs = writer.write(_rows(ledger, writer), target, staging, stamp)
        for staged, final in pairs:
            for item in inputs:
                _spare(final, item)
            _sync(staged)
        put_in_place(pairs)
        _sync(target.parent)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror or 'it cannot be written'}. What is read stays in the ledger; run the same command again.") from None
    finally:
        with contextlib.suppress(OSError):
            _remove(staging)
    finals = [final for _staged, final in pairs]
    ledger.put(_PUBLISHED, "\n".join([state, *(f"{_size(final)} {final.name}" for final in finals)]))
    return finals


def _rows(ledger: Ledger, writer: Writer) -> Iterator[Row | Quarantined]:
    return chain(ledger.rows(with_text=writer.needs_text), ledger.quarantine())


def _published(ledger: Ledger) -> dict[Path, int]:
    """Return the files of the output as it was last written, with their sizes."""
    lines = (ledger.get(_PUBLISHED) or "").split("\n")[1:]
    sizes = (line.partition(" ") for line in lines)
    return {ledger.path.with_name(name): int(size) for size, _, name in sizes}


def _unchanged(ledger: Ledger, state: str) -> list[Path] | None:
    """Return the files of the present output if they are what would be written."""
    if (ledger.get(_PUBLISHED) or "").split("\n")[0] != state:
        return None
    files = _published(ledger)
    if any(not file.exists() or _size(file) != size for file, size in files.items()):
        return None
    return list(files)


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _sync(path: Path) -> None:
    """Have the system write a file, or a folder's files and list, to the disk."""
    if path.is_dir():
        for child in path.iterdir():
            if child.is_file():
                _sync(child)
        if os.name == "nt":
            return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
