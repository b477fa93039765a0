"""DuckDB and SQLite: keys, comments, and the views' answers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import duckdb
import pytest

from extractor.batch.notes import Quarantined
from extractor.batch.writers.tables import TABLES
from extractor.batch.writers.views import VIEWS
from extractor.models import Count, Decision, Drug, Finding, Hcpcs, Muscle, Procedure, Result

from .build import BROKEN, STAMP, corpus_rows, row, written

CONNECT = {"duckdb": lambda path: duckdb.connect(str(path), read_only=True), "sqlite": sqlite3.connect}


def note(note_id: str, code: str | None, status: str, muscles=(), drugs=(), findings=(), provider: str | None = "D1", query: str | None = None) -> Result:
    """A result with what the views look at."""
    count = Count(low=len(muscles), high=len(muscles))
    return Result(
        note_id=note_id, provider_id=provider, procedure=Procedure(kind="trigger_point_injection", status="performed" if code else "absent"), muscles=list(muscles), mentions=[],
        drugs=list(drugs), decision=Decision(code=code, status=status, muscle_count=count, units=1 if code else 0, query=query), findings=list(findings),
        versions=dict(STAMP.versions),
    )  # fmt: skip


TRAPEZIUS = Muscle(id="trapezius", name="trapezius", sides=["left", "right"])
LEVATOR = Muscle(id="levator_scapulae", name="levator scapulae", sides=["right"])
RHOMBOIDS = Muscle(id="rhomboids", name="rhomboids")
PARASPINALS = Muscle(id="paraspinals", name="paraspinal muscles", kind="group", sides=["left"])
TRIAMCINOLONE = Drug(id="triamcinolone_acetonide", text="Kenalog", hcpcs=Hcpcs(code="J3301", units=4, descriptor="triamcinolone acetonide, 10 mg"))
UNDOSED = TRIAMCINOLONE.model_copy(update={"hcpcs": Hcpcs(code="J3301", units=None, descriptor="triamcinolone acetonide, 10 mg")})
TOXIN = Finding(id="drug-conflict", severity="error", text="Two agents.")
UNSIDED = Finding(id="side-not-stated", severity="warning", text="No side.")

NOTES = [
    row(note("a", "20553", "supported", [TRAPEZIUS, LEVATOR, RHOMBOIDS], [TRIAMCINOLONE])),
    row(note("b", "20552", "supported", [TRAPEZIUS], [UNDOSED], [UNSIDED])),
    row(note("c", "20552", "review", [PARASPINALS], [], [UNSIDED], "D2", "Which muscles?")),
    row(note("d", "20552", "review", [TRAPEZIUS], [], [TOXIN, UNSIDED], "D2", "Which agent?")),
    row(note("e", None, "none", provider=None)),
    row(note("f", None, "review", query="Was it done?")),
]
BAD = [BROKEN, BROKEN, Quarantined("slow", "x.txt:1", "It took too long. Read it by itself.", "time")]

ANSWERS = {
    "review_queue": ("note_id, errors, warnings, query", [("d", 1, 1, "Which agent?"), ("f", 0, 0, "Was it done?"), ("c", 0, 1, "Which muscles?")]),
    "notes_by_code_and_status": (
        "code, status, notes",
        {("20553", "supported", 1), ("20552", "supported", 1), ("20552", "review", 2), (None, "none", 1), (None, "review", 1)},
    ),
    "muscles_injected": (
        "muscle_id, kind, notes, notes_left, notes_right",
        [("trapezius", "muscle", 3, 3, 3), ("levator_scapulae", "muscle", 1, 0, 1), ("paraspinals", "group", 1, 1, 0), ("rhomboids", "muscle", 1, 0, 0)],
    ),
    "provider_summary": (
        "provider_id, notes, billable_notes, supported, review, code_20552, code_20553, share_20553, share_review",
        [("D1", 3, 3, 2, 1, 1, 1, 0.5, 0.3333), ("D2", 2, 2, 0, 2, 2, 0, 0.0, 1.0), (None, 1, 0, 0, 0, 0, 0, None, None)],
    ),
    "findings_by_id": ("finding_id, severity, notes, findings", [("side-not-stated", "warning", 3, 3), ("drug-conflict", "error", 1, 1)]),
    "drugs_with_hcpcs_units": ("drug_id, hcpcs, notes, units, notes_without_units", [("triamcinolone_acetonide", "J3301", 2, 4, 1)]),
    "group_only_notes": ("note_id, count_low", [("c", 1)]),
    "quarantine_by_reason": ("stage, reason, notes", [("read", BROKEN.reason, 2), ("time", BAD[2].reason, 1)]),
}


def test_every_view_has_an_answer_here():
    assert set(ANSWERS) == {view.name for view in VIEWS}


@pytest.mark.parametrize("format_", CONNECT)
@pytest.mark.parametrize(("view", "columns", "answer"), [(view, *rest) for view, rest in ANSWERS.items()])
def test_a_view_answers_its_question(format_, view, columns, answer, tmp_path):
    target = written(tmp_path, [*NOTES, *BAD], format_).target
    with closing(CONNECT[format_](target)) as database:
        found = database.execute(f"SELECT {columns} FROM {view}").fetchall()
    assert (set(found) if isinstance(answer, set) else found) == answer


@pytest.mark.parametrize("format_", CONNECT)
def test_every_view_runs_on_real_notes(format_, tmp_path):
    target = written(tmp_path, [*corpus_rows(), BROKEN], format_).target
    with closing(CONNECT[format_](target)) as database:
        counts = {view.name: len(database.execute(f"SELECT * FROM {view.name}").fetchall()) for view in VIEWS}
    assert all(counts.values()), counts


def test_sqlite_refuses_a_child_without_its_note(tmp_path):
    target = written(tmp_path, corpus_rows()[:1], "sqlite").target
    with closing(sqlite3.connect(target)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("INSERT INTO findings VALUES ('nobody', 1, 'x', 'info', 'x', NULL, NULL, NULL, NULL, '[]')")


@pytest.mark.parametrize("format_", CONNECT)
def test_the_run_is_named(format_, tmp_path):
    target = written(tmp_path, [], format_).target
    with closing(CONNECT[format_](target)) as database:
        assert dict(database.execute("SELECT name, value FROM run").fetchall()) == STAMP.as_dict()


def test_duckdb_knows_what_every_table_column_and_view_is(tmp_path):
    with closing(CONNECT["duckdb"](written(tmp_path, [], "duckdb").target)) as database:
        tables = dict(database.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        columns = {(table, column): comment for table, column, comment in database.execute("SELECT table_name, column_name, comment FROM duckdb_columns()").fetchall()}
        views = dict(database.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
    assert {table.name: table.description for table in TABLES}.items() <= tables.items()
    assert {(table.name, column.name): column.description for table in TABLES for column in table.columns}.items() <= columns.items()
    assert views == {view.name: view.description for view in VIEWS}


def test_sqlite_shows_the_descriptions_with_the_schema(tmp_path):
    with closing(sqlite3.connect(written(tmp_path, [], "sqlite").target)) as database:
        schema = "\n".join(text for (text,) in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for table in TABLES:
        assert all(column.description in schema for column in table.columns)


def test_duckdb_holds_the_same_in_two_runs(tmp_path):
    tables = []
    for run in ("one", "two"):
        with closing(CONNECT["duckdb"](written(tmp_path / run, [*corpus_rows(), BROKEN], "duckdb").target)) as database:
            tables.append([database.execute(f"SELECT * FROM {table.name} ORDER BY rowid").fetchall() for table in TABLES])
    assert tables[0] == tables[1]


@pytest.mark.parametrize("millions", [1, 16])
def test_duckdb_takes_notes_of_any_length(tmp_path, millions):
    [row] = corpus_rows()[:1]
    long = json.loads(row.json) | {"text": "ü y z é " * (millions << 17)}
    rows = [replace(row, note_id=f"long-{number}", json=json.dumps(long | {"note_id": f"long-{number}"}).encode()) for number in range(3)]
    with closing(CONNECT["duckdb"](written(tmp_path, rows, "duckdb").target)) as database:
        assert database.execute("SELECT count(*), min(length(json)) FROM results").fetchone() == (3, len(rows[0].json))
