"""Looking a name up by hand: what a form means, and what was perhaps meant."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.lexicon.lexicon import Lexicon
from extractor.lexicon.normalize import normalize_form
from extractor.lexicon.rows import AmbiguousSense, MuscleForm, RegionForm

__all__ = ["Lookup", "find_form"]

_AFTER_A_NAME = ("muscles", "muscle", "musculature", "mm", "m")
_LINKS = ("of the", "of")
_STOPS = re.compile(r"[,;()]")


class Lookup(NamedTuple):
    """What the lexicon knows of a form."""

    form: str
    """The form as normalised."""
    rows: tuple[MuscleForm | AmbiguousSense | RegionForm, ...]
    portions: tuple[str, ...]
    """Ids of portions that were named beside the muscle ("upper trapezius")."""
    suggestions: tuple[str, ...]
    """Nearest forms, where there is no row."""


def find_form(lexicon: Lexicon, text: str, *, limit: int = 5) -> Lookup:
    """Look a form up as a whole, else without words for a portion and without "muscle".

    This serves people and tests; notes are read by :mod:`extractor.language`, which knows context.

    Args:
        lexicon: the lexicon.
        text: the form in any case, hyphenated or not.
        limit: how many suggestions to give.
    """
    form = normalize_form(_STOPS.sub(" ", text))
    rows, portions = _compose(lexicon, form)
    suggestions = () if rows else _nearest(lexicon, form, limit)
    return Lookup(form, rows, portions, suggestions)


def _compose(
    lexicon: Lexicon, form: str
) -> tuple[tuple[MuscleForm | AmbiguousSense | RegionForm, ...], tuple[str, ...]]:
    rows = lexicon.senses(form)
    if rows:
        return rows, _own_portions(rows)
    words = form.split()
    if len(words) > 1 and words[-1] in _AFTER_A_NAME:
        return _compose(lexicon, " ".join(words[:-1]))
    for size in range(len(words) - 1, 0, -1):
        for portion, name in (
            (words[:size], words[size:]),
            (words[-size:], words[:-size]),
        ):
            rest = _without_link(" ".join(name))
            rows = lexicon.senses(rest)
            named = _portions(lexicon, " ".join(portion), rows)
            if rows and named:
                return rows, named
    return (), ()


def _without_link(name: str) -> str:
    for link in _LINKS:
        if name.startswith(f"{link} "):
            return name[len(link) + 1 :]
    return name


def _own_portions(rows: tuple[MuscleForm | AmbiguousSense | RegionForm, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.portion for row in rows if isinstance(row, MuscleForm) and row.portion))


def _portions(
    lexicon: Lexicon, form: str, rows: tuple[MuscleForm | AmbiguousSense | RegionForm, ...]
) -> tuple[str, ...]:
    targets = {target for row in rows if isinstance(row, MuscleForm) for target in row.target}
    found = [row for row in lexicon.portions if row.form == form and targets]
    special = [row.portion for row in found if targets.intersection(row.applies_to)]
    return tuple(special or [row.portion for row in found if "*" in row.applies_to])


def _nearest(lexicon: Lexicon, form: str, limit: int) -> tuple[str, ...]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    forms = sorted({row.form for row in lexicon.forms if row.type != "misspelling"})
    found = process.extract(form, forms, scorer=OSA.normalized_similarity, limit=limit, score_cutoff=0.5)
    return tuple(name for name, _, _ in found)
