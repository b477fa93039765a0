"""The workers: processes that answer tasks, seen from the side that hands the tasks out.

Blocks of tasks go in and come out in the same order. A worker that dies costs the note it was reading one more try,
alone in a new process, and no other note anything; a note that outlasts its time is stopped.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

from extractor.batch.worker import Answer, Setup, Task, work
from extractor.failures import UserError

__all__ = ["Block", "Pool", "WorkersFailed"]

_CHUNK_NOTES = 16
_CHUNK_CHARACTERS = 64_000
"""What a worker gets at once: enough that the pipe costs nothing, little enough that no other waits at the end."""

_AHEAD_CHARACTERS = 16_000_000
_AHEAD_BLOCKS = 16
"""How far reading may run ahead of the slowest answer, which bounds the memory of a run."""

_GRACE = 10.0
"""Seconds beyond a note's own time before its process is killed: code that no signal interrupts."""

_START_TIME = 120.0
_LONGEST_SOCKET = 104
"""Bytes of a Unix socket's name, with its end: 104 on macOS and BSD, 108 on Linux."""
_SOCKET_BELOW = len("/pymp-xxxxxxxx/listener-xxxxxxxx")
_TRIES = 3


class WorkersFailed(UserError):
    """Workers cannot be started, or one after the other dies; the message says what to do."""


class Block(Protocol):
    """Some tasks that are answered together."""

    tasks: Sequence[Task]
    answers: list[Answer | None]


AnyBlock = TypeVar("AnyBlock", bound=Block)


class _Chunk:
    """Tasks of one block that one worker takes at once."""

    def __init__(self, block: Block, indices: list[int], tries: int = 0):
        self.block = block
        self.indices = indices
        self.tries = tries

    def tasks(self) -> list[Task]:
        return [self.block.tasks[index] for index in self.indices]


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any, setup: Setup):
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, setup), daemon=True, name="tpi-worker")
        self.process.start()
        theirs.close()
        self.ready = False
        self.chunk: _Chunk | None = None
        self.deadline = time.monotonic() + _START_TIME

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _start_method() -> str:
    """Return how processes are started.

    A fork server listens at a socket among the temporary files, and the system limits the length of its name: below a
    long TMPDIR, as clusters and job schedulers like them, each process is started anew.
    """
    socket_name = len(os.fsencode(tempfile.gettempdir())) + _SOCKET_BELOW
    fits = socket_name < _LONGEST_SOCKET
    return "forkserver" if fits and "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


class Pool:
    """Worker processes; started when the first task comes, stopped at the end of the ``with`` block."""

    def __init__(self, setup: Setup, workers: int):
        self._setup = setup
        self._size = max(1, workers)
        self._workers: list[_Worker] = []
        self._waiting: deque[_Chunk] = deque()
        self._failed_starts = 0
        method = _start_method()
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":
            # Imported once, shared by every worker's memory.
            self._context.set_forkserver_preload(["extractor.batch.worker", "extractor.api"])

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers.clear()

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.process.pid for worker in self._workers if worker.process.pid]

    def map(self, blocks: Iterable[AnyBlock]) -> Iterator[AnyBlock]:
        """Give each block back, in order, as soon as every task of it has its answer.

        Raises:
            WorkersFailed: if no worker can be started.
        """
        source = iter(blocks)
        ahead: deque[AnyBlock] = deque()
        size = 0
        more = True
        while more or ahead:
            while more and len(ahead) < _AHEAD_BLOCKS and size < _AHEAD_CHARACTERS:
                block = next(source, None)
                if block is None:
                    more = False
                    break
                ahead.append(block)
                size += _size(block)
                self._queue(block)
                self._attend(0)
                if ahead[0] is block and _done(block):
                    break
            while ahead and _done(ahead[0]):
                block = ahead.popleft()
                size -= _size(block)
                yield block
            if ahead and not (more and len(ahead) < _AHEAD_BLOCKS and size < _AHEAD_CHARACTERS):
                self._attend(1.0)

    def _queue(self, block: Block) -> None:
        indices: list[int] = []
        length = 0
        for index, task in enumerate(block.tasks):
            if block.answers[index] is not None:
                continue  # the gate has answered it, or the ledger
            if indices and (len(indices) == _CHUNK_NOTES or length + len(task.text) > _CHUNK_CHARACTERS):
                self._waiting.append(_Chunk(block, indices))
                indices, length = [], 0
            indices.append(index)
            length += len(task.text)
        if indices:
            self._waiting.append(_Chunk(block, indices))

    def _attend(self, seconds: float) -> None:
        """Hand out what waits, take what is answered, and see to the dead and the stuck."""
        needed = len(self._waiting) + sum(worker.chunk is not None for worker in self._workers)
        while len(self._workers) < min(self._size, needed):
            self._workers.append(_Worker(self._context, self._setup))
        self._hand_out()
        listening: dict[Connection, _Worker] = {worker.pipe: worker for worker in self._workers}
        if not listening:
            return
        for pipe in wait(list(listening), timeout=seconds):
            self._hear(listening[pipe])  # type: ignore[index]
        now = time.monotonic()
        for worker in list(self._workers):
            if (worker.chunk is not None or not worker.ready) and now > worker.deadline:
                self._lost(worker, stuck=True)
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in list(self._workers):
            if not self._waiting:
                return
            if worker.ready and worker.chunk is None:
                chunk = self._waiting.popleft()
                worker.chunk = chunk
                worker.deadline = time.monotonic() + self._setup.note_timeout + _GRACE
                try:
                    worker.pipe.send(chunk.tasks())
                except OSError:
                    self._lost(worker)

    def _hear(self, worker: _Worker) -> None:
        try:
            while worker.pipe.poll():
                self._take(worker, worker.pipe.recv())
        except (EOFError, OSError):
            self._lost(worker)

    def _take(self, worker: _Worker, message: Any) -> None:
        if message == "ready":
            worker.ready = True
            self._failed_starts = 0
            return
        position, answer = message
        chunk = worker.chunk
        assert chunk is not None
        chunk.block.answers[chunk.indices[position]] = answer
        worker.deadline = time.monotonic() + self._setup.note_timeout + _GRACE
        if position == len(chunk.indices) - 1:
            worker.chunk = None

    def _lost(self, worker: _Worker, *, stuck: bool = False) -> None:
        """Replace a worker that died or hangs; the note it was at gets one more try, alone."""
        self._workers.remove(worker)
        with contextlib.suppress(OSError):
            worker.kill()
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts > 2 * self._size:
                raise WorkersFailed(
                    "Worker processes die before they have read a note. Is there memory enough? "
                    "Try `tpi extract` on one note, and --workers 1."
                )
            return
        chunk = worker.chunk
        if chunk is None:
            return
        left = [index for index in chunk.indices if chunk.block.answers[index] is None]
        if not left:
            return
        suspect, others = left[0], left[1:]
        if others:
            self._waiting.appendleft(_Chunk(chunk.block, others))
        if stuck:
            reason = f"It took longer than {self._setup.note_timeout:g} s and its process had to be stopped."
            chunk.block.answers[suspect] = Answer(None, "time", reason=reason)
        elif chunk.tries + 1 >= _TRIES:
            reason = f"The process that read it died, {_TRIES} times. Is there memory enough?"
            chunk.block.answers[suspect] = Answer(None, "worker", reason=reason)
        else:
            self._waiting.appendleft(_Chunk(chunk.block, [suspect], chunk.tries + 1))


def _done(block: Block) -> bool:
    return all(answer is not None for answer in block.answers)


def _size(block: Block) -> int:
    return sum(len(task.text) for task in block.tasks)
