"""The sample's sheet: a reviewer enters an amount for each drawn encounter, and the extrapolation follows as formulas.

The formulas are those of :mod:`extractor.audit.sampling.estimate`, written out per stratum, so that an opposing expert
can follow them cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from statistics import mean, stdev
from typing import TYPE_CHECKING

from extractor.audit.models import Encounter
from extractor.audit.profile import rendering_provider
from extractor.audit.sampling import Drawn, Estimate, Sample, encounter_overpayment, extrapolate
from extractor.report.audit_words import billed_words, proved_words
from extractor.report.workbook_sheet import Column, Sheet

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["sample_sheet"]

_COLUMNS = [
    Column("Order", 8, "number"), Column("Stratum", 20), Column("Encounter", 20, "link"), Column("Date of service", 14, "date"), Column("Patient", 16),
    Column("Provider", 16), Column("Billed", 24, "wrap"), Column("The note proves", 30, "wrap"), Column("Audit’s net overpayment", 14, "money"),
    Column("Reviewed net overpayment", 15, "input"), Column("Amount used", 13, "money"), Column("Random number", 20), Column("Reviewer’s comment", 40, "wrap"),
]  # fmt: skip
_AUDIT, _REVIEWED, _USED = "I", "J", "K"


def sample_sheet(
    workbook: Workbook, sample: Sample, encounters: Mapping[str, Encounter], places: Mapping[str, int], reviewed: Mapping[str, Decimal]
) -> None:
    """Add the sheets ``Sample`` and ``Extrapolation``.

    Raises:
        SamplingError: if an encounter of the sample is not among ``encounters``.
    """
    given = {unit: reviewed.get(unit, encounter_overpayment(encounters[unit])) for unit in sample.ids if unit in encounters}
    found = extrapolate(sample, encounters.values(), reviewed=given)
    sheet = Sheet(workbook, "Sample", _COLUMNS, freeze=3)
    ranges: dict[str, tuple[int, int]] = {}
    for name in sample.sizes:
        first = sheet.next_row
        for unit in sample.of(name):
            _unit(sheet, unit, encounters[unit.unit], places[unit.unit], reviewed.get(unit.unit), given[unit.unit])
        ranges[name] = first, sheet.next_row - 1
    sheet.finish()
    _extrapolation(workbook, sample, ranges, given, found.total, sum(unit not in reviewed for unit in sample.ids))


def _unit(sheet: Sheet, unit: Drawn, encounter: Encounter, place: int, reviewed: Decimal | None, used: Decimal) -> None:
    row = sheet.next_row
    sheet.row([
        unit.order, unit.stratum or "all", (unit.unit, f"internal:'Encounters'!A{place + 1}"), encounter.date_of_service, encounter.patient_id,
        rendering_provider(encounter), billed_words(encounter.lines), proved_words(encounter.notes), encounter_overpayment(encounter),
        reviewed, (f"=IF(ISBLANK({_REVIEWED}{row}),{_AUDIT}{row},{_REVIEWED}{row})", used), unit.number[:16], None,
    ])  # fmt: skip


def _extrapolation(
    workbook: Workbook, sample: Sample, ranges: Mapping[str, tuple[int, int]], amounts: Mapping[str, Decimal], total: Estimate, blank: int
) -> None:
    columns = [
        Column("Stratum", 34), Column("Universe N", 18, "number"), Column("Sample n", 14, "number"), Column("Mean", 14, "money"), Column("Standard deviation", 14, "money"),
        Column("Total N × mean", 16, "money"), Column("Variance of the total", 22, "decimal"), Column("Degrees of freedom", 12, "number"),
    ]  # fmt: skip
    sheet = Sheet(workbook, "Extrapolation", columns)
    for name, size in sample.sizes.items():
        first, last = ranges[name]
        cells, row = f"Sample!{_USED}{first}:{_USED}{last}", sheet.next_row
        values = [float(amounts[unit.unit]) for unit in sample.of(name)]
        n, average = len(values), mean(values)
        spread = stdev(values) if n > 1 else 0.0
        sheet.row([
            name or "all", size, (f"=COUNT({cells})", n), (f"=AVERAGE({cells})", average), (f"=IF(C{row}>1,STDEV({cells}),0)", spread),
            (f"=B{row}*D{row}", size * average), (f"=B{row}^2*E{row}^2/C{row}*(1-C{row}/B{row})", size**2 * spread**2 / n * (1 - n / size)),
            (f"=MAX(C{row}-1,1)", max(n - 1, 1)),
        ])  # fmt: skip
    end = sheet.next_row - 1
    sheet.row([])
    first_row = sheet.next_row
    point, error, freedom, level, deviate = (f"B{first_row + step}" for step in (1, 2, 3, 4, 5))
    lines: list[tuple[str, str | None, float | None, str]] = [
        ("Sampled without a reviewed amount", f"=COUNTBLANK(Sample!{_REVIEWED}2:{_REVIEWED}{len(sample.units) + 1})", blank, "number"),
        ("Point estimate", f"=SUM(F2:F{end})", total.point, "money"),
        ("Standard error", f"=SQRT(SUM(G2:G{end}))", total.standard_error, "money"),
        ("Effective degrees of freedom", f"=IF(SUM(G2:G{end})=0,1,SUM(G2:G{end})^2/SUMPRODUCT(G2:G{end}^2/H2:H{end}))", total.degrees_of_freedom or 1, "decimal"),
        ("Confidence, two-sided", None, total.confidence, "percent"),
        # TINV takes whole degrees of freedom; rounding them down widens the interval, which is to the provider's favour.
        ("Student’s t", f"=TINV(1-{level},MAX(1,INT({freedom}+0.000001)))", total.deviate, "decimal"),
        ("Lower limit", f"={point}-{deviate}*{error}", total.low, "money"),
        ("Upper limit", f"={point}+{deviate}*{error}", total.high, "money"),
    ]  # fmt: skip
    for label, formula, value, kind in lines:
        sheet.line(label, (formula, value) if formula else value, kind=kind)
    sheet.row([])
    for text in (
        f"Seed {sample.seed}; {sample.generator}.",
        "While amounts are not reviewed, the audit’s own stand in and the estimate is provisional: enter a reviewed amount for every drawn encounter, 0 where the claim holds up.",
        "Difference estimator with finite population correction (Cochran, Sampling Techniques, ch. 2 and 5).",
    ):
        sheet.note(text)
