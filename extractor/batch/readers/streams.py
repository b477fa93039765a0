"""Bytes of a file: counted, looked ahead at, and unpacked from gzip and Zstandard while they are read.

What is damaged says so only after everything before the damage was handed out, and then with an error, never with an
early end: a note that was cut would else pass for a whole one.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO

from extractor.batch.readers.base import Meter
from extractor.intake import IntakeError

__all__ = ["HEAD", "DamagedError", "HeadStream", "counted", "head_of", "unpacked"]

HEAD = 64 * 1024
"""Bytes that are looked at before a format is chosen."""

_CHUNK = 64 * 1024
_ZSTD_CHUNK = 2 * 1024
"""Packed bytes that are given to Zstandard at once: a block of four bytes may stand for 128 kB, and its decompressor
knows no limit, so this bounds the memory that a hostile archive can claim."""

_BOMB_RATIO = 2_000
_BOMB_FLOOR = 256 * 1024 * 1024
"""gzip packs a thousandfold at the very most; what unpacks to twice that is made to fill a disk."""

_NESTED = 3
GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"


class DamagedError(IntakeError):
    """The file cannot be read beyond this place; what came before is good."""


class _Raw(io.RawIOBase):
    def readable(self) -> bool:
        return True


class _Counted(_Raw):
    """A file whose bytes are counted, and whose failing disk is an error of the input."""

    def __init__(self, file: BinaryIO, meter: Meter) -> None:
        self._file, self._meter = file, meter

    def readinto(self, buffer) -> int:
        try:
            data = self._file.read1(len(buffer)) if hasattr(self._file, "read1") else self._file.read(len(buffer))
        except OSError as error:
            raise DamagedError(f"it cannot be read further ({error.strerror or 'input error'}).") from None
        buffer[: len(data)] = data
        self._meter.done += len(data)
        return len(data)


def counted(file: BinaryIO, meter: Meter) -> BinaryIO:
    """A file whose bytes are counted while they are read."""
    return io.BufferedReader(_Counted(file, meter), _CHUNK)


class HeadStream(_Raw):
    """A stream whose beginning is known before it is read."""

    def __init__(self, inner: BinaryIO, size: int = HEAD) -> None:
        self._inner, self._at = inner, 0
        self._late: IntakeError | None = None
        parts, length = [], 0
        try:
            while length < size and (part := _read_some(inner, size - length)):
                parts.append(part)
                length += len(part)
        except IntakeError as error:
            self._late = error
        self.head = b"".join(parts)

    def readinto(self, buffer) -> int:
        if self._at < len(self.head):
            data = self.head[self._at : self._at + len(buffer)]
            self._at += len(data)
        elif self._late is not None:
            raise self._late
        else:
            data = _read_some(self._inner, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _read_some(stream: BinaryIO, size: int) -> bytes:
    """At most ``size`` bytes in one step: a longer read that fails would take what it has already got with it."""
    return stream.read1(size) if hasattr(stream, "read1") else stream.read(size)


def head_of(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first bytes of a stream, and a stream that still has them."""
    raw = getattr(stream, "raw", None)
    if isinstance(raw, HeadStream) and raw._at == 0:
        return raw.head, stream
    if stream.seekable():
        place = stream.tell()
        head = stream.read(HEAD)
        stream.seek(place)
        return head, stream
    inner = HeadStream(stream)
    return inner.head, io.BufferedReader(inner, _CHUNK)


def unpacked(stream: BinaryIO) -> tuple[bytes, BinaryIO, bool]:
    """Take off gzip and Zstandard, also one within the other.

    Returns:
        The first bytes, the stream, and whether anything was taken off.
    """
    head, stream = head_of(stream)
    packed = False
    for _ in range(_NESTED):
        if head.startswith(GZIP):
            stream = io.BufferedReader(_Unpacked(stream, "gzip", _gzip()), _CHUNK)
        elif _is_zstd(head):
            stream = io.BufferedReader(_Unpacked(stream, "Zstandard", _zstd()), _CHUNK)
        else:
            break
        packed = True
        head, stream = head_of(stream)
    return head, stream, packed


def _is_zstd(head: bytes) -> bool:
    # The second kind is a skippable frame, with which parallel compressors begin.
    return head.startswith(ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F)


class _Unpacked(_Raw):
    """The content of an archive: frame after frame until the source ends."""

    def __init__(self, source: BinaryIO, kind: str, step: Callable[[bytes], tuple[bytes, bool]]) -> None:
        self._source, self._kind, self._step = source, kind, step
        self._ready = b""
        self._taken = self._given = 0
        self._chunk = _CHUNK if kind == "gzip" else _ZSTD_CHUNK

    def readinto(self, buffer) -> int:
        while not self._ready:
            data = self._source.read1(self._chunk)
            self._taken += len(data)
            self._ready, ended = self._unpack(data)
            if ended:
                break
        part = self._ready[: len(buffer)]
        self._ready = self._ready[len(part) :]
        buffer[: len(part)] = part
        self._given += len(part)
        if self._given > max(_BOMB_FLOOR, _BOMB_RATIO * self._taken):
            raise DamagedError(f"this {self._kind} archive unpacks to more than {_BOMB_RATIO:,} times its size. Unpack it yourself if you trust it.")
        return len(part)

    def _unpack(self, data: bytes) -> tuple[bytes, bool]:
        try:
            ready, whole = self._step(data)
        except _archive_errors():
            raise DamagedError(f"the {self._kind} archive is damaged here. Export or copy it again.") from None
        if not data and not ready:
            if not whole:
                raise DamagedError(f"the {self._kind} archive is cut off: its end is missing. Export or copy it again.")
            return b"", True
        return ready, False


def _archive_errors() -> tuple[type[Exception], ...]:
    import zstandard

    return zlib.error, zstandard.ZstdError


def _gzip() -> Callable[[bytes], tuple[bytes, bool]]:
    """One step of unpacking gzip: packed bytes in; plain bytes, and whether a member has just ended, out."""
    state = {"tool": zlib.decompressobj(31), "rest": b"", "fresh": True, "members": 0}

    def step(data: bytes) -> tuple[bytes, bool]:
        data = state["rest"] + data
        if state["fresh"] and state["members"]:
            # Tapes and some transfers fill up with zeros after the last member.
            data = data.lstrip(b"\0")
        if not data:
            state["rest"] = b""
            return b"", state["fresh"] and bool(state["members"])
        plain = state["tool"].decompress(data, 16 * _CHUNK)
        state["fresh"] = False
        state["rest"] = state["tool"].unconsumed_tail
        if state["tool"].eof:
            state["rest"] = state["tool"].unused_data
            state["tool"], state["fresh"] = zlib.decompressobj(31), True
            state["members"] += 1
        return plain, state["fresh"]

    return step


def _zstd() -> Callable[[bytes], tuple[bytes, bool]]:
    """The same for Zstandard."""
    import zstandard

    maker = zstandard.ZstdDecompressor()
    state = {"tool": maker.decompressobj(), "rest": b"", "fresh": True}

    def step(data: bytes) -> tuple[bytes, bool]:
        data = state["rest"] + data
        if not data:
            return b"", state["fresh"]
        plain = state["tool"].decompress(data)
        state["fresh"], state["rest"] = False, b""
        if state["tool"].eof:
            state["rest"] = state["tool"].unused_data
            state["tool"], state["fresh"] = maker.decompressobj(), True
        return plain, state["fresh"]

    return step
