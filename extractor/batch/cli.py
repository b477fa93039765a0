"""``tpi batch`` and ``tpi status``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

__all__ = ["batch", "cores", "mapping", "status"]

_SOME_UNREAD = 1


def batch(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", show_default=False, help="Files, folders, - or a database's URL.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Its ending picks the format: .jsonl, .parquet, .csv, .duckdb, .sqlite …")],
    form: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="The format, whatever the ending.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read notes; default one for each core.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME|FILE", help="See `tpi policy list`.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting of the policy; repeatable.")] = None,
    lexicon_dir: Annotated[list[Path] | None, typer.Option("--lexicon-dir", metavar="DIR", help="A practice's own words; repeatable.")] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Where a table has other column names: text=NOTE_TEXT,note_id=NOTE_ID.")] = None,
    group_by: Annotated[str | None, typer.Option(metavar="COLUMN", help="Rows with the same value are one note.")] = None,
    order_by: Annotated[str | None, typer.Option(metavar="COLUMN", help="The order of the rows of one note.")] = None,
    query: Annotated[str | None, typer.Option(metavar="SQL", help="What to read from a database.")] = None,
    table: Annotated[str | None, typer.Option(metavar="NAME", help="The table to read from a database.")] = None,
    date_format: Annotated[str | None, typer.Option(metavar="FORMAT", help="How dates are written, such as %d.%m.%Y.")] = None,
    gate: Annotated[bool, typer.Option("--gate/--no-gate", help="Answer notes without any word of needles at once.")] = True,
    with_text: Annotated[bool, typer.Option("--with-text", help="Keep each note's text in its result.")] = False,
    no_text: Annotated[bool, typer.Option("--no-text", help="No word of a note in its result: offsets, ids and codes only.")] = False,
    note_timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="What takes longer is quarantined.")] = 60.0,
    redo: Annotated[bool, typer.Option("--redo", help="Read every note again.")] = False,
    engine: Annotated[str, typer.Option(metavar="local|spark", help="spark: Parquet to Parquet on a cluster (extra spark).")] = "local",
    log_format: Annotated[str | None, typer.Option(metavar="text|json", help="Log lines instead of a progress bar.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")] = False,
) -> None:  # fmt: skip
    """Read many notes, each once; a second run reads only what is new or changed."""
    from extractor.batch.readers.base import Meter, ReadOptions
    from extractor.batch.run import RunOptions, run_batch
    from extractor.coding import resolve_policy

    meter = Meter()
    options = RunOptions(
        workers=workers or cores(),
        policy=resolve_policy(policy, settings),
        lexicon_dirs=tuple(lexicon_dir or ()),
        read=ReadOptions(mapping(columns), group_by, order_by, query, table, date_format, meter=meter),
        format=form,
        gate=gate,
        with_text=with_text,
        no_text=no_text,
        note_timeout=note_timeout,
        redo=redo,
    )
    if engine == "spark":
        _on_spark(inputs, output, options)
        return
    if engine != "local":
        raise typer.BadParameter("it is local or spark.", param_hint="--engine")
    signal.signal(signal.SIGTERM, _interrupt)  # the scheduler's stop is as orderly as Ctrl-C
    listener, logger = _listener(log_format, quiet, meter)
    try:
        summary = run_batch(inputs, output, options, listener)
    except KeyboardInterrupt:
        typer.echo("tpi: stopped. What is read stays in the ledger; run the same command again to finish.", err=True)
        raise typer.Exit(130) from None
    finally:
        if hasattr(listener, "stop"):
            listener.stop()
    if logger is not None:
        logger("run-ended", run=summary.run, state=summary.state, seconds=round(summary.seconds, 1), **summary.counts)
    elif not quiet:
        from rich.console import Console

        from extractor.report.batch import print_summary

        print_summary(summary, Console(stderr=True, highlight=False))
    if number := summary.counts["quarantined"]:
        typer.echo(f"tpi: {_notes(number)} could not be read; see `tpi status {output}`.", err=True)
        raise typer.Exit(_SOME_UNREAD)


def status(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The output of a batch.")],
    queue: Annotated[int, typer.Option(min=0, metavar="N", help="Entries of the review queue and the quarantine to show.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="As JSON, whole.")] = False,
) -> None:  # fmt: skip
    """A batch's runs, counts, review queue and quarantine."""
    from extractor.batch.status import read_status

    if json:
        from dataclasses import asdict
        from json import dumps

        whole = read_status(output, runs=-1, queue=-1)
        typer.echo(dumps(asdict(whole), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from extractor.report.batch import print_status

    print_status(read_status(output, queue=queue), Console(highlight=False))


def _on_spark(inputs: list[str], output: Path, options: Any) -> None:
    from extractor.batch.spark import SparkError, run_spark
    from extractor.batch.textless import check_textless
    from extractor.batch.worker import Setup
    from extractor.batch.writers import format_of

    if format_of(output, options.format) != "parquet":
        raise SparkError("--engine spark writes Parquet: give an --output that ends in .parquet.")
    if options.no_text:
        check_textless("parquet", None, with_text=options.with_text)
    setup = Setup(options.policy, tuple(str(folder) for folder in options.lexicon_dirs), options.note_timeout, options.no_text)
    counts = run_spark(inputs, output, setup, options=options.read, gate=options.gate, with_text=options.with_text)
    typer.echo("  ".join(f"{number:,} {name}" for name, number in counts.items()), err=True)
    if number := counts["quarantined"]:
        typer.echo(f"tpi: {_notes(number)} could not be read; see the quarantine table beside {output}.", err=True)
        raise typer.Exit(_SOME_UNREAD)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapping(items: list[str] | None) -> dict[str, str]:
    """Return ``FIELD=COLUMN`` items as a mapping; one item may hold several, joined by commas."""
    columns: dict[str, str] = {}
    for part in (part for item in items or () for part in item.split(",")):
        name, separator, column = part.partition("=")
        if not separator or not name.strip() or not column.strip():
            raise typer.BadParameter(f"{part!r} is not FIELD=COLUMN, such as text=NOTE_TEXT.", param_hint="--map")
        columns[name.strip()] = column.strip()
    return columns


def _listener(log_format: str | None, quiet: bool, meter: Any) -> tuple[Any, Any]:
    from extractor.batch.progress import BarListener, Logger, LogListener

    if log_format not in (None, "text", "json"):
        raise typer.BadParameter("it is text or json.", param_hint="--log-format")
    if quiet:
        return None, None
    if log_format is None and sys.stderr.isatty():
        return BarListener(meter), None
    form: Literal["text", "json"] = "json" if log_format == "json" else "text"
    logger = Logger(form)
    return LogListener(logger), logger if log_format else None


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _notes(number: int) -> str:
    return "1 note" if number == 1 else f"{number:,} notes"
