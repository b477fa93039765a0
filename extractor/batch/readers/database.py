"""Database files: SQLite and DuckDB, always opened for reading alone."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import OwnOutputError, ReadOptions
from extractor.batch.readers.columns import Columns, resolve_columns
from extractor.batch.readers.rows import TableRow, notes_of
from extractor.batch.readers.spool import file_of
from extractor.intake import IntakeError, decode_part

if TYPE_CHECKING:
    import duckdb

__all__ = ["DUCKDB", "SQLITE", "choose_table", "count_rows"]

_DUCKDB_ROWS = 256
_DUCKDB_MEMORY, _DUCKDB_QUERY_MEMORY = "64MB", "1GB"
"""What a plain table needs to be read on, most of which is a cache; and what a query of the user's may sort and join in."""
_OUTPUT = frozenset(("results", "muscles", "drugs", "findings"))
"""Tables that our own output has."""


class SqliteReader:
    name = "SQLite"
    needs_file = True

    def accepts(self, head: bytes, name: str) -> bool:
        return head.startswith(b"SQLite format 3\0")

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        with file_of(stream, options) as path:
            yield from notes_of(_sqlite_rows(path, source, options), options)


class DuckdbReader:
    name = "DuckDB"
    needs_file = True

    def accepts(self, head: bytes, name: str) -> bool:
        return head[8:12] == b"DUCK"

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        with file_of(stream, options) as path:
            yield from notes_of(_duckdb_rows(path, source, options), options)


def choose_table(tables: Mapping[str, Sequence[str]], options: ReadOptions) -> tuple[str, Columns]:
    """Find the table of the notes: the one that is named, else the only one with a column for the text.

    Args:
        tables: columns by table.

    Raises:
        IntakeError: if there is none, or more than one.
    """
    if options.table is not None:
        folded = {name.lower(): name for name in tables}
        name = options.table if options.table in tables else folded.get(options.table.lower())
        if name is None:
            raise IntakeError(f"--table: there is no table {options.table}. {_listed(tables)}")
        return name, _columns_of(name, tables[name], options)
    if len(_OUTPUT & tables.keys()) == len(_OUTPUT):
        raise OwnOutputError("this is a finished output of tpi, not notes. Give the notes it was made from.")
    if len(tables) == 1:
        ((name, columns),) = tables.items()
        return name, _columns_of(name, columns, options)
    fitting, refused = {}, []
    for name, columns in tables.items():
        try:
            fitting[name] = resolve_columns(columns, options)
        except IntakeError as error:
            refused.append(f"{name}: {error}")
    if len(fitting) == 1:
        return next(iter(fitting.items()))
    if fitting:
        raise IntakeError(f"tables {', '.join(fitting)} could each hold the notes. Choose one: --table {next(iter(fitting))}.")
    numbered = [reason for reason in refused if "--group-by" in reason or "could each be" in reason]
    if len(numbered) == 1:
        raise IntakeError(f"table {numbered[0]}")
    raise IntakeError(f"no table holds notes that can be recognised. {_listed(tables)} Choose with --table, --map or --query.")


def _columns_of(name: str, columns: Sequence[str], options: ReadOptions) -> Columns:
    try:
        return resolve_columns(columns, options)
    except IntakeError as error:
        raise IntakeError(f"table {name}: {error}") from None


def _listed(tables: Mapping[str, Sequence[str]]) -> str:
    names = list(tables)
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"Tables found: {', '.join(names[:20])}{more}." if names else "The database is empty."


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _selection(tables: Mapping[str, Sequence[str]], options: ReadOptions) -> tuple[str, Columns]:
    table, columns = choose_table(tables, options)
    path = ".".join(_quoted(part) for part in table.split(".", 1)) if table.count(".") == 1 else _quoted(table)
    return f"SELECT {', '.join(map(_quoted, columns.needed))} FROM {path}", columns


def count_rows(path: Path, options: ReadOptions) -> int | None:
    """Return the number of rows that a database file gives; None for a query of the user's."""
    if options.query is not None:
        return None
    with path.open("rb") as file:
        is_sqlite = SQLITE.accepts(file.read(16), path.name)
    with ExitStack() as stack:
        if is_sqlite:
            database = stack.enter_context(closing(_open_sqlite(path)))
            query, _ = _selection(_sqlite_tables(database), options)
        else:
            database = stack.enter_context(closing(_open_duckdb(path, options)))
            query, _ = _selection(_duckdb_tables(database), options)
        return database.execute(f"SELECT count(*) FROM ({query}) AS notes").fetchone()[0]


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _open_sqlite(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    modes = ["?mode=ro"]
    if not path.with_name(path.name + "-wal").exists():
        # A database in WAL mode in a folder that may not be written opens only as one that nobody changes.
        modes.append("?mode=ro&immutable=1")
    for mode in modes:
        try:
            database = sqlite3.connect(uri + mode, uri=True)
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            last = error
            continue
        # The module would quote text that is no UTF-8 in its message.
        database.text_factory = lambda data: decode_part(data).text
        return database
    reason = "it is in use" if "lock" in str(last) or "busy" in str(last) else "it is damaged or cut off"
    raise IntakeError(f"the SQLite database cannot be read: {reason}. Copy it again, or wait until it is free.") from None


def _sqlite_tables(database: sqlite3.Connection) -> dict[str, list[str]]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name")
    return {name: [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(name)})")] for (name,) in names.fetchall()}


def _sqlite_rows(path: Path, source: str, options: ReadOptions) -> Iterator[TableRow | Unreadable]:
    with closing(_open_sqlite(path)) as database:
        try:
            query, columns = (options.query, None) if options.query is not None else _selection(_sqlite_tables(database), options)
            cursor = database.execute(query)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _query_error(options, str(error)) from None
        if cursor.description is None:
            raise IntakeError("--query gives no rows. Write a SELECT.")
        names = [column[0] for column in cursor.description]
        columns = columns or resolve_columns(names, options)
        places = {field: names.index(name) for field, name in columns.names.items()}
        yield from counted_rows(cursor, places, source, (sqlite3.Error,))


def counted_rows(
    cursor: Iterator[Sequence[object]], places: Mapping[str, int], source: str, errors: tuple[type[Exception], ...]
) -> Iterator[TableRow | Unreadable]:
    """Rows of a cursor by field; an error of the database ends them with a sentence that does not quote it."""
    number = 0
    while True:
        try:
            row = next(cursor, None)
        except errors as error:
            reason = f"the database failed after {number:,} rows ({type(error).__name__}); what follows was not read. Run it again."
            yield Unreadable(f"{source}#{number + 1}", reason)
            return
        if row is None:
            return
        number += 1
        yield TableRow(f"{source}#{number}", {field: row[place] for field, place in places.items()})


def _query_error(options: ReadOptions, message: str) -> IntakeError:
    """Before the first row, a database's message speaks of the query, not of a note."""
    first = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return IntakeError(f"{'--query' if options.query is not None else 'the table'} cannot be read: {first}")


# --- DuckDB ----------------------------------------------------------------------------------------------------------


def _check_duckdb_size(path: Path) -> None:
    """Refuse a DuckDB file that is shorter than its newer header says, before native code meets the missing end."""
    with path.open("rb") as file:
        headers = [struct.unpack_from("<8x6Q", part) for part in (file.read(4096), file.read(4096), file.read(4096))[1:] if len(part) == 4096]
    if len(headers) < 2:
        raise IntakeError("the DuckDB database is cut off. Copy it again.")
    _iteration, _meta, _free, blocks, size, _vector = max(headers)
    if size in (1 << power for power in range(14, 19)) and path.stat().st_size < 3 * 4096 + blocks * size:
        raise IntakeError("the DuckDB database is cut off. Copy it again.")


def _open_duckdb(path: Path, options: ReadOptions) -> duckdb.DuckDBPyConnection:
    import duckdb

    _check_duckdb_size(path)
    # By default it would lay rows down beside the database that is only to be read.
    memory = _DUCKDB_MEMORY if options.query is None else _DUCKDB_QUERY_MEMORY
    folder = str(options.scratch) if options.scratch is not None else ""
    config = {"temp_directory": folder, "memory_limit": memory, "threads": "1", "autoinstall_known_extensions": "false"}
    try:
        return duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as error:
        locked = "lock" in str(error).lower()
        reason = "another program is writing to it" if locked else "it is damaged, or of a version that this DuckDB does not know"
        raise IntakeError(f"the DuckDB database cannot be opened: {reason}.") from None


def _duckdb_tables(database: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = database.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        "WHERE table_catalog = current_database() ORDER BY table_schema, table_name, ordinal_position"
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for schema, table, column in rows:
        tables.setdefault(table if schema == "main" else f"{schema}.{table}", []).append(column)
    return tables


def _duckdb_rows(path: Path, source: str, options: ReadOptions) -> Iterator[TableRow | Unreadable]:
    import duckdb
    import pyarrow as pa

    from extractor.batch.readers.parquet import rows_of

    with closing(_open_duckdb(path, options)) as database:
        try:
            query, columns = (options.query, None) if options.query is not None else _selection(_duckdb_tables(database), options)
            relation = database.sql(query)
        except duckdb.Error as error:
            raise _query_error(options, str(error)) from None
        if relation is None:
            raise IntakeError("--query gives no rows. Write a SELECT.")
        columns = columns or resolve_columns(relation.columns, options)
        number = 0
        try:
            # A relation's reader streams; rows of a cursor would first be gathered whole.
            reader: Callable = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
            for batch in reader(_DUCKDB_ROWS):
                yield from rows_of(batch, columns, source, number)
                number += batch.num_rows
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if number == 0 and isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
                raise _query_error(options, str(error)) from None
            reason = f"the database failed after {number:,} rows ({type(error).__name__}); what follows was not read. Run it again."
            yield Unreadable(f"{source}#{number + 1}", reason)


SQLITE, DUCKDB = SqliteReader(), DuckdbReader()
