"""The audit as an Excel workbook, laid out as auditors work: summary, findings, encounters, muscles, providers, sample, method.

Text is written as text whatever it begins with, so that nothing of a note or a claim becomes a formula or a link.
Totals are formulas over the sheets, so that they follow when an auditor corrects an amount. Needs the extra ``excel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.audit.amounts import at_stake
from extractor.audit.models import Audit, Encounter
from extractor.audit.profile import rendering_provider
from extractor.audit.sampling import Sample
from extractor.failures import UserError
from extractor.report.audit_words import (
    DISCLAIMER,
    MATCHES,
    PROVIDER_METHOD,
    SEVERITIES,
    billed_words,
    finding_title,
    proved_words,
    resolution,
    rule_rows,
    sums,
    worst_first,
)  # fmt: skip
from extractor.report.words import side_words
from extractor.report.workbook_sample import sample_sheet
from extractor.report.workbook_sheet import ROWS_OF_A_SHEET, Column, Sheet, new_workbook

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

__all__ = ["WorkbookError", "write_workbook"]


class WorkbookError(UserError, RuntimeError):
    """A workbook that cannot be written; the message says what to do."""


def write_workbook(
    audit: Audit, path: str | Path, sample: Sample | None = None, *,
    reviewed: Mapping[str, Decimal] | None = None, made_on: date | None = None,
) -> None:  # fmt: skip
    """Write the workbook.

    Args:
        audit: finished.
        path: of the file, ending in ``.xlsx``; an existing one is replaced.
        sample: of the audit's encounters: gets a sheet on which a reviewer enters amounts, and the extrapolation follows.
        reviewed: net overpayments by encounter id that a reviewer has established already.
        made_on: date to be shown; today unless told.

    Raises:
        WorkbookError: if XlsxWriter is not installed, or the audit has more rows than a sheet can hold.
        OSError: if the file cannot be written.
    """
    rows = max(len(audit.encounters), sum(len(encounter.findings) for encounter in audit.encounters), _muscles(audit))
    if rows >= ROWS_OF_A_SHEET:
        raise WorkbookError(f"{rows:,} rows do not fit a sheet of {ROWS_OF_A_SHEET:,}. Write Parquet or DuckDB, or audit one year at a time.")
    try:
        import xlsxwriter
        from xlsxwriter.exceptions import FileCreateError
    except ImportError:
        raise WorkbookError("A workbook needs XlsxWriter. Install it: pip install 'tpi-extractor[excel]'.") from None
    workbook = new_workbook(xlsxwriter, path)
    ordered = worst_first(audit.encounters)
    places = {encounter.id: number for number, encounter in enumerate(ordered, 1)}
    _summary(workbook, audit, made_on or date.today())
    _findings(workbook, ordered, places)
    _encounters(workbook, ordered)
    _muscle_sheet(workbook, ordered, places)
    _providers(workbook, audit)
    if sample is not None:
        sample_sheet(workbook, sample, {encounter.id: encounter for encounter in audit.encounters}, places, reviewed or {})
    _method(workbook, audit)
    try:
        workbook.close()
    except FileCreateError as error:
        raise OSError(f"{Path(path).name} cannot be written ({type(error.args[0]).__name__ if error.args else 'unknown reason'}). Close it in Excel and try again.") from None


def _muscles(audit: Audit) -> int:
    return sum(len(note.result.muscles) for encounter in audit.encounters for note in encounter.notes)


def _summary(workbook: Workbook, audit: Audit, made_on: date) -> None:
    sheet = Sheet(workbook, "Summary", [Column("", 34), Column("", 18, "money"), Column("", 70, "wrap")], heading=False)
    days = sorted(encounter.date_of_service for encounter in audit.encounters if encounter.date_of_service)
    counts = sums(audit)
    last = len(audit.encounters) + 1
    sheet.title("Audit of trigger point injection claims")
    sheet.line("Report of", made_on, kind="date")
    sheet.line("Dates of service", f"{days[0]} to {days[-1]}" if days else "none", kind="text")
    sheet.line("Policy", audit.policy, kind="text")
    sheet.section("Money")
    # The encounters' sheet has each claim line once; the formulas follow its corrections.
    sheet.formula("Possible overpayment", f"=SUM(Encounters!K2:K{last})", sum((at_stake(one, "overpayment") for one in audit.encounters), Decimal(0)))
    sheet.formula("Possible underpayment", f"=SUM(Encounters!L2:L{last})", sum((at_stake(one, "underpayment") for one in audit.encounters), Decimal(0)), "Kept apart, never set off against overpayment")
    sheet.line("Overpayment as the audit reached it", audit.overpayment, kind="money")
    sheet.line("Underpayment as the audit reached it", audit.underpayment, kind="money")
    sheet.line("Findings without a price", counts.without_price, "Neither the claim nor a fee file gives an amount; they add nothing to the totals", kind="number")
    for text in audit.arithmetic:
        sheet.line("How it was reached", None, text)
    sheet.section("Encounters")
    for label, count in (
        ("All", counts.encounters), ("With claim lines", counts.billed), ("With a finding to act on or write up", counts.flagged),
        ("Action needed", counts.errors), ("Code depends on an unsettled question", counts.review),
        ("Claim and note not matched", counts.unmatched), ("Places that could not be read", len(audit.unreadable)),
    ):  # fmt: skip
        sheet.line(label, count, kind="number")
    sheet.section("Findings")
    ids = sorted({finding.id for encounter in audit.encounters for finding in encounter.findings})
    total = sum(len(encounter.findings) for encounter in audit.encounters) + 1
    for id_ in ids:
        number = sum(finding.id == id_ for encounter in audit.encounters for finding in encounter.findings)
        sheet.formula(finding_title(id_), f'=COUNTIF(Findings!B2:B{total},"{id_}")', number, id_, kind="number")
    sheet.section("How to read it")
    sheet.note(DISCLAIMER)


def _findings(workbook: Workbook, ordered: list[Encounter], places: Mapping[str, int]) -> None:
    columns = [
        Column("Finding", 34, "wrap"), Column("Id", 24), Column("Severity", 16), Column("Rank", 7, "number"),
        Column("Encounter", 18, "link"), Column("Date of service", 14, "date"), Column("Patient", 16), Column("Provider", 16), Column("Payer", 18),
        Column("Claim", 16), Column("Line", 6, "number"), Column("Code", 9), Column("What the record shows", 64, "wrap"), Column("The note’s words", 44, "wrap"),
        Column("What would resolve it", 48, "wrap"), Column("Direction", 14), Column("Amount", 12, "money"), Column("Arithmetic", 30, "wrap"),
        Column("Note", 20), Column("Rule", 22), Column("Source", 24, "wrap"), Column("Rule’s dates", 22), Column("Place in the claims", 26),
        Column("Reviewer’s decision", 22), Column("Reviewer’s comment", 40, "wrap"),
    ]  # fmt: skip
    sheet = Sheet(workbook, "Findings", columns, freeze=2)
    for encounter in ordered:
        sources = {(line.claim_id, line.line): line.source for line in encounter.lines}
        for finding in sorted(encounter.findings, key=lambda one: (one.rank, one.id)):
            stake = finding.exposure
            sheet.row([
                finding_title(finding.id), finding.id, SEVERITIES[finding.severity], finding.rank,
                (encounter.id, f"internal:'Encounters'!A{places[encounter.id] + 1}"), encounter.date_of_service, encounter.patient_id, rendering_provider(encounter), encounter.payer,
                finding.claim_id, finding.line, finding.code, finding.text, " · ".join(f"“{proof.text}”" for proof in finding.evidence),
                resolution(finding), stake.direction if stake else None, stake.amount if stake else None, stake.arithmetic if stake else None,
                finding.note_id, finding.rule, finding.source, finding.effective, sources.get((finding.claim_id, finding.line)), None, None,
            ])  # fmt: skip
    sheet.choices("Reviewer’s decision", ["agree", "disagree", "needs more records"])
    sheet.colour_by("Severity", SEVERITIES)
    sheet.finish()


def _encounters(workbook: Workbook, ordered: list[Encounter]) -> None:
    columns = [
        Column("Encounter", 18), Column("Date of service", 14, "date"), Column("Patient", 16), Column("Provider", 16), Column("Payer", 18),
        Column("Billed", 26, "wrap"), Column("The note proves", 32, "wrap"), Column("Muscles low", 12, "number"), Column("Muscles high", 12, "number"),
        Column("Worst finding", 34, "wrap"), Column("Overpayment", 13, "money"), Column("Underpayment", 13, "money"), Column("Findings", 9, "number"),
        Column("Paid", 12, "money"), Column("Charge", 12, "money"), Column("Claims", 20, "wrap"), Column("Notes", 24, "wrap"), Column("Matched by", 24),
    ]  # fmt: skip
    sheet = Sheet(workbook, "Encounters", columns, freeze=1)
    for encounter in ordered:
        counts = [note.result.decision.muscle_count for note in encounter.notes]
        worst = min(encounter.findings, key=lambda one: one.rank, default=None)
        sheet.row([
            encounter.id, encounter.date_of_service, encounter.patient_id, rendering_provider(encounter), encounter.payer,
            billed_words(encounter.lines), proved_words(encounter.notes), max((count.low for count in counts), default=None), max((count.high for count in counts), default=None),
            finding_title(worst.id) if worst else None, at_stake(encounter, "overpayment") or None, at_stake(encounter, "underpayment") or None, len(encounter.findings),
            _sum(line.paid for line in encounter.lines), _sum(line.charge for line in encounter.lines),
            ", ".join(dict.fromkeys(line.claim_id for line in encounter.lines if line.claim_id)), ", ".join(note.note_id for note in encounter.notes), MATCHES[encounter.matched_by],
        ])  # fmt: skip
    sheet.finish()


def _sum(values: Any) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _muscle_sheet(workbook: Workbook, ordered: list[Encounter], places: Mapping[str, int]) -> None:
    columns = [
        Column("Encounter", 18, "link"), Column("Note", 22), Column("Muscle", 28), Column("Kind", 9), Column("Side", 16), Column("Portion", 16), Column("Levels", 22, "wrap"),
        Column("Injections", 11, "number"), Column("The note’s words", 60, "wrap"),
    ]  # fmt: skip
    sheet = Sheet(workbook, "Muscles", columns, freeze=1)
    for encounter in ordered:
        link = f"internal:'Encounters'!A{places[encounter.id] + 1}"
        for note in encounter.notes:
            for muscle in note.result.muscles:
                sheet.row([
                    (encounter.id, link), note.note_id, muscle.name, muscle.kind, side_words(muscle), ", ".join(muscle.portions), ", ".join(muscle.levels),
                    muscle.injections, " · ".join(f"“{proof.text}”" for proof in muscle.evidence),
                ])  # fmt: skip
    sheet.finish()


def _providers(workbook: Workbook, audit: Audit) -> None:
    columns = [
        Column("Provider", 20), Column("Billed encounters", 12, "number"), Column("Trigger point encounters", 14, "number"), Column("With 20553", 11, "number"),
        Column("Share of 20553", 11, "percent"), Column("Peers’ share", 11, "percent"), Column("With a finding", 11, "number"), Column("Rate", 10, "percent"),
        Column("95 % from", 10, "percent"), Column("95 % to", 10, "percent"), Column("Peers’ rate", 10, "percent"), Column("Remark", 30),
    ]  # fmt: skip
    sheet = Sheet(workbook, "Providers", columns, freeze=1)
    for one in audit.providers:
        row = sheet.next_row
        sheet.row([
            one.provider_id, one.encounters, one.claims_trigger_point, one.claims_20553, (f'=IF(C{row}=0,"",D{row}/C{row})', one.share_20553),
            one.peer_share_20553, one.flagged, (f'=IF(B{row}=0,"",G{row}/B{row})', one.flagged_rate), one.flagged_low, one.flagged_high, one.peer_flagged_rate,
            "small number: the rate says little" if one.small_number else None,
        ])  # fmt: skip
    sheet.finish()


def _method(workbook: Workbook, audit: Audit) -> None:
    columns = [Column("Finding", 34, "wrap"), Column("Rule", 26), Column("What the rule says", 80, "wrap"), Column("Source", 34, "wrap"), Column("Dates", 24), Column("Findings", 10, "number")]
    sheet = Sheet(workbook, "Method and sources", columns, freeze=0)
    for row in rule_rows(audit):
        sheet.row([finding_title(row.finding), row.rule, row.statement, row.source, row.effective, row.count])
    sheet.finish()
    sheet.row([])
    for text in (DISCLAIMER, PROVIDER_METHOD):
        sheet.row([None, None, text])
    for key, value in audit.policy_settings.items():
        sheet.row(["Setting", key, str(value)])
    for name, version in audit.versions.items():
        sheet.row(["Version", name, version])
    for place in audit.unreadable:
        sheet.row(["Could not be read", None, place])
