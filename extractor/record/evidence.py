"""Evidence from offsets."""

from __future__ import annotations

from extractor.language.annotations import Note
from extractor.models import Evidence


def evidence(note: Note, start: int, end: int) -> Evidence:
    """The note's own words; ``text[start:end]`` by construction."""
    return Evidence(start=start, end=end, text=note.text[start:end])
