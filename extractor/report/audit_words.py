"""What an audit says, in words that an auditor uses: one set of sentences for the page, the workbook and the tables.

Neutral throughout: a record that does not show a thing is said not to show it; nothing is said about anybody's intent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from extractor.audit.amounts import at_stake
from extractor.audit.models import Audit, AuditedNote, ClaimFinding, ClaimLine, Encounter, ProviderProfile
from extractor.report.words import amount, name_of, side_words, status_words

__all__ = [
    "DISCLAIMER", "MATCHES", "PROVIDER_METHOD", "SEVERITIES", "Sums", "billed_words", "finding_title", "interval_words",
    "money", "muscle_words", "proved_words", "resolution", "rule_rows", "sums", "worst_first",
]  # fmt: skip

SEVERITIES = {"error": "Action needed", "warning": "To be written up", "info": "For information"}

MATCHES = {
    "note_id": "note id",
    "patient_date_provider": "patient, date and provider",
    "patient_date": "patient and date",
    "unmatched": "not matched",
}

DISCLAIMER = (
    "Each finding compares the claim with the words of the note. It says what the record does or does not show, not why. "
    "A missing word in a note does not prove that a service was not given; an addendum made within the practice’s rules, or another part of the record, may supply it."
)

PROVIDER_METHOD = (
    "Intervals are 95 % score intervals (Wilson). Peers are all other providers of this audit together. "
    "A difference from peers is a reason to look, not a finding: case mix differs."
)

_TITLES = {
    "code-not-supported": ("Billed code not supported by the note", "A signed addendum or another record of the same encounter that names the further muscles; else correct the code on the claim."),
    "code-too-low": ("Note supports a higher code", "Check the note’s muscle list, then correct the claim within the payer’s time limit."),
    "code-needs-review": ("Code depends on an unsettled question", "Answer of the provider to the question beside the note, or the payer’s written rule on counting."),
    "mutually-exclusive-codes": ("Codes that never stand together", "Keep the one code that the note proves and take the other line off the claim."),
    "units-not-one": ("Units other than one", "Bill one unit: the code is reported once a session, whatever the number of muscles."),
    "modifier-50": ("Modifier 50 on a code without sides", "Take modifier 50 off; the code already covers both sides."),
    "modifier-missing": ("Modifier missing", "Add the modifier if the note documents the separate service; else take the line off."),
    "modifier-unsupported": ("Modifier not supported by the note", "Documentation of the separate service that the modifier states; else take the modifier off."),
    "ncci-pair": ("Services that NCCI pairs", "Documentation that the services were distinct, with the modifier that says so; else bill the column 1 code alone."),
    "frequency-exceeded": ("More sessions than the payer allows", "The payer’s exception, or documentation of relief and function that its policy accepts."),
    "anesthesia-billed": ("Anesthesia billed with the injection", "Documentation of a separate procedure that needed it; else take the line off."),
    "drug-not-billed": ("Documented drug not billed", "Check whether the practice supplied the drug, then add the drug line within the payer’s time limit."),
    "drug-not-documented": ("Billed drug not documented", "The administration record with drug, strength and dose; else take the drug line off."),
    "drug-units-mismatch": ("Drug units differ from the documented dose", "The administration record with the dose given and discarded; else correct the units."),
    "denied-substance-billed": ("Substance that the payer does not cover", "The payer’s policy on the substance on that date, or a notice to the patient before the service."),
    "diagnosis-not-supporting": ("Diagnosis does not support the service", "The diagnosis that the note documents, coded for the date of service."),
    "guidance-not-documented": ("Guidance billed, not documented", "The stored image and the report of the guidance; else take the line off."),
    "cloned-note": ("Note nearly identical to an earlier one", "Documentation of this encounter’s own findings: muscles, response and dose as they were that day."),
    "note-missing": ("No note for the claim", "The note of the encounter."),
    "procedure-not-documented": ("The note does not document the billed procedure", "The procedure note of this encounter by the billed provider; else take the line off."),
    "note-for-several-claims": ("One note stands behind several claims", "The note of each billed encounter, or the claim that was billed twice corrected."),
    "claim-missing": ("Documented injection without a claim", "Check whether it was billed elsewhere; else bill it within the payer’s time limit."),
    "guidance-not-covered": ("Guidance that the payer does not cover", "The payer’s policy on guidance on that date, or a notice to the patient before the service."),
    "guidance-record-missing": ("Record of the guidance incomplete", "The stored image and the report of the guidance."),
    "date-not-matching": ("Dates of note and claim differ", "The date of service as the record of the visit shows it."),
    "provider-not-matching": ("Providers of note and claim differ", "The provider who performed the service, as the record of the visit shows it."),
}  # fmt: skip


class Sums(NamedTuple):
    """What an audit adds up to."""

    encounters: int
    billed: int
    flagged: int
    errors: int
    review: int
    unmatched: int
    without_price: int
    """Findings that put money at stake, and nothing gives a price."""


def sums(audit: Audit) -> Sums:
    """Count the encounters of an audit by what was found."""
    findings = [(encounter, {finding.severity for finding in encounter.findings}) for encounter in audit.encounters]
    return Sums(
        encounters=len(audit.encounters),
        billed=sum(bool(encounter.lines) for encounter in audit.encounters),
        flagged=sum(bool(severities & {"error", "warning"}) for _, severities in findings),
        errors=sum("error" in severities for _, severities in findings),
        review=sum(any(finding.id == "code-needs-review" for finding in encounter.findings) for encounter in audit.encounters),
        unmatched=sum(encounter.matched_by == "unmatched" for encounter in audit.encounters),
        without_price=sum(
            finding.exposure is not None and finding.exposure.amount is None
            for encounter in audit.encounters for finding in encounter.findings
        ),
    )  # fmt: skip


def worst_first(encounters: Iterable[Encounter]) -> list[Encounter]:
    """Order encounters by their worst finding, then by the money at stake, then by date; clean ones last."""

    def key(encounter: Encounter) -> tuple[int, Decimal, str, str]:
        rank = min((finding.rank for finding in encounter.findings), default=10**6)
        stake = at_stake(encounter, "overpayment") + at_stake(encounter, "underpayment")
        return rank, -stake, str(encounter.date_of_service or "9999"), encounter.id

    return sorted(encounters, key=key)


def finding_title(finding_id: str) -> str:
    """Return a finding's name as a heading; an id that is not known yet is made readable."""
    known = _TITLES.get(finding_id)
    return known[0] if known else finding_id.replace("-", " ").capitalize()


def resolution(finding: ClaimFinding) -> str:
    """Say what would resolve a finding: its own words where it has them, else those of its kind."""
    if finding.resolution:
        return finding.resolution
    known = _TITLES.get(finding.id)
    return known[1] if known else "Further documentation of the encounter, or a corrected claim."


def money(value: Decimal | None) -> str:
    """Return an amount in dollars and cents; a dash where there is none."""
    if value is None:
        return "–"
    return f"−${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def billed_words(lines: Iterable[ClaimLine]) -> str:
    """Return the billed codes with modifiers and units other than one: ``20553-59 ×2, J3301 ×4``."""
    return ", ".join(
        "-".join([line.code, *line.modifiers]) + ("" if line.units in (None, 1) else f" ×{amount(float(line.units))}")
        for line in lines
    )  # fmt: skip


def proved_words(notes: Iterable[AuditedNote]) -> str:
    """Return what the notes prove: ``20552, 2 muscles``; ``20552 or 20553, 2–4 muscles, needs review``."""
    return "; ".join(_proved(note) for note in notes)


def _proved(note: AuditedNote) -> str:
    decision, count = note.result.decision, note.result.decision.muscle_count
    if decision.status == "none":
        return status_words(decision)
    codes = " or ".join(dict.fromkeys(filter(None, [decision.code, *decision.alternatives]))) or "no code"
    number = str(count.low) if count.low == count.high else f"{count.low}–{count.high}"
    muscles = "muscle" if count.high == 1 else "muscles"
    return f"{codes}, {number} {muscles}" + (", needs review" if decision.status == "review" else "")


def muscle_words(note: AuditedNote) -> list[str]:
    """Return the note's muscles with their sides: ``trapezius (left, right)``."""
    return [f"{muscle.name or name_of(muscle.id)} ({side_words(muscle)})" for muscle in note.result.muscles]


def interval_words(profile: ProviderProfile) -> str:
    """Return the flagged rate with its interval: ``12.5 % (4.3 to 31.0 %)``."""
    if profile.flagged_rate is None or profile.flagged_low is None or profile.flagged_high is None:
        return "–"
    return f"{profile.flagged_rate:.1%} ({profile.flagged_low:.1%} to {profile.flagged_high:.1%})"


class RuleRow(NamedTuple):
    """A rule that findings of this audit cite."""

    finding: str
    rule: str
    statement: str
    source: str
    effective: str
    count: int


def rule_rows(audit: Audit) -> list[RuleRow]:
    """Return each rule that the findings cite, with source, dates and number of findings, the most cited first."""
    from extractor.coding.rules import load_rules

    statements = {rule.id: rule.statement for rule in load_rules().values()}
    counts: dict[tuple[str, str, str, str], int] = {}
    for encounter in audit.encounters:
        for finding in encounter.findings:
            key = finding.id, finding.rule or "", finding.source or "", finding.effective or ""
            counts[key] = counts.get(key, 0) + 1
    rows = [RuleRow(id_, rule, statements.get(rule, ""), source, dates, count) for (id_, rule, source, dates), count in counts.items()]
    return sorted(rows, key=lambda row: (-row.count, row.finding, row.rule))
