"""Samples of an audit's encounters: the universe, its strata, and what a reviewed sample means for all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from extractor.audit.amounts import at_stake
from extractor.audit.models import Audit, Encounter
from extractor.audit.sampling.draw import Sample, SamplingError, draw, draw_stratified
from extractor.audit.sampling.estimate import (
    CONFIDENCE,
    Estimate,
    StratumReview,
    estimate_rate,
    estimate_total_stratified,
)  # fmt: skip
from extractor.audit.sampling.size import allocate

__all__ = ["Extrapolation", "encounter_overpayment", "extrapolate", "sample_encounters", "strata_by_amount", "universe_of"]

_TRIGGER_POINT = frozenset({"20552", "20553", "20560", "20561"})


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """What a sample says about its universe."""

    total: Estimate
    """The net overpayment in money."""
    rate: Estimate | None
    """Units in error; only for a simple sample, where exact limits exist."""
    provisional: bool
    """The amounts are the audit's own and no reviewer has confirmed them."""
    caution: str = ""
    """What the interval cannot say, in one sentence."""


def universe_of(audit: Audit, *, codes: Iterable[str] = _TRIGGER_POINT) -> list[Encounter]:
    """The encounters with a billed line of one of the codes: what a sample is drawn from and an estimate speaks of."""
    wanted = frozenset(codes)
    return [encounter for encounter in audit.encounters if any(line.code in wanted for line in encounter.lines)]


def sample_encounters(
    encounters: Sequence[Encounter], size: int, *, seed: int, stratum_of: Callable[[Encounter], str] | None = None
) -> Sample:
    """Draw a random sample of encounters, simple or with strata in proportion to their sizes.

    Args:
        encounters: the universe, such as :func:`universe_of` gives.
        size: how many in all.
        seed: any whole number; the report shows it.
        stratum_of: names an encounter's stratum, for instance its payer or :func:`strata_by_amount`; it must not depend
            on what the audit found where the sample is to speak of error rates by stratum.

    Raises:
        SamplingError: if the universe is smaller than the sample, or the sample too small for its strata.
    """
    if stratum_of is None:
        return draw([encounter.id for encounter in encounters], size, seed=seed)
    strata: dict[str, list[str]] = {}
    for encounter in encounters:
        strata.setdefault(stratum_of(encounter), []).append(encounter.id)
    strata = dict(sorted(strata.items()))
    sizes = allocate({name: len(units) for name, units in strata.items()}, size)
    return draw_stratified(strata, sizes, seed=seed)


def strata_by_amount(bounds: Sequence[Decimal | int]) -> Callable[[Encounter], str]:
    """Strata by what was paid (else allowed, else charged) for the encounter: at each bound a new stratum begins.

    Raises:
        SamplingError: if the bounds do not rise.
    """
    steps = [Decimal(bound) for bound in bounds]
    if not steps or any(later <= earlier for earlier, later in pairwise(steps)):
        raise SamplingError("Give the bounds of the strata as rising amounts, such as 100, 500.")
    names = [f"1: below {steps[0]:,}"]
    names += [f"{number}: {low:,} to below {high:,}" for number, (low, high) in enumerate(pairwise(steps), 2)]
    names.append(f"{len(steps) + 1}: {steps[-1]:,} and more")

    def stratum_of(encounter: Encounter) -> str:
        return names[bisect_right(steps, _billed(encounter))]

    return stratum_of


def _billed(encounter: Encounter) -> Decimal:
    amounts = (next((money for money in (line.paid, line.allowed, line.charge) if money is not None), Decimal(0)) for line in encounter.lines)
    return sum(amounts, Decimal(0))


def encounter_overpayment(encounter: Encounter) -> Decimal:
    """Overpayment less underpayment, as the audit's own findings give them: what OIG reviews call the net difference."""
    return at_stake(encounter, "overpayment") - at_stake(encounter, "underpayment")


def extrapolate(
    sample: Sample,
    encounters: Iterable[Encounter],
    *,
    reviewed: Mapping[str, Decimal] | None = None,
    confidence: float = CONFIDENCE,
) -> Extrapolation:
    """Extrapolate a sample to the universe it was drawn from.

    Args:
        sample: as drawn.
        encounters: the audit's encounters; those of the sample must be among them.
        reviewed: net overpayment by encounter id as a person established it, for every sampled encounter; without it the
            audit's own amounts stand in, and the result says that it is provisional.
        confidence: of the two-sided interval.

    Raises:
        SamplingError: if a sampled encounter is missing from ``encounters`` or from ``reviewed``.
    """
    drawn = frozenset(sample.ids)
    known = {encounter.id: encounter for encounter in encounters if encounter.id in drawn}
    differences: dict[str, Decimal] = {}
    for unit in sample.ids:
        if unit not in known:
            raise SamplingError("An encounter of the sample is not in this audit. Draw the sample again from the same audit.")
        if reviewed is None:
            differences[unit] = encounter_overpayment(known[unit])
        elif unit in reviewed:
            differences[unit] = reviewed[unit]
        else:
            missing = sum(other not in reviewed for other in sample.ids)
            raise SamplingError(f"{missing} sampled encounters have no reviewed amount. Enter 0 where the claim holds up; leaving units out biases the estimate.")
    strata = {
        name: StratumReview(size, [differences[unit.unit] for unit in sample.of(name)]) for name, size in sample.sizes.items()
    }
    total = estimate_total_stratified(strata, confidence=confidence)
    simple = len(sample.sizes) == 1
    hits = sum(value != 0 for value in differences.values())
    rate = estimate_rate(hits, len(differences), sample.universe, confidence=confidence) if simple else None
    return Extrapolation(total, rate, provisional=reviewed is None, caution=_caution(total, hits, strata))


def _caution(total: Estimate, hits: int, strata: Mapping[str, StratumReview]) -> str:
    partial = any(len(stratum.differences) < stratum.universe for stratum in strata.values())
    if not partial:
        return "The whole universe was reviewed: this is a count, not an estimate."
    if not total.standard_error:
        return "All sampled amounts are equal, so that the interval has no width; that does not show that the rest is like them."
    if hits < 5:
        return f"Only {hits} sampled encounters differ: an interval from so few is not reliable. Draw a larger sample or use strata."
    return ""
