"""How a form is written in a lexicon file, and how words of a note are brought to that shape."""

from __future__ import annotations

import re

__all__ = ["normalize_form"]

# Slash, apostrophe, hyphen-like and space-like characters separate words; so does a line break.
_GAP = re.compile(r"[\s/'’‘`\-‐‑‒–—_]+")


def normalize_form(text: str) -> str:
    """Return a form in lower case, with one space where words are joined by a space, hyphen, slash or apostrophe.

    ``&`` becomes "and", and the stops of abbreviations are dropped ("Lev. scap." is "lev scap").

    >>> normalize_form("Gastroc-Soleus")
    'gastroc soleus'
    >>> normalize_form("S.C.M.")
    'scm'
    """
    lowered = text.casefold().replace("&", " and ").replace(".", "")
    return _GAP.sub(" ", lowered).strip()
