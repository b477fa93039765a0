"""Each provider beside the peers of the same audit: how often 20553, how often a finding, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from extractor.audit.intervals import wilson
from extractor.audit.models import Encounter, ProviderProfile

__all__ = ["SMALL_NUMBER", "TRIGGER_POINT_CODES", "is_flagged", "profiles", "rendering_provider"]

SMALL_NUMBER = 30
"""Fewer trigger point encounters than this, and the profile says so: the 95 % interval of a rate is then up to 34
percentage points wide. A setting of :func:`profiles`; 30 is the customary line in sampling texts, not a law."""

TRIGGER_POINT_CODES = frozenset({"20552", "20553"})
"""The codes among which the share of 20553 is taken; dry needling (20560, 20561) is another service."""

_FLAGGING = frozenset({"error", "warning"})


@dataclass(slots=True)
class _Tally:
    encounters: int = 0
    trigger_point: int = 0
    with_20553: int = 0
    flagged: int = 0

    def without(self, other: _Tally) -> _Tally:
        return _Tally(
            self.encounters - other.encounters, self.trigger_point - other.trigger_point,
            self.with_20553 - other.with_20553, self.flagged - other.flagged,
        )  # fmt: skip


def is_flagged(encounter: Encounter) -> bool:
    """Whether an encounter has a finding that an auditor would write up: an error or a warning, not information."""
    return any(finding.severity in _FLAGGING for finding in encounter.findings)


def rendering_provider(encounter: Encounter) -> str | None:
    """The encounter's provider, else the first that a claim line or a note names."""
    named = (encounter.provider_id, *(line.provider_id for line in encounter.lines), *(note.provider_id for note in encounter.notes))
    return next((name for name in named if name), None)


def profiles(encounters: Iterable[Encounter], *, small_number: int = SMALL_NUMBER) -> list[ProviderProfile]:
    """One profile for each named provider with a billed line, the most encounters first.

    An encounter counts once, however many lines it has; one that bills both codes counts as 20553. The flagged rate is
    taken over the provider's billed encounters, with its 95 % Wilson interval. Peers are all *other* providers of the
    audit together (leave one out), so that a large practice is not compared with itself; encounters that name no
    provider are nobody's peers.

    Args:
        encounters: finished encounters, findings included.
        small_number: fewer billed encounters than this are marked as a small number.
    """
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for encounter in encounters:
        provider = rendering_provider(encounter)
        if not provider or not encounter.lines:
            continue
        codes = {line.code for line in encounter.lines} & TRIGGER_POINT_CODES
        tally = tallies[provider]
        tally.encounters += 1
        tally.trigger_point += bool(codes)
        tally.with_20553 += "20553" in codes
        tally.flagged += is_flagged(encounter)
    whole = _Tally()
    for tally in tallies.values():
        whole.encounters += tally.encounters
        whole.trigger_point += tally.trigger_point
        whole.with_20553 += tally.with_20553
        whole.flagged += tally.flagged
    found = [_profile(name, tally, whole.without(tally), small_number) for name, tally in tallies.items()]
    return sorted(found, key=lambda profile: (-profile.encounters, profile.provider_id))


def _profile(provider: str, own: _Tally, peers: _Tally, small_number: int) -> ProviderProfile:
    low, high = wilson(own.flagged, own.encounters)
    return ProviderProfile(
        provider_id=provider, encounters=own.encounters,
        claims_20553=own.with_20553, claims_trigger_point=own.trigger_point,
        share_20553=_share(own.with_20553, own.trigger_point),
        flagged=own.flagged, flagged_rate=_share(own.flagged, own.encounters), flagged_low=low, flagged_high=high,
        peer_share_20553=_share(peers.with_20553, peers.trigger_point),
        peer_flagged_rate=_share(peers.flagged, peers.encounters),
        small_number=own.encounters < small_number,
    )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
