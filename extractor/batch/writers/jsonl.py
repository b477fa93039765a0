"""JSON Lines: the contract's document as it is, one a line, plain or packed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import PLAIN_QUARANTINE, Staged, Stamp, quarantine_line, sibling

__all__ = ["JsonLinesWriter", "opened", "write_lines"]

Packing = Literal["", "gz", "zst"]
_BUFFER = 1 << 20
_GZIP_LEVEL = 6
_ZSTANDARD_LEVEL = 3


class JsonLinesWriter:
    """Every line is a result, unparsed. Quarantined notes go to ``OUT.quarantine.jsonl``, which is never packed."""

    needs_text = False
    refused = 0

    def __init__(self, packing: Packing = "") -> None:
        self._packing = packing

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        return write_lines(rows, target, staging, lambda row: row.json + b"\n", self._packing)


def write_lines(rows, target: Path, staging: Path, line_of, packing: Packing = "") -> list[Staged]:
    """Write what ``line_of`` makes of every row, and quarantined notes beside it.

    Args:
        rows: as a writer gets them.
        line_of: from a :class:`Row` to its bytes, line end included, or to a :class:`Quarantined` that stands for it.
        packing: ``gz``, ``zst`` or nothing.
    """
    aside = sibling(target, "quarantine", PLAIN_QUARANTINE)
    main, quarantine = Staged(staging / target.name, target), Staged(staging / aside.name, aside)
    with opened(main.staged, packing) as out, opened(quarantine.staged) as bad:
        for item in rows:
            line = item if isinstance(item, Quarantined) else line_of(item)
            if isinstance(line, Quarantined):
                bad.write(quarantine_line(line))
            else:
                out.write(line)
    return [quarantine, main]


@contextmanager
def opened(path: Path, packing: Packing = "") -> Iterator[BinaryIO]:
    """Open a file for writing bytes. Packed files carry neither name nor time, so that the same lines give the same bytes."""
    with path.open("wb", buffering=_BUFFER) as raw:
        if packing == "gz":
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as packed:
                yield packed
        elif packing == "zst":
            import zstandard

            compressor = zstandard.ZstdCompressor(level=_ZSTANDARD_LEVEL, write_checksum=True)
            with compressor.stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            yield raw
