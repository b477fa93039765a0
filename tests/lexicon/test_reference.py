"""All muscles and groups of the reference are there, with its identifiers and no others."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from extractor.lexicon import MuscleForm, lexicon_root
from extractor.lexicon.lookup import find_form

REFERENCE = lexicon_root().parent.parent / "shared" / "reference" / "muscles_reference.tsv"
pytestmark = pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the reference {REFERENCE} is not on this machine")


def rows(*kinds: str) -> list[dict[str, str]]:
    if not REFERENCE.is_file():
        return []
    with Path(REFERENCE).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in reader if row["kind"] in kinds]


@pytest.mark.parametrize("row", rows("muscle", "group"), ids=lambda row: row["name_en"])
def test_a_muscle_or_group_of_the_reference_has_a_form_and_its_ids(lexicon, row):
    found = find_form(lexicon, row["name_en"])
    targets = {target for sense in found.rows if isinstance(sense, MuscleForm) for target in sense.target}
    assert targets, row["name_en"]
    given = {row["uberon_id"], row["fma_id"], row["ta2_id"]} - {""}
    if row["name_en"] in {"psoas muscles"}:  # notes mean the psoas major; the group has rows of its own
        targets = {"psoas_muscles"}
    if given:
        assert any(
            given == {entry.uberon, entry.fma, entry.ta2} - {""}
            for entry in (lexicon.muscles[target] for target in targets)
        )


def test_no_identifier_is_invented(lexicon):
    for column in ("uberon", "fma", "ta2"):
        given = {row[f"{column}_id"] for row in rows("muscle", "group", "part")}
        assert {getattr(entry, column) for entry in lexicon.muscles.values()} <= given | {""}


def test_the_parts_of_the_usual_targets_are_portions(lexicon):
    missing = []
    for row in rows("part"):
        if row["tpi_tier"] == "1" and not find_form(lexicon, row["name_en"]).portions:
            missing.append(row["name_en"])
    assert missing == []


def test_kinds_follow_the_reference_but_for_muscles_that_count_as_one(lexicon):
    for row in rows("muscle"):
        found = find_form(lexicon, row["name_en"])
        kinds = {
            lexicon.muscles[target].kind
            for sense in found.rows
            if isinstance(sense, MuscleForm)
            for target in sense.target
        }
        assert kinds == {"muscle"}, row["name_en"]
