"""Both engines on the same export: ``python -m tests.benchmarks.spark [NOTES]`` (default 20000).

Makes the nightly mix of :mod:`tests.benchmarks.batch` as Parquet, runs the local engine and a local Spark with two
processes each, and prints notes a second of both, without Spark's start.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from extractor.batch.run import RunOptions, run_batch
from extractor.batch.spark import run_spark
from extractor.batch.worker import Setup
from extractor.coding import load_policy
from tests.benchmarks.batch import export


def main() -> None:
    """Measure and print."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql import SparkSession

    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        lines, table = Path(folder) / "export.jsonl", Path(folder) / "export.parquet"
        export(lines, size)
        with lines.open(encoding="utf-8") as file:
            pq.write_table(pa.Table.from_pylist([json.loads(line) for line in file]), table, row_group_size=2000)
        began = time.perf_counter()
        run_batch([table], Path(folder) / "local.parquet", RunOptions(workers=2))
        print(f"{size / (time.perf_counter() - began):8,.0f}  notes a second, local engine, 2 processes")
        quiet = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                 "spark.sql.shuffle.partitions": "4", "spark.sql.files.maxPartitionBytes": "4m"}  # fmt: skip
        spark = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
        spark.range(1).count()
        began = time.perf_counter()
        run_spark([str(table)], Path(folder) / "spark.parquet", Setup(load_policy("cpt")), spark=spark)
        print(f"{size / (time.perf_counter() - began):8,.0f}  notes a second, Spark on this machine, 2 cores")
        spark.stop()


if __name__ == "__main__":
    main()
