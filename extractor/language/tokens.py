"""The tokens of a note, without spaCy: what :mod:`extractor.language.tokenizer` puts into a ``Doc``.

``C2-3``, ``T4/5`` and ``L5-S1`` stay whole; ``1cc``, ``.25%``, ``25g`` and ``x2`` come apart into figure and unit;
``R/L`` comes apart at the slash; ``½`` is a token of its own. Spans of any entity then always fall on token borders.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<space> )"
    r"|[CTLSctls]\d{1,2}(?:[-/\u2013][CTLSctls]?\d{1,2})?+(?![\w])"  # a vertebral level or range
    r"|\d+(?:,\d{3})*+(?:\.\d+)?+|\.\d+"  # a figure, with a leading dot too
    r"|[^\W\d_]+(?:['\u2019][^\W\d_]+)?+"  # a word
    r"|[^\S ]+"  # other white space, line ends among it
    r"|."
)


def tokens_of(text: str, start: int = 0, end: int | None = None) -> list[tuple[str, bool, int]]:
    """(token, whether a blank follows that belongs to it, offset) of each token of ``text[start:end]``, in order."""
    found: list[tuple[str, bool, int]] = []
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        if match.lastgroup == "space" and found and not found[-1][1] and not found[-1][0].isspace():
            word, _, at = found[-1]
            found[-1] = (word, True, at)
        else:
            found.append((match.group(), False, match.start()))
    return found
