"""The audit for machines: whole, typed, joined by the encounter, in each format alike."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from extractor.audit.models import Audit
from extractor.audit.tables import TABLES, TableError, tables, write_tables

from . import build


def test_every_encounter_line_finding_and_provider_is_there_once():
    audit = build.many(90)
    made = tables(audit)
    assert {name: table.num_rows for name, table in made.items()} == {"findings": 30, "encounters": 90, "lines": 90, "providers": 12}
    assert made["findings"].column("amount").to_pylist() == [Decimal("8.25")] * 30
    assert made["encounters"].column("flagged").to_pylist().count(True) == 30


def test_evidence_keeps_its_offsets():
    (row,) = tables(build.audit())["findings"].to_pylist()
    (proof,) = row["evidence"]
    assert build.TWO_MUSCLES[proof["start"] : proof["end"]] == proof["text"] == "left upper trapezius"


def test_a_claim_line_carries_its_encounter():
    lines = tables(build.audit(build.encounter("E7")))["lines"].to_pylist()
    assert [(line["encounter"], line["code"], line["units"], line["paid"]) for line in lines] == [("E7", "20553", Decimal(1), Decimal("60.00"))]


def test_of_several_notes_the_one_that_proves_most_counts():
    more = build.note("Trigger point injections: 1 mL of 1% lidocaine each into the left trapezius, left infraspinatus and left teres minor.", "n2")
    (row,) = tables(build.audit(build.encounter(notes=[build.note(), more])))["encounters"].to_pylist()
    assert (row["code_proved"], row["muscles_low"], row["note_ids"]) == ("20553", 3, ["note-1", "n2"])


def test_an_empty_audit_has_empty_tables_with_all_columns(tmp_path):
    for path in write_tables(Audit(), tmp_path / "out"):
        assert pq.read_schema(path).names


@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb"])
def test_each_format_holds_the_same_rows(tmp_path, kind):
    target = tmp_path / ("audit.duckdb" if kind == "duckdb" else "audit")
    written = write_tables(build.many(30), target, format=kind)
    if kind == "duckdb":
        with duckdb.connect(str(target), read_only=True) as connection:
            count = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}
            joined = connection.execute("SELECT sum(amount) FROM findings JOIN encounters USING (encounter) WHERE flagged").fetchone()[0]
        assert joined == Decimal("82.50")
    else:
        read = pq.read_table if kind == "parquet" else pc.read_csv
        count = {path.stem: read(path).num_rows for path in written}
    assert count == {"findings": 10, "encounters": 30, "lines": 30, "providers": 12}


def test_writing_again_replaces(tmp_path):
    target = tmp_path / "audit.duckdb"
    write_tables(build.many(30), target)
    write_tables(build.many(9), target)
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM encounters").fetchone() == (9,)


def test_what_cannot_be_written_says_why(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(TableError, match="is a file"):
        write_tables(build.audit(), tmp_path / "taken", format="csv")
    with pytest.raises(TableError, match="no table format"):
        write_tables(build.audit(), tmp_path / "out", format="xml")
    (tmp_path / "other.duckdb").write_text("not a database, but long enough to have a header of its own")
    with pytest.raises(TableError, match="no DuckDB file"):
        write_tables(build.audit(), tmp_path / "other.duckdb")


def test_a_price_with_more_places_is_rounded_to_cents():
    audit = build.audit(build.encounter(findings=[build.finding(amount="8.255")]))
    assert tables(audit)["findings"].column("amount").to_pylist() == [Decimal("8.26")]


def test_a_text_of_a_csv_table_is_no_formula_in_a_spreadsheet(tmp_path):
    audit = build.audit(build.encounter("=HYPERLINK(1)"))
    write_tables(audit, tmp_path / "out", format="csv")
    cells = pc.read_csv(tmp_path / "out" / "encounters.csv").column("encounter").to_pylist()
    assert cells == ["'=HYPERLINK(1)"]
