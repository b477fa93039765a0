"""What ``tpi doctor`` looks at: whether this installation can do its work, and what to do where it cannot.

Nothing is changed and nothing is asked of the network; no note is read but one of our own.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from extractor.failures import UserError, place_of

__all__ = ["Check", "examine"]

State = Literal["ok", "note", "wrong"]

DISTRIBUTION = "tpi-extractor"
_EXTRAS = {
    "documents": "RTF, DOCX and PDF notes",
    "databases": "notes and claims in PostgreSQL, SQL Server and other databases",
    "interfaces": "FHIR and C-CDA",
    "excel": "workbooks",
    "spark": "clusters",
    "notebooks": "the notebooks",
}
"""The extras that a user may want, and what for; ``test`` and ``fuzz`` are for developers."""
_JAVA = 17
"""The oldest Java that Spark 4 runs on (spark.apache.org, "Downloading")."""
_PATIENCE = 20
_SAMPLE, _EXPECTED = "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1% lidocaine.", "20553"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    """``note``: nothing is wrong, and something is not there that somebody may want."""
    found: str
    advice: str = ""
    """What to do, where the state is not ``ok``."""


def examine(lexicon_dirs: Sequence[Path] = (), output: Path | None = None) -> list[Check]:
    """Look at everything; a check that fails in an unforeseen way is reported, too, and stops none of the others.

    Args:
        lexicon_dirs: a practice's own lexicon folders, beside those of the environment.
        output: of a batch, whose ledger is to be looked at.
    """
    checks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("python", _python),
        ("dependencies", _dependencies),
        ("extras", _extras),
        ("java", _java),
        ("components", _components),
        ("lexicon", lambda: _lexicon(lexicon_dirs)),
        ("policies", lambda: _policies(lexicon_dirs)),
        ("settings", _settings),
        ("temporary files", _temporary),
        ("a note", lambda: _note(lexicon_dirs)),
    ]
    if output is not None:
        checks.append(("ledger", lambda: _ledger(output)))
    return [found for name, check in checks for found in _run(name, check)]


def _run(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    try:
        return list(check())
    except UserError as error:
        return [Check(name, "wrong", str(error), "Mend what the line names.")]
    except Exception as error:
        # Whatever is broken here, the other checks tell more of it.
        missing = f" ({error.name})" if isinstance(error, ImportError) and error.name else ""
        return [Check(name, "wrong", f"{place_of(error)}{missing}", f"Install again: pip install --force-reinstall {DISTRIBUTION}")]


def _python() -> Iterator[Check]:
    from packaging.specifiers import SpecifierSet

    here = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    needed = _head("Requires-Python")
    if needed and not SpecifierSet(needed).contains(platform.python_version(), prereleases=True):
        yield Check("python", "wrong", here, f"Install tpi-extractor into a Python {needed}.")
    else:
        yield Check("python", "ok", here)


def _head(name: str) -> str:
    try:
        return metadata.metadata(DISTRIBUTION).get(name) or ""
    except metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class _Need:
    """A package that is needed, and what is there of it."""

    requirement: str
    name: str
    found: str | None
    fits: bool


def _needs(extra: str = "") -> list[_Need]:
    """Return what an extra needs beside the rest; without one, what everybody needs."""
    from packaging.requirements import Requirement

    found = []
    for line in metadata.requires(DISTRIBUTION) or ():
        need = Requirement(line)
        if need.name == DISTRIBUTION or (need.marker is not None and not need.marker.evaluate({"extra": extra})):
            continue
        if extra and (need.marker is None or need.marker.evaluate({"extra": ""})):
            continue
        try:
            version = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            version = None
        fits = version is not None and need.specifier.contains(version, prereleases=True)
        found.append(_Need(f"{need.name}{need.specifier}", need.name, version, fits))
    return found


def _dependencies() -> Iterator[Check]:
    try:
        needs = _needs()
    except metadata.PackageNotFoundError:
        yield Check("dependencies", "wrong", "tpi-extractor is run from its source and not installed", "Install it: pip install --editable .")
        return
    bad = [need for need in needs if not need.fits]
    if bad:
        yield Check("dependencies", "wrong", _listed(bad), f"Run: pip install {' '.join(_quoted(need) for need in bad)}")
    else:
        yield Check("dependencies", "ok", ", ".join(f"{need.name} {need.found}" for need in needs))


def _extras() -> Iterator[Check]:
    try:
        groups = {extra: _needs(extra) for extra in _EXTRAS}
    except metadata.PackageNotFoundError:
        return  # said already
    for extra, needs in groups.items():
        name, missing = f"extra {extra}", [need for need in needs if need.found is None]
        old = [need for need in needs if need.found is not None and not need.fits]
        if old:
            yield Check(name, "wrong", _listed(old), f"Run: pip install {' '.join(_quoted(need) for need in old)}")
        elif missing:
            yield Check(name, "note", f"{_listed(missing)}", f"For {_EXTRAS[extra]}: pip install '{DISTRIBUTION}[{extra}]'")
        else:
            yield Check(name, "ok", ", ".join(f"{need.name} {need.found}" for need in needs))


def _listed(needs: Sequence[_Need]) -> str:
    return ", ".join(f"{need.name} {need.found} does not fit {need.requirement}" if need.found else f"{need.name} is not installed" for need in needs)


def _quoted(need: _Need) -> str:
    return f"'{need.requirement}'"


def _java() -> Iterator[Check]:
    """Java is asked for only where Spark is installed."""
    try:
        metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        return
    home = os.environ.get("JAVA_HOME", "")
    # As Spark itself looks for it: JAVA_HOME first, then the path.
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    advice = f"For the extra spark install a Java runtime, {_JAVA} or later, and put it on the PATH or into JAVA_HOME."
    if java is None:
        yield Check("java", "wrong", "there is none", advice)
        return
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=_PATIENCE, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        yield Check("java", "wrong", f"{java} does not start", advice)
        return
    version = re.search(r'version "(?:1\.)?(\d+)[^"]*"', said)
    if version is None or int(version[1]) < _JAVA:
        yield Check("java", "wrong", f"{java} is {version[0] if version else 'of unknown version'}", advice)
    else:
        yield Check("java", "ok", version[0].removeprefix("version ").strip('"'))


def _components() -> Iterator[Check]:
    from extractor.language.pipeline import WORK

    known = {entry.name for group in ("spacy_factories", "spacy_tokenizers") for entry in metadata.entry_points(group=group)}
    missing = sorted({*WORK, "tpi.NoteTokenizer.v1"} - known)
    if missing:
        yield Check("components", "wrong", f"spaCy does not know {', '.join(missing)}", f"Install again: pip install --force-reinstall {DISTRIBUTION}")
    else:
        yield Check("components", "ok", f"{len(WORK)} registered with spaCy")


def _lexicon(dirs: Sequence[Path]) -> Iterator[Check]:
    from extractor.lexicon import load_lexicon
    from extractor.lexicon.check import check_lexicon

    lexicon = load_lexicon(dirs)
    problems = [str(problem) for problem in check_lexicon(lexicon)]
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        yield Check("lexicon", "wrong", f"{problems[0]}{more}", "See all: tpi lexicon check")
    else:
        folders = "".join(f" + {folder}" for folder in lexicon.overlays)
        yield Check("lexicon", "ok", f"{lexicon.version} in {lexicon.root}{folders}")


def _policies(dirs: Sequence[Path]) -> Iterator[Check]:
    from extractor.coding.check import check_facts, check_policy
    from extractor.coding.facts import facts_of
    from extractor.coding.policy import policy_files

    facts, files = facts_of(None), policy_files(tuple(dirs))
    problems = [problem for file in files.values() for problem in check_policy(file, facts)] + check_facts(facts)
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        yield Check("policies", "wrong", f"{problems[0]}{more}", "See all: tpi policy check")
    else:
        yield Check("policies", "ok", f"{len(files)} valid")


def _settings() -> Iterator[Check]:
    """The user's own settings are read on every call: a slip in them stops everything."""
    from extractor.coding.configuration import configuration_file, resolve_policy

    policy, file = resolve_policy(), configuration_file()
    place = f"from {file}" if file.is_file() else f"no file of your own ({file})"
    if file.is_file() and not os.access(file, os.W_OK):
        yield Check("settings", "note", f"policy {policy.id}@{policy.version}, {place}", "You may not change that file; TPI_POLICY and TPI_SET outrank it.")
    elif not os.access(_nearest(file.parent), os.W_OK | os.X_OK):
        yield Check("settings", "note", f"policy {policy.id}@{policy.version}, {place}", "You could not write it there; use TPI_POLICY and TPI_SET.")
    else:
        yield Check("settings", "ok", f"policy {policy.id}@{policy.version}, {place}")


def _nearest(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _temporary() -> Iterator[Check]:
    advice = "Point TMPDIR (on Windows TEMP) at a folder that you may write and that has space."
    try:
        folder = tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            file.write(b"\0" * 65536)
            file.flush()
    except OSError as error:
        yield Check("temporary files", "wrong", f"none can be written ({error.strerror})", advice)
        return
    yield Check("temporary files", "ok", f"{folder}, {shutil.disk_usage(folder).free / 1e9:,.1f} GB free")


def _note(dirs: Sequence[Path]) -> Iterator[Check]:
    """A whole reading, so that a library that is there and does not work shows itself."""
    from extractor import extract

    code = extract(_SAMPLE, lexicon_dirs=dirs).decision.code
    if code == _EXPECTED:
        yield Check("a note", "ok", f"read and answered with {code}")
    elif dirs or os.environ.get("TPI_LEXICON_DIR"):
        yield Check("a note", "note", f"the sample gave {code}, not {_EXPECTED}", "Your own lexicon folder changes it; see that this is what you want.")
    else:
        yield Check("a note", "wrong", f"the sample gave {code}, not {_EXPECTED}", f"Install again: pip install --force-reinstall {DISTRIBUTION}")


def _ledger(output: Path) -> Iterator[Check]:
    from extractor.batch.ledger import Ledger
    from extractor.batch.output import ledger_path

    path, advice = ledger_path(output), "Move it and its output away, and run the batch again."
    if not path.is_file():
        yield Check("ledger", "wrong", f"{path} is not there", "Give the --output of a batch that was run.")
        return
    ledger = Ledger(path, read_only=True)  # its error says of another version what to do
    try:
        [(runs,)] = ledger.query("SELECT count(*) FROM runs")
        [(sound,)] = ledger.query("PRAGMA quick_check(1)")
    except sqlite3.Error:
        runs, sound = 0, ""
    finally:
        ledger.close()
    if sound != "ok":
        yield Check("ledger", "wrong", f"{path} is damaged", advice)
    else:
        yield Check("ledger", "ok", f"{path}, {runs} run{'s' if runs != 1 else ''}")

