"""A tokenizer for procedure notes, as spaCy's are: one linear regular expression (:mod:`extractor.language.tokens`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from extractor.language.tokens import tokens_of


class NoteTokenizer:
    """Callable as spaCy's tokenizers are; keeps every character of the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        tokens = tokens_of(text)
        words, spaces = [word for word, _, _ in tokens], [space for _, space, _ in tokens]
        return Doc(self.vocab, words=words, spaces=spaces)

    def pipe(self, texts, batch_size: int = 1000):
        yield from map(self, texts)

    # The expression is code, not state: nothing to save but spaCy asks for the methods.
    def to_bytes(self, **_kwargs: object) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_kwargs: object) -> NoteTokenizer:
        return self

    def to_disk(self, _path: str | Path, **_kwargs: object) -> None:
        return None

    def from_disk(self, _path: str | Path, **_kwargs: object) -> NoteTokenizer:
        return self


@spacy.registry.tokenizers("tpi.NoteTokenizer.v1")
def create_note_tokenizer() -> Callable[[Language], NoteTokenizer]:
    """Factory for ``[nlp.tokenizer]`` in a spaCy configuration."""

    def create(nlp: Language) -> NoteTokenizer:
        return NoteTokenizer(nlp.vocab)

    return create
