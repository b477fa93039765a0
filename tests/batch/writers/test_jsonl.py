"""JSON Lines: what goes in comes out, byte for byte."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as limits

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import quarantine_line
from extractor.models import Result

from .build import BROKEN, QUARANTINE, batch, corpus_rows, written

READERS: dict[str, Callable[[bytes], bytes]] = {
    "jsonl": bytes,
    "jsonl.gz": gzip.decompress,
    "jsonl.zst": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
}


@pytest.mark.parametrize("format_", READERS)
@given(rows=batch())
@limits(max_examples=15, deadline=None)
def test_every_line_is_the_document_as_it_was(format_, rows, tmp_path_factory):
    target, files, _ = written(tmp_path_factory.mktemp("out"), rows, format_)
    lines = READERS[format_](target.read_bytes()).split(b"\n")
    assert lines == [*(item.json for item in rows if isinstance(item, Row)), b""]
    bad = files["out.quarantine.jsonl"].read_bytes()
    assert bad == b"".join(quarantine_line(item) for item in rows if isinstance(item, Quarantined))


def test_the_lines_are_results(tmp_path):
    target, _, _ = written(tmp_path, corpus_rows(), "jsonl")
    results = [Result.model_validate_json(line) for line in target.read_bytes().splitlines()]
    assert [result.note_id for result in results] == [item.note_id for item in corpus_rows()]


@given(item=QUARANTINE)
def test_a_quarantined_note_can_be_read_back(item):
    line = quarantine_line(item)
    assert line.count(b"\n") == 1
    found = json.loads(line)
    assert Quarantined(found["note_id"], found["source"], found["reason"], found["stage"]) == item


def test_quarantine_stands_beside_the_output_and_can_be_read_without_unpacking(tmp_path):
    _, files, _ = written(tmp_path, [BROKEN], "jsonl.zst")
    assert json.loads(files["out.quarantine.jsonl"].read_bytes())["reason"] == BROKEN.reason


def test_a_packed_file_carries_neither_name_nor_time(tmp_path):
    data = written(tmp_path, corpus_rows()[:1], "jsonl.gz").target.read_bytes()
    assert data[3:8] == b"\x00\x00\x00\x00\x00"
