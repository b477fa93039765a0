"""Small audits, built by hand: what the report, the workbook and the tables are tested on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from extractor import extract
from extractor.audit.models import Audit, AuditedNote, ClaimFinding, ClaimLine, Encounter, Exposure
from extractor.audit.profile import profiles
from extractor.models import Evidence

TWO_MUSCLES = (
    "Procedure note 03/14/2024.\nTrigger point injections. After consent and prep with alcohol, a 27 gauge needle was used "
    "to inject 1 mL of 1% lidocaine into the left upper trapezius and 1 mL into the left levator scapulae.\n"
    "Tolerated well.\n"
)


def note(text: str = TWO_MUSCLES, note_id: str = "note-1", **given) -> AuditedNote:
    """A note, read by the real extractor."""
    return AuditedNote(note_id=note_id, text=text, result=extract(text, note_id=note_id), source="notes.jsonl:1", **given)


def line(code: str = "20553", number: int = 1, claim: str = "C1", paid: str | None = "60.00", **given) -> ClaimLine:
    """A claim line of one unit."""
    money = Decimal(paid) if paid is not None else None
    given = {"units": Decimal(1), "diagnoses": ["M79.18"], "source": f"claims.csv:{number + 1}"} | given
    return ClaimLine(claim_id=claim, line=number, code=code, charge=Decimal("150.00"), allowed=money, paid=money, **given)


def finding(id_: str = "code-not-supported", encounter: str = "E1", amount: str | None = "8.25", **given) -> ClaimFinding:
    """A finding about line 1 of claim C1, with the overpayment it stands for."""
    exposure = Exposure(direction="overpayment", amount=Decimal(amount), arithmetic="60.00 − 51.75 = 8.25") if amount else None
    words = "left upper trapezius"
    start = TWO_MUSCLES.index(words)
    given = {
        "severity": "error", "rank": 1, "text": "20553 was billed; the note names two muscles and does not name a third.",
        "claim_id": "C1", "line": 1, "code": "20553", "note_id": "note-1", "rule": "code-trigger-point",
        "evidence": [Evidence(start=start, end=start + len(words), text=words)], "source": "RHEUM", "effective": "2003-01-01/..",
        "exposure": exposure,
    } | given  # fmt: skip
    return ClaimFinding(id=id_, encounter=encounter, **given)


def encounter(id_: str = "E1", *, day: date = date(2024, 3, 14), provider: str | None = "P1", **given) -> Encounter:
    """One encounter: a note of two muscles, billed as three, with its finding."""
    given = {
        "patient_id": "MRN-7", "payer": "Medicare", "lines": [line()], "notes": [note()], "findings": [finding(encounter=id_)],
        "matched_by": "note_id",
    } | given  # fmt: skip
    return Encounter(id=id_, date_of_service=day, provider_id=provider, **given)


def audit(*encounters: Encounter, **given) -> Audit:
    """A finished audit."""
    found = list(encounters) or [encounter()]
    given = {
        "overpayment": Decimal("8.25"), "arithmetic": ["code-not-supported: 1 line, 8.25"],
        "policy_settings": {"laterality": "unsettled"}, "versions": {"extractor": "0.1.0"},
    } | given  # fmt: skip
    return Audit(encounters=found, providers=profiles(found), **given)


def many(count: int, providers: int = 12, hostile: str = "") -> Audit:
    """Many encounters over two years, a third of them with a finding; the same note in each."""
    read = note()
    found = []
    for number in range(count):
        name, claim = f"E{number:05}", f"C{number:05}"
        clean = number % 3
        code = "20552" if clean else "20553"
        about = [] if clean else [finding(encounter=name, claim_id=claim)]
        found.append(
            Encounter(
                id=name, patient_id=f"MRN-{number // 3:05}{hostile}", date_of_service=date.fromordinal(738_000 + number * 730 // count),
                provider_id=f"P{number % providers:02}{hostile}", payer=("Medicare", "Aetna", "Cigna")[number % 3] + hostile,
                lines=[line(code, claim=claim)], notes=[read], matched_by="note_id", findings=about,
            )
        )
    return Audit(encounters=found, providers=profiles(found), overpayment=Decimal("8.25") * sum(bool(e.findings) for e in found))
