"""``tpi policy`` and ``tpi explain``, and the speed of a decision."""

from __future__ import annotations

import json
import time

import pytest
import typer
from typer.testing import CliRunner

from extractor.coding import decide, decide_json, list_policies
from extractor.coding.cli import explain, policy_app

from .build import elements, record


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.add_typer(policy_app, name="policy")
    app.command()(explain)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_list_names_every_policy(run):
    result = run("policy", "list")
    assert result.exit_code == 0
    assert all(name in result.output for name in list_policies())


def test_show_says_which_answers_hold_and_who_says_so(run):
    result = run("policy", "show", "medicare-cgs", "--date", "2024-05-01", "--set", "laterality=by-side")
    assert result.exit_code == 0
    assert "by-side" in result.output
    assert "medicare-lcd-2024" in result.output


@pytest.mark.parametrize("words", [["nobody"], ["cpt", "--set", "laterality=both"], ["cpt", "--set", "x"]])
def test_show_refuses_what_is_not_there(run, words):
    result = run("policy", "show", *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_check_passes_on_what_is_shipped(run):
    result = run("policy", "check")
    assert (result.exit_code, "nothing wrong" in result.output) == (0, True)


def test_check_names_the_file_and_key_at_fault(run, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('inherits = "cpt"\n[settings]\nsides = 2\n', encoding="utf-8")
    result = run("policy", "check", str(file))
    assert result.exit_code == 1
    assert "own.toml: settings.sides" in result.output


@pytest.mark.parametrize("name", ["count-laterality", "group-not-muscle"])
def test_explain_prints_source_dates_and_confidence(run, name):
    result = run("explain", name)
    assert result.exit_code == 0
    assert "Sources:" in result.output


def test_explain_names_the_nearest_rule(run):
    result = run("explain", "count-lateralty")
    assert result.exit_code == 2
    assert "count-laterality" in result.output


def test_a_record_in_json_gives_a_decision_in_json():
    made = record("left trapezius; left soleus; left masseter", day="2024-05-01")
    document = json.loads(decide_json(made.model_dump_json()))
    assert set(document) == {"decision", "findings", "drugs"}
    assert document["decision"] == decide(made).decision.model_dump(mode="json")


def test_a_decision_takes_well_under_a_millisecond():
    made = record(
        "left+right trapezius x2; left levator_scapulae; left paraspinals @ C2-C3, C6-C7 x4",
        drugs=["lidocaine 1% 5 mL 50 mg", "triamcinolone_acetonide 40 mg"],
        documentation=elements("exam-taut-band", "consent", "pain-before", "needle"),
        day="2024-05-01",
    )
    for place, item in enumerate([*made.muscles, *made.documentation]):
        item.evidence[0].start = place
    decide(made)
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(40):
            decide(made)
        rounds.append((time.perf_counter() - start) / 40)
    # 0.25 ms on the machine that this was written on; the bound leaves room for a slow one.
    assert min(rounds) < 0.002
