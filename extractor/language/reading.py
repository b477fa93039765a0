"""Reading a note, step by step, on plain data: what the spaCy components of :mod:`extractor.language.pipeline` do to a ``Doc``.

No step needs a ``Doc``. To make one costs more than the reading, so the library, the batch and the page read notes here;
the components are for those who work with spaCy, and give the same record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.language.abbreviations import find_abbreviations
from extractor.language.ambiguity import resolve_ambiguities
from extractor.language.annotations import Note
from extractor.language.assertion import assert_sites
from extractor.language.cues import CueMatcher, find_cues
from extractor.language.drugs import find_drugs
from extractor.language.entities import EntityMatcher, find_entities
from extractor.language.frames import read_frames
from extractor.language.gate import require_needle
from extractor.language.laterality import find_sides
from extractor.language.layout import split_units
from extractor.language.levels import find_levels
from extractor.language.linking import link_counts
from extractor.language.quantities import find_quantities
from extractor.language.sections import SectionFinder, SectionLexicon, SectionRow
from extractor.language.segments import build_segments
from extractor.language.sites import PortionWords, build_sites
from extractor.language.spelling import Speller, correct_spelling
from extractor.lexicon import Lexicon, load_lexicon

if TYPE_CHECKING:
    from extractor.relevance import Gate

__all__ = ["STEPS", "Resources", "read_note", "resources_of"]


class Resources:
    """What the components read from one lexicon; built once in a process for each set of folders."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.sections = SectionFinder(SectionLexicon(lexicon.table("sections", SectionRow)))
        self.entities = EntityMatcher(lexicon)
        self.speller = Speller(self.entities.vocabulary, lexicon.english_words, self.entities.misspelt, _meanings(lexicon))
        self.cues = CueMatcher(lexicon)
        self.portions = PortionWords(lexicon)

    @cached_property
    def gate(self) -> Gate:
        """The relevance gate of the same lexicon."""
        from extractor.relevance import Gate

        return Gate(self)


def _meanings(lexicon: Lexicon) -> dict[str, object]:
    """Forms of one word and the muscle that they name."""
    found: dict[str, object] = {}
    for row in lexicon.forms:
        if " " not in row.form and not row.ambiguous:
            found[row.form] = (row.target, row.portion) if found.get(row.form, (row.target, row.portion)) == (row.target, row.portion) else None
    return {form: meaning for form, meaning in found.items() if meaning is not None}


_RESOURCES: dict[tuple[str, ...], Resources] = {}


def resources_of(lexicon_dirs: Sequence[str] = ()) -> Resources:
    """The resources for a practice's folders, from the cache after the first call."""
    key = tuple(str(folder) for folder in lexicon_dirs)
    if key not in _RESOURCES:
        _RESOURCES[key] = Resources(load_lexicon([Path(folder) for folder in key]))
    return _RESOURCES[key]


def _sections(note: Note, resources: Resources) -> None:
    split_units(note)
    resources.sections(note)


def _sentences(note: Note, _resources: Resources) -> None:
    build_segments(note)


def _spelling(note: Note, resources: Resources) -> None:
    correct_spelling(note, resources.speller)


def _entities(note: Note, resources: Resources) -> None:
    find_entities(note, resources.entities, resources.speller)


def _abbreviations(note: Note, resources: Resources) -> None:
    find_abbreviations(note, resources.entities)
    resolve_ambiguities(note, resources.entities)


def _laterality(note: Note, _resources: Resources) -> None:
    find_sides(note)


def _levels(note: Note, _resources: Resources) -> None:
    find_levels(note)


def _sites(note: Note, resources: Resources) -> None:
    build_sites(note, resources.portions)


def _quantities(note: Note, resources: Resources) -> None:
    note.quantities = find_quantities(note.text, folded=note.folded)
    note.drugs = find_drugs(note.text, lexicon=resources.lexicon, folded=note.folded)


def _assertion(note: Note, resources: Resources) -> None:
    note.frames = read_frames(note, find_cues(note, resources.cues))
    assert_sites(note, note.frames)
    require_needle(note)


def _linking(note: Note, _resources: Resources) -> None:
    link_counts(note)


STEPS: dict[str, Callable[[Note, Resources], None]] = {
    "tpi_sections": _sections,
    "tpi_sentences": _sentences,
    "tpi_spelling": _spelling,
    "tpi_entities": _entities,
    "tpi_abbreviations": _abbreviations,
    "tpi_laterality": _laterality,
    "tpi_levels": _levels,
    "tpi_sites": _sites,
    "tpi_quantities": _quantities,
    "tpi_assertion": _assertion,
    "tpi_linking": _linking,
}
"""Each step under the name of its component, in the order in which they need one another."""


def read_note(text: str, resources: Resources, date_of_service: str | None = None) -> Note:
    """The annotated note. ``date_of_service`` (ISO 8601) is the one given with the note, if any."""
    note = Note.of(text)
    note.date_of_service = date_of_service
    for step in STEPS.values():
        step(note, resources)
    return note
