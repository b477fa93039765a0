"""Reading processes: a note that takes too long, or that breaks the reader, costs one process and not the server."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from extractor.failures import UserError, place_of
from extractor.web.engine import Engine, Refused, Setup

__all__ = ["Abandoned", "Failed", "Readers", "TimeExceeded"]

_START_LIMIT = 120.0
_STOP_LIMIT = 2.0


class TimeExceeded(Exception):
    """A job took longer than it may; its process was ended."""


class Abandoned(Exception):
    """Whoever asked has gone while the job waited: a coder who types on wants the later answer only."""


class Failed(Exception):
    """A job broke; the message is type and place of the error, never its words."""


class _Reader:
    """One process and the pipe to it."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._process: Any = None
        self._pipe: Connection | None = None

    def start(self) -> None:
        """Start the process and wait until its pipeline is loaded.

        Raises:
            Refused: if the policy or the lexicon cannot be read.
            Failed: if it does not start.
        """
        # A fresh interpreter: a copy of a process with threads can lock itself up.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._setup), daemon=True, name="tpi-reader")
        self._process.start()
        theirs.close()
        self._take(_START_LIMIT)

    def do(self, job: str, arguments: tuple[Any, ...], limit: float) -> bytes:
        """Have a job done.

        Raises:
            TimeExceeded, Failed, Refused: as their names say.
        """
        if self._process is None or not self._process.is_alive():
            self.stop()
            self.start()
        try:
            self._pipe.send((job, arguments))
            return self._take(limit)
        except (EOFError, OSError) as error:
            self.stop()
            raise Failed(f"{type(error).__name__}: the reading process ended") from None

    def _take(self, limit: float) -> bytes:
        if not self._pipe.poll(limit):
            self.stop()
            raise TimeExceeded
        outcome, *rest = self._pipe.recv()
        if outcome == "refused":
            raise Refused(*rest)
        if outcome == "failed":
            raise Failed(*rest)
        return rest[0]

    def stop(self) -> None:
        """End the process, by force if need be."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.terminate()
            self._process.join(_STOP_LIMIT)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._process = self._pipe = None


class Readers:
    """Some reading processes; a job takes the one that is free the longest."""

    def __init__(self, setup: Setup, count: int) -> None:
        """Prepare; :meth:`start` starts them."""
        self._readers = [_Reader(setup) for _ in range(count)]
        self._free: asyncio.Queue[_Reader] = asyncio.Queue()

    async def start(self) -> None:
        """Start all of them and wait until they are ready."""
        await asyncio.gather(*(asyncio.to_thread(reader.start) for reader in self._readers))
        for reader in self._readers:
            self._free.put_nowait(reader)

    async def stop(self) -> None:
        """End all of them."""
        await asyncio.gather(*(asyncio.to_thread(reader.stop) for reader in self._readers))

    async def do(self, job: str, *arguments: Any, limit: float, wait: float, gone: Callable[[], Awaitable[bool]] | None = None) -> bytes:
        """Have a job done by the next free process.

        Args:
            job: name of a method of :class:`Engine`.
            arguments: what it takes.
            limit: seconds that it may take.
            wait: seconds to wait for a free process.
            gone: says whether the asker has gone; asked once a process is free.

        Raises:
            asyncio.TimeoutError: if no process became free.
            Abandoned: if the asker has gone.
            TimeExceeded, Failed, Refused: as their names say.
        """
        async with self._lease(wait) as reader:
            if gone is not None and await gone():
                raise Abandoned
            # Shielded: where the asker is gone, the job still ends before its process is given to the next.
            task = asyncio.ensure_future(asyncio.to_thread(reader.do, job, arguments, limit))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):
                    await task
                raise

    @contextlib.asynccontextmanager
    async def _lease(self, wait: float) -> AsyncIterator[_Reader]:
        async with asyncio.timeout(wait):
            reader = await self._free.get()
        try:
            yield reader
        finally:
            self._free.put_nowait(reader)


def _serve(pipe: Connection, setup: Setup) -> None:
    """Run in the process: load, then one job after the other until the server closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = Engine(setup)
    pipe.send(_done(engine.warm, ()))
    while True:
        try:
            job, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_done(getattr(engine, job), arguments))


def _done(job: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return "done", job(*arguments)
    except Refused as error:
        return "refused", error.problem, error.detail
    except UserError as error:
        return "refused", "policy", str(error)
    except Exception as error:
        return "failed", place_of(error)
