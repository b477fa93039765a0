"""``tpi audit`` as an auditor uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTES = {
    "n1": ("p1", "2024-03-14", "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1 mL of 1% lidocaine each."),
    "n2": ("p2", "2024-03-15", "Trigger point injection: the right trapezius and right levator scapulae were injected with 1 mL of 1% lidocaine each."),
}
CLAIMS = """note_id,patient_id,date_of_service,payer,code,units,modifiers,diagnoses,paid
n1,p1,2024-03-14,Aetna,20553,1,,M79.18,62.10
n2,p2,2024-03-15,Aetna,20553,1,,M79.18,62.10
n7,p7,2024-03-16,Aetna,20552,1,,M79.18,55.00
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    lines = [
        json.dumps({"note_id": note_id, "patient_id": patient, "date_of_service": day, "text": text})
        for note_id, (patient, day, text) in NOTES.items()
    ]
    (tmp_path / "notes.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "claims.csv").write_text(CLAIMS)
    (tmp_path / "fees.csv").write_text("code,amount\n20552,55.00\n20553,62.10\n")
    return tmp_path


def findings(folder: Path) -> set[tuple[str, str]]:
    import duckdb

    with duckdb.connect(str(folder), read_only=True) as database:
        return set(database.execute("SELECT id, coalesce(note_id, '') FROM findings WHERE severity <> 'info'").fetchall())


def test_notes_and_claims_become_findings_with_money(office, tpi):
    answer = tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--fees", office / "fees.csv",
                 "--output", office / "audit.duckdb", "--workers", "1")  # fmt: skip
    assert answer.status == 0
    assert findings(office / "audit.duckdb") == {("code-not-supported", "n2"), ("note-missing", "")}
    assert "Overpayment at stake: $62.10" in answer.out  # 7.10 between the codes, and 55.00 without a note
    assert "levator" not in answer.out + answer.err


def test_a_finished_batch_is_not_read_again(office, tpi, monkeypatch):
    assert tpi("batch", office / "notes.jsonl", "--output", office / "done.parquet", "--workers", "1").status == 0

    def refuse(*_args, **_kwargs):
        raise AssertionError("a note was read again")

    monkeypatch.setattr("extractor.audit.extraction.read_notes", refuse)
    answer = tpi("audit", office / "done.parquet", "--claims", office / "claims.csv", "--output", office / "audit.duckdb")
    assert answer.status == 0
    assert ("code-not-supported", "n2") in findings(office / "audit.duckdb")


def test_a_folder_gets_page_workbook_and_tables(office, tpi):
    answer = tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--output", office / "all", "--sample", "2", "--workers", "1")
    assert answer.status == 0
    assert {file.name for file in (office / "all").iterdir()} == {"audit.html", "audit.xlsx", "tables"}
    page = (office / "all" / "audit.html").read_text(encoding="utf-8")
    assert "Sample and extrapolation" in page
    assert "levator scapulae" in page
    assert not list(office.rglob(".*staging*"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output", "report.pdf"], "the ending says which"),
        (["--output", "missing/report.html"], "no such folder"),
        (["--output", "a.html", "--basis", "list"], "paid, allowed or charge"),
        (["--output", "a.html", "--claims", "nowhere.csv"], "no such file"),
        (["--output", "a.html", "--sample", "50"], "cannot be drawn"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(office, tpi, monkeypatch, options, words):
    monkeypatch.chdir(office)
    answer = tpi("audit", "notes.jsonl", "--claims", "claims.csv", "--workers", "1", *options, columns=200)
    assert answer.status == 2
    assert words.lower() in answer.err.lower()
    assert answer.err.count("\n") == 1
    assert not list(office.glob("a.html"))


def test_places_that_cannot_be_read_are_told_and_cost_no_other(office, tpi):
    with (office / "notes.jsonl").open("a") as file:
        file.write("{broken\n")
    answer = tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--output", office / "audit.duckdb", "--workers", "1")
    assert answer.status == 1
    assert "1 place" in answer.err
    assert ("code-not-supported", "n2") in findings(office / "audit.duckdb")


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "duckdb", "sqlite", "csv"])
def test_a_note_that_the_batch_quarantined_is_not_called_missing(office, tpi, ending):
    with (office / "notes.jsonl").open("a") as file:
        file.write(json.dumps({"note_id": "n7", "patient_id": "p7", "date_of_service": "2024-03-16", "text": ""}) + "\n")
        file.write(json.dumps({"note_id": "n8", "patient_id": "p7", "date_of_service": "2024-03-16", "text": "Flu shot."}) + "\n")
    batch = tpi("batch", office / "notes.jsonl", "--output", office / f"done.{ending}", "--workers", "1")
    assert batch.status == 1
    for notes in (office / f"done.{ending}", office / "notes.jsonl"):
        answer = tpi("audit", notes, "--claims", office / "claims.csv", "--output", office / "audit.json.duckdb", "--workers", "1")
        assert answer.status == 1 and "has no text" in answer.err
        import duckdb

        with duckdb.connect(str(office / "audit.json.duckdb"), read_only=True) as database:
            [(finding, text, amount)] = database.execute("SELECT id, text, amount FROM findings WHERE code = '20552'").fetchall()
        assert (finding, amount) == ("note-missing", None)
        assert "its note n7 could not be read" in text and "note n8" in text


def test_a_note_that_was_exported_twice_is_one_note(office, tpi):
    (office / "twice").mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (office / "twice" / name).write_bytes((office / "notes.jsonl").read_bytes())
    assert tpi("audit", office / "twice", "--claims", office / "claims.csv", "--output", office / "audit.duckdb", "--workers", "1").status == 0
    import duckdb

    with duckdb.connect(str(office / "audit.duckdb"), read_only=True) as database:
        assert {ids for (ids,) in database.execute("SELECT array_to_string(note_ids, ' ') FROM encounters").fetchall()} == {"n1", "n2", ""}


@pytest.mark.parametrize("given", ["notes.jsonl", "claims.csv", "fees.csv"])
def test_an_input_is_never_overwritten(office, tpi, given):
    (office / given).rename(office / "same.duckdb")
    named = {name: office / ("same.duckdb" if name == given else name) for name in ("notes.jsonl", "claims.csv", "fees.csv")}
    before = (office / "same.duckdb").read_bytes()
    answer = tpi("audit", named["notes.jsonl"], "--claims", named["claims.csv"], "--fees", named["fees.csv"], "--output", office / "same.duckdb")
    assert answer.status == 2 and "this is an input" in answer.err
    assert (office / "same.duckdb").read_bytes() == before


@pytest.mark.parametrize(("claims", "said"), [
    ("note_id,code\n", "hold no claim line"),
    ("note_id,code\nn1,\n", "No claim line could be read"),
], ids=["none", "only bad ones"])  # fmt: skip
def test_claims_without_a_line_are_no_audit(office, tpi, claims, said):
    (office / "claims.csv").write_text(claims)
    answer = tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--output", office / "audit.html")
    assert answer.status == 2 and said in answer.err and not (office / "audit.html").exists()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_tables_are_files_beside_the_one_that_is_named(office, tpi, ending):
    answer = tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--output", office / f"audit.{ending}", "--workers", "1")
    assert answer.status == 0
    assert sorted(file.name for file in office.iterdir() if "audit" in file.name) == sorted(
        f"audit{part}.{ending}" for part in ("", ".encounters", ".lines", ".providers")
    )


def test_no_cell_of_a_csv_is_a_formula(office, tpi):
    (office / "claims.csv").write_text("claim_id,note_id,code\n=1+1,n2,20553\n")
    assert tpi("audit", office / "notes.jsonl", "--claims", office / "claims.csv", "--output", office / "audit.csv", "--workers", "1").status == 0
    written = (office / "audit.csv").read_text() + (office / "audit.lines.csv").read_text()
    assert '"\'=1+1"' in written and '"=1+1"' not in written
