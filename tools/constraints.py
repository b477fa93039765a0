"""Write requirements/constraints.txt: the versions installed here, with the hash of the file that this Python and machine install.

    python tools/constraints.py EXTRA ... > requirements/constraints.txt

The set is what tpi-extractor needs with those extras; pip resolves and downloads nothing but asks its own index for hashes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from sbom import ROOT, closure

_HEAD = """\
# The versions that development and CI test with, by the hash of the file that Python 3.11 on Linux x86-64 installs.
# Made by: python tools/constraints.py {extras} > requirements/constraints.txt
# Use:     pip install --require-hashes -r requirements/constraints.txt && pip install --no-deps .
"""


def hashes(pins: list[str]) -> dict[str, str]:
    """Return the SHA-256 of the file that pip would install for each pin, as its own index gives it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed", "--report", str(report), *pins]
        subprocess.run(command, check=True)
        rows = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {}
    for row in rows:
        name = row["metadata"]["name"].lower().replace("_", "-").replace(".", "-")
        found[name] = row["download_info"]["archive_info"]["hashes"]["sha256"]
    return found


def main(extras: list[str]) -> None:
    """Print the file."""
    names = sorted(name for name in closure(extras) if name != ROOT)
    pins = {name: metadata.version(name) for name in names}
    known = hashes([f"{name}=={version}" for name, version in pins.items()])
    print(_HEAD.format(extras=" ".join(extras)), end="")
    for name, version in pins.items():
        print(f"{name}=={version} --hash=sha256:{known[name]}")


if __name__ == "__main__":
    main(sys.argv[1:])
