"""A copy of the shipped lexicon that a test may damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor.lexicon import Lexicon, lexicon_root

OWN = ("muscles", "muscle_forms", "regions", "portions", "english_words", "ambiguous")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "lexicons"
    folder.mkdir()
    for name in OWN:
        shutil.copy(lexicon_root() / f"{name}.tsv", folder)
    return folder


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[..., Path]:
    """Write a practice's folder: ``overlay(muscle_forms="form\\ttarget…")``."""

    def write(folder: str = "practice", **files: str) -> Path:
        path = tmp_path / folder
        path.mkdir()
        for name, text in files.items():
            (path / f"{name}.tsv").write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon(lexicon_root())
