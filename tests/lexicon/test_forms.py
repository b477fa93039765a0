"""Everyday names mean what clinicians mean by them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from rapidfuzz.distance import OSA

from extractor.lexicon import MuscleForm, RegionForm, read_table
from extractor.lexicon.lookup import find_form


class Case(NamedTuple):
    form: str
    target: str
    portion: str = ""


CASES = read_table(Path(__file__).parent / "everyday_forms.tsv", Case)


def test_there_are_many_cases():
    assert len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=[case.form for case in CASES])
def test_a_name_means_what_clinicians_mean(lexicon, case):
    found = find_form(lexicon, case.form)
    muscles = [row for row in found.rows if isinstance(row, MuscleForm)]
    if case.target.startswith("region:"):
        assert [row.region for row in found.rows if isinstance(row, RegionForm)] == [
            case.target.removeprefix("region:")
        ]
        assert not muscles
    elif case.target.startswith("any:"):
        assert {row.target[0] for row in muscles} == set(case.target.removeprefix("any:").split("|"))
        assert all(row.ambiguous for row in muscles)
    else:
        assert {row.target for row in muscles} == {tuple(case.target.split("|"))}
    assert found.portions == ((case.portion,) if case.portion else ())


@pytest.mark.parametrize(
    "word",
    [
        "terse", "saline", "bolus", "rectum", "fetus", "elevator", "director", "perform", "pisiform", "extension", "tension",
        "cervical", "services", "sulcus", "keloid", "gastric", "epigastric", "erection", "tender", "sensor", "strap",
        "master", "theater", "delta", "plasma", "mental", "abduction", "adduction", "doctors", "policies", "erroneous",
    ],
)  # fmt: skip
def test_ordinary_words_are_kept_from_the_spelling_corrector(lexicon, word):
    names = {row.form for row in lexicon.forms if row.type != "misspelling" and not row.ambiguous}
    assert word not in names
    reach = 1 if len(word) < 9 else 2
    near = any(
        OSA.distance(word, part) <= (reach if " " in name else 2)
        for name in names
        for part in name.split()
        if len(part) >= 5
    )
    known = {part for row in lexicon.forms for part in row.form.split()}
    assert not near or word in lexicon.english_words or word in known


def test_no_misspelling_is_nearer_to_another_muscle(lexicon):
    """A misspelling must belong to the muscle whose correct names are nearest to it."""
    correct: dict[str, set[str]] = {}
    for row in lexicon.forms:
        if row.type != "misspelling" and len(row.form) > 4:
            correct.setdefault(row.form, set()).update(row.target)
    wrong = []
    for row in lexicon.forms:
        if row.type != "misspelling":
            continue
        related = {*row.target, *lexicon.ancestors(row.target[0]), *lexicon.descendants(row.target[0])}
        own = min(
            (OSA.distance(row.form, form, score_cutoff=9) for form, ids in correct.items() if ids & related), default=9
        )
        for form, ids in correct.items():
            if not ids & related and own > 1 and OSA.distance(row.form, form, score_cutoff=2) <= min(own - 1, 2):
                wrong.append((row.form, row.target, form))
    assert wrong == []


def test_every_abbreviation_that_is_a_small_word_counts_only_in_capitals(lexicon):
    words = {"is", "as", "am", "pm", "so", "mm", "pt", "lt", "mt", "ms", "st", "tp", "sc", "sm", "al", "ah", "pc", "pr"}
    wrong = {row.form for row in lexicon.forms if row.form in words and not (row.ambiguous and row.upper)}
    assert wrong == set()
