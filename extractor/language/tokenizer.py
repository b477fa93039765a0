"""A tokenizer for procedure notes: one linear regular expression.

``C2-3``, ``T4/5`` and ``L5-S1`` stay whole; ``1cc``, ``.25%``, ``25g`` and ``x2`` come apart into figure and unit;
``R/L`` comes apart at the slash; ``½`` is a token of its own. Spans of any entity then always fall on token borders.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

_TOKEN = re.compile(
    r"(?P<space> )"
    r"|[CTLSctls]\d{1,2}(?:[-/\u2013][CTLSctls]?\d{1,2})?+(?![\w])"  # a vertebral level or range
    r"|\d+(?:,\d{3})*+(?:\.\d+)?+|\.\d+"  # a figure, with a leading dot too
    r"|[^\W\d_]+(?:['\u2019][^\W\d_]+)?+"  # a word
    r"|[^\S ]+"  # other white space, line ends among it
    r"|."
)


class NoteTokenizer:
    """Callable as spaCy's tokenizers are; keeps every character of the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for match in _TOKEN.finditer(text):
            if match.lastgroup == "space" and spaces and not spaces[-1] and not words[-1].isspace():
                spaces[-1] = True
            else:
                words.append(match.group())
                spaces.append(False)
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
