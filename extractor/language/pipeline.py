"""The spaCy pipeline: registered components, one concern each, in the order in which they need one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import get_lang_class

from extractor.language import tokenizer as _tokenizer  # noqa: F401 - registers tpi.NoteTokenizer.v1
from extractor.language.annotations import state_of
from extractor.language.reading import STEPS, Resources, resources_of

__all__ = ["COMPONENTS", "WORK", "NoteComponent", "Resources", "build", "resources_of"]

COMPONENTS = (*STEPS, "tpi_record")


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


def _step(name: str) -> Callable[[Doc, Resources], None]:
    def work(doc: Doc, resources: Resources) -> None:
        STEPS[name](state_of(doc), resources)

    return work


def _sections(doc: Doc, resources: Resources) -> None:
    note = state_of(doc)
    note.date_of_service = doc.user_data.get("date_of_service")
    STEPS["tpi_sections"](note, resources)


def _sentences(doc: Doc, resources: Resources) -> None:
    note = state_of(doc)
    STEPS["tpi_sentences"](note, resources)
    starts = {segment.start for segment in note.segments}
    # All at once: to set `token.is_sent_start` one by one takes time in the square of the length.
    flags = [1 if token.idx in starts or token.i == 0 else -1 for token in doc]
    if flags:
        doc.from_array([SENT_START], numpy.asarray(flags, dtype="int32").astype("uint64").reshape(-1, 1))


def _record(doc: Doc, resources: Resources) -> None:
    from extractor.record import annotate_doc

    annotate_doc(doc, resources.lexicon, resources.gate)


WORK: dict[str, Callable[[Doc, Resources], None]] = {
    **{name: _step(name) for name in STEPS},
    "tpi_sections": _sections,
    "tpi_sentences": _sentences,
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
