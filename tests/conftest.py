"""Every test starts without settings of the user; with ``TPI_NO_SKIPS`` a test that lacks a tool fails instead."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

OUTSIDE = "is not on this machine"
"""In the reason of a skip: what is missing is no tool, but material that is no part of the repository."""

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_user(tmp_path_factory):
    for name in ("TPI_POLICY", "TPI_SET", "TPI_LEXICON_DIR"):
        os.environ.pop(name, None)
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("TPI_NO_SKIPS"):
        reason = str(call.excinfo.value) if call.excinfo else ""
        if OUTSIDE not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} would be skipped, which TPI_NO_SKIPS forbids: {reason}"
    return report


class Answer(NamedTuple):
    """What the command said."""

    status: int
    out: str
    err: str


@pytest.fixture
def tpi(monkeypatch, capfd):
    """The command ``tpi`` in this process: ``tpi("extract", "-", stdin=b"…")``."""
    from extractor.cli import main

    def run(*args: str | Path, stdin: bytes = b"", columns: int = 80) -> Answer:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        captured = capfd.readouterr()
        return Answer(left.value.code, captured.out, captured.err)

    return run
