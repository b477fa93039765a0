"""Money of one encounter, so that a line which several findings question is counted once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from extractor.audit.models import ClaimFinding, Encounter

__all__ = ["at_stake", "unpriced"]


def at_stake(encounter: Encounter, direction: Literal["overpayment", "underpayment"]) -> Decimal:
    """The encounter's amount in one direction: of each claim line the largest amount that a finding gives it.

    Findings about the encounter as a whole (no line) add up to one more "line", again the largest.
    """
    most: dict[tuple[str | None, int | None], Decimal] = {}
    for finding in _with_exposure(encounter.findings, direction):
        place = finding.claim_id, finding.line
        amount = finding.exposure.amount if finding.exposure else None
        if amount is not None:
            most[place] = max(most.get(place, Decimal(0)), amount)
    return sum(most.values(), Decimal(0))


def unpriced(encounter: Encounter) -> int:
    """Number of findings that put money at stake for which neither the claim nor a fee file gives a price."""
    return sum(finding.exposure is not None and finding.exposure.amount is None for finding in encounter.findings)


def _with_exposure(findings: Iterable[ClaimFinding], direction: str) -> Iterable[ClaimFinding]:
    return (finding for finding in findings if finding.exposure and finding.exposure.direction == direction)
