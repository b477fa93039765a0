"""Any database through SQLAlchemy's URL (extra ``databases``); SQLite's and DuckDB's URLs open their files.

Rows come from the server as they are wanted (a server-side cursor), in a transaction that may only read where the
database knows such. A password in the URL never appears in a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.columns import Columns, resolve_columns
from extractor.batch.readers.database import choose_table, counted_rows
from extractor.batch.readers.rows import notes_of
from extractor.intake import IntakeError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.sql import Executable

__all__ = ["file_of_url", "is_url", "read_url"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\+[A-Za-z0-9_]+)?://")
_FILES = re.compile(r"(?:sqlite|duckdb):///(.+)", re.DOTALL)
_BIND = re.compile(r"(?<!:):(?=\w)")
"""What SQLAlchemy would take for a parameter: ``':note'`` in a literal. Casts (``::date``) are none."""

_ROWS = 256


def is_url(name: str) -> bool:
    """Whether an input is a database's URL."""
    return _URL.match(name) is not None


def file_of_url(url: str) -> Path | None:
    """Return the file that ``sqlite:///FILE`` or ``duckdb:///FILE`` names (``sqlite:////abs`` for an absolute path)."""
    match = _FILES.match(url)
    return Path(match[1].split("?", 1)[0]) if match else None


def read_url(url: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
    """Give the notes of a table or a query.

    Raises:
        IntakeError: if SQLAlchemy or the driver is missing, the server cannot be reached, or the query fails.
    """
    engine, source = _engine(url)
    try:
        with _connected(engine) as connection:
            yield from notes_of(_rows(connection, source, options), options)
    finally:
        engine.dispose()


def _engine(url: str) -> tuple[Engine, str]:
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ModuleNotFoundError:
        raise IntakeError("a database needs SQLAlchemy: pip install 'tpi-extractor[databases]'.") from None
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise IntakeError("the URL of the database cannot be read. Write it as postgresql+psycopg://user@host/name.") from None
    if parsed.drivername == "postgresql":
        # The extra brings psycopg 3; SQLAlchemy's own default is the driver before it.
        parsed = parsed.set(drivername="postgresql+psycopg")
    shown = parsed.set(password=None, query={}).render_as_string()
    try:
        return create_engine(parsed), shown
    except NoSuchModuleError:
        raise IntakeError(f"SQLAlchemy knows no database {parsed.drivername}. Install its dialect.") from None
    except ModuleNotFoundError as error:
        extra = "pip install 'tpi-extractor[databases]'" if error.name == "psycopg" else f"pip install {error.name}"
        raise IntakeError(f"the driver {error.name} is missing: {extra}.") from None


def _connected(engine: Engine) -> Connection:
    from sqlalchemy.exc import DBAPIError

    options: dict[str, object] = {"stream_results": True, "max_row_buffer": _ROWS}
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    try:
        return engine.connect().execution_options(**options)
    except DBAPIError as error:
        raise IntakeError(f"the database cannot be reached: {_first_line(error.orig)}") from None


def _rows(connection: Connection, source: str, options: ReadOptions) -> Iterator:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        columns: Columns | None = None
        if options.query is not None:
            statement: Executable = text(_BIND.sub(r"\\:", options.query))
        else:
            statement, columns = _table(connection, options)
        result = connection.execute(statement)
    except SQLAlchemyError as error:
        raise IntakeError(f"{'--query' if options.query is not None else 'the table'} cannot be read: {_about_query(error)}") from None
    if not result.returns_rows:
        raise IntakeError("--query gives no rows. Write a SELECT.")
    names = list(result.keys())
    columns = columns or resolve_columns(names, options)
    places = {field: names.index(name) for field, name in columns.names.items()}
    yield from counted_rows(iter(result), places, source, (SQLAlchemyError,))


def _table(connection: Connection, options: ReadOptions) -> tuple[Executable, Columns]:
    from sqlalchemy import column, inspect, select, table

    inspector = inspect(connection)
    schema = None
    if options.table is not None and "." in options.table:
        schema, _, name = options.table.partition(".")
        found = [name]
    else:
        found = [*inspector.get_table_names(), *inspector.get_view_names()]
        if options.table is not None:
            found = [name for name in found if name.lower() == options.table.lower()] or found
    tables = {f"{schema}.{name}" if schema else name: [item["name"] for item in inspector.get_columns(name, schema)] for name in found}
    chosen, columns = choose_table(tables, options)
    bare = chosen.partition(".")[2] if schema else chosen
    return select(*(column(name) for name in columns.needed)).select_from(table(bare, schema=schema)), columns


def _about_query(error: Exception) -> str:
    """What the database says of the query itself (SQLSTATE class 42: syntax, names); of data, only the kind of error."""
    original = getattr(error, "orig", None)
    state = getattr(original, "sqlstate", None) or ""
    if state.startswith("42") or (original is None and type(error).__name__ == "NoSuchTableError"):
        return _first_line(original or error)
    return f"{type(original or error).__name__}{f' {state}' if state else ''}."


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines() if error is not None else []
    return lines[0] if lines else type(error).__name__
