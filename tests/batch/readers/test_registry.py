"""Which reader a file is for, and how readers of other modules are asked."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from extractor.batch.readers import registry
from extractor.batch.readers.base import ReadOptions
from extractor.intake import IntakeError
from tests.batch.readers.notes import csv_bytes, read, texts

SHARED = Path("/work/shared")


@pytest.mark.parametrize(("head", "name", "reader"), [
    (b"SQLite format 3\0", "x", "SQLite"),
    (bytes(8) + b"DUCK", "x", "DuckDB"),
    (b"PAR1", "x.csv", "Parquet"),
    (b'{"note_id": 1}', "x.txt", "JSON Lines"),
    (b'[\n {"note_id": 1}', "x", "JSON Lines"),
    (b'{"note_id": ', "x.jsonl", "JSON Lines"),
    (b"NOTE_ID\tNOTE_TEXT\n", "x.txt", "CSV"),
    (b"anything", "x.csv", "CSV"),
    (b"[x] left trapezius, text", "x.txt", "plain text"),
    (b"Note, text\nThe patient", "x.txt", "plain text"),
    (b"Name: A\nNote: B", "", "plain text"),
    (b"ISAAC was seen today.", "x.txt", "plain text"),
])  # fmt: skip
def test_content_decides_before_the_ending(head, name, reader):
    assert registry.reader_for(head, name, ReadOptions()).name == reader


@pytest.fixture
def documents(monkeypatch):
    """A converter of documents that knows one kind."""
    module = ModuleType("extractor.batch.documents")

    def convert(data, name):
        if b"broken" in data:
            raise IntakeError("the RTF document is damaged.")
        return SimpleNamespace(text=data.decode().removeprefix("{\\rtf1 ").removesuffix("}"), kind="RTF")

    module.convert = convert
    module.looks_like_document = lambda head, name: head.startswith(b"{\\rtf")
    import extractor.batch

    monkeypatch.setitem(sys.modules, "extractor.batch.documents", module)
    monkeypatch.setattr(extractor.batch, "documents", module, raising=False)
    monkeypatch.setattr(registry, "find_spec", lambda name: module)
    registry._reader.cache_clear()
    monkeypatch.setattr(registry, "_READERS", tuple(item for item in registry._READERS if item[0] not in ("hl7", "fhir", "ccda")))
    yield
    registry._reader.cache_clear()


def test_a_document_is_converted_and_says_so(tmp_path, documents):
    (tmp_path / "visit.rtf").write_bytes(b"{\\rtf1 Left trapezius.}")
    (note,) = read(tmp_path)
    assert (note.note_id, note.text, note.converted) == ("visit", "Left trapezius.", True)


def test_rtf_in_a_column_is_converted_too_and_a_damaged_one_costs_its_row(tmp_path, documents):
    rows = [("1", "", "", "", "{\\rtf1 One.}"), ("2", "", "", "", "{\\rtf1 broken"), ("3", "", "", "", "Plain.")]
    (tmp_path / "export.csv").write_bytes(csv_bytes(rows))
    first, second, third = read(tmp_path)
    assert (first.text, first.converted, third.converted) == ("One.", True, False)
    assert (second.note_id, second.reason) == ("2", "the RTF document is damaged.")


def test_real_transcribed_notes_come_through_every_format_unchanged(tmp_path):
    source = SHARED / "mtsamples/notes.jsonl.gz"
    if not source.exists():
        pytest.skip("the transcribed notes are not on this machine")
    with gzip.open(source, "rt", encoding="utf-8") as file:
        notes = {item["note_id"]: item["text"] for item in map(json.loads, file)}
    assert texts(source) == notes
    (tmp_path / "export.csv").write_bytes(csv_bytes([(key, "", "", "", text) for key, text in notes.items()], encoding="utf-16"))
    assert texts(tmp_path / "export.csv") == notes
    rows = [(key, str(number), line) for key, text in notes.items() for number, line in enumerate(text.split("\n"), 1)]
    (tmp_path / "lines.csv").write_bytes(csv_bytes(sorted(rows, key=lambda row: row[2]), ("NOTE_ID", "LINE", "NOTE_TEXT")))
    assert texts(tmp_path / "lines.csv", group_by="NOTE_ID", order_by="LINE") == notes


def test_every_published_sample_gives_notes_or_a_reason():
    if not (SHARED / "samples").exists():
        pytest.skip("the published samples are not on this machine")
    files = [path for path in (SHARED / "samples").rglob("*") if path.is_file()]
    spoken = {item.source for item in read(SHARED / "samples")}
    assert all(any(source.startswith(str(path)) for source in spoken) for path in files)
