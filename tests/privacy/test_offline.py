"""Every command works where there is no network: in a network namespace that has not even a loopback device."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import typer

from extractor.cli import app

from ..conftest import OUTSIDE, ROOT

NOTE = "Trigger point injections 03/14/2024: left trapezius, left rhomboids, left supraspinatus. 1% lidocaine 3 mL."
COMMANDS: dict[str, list[str]] = {
    "extract": ["extract", "--json", "note.txt"],
    "batch": ["batch", "in.jsonl", "--output", "out.parquet", "--workers", "2"],
    "status": ["status", "done.jsonl"],
    "audit": ["audit", "in.jsonl", "--claims", "claims.csv", "--output", "report", "--workers", "1"],
    "evaluate": ["evaluate", "corpus"],
    "explain": ["explain", "count-group"],
    "policy": ["policy", "show", "medicare"],
    "lexicon": ["lexicon", "find", "lev scap"],
    "doctor": ["doctor"],
}
SERVED = """
import json, subprocess, sys, urllib.request
server = subprocess.Popen([sys.executable, "-m", "extractor", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    address = server.stdout.readline().removeprefix("tpi is at ").strip()
    page = urllib.request.urlopen(address, timeout=30).read()
    request = urllib.request.Request(address + "v1/extract", json.dumps({"text": sys.argv[1]}).encode(), {"Content-Type": "application/json"})
    print(json.load(urllib.request.urlopen(request, timeout=30))["decision"]["code"], len(page))
finally:
    server.terminate(); server.wait(30)
"""


@cache
def namespace() -> tuple[str, ...] | None:
    """The command that runs another one without any network; None where the system does not let us."""
    for options in (("-n",), ("-r", "-n")):
        command = ("unshare", *options)
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    return None


def offline(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    enclosed = namespace()
    if enclosed is None:
        pytest.skip(f"the right to make a network namespace {OUTSIDE}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*enclosed, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("offline")
    (folder / "note.txt").write_text(NOTE)
    (folder / "in.jsonl").write_text(json.dumps({"note_id": "a", "text": NOTE}) + "\n")
    (folder / "claims.csv").write_text("note_id,code,units\na,20553,1\n")
    (folder / "corpus").symlink_to(ROOT / "corpus" / "b01")
    command = [sys.executable, "-m", "extractor", "batch", "in.jsonl", "--output", "done.jsonl", "--workers", "1", "--quiet"]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    return folder


def test_the_namespace_has_no_network(place):
    """Else the tests below would prove nothing."""
    tried = "import socket; socket.create_connection(('127.0.0.1', 9), 2)"
    done = offline(sys.executable, "-c", tried, cwd=place)
    assert done.returncode == 1 and "unreachable" in done.stderr


def test_every_command_is_tried():
    names = set(typer.main.get_command(app).commands)
    assert names == {*COMMANDS, "serve"}, "add the new command to COMMANDS"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_needs_no_network(place, name):
    done = offline(sys.executable, "-m", "extractor", *COMMANDS[name], cwd=place)
    assert done.returncode == 0, done.stderr
    if name == "extract":
        assert json.loads(done.stdout)["decision"]["code"] == "20553"


def test_the_page_needs_nothing_but_this_machine(place):
    """The one command that has to speak to a browser gets a loopback device, and nothing else."""
    if shutil.which("ip") is None:
        pytest.skip(f"the program ip {OUTSIDE}")
    up = 'ip link set lo up && exec "$@"'
    done = offline("sh", "-c", up, "sh", sys.executable, "-c", SERVED, NOTE, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("20553 ")
