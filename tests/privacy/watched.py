"""A command of ``tpi`` in a process of its own that is watched: what it says, and every file that it or a child writes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..conftest import ROOT

CANARY = "Zebrawood-Quillfeather"
CRASH = "Crashworthy-Quillfeather"
"""A note that holds this makes the extractor fail with an exception that quotes the note, as a bug could."""

_SITE = '''
import os, sys

def _log(event, args):
    if event == "open":
        path, mode, flags = args
        if isinstance(flags, int) and not flags & (os.O_WRONLY | os.O_RDWR):
            return
    elif event in ("sqlite3.connect", "tempfile.mkstemp", "tempfile.mkdtemp", "os.mkdir"):
        path = args[0]
    else:
        return
    line = os.fsencode(f"{event}\\t{path}\\n") if not isinstance(path, int) else b""
    if line:
        os.write(_file, line)

_file = os.open(os.environ["TPI_TEST_WRITTEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
sys.addaudithook(_log)

if os.environ.get("TPI_TEST_CRASH"):
    import extractor.language.reading as _reading
    _whole = _reading.read_note

    def _read_note(text, *args, **options):
        if os.environ["TPI_TEST_CRASH"] in text:
            raise RuntimeError(text)
        return _whole(text, *args, **options)

    _reading.read_note = _read_note
'''


_PYTHONS_OWN = re.compile(r"^/dev/|/pymp-\w{8}(?:/|$)|/tpi-watch-[^/]+/[a-z0-9_]{8}$")
"""Devices, the socket of multiprocessing, and the file with the word "blat" by which ``tempfile`` tries a folder; a file that
somebody asks ``tempfile`` for begins with ``tmp`` and has more characters."""


@dataclass
class Watched:
    """What a command did."""

    status: int
    said: str
    """Standard output and standard error."""
    written: set[Path]
    """Files that it opened for writing, wherever they are now."""


class Watch:
    """Runs commands with a folder for temporary files that belongs to nobody else."""

    def __init__(self, folder: Path, *, crash: bool = False):
        self.folder = folder
        # Short: below a long name the workers are started in another, slower way.
        self.temporary = Path(tempfile.mkdtemp(prefix="tpi-watch-"))
        self._log = folder / "written.log"
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
        self.environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join((str(site), str(ROOT))), "TMPDIR": str(self.temporary), "TPI_TEST_WRITTEN": str(self._log),
            "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **({"TPI_TEST_CRASH": CRASH} if crash else {}),
        }  # fmt: skip

    def run(self, *args: str | Path, stdin: bytes = b"") -> Watched:
        command = [sys.executable, "-m", "extractor", *map(str, args)]
        done = subprocess.run(command, cwd=self.folder, input=stdin, capture_output=True, env=self.environment, timeout=120, check=False)
        return Watched(done.returncode, (done.stdout + done.stderr).decode(errors="replace"), self.written())

    def written(self) -> set[Path]:
        """Everything that was opened for writing so far."""
        lines = self._log.read_bytes().splitlines() if self._log.exists() else []
        paths = {Path(os.fsdecode(line).partition("\t")[2].removeprefix("file://").partition("?")[0]) for line in lines}
        return {path if path.is_absolute() else self.folder / path for path in paths if not _PYTHONS_OWN.search(str(path))}

    def leaks(self, *words: str) -> list[str]:
        """Files left among the temporary ones that hold a word."""
        found = []
        for file in self.temporary.rglob("*"):
            if file.is_file() and any(word.encode() in file.read_bytes() for word in words):
                found.append(str(file.relative_to(self.temporary)))
        return found
