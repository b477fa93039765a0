"""A run's closing summary and an output's status, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extractor.batch.run import Summary
from extractor.batch.status import Status
from extractor.report.quotes import visible

__all__ = ["print_status", "print_summary"]

_ANSWERS = (
    ("supported", "the note proves the code"),
    ("review", "the note does not settle the code"),
    ("none", "no trigger point injection performed"),
)
_STAGES = {
    "read": "could not be read",
    "extract": "broke the extractor",
    "time": "took too long",
    "worker": "its process died",
    "write": "its result does not fit the output's format; see the output's quarantine",
}
_FATES = (
    ("new", "read for the first time"),
    ("changed", "read again: text, metadata or versions changed"),
    ("unchanged", "done before, not read again"),
    ("repeated", "the same note twice in the input"),
    ("gated", "of those read: no word of needles, answered by the relevance gate"),
)


def print_summary(summary: Summary, console: Console) -> None:
    """Print what a run did."""
    _print(console, lambda: _print_summary(summary, console))


def print_status(status: Status, console: Console) -> None:
    """Print an output's runs, counts, review queue and quarantine."""
    _print(console, lambda: _print_status(status, console))


def _print(console: Console, show: Callable[[], None]) -> None:
    """Print without the blanks that fill a table's cells: nobody who copies it wants those."""
    with console.capture() as captured:
        show()
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _print_summary(summary: Summary, console: Console) -> None:
    counts = summary.counts
    table = _table()
    rate = f"{counts['notes'] / summary.seconds:,.0f} notes/s" if summary.seconds else ""
    table.add_row("notes in the input", f"{counts['notes']:,}", f"in {_duration(summary.seconds)}, {rate}".rstrip(", "))
    for name, meaning in _FATES:
        if counts[name]:
            table.add_row(f"  {name}", f"{counts[name]:,}", meaning)
    if counts["warnings"]:
        table.add_row("  warnings", f"{counts['warnings']:,}", "something about a note could not be used; --log-format text lists them")
    if any(counts[name] for name, _ in _ANSWERS):
        table.add_section()
    for name, meaning in _ANSWERS:
        if counts[name]:
            table.add_row(name, f"{counts[name]:,}", meaning)
    _add_codes(table, {name.removeprefix("code."): counts[name] for name in sorted(counts) if name.startswith("code.")})
    if counts["quarantined"]:
        table.add_section()
        table.add_row("quarantined", f"{counts['quarantined']:,}", "have no answer; the reasons are in the quarantine")
        for stage, meaning in _STAGES.items():
            if number := counts[f"quarantined.{stage}"]:
                table.add_row(f"  {stage}", f"{number:,}", meaning)
    console.print(table)
    for path in summary.outputs:
        console.print(Text(f"wrote {path}"), soft_wrap=True)


def _print_status(status: Status, console: Console) -> None:
    console.print(Text(f"{status.output}: {status.notes:,} notes", style="bold"), soft_wrap=True)
    table = _table()
    for name, meaning in _ANSWERS:
        if number := status.by_status.get(name):
            table.add_row(name, f"{number:,}", meaning)
    _add_codes(table, status.by_code)
    if len(status.by_version) > 1:
        table.add_section()
        for name, number in status.by_version.items():
            table.add_row("answered by", f"{number:,}", name)
    console.print(table)
    _print_list(console, "Runs, the last first", ("run", "began (UTC)", "state", "notes", "new", "changed", "quarantined"), (
        (str(line.run), line.began.replace("+00:00", ""), line.state, *(_shown(line.counts, name) for name in ("notes", "new", "changed", "quarantined")))
        for line in status.runs
    ))  # fmt: skip
    waiting = status.by_status.get("review", 0)
    _print_list(console, f"Review queue: {waiting:,}", ("note", "code now", "muscles", "source"), (
        (line.note_id, line.code or "none yet", f"{line.low} to {line.high}", line.source) for line in status.review
    ), rest=waiting - len(status.review))  # fmt: skip
    _print_quarantine(console, status)


def _add_codes(table: Table, by_code: Mapping[str, int]) -> None:
    if by_code:
        table.add_section()
    for code, number in by_code.items():
        table.add_row(f"code {code}", f"{number:,}", "supported or in review")


def _table() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(style="dim")
    return table


def _print_list(console: Console, title: str, heads: Iterable[str], rows: Iterable[tuple[str, ...]], rest: int = 0) -> None:
    lines = list(rows)
    console.print()
    console.print(Text(title, style="bold"))
    if not lines:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for line in lines:
        table.add_row(*(Text(visible(cell)) for cell in line))
    console.print(table)
    _print_rest(console, rest)


def _print_quarantine(console: Console, status: Status) -> None:
    """Print each entry as its place and, below it, its reason: paths and reasons are too long for columns."""
    console.print()
    console.print(Text(f"Quarantine: {status.quarantined:,}", style="bold"))
    for line in status.quarantine:
        note = f", note {line['note_id']}" if line["note_id"] else ""
        console.print(Text(visible(f"{line['stage']}  {line['source']}{note}")), soft_wrap=True)
        console.print(Padding(Text(visible(line["reason"]), style="dim"), (0, 0, 0, 6)))
    _print_rest(console, status.quarantined - len(status.quarantine))


def _print_rest(console: Console, rest: int) -> None:
    if rest > 0:
        console.print(Text(f"… and {rest:,} more (--queue N, or --json)", style="dim"))


def _shown(counts: Mapping[str, int], name: str) -> str:
    return f"{counts.get(name, 0):,}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
