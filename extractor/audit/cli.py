"""``tpi audit``."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extractor.failures import UserError

if TYPE_CHECKING:
    from extractor.audit.models import Audit
    from extractor.audit.sampling import Sample

__all__ = ["AuditError", "audit"]

_SOME_UNREAD = 1
_SHOWN = 8


class AuditError(UserError):
    """An audit that cannot be made as asked; the message says what to do."""


def audit(
    notes: Annotated[str, typer.Argument(metavar="NOTES", show_default=False, help="A finished batch's output, or notes as `tpi batch` reads them.")],
    claims: Annotated[list[str], typer.Option("--claims", "-c", metavar="CLAIMS", help="Table, workbook, database, FHIR or X12 837P; repeatable.")],
    output: Annotated[list[Path], typer.Option("--output", "-o", metavar="OUT", help=".html, .xlsx, .duckdb, or a folder for everything; repeatable.")],
    columns: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="The claims' columns: code=CPT,units=QTY.")] = None,
    note_columns: Annotated[list[str] | None, typer.Option("--map-notes", metavar="FIELD=COLUMN", help="The notes' columns: text=NOTE_TEXT.")] = None,
    query: Annotated[str | None, typer.Option(metavar="SQL", help="What to read from a database of claims.")] = None,
    table: Annotated[str | None, typer.Option(metavar="NAME", help="The table or sheet of the claims.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME|FILE", help="Of payers without one of their own.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting of the policy; repeatable.")] = None,
    payers: Annotated[Path | None, typer.Option(metavar="FILE", help="Which policy each payer has: columns payer, policy.")] = None,
    fees: Annotated[Path | None, typer.Option(metavar="FILE", help="Prices: columns code, amount, and perhaps payer, from, to.")] = None,
    basis: Annotated[str | None, typer.Option(metavar="paid|allowed|charge", help="The amount of a line that counts.")] = None,
    sample: Annotated[int | None, typer.Option(min=2, metavar="N", help="Draw a random sample of N encounters.")] = None,
    precision: Annotated[float | None, typer.Option(min=0.1, max=50, metavar="POINTS", help="Or as many as ± POINTS per cent need.")] = None,
    strata: Annotated[str | None, typer.Option(metavar="AMOUNT,…", help="Stratify the sample by what was paid: 100,500.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the sample; the report shows it.")] = 1,
    reviewed: Annotated[Path | None, typer.Option(metavar="FILE", help="What a reviewer established: columns encounter, overpayment.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read notes; default one for each core.")] = None,
    lexicon_dir: Annotated[list[Path] | None, typer.Option("--lexicon-dir", metavar="DIR", help="A practice's own words; repeatable.")] = None,
) -> None:  # fmt: skip
    """Hold notes against billed claims: what does not match, worst first."""
    from extractor.audit.claims import read_claims
    from extractor.audit.exposure import read_fees
    from extractor.audit.extraction import notes_of
    from extractor.audit.run import audit as run_audit
    from extractor.audit.run import read_payers
    from extractor.batch.cli import cores, mapping
    from extractor.batch.readers import ReadOptions
    from extractor.batch.worker import Setup
    from extractor.coding import resolve_policy

    makers = [(path, _maker(path, [notes, *claims, *(payers, fees, reviewed)])) for path in output]
    if basis not in (None, "paid", "allowed", "charge"):
        raise typer.BadParameter("it is paid, allowed or charge.", param_hint="--basis")
    rules = resolve_policy(policy, settings)
    files = [read_claims(source, mapping(columns), query=query, table=table) for source in claims]
    if not any(file.lines for file in files):
        raise AuditError(_no_line([place for file in files for place in file.unreadable]))
    folders = tuple(lexicon_dir or ())
    setup = Setup(rules, tuple(str(folder) for folder in folders))
    read = notes_of(notes, setup, workers=workers or cores(), options=ReadOptions(mapping(note_columns)))
    unread = [*read.unreadable, *(place for file in files for place in file.unreadable)]
    found = run_audit(
        read.notes, [line for file in files for line in file.lines], policy=rules,
        payers=read_payers(payers) if payers else None, fees=read_fees(fees) if fees else (), basis=basis,  # type: ignore[arg-type]
        unreadable=unread, unread=read.unread, lexicon_dirs=folders,
    )  # fmt: skip
    drawn = _sample(found, sample, precision, strata, seed)
    established = _read_reviewed(reviewed) if reviewed else None
    for path, make in makers:
        make(found, path, drawn, established)
    _print_summary(found, drawn, output)
    if unread:
        for place in unread[:_SHOWN]:
            typer.echo(f"tpi: {place}", err=True)
        number = "1 place" if len(unread) == 1 else f"{len(unread):,} places"
        typer.echo(f"tpi: {number} in notes or claims could not be read; the report lists them.", err=True)
        raise typer.Exit(_SOME_UNREAD)


Maker = Callable[["Audit", Path, "Sample | None", "Mapping[str, Decimal] | None"], None]


def _no_line(unreadable: list[str]) -> str:
    """Say that there is nothing to audit, and the first reason."""
    if not unreadable:
        return "The claims hold no claim line. Check the file, and whether the export has run."
    more = f" ({len(unreadable) - 1:,} more like it)" if len(unreadable) > 1 else ""
    return f"No claim line could be read. {unreadable[0]}{more}"


def _maker(path: Path, inputs: Sequence[str | Path | None]) -> Maker:
    """Return what writes an output, by its ending; refuse what cannot be written before anything is read."""
    if not path.parent.is_dir():
        raise AuditError(f"{path.parent}: there is no such folder. Make it first, or give another --output.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise AuditError(f"{path.parent}: this folder cannot be written. Ask for the right, or give another --output.")
    if path.is_file() and any(item is not None and Path(item).is_file() and path.samefile(item) for item in inputs):
        raise AuditError(f"{path}: this is an input, which the report would replace. Give another --output.")
    ending = path.suffix.lower()
    if path.is_dir() or (not ending and not path.exists()):
        return _write_folder
    if ending in (".html", ".htm"):
        return _write_html
    if ending == ".xlsx":
        return _write_workbook
    if ending in (".duckdb", ".db"):
        return _write_database
    if ending in (".csv", ".parquet"):
        return _write_tables
    raise AuditError(f"{path.name}: no such report. The ending says which: .html, .xlsx, .duckdb, .csv, .parquet, or a folder for everything.")


def _write_html(found: Audit, path: Path, sample: Sample | None, reviewed: Mapping[str, Decimal] | None) -> None:
    from extractor.report.audit_html import write_html

    with _Beside(path) as staged:
        write_html(found, staged, sample, reviewed=reviewed)


def _write_workbook(found: Audit, path: Path, sample: Sample | None, reviewed: Mapping[str, Decimal] | None) -> None:
    from extractor.report.audit_workbook import write_workbook

    with _Beside(path) as staged:
        write_workbook(found, staged, sample, reviewed=reviewed)


def _write_database(found: Audit, path: Path, *_: object) -> None:
    from extractor.audit.tables import write_tables

    with _Beside(path) as staged:
        write_tables(found, staged, format="duckdb")


def _write_tables(found: Audit, path: Path, *_: object) -> None:
    """Write the findings to the file that was named and the other tables beside it, as ``tpi batch`` does."""
    from extractor.audit.tables import write_tables

    staging = path.with_name(f".{path.name}.staging")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for staged in write_tables(found, staging, format=path.suffix.lower().removeprefix(".")):
            staged.replace(path if staged.stem == "findings" else path.with_name(f"{path.stem}.{staged.name}"))
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_folder(found: Audit, path: Path, sample: Sample | None, reviewed: Mapping[str, Decimal] | None) -> None:
    """Write the page, the workbook and the tables into a folder."""
    from extractor.audit.tables import write_tables

    path.mkdir(exist_ok=True)
    _write_html(found, path / "audit.html", sample, reviewed)
    _write_workbook(found, path / "audit.xlsx", sample, reviewed)
    write_tables(found, path / "tables", format="parquet")


class _Beside:
    """A file that takes its place only when it is whole."""

    def __init__(self, path: Path):
        self._path = path
        self._folder = path.with_name(f".{path.name}.staging")

    def __enter__(self) -> Path:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        return self._folder / self._path.name

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                (self._folder / self._path.name).replace(self._path)
        finally:
            shutil.rmtree(self._folder)


def _sample(found: Audit, size: int | None, precision: float | None, strata: str | None, seed: int) -> Sample | None:
    """Draw the sample that was asked for."""
    from extractor.audit.sampling import sample_encounters, sample_size_for_rate, strata_by_amount, universe_of

    if size is None and precision is None:
        return None
    universe = universe_of(found)
    if size is None:
        size = sample_size_for_rate((precision or 0) / 100, universe=len(universe))
    stratum_of = None
    if strata:
        try:
            stratum_of = strata_by_amount([Decimal(amount) for amount in strata.split(",")])
        except InvalidOperation:
            raise typer.BadParameter("give rising amounts, such as 100,500.", param_hint="--strata") from None
    return sample_encounters(universe, size, seed=seed, stratum_of=stratum_of)


def _read_reviewed(path: Path) -> dict[str, Decimal]:
    """Read a reviewer's amounts by encounter."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"encounter", "overpayment"} <= set(rows.fieldnames or ()):
                raise AuditError(f"{path.name}: the file of reviewed encounters needs the columns encounter and overpayment.")
            return {row["encounter"]: Decimal(row["overpayment"].replace(",", "").lstrip("$")) for row in rows}
    except OSError as error:
        raise AuditError(f"{path}: it cannot be read ({error.strerror}).") from None
    except (UnicodeDecodeError, InvalidOperation, AttributeError):
        raise AuditError(f"{path.name}: a row has no amount, or the file is not UTF-8. Give encounter,overpayment on each row.") from None


def _print_summary(found: Audit, sample: Any, outputs: list[Path]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from extractor.report.audit_words import finding_title, money

    console = Console(highlight=False)
    flagged = sum(any(item.severity != "info" for item in encounter.findings) for encounter in found.encounters)
    lines = sum(len(encounter.lines) for encounter in found.encounters)
    console.print(Text(f"{len(found.encounters):,} encounters, {lines:,} claim lines; {flagged:,} encounters with findings to look at.", style="bold"))
    counted = Counter((item.rank, item.id, item.severity) for encounter in found.encounters for item in encounter.findings if item.severity != "info")
    if counted:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for head in ("finding, worst first", "severity"):
            table.add_column(head)
        table.add_column("times", justify="right")
        for (_rank, finding, severity), number in sorted(counted.items())[:_SHOWN]:
            table.add_row(finding_title(finding), severity, f"{number:,}")
        console.print(table)
        if len(counted) > _SHOWN:
            console.print(Text(f"… and {len(counted) - _SHOWN} more kinds", style="dim"))
    console.print(f"Overpayment at stake: {money(found.overpayment)}. Underpayment: {money(found.underpayment)}.")
    if sample is not None:
        console.print(f"Sample: {len(sample.units):,} of {sample.universe:,} encounters, seed {sample.seed}.")
    for path in outputs:
        console.print(Text(f"wrote {path}"), soft_wrap=True)
