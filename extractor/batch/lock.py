"""One run on one output at a time."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from extractor.failures import UserError

__all__ = ["AlreadyRunning", "OutputLock", "is_held"]

_PATIENCE = 1.0
"""Seconds: who only asks whether the lock is held holds it for a moment."""


class AlreadyRunning(UserError):
    """Another run holds this output."""


class OutputLock:
    """A lock that the operating system takes back when its holder dies, however it dies."""

    def __init__(self, path: Path, output: Path):
        """Args: path: the lock's file. output: what it guards, for the message."""
        self._output = output
        self._lock = FileLock(path)

    def __enter__(self) -> OutputLock:
        try:
            self._lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise AlreadyRunning(
                f"{self._output}: another run writes to this output. Wait until it ends, or stop it."
            ) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.release()


def is_held(path: Path) -> bool:
    """Say whether a run holds a lock; yes, too, where one may not ask."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False
