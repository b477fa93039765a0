"""What a reviewed sample says about its universe: point estimate, confidence interval, lower limit.

The difference estimator: of every sampled unit the review gives the difference between what was paid and what should
have been (0 where the claim holds up). With *N* units in the universe, *n* in the sample, mean *d̄* and variance *s²*
(divisor n - 1) of the differences:

- point estimate ``D = N d̄`` (Cochran, Sampling Techniques, 3rd ed., 1977, ch. 2),
- standard error ``N · s/√n · √(1 - n/N)``, the last factor the finite population correction (same chapter),
- interval ``D ± t · SE`` with Student's *t* of n - 1 degrees of freedom.

Stratified: totals and variances are added over the strata (Cochran, ch. 5), and *t* has Satterthwaite's effective degrees
of freedom (same chapter, on strata with few units each); a stratum reviewed whole adds no error. ``normal=True`` takes
the normal deviate instead of *t*, which some statistical programs use with strata.

OIG audit reports customarily recommend recovery at the lower limit of the two-sided 90 % interval, which is below the
true total in some 95 of 100 samples, to the provider's favour. Where a contract speaks of a *one-sided* 90 % limit,
that is the lower limit of the two-sided 80 % interval: ``confidence=0.80``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from extractor.audit.intervals import hypergeometric, z_of
from extractor.audit.sampling.draw import SamplingError

__all__ = ["Estimate", "StratumReview", "estimate_rate", "estimate_total", "estimate_total_stratified"]

CONFIDENCE = 0.90


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated total (in the money of the claims) or number of units."""

    point: float
    low: float
    high: float
    standard_error: float | None
    """None where the limits are exact and need none."""
    confidence: float
    sample: int
    universe: int
    degrees_of_freedom: float | None = None
    """Of Student's t; None where the normal deviate or an exact distribution was used."""
    deviate: float | None = None
    """Student's t or the normal deviate that was used."""
    method: str = ""

    @property
    def precision(self) -> float | None:
        """Half width of the interval as a share of the point estimate; None for a point estimate of 0."""
        return (self.high - self.low) / 2 / abs(self.point) if self.point else None


@dataclass(frozen=True, slots=True)
class StratumReview:
    """One reviewed stratum."""

    universe: int
    differences: Sequence[Decimal | float]


def estimate_total(
    differences: Sequence[Decimal | float], universe: int, *, confidence: float = CONFIDENCE, normal: bool = False
) -> Estimate:
    """Extrapolate the differences of a simple random sample to the universe's total.

    Args:
        differences: one for each sampled unit, zeros included; overpayment positive.
        universe: number of units the sample was drawn from.
        confidence: of the two-sided interval.
        normal: the normal deviate instead of Student's t.

    Raises:
        SamplingError: if fewer than two units were reviewed, unless they are the whole universe.
    """
    return estimate_total_stratified({"": StratumReview(universe, differences)}, confidence=confidence, normal=normal)


def estimate_total_stratified(
    strata: Mapping[str, StratumReview], *, confidence: float = CONFIDENCE, normal: bool = False
) -> Estimate:
    """Extrapolate the differences of a stratified sample to the universe's total.

    Raises:
        SamplingError: if a stratum has fewer than two reviewed units, unless they are all of it, or more than it has.
    """
    if not strata:
        raise SamplingError("There is no stratum to appraise. Give the reviewed units.")
    point = variance = 0.0
    welch = 0.0
    for name, stratum in strata.items():
        total, spread, df = _stratum(name, stratum)
        point += total
        variance += spread
        welch += spread * spread / df if spread else 0.0
    error = sqrt(variance)
    freedom = variance * variance / welch if welch else None
    deviate = _deviate(confidence, None if normal else freedom)
    sampled = sum(len(stratum.differences) for stratum in strata.values())
    return Estimate(
        point=point, low=point - deviate * error, high=point + deviate * error, standard_error=error,
        confidence=confidence, sample=sampled, universe=sum(stratum.universe for stratum in strata.values()),
        degrees_of_freedom=None if normal else freedom, deviate=deviate,
        method=("stratified " if len(strata) > 1 else "") + "difference estimator, " + ("normal deviate" if normal else "Student's t"),
    )  # fmt: skip


def _stratum(name: str, stratum: StratumReview) -> tuple[float, float, int]:
    """Return estimated total, its variance, and degrees of freedom."""
    n, size = len(stratum.differences), stratum.universe
    where = f"Stratum “{name}”" if name else "The sample"
    if n > size:
        raise SamplingError(f"{where} has {n} reviewed units, and its universe only {size}. Check the size of the universe.")
    if n < 2 and n < size:
        raise SamplingError(f"{where} has {n} reviewed unit{'s' * (n != 1)}; an interval needs at least two. Review more units.")
    values = [float(value) for value in stratum.differences]
    mean = sum(values) / n if n else 0.0
    if n == size:
        return mean * n, 0.0, max(n - 1, 1)
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    return size * mean, size * size * variance / n * (1 - n / size), n - 1


def _deviate(confidence: float, freedom: float | None) -> float:
    normal = z_of(confidence)
    if freedom is None:
        return normal
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, freedom))


def estimate_rate(hits: int, sample: int, universe: int, *, confidence: float = CONFIDENCE) -> Estimate:
    """How many units of the universe are in error, from a simple random sample (attribute appraisal).

    The limits are exact, from the hypergeometric distribution: no approximation stands behind them, so they hold for
    small samples and rare errors. Divide by ``universe`` for rates.

    Raises:
        SamplingError: if not ``0 <= hits <= sample <= universe`` with at least one in the sample.
    """
    try:
        low, high = hypergeometric(hits, sample, universe, confidence=confidence)
    except ValueError as error:
        raise SamplingError(str(error)) from None
    return Estimate(
        point=universe * hits / sample, low=low, high=high, standard_error=None, confidence=confidence,
        sample=sample, universe=universe, method="exact, hypergeometric",
    )  # fmt: skip
