"""The notes of an audit, read now: whatever the batch reads, through the same workers, without a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from extractor.audit.models import AuditedNote
from extractor.audit.notes import NoteFile, audited, is_finished_batch, read_results
from extractor.batch.answer import task_of
from extractor.batch.gate import gated_answer
from extractor.batch.identity import content_of, note_id_of
from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.pool import Pool
from extractor.batch.readers import ReadOptions, read_notes
from extractor.batch.worker import Answer, Setup, Task
from extractor.models import Result

__all__ = ["notes_of"]

_BLOCK = 64


@dataclass
class _Block:
    """Some notes that are read together."""

    notes: list[SourceNote] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    answers: list[Answer | None] = field(default_factory=list)


def notes_of(source: str | Path, setup: Setup, *, workers: int = 1, options: ReadOptions | None = None) -> NoteFile:
    """Return the notes of an audit with what they prove.

    Args:
        source: a finished batch's output, whose answers are taken as they are; else anything that the batch reads.
        setup: policy, lexicon folders and time limit, where notes are read now.
        workers: processes that read notes.
        options: how the notes' columns are named.

    Raises:
        IntakeError: if the source cannot be read at all; WorkersFailed: if no process lives.
    """
    if is_finished_batch(source):
        return read_results(source)
    found = NoteFile()
    with Pool(setup, workers) as pool:
        for block in pool.map(_blocks(_once(read_notes([source], options)), setup)):
            for item in block.unreadable:
                found.refuse(item.note_id, item.source, item.reason)
            for note, answer in zip(block.notes, block.answers, strict=True):
                if answer is None or answer.json is None:
                    found.refuse(note_id_of(note), note.source, answer.reason if answer else "")
                else:
                    found.notes.append(_audited(note, answer.json))
    return found


def _once(items: Iterable[SourceNote | Unreadable]) -> Iterator[SourceNote | Unreadable]:
    """Leave out what comes again word for word: a note that was exported twice is no second note of the day."""
    seen: set[tuple[str, bytes]] = set()
    for item in items:
        if isinstance(item, SourceNote):
            key = note_id_of(item), content_of(item)
            if key in seen:
                continue
            seen.add(key)
        yield item


def _blocks(items: Iterable[SourceNote | Unreadable], setup: Setup) -> Iterator[_Block]:
    stream = iter(items)
    while some := list(islice(stream, _BLOCK)):
        yield _prepared(some, setup)


def _prepared(items: Sequence[SourceNote | Unreadable], setup: Setup) -> _Block:
    block = _Block()
    for item in items:
        if isinstance(item, Unreadable):
            block.unreadable.append(item)
            continue
        task = task_of(item, with_text=False)
        block.notes.append(item)
        block.tasks.append(task)
        block.answers.append(gated_answer(task, setup))
    return block


def _audited(note: SourceNote, document: bytes) -> AuditedNote:
    result = Result.model_validate_json(document)
    return audited(result, text=note.text, source=note.source).model_copy(update={"date_of_service": note.date_of_service})
