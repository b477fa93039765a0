"""Registers the components with spaCy (entry point group ``spacy_factories``)."""

from __future__ import annotations

from spacy.language import Language

from extractor.language.pipeline import WORK, NoteComponent

_ASSIGNS = {"tpi_sentences": ["token.is_sent_start"], "tpi_record": ["doc.spans"]}


def _register(factory: str) -> None:
    def create(nlp: Language, name: str, lexicon_dirs: list[str]) -> NoteComponent:
        return NoteComponent(factory, lexicon_dirs)

    Language.factory(
        factory, default_config={"lexicon_dirs": []}, assigns=_ASSIGNS.get(factory, []), func=create
    )


for _name in WORK:
    _register(_name)
