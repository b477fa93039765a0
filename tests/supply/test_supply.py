"""What is shipped can be checked: two builds are one, the SBOM is whole, licences are accepted, versions are pinned by hash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from ..conftest import ROOT

CONSTRAINTS = ROOT / "requirements" / "constraints.txt"
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)$")


def tool(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(ROOT / "tools" / name), *args], capture_output=True, text=True, timeout=120, check=False)


def built(folder: Path, clock: str) -> str:
    """Build the wheel; return its hash."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": clock, "TZ": "Asia/Kathmandu" if folder.name == "b" else "UTC"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_two_builds_give_the_same_wheel(tmp_path):
    first, second = built(tmp_path / "a", "1700000000"), built(tmp_path / "b", "1700000000")
    assert first == second
    assert built(tmp_path / "c", "1600000000") != first, "the clock that is given does count"


@pytest.fixture(scope="module")
def sbom() -> dict:
    done = tool("sbom.py", "documents", "excel")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_sbom_names_what_is_needed_directly_and_indirectly(sbom):
    found = {part["name"]: part["version"] for part in sbom["components"]}
    assert {"spacy", "pydantic-core", "thinc", "lxml", "xlsxwriter"} <= found.keys() and "pyspark" not in found
    assert all(metadata.version(name) == version for name, version in found.items())


def test_the_sbom_is_whole(sbom):
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    known = {part["bom-ref"] for part in sbom["components"]} | {sbom["metadata"]["component"]["bom-ref"]}
    assert {row["ref"] for row in sbom["dependencies"]} == known
    assert {child for row in sbom["dependencies"] for child in row["dependsOn"]} <= known
    assert all(part["purl"].startswith("pkg:pypi/") for part in sbom["components"])


def test_the_sbom_of_one_environment_is_always_the_same(sbom):
    assert json.loads(tool("sbom.py", "documents", "excel").stdout) == sbom


def test_every_licence_is_accepted():
    done = tool("licences.py", "documents", "databases", "interfaces", "excel", "spark", "notebooks")
    assert (done.returncode, done.stdout) == (0, "All licences are accepted.\n")


@pytest.mark.parametrize("licence", ["GNU Affero General Public License v3", "GPL-3.0-only", "Business Source License 1.1", ""])
def test_a_licence_that_is_not_is_refused(monkeypatch, licence):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import licences

    monkeypatch.setattr(licences, "closure", lambda extras: {"evil": set()})
    monkeypatch.setattr(licences, "licence", lambda name: licence)
    assert licences.refused() == [f"evil: {licence or 'no licence stated'}"]


def pins() -> dict[str, str]:
    rows = [line for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    matches = [PINNED.match(row) for row in rows]
    assert rows and all(matches), "each line is name==version --hash=sha256:…"
    return {match[1]: match[2] for match in matches if match}


def test_every_requirement_is_pinned_within_its_range():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name not in ("fuzz", "benchmarks") for line in lines]
    pinned = pins()
    for line in [*project["dependencies"], *extras]:
        need = Requirement(line)
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        if name != "tpi-extractor":
            assert name in pinned and Version(pinned[name]) in need.specifier, line
