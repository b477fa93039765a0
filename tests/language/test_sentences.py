"""Sentences with their injected muscles marked inline, one phenomenon under each heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extractor.api import read_record

FILE = Path(__file__).parent / "cases" / "sentences.txt"
_MARK = re.compile(r"\[(?P<words>[^|\]]+)\|(?P<muscle>[a-z_]+) (?P<sides>L|R|LR|-)\]")
_SIDES = {"L": ("left",), "R": ("right",), "LR": ("left", "right"), "-": ()}


def sentences() -> list[str]:
    return [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]


def parse(line: str) -> tuple[str, dict[str, set[str]]]:
    """The sentence without its marks, and the expected muscles with their sides; ⏎ ends a line; a mark that is not well formed fails."""
    text = _MARK.sub(lambda mark: mark["words"], line)
    if "[" in text or "|" in text:
        raise ValueError(f"a mark is not well formed: {line}")
    expected: dict[str, set[str]] = {}
    for mark in _MARK.finditer(line):
        expected.setdefault(mark["muscle"], set()).update(_SIDES[mark["sides"]])
    return text.replace("⏎", "\n"), expected


@pytest.mark.parametrize("line", sentences(), ids=lambda line: _MARK.sub(lambda mark: mark["words"], line)[:60])
def test_the_marked_muscles_are_injected_and_no_others(line):
    text, expected = parse(line)
    found = {muscle.id: set(muscle.sides) for muscle in read_record(text).muscles}
    assert found == expected


def test_a_mark_that_is_not_well_formed_is_refused():
    with pytest.raises(ValueError, match="not well formed"):
        parse("Injected the [left trapezius|trapezius].")
