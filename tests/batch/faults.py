"""Readers of notes that misbehave on a word, for the tests of the pool."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from extractor.batch.worker import Answer, Setup, Task


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
