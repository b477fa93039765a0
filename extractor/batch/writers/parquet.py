"""Parquet: one file for each flat table. ``out.parquet`` is ``results``, its siblings are ``out.muscles.parquet`` …"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import Staged, Stamp, sibling
from extractor.batch.writers.flatten import Record, batches
from extractor.batch.writers.tables import RESULTS, TABLES, Table

__all__ = ["ParquetWriter", "arrow_schema", "arrow_table"]

METADATA_KEY = b"tpi_extractor"
"""In a file's metadata: the stamp, as a JSON object of texts."""


class ParquetWriter:
    """Row groups of some thousand notes, packed with Zstandard; descriptions are in the fields' metadata."""

    needs_text = False
    refused = 0

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        import pyarrow.parquet as pq

        finals = {table.name: sibling(target, table.name, ".parquet") for table in TABLES if table is not RESULTS}
        finals[RESULTS.name] = target
        about = {METADATA_KEY: json.dumps(stamp.as_dict(), ensure_ascii=False)}
        with ExitStack() as open_files:
            files = {}
            for table in TABLES:
                schema = arrow_schema(table).with_metadata({b"description": table.description, **about})
                file = pq.ParquetWriter(staging / finals[table.name].name, schema, compression="zstd")
                files[table.name] = open_files.enter_context(file)
            for batch in batches(rows):
                for table, records in batch:
                    files[table.name].write_table(arrow_table(table, records))
        return [Staged(staging / final.name, final) for final in finals.values()]


def arrow_schema(table: Table):
    """Return the table's ``pyarrow.Schema``; lists hold texts, integers 64 bits."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
        "list": pa.list_(pa.field("item", pa.string(), nullable=False)),
    }
    return pa.schema(
        pa.field(column.name, types[column.type], not column.required, {b"description": column.description})
        for column in table.columns
    )


def arrow_table(table: Table, records: list[Record]):
    """Return records as a ``pyarrow.Table``."""
    import pyarrow as pa

    schema = arrow_schema(table)
    columns = zip(*records, strict=True)
    return pa.Table.from_arrays(
        [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
