"""Each drug's own share: tables of snippets as clinicians, scribes and templates write them."""

from __future__ import annotations

import pytest

from .administration_cases import FOLDER, Case, differences, read_cases, run

CASES = [(path.stem, case) for path in sorted(FOLDER.glob("administration_*.txt")) for case in read_cases(path)]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 240


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}:{case.line}" for name, case in CASES])
def test_snippet(name: str, case: Case) -> None:
    assert differences(case) == []


def test_text_is_the_phrase_with_brand_and_strength() -> None:
    texts = {
        "5 mL of 1% Xylocaine": "1% Xylocaine",
        "Xylocaine 1% 5 mL": "Xylocaine 1%",
        "Kenalog-40 1 cc": "Kenalog-40",
        "Depo-Medrol 40 mg": "Depo-Medrol",
    }
    assert {text: run(Case(0, text)).drugs[0].text for text in texts} == texts


def test_evidence_points_at_every_figure() -> None:
    text = "9 mL 0.25% bupivacaine with 1 mL Kenalog-40 was drawn up. A total of 6 mL was injected."
    drug = run(Case(0, text)).drugs[0]
    quoted = [evidence.text for evidence in drug.evidence]
    assert "9 mL 0.25% bupivacaine" in quoted
    assert any("6 mL" in words for words in quoted)
    assert all(text[e.start : e.end] == e.text for e in drug.evidence)


def test_waste_is_reported() -> None:
    drug = run(Case(0, "Botox 80 units injected, 20 units wasted.")).drugs[0]
    assert (drug.dose.value, drug.dose.basis) == (80, "stated")
    assert (drug.wasted.value, drug.wasted.unit) == (20, "units")


def test_a_scaled_dose_is_computed_and_a_stated_one_is_stated() -> None:
    scaled = run(Case(0, "9 mL 0.25% bupivacaine and 40 mg (1 mL) Kenalog were mixed; 5 mL in total was injected.")).drugs[1]
    assert (scaled.dose.value, scaled.dose.basis, scaled.volume_ml) == (20, "computed", 0.5)
    stated = run(Case(0, "40 mg Kenalog")).drugs[0]
    assert stated.dose.basis == "stated"


def test_a_stated_dose_beats_strength_times_volume() -> None:
    drug = run(Case(0, "lidocaine 1% 5 mL (40 mg)")).drugs[0]
    assert (drug.dose.value, drug.dose.basis) == (40, "stated")


@pytest.mark.parametrize("text", ["", "No injection was given.", "x" * 5000, "1 " * 2000, "mL " * 2000, "lidocaine " * 500])
def test_anything_is_read_without_error(text: str) -> None:
    run(Case(0, text))
