"""The run's memory: which notes are done, with what answer, by which versions; and the quarantine.

One SQLite file beside the output. Each block of notes is one transaction: after a kill at any moment every note is
either done or not begun. The output is written from here at the end, so that it depends on what is done, not on how
many runs it took. (DuckDB was the other candidate: its file takes no second reader while a run writes, and
``tpi status`` is asked while one does.)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from extractor.batch.notes import Quarantined, Row
from extractor.failures import UserError

__all__ = ["Done", "Known", "Ledger", "LedgerError", "NewQuarantine"]

_FORMAT = "1"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
  run INTEGER PRIMARY KEY, began TEXT NOT NULL, ended TEXT, state TEXT NOT NULL, versions TEXT NOT NULL,
  counts TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE notes (
  seq INTEGER PRIMARY KEY, note_id TEXT NOT NULL UNIQUE, content BLOB NOT NULL, version INTEGER NOT NULL,
  source TEXT NOT NULL, status TEXT NOT NULL, code TEXT, low INTEGER NOT NULL, high INTEGER NOT NULL,
  seen INTEGER NOT NULL, done INTEGER NOT NULL
);
CREATE TABLE answers (seq INTEGER PRIMARY KEY, json BLOB NOT NULL, text TEXT);
CREATE TABLE versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE quarantine (
  entry INTEGER PRIMARY KEY, source TEXT NOT NULL, file TEXT NOT NULL, stage TEXT NOT NULL, note_id TEXT, content BLOB,
  version INTEGER NOT NULL, reason TEXT NOT NULL, seen INTEGER NOT NULL
);
CREATE UNIQUE INDEX quarantine_key ON quarantine (source, stage, ifnull(note_id, ''), ifnull(content, ''));
CREATE INDEX quarantine_note ON quarantine (note_id);
CREATE INDEX notes_status ON notes (status, code);
"""


class LedgerError(UserError):
    """The ledger cannot be used; the message says why and what to do."""


class Known(NamedTuple):
    """What the ledger knows of a note id."""

    seq: int
    content: bytes
    version: int
    seen: int


class Done(NamedTuple):
    """A note with its answer, to be recorded."""

    note_id: str
    content: bytes
    source: str
    status: str
    code: str | None
    low: int
    high: int
    json: bytes
    text: str | None


class NewQuarantine(NamedTuple):
    """A quarantined note, to be recorded."""

    source: str
    stage: str
    reason: str
    note_id: str | None = None
    content: bytes | None = None


class Ledger:
    """The ledger of one output."""

    def __init__(self, path: Path, *, read_only: bool = False):
        """Open it, and make it where it does not exist.

        Raises:
            LedgerError: if it is none, of another version, damaged, or cannot be written.
        """
        self.path = path
        try:
            self._db = self._opened(path, read_only)
        except sqlite3.Error as error:
            raise _explained(path, error) from None
        self.run = 0
        self.version = 0

    def _opened(self, path: Path, read_only: bool) -> sqlite3.Connection:
        where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        db = sqlite3.connect(where, uri=True, isolation_level=None, timeout=30)
        db.execute("PRAGMA busy_timeout = 30000")
        if not read_only:
            db.execute("PRAGMA journal_mode = WAL")
            # FULL: a transaction that was reported done survives the loss of power, too.
            db.execute("PRAGMA synchronous = FULL")
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}INSERT INTO meta VALUES ('format', '{_FORMAT}');COMMIT;")
        row = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if row is None or row[0] != _FORMAT:
            raise LedgerError(f"{path}: written by another version of this program. Move it and its output away, and run again.")
        return db

    def close(self) -> None:
        """Close the file; what is committed stays."""
        self._db.close()

    # -- a run ---------------------------------------------------------------------------------------------------

    def begin_run(self, began: str, versions: str) -> int:
        """Record a new run, and those before it that never ended as interrupted; return its number."""
        with _Transaction(self):
            self._db.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'running'")
            self._db.execute("INSERT OR IGNORE INTO versions (name) VALUES (?)", (versions,))
            self.version = self._db.execute("SELECT version FROM versions WHERE name = ?", (versions,)).fetchone()[0]
            cursor = self._db.execute(
                "INSERT INTO runs (began, state, versions) VALUES (?, 'running', ?)", (began, versions)
            )
            self.run = cursor.lastrowid or 0
            before = self._db.execute("SELECT state FROM runs WHERE run < ? ORDER BY run DESC LIMIT 1", (self.run,)).fetchone()
            if before is None or before[0] == "done":
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('processed_on', ?)", (began[:10],))
        return self.run

    def processed_on(self) -> date:
        """Return the day on which this run, or the one that it finishes, began: the only date in an output."""
        return date.fromisoformat(self.get("processed_on") or "")

    def end_run(self, ended: str, state: str, counts: dict[str, int]) -> None:
        """Record how a run ended: ``done``, ``stopped`` or ``failed``."""
        with _Transaction(self):
            self._db.execute(
                "UPDATE runs SET ended = ?, state = ?, counts = ? WHERE run = ?",
                (ended, state, json.dumps(counts), self.run),
            )

    def known(self, note_ids: Sequence[str]) -> dict[str, Known]:
        """Return what is known of some notes, by id."""
        if not note_ids:
            return {}
        marks = ",".join("?" * len(note_ids))
        rows = self._db.execute(
            f"SELECT note_id, seq, content, version, seen FROM notes WHERE note_id IN ({marks})", list(note_ids)
        )
        return {row[0]: Known(*row[1:]) for row in rows}

    def source_of(self, note_id: str) -> str | None:
        """Return where a note was read."""
        row = self._db.execute("SELECT source FROM notes WHERE note_id = ?", (note_id,)).fetchone()
        return row[0] if row else None

    def refused(self, note_id: str, content: bytes) -> str | None:
        """Return why the extractor failed on this very note under these very versions; it would fail again."""
        row = self._db.execute(
            "SELECT reason FROM quarantine WHERE note_id = ? AND content = ? AND version = ? AND stage = 'extract'",
            (note_id, content, self.version),
        ).fetchone()
        return row[0] if row else None

    def commit(
        self, done: Iterable[Done], seen: Iterable[str], quarantined: Iterable[NewQuarantine], counts: dict[str, int]
    ) -> None:
        """Record one block as one transaction.

        Raises:
            LedgerError: if it cannot be written (disk full …); nothing of the block is then recorded.
        """
        run, version = self.run, self.version
        held = list(quarantined)
        with _Transaction(self):
            for item in done:
                seq = self._db.execute(
                    "INSERT INTO notes (note_id, content, version, source, status, code, low, high, seen, done)"
                    " VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (note_id) DO UPDATE SET content = excluded.content,"
                    " version = excluded.version, source = excluded.source, status = excluded.status,"
                    " code = excluded.code, low = excluded.low, high = excluded.high, seen = excluded.seen,"
                    " done = excluded.done RETURNING seq",
                    (item.note_id, item.content, version, item.source, item.status, item.code, item.low, item.high, run, run),
                ).fetchone()[0]
                self._db.execute("INSERT OR REPLACE INTO answers (seq, json, text) VALUES (?,?,?)", (seq, item.json, item.text))
            self._db.executemany("UPDATE notes SET seen = ? WHERE note_id = ?", ((run, note_id) for note_id in seen))
            self._db.executemany(
                "INSERT INTO quarantine (source, file, stage, note_id, content, version, reason, seen)"
                " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (source, stage, ifnull(note_id, ''), ifnull(content, ''))"
                " DO UPDATE SET version = excluded.version, reason = excluded.reason, seen = excluded.seen",
                (
                    (item.source, file_of(item.source), item.stage, item.note_id, item.content, version, item.reason, run)
                    for item in held
                ),
            )
            # The answer to an earlier text of a note is no answer to this one: it leaves the output until it is read.
            self._db.executemany(
                "UPDATE notes SET status = 'quarantined', content = x'', done = ?, seen = ? WHERE note_id = ?",
                ((run, run, item.note_id) for item in held if item.stage != "read"),
            )
            self._db.execute("UPDATE runs SET counts = ? WHERE run = ?", (json.dumps(counts), run))

    def stale_files(self) -> set[str]:
        """Return the files of which an earlier run quarantined something."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT file FROM quarantine")}

    def settle_quarantine(self, files_read: Iterable[str]) -> None:
        """Drop what is resolved: entries of a file that was read again without them, and of notes that are now done."""
        with _Transaction(self):
            self._db.executemany(
                "DELETE FROM quarantine WHERE file = ? AND seen < ?", ((file, self.run) for file in files_read)
            )
            self._db.execute(
                "DELETE FROM quarantine WHERE seen < ? AND stage <> 'read' AND EXISTS"
                " (SELECT 1 FROM notes WHERE notes.note_id = quarantine.note_id AND status <> 'quarantined' AND done > quarantine.seen)",
                (self.run,),
            )

    # -- what is in it -------------------------------------------------------------------------------------------

    def rows(self, *, with_text: bool = False) -> Iterator[Row]:
        """Give every finished note in the order in which the notes first came."""
        text = "text" if with_text else "NULL"
        query = f"SELECT note_id, source, json, {text} FROM notes JOIN answers USING (seq) WHERE status <> 'quarantined' ORDER BY seq"
        for note_id, source, document, words in self._db.execute(query):
            yield Row(note_id, source, document, words)

    def quarantine(self) -> Iterator[Quarantined]:
        """Give the quarantine in a stable order."""
        query = "SELECT note_id, source, reason, stage FROM quarantine ORDER BY file, entry"
        for row in self._db.execute(query):
            yield Quarantined(*row)

    def fingerprint(self) -> str:
        """Return what changes whenever the output would."""
        notes = self._db.execute("SELECT count(*), ifnull(max(done), 0), ifnull(sum(done), 0) FROM notes").fetchone()
        kept = self._db.execute("SELECT count(*), ifnull(sum(entry * 31 + version), 0) FROM quarantine").fetchone()
        return ",".join(map(str, (*notes, *kept)))

    def get(self, key: str) -> str | None:
        """Return a remembered value."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def put(self, key: str, value: str) -> None:
        """Remember a value."""
        with _Transaction(self):
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a question that only reads."""
        return self._db.execute(sql, parameters).fetchall()

    def execute(self, sql: str) -> None:
        """Run one statement (``BEGIN``, ``COMMIT``, ``ROLLBACK``)."""
        self._db.execute(sql)


class _Transaction:
    """All or nothing."""

    def __init__(self, ledger: Ledger):
        self._ledger = ledger

    def __enter__(self) -> None:
        try:
            self._ledger.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _explained(self._ledger.path, error) from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._ledger.execute("ROLLBACK" if kind else "COMMIT")
        except sqlite3.Error as problem:
            # After a full disk SQLite has rolled back by itself.
            raise _explained(self._ledger.path, error if isinstance(error, sqlite3.Error) else problem) from None
        if isinstance(error, sqlite3.Error):
            raise _explained(self._ledger.path, error) from None


def file_of(source: str) -> str:
    """Return the file of a place such as ``export.jsonl:12`` or ``export.parquet#3``."""
    file, _, place = source.rpartition("#" if "#" in source else ":")
    return file if file and place.isdigit() else source


def _explained(path: Path, error: sqlite3.Error) -> LedgerError:
    words = str(error)
    if "full" in words:
        advice = "The disk is full. Free some space and run the same command again; what is done stays done."
    elif "unable to open" in words or "readonly" in words or "read-only" in words:
        advice = "It cannot be written. Check the folder and its rights."
    elif "not a database" in words or "malformed" in words:
        advice = "It is damaged or no ledger. Move it and the output away, and run again."
    elif "locked" in words or "busy" in words:
        advice = "Another program holds it. Wait until it ends, and run again."
    else:
        advice = f"It cannot be used ({type(error).__name__})."
    return LedgerError(f"{path}: {advice}")
