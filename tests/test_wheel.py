"""The wheel, in an empty environment and another folder: it carries its knowledge and its licences, and it works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    # Called directly, the build backend needs no network.
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    return next(folder.glob("*.whl"))


def run(*command: str, cwd: Path, stdin: bytes = b"") -> bytes:
    quiet = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TPI_", "VIRTUAL"))}
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, env=quiet, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_it_carries_lexicons_licence_and_notice_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("extractor/_lexicons/") for name in names if name.startswith("extractor/_lexicons/")}
    kept = {file.relative_to(ROOT / "lexicons").as_posix() for file in (ROOT / "lexicons").rglob("*.t*") if file.is_file()}
    assert shipped == kept
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"extractor"}


def test_it_carries_the_page_and_its_samples(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {f"extractor/web/static/{file.name}" for file in (ROOT / "extractor" / "web" / "static").iterdir()}
    samples = {f"extractor/_examples/{file.name}" for file in (ROOT / "examples").glob("*.txt")}
    assert page and samples and page | samples <= names


def test_it_extracts_a_note_from_another_folder_in_an_empty_environment(wheel, tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=tmp_path)
    binaries = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    python = str(binaries / "python")
    target = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).decode().strip())
    # The dependencies are lent by this environment: a plain path, so that its editable install of us stays out.
    (target / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel), cwd=tmp_path)
    note = (ROOT / "examples" / "1-supported.txt").read_bytes()
    document = json.loads(run(str(binaries / "tpi"), "extract", "--json", cwd=tmp_path, stdin=note))
    assert document["decision"]["code"] == "20553"
    place = run(python, "-c", "import extractor; print(extractor.__file__)", cwd=tmp_path).decode().strip()
    assert Path(place).is_relative_to(target)
    assert b"no problems" in run(str(binaries / "tpi"), "lexicon", "check", cwd=tmp_path)
