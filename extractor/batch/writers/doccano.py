"""doccano: JSON Lines for a project of the type "sequence labeling".

Each line has ``text``, ``label`` (spans of code points and their labels), and what doccano keeps as metadata: ``note_id``
and ``source``. doccano has no attributes, so a label says both what it is and what the note says of it:
``Muscle/injected``, ``Area/finding``, ``Drug``. Spans may overlap: allow that in the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import Staged, Stamp, document, text_of
from extractor.batch.writers.jsonl import write_lines
from extractor.batch.writers.spans import Span, spans

__all__ = ["DoccanoWriter", "label_of"]


class DoccanoWriter:
    """One note a line."""

    needs_text = True
    refused = 0

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        return write_lines(rows, target, staging, _line)


def label_of(span: Span) -> str:
    """Return doccano's label for a span."""
    return f"{span.label}/{span.assertion}" if span.assertion else span.label


def _line(row: Row) -> bytes:
    found = document(row)
    labels = [[span.start, span.end, label_of(span)] for span in spans(found) if span.start < span.end]
    line = {"text": text_of(row, found), "label": labels, "note_id": row.note_id, "source": row.source}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
