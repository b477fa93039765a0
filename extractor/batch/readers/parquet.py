"""Parquet, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.columns import Columns, resolve_columns
from extractor.batch.readers.rows import TableRow, notes_of
from extractor.batch.readers.spool import seekable
from extractor.intake import IntakeError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["READER", "count_rows"]

_MAGIC = b"PAR1"
_ROWS = 256
"""Rows that are held at once."""
_BUFFER = 1 << 20


class ParquetReader:
    name = "Parquet"

    def accepts(self, head: bytes, name: str) -> bool:
        return head.startswith(_MAGIC)

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        with seekable(stream, options) as file:
            yield from notes_of(_rows(file, source, options), options)


def count_rows(file: BinaryIO) -> int:
    """Return the number of rows that a Parquet file says it has.

    Raises:
        IntakeError: if it is cut off or damaged.
    """
    return _opened(file).metadata.num_rows


def _opened(file: BinaryIO):
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError):
        raise IntakeError("the Parquet file is cut off or damaged: its directory cannot be read. Export or copy it again.") from None


def _rows(file: BinaryIO, source: str, options: ReadOptions) -> Iterator[TableRow | Unreadable]:
    import pyarrow as pa

    table = _opened(file)
    columns = resolve_columns(table.schema_arrow.names, options)
    _check_text(table.schema_arrow, columns)
    number = 0
    for group in range(table.num_row_groups):
        first = number
        number += table.metadata.row_group(group).num_rows
        at = first
        try:
            for batch in table.iter_batches(_ROWS, row_groups=[group], columns=list(columns.needed), use_threads=False):
                yield from rows_of(batch, columns, source, at)
                at += batch.num_rows
        except (pa.ArrowException, OSError):
            reason = f"rows {at + 1} to {number} cannot be read: this part of the file is damaged. Export or copy it again."
            yield Unreadable(f"{source}#{at + 1}", reason)


def rows_of(batch: pa.RecordBatch, columns: Columns, source: str, before: int) -> Iterator[TableRow]:
    """Rows of one batch; ``before`` is the number of rows before it."""
    values = {name: _values(batch.column(name)) for name in columns.needed}
    fields = [(field, values[name]) for field, name in columns.names.items()]
    for index in range(batch.num_rows):
        yield TableRow(f"{source}#{before + index + 1}", {field: cells[index] for field, cells in fields})


def _check_text(schema: pa.Schema, columns: Columns) -> None:
    import pyarrow as pa

    name = columns.names["text"]
    kind = schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (_is_text(kind) or _is_binary(kind)):
        raise IntakeError(f"column {name} holds {kind}, not text. Say which column does: --map text=COLUMN.")


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _values(column: pa.Array) -> Sequence[object]:
    """Python values; text that is no UTF-8 as bytes, time stamps as calendar dates."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        # Nanoseconds have no Python type, and only the day is wanted: the one that the column's own zone shows.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return column.cast(pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()).to_pylist()


READER = ParquetReader()
