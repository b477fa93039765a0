"""How much the lexicon covers, in figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from extractor.lexicon.lexicon import Lexicon

__all__ = ["LexiconStats", "RegionCoverage", "lexicon_stats"]


class RegionCoverage(NamedTuple):
    """One region of the body."""

    region: str
    muscles: int
    groups: int
    forms: int
    """Forms that name a muscle or group of the region; a coordinated form counts in each of its regions."""
    identified: int
    """Muscles and groups with an identifier of Uberon, FMA or TA2."""


class LexiconStats(NamedTuple):
    """The lexicon in figures."""

    version: str
    regions: tuple[RegionCoverage, ...]
    form_types: dict[str, int]
    """Rows of each type of form."""
    forms: int
    """Different forms."""
    ambiguous_forms: int
    region_forms: dict[str, int]
    """Forms that are no muscle, by kind."""
    portion_forms: int
    portions: int
    english_words: int


def lexicon_stats(lexicon: Lexicon) -> LexiconStats:
    """Count the rows of a lexicon.

    Raises:
        LexiconError: if a table cannot be read.
    """
    forms: dict[str, set[str]] = defaultdict(set)
    for row in lexicon.forms:
        for target in row.target:
            forms[lexicon.muscles[target].region].add(row.form)
    regions = []
    for region in dict.fromkeys(entry.region for entry in lexicon.muscles.values()):
        entries = [entry for entry in lexicon.muscles.values() if entry.region == region]
        regions.append(
            RegionCoverage(
                region=region,
                muscles=sum(entry.kind == "muscle" for entry in entries),
                groups=sum(entry.kind == "group" for entry in entries),
                forms=len(forms[region]),
                identified=sum(bool(entry.uberon or entry.fma or entry.ta2) for entry in entries),
            )
        )
    return LexiconStats(
        version=lexicon.version,
        regions=tuple(regions),
        form_types=dict(Counter(row.type for row in lexicon.forms)),
        forms=len({row.form for row in lexicon.forms}),
        ambiguous_forms=len({row.form for row in lexicon.forms if row.ambiguous}),
        region_forms=dict(Counter(row.kind for row in lexicon.regions)),
        portion_forms=len({row.form for row in lexicon.portions}),
        portions=len({row.portion for row in lexicon.portions}),
        english_words=len(lexicon.english_words),
    )
