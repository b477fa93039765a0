"""Coverage-guided fuzzing with atheris (extra ``fuzz``):

    python -m tests.fuzz.harness note|reader|policy [libFuzzer options, such as -max_total_time=60] [CORPUS FOLDER]

``note`` takes bytes for a note, ``reader`` for files of each format that the batch reads, ``policy`` for a policy file.
Anything but a success or an error that is meant for users (:class:`extractor.failures.UserError`) is a finding.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from extractor.failures import UserError

ENDINGS = (".txt", ".rtf", ".html", ".docx", ".pdf", ".json", ".jsonl", ".csv", ".tsv", ".hl7", ".xml", ".zip", ".parquet", ".gz", ".zst")


def note(data: bytes) -> None:
    from tests.fuzz.test_notes import check

    check(data.decode("utf-8", "ignore"))


def reader(data: bytes) -> None:
    """The first byte picks the format."""
    from extractor.batch.readers import read_notes

    if not data:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"in{ENDINGS[data[0] % len(ENDINGS)]}"
        file.write_bytes(data[1:])
        try:
            for _ in read_notes([file]):
                pass
        except UserError:
            return


def policy(data: bytes) -> None:
    from extractor.coding import load_policy

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.toml"
        file.write_bytes(data)
        try:
            load_policy(file).at(None)
        except UserError:
            return


TARGETS: dict[str, Callable[[bytes], None]] = {"note": note, "reader": reader, "policy": policy}


def main(arguments: list[str]) -> None:
    """Run one target until it fails or its time is over."""
    if len(arguments) < 2 or arguments[1] not in TARGETS:
        sys.exit(f"Usage: python -m tests.fuzz.harness {'|'.join(TARGETS)} [libFuzzer options] [CORPUS]")
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install 'tpi-extractor[fuzz]'")
    target = TARGETS[arguments[1]]
    with atheris.instrument_imports(include=["extractor"]):
        import extractor.api
        import extractor.batch.readers
        import extractor.coding  # noqa: F401
    atheris.Setup([arguments[0], *arguments[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
