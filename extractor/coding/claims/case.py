"""What every check of a claim looks at, and how it reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from extractor.audit.models import AuditedNote, ClaimFinding, ClaimLine, Encounter
from extractor.coding.anatomy import Anatomy
from extractor.coding.claims.families import Families
from extractor.coding.claims.proof import Proof
from extractor.coding.facts import Facts
from extractor.coding.rules import load_rules
from extractor.coding.settings import Settings
from extractor.models import Evidence, Muscle, Severity

__all__ = ["INFORMATION", "RANKS", "ClaimCase", "Flag", "Stake", "flag", "units_of"]

RANKS: dict[str, int] = {
    name: rank
    for rank, name in enumerate((
        "code-not-supported", "procedure-not-documented", "mutually-exclusive-codes", "units-not-one", "modifier-50",
        "note-for-several-claims", "note-missing", "code-needs-review", "frequency-exceeded", "denied-substance-billed",
        "anesthesia-billed", "drug-not-documented", "drug-units-mismatch", "diagnosis-not-supporting", "guidance-not-covered",
        "modifier-missing", "modifier-unsupported", "cloned-note", "date-not-matching", "provider-not-matching", "code-too-low",
        "drug-not-billed", "claim-missing", "guidance-record-missing",
    ), start=1)
}  # fmt: skip
"""Findings about a claim, worst first. ``procedure-not-documented`` about guidance ranks with ``guidance-not-covered``."""
INFORMATION = 50
"""What is added to the rank of a finding that only informs."""

_TRIGGER_POINT = frozenset({"trigger_point_injection", "dry_needling"})


@dataclass(frozen=True)
class Stake:
    """What of a line's price is in question; the prices themselves are not known here."""

    kind: Literal["line", "code", "units", "unbilled"]
    """The whole line; its difference to ``code``; its units above ``units``; or ``units`` of ``code`` not billed."""
    code: str | None = None
    units: Decimal | None = None
    more: tuple[tuple[str, Decimal], ...] = ()
    """For ``unbilled``: further codes and units."""


@dataclass
class Flag:
    """A finding with the line that it is about and what that line's price has to do with it."""

    finding: ClaimFinding
    line: ClaimLine | None = None
    stake: Stake | None = None


@dataclass(frozen=True)
class ClaimCase:
    """One encounter, what its notes prove, and the knowledge that decides."""

    encounter: Encounter
    proof: Proof
    settings: Settings
    facts: Facts
    anatomy: Anatomy
    families: Families
    trigger_point: list[ClaimLine] = field(init=False)
    """Lines that bill trigger point injection or dry needling."""
    _known: list[tuple[ClaimLine, frozenset[str]]] = field(init=False, repr=False)
    """Lines of known families: every check asks for them."""

    def __post_init__(self) -> None:
        known = [(line, of) for line in self.encounter.lines if (of := self.families.of(line.code))]
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "trigger_point", [line for line, of in known if of & _TRIGGER_POINT])

    @property
    def day(self) -> date | None:
        """Date of service of the claim."""
        return self.encounter.date_of_service

    def lines_of(self, *families: str) -> list[ClaimLine]:
        """Return the lines whose code belongs to one of the families."""
        return [line for line, of in self._known if not of.isdisjoint(families)]

    def muscle_names(self) -> list[str]:
        """Return the muscles that the notes name, with their sides."""
        return [self.name(muscle) for muscle in self.proof.muscles]

    def name(self, muscle: Muscle) -> str:
        """Return a muscle with its side."""
        name = muscle.name or self.anatomy.name(muscle.id)
        return f"{' and '.join(muscle.sides)} {name}" if muscle.sides else name


def units_of(line: ClaimLine) -> Decimal:
    """Return the billed units; a line that states none bills one."""
    return Decimal(1) if line.units is None else line.units


def flag(
    case: ClaimCase, finding_id: str, severity: Severity, text: str, *, rule: str, resolution: str,
    line: ClaimLine | None = None, note: AuditedNote | None = None, evidence: Iterable[Evidence] = (), stake: Stake | None = None,
    policy_key: str | None = None, rank: int | None = None,
) -> Flag:  # fmt: skip
    """Build a finding with its rule's sources and dates, and those of the policy's setting where one decides."""
    known = load_rules()[rule]
    source = ", ".join(known.sources)
    start, end = known.effective_from, known.effective_to
    if policy_key is not None:
        source = f"{source}; {case.settings.source(policy_key)}"
        origin = case.settings.origins.get(policy_key)
        if origin is not None and origin.since:
            start = max(date.fromisoformat(origin.since), start or date.min)
    words = list({(item.start, item.end): item for item in evidence}.values()) if note is not None else []
    claim_id = line.claim_id if line is not None else next((item.claim_id for item in case.encounter.lines), None)
    finding = ClaimFinding(
        id=finding_id, severity=severity, rank=(rank or RANKS[finding_id]) + (INFORMATION if severity == "info" else 0), text=text,
        encounter=case.encounter.id, claim_id=claim_id, line=line.line if line is not None else None,
        code=line.code if line is not None else None, note_id=note.note_id if note is not None else None,
        evidence=sorted(words, key=lambda item: (item.start, item.end)), rule=rule, source=source,
        effective=f"{start or '..'}/{end or '..'}", resolution=resolution,
    )  # fmt: skip
    return Flag(finding, line, stake)
