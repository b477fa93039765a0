"""Statistically valid samples of an audit: how many, which ones, and what they say about all of them.

The steps of an overpayment review as the OIG's statistical software RAT-STATS supports them: a sample size for a wished
precision (:mod:`.size`), a random sample that anybody can draw again (:mod:`.draw`), and the appraisal of what the
review found (:mod:`.estimate`): point estimate, two-sided confidence interval (90 % unless told) and its lower limit.
"""

from extractor.audit.sampling.draw import Drawn, Sample, SamplingError, draw, draw_stratified
from extractor.audit.sampling.estimate import (
    Estimate,
    StratumReview,
    estimate_rate,
    estimate_total,
    estimate_total_stratified,
)
from extractor.audit.sampling.of_audit import (
    Extrapolation,
    encounter_overpayment,
    extrapolate,
    sample_encounters,
    strata_by_amount,
    universe_of,
)  # fmt: skip
from extractor.audit.sampling.size import allocate, sample_size_for_rate, sample_size_for_total

__all__ = [
    "Drawn", "Estimate", "Extrapolation", "Sample", "SamplingError", "StratumReview", "allocate", "draw",
    "draw_stratified", "encounter_overpayment", "estimate_rate", "estimate_total", "estimate_total_stratified",
    "extrapolate", "sample_encounters", "sample_size_for_rate", "sample_size_for_total", "strata_by_amount", "universe_of",
]  # fmt: skip
