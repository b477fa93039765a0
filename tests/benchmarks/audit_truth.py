"""How much of what is wrong the audit finds, and how often it speaks up where nothing is: on a synthetic practice.

    python -m tests.benchmarks.audit_truth [--encounters 20000] [--seed 1] [--workers 2] [--out FOLDER]

Only corpus notes that the extractor reads as they are labelled are used, so that the audit is measured and not the
extractor; notes whose reading the variation of dates and header changed are left out and counted. Every note goes through
the batch. ``--out`` keeps the practice's files, the batch's results (a second run extracts nothing) and the reports.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from extractor.audit.claims import read_claims
from extractor.audit.exposure import read_fees
from extractor.audit.models import Audit, AuditedNote
from extractor.audit.notes import read_results
from extractor.audit.run import audit
from extractor.audit.synthetic import (
    Practice,
    audited_notes,
    generate,
    read_changed,
    score,
    usable_bases,
    write_practice,
)
from extractor.batch.run import RunOptions, run_batch
from extractor.coding import load_policy
from tests.corpus_notes import answer, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encounters", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    practice = generate(usable_bases(notes(), answer), encounters=options.encounters, seed=options.seed)
    print(f"{len(practice.visits):,} encounters from {practice.bases} corpus notes, seed {practice.seed}: {time.perf_counter() - start:.0f} s")
    with tempfile.TemporaryDirectory() as folder:
        files = write_practice(practice, options.out or folder)
        read = _read(practice, files, options.workers)
        start = time.perf_counter()
        claims = read_claims(files["claims"])
        done = audit(read, claims.lines, policy=files["policy"], fees=read_fees(files["fees"]))
        print(f"audit of {len(read):,} notes and {len(claims.lines):,} claim lines: {time.perf_counter() - start:.1f} s")
    _tell(practice, done, read_changed(practice, read))
    if options.out:
        _show(done, options.out)


def _read(practice: Practice, files: dict[str, Path], workers: int) -> list[AuditedNote]:
    start = time.perf_counter()
    results = files["notes"].with_name("results.jsonl")
    run = run_batch([files["notes"]], results, RunOptions(workers=workers, policy=load_policy(files["policy"])))
    found = {note.note_id: note.result for note in read_results(results).notes}
    print(f"{run.counts['notes']:,} notes through the batch, {run.counts['new']:,} new: {time.perf_counter() - start:.0f} s, {workers} workers")
    return audited_notes(practice, policy=files["policy"], results=found)


def _tell(practice: Practice, done: Audit, changed: frozenset[str]) -> None:
    result = score(practice, done, without=changed)
    print(f"\nleft out, since the variation changed what the extractor reads: {len(changed)}")
    print(f"planted {result.planted:,}, found {result.found:,}: recall {result.recall:.4f}")
    print(f"clean {result.clean:,}, flagged {result.clean_flagged:,}: precision {result.precision:.4f}")
    print(f"overpayment {done.overpayment}, underpayment {done.underpayment}\n")
    for name, kind in result.kinds.items():
        beside = ", ".join(f"{finding} {count}" for finding, count in kind.beside.most_common())
        print(f"{name:44} {kind.found:5} of {kind.planted:5}  {beside and 'beside: ' + beside}")
    for name, count in result.flags_on_clean.most_common():
        print(f"clean, but flagged: {name} {count}")
    for what, examples in sorted(result.examples.items()):
        print(f"{what}: {', '.join(examples)}")


def _show(done: Audit, folder: Path) -> None:
    from extractor.audit.sampling import sample_encounters, universe_of
    from extractor.audit.tables import write_tables
    from extractor.report.audit_html import write_html
    from extractor.report.audit_workbook import write_workbook

    sample = sample_encounters(universe_of(done), 100, seed=1)
    for name, write in (
        ("audit.html", lambda path: write_html(done, path, sample)), ("audit.xlsx", lambda path: write_workbook(done, path, sample)),
        ("tables", lambda path: write_tables(done, path)),
    ):  # fmt: skip
        start = time.perf_counter()
        write(folder / name)
        print(f"{name}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
