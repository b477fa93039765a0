"""How a run tells of itself: a bar on a terminal, else log lines; counts and ids, never words of a note."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from extractor.batch.ledger import NewQuarantine
from extractor.batch.readers.base import Meter

__all__ = ["BarListener", "LogListener", "Logger"]

LogFormat = Literal["text", "json"]

_LOG_EVERY = 30.0
"""Seconds between progress lines in a log."""

_MAX_LISTED = 100
"""More lines than these of one event are counted, not listed: a broken export must not fill the log."""


class Logger:
    """One event a line: ``key=value`` pairs or JSON."""

    def __init__(self, form: LogFormat = "text", stream: TextIO | None = None):
        self._form = form
        self._stream = stream or sys.stderr

    def __call__(self, event: str, level: str = "info", **fields: Any) -> None:
        """Write an event with its fields."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        fields = {key: value for key, value in fields.items() if value is not None}
        entry = {"time": now, "level": level, "event": event, **fields}
        if self._form == "json":
            line = json.dumps(entry, ensure_ascii=False)
        else:
            line = " ".join((now, level, event, *(f"{key}={_quoted(value)}" for key, value in fields.items())))
        self._stream.write(line + "\n")
        self._stream.flush()


class LogListener:
    """A run in a log: its beginning, a line every half minute, what was quarantined, its end."""

    def __init__(self, logger: Logger):
        self._log = logger
        self._began = self._told = time.monotonic()
        self._listed: Counter[str] = Counter()

    def began(self, run: int, versions: str) -> None:
        self._began = self._told = time.monotonic()
        self._log("run-began", run=run, versions=versions)

    def advanced(self, counts: Counter[str]) -> None:
        now = time.monotonic()
        if now - self._told >= _LOG_EVERY:
            self._told = now
            self._log("progress", rate=round(counts["notes"] / (now - self._began), 1), **counts)

    def warned(self, source: str, note_id: str, warning: str) -> None:
        self._list("note-warning", source=source, note_id=note_id, warning=warning)

    def quarantined(self, entry: NewQuarantine) -> None:
        self._list("quarantined", source=entry.source, note_id=entry.note_id, stage=entry.stage, reason=entry.reason)

    def _list(self, event: str, **fields: Any) -> None:
        self._listed[event] += 1
        if self._listed[event] <= _MAX_LISTED:
            self._log(event, "warning", **fields)
        elif self._listed[event] == _MAX_LISTED + 1:
            self._log(event, "warning", reason="more of these are counted, not listed; see `tpi status`")

    def writing(self) -> None:
        self._log("writing-output")


class BarListener:
    """A run on a terminal: one line that is redrawn."""

    def __init__(self, meter: Meter):
        """``meter``: how far the reading is, in bytes; its total is known once the reading begins."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
            TextColumn("{task.fields[said]}"), TimeElapsedColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("reading", total=None, said="")
        self._meter = meter
        self._began = time.monotonic()

    def began(self, run: int, versions: str) -> None:
        self._began = time.monotonic()
        self._bar.start()

    def advanced(self, counts: Counter[str]) -> None:
        rate = counts["notes"] / max(time.monotonic() - self._began, 1e-6)
        words = [f"{counts['notes']:,} notes", f"{rate:,.0f}/s"]
        words += [f"{counts[name]:,} {name}" for name in ("supported", "review", "none", "unchanged", "quarantined") if counts[name]]
        self._bar.update(self._task, completed=self._meter.done, total=self._meter.total, said=" · ".join(words))

    def warned(self, source: str, note_id: str, warning: str) -> None:
        """The closing summary counts them."""

    def quarantined(self, entry: NewQuarantine) -> None:
        """The closing summary counts them, `tpi status` lists them."""

    def writing(self) -> None:
        self._bar.update(self._task, description="writing")

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._bar.stop()


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(char in text for char in ' "=') else text
