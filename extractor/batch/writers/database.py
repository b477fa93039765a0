"""DuckDB and SQLite: the flat tables (with declared keys in SQLite), the stamp in a table ``run``, and a view for each common question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import OutputError, Staged, Stamp
from extractor.batch.writers.flatten import Record, batches, join_list
from extractor.batch.writers.parquet import arrow_table
from extractor.batch.writers.tables import TABLES, Table
from extractor.batch.writers.views import VIEWS

__all__ = ["DuckDbWriter", "SqliteWriter"]

_TWICE = "Two notes have the same id, which the key of a database forbids: {}. Give every note its own id (--map note_id=COLUMN)."
_LEAST = 64 << 20
_TIMES = 8
"""DuckDB's memory: enough for batches of usual notes, and so many times the longest batch."""
_RUN = "What made this database: run_id, policy, policy_settings and the versions, one a row."


class DuckDbWriter:
    """Lists are ``VARCHAR[]``; tables, columns and views carry comments.

    There are no declared keys: DuckDB holds a key's index in memory whole, so that the number of notes would decide the
    memory. That ``results`` has each note once is asked at the end, which spills to the staging folder.
    """

    needs_text = False
    refused = 0

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        import duckdb

        staged = staging / target.name
        # One thread: the rows come from one process anyhow, and each thread would hold buffers of its own.
        with closing(duckdb.connect(str(staged), config={"threads": 1, "memory_limit": f"{_LEAST >> 20}MB"})) as database:
            limit = _LEAST
            for statement in _duckdb_schema():
                database.execute(statement)
            database.executemany("INSERT INTO run VALUES (?, ?)", list(stamp.as_dict().items()))
            for batch in batches(rows):
                for table, records in batch:
                    arrow = arrow_table(table, records)
                    if arrow.nbytes * _TIMES > limit:
                        # One very long note: a string is held in one block, and a few times while it is packed.
                        limit = arrow.nbytes * _TIMES
                        database.execute(f"SET memory_limit = '{(limit >> 20) + 1}MB'")
                    database.register("batch", arrow)
                    database.execute(f"INSERT INTO {table.name} SELECT * FROM batch")
                    database.unregister("batch")
            twice = database.execute("SELECT note_id FROM results GROUP BY note_id HAVING count(*) > 1 ORDER BY 1 LIMIT 1").fetchone()
            if twice:
                raise OutputError(_TWICE.format(twice[0]))
            database.execute("CHECKPOINT")
        return [Staged(staged, target)]


class SqliteWriter:
    """Lists are joined by ``;``, dates are ISO 8601 text, booleans 0 and 1."""

    needs_text = False
    refused = 0

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        staged = staging / target.name
        with closing(sqlite3.connect(staged, isolation_level=None)) as database:
            # A half-written file is thrown away whole, so it needs neither journal nor syncs; the run syncs at the end.
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = ON", "cache_size = -65536"):
                database.execute(f"PRAGMA {pragma}")
            for statement in _sqlite_schema():
                database.execute(statement)
            database.execute("BEGIN")
            database.executemany("INSERT INTO run VALUES (?, ?)", stamp.as_dict().items())
            for batch in batches(rows):
                for table, records in batch:
                    marks = ", ".join("?" * len(table.columns))
                    try:
                        database.executemany(f"INSERT INTO {table.name} VALUES ({marks})", _cells(table, records))
                    except sqlite3.IntegrityError:
                        raise OutputError(_TWICE.format(_first_twice(database.execute, records))) from None
            database.execute("COMMIT")
        return [Staged(staged, target)]


def _first_twice(execute, records: list[Record]) -> str:
    """Return the first id of ``results`` that a batch repeats, or that stands there already."""
    seen: set[str] = set()
    for note_id, *_ in records:
        if note_id in seen or execute("SELECT 1 FROM results WHERE note_id = ?", [note_id]).fetchall():
            return note_id
        seen.add(note_id)
    raise AssertionError("a constraint failed, but no note's id is there twice")


def _cells(table: Table, records: list[Record]) -> Iterable[tuple[Any, ...]]:
    columns = []
    for column, values in zip(table.columns, zip(*records, strict=True), strict=True):
        if column.type == "list":
            columns.append([join_list(value) for value in values])
        elif column.type == "date":
            columns.append([value.isoformat() if isinstance(value, date) else None for value in values])
        else:
            columns.append(values)
    return zip(*columns, strict=True)


_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "list": "VARCHAR[]",
}
_SQLITE_TYPES = {
    "text": "TEXT",
    "json": "TEXT",
    "integer": "INTEGER",
    "number": "REAL",
    "boolean": "INTEGER",
    "date": "TEXT",
    "list": "TEXT",
}


def _duckdb_schema() -> Iterator[str]:
    yield "CREATE TABLE run (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)"
    yield f"COMMENT ON TABLE run IS {_quoted(_RUN)}"
    for table in TABLES:
        lines = [_column(column.name, _DUCKDB_TYPES[column.type], column.required) for column in table.columns]
        yield f"CREATE TABLE {table.name} ({', '.join(lines)})"
        yield f"COMMENT ON TABLE {table.name} IS {_quoted(table.description)}"
        for column in table.columns:
            yield f'COMMENT ON COLUMN {table.name}."{column.name}" IS {_quoted(column.description)}'
    for view in VIEWS:
        sides = {f"has_{side}": f"list_contains(sides, '{side}')" for side in ("left", "right")}
        yield f"CREATE VIEW {view.name} AS {view.query.format(**sides)}"
        yield f"COMMENT ON VIEW {view.name} IS {_quoted(view.description)}"


def _sqlite_schema() -> Iterator[str]:
    """Give the statements; SQLite keeps comments with them, and ``.schema`` shows them."""
    yield f"CREATE TABLE run ( -- {_RUN}\n  name TEXT PRIMARY KEY, value TEXT NOT NULL\n)"
    for table in TABLES:
        lines = [_column(column.name, _SQLITE_TYPES[column.type], column.required) for column in table.columns]
        comments = [f" -- {column.description}" for column in table.columns] + [""] * len(_keys(table))
        definitions = [*lines, *_keys(table)]
        last = len(definitions) - 1
        body = "\n".join(
            f"  {line}{',' if at < last else ''}{comment}"
            for at, (line, comment) in enumerate(zip(definitions, comments, strict=True))
        )
        yield f"CREATE TABLE {table.name} ( -- {table.description}\n{body}\n)"
    for view in VIEWS:
        sides = {f"has_{side}": f"instr(sides, '{side}') > 0" for side in ("left", "right")}
        yield f"CREATE VIEW {view.name} AS -- {view.description}{view.query.format(**sides)}"


def _column(name: str, type_: str, required: bool) -> str:
    return f'"{name}" {type_}{" NOT NULL" if required else ""}'


def _keys(table: Table) -> list[str]:
    keys = [f"PRIMARY KEY ({', '.join(table.key)})"]
    if table.parent:
        keys.append(f"FOREIGN KEY (note_id) REFERENCES {table.parent} (note_id)")
    return keys


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
