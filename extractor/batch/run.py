"""One run of the batch: read, leave out what is done, answer, record; then write the output from the record.

A note goes through these hands: reader → identity → ledger (known already?) → relevance gate → workers → ledger.
Blocks keep the input's order; each is one transaction of the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from extractor import __version__
from extractor.batch.answer import task_of
from extractor.batch.gate import gated_answer
from extractor.batch.identity import Versions, content_of, note_id_of
from extractor.batch.ledger import Done, Known, Ledger, LedgerError, NewQuarantine, file_of
from extractor.batch.lock import OutputLock
from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.output import check_target, ledger_path, lock_path, own_files, publish, scratch_folder
from extractor.batch.pool import Pool
from extractor.batch.readers import check_reading, read_notes
from extractor.batch.readers.base import ReadOptions
from extractor.batch.textless import NO_TEXT, check_textless, refuse_texts
from extractor.batch.worker import Answer, Setup, Task
from extractor.batch.writers import Stamp, format_of, writer_for
from extractor.coding.policy import Policy, load_policy
from extractor.lexicon import load_lexicon

__all__ = ["Listener", "RunOptions", "Summary", "run_batch"]

CLASH = (
    "Another note of this run{} has the same id and another text, date, patient or provider. Give each note an id of "
    "its own, or join its lines with --group-by."
)
"""With the place of the other note, where it is known."""

_BLOCK_NOTES = 128
_BLOCK_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class RunOptions:
    """How to run; see ``tpi batch --help``."""

    workers: int = 1
    policy: Policy | None = None
    lexicon_dirs: Sequence[Path] = ()
    read: ReadOptions = field(default_factory=ReadOptions)
    format: str | None = None
    gate: bool = True
    with_text: bool = False
    no_text: bool = False
    """Write results without a word of their notes."""
    note_timeout: float = 60.0
    redo: bool = False
    """Read every note again, whatever the ledger says."""


@dataclass
class Summary:
    """What a run did."""

    run: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """``notes``, ``new``, ``changed``, ``unchanged``, ``repeated``, ``gated``, ``quarantined`` (and by stage,
    ``quarantined.read`` …), and by answer: ``supported``, ``review``, ``none``, ``code.20552`` …"""
    seconds: float = 0.0
    outputs: list[Path] = field(default_factory=list)
    state: str = "running"


class Listener(Protocol):
    """Who is told how a run goes."""

    def began(self, run: int, versions: str) -> None:
        """A run begins."""

    def advanced(self, counts: Counter[str]) -> None:
        """A block is recorded."""

    def warned(self, source: str, note_id: str, warning: str) -> None:
        """Something about a note could not be used."""

    def quarantined(self, entry: NewQuarantine) -> None:
        """A note went to quarantine."""

    def writing(self) -> None:
        """All notes are read; the output is being written."""


@dataclass
class _Entry:
    """One note of a block."""

    position: int
    note: SourceNote
    note_id: str
    content: bytes
    fate: str
    """``new``, ``changed``, ``unchanged``, ``repeated`` or ``clash``."""
    task: int | None = None


@dataclass
class _Block:
    """Some notes that are recorded together."""

    entries: list[_Entry] = field(default_factory=list)
    quarantined: list[tuple[int, NewQuarantine]] = field(default_factory=list)
    """With the place in the block, whose order they keep."""
    files: set[str] = field(default_factory=set)
    tasks: list[Task] = field(default_factory=list)
    answers: list[Answer | None] = field(default_factory=list)
    gated: int = 0


def run_batch(
    inputs: Sequence[str | Path], target: Path, options: RunOptions | None = None, listener: Listener | None = None
) -> Summary:
    """Read notes and write what they prove, each note once.

    Args:
        inputs: files, folders, ``-`` or database URLs.
        target: the output; its ending picks the format.
        options: how to run.
        listener: who is told.

    Raises:
        IntakeError: if an input cannot be read at all; OutputError, LedgerError: if the output or the ledger cannot
            be written; AlreadyRunning: if another run writes to it; WorkersFailed: if no worker lives;
            PolicyError, LexiconError: as :func:`extractor.extract`. What was recorded before stays recorded.
    """
    options = options or RunOptions()
    target = Path(target)
    form = format_of(target, options.format)
    writer = writer_for(form)
    if options.no_text:
        check_textless(form, writer, with_text=options.with_text)
    check_target(target, inputs, folder_format=form == "brat")
    check_reading(inputs, options.read)
    policy = options.policy or load_policy("cpt")
    versions = _versions(options, policy, keep_text=writer.needs_text)
    with OutputLock(lock_path(target), target):
        ledger = Ledger(ledger_path(target))
        try:
            run = _Run(ledger, options, policy, listener, keep_text=writer.needs_text)
            if options.no_text:
                refuse_texts(ledger, target)
            with scratch_folder(target) as scratch:
                reading = replace(options.read, skip=options.read.skip | own_files(ledger, target), scratch=scratch)
                summary = run.go(read_notes(inputs, reading), versions)
            if listener:
                listener.writing()
            stamp = _stamp(versions, policy, ledger.processed_on())
            summary.outputs = publish(ledger, writer, target, stamp, form=form, inputs=inputs)
            if writer.refused:
                summary.counts.update({"quarantined": writer.refused, "quarantined.write": writer.refused})
            summary.state = "done"
            ledger.end_run(_now(), "done", dict(summary.counts))
        except KeyboardInterrupt:
            ledger.end_run(_now(), "stopped", dict(run.counts))
            raise
        except Exception:
            with suppress(LedgerError):  # it may be what failed; the next run then calls this one interrupted
                ledger.end_run(_now(), "failed", dict(run.counts))
            raise
        finally:
            ledger.close()
    return summary


class _Run:
    """A run in progress."""

    def __init__(
        self, ledger: Ledger, options: RunOptions, policy: Policy, listener: Listener | None, *, keep_text: bool
    ):
        self.ledger = ledger
        self.options = options
        self.listener = listener
        self.keep_text = keep_text
        self.counts: Counter[str] = Counter()
        self.setup = Setup(policy, tuple(str(folder) for folder in options.lexicon_dirs), options.note_timeout, options.no_text)
        self.pending: dict[str, tuple[bytes, str]] = {}
        """Notes of this run that are read but not yet recorded, by id: their content and their source."""
        self.read_again: set[str] = set()

    def go(self, notes: Iterable[SourceNote | Unreadable], versions: Versions) -> Summary:
        began = datetime.now(UTC)
        number = self.ledger.begin_run(_now(), str(versions))
        if self.listener:
            self.listener.began(number, str(versions))
        stale = self.ledger.stale_files()
        with Pool(self.setup, self.options.workers) as pool:
            for block in pool.map(self._blocks(notes)):
                self._record(block)
                self.read_again |= stale & block.files
        self.ledger.settle_quarantine(self.read_again)
        return Summary(number, self.counts, (datetime.now(UTC) - began).total_seconds())

    # -- reading -------------------------------------------------------------------------------------------------

    def _blocks(self, items: Iterable[SourceNote | Unreadable]) -> Iterator[_Block]:
        stream = iter(items)
        while batch := _some(stream):
            yield self._prepared(batch)

    def _prepared(self, items: list[SourceNote | Unreadable]) -> _Block:
        """Say of each note whether it has to be read, and by whom."""
        block = _Block()
        named = [
            (item, note_id_of(item), content_of(item)) if isinstance(item, SourceNote) else (item, "", b"") for item in items
        ]
        known = self.ledger.known([note_id for _item, note_id, _content in named if note_id])
        for position, (item, note_id, content) in enumerate(named):
            block.files.add(file_of(item.source))
            if isinstance(item, Unreadable):
                block.quarantined.append((position, NewQuarantine(item.source, "read", item.reason, item.note_id)))
                continue
            fate = self._fate(known.get(note_id), note_id, content, item.source)
            if fate == "clash":
                block.quarantined.append((position, NewQuarantine(item.source, "read", self._clash(note_id), note_id, content)))
                continue
            entry = _Entry(position, item, note_id, content, fate)
            if fate in ("new", "changed"):
                self._assign(entry, block)
            block.entries.append(entry)
        return block

    def _fate(self, known: Known | None, note_id: str, content: bytes, source: str) -> str:
        if note_id in self.pending:
            return "repeated" if self.pending[note_id][0] == content else "clash"
        self_seen = known is not None and known.seen == self.ledger.run
        if self_seen:
            return "repeated" if known.content == content else "clash"
        self.pending[note_id] = content, source
        if known is None:
            return "new"
        same = known.content == content and known.version == self.ledger.version and not self.options.redo
        return "unchanged" if same else "changed"

    def _clash(self, note_id: str) -> str:
        """Return why a note cannot be told from another, and where that one is."""
        source = self.pending[note_id][1] if note_id in self.pending else self.ledger.source_of(note_id)
        return CLASH.format(f" ({source})" if source else "")

    def _assign(self, entry: _Entry, block: _Block) -> None:
        """Give a note to the gate, else to the workers."""
        note = entry.note
        if not self.options.redo and (reason := self.ledger.refused(entry.note_id, entry.content)):
            block.answers.append(Answer(None, "extract", reason=reason))
        else:
            block.answers.append(None)
        task = task_of(note, with_text=self.options.with_text)
        entry.task = len(block.tasks)
        block.tasks.append(task)
        if self.options.gate and block.answers[-1] is None and (answer := gated_answer(task, self.setup)):
            block.answers[-1] = answer
            block.gated += 1

    # -- recording -----------------------------------------------------------------------------------------------

    def _record(self, block: _Block) -> None:
        """Write a finished block into the ledger, as one transaction."""
        done: list[Done] = []
        seen: list[str] = []
        unread = len(block.quarantined)
        for entry in block.entries:
            answer = block.answers[entry.task] if entry.task is not None else None
            self.counts[entry.fate] += 1
            self.counts["warnings"] += len(entry.note.warnings)
            if answer is None:
                seen.append(entry.note_id)
            elif answer.json is None:
                refusal = NewQuarantine(entry.note.source, answer.status, answer.reason, entry.note_id, entry.content)
                block.quarantined.append((entry.position, refusal))
            else:
                done.append(
                    Done(
                        entry.note_id, entry.content, entry.note.source, answer.status, answer.code, answer.low, answer.high,
                        answer.json, entry.note.text if self.keep_text else None,
                    )
                )  # fmt: skip
                self.counts[answer.status] += 1
                if answer.code:
                    self.counts[f"code.{answer.code}"] += 1
        self.counts["notes"] += len(block.entries) + unread
        self.counts["gated"] += block.gated
        quarantined = [item for _position, item in sorted(block.quarantined, key=itemgetter(0))]
        for item in quarantined:
            self.counts["quarantined"] += 1
            self.counts[f"quarantined.{item.stage}"] += 1
        self.ledger.commit(done, seen, quarantined, dict(self.counts))
        for entry in block.entries:
            self.pending.pop(entry.note_id, None)
        if self.listener:
            for entry in block.entries:
                for warning in entry.note.warnings:
                    self.listener.warned(entry.note.source, entry.note_id, warning)
            for item in quarantined:
                self.listener.quarantined(item)
            self.listener.advanced(self.counts)


def _some(stream: Iterator[SourceNote | Unreadable]) -> list[SourceNote | Unreadable]:
    """Take the next notes: a block's worth by number and by length."""
    items: list[SourceNote | Unreadable] = []
    size = 0
    for item in islice(stream, _BLOCK_NOTES):
        items.append(item)
        size += len(item.text) if isinstance(item, SourceNote) else 0
        if size > _BLOCK_CHARACTERS:
            break
    return items


def _versions(options: RunOptions, policy: Policy, *, keep_text: bool) -> Versions:
    lexicon = load_lexicon(options.lexicon_dirs)
    # A format for annotators needs the texts: notes whose texts an earlier run did not keep are read again for it.
    ways = " ".join(
        ["with-text"] * options.with_text + [NO_TEXT] * options.no_text + ["no-gate"] * (not options.gate) + ["keeps-text"] * keep_text
    )
    return Versions(__version__, lexicon.version, f"{policy.id}@{policy.version}", ways)


def _stamp(versions: Versions, policy: Policy, processed_on: date) -> Stamp:
    return Stamp(
        processed_on,
        versions={"extractor": versions.extractor, "lexicon": versions.lexicon, "policy": versions.policy},
        policy=policy.id,
        settings=policy.at(None).shown(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
