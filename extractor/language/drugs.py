"""Drug mentions: which words of a note name a drug of ``lexicons/drugs.tsv``, however they are written or misspelt."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from rapidfuzz.distance import OSA

from extractor.language.drug_sounds import hyphenated, misheard
from extractor.language.text import fold

__all__ = ["DrugEntry", "DrugForm", "DrugIndex", "DrugMention", "drug_index", "find_drugs"]


class DrugEntry(NamedTuple):
    """One substance: a row of ``drugs.tsv``."""

    id: str
    """The generic name in snake_case, with ester or salt where it decides the HCPCS code."""
    name: str
    kind: Literal["anesthetic", "steroid", "toxin", "saline", "nsaid", "biologic", "vitamin", "prolotherapy", "other"]
    salt: bool
    """Whether the ester or salt decides the HCPCS code."""
    note: str = ""


class DrugForm(NamedTuple):
    """One way to write a drug: a row of ``drug_forms.tsv``."""

    form: str
    """Lower case; a space stands for a space, hyphen, slash or apostrophe, or for nothing."""
    drug: str
    type: Literal["generic", "brand", "abbreviation", "misspelling"]
    strength: str = ""
    """What the form itself says ("40 mg/mL" for Kenalog-40)."""
    context: bool = False
    """Whether it names a drug only beside an amount, a strength or another drug."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DrugMention:
    """Words that name a drug. ``strength`` is what the name implies: (40.0, "mg/mL") for Kenalog-40."""

    start: int
    end: int
    drug: str
    strength: tuple[float, str] | None = None
    corrected: bool = False  # read through a spelling correction


class _Tables(Protocol):
    def table(self, name: str, row_type: type) -> tuple: ...


_LETTERS = re.compile(r"[a-z]+")
_PIECE = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_GAP = r"[\s\-/'.]{0,3}"
_GAP_BEFORE_NUMBER = r"[ \-]{0,2}"
# "Kenalog-40 mg" is a dose, "Kenalog-40" a product
_NO_UNIT = r"(?!\s?[-]?\s?(?:mg|milli|m[l1]\b|cc|mcg|%|percent|units?\b|u\b)|\.\d|,?\d|\s?/\s?(?:\d|m[l1]))"
_NUMERALS = ("ten", "forty", "eighty")
_SALT = re.compile(r"\s?\(?(?:hcl|hydrochloride|h\.c\.l\.?)\)?(?![a-z])")
_AMOUNT_BEFORE = re.compile(
    r"(?:\d|[½¼¾])\s?-?\s?(?:%|percent|mg|mcg|cc|ccs|m[l1]s?|units?|u|mg/m[l1]|mg/cc)?(?:\sof)?[\s(:-]{0,3}(?:pf\s|sterile\s|plain\s)?$|"
    r"\b(?:percent|cc|ml)(?:\sof)?\s$"
)
_AMOUNT_AFTER = re.compile(r"[\s:=(-]{0,4}(?:\d|\.\d|[½¼¾])")
_JOINED = re.compile(r"\s{0,2}(?:/|\+|&|,|and\b|with\b|w/|mixed with)?\s{0,2}(?:the\s)?$")
_SUSPICIOUS = (
    "caine", "cain", "cane", "kaine", "caines", "acine", "lone", "sone", "zone", "alog", "olog", "elog", "drol", "dral", "toxin",
    "rolac", "olac", "dron", "stone", "iane", "inne",
)  # fmt: skip
_OTHER_WORDS = frozenset(
    ["cocaine", "hurricane", "cortisone", "prednisone", "fludrocortisone", "fluticasone", "mometasone", "testosterone", "progesterone", "methadone", "naloxone", "proparacaine", "catalog", "analog", "dialog", "milestone", "gallstone", "limestone", "backbone", "methylprednisone", "prednisone", "naltrexone", "oxycodone", "hydrocodone", "medicine", "vaccine"]
)


class DrugIndex:
    """The forms of all drugs, keyed by the run of letters that they start with."""

    def __init__(self, entries: Iterable[DrugEntry], forms: Iterable[DrugForm]) -> None:
        """Raises ValueError for a form whose drug is not an entry, or a strength that cannot be read."""
        self.entries = {entry.id: entry for entry in entries}
        self._by_first: dict[str, list[tuple[re.Pattern[str], DrugForm, tuple[float, str] | None]]] = defaultdict(list)
        self._singles: dict[str, str] = {}
        for form in sorted(forms, key=lambda form: -len(form.form)):
            if form.drug not in self.entries:
                raise ValueError(f"form {form.form!r} names {form.drug!r}, which is no row of drugs.tsv")
            self._add(form)
        self._by_first = dict(self._by_first)
        self._firsts = frozenset(self._by_first)
        self.correct = lru_cache(maxsize=4096)(self._correct)

    def _add(self, form: DrugForm) -> None:
        pieces = _PIECE.findall(form.form)
        if not pieces or not pieces[0].isalpha():
            raise ValueError(f"form {form.form!r} must start with a letter")
        numbered = form.strength and (pieces[-1][0].isdigit() or pieces[-1] in _NUMERALS)
        tail = _NO_UNIT if numbered else r"(?![a-z])" if pieces[-1].isalpha() else r"(?![\d%]|\.\d)"
        words = pieces[0] + "".join((_GAP if piece.isalpha() else _GAP_BEFORE_NUMBER) + re.escape(piece) for piece in pieces[1:])
        row = (re.compile(words + tail), form, _strength(form))
        key = ""
        for piece in pieces:  # "Depo-Medrol" starts with "depo", "depomedrol" with itself
            if not piece.isalpha():
                break
            key += piece
            self._by_first[key].append(row)
        if len(pieces) == 1 and len(key) >= 6 and not form.context:
            self._singles[key] = form.drug

    def find(self, folded: str, start: int, stop: int) -> list[DrugMention]:
        """Mentions in folded text, in order; of overlapping forms the longest at the first place counts."""
        present = set(_LETTERS.findall(folded, start, stop))
        hits: list[tuple[int, int, DrugForm | None, str, tuple[float, str] | None]] = []
        for word in present & self._firsts:
            for here in _word_positions(folded, word, start, stop):
                for pattern, form, strength in self._by_first[word]:
                    if match := pattern.match(folded, here, stop):
                        hits.append((here, match.end(), form, form.drug, strength))
                        break
        for word in present - self._firsts:
            if len(word) >= 7 and word.endswith(_SUSPICIOUS) and (drug := self.correct(word)):
                hits.extend((here, here + len(word), None, drug, None) for here in _word_positions(folded, word, start, stop))
        if "cane" in present or "caine" in present or "kane" in present or "cain" in present or "canes" in present:
            hits.extend((here, end, None, drug, None) for here, end, drug in misheard(folded, start, stop))
        hits.sort(key=lambda hit: (hit[0], -hit[1]))
        mentions = _mentions(folded, hits, stop)
        divided = hyphenated(folded, start, stop)
        return mentions if divided is None else _with_divided(mentions, self.find(divided[0], 0, len(divided[0])), divided[1], start)

    def _correct(self, word: str) -> str | None:
        """The one drug whose name is nearest to a misspelt word, within two edits; None if none or several are."""
        if word in _OTHER_WORDS:
            return None
        limit = 2 if len(word) >= 9 else 1
        best: dict[int, set[str]] = defaultdict(set)
        for single, drug in self._singles.items():
            if abs(len(single) - len(word)) <= limit:
                distance = OSA.distance(word, single, score_cutoff=limit)
                if distance <= limit:
                    best[distance].add(drug)
        if not best:
            return None
        nearest = best[min(best)]
        return next(iter(nearest)) if len(nearest) == 1 else None


def _with_divided(mentions: list[DrugMention], joined: list[DrugMention], breaks: list[tuple[int, int]], start: int) -> list[DrugMention]:
    """Add mentions that a line end divides ("lido-|caine"), found in the text without its line-end hyphens."""
    found = []
    moved, following = start, 0  # how far the text has moved, and the next break
    for mention in joined:
        while following < len(breaks) and breaks[following][0] <= mention.start:
            moved += breaks[following][1]
            following += 1
        inside = 0
        for offset, size in breaks[following : following + 4]:
            inside += size if offset < mention.end else 0
        if inside:
            found.append(replace(mention, start=mention.start + moved, end=mention.end + moved + inside))
    if not found:
        return mentions
    kept = []
    for mention in mentions:
        place = bisect_left(found, mention.end, key=_start) - 1  # the last that starts before its end
        if place < 0 or found[place].end <= mention.start:
            kept.append(mention)
    return sorted([*kept, *found], key=lambda mention: mention.start)


def _start(mention: DrugMention) -> int:
    return mention.start


def _strength(form: DrugForm) -> tuple[float, str] | None:
    if not form.strength:
        return None
    value, _, unit = form.strength.partition(" ")
    if unit not in ("%", "mg/mL", "units/mL", "mcg/mL", "mEq/mL"):
        raise ValueError(f"form {form.form!r}: strength {form.strength!r} is not a number and one of %, mg/mL, units/mL, …")
    return float(value), unit


def _word_positions(folded: str, word: str, start: int, stop: int) -> list[int]:
    """Where ``word`` stands as a whole run of letters."""
    places = []
    size = len(word)
    at = folded.find(word, start, stop)
    while at >= 0:
        after = folded[at + size : at + size + 1]
        before = folded[at - 1] if at > start else " "
        if not "a" <= before <= "z" and not (after and "a" <= after <= "z"):
            places.append(at)
        at = folded.find(word, at + size, stop)
    return places


def _mentions(folded: str, hits: list, stop: int) -> list[DrugMention]:
    mentions: list[DrugMention] = []
    weak: list[tuple[int, DrugMention]] = []
    last = -1
    for here, end, form, drug, strength in hits:
        if here < last:
            continue
        last = end
        if salt := _SALT.match(folded, end, stop):
            last = end = salt.end()
        mention = DrugMention(here, end, drug, strength, corrected=form is None)
        if form is not None and form.context:
            weak.append((len(mentions), mention))
        mentions.append(mention)
    if not weak:
        return mentions
    doubtful = {index for index, mention in weak if not _has_context(folded, mention, index, mentions)}
    return [mention for index, mention in enumerate(mentions) if index not in doubtful]


def _has_context(folded: str, mention: DrugMention, index: int, mentions: list[DrugMention]) -> bool:
    if _AMOUNT_AFTER.match(folded, mention.end) or _AMOUNT_BEFORE.search(folded[max(0, mention.start - 24) : mention.start]):
        return True
    if index and _JOINED.fullmatch(folded, mentions[index - 1].end, mention.start):
        return True
    return index + 1 < len(mentions) and _JOINED.fullmatch(folded, mention.end, mentions[index + 1].start) is not None


_INDEXES: WeakKeyDictionary[_Tables, DrugIndex] = WeakKeyDictionary()


def drug_index(lexicon: _Tables) -> DrugIndex:
    """The index of a lexicon's drug tables, built on first use."""
    index = _INDEXES.get(lexicon)
    if index is None:
        index = _INDEXES[lexicon] = DrugIndex(lexicon.table("drugs", DrugEntry), lexicon.table("drug_forms", DrugForm))
    return index


def find_drugs(text: str, start: int = 0, end: int | None = None, *, lexicon: _Tables, folded: str | None = None) -> list[DrugMention]:
    """Return the drug mentions of ``text[start:end]`` in order, with offsets into ``text``.

    ``folded`` saves folding the text again (:func:`extractor.language.text.fold`).
    """
    folded = fold(text) if folded is None else folded
    return drug_index(lexicon).find(folded, start, len(folded) if end is None else end)
