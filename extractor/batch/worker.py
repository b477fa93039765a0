"""One process that reads notes: tasks come through a pipe, answers go back one at a time.

It holds nothing but the pipeline. Where its parent dies, the pipe closes and it leaves.
"""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from typing import NamedTuple

from extractor.coding.policy import Policy
from extractor.failures import place_of

__all__ = ["Answer", "Setup", "Task", "work"]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is the same for every note of a run."""

    policy: Policy
    lexicon_dirs: tuple[str, ...] = ()
    note_timeout: float = 60.0
    """Seconds that one note may take."""
    no_text: bool = False
    """Results hold no word of their notes (:mod:`extractor.textless`)."""
    reader: Callable[[Task, Setup], Answer] | None = None
    """Who reads a note instead of :func:`read`; a function of a module, since it goes to another process."""


class Task(NamedTuple):
    """One note to read."""

    note_id: str
    text: str
    date_of_service: date | None
    patient_id: str | None
    provider_id: str | None
    keep_text: bool


class Answer(NamedTuple):
    """What became of a task: the contract's document on one line, or why there is none."""

    json: bytes | None
    status: str = ""
    """``supported``, ``review`` or ``none``; the stage of quarantine where there is no document."""
    code: str | None = None
    low: int = 0
    high: int = 0
    reason: str = ""
    seconds: float = 0.0


class _TooLong(BaseException):
    """No :class:`Exception`, so that no handler on the way catches it."""


def work(pipe: Connection, setup: Setup) -> None:
    """Answer tasks until the pipe closes. Messages: ``ready`` first, then ``(index, answer)`` for each task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        from extractor import api

        api.extract("", policy=setup.policy, lexicon_dirs=setup.lexicon_dirs)
        gc.collect()
        gc.freeze()  # the lexicon stays: no collection has to walk it again and again
        pipe.send("ready")
        answer = setup.reader or read
        while True:
            for index, task in enumerate(pipe.recv()):
                pipe.send((index, answer(task, setup)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone; what it had is in its ledger


def read(task: Task, setup: Setup) -> Answer:
    """Read one note within its time; an error of the extractor becomes an answer that says where."""
    from extractor import api

    began = time.perf_counter()
    try:
        with _Limit(setup.note_timeout):
            result = api.extract(
                task.text, note_id=task.note_id, date_of_service=task.date_of_service, patient_id=task.patient_id,
                provider_id=task.provider_id, policy=setup.policy, lexicon_dirs=setup.lexicon_dirs,
            )  # fmt: skip
            if setup.no_text:
                from extractor.textless import without_text

                result = without_text(result)
            elif task.keep_text:
                result.text = task.text
            decision = result.decision
            document = result.model_dump_json().encode()
    except _TooLong:
        return Answer(None, "time", reason=f"It took longer than {setup.note_timeout:g} s (--note-timeout).")
    except Exception as error:
        return Answer(None, "extract", reason=f"{place_of(error)}: an error in this program. Please report it.")
    count = decision.muscle_count
    return Answer(
        document, decision.status, decision.code, count.low, count.high, seconds=time.perf_counter() - began
    )  # fmt: skip


class _Limit:
    """A wall-clock limit on a block of Python code; where the system has no timer, the pool's watchdog remains."""

    def __init__(self, seconds: float):
        self.seconds = seconds if hasattr(signal, "setitimer") else 0.0

    def __enter__(self) -> None:
        if self.seconds:
            signal.signal(signal.SIGALRM, _raise)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        if self.seconds:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _raise(*_: object) -> None:
    raise _TooLong

