"""The batch on a Spark cluster: the same function over a DataFrame, note by note (extra ``spark``).

Spark brings its own retries and its own way of scattering work, so there is no ledger here: a run answers all notes
of its input and replaces its output. The answers are those of the local engine, row for row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.batch.answer import answer_note, task_of
from extractor.batch.identity import content_of
from extractor.batch.notes import Row, SourceNote
from extractor.batch.readers.base import ReadOptions
from extractor.batch.run import CLASH
from extractor.batch.worker import Setup
from extractor.failures import UserError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["SparkError", "extract_frame", "run_spark", "session"]

_BATCH = 64
"""Answers that are handed back to Spark at once."""

class SparkError(UserError):
    """Spark cannot be used as asked; the message says what to do."""


def session(name: str = "tpi-extractor") -> SparkSession:
    """Return the running Spark session, or a new one as ``spark-submit`` or the environment configures it.

    Raises:
        SparkError: if pyspark or Java is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkError("Spark is not installed: pip install 'tpi-extractor[spark]', and a Java runtime (17 or later).") from None
    try:
        builder = SparkSession.builder.appName(name).config("spark.sql.execution.arrow.maxRecordsPerBatch", "256")
        return builder.getOrCreate()
    except Exception as error:  # py4j's own classes; a missing Java is reported as any of several
        raise SparkError(f"Spark did not start ({type(error).__name__}). Is a Java runtime (17 or later) installed?") from None


def extract_frame(
    frame: DataFrame, setup: Setup, *, options: ReadOptions | None = None, gate: bool = True, with_text: bool = False
) -> DataFrame:
    """Answer every row of a DataFrame.

    Args:
        frame: a table with a text and, under the names that :mod:`extractor.batch.readers.columns` knows or
            ``options`` maps, ids and a date; rows need no order.
        setup: policy, lexicon folders and time limit.
        options: mapping of columns.
        gate: answer notes without any word of needles at once.
        with_text: keep each note's text in its result.

    Returns:
        one row a row: ``note_id``, ``content`` (hash of text and metadata), ``source``, ``json`` (the contract's
        document; null where there is none), ``stage`` and ``reason`` of quarantine. A ``source`` and a ``position``
        column of ``frame`` are passed on.

    Raises:
        IntakeError: if no column holds a text.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    from extractor.batch.readers.columns import resolve_columns

    options = options or ReadOptions()
    columns = resolve_columns([name for name in frame.columns if name not in ("source", "position")], options)
    wanted = [*columns.needed, *(name for name in ("source", "position") if name in frame.columns)]
    rows = frame.select(*wanted)

    def answer(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _answers(batches, columns, setup, options, gate=gate, with_text=with_text)

    return rows.mapInArrow(answer, from_arrow_schema(_answer_schema()))


def run_spark(
    inputs: list[str], target: Path, setup: Setup, *, options: ReadOptions | None = None, gate: bool = True,
    with_text: bool = False, spark: SparkSession | None = None,
) -> dict[str, int]:  # fmt: skip
    """Read Parquet, answer every note, and write the flat tables as Parquet folders (``tpi batch --engine spark``).

    ``target`` becomes the folder ``results``; its siblings are ``out.muscles.parquet`` and so on, as the local engine
    names its files. Rows keep the order of the input. Notes of one id: the first counts, the same text again is left
    out, another text goes to quarantine.

    Returns:
        counts: ``notes``, ``supported``, ``review``, ``none``, ``repeated``, ``quarantined``.

    Raises:
        SparkError: if Spark, an input or the output cannot be used.
    """
    from pyspark.sql import functions as f
    from pyspark.sql.window import Window

    from extractor.batch.writers.base import sibling
    from extractor.batch.writers.tables import QUARANTINE, RESULTS, TABLES

    spark = spark or session()
    staging = target.with_name(f"{target.name}.staging")  # Spark does not read what begins with a stop
    frame = _read(spark, inputs)
    answers = extract_frame(frame, setup, options=options, gate=gate, with_text=with_text)
    answers.write.mode("overwrite").parquet(str(staging))
    try:
        answers = spark.read.parquet(str(staging))
        known = Window.partitionBy("note_id").orderBy("position")
        marked = answers.withColumn("first", f.first("content").over(known)).withColumn("rank", f.row_number().over(known))
        marked = marked.withColumn("where", f.first("source").over(known))
        before, after = CLASH.split("{}")
        unnamed = f.col("note_id").isNull()
        clashing = ~unnamed & (f.col("content") != f.col("first"))
        kept = marked.where(unnamed | (f.col("rank") == 1) | clashing)
        kept = kept.withColumn("json", f.when(clashing, None).otherwise(f.col("json")))
        kept = kept.withColumn("stage", f.when(clashing, "read").otherwise(f.col("stage")))
        kept = kept.withColumn("reason", f.when(clashing, f.concat(f.lit(before + " ("), "where", f.lit(")" + after))).otherwise(f.col("reason")))
        kept = kept.drop("first", "rank", "where", "content").orderBy("position").persist()
        for table in TABLES:
            ending = str(target if table is RESULTS else sibling(target, table.name, ".parquet"))
            if table is QUARANTINE:
                _quarantine(kept).write.mode("overwrite").parquet(ending)
            else:
                _flat(kept.where("json is not null"), table).write.mode("overwrite").parquet(ending)
        counts = {"notes": answers.count(), "kept": kept.count(), "quarantined": kept.where("json is null").count()}
        counts["repeated"] = counts["notes"] - counts.pop("kept")
        counts |= {row["status"]: row["count"] for row in spark.read.parquet(str(target)).groupBy("status").count().collect()}
        kept.unpersist()
        return counts
    finally:
        _delete(spark, staging)


def _read(spark: SparkSession, inputs: list[str]) -> DataFrame:
    """Read Parquet files and folders with each row's place and position."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    try:
        frame = spark.read.parquet(*inputs)
    except AnalysisException:
        raise SparkError("The inputs of --engine spark are Parquet files or folders that Spark can reach, all with the same columns.") from None
    file, row = f.col("_metadata.file_path"), f.col("_metadata.row_index")
    place = f.concat(f.regexp_replace(file, "^file:/*(?=/)", ""), f.lit("#"), row + 1)
    return frame.select("*", place.alias("source"), f.struct(file.alias("file"), row.alias("row")).alias("position")).select(
        *frame.columns, "source", f.concat_ws("#", "position.file", f.lpad(f.col("position.row").cast("string"), 18, "0")).alias("position")
    )


def _answers(batches, columns, setup: Setup, options: ReadOptions, *, gate: bool, with_text: bool) -> Iterator[pa.RecordBatch]:
    """Answer the rows of Arrow batches."""
    import pyarrow as pa

    from extractor.batch.readers.parquet import rows_of
    from extractor.batch.readers.rows import note_of

    schema = _answer_schema()
    done: list[tuple[Any, ...]] = []
    for batch in batches:
        names = batch.schema.names
        sources = batch.column("source").to_pylist() if "source" in names else [""] * batch.num_rows
        positions = batch.column("position").to_pylist() if "position" in names else [""] * batch.num_rows
        rows = rows_of(batch.select(list(columns.needed)), columns, "", 0)
        for row, source, position in zip(rows, sources, positions, strict=True):
            done.append((*_answer_of(note_of(row, options), source, setup, gate=gate, with_text=with_text), position))
            if len(done) == _BATCH:
                yield pa.RecordBatch.from_arrays([pa.array(values, field.type) for values, field in zip(zip(*done, strict=True), schema, strict=True)], schema=schema)
                done = []
    if done:
        yield pa.RecordBatch.from_arrays([pa.array(values, field.type) for values, field in zip(zip(*done, strict=True), schema, strict=True)], schema=schema)


def _answer_of(note: Any, source: str, setup: Setup, *, gate: bool, with_text: bool) -> tuple[Any, ...]:
    if not isinstance(note, SourceNote):
        return note.note_id, b"", source, None, "read", note.reason
    task = task_of(note, with_text=with_text)
    answer = answer_note(task, setup, gate=gate)
    if answer.json is None:
        return task.note_id, content_of(note), source, None, answer.status, answer.reason
    return task.note_id, content_of(note), source, answer.json.decode(), None, None


def _answer_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([
        ("note_id", pa.string()), ("content", pa.binary()), ("source", pa.string()), ("json", pa.string()),
        ("stage", pa.string()), ("reason", pa.string()), ("position", pa.string()),
    ])  # fmt: skip


def _flat(answers: DataFrame, table: Any) -> DataFrame:
    """Return one flat table of the answers, in their order."""
    from pyspark.sql.pandas.types import from_arrow_schema

    from extractor.batch.writers.flatten import flatten
    from extractor.batch.writers.parquet import arrow_schema, arrow_table

    def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            records = [
                record
                for note_id, source, document in zip(*(batch.column(name).to_pylist() for name in ("note_id", "source", "json")), strict=True)
                for record in flatten(Row(note_id, source, document.encode()))[table.name]
            ]
            if records:
                yield from arrow_table(table, records).to_batches()

    return answers.mapInArrow(rows, from_arrow_schema(arrow_schema(table)))


def _quarantine(kept: DataFrame) -> DataFrame:
    """Return the quarantine, numbered in the order of the input as the local engine numbers it."""
    from pyspark.sql import functions as f
    from pyspark.sql.window import Window

    number = f.row_number().over(Window.orderBy("position")).cast("long")
    return kept.where("json is null").select(number.alias("position"), "note_id", "source", "stage", "reason")


def _delete(spark: SparkSession, path: Path) -> None:
    """Delete a folder of Spark's file system, wherever that is."""
    where = spark._jvm.org.apache.hadoop.fs.Path(str(path))  # type: ignore[union-attr]
    where.getFileSystem(spark._jsc.hadoopConfiguration()).delete(where, True)  # type: ignore[union-attr]
