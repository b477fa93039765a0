"""How fast a batch is written, and in how much memory: ``python -m tests.benchmarks.writing [NOTES] [FORMAT …]``.

Writes results of the corpus, mixed with the notes of other specialties that a night's export is mostly made of, in every
format, each in a process of its own. Prints rows a second of processor time (another program's load does not change it), the size of the output and the peak of the process's memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from extractor import extract
from extractor.batch.notes import Row
from extractor.batch.writers import FORMATS, Stamp, writer_for

CORPUS = Path(__file__).resolve().parent.parent.parent / "corpus"
UNRELATED = "Seen for follow-up of hypertension. Blood pressure 128/76, lungs clear. Lisinopril continued. Return in six months.\n"
STAMP = Stamp(date(2026, 1, 2), {"extractor": "0.1.0"})
_SHARE = 4
"""Of so many rows, one is a note of the corpus; the others are unrelated."""


def rows(count: int) -> Iterator[Row]:
    """Rows with ids of their own, made anew one at a time."""
    notes = [file.read_bytes().decode() for file in sorted(CORPUS.glob("b0[1-4]/*.txt"))]
    texts = cycle([text for note in notes for text in (note, *[UNRELATED] * (_SHARE - 1))])
    known: dict[str, bytes] = {}
    for number, text in enumerate(islice(texts, count), 1):
        if text not in known:
            known[text] = extract(text, note_id="NOTE-ID").model_dump_json().encode()
        note_id = f"note-{number}"
        yield Row(note_id, f"export.jsonl:{number}", known[text].replace(b"NOTE-ID", note_id.encode(), 1), text)


def measure(format_: str, count: int) -> str:
    """Write once, after a first pass over the texts that reads them."""
    list(rows(1000))
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder) / "staging"
        staging.mkdir()
        waiting = 0.0

        def timed() -> Iterator[Row]:
            nonlocal waiting
            source = rows(count)
            while True:
                start = time.process_time()
                row = next(source, None)
                waiting += time.process_time() - start
                if row is None:
                    return
                yield row

        start = time.process_time()
        writer_for(format_).write(timed(), Path(folder) / f"out.{format_}", staging, STAMP)
        seconds = time.process_time() - start - waiting
        size = sum(path.stat().st_size for path in staging.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{count / seconds:9.0f} rows/cpu s {size / count:8.0f} bytes a note {peak:7.0f} MB peak  {format_}"


def main() -> None:
    """Measure and print."""
    count, *formats = [int(word) if word.isdigit() else word for word in sys.argv[1:]] or [10_000]
    if len(formats) == 1:
        print(measure(formats[0], count))
        return
    for format_ in formats or FORMATS:
        subprocess.run([sys.executable, "-m", "tests.benchmarks.writing", str(count), format_], check=True)


if __name__ == "__main__":
    main()
