"""The batch's use of the relevance gate: an answer of `none` without the pipeline, where the gate allows it."""

from __future__ import annotations

from extractor.batch.worker import Answer, Setup, Task

__all__ = ["gated_answer"]


def gated_answer(task: Task, setup: Setup) -> Answer | None:
    """Return the answer to a note that cannot concern needles; None where it has to be read."""
    return None
