"""Draw a random sample that anybody can draw again, with a seed and a published recipe.

The recipe. Each unit of the universe gets the random number ``SHA-256("SEED:STRATUM:ID")``, read as a 256-bit integer
(``STRATUM`` is empty in a simple sample; text is UTF-8). Units are ordered by that number, and the first *n* are the
sample. Since the numbers behave as independent and uniform, every subset of *n* units is equally likely: a simple random
sample without replacement. This is sequential sampling with permanent random numbers (Ohlsson, in Cox et al., Business
Survey Methods, 1995, ch. 9), with the hash as generator, as in post-election audits (Rivest, "Sampler", 2011).

Why not ``random.sample``: its sequence may change with a version of Python, and depends on the order of the universe.
Here neither matters; three lines in any language check an opponent's draw; and a larger sample with the same seed begins
with the smaller one, so that a sample can be extended, and spare units are simply the next ones.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from extractor.failures import UserError

__all__ = ["GENERATOR", "Drawn", "Sample", "SamplingError", "draw", "draw_stratified", "random_number"]

GENERATOR = "SHA-256 of SEED:STRATUM:ID, the smallest numbers first"


class SamplingError(UserError, ValueError):
    """A sample that cannot be drawn or appraised; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One unit of a sample."""

    order: int
    """Place in the draw within its stratum, from 1."""
    unit: str
    stratum: str
    number: str
    """Its random number, in hexadecimal; the first 16 digits are enough to check the order."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawn sample, with everything that is needed to draw it again."""

    seed: int
    units: tuple[Drawn, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Size of each stratum of the universe; one nameless stratum in a simple sample."""
    generator: str = GENERATOR

    @property
    def universe(self) -> int:
        """Number of units in the universe."""
        return sum(self.sizes.values())

    @property
    def ids(self) -> tuple[str, ...]:
        """The drawn units, in the order of the draw."""
        return tuple(unit.unit for unit in self.units)

    def of(self, stratum: str) -> tuple[Drawn, ...]:
        """The drawn units of one stratum."""
        return tuple(unit for unit in self.units if unit.stratum == stratum)


def random_number(seed: int, unit: str, stratum: str = "") -> str:
    """The unit's random number, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{seed}:{stratum}:{unit}".encode("utf-8", "surrogatepass")).hexdigest()


def draw(units: Iterable[str], size: int, *, seed: int) -> Sample:
    """Draw a simple random sample without replacement.

    Args:
        units: ids of the universe, in any order, each once.
        size: how many to draw.
        seed: any whole number; write it down before the draw.

    Raises:
        SamplingError: if an id stands twice, or the universe has fewer units than are to be drawn.
    """
    return draw_stratified({"": units}, {"": size}, seed=seed)


def draw_stratified(strata: Mapping[str, Iterable[str]], sizes: Mapping[str, int], *, seed: int) -> Sample:
    """Draw a simple random sample from each stratum, independently.

    Args:
        strata: ids by stratum; the strata together are the universe.
        sizes: how many to draw from each; a stratum as large as its size is reviewed whole.
        seed: any whole number; write it down before the draw.

    Raises:
        SamplingError: if an id stands twice, a stratum has no size, or a size does not fit its stratum.
    """
    universe = {name: list(units) for name, units in strata.items()}
    _refuse_repeats(universe)
    if set(universe) != set(sizes):
        raise SamplingError("Strata and sample sizes do not name the same strata. Give one size for each stratum.")
    drawn: list[Drawn] = []
    for name, units in universe.items():
        size = sizes[name]
        where = f" of stratum “{name}”" if name else ""
        if size < 1 or size > len(units):
            raise SamplingError(f"{size} of the {len(units)} units{where} cannot be drawn. Give a size from 1 to {len(units)}.")
        ordered = sorted((random_number(seed, unit, name), unit) for unit in units)[:size]
        drawn += [Drawn(order, unit, name, number) for order, (number, unit) in enumerate(ordered, 1)]
    return Sample(seed=seed, units=tuple(drawn), sizes={name: len(units) for name, units in universe.items()})


def _refuse_repeats(universe: Mapping[str, list[str]]) -> None:
    seen = Counter(unit for units in universe.values() for unit in units)
    repeated = sum(count > 1 for count in seen.values())
    if repeated:
        raise SamplingError(f"{repeated} ids stand in the universe more than once. Each unit must have an equal chance: give each id once.")
