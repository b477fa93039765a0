"""Claim tables: delimited text, Excel, Parquet, DuckDB, SQLite, and any database that SQLAlchemy knows."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from extractor.audit.claims.base import ClaimsError
from extractor.audit.claims.columns import find_columns, is_header
from extractor.audit.claims.rows import read_rows
from extractor.audit.models import ClaimLine

__all__ = ["encoding_of", "read_delimited", "read_duckdb", "read_excel", "read_parquet", "read_sqlite", "read_url"]

_DELIMITERS = "\t,;|"
_HEADER_ROWS = 25
"""Rows in which the header of a worksheet is looked for: reports put titles and dates above it."""
_FIELD_LIMIT = 10_000_000

Items = Iterator[ClaimLine | str]


def read_delimited(stream: BinaryIO, where: str, mapping: Mapping[str, str] | None) -> Items:
    """Read CSV or TSV; the delimiter is the one that stands most often in the header.

    Raises:
        ClaimsError: if the first row names no claim table.
    """
    text = io.TextIOWrapper(stream, encoding=encoding_of(stream), errors="replace", newline="")
    header_line = next((line for line in text if line.strip()), "")
    if not header_line:
        raise ClaimsError(f"{where}: the file is empty.")
    delimiter = max(_DELIMITERS, key=header_line.count)
    # A header over several lines (a line break in a quoted name) is rare; the reader joins it from what follows.
    csv.field_size_limit(_FIELD_LIMIT)
    rows = csv.reader(chain([header_line], text), delimiter=delimiter)
    columns = find_columns(next(rows), mapping, where)
    yield from read_rows(_numbered(rows, where), columns, where)


def _numbered(rows: Any, where: str) -> Iterator[tuple[int, Sequence[Any]]]:
    while True:
        start = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise ClaimsError(f"{where}:{start}: the table is damaged from here on (a quote that never ends?).") from None
        yield start, row


def encoding_of(stream: BinaryIO) -> str:
    """UTF-8 or UTF-16 by their mark or zero bytes, UTF-8 if all bytes are that, else Windows-1252."""
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        stream.seek(0)
    return "utf-8"


def read_excel(stream: BinaryIO, where: str, mapping: Mapping[str, str] | None, table: str | None) -> Items:
    """Read a worksheet: the one named, else the first whose rows begin with a claim table's header.

    Raises:
        ClaimsError: if openpyxl is not installed, the workbook is damaged, or no sheet is a claim table.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ClaimsError(f"{where}: Excel needs openpyxl. Install it with: pip install 'tpi-extractor[excel]'") from None
    try:
        workbook = load_workbook(stream, read_only=True, data_only=True)
    except Exception:  # openpyxl hands on whatever zipfile and its XML parser raise; none of it says more to a user
        raise ClaimsError(f"{where}: the workbook is damaged or encrypted. Save it again as .xlsx without a password.") from None
    with closing(workbook):
        if table is not None and table not in workbook.sheetnames:
            raise ClaimsError(f"{where}: there is no sheet {table!r}; there are {', '.join(workbook.sheetnames)}.")
        sheets = [workbook[name] for name in ([table] if table else workbook.sheetnames)]
        for sheet in sheets:
            rows = sheet.iter_rows(values_only=True)
            for number, row in enumerate(islice(rows, _HEADER_ROWS), start=1):
                if is_header(row, mapping):
                    columns = find_columns(row, mapping, where)
                    place = where if len(workbook.sheetnames) == 1 else f"{where}[{sheet.title}]"
                    yield from read_rows(enumerate(rows, start=number + 1), columns, place)
                    return
        # None fits: the first sheet's first row says best what is missing.
        first = next(sheets[0].iter_rows(values_only=True), ())
        find_columns(first, mapping, where)
    raise ClaimsError(f"{where}: no sheet holds a claim table.")


def read_parquet(path: Path, where: str, mapping: Mapping[str, str] | None) -> Items:
    """Read a Parquet file batch by batch.

    Raises:
        ClaimsError: if it is damaged or no claim table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise ClaimsError(f"{where}: the Parquet file is damaged. Export it again.") from None
    with file:
        columns = find_columns(file.schema_arrow.names, mapping, where)
        rows = (row for batch in file.iter_batches() for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
        yield from read_rows(enumerate(rows, start=1), columns, where)


def read_duckdb(path: Path, where: str, mapping: Mapping[str, str] | None, table: str | None, query: str | None) -> Items:
    """Read a table or a query of a DuckDB file, which is opened for reading only.

    Raises:
        ClaimsError: if it cannot be opened or asked.
    """
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            names = [row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables ORDER BY 1").fetchall()]
            cursor = connection.execute(query or f"SELECT * FROM {_quoted(_chosen(table, names, where))}")
            columns = find_columns([item[0] for item in cursor.description or ()], mapping, where)
            yield from read_rows(enumerate(_fetched(cursor), start=1), columns, where)
    except duckdb.Error as error:
        raise ClaimsError(f"{where}: the database cannot be read ({type(error).__name__}). Check --table and --query.") from None


def read_sqlite(path: Path, where: str, mapping: Mapping[str, str] | None, table: str | None, query: str | None) -> Items:
    """Read a table or a query of an SQLite file, which is opened for reading only.

    Raises:
        ClaimsError: if it cannot be opened or asked.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            listed = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1")
            names = [row[0] for row in listed]
            cursor = connection.execute(query or f"SELECT * FROM {_quoted(_chosen(table, names, where))}")
            columns = find_columns([item[0] for item in cursor.description or ()], mapping, where)
            yield from read_rows(enumerate(_fetched(cursor), start=1), columns, where)
    except sqlite3.Error as error:
        raise ClaimsError(f"{where}: the database cannot be read ({type(error).__name__}). Check --table and --query.") from None


def read_url(url: str, mapping: Mapping[str, str] | None, table: str | None, query: str | None) -> Items:
    """Read a table or a query of a database that an SQLAlchemy URL names; its password stays out of every message.

    Raises:
        ClaimsError: if SQLAlchemy or the driver is not installed, or the database cannot be reached or asked.
    """
    try:
        import sqlalchemy as sa
    except ImportError:
        raise ClaimsError("A database needs SQLAlchemy. Install it with: pip install 'tpi-extractor[databases]'") from None
    try:
        where = sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        raise ClaimsError("This is no database URL; write it as dialect://user:password@host/database.") from None
    try:
        engine = sa.create_engine(url)
        try:
            with engine.connect() as connection:
                names = [] if query or table else sa.inspect(engine).get_table_names()
                schema, _, name = (table or "").rpartition(".")
                statement: Any = sa.text(query) if query else sa.select(sa.text("*")).select_from(
                    sa.table(name or _chosen(None, names, where), schema=schema or None)
                )  # fmt: skip
                result = connection.execution_options(stream_results=True).execute(statement)
                columns = find_columns(list(result.keys()), mapping, where)
                yield from read_rows(enumerate(result, start=1), columns, where)
        finally:
            engine.dispose()
    except ImportError:
        raise ClaimsError(f"{where}: the driver of this database is not installed; install it beside tpi-extractor.") from None
    except sa.exc.SQLAlchemyError as error:
        raise ClaimsError(f"{where}: the database cannot be read ({type(error).__name__}). Check URL, --table and --query.") from None


def _chosen(table: str | None, names: Sequence[str], where: str) -> str:
    if table is not None:
        return table
    if len(names) == 1:
        return names[0]
    claims = [name for name in names if re.search(r"claim", name, re.IGNORECASE)]
    if len(claims) == 1:
        return claims[0]
    listed = f"; there are {', '.join(names)}" if names else ""
    raise ClaimsError(f"{where}: say which table holds the claims with --table, or give a --query{listed}.")


def _quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _fetched(cursor: Any) -> Iterable[Sequence[Any]]:
    while rows := cursor.fetchmany(10_000):
        yield from rows
