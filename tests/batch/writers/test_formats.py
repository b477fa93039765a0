"""Which format a target means."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from extractor.batch.writers import FORMATS, OutputError, Stamp, format_of, publish, writer_for
from extractor.batch.writers.base import Staged, sibling
from extractor.models import Result

from .build import BROKEN, STAMP, corpus_rows, row, written

ENDINGS = {
    "out.jsonl": "jsonl",
    "out.jsonl.gz": "jsonl.gz",
    "out.jsonl.zst": "jsonl.zst",
    "out.parquet": "parquet",
    "out.csv": "csv",
    "out.tsv": "tsv",
    "out.duckdb": "duckdb",
    "out.sqlite": "sqlite",
    "out.sqlite3": "sqlite",
    "out.db": "sqlite",
    "out.omop.csv": "omop.csv",
    "out.omop.parquet": "omop.parquet",
    "out.fhir.ndjson": "fhir.ndjson",
    "out.doccano.jsonl": "doccano.jsonl",
    "notes.brat": "brat",
    "OUT.CSV": "csv",
    "a.b.2024.Parquet": "parquet",
}


@pytest.mark.parametrize(("name", "format_"), ENDINGS.items())
def test_the_longest_ending_picks_the_format(name, format_):
    assert format_of(Path("folder.csv") / name) == format_


def test_every_format_has_an_ending_that_picks_it():
    assert set(ENDINGS.values()) == set(FORMATS)


@pytest.mark.parametrize("name", ["out", "out.txt", "out.json", "out.jsonl.bz2", ".csv", "out.ndjson"])
def test_an_ending_that_says_no_format_is_refused_with_those_that_do(name):
    with pytest.raises(OutputError, match=re.escape(".omop.csv")) as error:
        format_of(Path(name))
    assert str(error.value).count("\n") == 0


@pytest.mark.parametrize("name", ["csv", ".csv", "CSV"])
def test_a_named_format_goes_before_the_ending(name):
    assert format_of(Path("out.jsonl"), name) == "csv"


def test_an_unknown_name_is_refused():
    with pytest.raises(OutputError, match="no format 'excel'"):
        format_of(Path("out.csv"), "excel")
    with pytest.raises(OutputError, match="no format 'excel'"):
        writer_for("excel")


@pytest.mark.parametrize(
    ("target", "expected"),
    [("out.csv", "out.drugs.csv"), ("a.omop.csv", "a.drugs.csv"), ("b.jsonl.gz", "b.drugs.csv"), ("c.txt", "c.drugs.csv"), ("d", "d.drugs.csv")],
)
def test_parts_of_an_output_stand_beside_it(target, expected):
    assert sibling(Path("x") / target, "drugs", ".csv") == Path("x") / expected


@pytest.mark.parametrize("format_", FORMATS)
def test_two_runs_write_the_same_bytes(format_, tmp_path):
    """DuckDB's own file holds counters of its own; its tables are compared elsewhere."""
    rows = [*corpus_rows()[:5], BROKEN]
    once, again = (written(tmp_path / run, rows, format_) for run in ("one", "two"))
    for name, path in once.files.items():
        parts = sorted(path.iterdir()) if path.is_dir() else [path]
        for part in parts:
            other = again.files[name] / part.name if path.is_dir() else again.files[name]
            assert format_ == "duckdb" or part.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("format_", FORMATS)
def test_a_run_without_notes_gives_an_output_without_rows(format_, tmp_path):
    assert written(tmp_path, [], format_).target.exists()


@pytest.mark.parametrize("format_", FORMATS)
def test_an_earlier_output_is_replaced_whole(format_, tmp_path):
    rows = corpus_rows()
    written(tmp_path, [*rows[:3], BROKEN], format_)
    target, files, _ = written(tmp_path, rows[3:4], format_, name=f"out.{format_}")
    text = b"".join(p.read_bytes() for f in files.values() for p in (f.rglob("*") if f.is_dir() else [f]) if p.is_file())
    if format_ in ("jsonl", "csv", "tsv", "omop.csv", "fhir.ndjson", "brat", "doccano.jsonl", "sqlite"):
        assert rows[3].note_id.encode() in text
        assert rows[0].note_id.encode() not in text
        assert b"export.hl7" not in text
    assert target.exists()


def test_a_folder_takes_the_place_of_a_folder(tmp_path):
    old, new = tmp_path / "out.brat", tmp_path / "staging" / "out.brat"
    for folder, name in ((old, "old.txt"), (new, "new.txt")):
        folder.mkdir(parents=True)
        (folder / name).touch()
    publish([Staged(new, old)])
    assert [path.name for path in old.iterdir()] == ["new.txt"]
    assert list((tmp_path / "staging").iterdir()) == []


@pytest.mark.parametrize("format_", ["brat", "doccano.jsonl"])
def test_a_format_that_needs_the_text_says_so_where_it_is_missing(format_, tmp_path):
    first = corpus_rows()[0]
    assert writer_for(format_).needs_text
    with pytest.raises(OutputError, match="without its text"):
        written(tmp_path, [type(first)(first.note_id, first.source, first.json, None)], format_)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_full_disk_is_an_error_and_leaves_the_target_alone(format_, tmp_path):
    target = tmp_path / f"out.{format_}"

    def rows():
        yield corpus_rows()[0]
        raise OSError(28, "No space left on device")

    staging = tmp_path / ".staging"
    staging.mkdir()
    with pytest.raises(OSError, match="No space"):
        writer_for(format_).write(rows(), target, staging, STAMP)
    assert [path.name for path in tmp_path.iterdir()] == [".staging"]


def test_the_stamp_names_the_configuration_and_not_the_day():


    from .build import STAMP

    assert Stamp(date(2030, 1, 1), STAMP.versions, STAMP.policy, STAMP.settings).run_id == STAMP.run_id
    assert Stamp(STAMP.processed_on, STAMP.versions, "medicare", STAMP.settings).run_id != STAMP.run_id


def test_rows_may_come_with_texts_that_nobody_needs(tmp_path):


    real = corpus_rows()[0]
    result = Result.model_validate_json(real.json)
    assert written(tmp_path, [row(result, real.text)], "jsonl").target.read_bytes() == real.json + b"\n"
