"""Reads and validates ``lexicons/``: one typed table per file, a practice's overlay, the version hash."""

from extractor.lexicon.errors import LexiconError
from extractor.lexicon.lexicon import Lexicon, load_lexicon
from extractor.lexicon.normalize import normalize_form
from extractor.lexicon.paths import lexicon_root
from extractor.lexicon.rows import (
    AmbiguousSense,
    EnglishWord,
    FormType,
    MuscleEntry,
    MuscleForm,
    PortionForm,
    RegionForm,
)
from extractor.lexicon.tables import read_table

__all__ = [
    "AmbiguousSense",
    "EnglishWord",
    "FormType",
    "Lexicon",
    "LexiconError",
    "MuscleEntry",
    "MuscleForm",
    "PortionForm",
    "RegionForm",
    "lexicon_root",
    "load_lexicon",
    "normalize_form",
    "read_table",
]
