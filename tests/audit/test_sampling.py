"""Samples of an audit: drawn so that anybody can draw them again, sized and appraised by textbook formulas."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from decimal import Decimal
from math import sqrt
from statistics import NormalDist, mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.audit.sampling import (
    SamplingError,
    StratumReview,
    allocate,
    draw,
    draw_stratified,
    estimate_rate,
    estimate_total,
    estimate_total_stratified,
    extrapolate,
    sample_encounters,
    sample_size_for_rate,
    sample_size_for_total,
    strata_by_amount,
    universe_of,
)  # fmt: skip

from . import build

UNIVERSE = [f"E{number:04}" for number in range(500)]


class TestDraw:
    def test_it_is_the_published_recipe(self):
        def number(unit: str) -> int:
            return int(hashlib.sha256(f"20240314::{unit}".encode()).hexdigest(), 16)

        assert list(draw(UNIVERSE, 30, seed=20240314).ids) == sorted(UNIVERSE, key=number)[:30]

    def test_the_order_of_the_universe_does_not_matter(self):
        assert draw(reversed(UNIVERSE), 30, seed=5) == draw(UNIVERSE, 30, seed=5)

    def test_another_seed_draws_another_sample(self):
        assert draw(UNIVERSE, 30, seed=5).ids != draw(UNIVERSE, 30, seed=6).ids

    def test_a_larger_sample_begins_with_the_smaller_one(self):
        assert draw(UNIVERSE, 60, seed=5).ids[:30] == draw(UNIVERSE, 30, seed=5).ids

    def test_every_unit_is_drawn_equally_often(self):
        drawn = Counter(unit for seed in range(2000) for unit in draw(UNIVERSE[:20], 5, seed=seed).ids)
        # Chi-squared with 19 degrees of freedom stays below 43.8 in 99.9 % of experiments; the seeds are fixed.
        expected = 2000 * 5 / 20
        assert sum((drawn[unit] - expected) ** 2 / expected for unit in UNIVERSE[:20]) < 43.8

    def test_pairs_are_drawn_as_often_as_in_a_simple_random_sample(self):
        together = sum({"E0000", "E0001"} <= set(draw(UNIVERSE[:20], 5, seed=seed).ids) for seed in range(4000))
        expected = 4000 * (5 * 4) / (20 * 19)
        assert abs(together - expected) < 4 * sqrt(expected)

    def test_strata_are_drawn_independently_and_keep_their_sizes(self):
        strata = {"small": UNIVERSE[:100], "large": UNIVERSE[100:]}
        sample = draw_stratified(strata, {"small": 10, "large": 40}, seed=1)
        assert [len(sample.of(name)) for name in ("small", "large")] == [10, 40]
        assert {unit.unit for unit in sample.of("small")} <= set(strata["small"])
        assert (sample.sizes, sample.universe) == ({"small": 100, "large": 400}, 500)

    @pytest.mark.parametrize(
        ("units", "size", "message"),
        [(["a", "b"], 3, "from 1 to 2"), (["a", "b"], 0, "from 1 to 2"), (["a", "a", "b"], 1, "more than once")],
    )
    def test_what_cannot_be_drawn_is_refused(self, units, size, message):
        with pytest.raises(SamplingError, match=message):
            draw(units, size, seed=1)

    def test_every_stratum_needs_a_size(self):
        with pytest.raises(SamplingError, match="one size for each stratum"):
            draw_stratified({"a": ["1"], "b": ["2"]}, {"a": 1}, seed=1)


class TestSize:
    def test_cochrans_example_of_a_rate(self):
        # Sampling Techniques, ch. 4: blood group O among 3200 islanders to within 5 points, t taken as 2: 400, then 356.
        two = NormalDist().cdf(2) * 2 - 1
        assert sample_size_for_rate(0.05, confidence=two) == 400
        assert sample_size_for_rate(0.05, confidence=two, universe=3200) == 356

    @pytest.mark.parametrize(("confidence", "precision", "size"), [(0.95, 0.05, 385), (0.95, 0.03, 1068), (0.90, 0.05, 271), (0.99, 0.05, 664)])
    def test_the_well_known_sizes_of_a_rate(self, confidence, precision, size):
        assert sample_size_for_rate(precision, confidence=confidence) == size

    def test_a_total_by_hand(self):
        # (1.6449 · 40 / (0.25 · 20))² = 173.2; in a universe of 1000: 173.2 / 1.1732 = 147.6
        assert sample_size_for_total(20, 40, 0.25) == 174
        assert sample_size_for_total(20, 40, 0.25, universe=1000) == 148

    @given(st.floats(0.005, 0.4), st.floats(0.02, 0.98), st.integers(1, 100_000))
    def test_never_more_than_the_universe_and_less_precision_needs_no_more(self, precision, expected, universe):
        size = sample_size_for_rate(precision, expected=expected, universe=universe)
        assert 1 <= size <= universe
        assert sample_size_for_rate(precision * 1.5, expected=expected, universe=universe) <= size

    @pytest.mark.parametrize("wrong", [{"precision": 5}, {"precision": 0}, {"precision": 0.1, "expected": 1}, {"precision": 0.1, "universe": 0}])
    def test_senseless_wishes_are_refused(self, wrong):
        with pytest.raises(SamplingError):
            sample_size_for_rate(**wrong)

    def test_a_mean_of_zero_has_no_relative_precision(self):
        with pytest.raises(SamplingError, match="probe sample"):
            sample_size_for_total(0, 10, 0.1)


class TestAllocate:
    @pytest.mark.parametrize(
        ("sizes", "total", "deviations", "expected"),
        [
            ({"a": 600, "b": 300, "c": 100}, 100, None, {"a": 60, "b": 30, "c": 10}),
            # Neyman: 600·10, 300·20 and 100·80 are 6000, 6000, 8000.
            ({"a": 600, "b": 300, "c": 100}, 100, {"a": 10, "b": 20, "c": 80}, {"a": 30, "b": 30, "c": 40}),
            # A stratum that would get more than it has is reviewed whole; the rest goes to the others.
            ({"a": 600, "b": 300, "c": 20}, 100, {"a": 10, "b": 20, "c": 900}, {"a": 40, "b": 40, "c": 20}),
            # One that would get less than two gets two.
            ({"a": 990, "b": 10}, 50, None, {"a": 48, "b": 2}),
            ({"a": 10, "b": 10}, 10, {"a": 0, "b": 0}, {"a": 5, "b": 5}),
        ],
    )
    def test_by_hand(self, sizes, total, deviations, expected):
        assert allocate(sizes, total, deviations=deviations) == expected

    @given(st.lists(st.tuples(st.integers(1, 400), st.floats(0, 50)), min_size=1, max_size=8), st.data())
    def test_it_adds_up_and_fits(self, strata, data):
        sizes = {str(number): size for number, (size, _) in enumerate(strata)}
        least = sum(min(2, size) for size in sizes.values())
        total = data.draw(st.integers(least, sum(sizes.values())))
        given_out = allocate(sizes, total, deviations={str(number): spread for number, (_, spread) in enumerate(strata)})
        assert sum(given_out.values()) == total
        assert all(min(2, sizes[name]) <= count <= sizes[name] for name, count in given_out.items())

    def test_a_sample_beyond_the_universe_is_refused(self):
        with pytest.raises(SamplingError, match="shared out"):
            allocate({"a": 5}, 6)


class TestEstimate:
    def test_cochrans_petition(self):
        # Sampling Techniques, ch. 2: 676 sheets, 50 counted, sum 1471, sum of squares 54 497; 80 % limits 18 107 and 21 669
        # with the normal deviate 1.28. Fifty figures with that sum and, nearly, that sum of squares:
        counts = _with_sums(50, 1471, 54_497)
        found = estimate_total(counts, 676, confidence=0.80, normal=True)
        assert found.point == pytest.approx(19_888, abs=0.5)
        assert (found.low, found.high) == pytest.approx((18_107, 21_669), rel=2e-3)

    def test_a_simple_sample_is_the_textbook_formula(self):
        values = [0, 0, 12.5, 0, 40, 0, 0, 7.25, 0, 0]
        found = estimate_total(values, 250)
        error = 250 * stdev(values) / sqrt(10) * sqrt(1 - 10 / 250)
        # Student's t, 9 degrees of freedom, 5 % in each tail: 1.8331 in every table.
        assert found.point == pytest.approx(250 * mean(values))
        assert found.low == pytest.approx(found.point - 1.8331 * error, rel=1e-4)
        assert found.high == pytest.approx(found.point + 1.8331 * error, rel=1e-4)
        assert found.degrees_of_freedom == pytest.approx(9)

    def test_strata_add_up(self):
        first, second = [0.0, 10.0, 0.0, 20.0, 0.0], [100.0, 0.0, 50.0, 0.0]
        found = estimate_total_stratified({"a": StratumReview(100, first), "b": StratumReview(40, second)})
        apart = [estimate_total(first, 100), estimate_total(second, 40)]
        assert found.point == pytest.approx(sum(one.point for one in apart))
        assert found.standard_error == pytest.approx(sqrt(sum(one.standard_error**2 for one in apart)))
        g = [one.standard_error**2 for one in apart]
        assert found.degrees_of_freedom == pytest.approx(sum(g) ** 2 / (g[0] ** 2 / 4 + g[1] ** 2 / 3))

    def test_a_stratum_reviewed_whole_adds_no_error(self):
        whole = StratumReview(3, [Decimal(900), Decimal(0), Decimal(100)])
        found = estimate_total_stratified({"large": whole, "rest": StratumReview(100, [0.0, 5.0, 0.0])})
        alone = estimate_total([0.0, 5.0, 0.0], 100)
        assert (found.point, found.standard_error) == pytest.approx((1000 + alone.point, alone.standard_error))

    def test_a_universe_reviewed_whole_is_a_count(self):
        found = estimate_total([1.0, 2.0, 3.0], 3)
        assert (found.low, found.point, found.high) == (6, 6, 6)

    @pytest.mark.parametrize(("values", "universe", "message"), [([1.0], 10, "at least two"), ([], 10, "at least two"), ([1.0, 2.0], 1, "universe only 1")])
    def test_too_few_or_too_many_are_refused(self, values, universe, message):
        with pytest.raises(SamplingError, match=message):
            estimate_total(values, universe)

    def test_a_rate_has_exact_limits(self):
        found = estimate_rate(0, 59, 100_000, confidence=0.90)
        # The rule of discovery sampling: 59 clean units show, at 95 % one-sided, fewer than 5 % in error.
        assert found.low == 0
        assert found.high / 100_000 == pytest.approx(0.05, abs=0.001)
        with pytest.raises(SamplingError):
            estimate_rate(5, 4, 100)

    def test_the_interval_covers_the_truth_as_often_as_it_says(self):
        source = random.Random(8)
        universe = {f"u{number}": (source.random() < 0.35) * source.uniform(5, 60) for number in range(800)}
        truth = sum(universe.values())
        covered = below = 0
        for seed in range(1000):
            found = estimate_total([universe[unit] for unit in draw(universe, 80, seed=seed).ids], 800)
            covered += found.low <= truth <= found.high
            below += found.low <= truth
        # Three standard errors of 1000 trials are 2.8 points about 90 %, and 2.1 about 95 %. Where few units are in error,
        # the limits lean to the provider's side: the lower one is too high less often than it may be.
        assert covered / 1000 == pytest.approx(0.90, abs=0.028)
        assert below / 1000 >= 0.95 - 0.021

    def test_the_stratified_interval_covers_the_truth_as_often_as_it_says(self):
        source = random.Random(9)
        strata = {
            "low": {f"l{number}": (source.random() < 0.3) * source.uniform(5, 20) for number in range(600)},
            "high": {f"h{number}": (source.random() < 0.5) * source.uniform(50, 200) for number in range(120)},
        }
        truth = sum(sum(units.values()) for units in strata.values())
        sizes = {"low": 40, "high": 30}
        covered = 0
        for seed in range(1000):
            sample = draw_stratified(strata, sizes, seed=seed)
            reviews = {name: StratumReview(len(strata[name]), [strata[name][unit.unit] for unit in sample.of(name)]) for name in strata}
            found = estimate_total_stratified(reviews)
            covered += found.low <= truth <= found.high
        assert covered / 1000 == pytest.approx(0.90, abs=0.028)


class TestOfAnAudit:
    def test_a_sample_with_the_audits_own_amounts_is_provisional(self):
        audit = build.many(90)
        universe = universe_of(audit)
        sample = sample_encounters(universe, 30, seed=3)
        found = extrapolate(sample, universe)
        hits = sum(bool(encounter.findings) for encounter in universe if encounter.id in set(sample.ids))
        assert found.provisional
        assert found.total.point == pytest.approx(90 / 30 * 8.25 * hits)
        assert found.rate.point == pytest.approx(90 / 30 * hits)

    def test_reviewed_amounts_decide_where_they_are_given(self):
        universe = build.many(30).encounters
        sample = sample_encounters(universe, 10, seed=3)
        found = extrapolate(sample, universe, reviewed={unit: Decimal(2) for unit in sample.ids})
        assert (found.provisional, found.total.point) == (False, 60)
        assert "does not show" in found.caution

    def test_a_forgotten_unit_is_refused_and_not_left_out(self):
        universe = build.many(30).encounters
        sample = sample_encounters(universe, 10, seed=3)
        with pytest.raises(SamplingError, match="9 sampled encounters have no reviewed amount"):
            extrapolate(sample, universe, reviewed={sample.ids[0]: Decimal(0)})

    def test_a_sample_of_another_audit_is_refused(self):
        sample = sample_encounters(build.many(30).encounters, 10, seed=3)
        with pytest.raises(SamplingError, match="not in this audit"):
            extrapolate(sample, [])

    def test_only_encounters_that_bill_the_service_are_in_the_universe(self):
        visit = build.encounter("E2", lines=[build.line("99213")], findings=[])
        assert [one.id for one in universe_of(build.audit(build.encounter(), visit))] == ["E1"]

    def test_strata_by_amount(self):
        stratum = strata_by_amount([50, 100])
        named = {paid: stratum(build.encounter(lines=[build.line(paid=paid)])) for paid in ("49.99", "50", "99.99", "100", None)}
        assert [name[0] for name in named.values()] == ["1", "2", "2", "3", "3"]  # without a payment the charge of 150 stands in
        with pytest.raises(SamplingError, match="rising"):
            strata_by_amount([100, 50])

    def test_strata_by_payer_are_shared_out_by_size(self):
        sample = sample_encounters(build.many(90).encounters, 30, seed=1, stratum_of=lambda one: one.payer)
        assert {name: len(sample.of(name)) for name in sample.sizes} == {"Aetna": 10, "Cigna": 10, "Medicare": 10}

    def test_a_line_that_two_findings_question_counts_once(self):
        twice = build.encounter(findings=[build.finding(amount="8.25"), build.finding("units-not-one", amount="60.00")])
        other = build.encounter("E2", findings=[build.finding(encounter="E2", amount="8.25")])
        universe = [twice, other]
        found = extrapolate(sample_encounters(universe, 2, seed=1), universe)
        assert found.total.point == pytest.approx(68.25)
        assert "count, not an estimate" in found.caution


def _with_sums(count: int, total: int, squares: int) -> list[float]:
    """Figures with a given sum and sum of squares: half of them one standard deviation above the mean, half below."""
    middle = total / count
    spread = sqrt(squares / count - middle * middle)
    return [middle + spread] * (count // 2) + [middle - spread] * (count // 2)
