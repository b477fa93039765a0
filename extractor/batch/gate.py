"""The relevance gate in a batch: a note that cannot concern needles is answered `none` here, and no worker sees it.

What such a document holds is the contract's answer whole: procedure, muscles, drugs, other procedures, decision with
its reasons, findings, date of service, each equal to what a full reading gives. What it leaves out is what a full reading
tells of a note beside the answer: ``mentions`` (the muscles and regions that any examination names), ``documentation``
and ``diagnoses`` are empty. ``--no-gate`` reads every note in full and gives those too.
"""

from __future__ import annotations

import time
from datetime import date
from functools import lru_cache

from pydantic_core import to_json

from extractor.batch.worker import Answer, Setup, Task
from extractor.coding.policy import Policy

__all__ = ["gated_answer"]


def gated_answer(task: Task, setup: Setup) -> Answer | None:
    """Answer a note that cannot concern needles; None for one that has to be read.

    Raises:
        LexiconError: if the lexicon cannot be read.
    """
    from extractor.relevance import gate_of, read_date

    began = time.perf_counter()
    text = task.text
    glance = gate_of(setup.lexicon_dirs).look(text)
    if glance.concerns or not _encodable(text):
        return None
    day = task.date_of_service
    if day is None and glance.dated and (read := read_date(text)) is not None:
        day = date.fromisoformat(read)
    document = b"".join(
        (
            _HEAD, to_json(task.note_id), b',"date_of_service":', to_json(day), b',"patient_id":', to_json(task.patient_id),
            b',"provider_id":', to_json(task.provider_id), _rest(setup.policy, setup.lexicon_dirs, day, setup.no_text),
            to_json(text) if task.keep_text and not setup.no_text else b"null", b"}",
        )
    )  # fmt: skip
    return Answer(document, "none", seconds=time.perf_counter() - began)


def _encodable(text: str) -> bool:
    """Whether the text can be written at all; half of a surrogate pair is the reader's to refuse."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_HEAD = b'{"schema_version":"1","note_id":'
_OWN, _TEXT = b',"procedure":', b',"text":'
"""Between these a document says nothing of its own note."""


@lru_cache(maxsize=4096)
def _rest(policy: Policy, lexicon_dirs: tuple[str, ...], day: date | None, no_text: bool) -> bytes:
    """Everything between a note's metadata and its text in the answer to a note with nothing in it, on one date."""
    from extractor.api import decided
    from extractor.models import Record
    from extractor.textless import without_text

    result = decided(Record(date_of_service=day), policy, lexicon_dirs)
    document = (without_text(result) if no_text else result).model_dump_json().encode()
    return document[document.index(_OWN) : document.rindex(_TEXT) + len(_TEXT)]
