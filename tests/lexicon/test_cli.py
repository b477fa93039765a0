"""``tpi lexicon check|find|stats``."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from extractor.lexicon import load_lexicon
from extractor.lexicon.cli import lexicon_app
from extractor.lexicon.stats import lexicon_stats

runner = CliRunner()


def test_check_of_the_shipped_lexicon_ends_with_0():
    result = runner.invoke(lexicon_app, ["check"])
    assert result.exit_code == 0, result.output
    assert load_lexicon().version in result.output


def test_check_prints_each_problem_with_file_and_line_and_ends_with_1(overlay):
    folder = overlay(muscle_forms="form\ttarget\tportion\ttype\nwrong\tnothing\t\tslang\n")
    result = runner.invoke(lexicon_app, ["check", "--lexicon-dir", str(folder)])
    assert result.exit_code == 1
    assert f"{folder / 'muscle_forms.tsv'}:2: " in result.output


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path):
    result = runner.invoke(lexicon_app, ["check", "--lexicon-dir", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "no such folder" in result.output


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("lev scap", ["levator_scapulae", "synonym"]),
        ("upper traps", ["trapezius", "upper"]),
        ("LS", ["levator_scapulae", "low_back"]),
        ("SI joint", ["sacroiliac_joint", "joint"]),
    ],
)
def test_find_shows_every_sense(form, words):
    result = runner.invoke(lexicon_app, ["find", form])
    assert result.exit_code == 0
    for word in words:
        assert word in result.output


def test_find_suggests_what_is_near_and_ends_with_1():
    result = runner.invoke(lexicon_app, ["find", "qadratus lumborun"])
    assert result.exit_code == 1
    assert "quadratus lumborum" in result.output


def test_stats_count_muscles_by_region_and_forms_by_type(lexicon):
    counts = lexicon_stats(lexicon)
    assert sum(region.muscles for region in counts.regions) == sum(e.kind == "muscle" for e in lexicon.muscles.values())
    assert sum(counts.form_types.values()) == len(lexicon.forms)
    result = runner.invoke(lexicon_app, ["stats"])
    assert result.exit_code == 0
    assert "upper_back" in result.output
    assert counts.version in result.output
