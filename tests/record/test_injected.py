"""The injectate of whole notes: small notes of many authors, with what went into the trigger points."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.api import extract
from extractor.language.administration import Administration
from tests.language.administration_cases import Case, gold_lines, lines, read_cases

FOLDER = Path(__file__).parent / "cases"
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("injected_*.txt")) for case in read_cases(path)]


def found(case: Case) -> list[str]:
    return lines(Administration(drugs=extract(case.text).drugs))


def test_there_are_enough_notes() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}:{case.line}" for name, case in CASES])
def test_note(name: str, case: Case) -> None:
    assert found(case) == gold_lines(case)
