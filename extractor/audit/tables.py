"""The audit for machines: findings, encounters, claim lines and providers as Parquet, CSV or DuckDB tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from extractor.audit.amounts import at_stake
from extractor.audit.models import Audit
from extractor.audit.profile import is_flagged, rendering_provider
from extractor.batch.writers.delimited import guard
from extractor.failures import UserError

__all__ = ["FORMATS", "TABLES", "TableError", "tables", "write_tables"]

TABLES = ("findings", "encounters", "lines", "providers")
FORMATS = ("parquet", "csv", "duckdb")

_MONEY = pa.decimal128(18, 2)
_UNITS = pa.decimal128(18, 4)
_TEXTS = pa.list_(pa.string())
_EVIDENCE = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())]))

_SCHEMAS: Mapping[str, pa.Schema] = {
    "findings": pa.schema([
        ("encounter", pa.string()), ("id", pa.string()), ("severity", pa.string()), ("rank", pa.int32()), ("text", pa.string()),
        ("date_of_service", pa.date32()), ("patient_id", pa.string()), ("provider_id", pa.string()), ("payer", pa.string()),
        ("claim_id", pa.string()), ("line", pa.int32()), ("code", pa.string()), ("note_id", pa.string()), ("evidence", _EVIDENCE),
        ("resolution", pa.string()), ("rule", pa.string()), ("source", pa.string()), ("effective", pa.string()),
        ("direction", pa.string()), ("amount", _MONEY), ("arithmetic", pa.string()),
    ]),
    "encounters": pa.schema([
        ("encounter", pa.string()), ("date_of_service", pa.date32()), ("patient_id", pa.string()), ("provider_id", pa.string()), ("payer", pa.string()),
        ("matched_by", pa.string()), ("claim_lines", pa.int32()), ("note_ids", _TEXTS), ("codes_billed", _TEXTS), ("code_proved", pa.string()),
        ("status", pa.string()), ("muscles_low", pa.int32()), ("muscles_high", pa.int32()), ("findings", pa.int32()), ("flagged", pa.bool_()),
        ("worst_rank", pa.int32()), ("overpayment", _MONEY), ("underpayment", _MONEY),
    ]),
    "lines": pa.schema([
        ("encounter", pa.string()), ("claim_id", pa.string()), ("line", pa.int32()), ("note_id", pa.string()), ("patient_id", pa.string()),
        ("date_of_service", pa.date32()), ("date_of_service_end", pa.date32()), ("provider_id", pa.string()), ("payer", pa.string()), ("code", pa.string()), ("units", _UNITS),
        ("modifiers", _TEXTS), ("diagnoses", _TEXTS), ("charge", _MONEY), ("allowed", _MONEY), ("paid", _MONEY), ("source", pa.string()),
    ]),
    "providers": pa.schema([
        ("provider_id", pa.string()), ("encounters", pa.int32()), ("claims_20553", pa.int32()), ("claims_trigger_point", pa.int32()),
        ("share_20553", pa.float64()), ("flagged", pa.int32()), ("flagged_rate", pa.float64()), ("flagged_low", pa.float64()),
        ("flagged_high", pa.float64()), ("peer_share_20553", pa.float64()), ("peer_flagged_rate", pa.float64()), ("small_number", pa.bool_()),
    ]),
}  # fmt: skip


class TableError(UserError, ValueError):
    """Tables that cannot be written; the message says what to do."""


def tables(audit: Audit) -> dict[str, pa.Table]:
    """The audit's tables by name (:data:`TABLES`), each with its schema even where it has no row.

    ``encounter`` joins them; amounts are decimals with two places, units with four. Of an encounter's several notes the
    one that proves most muscles gives ``code_proved``.
    """
    rows: Mapping[str, Callable[[Audit], list[dict[str, Any]]]] = {
        "findings": _findings, "encounters": _encounters, "lines": _lines, "providers": _providers,
    }  # fmt: skip
    return {name: pa.Table.from_pylist(rows[name](audit), schema=_SCHEMAS[name]) for name in TABLES}


def write_tables(audit: Audit, path: str | Path, *, format: str | None = None) -> list[Path]:
    """Write the tables: a DuckDB file with four tables, or a folder with four files.

    Args:
        audit: finished.
        path: ``….duckdb`` for a database; else a folder, made if need be. Existing tables or files are replaced.
        format: ``parquet``, ``csv`` or ``duckdb``; unless told, DuckDB by the ending, else Parquet.

    Returns:
        The files that were written.

    Raises:
        TableError: for another format, or where something else stands at the path.
        OSError: if a file cannot be written.
    """
    target = Path(path)
    kind = format or ("duckdb" if target.suffix in (".duckdb", ".db") else "parquet")
    if kind not in FORMATS:
        raise TableError(f"“{kind}” is no table format. Choose one of {', '.join(FORMATS)}.")
    made = tables(audit)
    if kind == "duckdb":
        _write_duckdb(made, target)
        return [target]
    if target.exists() and not target.is_dir():
        raise TableError(f"{target.name} is a file, and {kind} tables go into a folder. Give another name.")
    target.mkdir(parents=True, exist_ok=True)
    return [_write_file(table, target / f"{name}.{kind}", kind) for name, table in made.items()]


def _write_file(table: pa.Table, path: Path, kind: str) -> Path:
    if kind == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
    else:
        import pyarrow.csv as pc

        pc.write_csv(_flat(table), path)
    return path


def _flat(table: pa.Table) -> pa.Table:
    """The table as CSV can hold it: lists joined by a semicolon, evidence as quotations, nothing that a spreadsheet runs."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            words = [None if value is None else guard(value) for value in table.column(place).to_pylist()]
            table = table.set_column(place, field.name, pa.array(words, pa.string()))
        if not pa.types.is_list(field.type):
            continue
        quoted = pa.types.is_struct(field.type.value_type)
        texts = [
            None if value is None else guard("; ".join(f"{one['start']}-{one['end']}: {one['text']}" if quoted else one for one in value))
            for value in table.column(place).to_pylist()
        ]
        table = table.set_column(place, field.name, pa.array(texts, pa.string()))
    return table


def _write_duckdb(made: Mapping[str, pa.Table], path: Path) -> None:
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.IOException:
        raise TableError(f"{path.name} is no DuckDB file, or another program holds it. Close that program or give another name.") from None
    with connection:
        for name, table in made.items():
            connection.register("incoming", table)
            connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
            connection.unregister("incoming")


def _findings(audit: Audit) -> list[dict[str, Any]]:
    return [
        {
            **finding.model_dump(include={"encounter", "id", "severity", "rank", "text", "claim_id", "line", "code", "note_id", "resolution", "rule", "source", "effective"}),
            "date_of_service": encounter.date_of_service, "patient_id": encounter.patient_id, "provider_id": rendering_provider(encounter),
            "payer": encounter.payer, "evidence": [proof.model_dump() for proof in finding.evidence],
            "direction": finding.exposure.direction if finding.exposure else None,
            "amount": _cents(finding.exposure.amount) if finding.exposure else None,
            "arithmetic": finding.exposure.arithmetic if finding.exposure else None,
        }
        for encounter in audit.encounters
        for finding in encounter.findings
    ]  # fmt: skip


def _encounters(audit: Audit) -> list[dict[str, Any]]:
    found = []
    for one in audit.encounters:
        decision = max((note.result.decision for note in one.notes), key=lambda each: (each.muscle_count.low, each.muscle_count.high), default=None)
        found.append({
            "encounter": one.id, "date_of_service": one.date_of_service, "patient_id": one.patient_id, "provider_id": rendering_provider(one), "payer": one.payer,
            "matched_by": one.matched_by, "claim_lines": len(one.lines), "note_ids": [note.note_id for note in one.notes],
            "codes_billed": [line.code for line in one.lines], "code_proved": decision.code if decision else None, "status": decision.status if decision else None,
            "muscles_low": decision.muscle_count.low if decision else None, "muscles_high": decision.muscle_count.high if decision else None,
            "findings": len(one.findings), "flagged": is_flagged(one), "worst_rank": min((finding.rank for finding in one.findings), default=None),
            "overpayment": _cents(at_stake(one, "overpayment")), "underpayment": _cents(at_stake(one, "underpayment")),
        })  # fmt: skip
    return found


def _lines(audit: Audit) -> list[dict[str, Any]]:
    return [
        line.model_dump(exclude={"charge", "allowed", "paid"})
        | {"encounter": encounter.id, "charge": _cents(line.charge), "allowed": _cents(line.allowed), "paid": _cents(line.paid)}
        for encounter in audit.encounters
        for line in encounter.lines
    ]


def _providers(audit: Audit) -> list[dict[str, Any]]:
    return [profile.model_dump() for profile in audit.providers]


def _cents(value: Any) -> Any:
    """An amount with two places; a fee file may hold more, and a decimal column refuses them."""
    from decimal import ROUND_HALF_EVEN, Decimal

    return None if value is None else value.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
