"""The command ``tpi``: answers, exit status, one-line errors, and nothing slow before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from extractor import __version__, extract

from .conftest import ROOT

EXAMPLES = ROOT / "examples"
NOTE = "Procedure: trigger point injections. Injected 1 mL of 1% lidocaine into the left trapezius."


def process(*args: str, stdin: bytes = b"", flags: tuple[str, ...] = (), **env: str) -> subprocess.CompletedProcess:
    """The command as a user starts it, in a process of its own."""
    command = [sys.executable, *flags, "-m", "extractor", *args]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, env={**os.environ, **env}, timeout=120)


@pytest.mark.parametrize("args", [("--help",), ("extract", "--help"), ("--version",), ("extract", "--nonsense")])
def test_help_version_and_usage_errors_import_nothing_slow(args):
    done = process(*args, flags=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.decode().splitlines()}
    assert imported & {"typer", "extractor"}
    # Newer versions of typer themselves use pydantic for the options of a command.
    assert not imported & ({"spacy", "scispacy", "rich", "numpy", "rapidfuzz"} | ({"pydantic"} if len(args) == 1 else set()))


def test_help_names_every_command(tpi):
    answer = tpi("--help")
    assert answer.status == 0
    for command in ("extract", "evaluate", "explain", "policy", "lexicon", "--version"):
        assert command in answer.out
    assert all(len(line) <= 80 for line in answer.out.splitlines())


def test_the_version_is_the_package_s(tpi):
    assert tpi("--version") == (0, f"tpi {__version__}\n", "")


@pytest.mark.parametrize(
    ("example", "code", "status"),
    [
        ("1-supported", "20553", "supported"),
        ("2-review", "20552", "needs review"),
        ("3-no-code", "No code", "nothing to bill"),
        ("4-drugs", "20553", "supported"),
    ],
)
def test_an_example_shows_its_code_and_status_on_the_first_line_of_the_card(tpi, example, code, status):
    answer = tpi("extract", EXAMPLES / f"{example}.txt")
    assert (answer.status, answer.err) == (0, "")
    head = answer.out.splitlines()[1]
    assert code in head
    assert status in head
    assert ("Question to the provider" in answer.out) == (status == "needs review")


def test_examples_on_standard_input_and_from_a_file_give_the_same(tpi):
    file = EXAMPLES / "4-drugs.txt"
    answers = [tpi("extract", file)]
    answers += [tpi("extract", *args, stdin=file.read_bytes()) for args in ((), ("-",))]
    assert answers[0] == answers[1] == answers[2]


def test_json_is_the_document_that_python_gives(tpi):
    file = EXAMPLES / "1-supported.txt"
    answer = tpi("extract", "--json", file)
    assert answer.status == 0
    assert json.loads(answer.out) == extract(file.read_text(encoding="utf-8")).model_dump(mode="json")


def test_json_is_utf8_whatever_the_terminal_knows():
    done = process("extract", "--json", stdin="Injected ½ mL into the “left” trapezius".encode(), PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout.decode("utf-8"))["schema_version"] == "1"


def test_a_terminal_that_knows_only_ascii_gets_an_answer():
    done = process("extract", "examples/2-review.txt", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert b"Question to the provider" in done.stdout


def test_date_and_note_id_are_kept(tpi):
    document = json.loads(tpi("extract", "--json", "--date", "2023-05-17", "--note-id", "n-1", stdin=NOTE.encode()).out)
    assert (document["date_of_service"], document["note_id"]) == ("2023-05-17", "n-1")


def test_policy_and_settings_are_in_force_and_shown(tpi):
    answer = tpi("extract", "--policy", "medicare", "--set", "laterality=by-side", "--set", "lt_rt=add", stdin=NOTE.encode())
    assert answer.status == 0
    assert "Policy medicare: laterality=by-side" in answer.out
    assert "lt_rt=add" in answer.out


def test_a_practice_s_own_words_are_read(tpi, tmp_path):
    (tmp_path / "muscle_forms.tsv").write_text(
        "form\ttarget\tportion\ttype\nshrugger\ttrapezius\t\tslang\n", encoding="utf-8"
    )
    note = b"Trigger point injections performed: left shrugger injected with 1 mL of 1% lidocaine."
    own = json.loads(tpi("extract", "--json", "--lexicon-dir", tmp_path, stdin=note).out)
    assert [muscle["id"] for muscle in own["muscles"]] == ["trapezius"]


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["extract", "no/such/note.txt"], "no such file"),
        (["extract", "."], "folder"),
        (["extract", "--date", "tomorrow"], "YYYY-MM-DD"),
        (["extract", "--policy", "nobody"], "There is no policy"),
        (["extract", "--policy", "no/such/policy.toml"], "policy.toml"),
        (["extract", "--set", "laterality=both"], "by-side"),
        (["extract", "--set", "laterality"], "KEY=VALUE"),
        (["extract", "--lexicon-dir", "no/such/folder"], "no such folder"),
        (["extract", "--nonsense"], "No such option"),
        (["extract", "a", "b"], "--help"),
        (["translate"], "No such command"),
        (["evaluate"], "CORPUS"),
        (["evaluate", "examples"], "labels"),
        (["evaluate", "no/such/corpus"], "labels"),
        (["explain", "count-musles"], "Did you mean"),
        (["lexicon", "find"], "form"),
        (["policy", "show", "nobody"], "There is no policy"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tpi, args, word):
    answer = tpi(*args, stdin=NOTE.encode())
    assert (answer.status, answer.out) == (2, "")
    assert word.lower() in answer.err.lower()
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("stdin", [b"", b" \n", b"%PDF-1.4", bytes(100), b"{\\rtf1 left trapezius", b"\xff\xfeA"])
def test_input_that_is_no_note_is_one_line_and_status_2(tpi, stdin):
    answer = tpi("extract", stdin=stdin)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("tpi: standard input: ")
    assert answer.err.count("\n") == 1


def test_a_note_of_five_megabytes_is_refused_at_once_with_the_limit(tpi):
    answer = tpi("extract", stdin=NOTE.encode() * (5_000_000 // len(NOTE)))
    assert (answer.status, answer.out) == (2, "")
    assert "1,000,000 characters" in answer.err
    assert "lidocaine" not in answer.err


def test_broken_bytes_are_announced_and_the_note_is_read(tpi):
    answer = tpi("extract", stdin=NOTE.encode() + b" \x81 \x96")
    assert answer.status == 0
    assert answer.err.startswith("tpi: 1 byte ")


def test_an_error_of_the_program_is_one_line_without_a_word_of_the_note(tpi, monkeypatch):
    from extractor import api

    def fail(text, **_more):
        raise ValueError(f"cannot read {text}")

    monkeypatch.setattr(api, "extract", fail)
    answer = tpi("extract", stdin=b"Mrs Jane Roe, left trapezius")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("tpi: ValueError in test_cli.py:")
    assert answer.err.count("\n") == 1
    assert not any(word in answer.err for word in ("Jane", "Roe", "trapezius"))


def test_no_warning_of_a_library_reaches_the_user():
    note = b"The quadratus lumborum (QL) was tender. TPI: left QL and right upper trapezius (UT) injected, 1 mL lidocaine 1%."
    done = process("extract", stdin=note)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m extractor extract examples/2-review.txt | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=ROOT, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")


def test_policy_lexicon_and_explain_are_handed_on(tpi):
    assert "cpt" in tpi("policy", "list", columns=200).out
    assert "quadratus_lumborum" in tpi("lexicon", "find", "QL", columns=200).out
    assert "count-group" in tpi("explain", "group-not-muscle").out
    assert tpi("lexicon", "find", "no such muscle at all").status == 1
    assert "tpi lexicon find" in tpi("lexicon", "find", "--help").out


def on_a_terminal(typed: bytes) -> tuple[int, str, str]:
    """Run ``tpi extract`` with a terminal for standard input, type, and end with Ctrl-D."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "extractor", "extract"], cwd=ROOT, stdin=terminal, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:  # fmt: skip
        os.close(terminal)
        os.write(controller, typed + b"\n\x04")
        out, err = command.communicate(timeout=120)
        os.close(controller)
        return command.returncode, out.decode(), err.decode()


def test_a_note_is_pasted_on_a_terminal_and_ended_with_ctrl_d():
    status, out, err = on_a_terminal(NOTE.encode())
    assert status == 0
    assert "20552" in out
    assert err.startswith("Paste the note, then press Ctrl-D")
    assert err.count("\n") == 1


def test_a_pasted_line_that_the_terminal_cut_is_refused():
    # Terminals hand on some 4,095 bytes of one line and drop the rest without a word.
    status, out, err = on_a_terminal(b"left trapezius injected; " * 200)
    assert (status, out) == (2, "")
    assert "file" in err


def test_the_examples_are_plain_text():
    for file in sorted(EXAMPLES.glob("*.txt")):
        assert max(map(len, file.read_text(encoding="utf-8").splitlines())) <= 110
    assert len(list(Path(EXAMPLES).glob("*.txt"))) >= 4
