"""A real PostgreSQL server, through SQLAlchemy: started for these tests, on a socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers import Meter, ReadOptions, count_notes, read_notes
from extractor.intake import IntakeError
from tests.batch.readers.notes import read, texts


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@pytest.fixture(scope="module")
def server():
    """The URL of an empty database. PostgreSQL refuses to run as root: then its own user starts it."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    prefix: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="tpi-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(*command: str | Path) -> None:
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd=folder)

    data = folder / "data"
    try:
        run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://postgres:hush@/postgres?host={folder}"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ehr(server):
    """A database as an EHR's reporting copy has it: patients, and one row for each line of a note."""
    import psycopg

    with psycopg.connect(host=server.partition("host=")[2], user="postgres", autocommit=True) as connection:
        for statement in (
            "DROP SCHEMA IF EXISTS clarity CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SCHEMA clarity",
            "CREATE TABLE notes (note_id bigint, pat_id numeric, contact_date timestamptz, note_text text)",
            "INSERT INTO notes VALUES (1, 7, '2024-03-14 12:00+00', 'One ½'), (2, 7, NULL, '50% at 12:30 🩺')",
            "CREATE TABLE clarity.hno_note_text (note_id bigint, line int, note_text text)",
            "INSERT INTO clarity.hno_note_text SELECT n, l, n || '.' || l FROM generate_series(1, 3) n, generate_series(12, 1, -1) l",
            "CREATE TABLE patients (pat_id numeric, name text)",
        ):
            connection.execute(statement)
    return server


ALL = {"1": "One ½", "2": "50% at 12:30 🩺"}


def test_the_table_of_the_notes_is_found(ehr):
    first, second = read(ehr)
    assert (first.note_id, first.patient_id, str(first.date_of_service), first.text) == ("1", "7", "2024-03-14", "One ½")
    assert (second.note_id, second.date_of_service, second.text) == ("2", None, ALL["2"])


@pytest.mark.parametrize("options", [
    {"table": "notes"}, {"table": "NOTES"}, {"table": "public.notes"},
    {"query": "SELECT * FROM notes ORDER BY note_id"},
    {"query": "SELECT note_id, note_text FROM notes WHERE note_text LIKE '%e%' OR note_text LIKE '50%%' ORDER BY 1"},
    {"query": "SELECT note_id::text, note_text FROM notes WHERE ':note_id' <> 'at 12:30' ORDER BY 1;"},
    {"query": "SELECT note_id AS nr, note_text AS befund FROM notes", "columns": {"note_id": "nr", "text": "befund"}},
])  # fmt: skip
def test_a_table_or_a_query_is_read(ehr, options):
    assert texts(ehr, **options) == ALL


def test_the_short_name_of_the_server_uses_the_driver_of_the_extra(ehr):
    assert texts(ehr.replace("+psycopg", ""), table="notes") == ALL


def test_lines_of_notes_are_put_together_in_numeric_order(ehr):
    found = texts(ehr, table="clarity.hno_note_text", group_by="note_id", order_by="line")
    assert found == {str(note): "\n".join(f"{note}.{line}" for line in range(1, 13)) for note in (1, 2, 3)}


def test_lines_of_notes_without_group_by_are_refused(ehr):
    with pytest.raises(IntakeError, match="Add --group-by note_id --order-by line"):
        read(ehr, table="clarity.hno_note_text")


@pytest.mark.parametrize(("options", "said"), [
    ({"table": "visits"}, "there is no table visits. Tables found: notes, patients."),
    ({"table": "patients"}, "Columns found: pat_id, name."),
    ({"query": "SELECT * FROM visits"}, 'relation "visits" does not exist'),
    ({"query": "SELEKT"}, "syntax error"),
    ({"query": "DELETE FROM notes RETURNING *"}, "syntax error"),
    ({"query": "SELECT note_id, note_text::int AS text FROM notes"}, "InvalidTextRepresentation 22P02"),
])  # fmt: skip
def test_what_cannot_be_read_is_said_without_password_and_words(ehr, options, said):
    with pytest.raises(IntakeError) as error:
        read(ehr, **options)
    assert said in str(error.value)
    assert not any(word in str(error.value) for word in ("hush", "One", "\n"))
    assert texts(ehr) == ALL


def test_a_failure_after_the_first_rows_keeps_them_and_is_said_once(ehr):
    query = "SELECT n AS note_id, 'note ' || (1000 / (700 - n)) AS text FROM generate_series(1, 900) n"
    found = read(ehr, query=query)
    notes = [item for item in found if isinstance(item, SourceNote)]
    assert len(notes) >= 256
    assert isinstance(found[-1], Unreadable)
    assert "DivisionByZero" in found[-1].reason or "DataError" in found[-1].reason
    assert len(found) == len(notes) + 1


def test_rows_come_as_they_are_wanted(ehr):
    notes = read_notes([ehr], ReadOptions(query="SELECT n AS note_id, repeat('x', 1000) AS text FROM generate_series(1, 500000) n"))
    assert [next(notes).note_id for _ in range(3)] == ["1", "2", "3"]
    notes.close()


def test_progress_has_no_end_in_sight(ehr):
    meter = Meter()
    read(ehr, meter=meter)
    assert meter.total is None
    assert count_notes([ehr]) is None


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path):
    with pytest.raises(IntakeError, match="the database cannot be reached") as error:
        read(f"postgresql+psycopg://postgres:hush@/postgres?host={tmp_path}", query="SELECT 1")
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(("url", "said"), [
    ("oddbase://host/name", "knows no database oddbase"),
    ("mysql+mysqldb://host/name", "pip install MySQLdb"),
    ("postgresql://host:port/name", "cannot be read"),
])  # fmt: skip
def test_a_url_that_leads_nowhere_says_what_to_do(url, said):
    with pytest.raises(IntakeError, match=said):
        read(url, query="SELECT 1")
