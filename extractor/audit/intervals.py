"""Confidence intervals of a share: the score interval for rates, and the exact one for a sample without replacement."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

__all__ = ["hypergeometric", "wilson", "z_of"]


def z_of(confidence: float) -> float:
    """The normal deviate that leaves ``(1 - confidence) / 2`` in each tail: 1.960 for 0.95.

    Raises:
        ValueError: if the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"A confidence lies between 0 and 1, and {confidence:g} does not. Give 0.95 for 95 %.")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(hits: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided score interval of a share (Wilson, JASA 22 (1927) 209; Newcombe, Stat Med 17 (1998) 857, method 3).

    It stays within 0 and 1 and keeps its coverage for small numbers and rates near either end, where the textbook's
    ``p ± z·√(pq/n)`` does not.

    Raises:
        ValueError: if there are no trials, or not ``0 <= hits <= trials``.
    """
    if trials < 1 or not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share: give at least one trial, and no more hits than trials.")
    z = z_of(confidence)
    share, z2 = hits / trials, z * z
    middle = share + z2 / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    scale = 1 + z2 / trials
    # The ends are exact where all or none hit; rounding must not put them a hair beside.
    low = 0.0 if hits == 0 else (middle - half) / scale
    high = 1.0 if hits == trials else (middle + half) / scale
    return low, high


def hypergeometric(hits: int, sample: int, universe: int, *, confidence: float = 0.90) -> tuple[int, int]:
    """Exact two-sided limits of the number of hits in a finite universe, from a sample without replacement.

    The limits are the smallest and the largest number of hits in the universe under which what was seen is not rarer
    than ``(1 - confidence) / 2`` in its tail (Cochran, Sampling Techniques, 3rd ed., ch. 3, on
    exact limits in finite populations). A bisection finds each.

    Raises:
        ValueError: if not ``0 <= hits <= sample <= universe`` with at least one in the sample.
    """
    from scipy.stats import hypergeom

    if sample < 1 or not 0 <= hits <= sample <= universe:
        raise ValueError(f"{hits} hits in a sample of {sample} of {universe} cannot be. Check the three numbers.")
    z_of(confidence)  # refuses what is no confidence
    # A tail that is exactly as wide as allowed belongs to the interval, whatever binary fractions make of it.
    tail = (1 - confidence) / 2 - 1e-12
    first, last = hits, universe - (sample - hits)

    def smallest(holds) -> int:  # type: ignore[no-untyped-def]
        low, high = first, last
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle + 1, high)
        return low

    # sf(h - 1) = P(X >= h) rises with the number of hits; cdf(h) = P(X <= h) falls.
    lower = smallest(lambda total: hypergeom.sf(hits - 1, universe, total, sample) >= tail)
    beyond = smallest(lambda total: total == last or hypergeom.cdf(hits, universe, total + 1, sample) < tail)
    return lower, beyond
