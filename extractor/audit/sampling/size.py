"""How many units a review needs for a wished precision.

Cochran, Sampling Techniques, 3rd ed., 1977, ch. 4 (rates, totals and means) and ch. 5 (Neyman allocation). *z* is the
normal deviate of the two-sided confidence. Results are rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

from extractor.audit.intervals import z_of
from extractor.audit.sampling.draw import SamplingError

__all__ = ["allocate", "sample_size_for_rate", "sample_size_for_total"]

_ROUNDING = 1e-9
"""So that 356.0000000001, which is 356 but for binary fractions, is not rounded up to 357."""


def sample_size_for_rate(precision: float, *, confidence: float = 0.90, expected: float = 0.5, universe: int | None = None) -> int:
    """Units needed to know a rate to within ``± precision`` (attribute appraisal).

    ``n0 = z² p (1-p) / d²``, and for a finite universe ``n = n0 / (1 + (n0 - 1) / N)``.

    Args:
        precision: half width of the interval, as a share: 0.05 for ± 5 percentage points.
        confidence: of the two-sided interval.
        expected: the rate that is expected; 0.5, the default, needs the most.
        universe: its size; None for one without end.

    Raises:
        SamplingError: if precision or expected rate is not between 0 and 1, or the universe is empty.
    """
    if not 0 < precision < 1 or not 0 < expected < 1:
        raise SamplingError("Precision and expected rate are shares between 0 and 1: give 0.05 for 5 percentage points.")
    first = z_of(confidence) ** 2 * expected * (1 - expected) / precision**2
    return _finite(first, universe, first - 1)


def sample_size_for_total(
    mean: float, deviation: float, precision: float, *, confidence: float = 0.90, universe: int | None = None
) -> int:
    """Units needed to know a total (or a mean) to within ``± precision`` of itself (variable appraisal).

    ``n0 = (z s / (r ȳ))²``, and for a finite universe ``n = n0 / (1 + n0 / N)``.

    Args:
        mean: mean overpayment of a unit, from a probe sample or an earlier review.
        deviation: its standard deviation, in the same money.
        precision: half width of the interval as a share of the total: 0.25 for ± 25 %.
        confidence: of the two-sided interval.
        universe: its size; None for one without end.

    Raises:
        SamplingError: if the mean is zero, the deviation negative, or the precision not above 0.
    """
    if not mean or deviation < 0 or precision <= 0:
        raise SamplingError("A sample size needs a mean other than 0, a deviation of 0 or more and a precision above 0. Take them from a probe sample.")
    first = (z_of(confidence) * deviation / (precision * abs(mean))) ** 2
    return max(2, _finite(first, universe, first)) if universe is None or universe > 1 else 1


def _finite(first: float, universe: int | None, share: float) -> int:
    if universe is not None and universe < 1:
        raise SamplingError("The universe is empty: there is nothing to draw from.")
    wanted = first if universe is None else first / (1 + share / universe)
    whole = max(1, ceil(wanted - _ROUNDING))
    return whole if universe is None else min(whole, universe)


def allocate(sizes: Mapping[str, int], total: int, *, deviations: Mapping[str, float] | None = None, least: int = 2) -> dict[str, int]:
    """Share a sample out among strata.

    Proportional to the strata's sizes, or with standard deviations to ``N_h · s_h`` (Neyman). Every stratum gets at least
    ``least`` units, since one alone has no variance, and none more than it has; fractions go to the largest remainders.

    Raises:
        SamplingError: if the sample is larger than the universe, or too small for ``least`` in each stratum.
    """
    floors = {name: min(least, size) for name, size in sizes.items()}
    if not sizes or total > sum(sizes.values()) or total < sum(floors.values()):
        raise SamplingError(f"A sample of {total} cannot be shared out among {len(sizes)} strata of {sum(sizes.values())} units with at least {least} in each.")
    weights = {name: size * (deviations[name] if deviations else 1.0) for name, size in sizes.items()}
    if any(weight < 0 for weight in weights.values()):
        raise SamplingError("A standard deviation is never negative. Check the probe sample.")
    if not any(weights.values()):
        weights = {name: float(size) for name, size in sizes.items()}
    given = dict(floors)
    fixed: dict[str, int] = {}
    # Strata that would get less than their floor or more than they have are fixed there, and the rest is shared again.
    while open_names := [name for name in sizes if name not in fixed]:
        left = total - sum(fixed.values())
        whole = sum(weights[name] for name in open_names)
        wished = {name: left * weights[name] / whole if whole else left / len(open_names) for name in open_names}
        over = {name: sizes[name] for name in open_names if wished[name] > sizes[name]}
        under = {name: floors[name] for name in open_names if wished[name] < floors[name]}
        # One kind at a time: fixing both could leave nothing, or too much, for the others.
        if not (over or under):
            given = fixed | _largest_remainders(wished, left)
            break
        excess = sum(wished[name] - size for name, size in over.items())
        lack = sum(size - wished[name] for name, size in under.items())
        fixed |= over if excess >= lack else under
        given = dict(fixed)
    return {name: given[name] for name in sizes}


def _largest_remainders(wished: Mapping[str, float], total: int) -> dict[str, int]:
    whole = {name: floor(value + _ROUNDING) for name, value in wished.items()}
    by_remainder = sorted(wished, key=lambda name: whole[name] - wished[name])
    for name in by_remainder[: total - sum(whole.values())]:
        whole[name] += 1
    return whole
