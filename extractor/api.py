"""The library's two functions: :func:`extract` for a note, :func:`load` for the spaCy pipeline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.coding import decide, load_policy
from extractor.coding.policy import Policy
from extractor.language.reading import read_note, resources_of
from extractor.models import Record, Result
from extractor.record import build_record
from extractor.versions import versions_of

if TYPE_CHECKING:
    from spacy.language import Language

_HALF = re.compile("[\ud800-\udfff]")

__all__ = ["decided", "extract", "load", "read_record"]


def load(lexicon_dirs: Sequence[str | Path] = ()) -> Language:
    """The spaCy pipeline; ``doc._.tpi_record`` and ``doc.spans["tpi_mentions"]`` hold what it read.

    Args:
        lexicon_dirs: a practice's own lexicon folders, in rising order of precedence.

    Raises:
        LexiconError: if a table of the lexicon cannot be read.
    """
    from extractor.language.pipeline import build

    return build([str(folder) for folder in lexicon_dirs])


def read_record(text: str, *, lexicon_dirs: Sequence[str | Path] = (), date_of_service: date | str | None = None) -> Record:
    """What the note proves, before any coding rule is applied.

    Raises:
        ValueError: if the text holds half of a surrogate pair, which no encoding can write.
    """
    if half := _HALF.search(text):
        raise ValueError(f"Character {half.start()} is half of a surrogate pair: the text was decoded wrongly. Decode it again, as UTF-16 or UTF-8.")
    resources = resources_of(tuple(str(folder) for folder in lexicon_dirs))
    note = read_note(text, resources, str(date_of_service) if date_of_service else None)
    return build_record(note, resources.lexicon, resources.gate)


def extract(
    text: str,
    *,
    note_id: str | None = None,
    date_of_service: date | str | None = None,
    patient_id: str | None = None,
    provider_id: str | None = None,
    policy: str | Path | Policy = "cpt",
    settings: Mapping[str, str] | None = None,
    lexicon_dirs: Sequence[str | Path] = (),
) -> Result:
    """Read one note and decide what it proves.

    Args:
        text: the note; offsets in the result are code points into this string.
        note_id: kept in the result; default a hash of the text.
        date_of_service: from the note's metadata; else read in the note.
        policy: a policy, its name or its file.
        settings: single keys of the policy to override, such as ``{"laterality": "by-side"}``.
        lexicon_dirs: a practice's own lexicon folders.

    Returns:
        The contract's document.

    Raises:
        PolicyError: for an unknown policy, key or value.
        LexiconError: if the lexicon cannot be read.
    """
    rules = policy if isinstance(policy, Policy) and not settings else load_policy(policy, overrides=dict(settings or {}))
    record = read_record(text, lexicon_dirs=lexicon_dirs, date_of_service=date_of_service)
    record.note_id = note_id or "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    record.patient_id, record.provider_id = patient_id, provider_id
    return decided(record, rules, lexicon_dirs)


def decided(record: Record, policy: Policy, lexicon_dirs: Sequence[str | Path] = ()) -> Result:
    """What a record proves under a policy, as the contract's document.

    Raises:
        PolicyError: if the policy does not answer a question on the date of service.
        LexiconError: if the lexicon cannot be read.
    """
    lexicon = resources_of(tuple(str(folder) for folder in lexicon_dirs)).lexicon
    answer = decide(record, policy, lexicon)
    return Result(
        note_id=record.note_id, date_of_service=record.date_of_service, patient_id=record.patient_id, provider_id=record.provider_id, procedure=record.procedure, muscles=record.muscles,
        mentions=record.mentions, drugs=answer.drugs, decision=answer.decision, findings=answer.findings,
        other_procedures=record.other_procedures, diagnoses=record.diagnoses, documentation=record.documentation,
        versions=versions_of(lexicon, policy),
    )  # fmt: skip
