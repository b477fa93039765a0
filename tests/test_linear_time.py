"""The time for a note grows with its length, not with its square: on hostile text too.

``python -m tests.benchmarks.limits`` measures the same up to 5 MB.
"""

from __future__ import annotations

import time

import pytest

from extractor import extract

from .benchmarks.limits import KINDS


def seconds(text: str) -> float:
    """Processor seconds of the less disturbed of two readings."""
    shortest = float("inf")
    for _ in range(2):
        start = time.process_time()
        extract(text)
        shortest = min(shortest, time.process_time() - start)
    return shortest


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_length_takes_about_four_times_as_long(kind):
    unit = KINDS[kind]
    short, long = (seconds(unit * (size // len(unit))) for size in (12_000, 48_000))
    assert long < 8 * short + 0.05  # a quadratic step takes 16 times as long
