"""The application with one reading process for all tests of this folder, and a server of its own for the browser."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ..conftest import ROOT

NOTE = "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1 mL of 1% lidocaine each."


@pytest.fixture(scope="session")
def client(_no_settings_of_the_user):
    from starlette.testclient import TestClient

    from extractor.web import ServerOptions, create_app

    with TestClient(create_app(ServerOptions()), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="session")
def serve(_no_settings_of_the_user):
    """Start ``tpi serve`` as a user does; gives the process and the address that it printed."""
    running = []

    def start(*args: str, **env: str) -> tuple[subprocess.Popen, str]:
        command = [sys.executable, "-m", "extractor", "serve", "--port", "0", *args]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1", **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        line = process.stdout.readline()
        assert line.startswith("tpi is at "), f"it did not start: {process.communicate(timeout=20)}"
        return process, line.removeprefix("tpi is at ").strip()

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=20)
