"""Fixtures of the writers' tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def fresh():
    """A function that gives an empty folder at each call: a property test needs one for each example."""
    with tempfile.TemporaryDirectory() as root:
        yield lambda: Path(tempfile.mkdtemp(dir=root))
