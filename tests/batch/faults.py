"""Readers of notes that misbehave on a word, for the tests of the pool."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from extractor.batch.worker import Answer, Setup, Task, read


def misbehave(task: Task, setup: Setup) -> Answer:
    """Echo a note, unless its text says to die, to die once, or to hang where no signal reaches."""
    if task.text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task.text.startswith("die once:") and not (mark := Path(task.text.removeprefix("die once:"))).exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if task.text == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(600)
    return Answer(task.text.encode(), "none")


def slow_once(task: Task, setup: Setup) -> Answer:
    """Read a note as ever, unless it says which file must be there first: without it the note never ends."""
    first = task.text.partition("\n")[0]
    if first.startswith("wait for ") and not Path(first.removeprefix("wait for ")).exists():
        return Answer(None, "time", reason="It took longer than 1 s (--note-timeout).")
    return read(task, setup)


def breaks(task: Task, setup: Setup) -> Answer:
    """Fail on every note."""
    return Answer(None, "extract", reason="KeyError in spelling.py:1: an error in this program. Please report it.")
