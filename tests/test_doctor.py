"""``tpi doctor``: a sound installation passes, and each thing that can be wrong is named with what to do."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from importlib import metadata

import pytest

from extractor import doctor
from extractor.doctor import examine

from .conftest import ROOT


def found(name: str, **asked):
    """The one check of a name."""
    [check] = [check for check in examine(**asked) if check.name == name]
    return check


def without(monkeypatch, *packages: str, version: str | None = None) -> None:
    """Let packages be missing, or be of another version."""
    real = metadata.version

    def pretend(name: str) -> str:
        if name not in packages:
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(doctor.metadata, "version", pretend)


def test_a_sound_installation_passes(tpi):
    answer = tpi("doctor")
    assert (answer.status, answer.err) == (0, "")
    assert "Nothing is wrong." in answer.out and "wrong  " not in answer.out


def test_json_says_the_same(tpi):
    document = json.loads(tpi("doctor", "--json").out)
    assert document["healthy"] is True
    assert {check["name"] for check in document["checks"]} >= {"python", "dependencies", "lexicon", "policies", "a note"}
    assert {check["state"] for check in document["checks"]} <= {"ok", "note"}


def test_what_is_wrong_ends_with_1_and_is_marked(tpi, tmp_path):
    answer = tpi("doctor", tmp_path / "never-run.jsonl")
    assert answer.status == 1
    assert "1 thing to mend." in answer.out
    assert json.loads(tpi("doctor", tmp_path / "never-run.jsonl", "--json").out)["healthy"] is False


def test_a_missing_dependency_is_wrong_and_named(monkeypatch):
    without(monkeypatch, "duckdb")
    check = found("dependencies")
    assert (check.state, check.found) == ("wrong", "duckdb is not installed")
    assert check.advice.startswith("Run: pip install 'duckdb")


def test_a_dependency_of_another_version_is_wrong(monkeypatch):
    without(monkeypatch, "spacy", version="2.3.1")
    assert found("dependencies").found.startswith("spacy 2.3.1 does not fit spacy")


@pytest.mark.parametrize(("extra", "package"), [("documents", "striprtf"), ("spark", "pyspark"), ("databases", "sqlalchemy")])
def test_a_missing_extra_is_noted_with_what_to_install(monkeypatch, extra, package):
    without(monkeypatch, package)
    check = found(f"extra {extra}")
    assert check.state == "note"
    assert f"{package} is not installed" in check.found and f"pip install 'tpi-extractor[{extra}]'" in check.advice


def test_without_spark_nobody_asks_for_java(monkeypatch):
    without(monkeypatch, "pyspark")
    assert "java" not in {check.name for check in examine()}


@pytest.mark.parametrize(
    ("said", "state"),
    [('openjdk version "17.0.15"', "ok"), ('java version "21"', "ok"), ('java version "1.8.0_401"', "wrong"), ("", "wrong")],
)
def test_spark_needs_a_java_that_is_new_enough(monkeypatch, tmp_path, said, state):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert found("java").state == state


def test_a_java_home_without_java_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    check = found("java")
    assert check.state == "wrong" and "Java runtime" in check.advice


def test_another_python_is_wrong(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.1")
    check = found("python")
    assert check.state == "wrong" and "3.11" in check.advice


def test_components_that_spacy_does_not_know_are_wrong(monkeypatch):
    monkeypatch.setattr(doctor.metadata, "entry_points", lambda group: ())
    check = found("components")
    assert check.state == "wrong" and "tpi_sections" in check.found


def test_a_practices_own_table_with_a_slip_is_wrong(tmp_path):
    (tmp_path / "muscle_forms.tsv").write_text("form\ttarget\tportion\ttype\nwrong\tnothing\t\tslang\n", encoding="utf-8")
    check = found("lexicon", lexicon_dirs=(tmp_path,))
    assert check.state == "wrong" and "muscle_forms.tsv:2" in check.found


def test_a_practices_own_policy_with_a_slip_is_wrong(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.toml").write_text('inherits = "cpt"\n[settings]\nlaterality = "sometimes"\n', encoding="utf-8")
    check = found("policies", lexicon_dirs=(tmp_path,))
    assert check.state == "wrong" and "ours.toml" in check.found and "tpi policy check" in check.advice


def test_a_setting_that_cannot_be_read_is_wrong_and_stops_no_other_check(monkeypatch):
    monkeypatch.setenv("TPI_POLICY", "no-such-policy")
    checks = {check.name: check for check in examine()}
    assert checks["settings"].state == "wrong" and "no-such-policy" in checks["settings"].found
    assert checks["a note"].state == "ok"


def test_a_folder_of_temporary_files_that_cannot_be_written_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    check = found("temporary files")
    assert check.state == "wrong" and "TMPDIR" in check.advice


def test_an_error_that_nobody_foresaw_is_a_finding_without_its_words(monkeypatch):
    def fail(*_: object, **__: object):
        raise RuntimeError("words of somebody's")

    monkeypatch.setattr("extractor.lexicon.load_lexicon", fail)
    check = found("lexicon")
    assert check.state == "wrong" and check.found.startswith("RuntimeError in ") and "words" not in check.found


def test_the_ledger_of_a_batch_is_looked_at(tpi, tmp_path):
    notes, out = tmp_path / "notes.jsonl", tmp_path / "out.jsonl"
    notes.write_text(json.dumps({"note_id": "a", "text": "Visual acuity 20/20."}) + "\n", encoding="utf-8")
    assert tpi("batch", notes, "--output", out, "--workers", "1", "--quiet").status == 0
    assert (found("ledger", output=out).state, found("ledger", output=out).found) == ("ok", f"{out}.ledger, 1 run")


def _of_another_version(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        db.execute("INSERT INTO meta VALUES ('format', '99')")


def _no_ledger(path):
    path.write_bytes((ROOT / "LICENSE").read_bytes())


@pytest.mark.parametrize("made", [_of_another_version, _no_ledger])
def test_a_ledger_that_this_version_cannot_use_is_wrong(tmp_path, made):
    out = tmp_path / "out.jsonl"
    made(tmp_path / "out.jsonl.ledger")
    check = found("ledger", output=out)
    assert check.state == "wrong" and "Move it" in f"{check.found} {check.advice}"
