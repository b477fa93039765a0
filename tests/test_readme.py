"""The README's examples run and say what it says. After a change: ``TPI_UPDATE=1 make test`` writes them anew."""

from __future__ import annotations

import doctest
import os
import re
import shlex

import pytest

from .conftest import ROOT

README = ROOT / "README.md"
CONSOLE = re.compile(r"```console\n\$ (?P<command>tpi [^\n]*)\n(?P<output>.*?)```", re.DOTALL)
VERSIONS = re.compile(r"(?<=lexicon )[0-9a-f]{12}|(?<=policy cpt@)[0-9a-f]{12}")


@pytest.fixture
def readme() -> str:
    return README.read_text(encoding="utf-8")


def test_the_answers_are_those_that_the_program_gives(readme, tpi, monkeypatch):
    monkeypatch.chdir(ROOT)

    def ran(match: re.Match) -> str:
        answer = tpi(*shlex.split(match["command"])[1:])
        assert (answer.status, answer.err) == (0, "")
        shown = match["output"]
        # The version of the lexicon changes with every word that is added to it, that of a policy with its settings.
        same = VERSIONS.sub("", answer.out) == VERSIONS.sub("", shown)
        return match[0] if same else f"```console\n$ {match['command']}\n{answer.out}```"

    fresh = CONSOLE.sub(ran, readme)
    if fresh != readme and os.environ.get("TPI_UPDATE"):
        README.write_text(fresh, encoding="utf-8")
        return
    assert len(CONSOLE.findall(readme)) >= 2
    assert fresh == readme


def test_the_python_examples_run(readme):
    examples = doctest.DocTestParser().get_doctest(readme, {}, "README.md", str(README), 0)
    assert len(examples.examples) >= 4
    report: list[str] = []
    failed, _tried = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples, out=report.append)
    assert not failed, "".join(report)


def test_every_file_that_it_names_is_there(readme):
    for name in re.findall(r"\]\((?!https?:)([^)]+)\)", readme):
        assert (ROOT / name).exists(), name
