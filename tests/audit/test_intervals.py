"""Confidence intervals of a share, against published figures and against what they promise."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.audit.intervals import hypergeometric, wilson, z_of


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3 (score, without continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_score_intervals_are_newcombes(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_score_interval_holds_its_share_and_stays_within_0_and_1(case):
    hits, trials = case
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert wilson(trials - hits, trials) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("hits", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(hits, trials):
    with pytest.raises(ValueError, match="no share"):
        wilson(hits, trials)


def test_the_normal_deviate_is_the_tables():
    assert [round(z_of(level), 3) for level in (0.80, 0.90, 0.95, 0.99)] == [1.282, 1.645, 1.960, 2.576]
    with pytest.raises(ValueError, match="95"):
        z_of(95)


def _not_rare(hits: int, sample: int, universe: int, total: int, *, above: bool) -> bool:
    """Whether P(X >= hits) or P(X <= hits) is at least one in twenty, counted in whole numbers."""
    wanted = range(hits, sample + 1) if above else range(hits + 1)
    ways = sum(comb(total, seen) * comb(universe - total, sample - seen) for seen in wanted if seen <= total)
    return ways * 20 >= comb(universe, sample)


@settings(deadline=None)  # the first call imports scipy
@given(
    st.integers(2, 40).flatmap(
        lambda universe: st.integers(1, universe).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.just(universe)))
    )
)
def test_exact_limits_are_those_of_the_definition(case):
    hits, sample, universe = case
    possible = range(hits, universe - sample + hits + 1)
    kept = [
        total
        for total in possible
        if _not_rare(hits, sample, universe, total, above=True) and _not_rare(hits, sample, universe, total, above=False)
    ]
    assert hypergeometric(hits, sample, universe) == (min(kept), max(kept))


def test_a_whole_universe_leaves_no_doubt():
    assert hypergeometric(7, 20, 20) == (7, 7)
