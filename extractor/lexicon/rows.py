"""What one row of each lexicon file says."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = [
    "AmbiguousSense",
    "EnglishWord",
    "FormType",
    "MuscleEntry",
    "MuscleForm",
    "PortionForm",
    "RegionForm",
]

FormType = Literal[
    "name", "latin", "synonym", "abbreviation", "plural", "adjective", "misspelling", "slang", "coordinated"
]


class MuscleEntry(NamedTuple):
    """One muscle or collective name: a row of ``muscles.tsv``."""

    id: str
    """The Terminologia Anatomica English name in snake_case, or the contract's id of a group."""
    name: str
    """What people read."""
    latin: str
    kind: Literal["muscle", "group"]
    parent: str
    """The id of the group, or of the muscle of which this is a named part; empty at the top."""
    region: str
    """The region of the body, for coverage and for the rules that count regions."""
    paired: bool
    unit: bool
    """Whether the plain name counts as one muscle though anatomies divide it."""
    members: tuple[str, ...]
    """Members of a functional group beside those whose parent it is."""
    uberon: str
    fma: str
    ta2: str
    note: str = ""


class MuscleForm(NamedTuple):
    """One way to write a muscle's name: a row of ``muscle_forms.tsv``.

    A form with several rows has several senses, and each of them is marked ambiguous.
    """

    form: str
    """Lower case and normalised as :func:`extractor.lexicon.normalize_form` does."""
    target: tuple[str, ...]
    """One id, or several where the form names several muscles ("gastroc soleus")."""
    portion: str
    """The portion of the muscle that this form names by itself ("frontalis"), or empty."""
    type: FormType
    ambiguous: bool = False
    prefer: tuple[str, ...] = ()
    """Context that favours this sense of an ambiguous form: words, forms or ids nearby; ``*`` marks the sense to
    take where no context decides."""
    upper: bool = False
    """Whether only capitals count ("IS", "AM"), because the same letters are an ordinary word or unit."""
    note: str = ""


class AmbiguousSense(NamedTuple):
    """A sense of an ambiguous form that is no muscle: a row of ``ambiguous.tsv``."""

    form: str
    sense: str
    """What it means then, in a few words; for a region, its id in ``regions.tsv``."""
    kind: Literal["region", "nerve", "joint", "side", "procedure", "word"]
    prefer: tuple[str, ...] = ()
    """As :attr:`MuscleForm.prefer`."""
    note: str = ""


class RegionForm(NamedTuple):
    """A place that is not a muscle but stands where one might: a row of ``regions.tsv``."""

    form: str
    region: str
    kind: Literal["region", "joint", "bone", "tendon", "nerve", "ligament", "bursa", "fascia"]
    note: str = ""


class PortionForm(NamedTuple):
    """A word for a part of a muscle: a row of ``portions.tsv``."""

    KEY = ("form", "portion")  # type: ignore[misc]  # the reader looks for it

    form: str
    portion: str
    applies_to: tuple[str, ...]
    """Ids of the muscles that have this portion; ``*`` for any."""
    note: str = ""


class EnglishWord(NamedTuple):
    """A word that no spelling corrector may turn into a muscle: a row of ``english_words.tsv``."""

    word: str
