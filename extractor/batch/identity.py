"""What makes a note the same note, and an answer still the right one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from extractor.batch.notes import SourceNote

__all__ = ["Versions", "content_of", "note_id_of"]


def note_id_of(note: SourceNote) -> str:
    """Return the note's id as its source gives it; else a hash of its text, as :func:`extractor.extract` makes it."""
    if note.note_id:
        return note.note_id
    return "sha256:" + hashlib.sha256(note.text.encode()).hexdigest()[:16]


def content_of(note: SourceNote) -> bytes:
    """Return 16 bytes that change with the note's text or with anything of its metadata that is in the answer.

    How the text came (converted or not) is no part of it: the same note as HL7 and as CSV is one note.
    """
    digest = hashlib.blake2b(note.text.encode(), digest_size=16)
    day = note.date_of_service.isoformat() if note.date_of_service else ""
    digest.update("\0".join(("", day, note.patient_id or "", note.provider_id or "")).encode())
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Versions:
    """What decides an answer besides the note; a note is read again where any of it has changed."""

    extractor: str
    lexicon: str
    policy: str
    """Name and version of the policy, its overrides included."""
    options: str = ""
    """Options of the run that change the documents (such as the note's text in each)."""

    def __str__(self) -> str:
        return " ".join((self.extractor, self.lexicon, self.policy, self.options)).strip()
