"""What an audit is made of: claim lines as billed, encounters that hold lines and notes together, and findings.

Amounts are :class:`decimal.Decimal` in the claim's currency; dates are calendar dates.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.models import Evidence, Result, Severity

__all__ = ["Audit", "AuditedNote", "ClaimFinding", "ClaimLine", "Encounter", "Exposure", "ProviderProfile"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClaimLine(_Model):
    """One billed service line, whatever file it came from."""

    claim_id: str | None = None
    line: int | None = Field(None, description="Number of the line in its claim, from 1")
    note_id: str | None = None
    patient_id: str | None = None
    date_of_service: date | None = None
    date_of_service_end: date | None = Field(None, description="Last date, where the line bills a range")
    provider_id: str | None = Field(None, description="Rendering provider")
    payer: str | None = None
    code: str = Field(description="CPT or HCPCS code as billed")
    units: Decimal | None = None
    modifiers: list[str] = Field(default_factory=list)
    diagnoses: list[str] = Field(default_factory=list, description="ICD-10-CM codes that the line points to, in order")
    charge: Decimal | None = None
    allowed: Decimal | None = None
    paid: Decimal | None = None
    source: str = Field("", description="File and place, such as claims.csv:12")


class AuditedNote(_Model):
    """One note and what it proves."""

    note_id: str
    patient_id: str | None = None
    date_of_service: date | None = None
    provider_id: str | None = None
    text: str | None = Field(None, description="Null where a finished batch kept no text; evidence still quotes it")
    result: Result
    source: str = ""


class Exposure(_Model):
    """Money that a finding puts at stake."""

    direction: Literal["overpayment", "underpayment"]
    amount: Decimal | None = Field(None, description="Never negative; null where neither claim nor fee file gives a price")
    arithmetic: str = Field("", description="How the amount was reached, in one line")


class ClaimFinding(_Model):
    """Something wrong, missing or unsettled about a claim held against its notes (ids in the contract)."""

    id: str
    severity: Severity
    rank: int = Field(description="Worst first: 1 is a code that the note does not support")
    text: str
    encounter: str = Field(description="Id of the encounter")
    claim_id: str | None = None
    line: int | None = None
    code: str | None = None
    note_id: str | None = None
    evidence: list[Evidence] = Field(default_factory=list, description="Words of the note `note_id`")
    rule: str | None = Field(None, description="What `tpi explain` knows it by")
    source: str | None = None
    effective: str | None = Field(None, description="Dates on which the rule holds, as 2024-01-01/..")
    resolution: str = Field("", description="What would resolve it, in one sentence")
    exposure: Exposure | None = None


class Encounter(_Model):
    """One patient, date and provider: its billed lines and its notes."""

    id: str
    patient_id: str | None = None
    date_of_service: date | None = None
    provider_id: str | None = None
    payer: str | None = None
    lines: list[ClaimLine] = Field(default_factory=list)
    notes: list[AuditedNote] = Field(default_factory=list)
    matched_by: Literal["note_id", "patient_date_provider", "patient_date", "unmatched"] = "unmatched"
    findings: list[ClaimFinding] = Field(default_factory=list)


class ProviderProfile(_Model):
    """One provider against the peers of the same audit."""

    provider_id: str
    encounters: int
    claims_20553: int
    claims_trigger_point: int
    share_20553: float | None = None
    flagged: int = 0
    flagged_rate: float | None = None
    flagged_low: float | None = Field(None, description="95 % confidence interval (Wilson)")
    flagged_high: float | None = None
    peer_share_20553: float | None = None
    peer_flagged_rate: float | None = None
    small_number: bool = Field(False, description="Too few claims for a rate to say much")


class Audit(_Model):
    """A finished audit."""

    encounters: list[Encounter] = Field(default_factory=list)
    providers: list[ProviderProfile] = Field(default_factory=list)
    unreadable: list[str] = Field(default_factory=list, description="Places in notes and claims that could not be read, with reasons")
    overpayment: Decimal = Decimal(0)
    underpayment: Decimal = Decimal(0)
    arithmetic: list[str] = Field(default_factory=list, description="How the totals were reached")
    policy: str = "cpt"
    policy_settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    seed: int | None = None
