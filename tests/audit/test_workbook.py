"""The workbook as an auditor opens it, read back with another library."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from extractor.audit.models import Audit
from extractor.audit.sampling import extrapolate, sample_encounters
from extractor.report import audit_workbook
from extractor.report.audit_workbook import WorkbookError, write_workbook

from . import build

openpyxl = pytest.importorskip("openpyxl")

HOSTILE = ["=HYPERLINK(\"http://x.example\",\"x\")", "+1+1", "-2", "@SUM(A1)", "{=1+1}", "http://x.example/", "internal:'Sheet'!A1", "00123", "\x00\x1b[2J", "\ud800", "😀" * 3, "x" * 40_000]


def book(tmp_path, audit, sample=None, **given):
    path = tmp_path / "audit.xlsx"
    write_workbook(audit, path, sample, **given)
    return openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)


def column(sheet, name):
    (place,) = [cell.column for cell in sheet[1] if cell.value == name]
    return [sheet.cell(row, place) for row in range(2, sheet.max_row + 1)]


def test_the_sheets_are_those_that_auditors_expect(tmp_path):
    audit = build.many(30)
    plain, _ = book(tmp_path, audit)
    sampled, _ = book(tmp_path, audit, sample_encounters(audit.encounters, 10, seed=1))
    assert plain.sheetnames == ["Summary", "Findings", "Encounters", "Muscles", "Providers", "Method and sources"]
    assert sampled.sheetnames == ["Summary", "Findings", "Encounters", "Muscles", "Providers", "Sample", "Extrapolation", "Method and sources"]


def test_every_table_has_a_frozen_heading_and_filters(tmp_path):
    found, _ = book(tmp_path, build.many(30))
    for name in ("Findings", "Encounters", "Muscles", "Providers"):
        sheet = found[name]
        assert sheet.freeze_panes and sheet.freeze_panes.endswith("2"), name
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row)), name


def test_a_row_of_findings_has_what_an_appeal_needs(tmp_path):
    found, _ = book(tmp_path, build.audit())
    row = dict(zip([cell.value for cell in found["Findings"][1]], [cell.value for cell in found["Findings"][2]], strict=True))
    assert row["Id"] == "code-not-supported"
    assert row["What the record shows"].endswith("does not name a third.")
    assert row["The note’s words"] == "“left upper trapezius”"
    assert (row["Amount"], row["Direction"], row["Arithmetic"]) == (8.25, "overpayment", "60.00 − 51.75 = 8.25")
    assert (row["Rule"], row["Source"], row["Rule’s dates"], row["Place in the claims"]) == ("code-trigger-point", "RHEUM", "2003-01-01/..", "claims.csv:2")
    assert row["What would resolve it"].startswith("A signed addendum")


def test_types_are_excels_own(tmp_path):
    found, _ = book(tmp_path, build.audit())
    (day,) = column(found["Findings"], "Date of service")
    (amount,) = column(found["Findings"], "Amount")
    (code,) = column(found["Findings"], "Code")
    assert (day.value.date(), day.number_format) == (date(2024, 3, 14), "yyyy-mm-dd")
    assert "$" in amount.number_format
    assert (code.value, code.data_type) == ("20553", "s")


def test_a_finding_leads_to_its_encounter(tmp_path):
    found, _ = book(tmp_path, build.many(30))
    link = column(found["Findings"], "Encounter")[3]
    target = link.hyperlink.location
    sheet, cell = target.split("!")
    assert found[sheet.strip("'")][cell].value == link.value


def test_totals_are_formulas_whose_value_is_there_already(tmp_path):
    formulas, values = book(tmp_path, build.many(30))
    cell = next(row[1] for row in formulas["Summary"].iter_rows() if row[0].value == "Possible overpayment")
    assert cell.value == "=SUM(Encounters!K2:K31)"
    assert values["Summary"][cell.coordinate].value == 82.5
    assert sum(cell.value or 0 for cell in column(values["Encounters"], "Overpayment")) == 82.5


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_whatever_it_begins_with(tmp_path, text):
    encounter = build.encounter(patient_id=text, payer=text, findings=[build.finding(text=text, claim_id=text)])
    found, _ = book(tmp_path, build.audit(encounter, unreadable=[text], arithmetic=[text]))
    for sheet, name in (("Findings", "Patient"), ("Findings", "What the record shows"), ("Encounters", "Payer")):
        (cell,) = column(found[sheet], name)
        assert cell.data_type == "s"
        assert cell.hyperlink is None
        assert len(cell.value) <= 32_767
        if text.isprintable() and len(text) < 1000:
            assert cell.value == text
    formulas = {cell.value for sheet in found for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
    assert all(formula.startswith(("=SUM(Encounters", "=COUNTIF(Findings", "=IF(")) for formula in formulas)


def test_the_sample_sheet_leads_from_reviewed_amounts_to_the_estimate(tmp_path):
    audit = build.many(90)
    sample = sample_encounters(audit.encounters, 20, seed=4, stratum_of=lambda one: one.payer)
    reviewed = {unit: Decimal(number % 3) for number, unit in enumerate(sample.ids)}
    formulas, values = book(tmp_path, audit, sample, reviewed=reviewed)
    expected = extrapolate(sample, audit.encounters, reviewed=reviewed).total
    shown = {row[0].value: row[1].value for row in values["Extrapolation"].iter_rows() if row[0].value}
    assert shown["Point estimate"] == pytest.approx(expected.point)
    assert (shown["Lower limit"], shown["Upper limit"]) == pytest.approx((expected.low, expected.high))
    assert [cell.value for cell in column(formulas["Sample"], "Amount used")][:2] == ["=IF(ISBLANK(J2),I2,J2)", "=IF(ISBLANK(J3),I3,J3)"]
    assert [cell.value for cell in column(values["Sample"], "Reviewed net overpayment")] == [float(reviewed[unit]) for unit in sample.ids]


def test_the_formulas_of_the_extrapolation_give_what_the_library_gives(tmp_path):
    audit = build.many(90)
    sample = sample_encounters(audit.encounters, 20, seed=4, stratum_of=lambda one: one.payer)
    _, values = book(tmp_path, audit, sample)
    rows = [[cell.value for cell in row] for row in values["Extrapolation"].iter_rows(min_row=2, max_row=1 + len(sample.sizes))]
    expected = extrapolate(sample, audit.encounters).total
    # The columns N, n, mean, s, total and variance, put together as the sheet's formulas do.
    assert sum(size * mean for _, size, _, mean, *_ in rows) == pytest.approx(expected.point)
    assert sum(size**2 * s**2 / n * (1 - n / size) for _, size, n, _, s, *_ in rows) ** 0.5 == pytest.approx(expected.standard_error)
    assert [row[5] for row in rows] == pytest.approx([row[1] * row[3] for row in rows])


def test_an_empty_audit_is_a_workbook_too(tmp_path):
    found, _ = book(tmp_path, Audit())
    assert found["Findings"].max_row == 1


def test_what_no_sheet_can_hold_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_workbook, "ROWS_OF_A_SHEET", 5)
    with pytest.raises(WorkbookError, match="Write Parquet or DuckDB"):
        write_workbook(build.many(9), tmp_path / "audit.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match=r"audit\.xlsx cannot be written"):
        write_workbook(build.audit(), tmp_path / "missing" / "audit.xlsx")


def test_without_the_library_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(WorkbookError, match=r"tpi-extractor\[excel\]"):
        write_workbook(build.audit(), tmp_path / "audit.xlsx")
