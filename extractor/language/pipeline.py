"""The spaCy pipeline: registered components, one concern each, in the order in which they need one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import get_lang_class

from extractor.language import tokenizer as _tokenizer  # noqa: F401 - registers tpi.NoteTokenizer.v1
from extractor.language.abbreviations import find_abbreviations
from extractor.language.ambiguity import resolve_ambiguities
from extractor.language.annotations import state_of
from extractor.language.assertion import assert_sites
from extractor.language.cues import CueMatcher, find_cues
from extractor.language.entities import EntityMatcher, find_entities
from extractor.language.frames import read_frames
from extractor.language.gate import require_needle
from extractor.language.laterality import find_sides
from extractor.language.layout import split_units
from extractor.language.levels import find_levels
from extractor.language.sections import SectionFinder, SectionLexicon, SectionRow
from extractor.language.segments import build_segments
from extractor.language.sites import PortionWords, build_sites
from extractor.language.spelling import Speller, correct_spelling
from extractor.lexicon import Lexicon, load_lexicon

if TYPE_CHECKING:
    from extractor.relevance import Gate

COMPONENTS = (
    "tpi_sections",
    "tpi_sentences",
    "tpi_spelling",
    "tpi_entities",
    "tpi_abbreviations",
    "tpi_laterality",
    "tpi_levels",
    "tpi_sites",
    "tpi_quantities",
    "tpi_assertion",
    "tpi_linking",
    "tpi_record",
)


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


class NoteComponent:
    """A pipeline component that works on the note's state; keeps nothing but its settings, so it pickles.

    ``factory`` names its work in :data:`WORK`.
    """

    def __init__(self, factory: str, lexicon_dirs: Sequence[str]) -> None:
        self.factory = factory
        self.lexicon_dirs = tuple(lexicon_dirs)

    def __call__(self, doc: Doc) -> Doc:
        WORK[self.factory](doc, resources_of(self.lexicon_dirs))
        return doc


def _sections(doc: Doc, resources: Resources) -> None:
    note = state_of(doc)
    note.date_of_service = doc.user_data.get("date_of_service")
    split_units(note)
    resources.sections(note)


def _sentences(doc: Doc, _resources: Resources) -> None:
    note = state_of(doc)
    build_segments(note)
    starts = {segment.start for segment in note.segments}
    # All at once: to set `token.is_sent_start` one by one takes time in the square of the length.
    flags = [1 if token.idx in starts or token.i == 0 else -1 for token in doc]
    if flags:
        doc.from_array([SENT_START], numpy.asarray(flags, dtype="int32").astype("uint64").reshape(-1, 1))


def _spelling(doc: Doc, resources: Resources) -> None:
    correct_spelling(state_of(doc), resources.speller)


def _entities(doc: Doc, resources: Resources) -> None:
    find_entities(state_of(doc), resources.entities, resources.speller)


def _abbreviations(doc: Doc, resources: Resources) -> None:
    note = state_of(doc)
    find_abbreviations(doc, note, resources.entities)
    resolve_ambiguities(note, resources.entities)


def _laterality(doc: Doc, _resources: Resources) -> None:
    find_sides(state_of(doc))


def _levels(doc: Doc, _resources: Resources) -> None:
    find_levels(state_of(doc))


def _sites(doc: Doc, resources: Resources) -> None:
    build_sites(state_of(doc), resources.portions)


def _quantities(doc: Doc, resources: Resources) -> None:
    from extractor.language.drugs import find_drugs
    from extractor.language.quantities import find_quantities

    note = state_of(doc)
    note.quantities = find_quantities(note.text)
    note.drugs = find_drugs(note.text, lexicon=resources.lexicon)


def _assertion(doc: Doc, resources: Resources) -> None:
    note = state_of(doc)
    note.frames = read_frames(note, find_cues(note, resources.cues))
    assert_sites(note, note.frames)
    require_needle(note)


def _linking(doc: Doc, _resources: Resources) -> None:
    from extractor.language.linking import link_counts

    link_counts(state_of(doc))


def _record(doc: Doc, resources: Resources) -> None:
    from extractor.record import annotate_doc

    annotate_doc(doc, resources.lexicon, resources.gate)


WORK: dict[str, Callable[[Doc, Resources], None]] = {
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
    "tpi_record": _record,
}


def build(lexicon_dirs: Sequence[str] = ()) -> Language:
    """A fresh pipeline. Raises LexiconError where a table of the lexicon cannot be read."""
    from extractor.language import factories  # noqa: F401 - registers the components

    language = get_lang_class("en")
    nlp = language.from_config(
        {"nlp": {"tokenizer": {"@tokenizers": "tpi.NoteTokenizer.v1"}}}, vocab=True, auto_fill=True
    )
    nlp.max_length = 6_000_000
    for name in COMPONENTS:
        nlp.add_pipe(name, config={"lexicon_dirs": [str(folder) for folder in lexicon_dirs]})
    return nlp
