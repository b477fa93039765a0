"""One note to one answer, without a ledger: what a worker, Spark and a test all do."""

from __future__ import annotations

from extractor.batch.gate import gated_answer
from extractor.batch.identity import note_id_of
from extractor.batch.notes import SourceNote
from extractor.batch.worker import Answer, Setup, Task, read

__all__ = ["answer_note", "task_of"]


def task_of(note: SourceNote, *, with_text: bool) -> Task:
    """Return what has to be done for a note; a converted text stays with its result."""
    return Task(
        note_id_of(note), note.text, note.date_of_service, note.patient_id, note.provider_id, note.converted or with_text
    )


def answer_note(task: Task, setup: Setup, *, gate: bool) -> Answer:
    """Answer a note: by the relevance gate where it can, else by the pipeline."""
    return (gated_answer(task, setup) if gate else None) or read(task, setup)
