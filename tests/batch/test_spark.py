"""The Spark engine: on a real local Spark, row for row what the local engine says."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from extractor.batch.run import RunOptions, run_batch
from extractor.batch.worker import Setup
from extractor.batch.writers.tables import TABLES
from extractor.coding import load_policy
from tests.corpus_notes import CORPUS

pytest.importorskip("pyspark", reason="pyspark is not installed (extra spark)")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("no Java runtime", allow_module_level=True)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    quiet = {
        "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC", "spark.ui.showConsoleProgress": "false",
    }  # fmt: skip
    session = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Path:
    """Notes as a warehouse exports them, in several row groups, with a note that comes twice, a clash and an empty one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(CORPUS.glob("b01/*.txt"))[:24]
    rows = [(f"note-{number}", file.read_text(encoding="utf-8"), "2024-03-14", f"p{number % 5}") for number, file in enumerate(files)]
    rows += [rows[0], ("note-1", "Another text under the same id.", "2024-03-14", "p1"), ("blank", "  ", None, None)]
    rows.append((None, "Left trapezius was injected with 1 mL of 1% lidocaine.", None, None))
    path = tmp_path_factory.mktemp("spark") / "export.parquet"
    names = ("NOTE_ID", "NOTE_TEXT", "CONTACT_DATE", "PAT_ID")
    pq.write_table(pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))), path, row_group_size=10)
    return path


def test_both_engines_write_the_same_rows(spark, export):
    import pyarrow.parquet as pq

    from extractor.batch.spark import run_spark

    local, distributed = export.with_name("local.parquet"), export.with_name("spark.parquet")
    ours = run_batch([export], local, RunOptions(workers=1)).counts
    theirs = run_spark([str(export)], distributed, Setup(load_policy("cpt")), spark=spark)
    names = ("notes", "repeated", "quarantined", "supported", "review", "none")
    assert {name: theirs.get(name, 0) for name in names} == {name: ours[name] for name in names}
    for table in TABLES:
        part = "" if table.name == "results" else f"{table.name}."
        rows = [pq.read_table(export.with_name(f"{engine}.{part}parquet")).to_pylist() for engine in ("local", "spark")]
        assert rows[1] == rows[0], table.name
        assert rows[0], f"{table.name} is empty: nothing was compared"


def test_a_frame_in_memory_is_answered_without_any_file(spark):
    from extractor import extract
    from extractor.batch.spark import extract_frame

    text = "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1% lidocaine 1 mL each."
    frame = spark.createDataFrame([("a", text)], ["note_id", "text"])
    (row,) = extract_frame(frame, Setup(load_policy("cpt"))).collect()
    assert (row.note_id, row.json, row.stage) == ("a", extract(text, note_id="a").model_dump_json(), None)


def test_an_input_that_spark_cannot_read_is_said(spark, tmp_path):
    from extractor.batch.spark import SparkError, run_spark

    with pytest.raises(SparkError, match="Parquet files"):
        run_spark([str(tmp_path / "missing.parquet")], tmp_path / "out.parquet", Setup(load_policy("cpt")), spark=spark)
