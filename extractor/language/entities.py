"""Muscles, regions and other structures of the lexicon, found in the note's words.

Names may be wrapped over lines, hyphenated, split ("infra spinatus") or joined ("levatorscapulae"), and may share
words in a coordination ("gluteus medius and minimus", "medial and lateral pterygoids").
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

from extractor.language.annotations import Entity, Note
from extractor.language.dictation import MisheardNames, may_start
from extractor.language.spelling import Speller
from extractor.language.text import words as split_words
from extractor.language.trie import WordTrie, joined
from extractor.lexicon import Lexicon

# What may link the parts of a coordination: a comma, a slash, "and", "or" and their signs.
_LINK = re.compile(r"\s{0,3}(?:[,/&+-]|,?\s{0,3}\b(?:and|or|as well as|plus|n)\b|,\s{0,3}&)\s{0,3}(?:the\s)?\s{0,2}\Z")
# A muscle's name in front of one of these names something else.
NOT_THE_MUSCLE = frozenset(
    ["tendon", "tendons", "tendonitis", "tendinitis", "tendinopathy", "tendinosis", "bursa", "bursae", "bursitis", "nerve", "nerves", "plane", "syndrome", "sheath", "ligament", "artery", "vein", "tear", "tears", "reflex", "reflexes", "jerk", "flap", "release", "repair", "tuberosity", "fossa", "groove", "notch", "tubercle", "canal", "foramen", "entrapment", "ridge", "line", "medicine", "therapy", "therapist", "dysfunction", "disorder", "disorders", "rehab", "rehabilitation", "center", "clinic", "specialist", "program", "drop", "weakness", "strain", "stretch", "stretches", "stretching", "stretched", "strengthening", "exercise", "exercises", "setting", "sets", "raises", "curl", "curls", "press"]
)
_LATERAL_OF = frozenset(["approach", "border", "edge", "aspect", "side", "neck", "thigh", "elbow", "epicondyle", "epi", "hip", "leg", "knee", "view", "head", "wall", "chest", "arm", "calf", "foot", "to", "of", "decub", "hamstring"])
_SOFT_CONTEXT = frozenset(["muscle", "muscles", "musculature", "mm", "m", "belly", "bellies", "group"])


class Form(NamedTuple):
    """Everything one form may mean."""

    kind: str  # muscle, or a kind of region
    targets: tuple[str, ...]
    portion: str | None
    ambiguous: bool = False
    senses: tuple[Sense, ...] = ()


class Sense(NamedTuple):
    """One sense of an ambiguous form."""

    kind: str  # muscle, region, side, level, procedure, word
    targets: tuple[str, ...]
    portion: str | None
    prefer: tuple[str, ...]


class EntityMatcher:
    """The lexicon's forms, ready to be matched."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.trie: WordTrie[Form] = WordTrie()
        self.singles: dict[str, Form] = {}
        self.vocabulary: set[str] = set()
        self.misspelt: set[str] = set()  # words of listed misspellings: known, but nothing to correct towards
        self.capitals: set[str] = set()  # forms that are a muscle only in capitals ("IS", "PM")
        self._build(lexicon)
        self.misspelt -= {word.text for row in lexicon.forms if row.type != "misspelling" for word in split_words(row.form)}
        self._last_words = self.trie.last_words() | {"muscle", "muscles"}
        self.misheard = MisheardNames({name: (form.targets, form.portion) for name, form in self.singles.items()})
        self.beginnings = frozenset(name[:size] for name in self.singles for size in range(1, len(name)))

    def _build(self, lexicon: Lexicon) -> None:
        senses: dict[str, list[Sense]] = defaultdict(list)
        for region in lexicon.regions:
            self._add(region.form, Form(region.kind, (region.region,), None))
        for row in lexicon.forms:
            sense = Sense("muscle", row.target, row.portion or None, row.prefer)
            if row.type == "misspelling":
                self.misspelt.update(word.text for word in split_words(row.form))
            if row.upper:
                self.capitals.add(row.form)
            if row.ambiguous:
                senses[row.form].append(sense)
            else:
                self._add(row.form, Form("muscle", row.target, row.portion or None))
        for other in lexicon.ambiguous:
            targets = (other.sense,) if other.kind == "region" else ()
            senses[other.form].append(Sense(other.kind, targets, None, other.prefer))
        for form, found in senses.items():
            targets = tuple(dict.fromkeys(t for s in found if s.kind == "muscle" for t in s.targets))
            self._add(form, Form("muscle", targets, None, ambiguous=True, senses=tuple(found)))

    def _add(self, form: str, value: Form) -> None:
        key = tuple(word.text for word in split_words(form))
        if not key:
            return
        self.trie.add(key, value)
        if value.kind == "muscle" and not value.ambiguous:
            self.vocabulary.update(word for word in key if len(word) >= 5)
            solid = "".join(key)
            if len(solid) >= 8 and solid.isalpha():
                self.singles.setdefault(solid, value)
                if len(key) > 1 and len(solid) >= 10:
                    self.trie.add((solid,), value) if self.trie.get((solid,)) is None else None

    def ends_a_form(self, word: str) -> bool:
        """Whether a name may end with the word."""
        return word in self._last_words

    def split_name(self, note: Note, at: int) -> tuple[int, Form] | None:
        """A single name written as two to four words: "infra spinatus", "sterno cleido mastoid", a hyphenated line end."""
        words = note.words
        solid = words[at].text
        if solid not in self.beginnings:
            return None
        for last in range(at + 1, min(at + 4, len(words))):
            if not joined(note.folded, words[last - 1], words[last]) or len(words[last].text) < 2:
                return None
            solid += words[last].text
            if form := self.singles.get(solid):
                return last - at + 1, form
            if solid not in self.beginnings:
                return None
        return None


def _extend_misspelt(note: Note, texts: list[str], matcher: EntityMatcher, speller: Speller, at: int, count: int) -> tuple[int, Form] | None:
    """ "gluteus minirnus": behind the first words of a name only a few words are possible."""
    after = at + count
    if after >= len(texts) or not joined(note.folded, note.words[after - 1], note.words[after]):
        return None
    fixed = speller.among(texts[after], matcher.trie.after(texts[at:after]))
    if fixed is None:
        return None
    form = matcher.trie.get([*texts[at:after], fixed])
    if form is None:
        return None
    texts[after] = fixed
    note.corrections[after] = fixed
    return count + 1, form


_PAINS = frozenset(["pain", "pains", "ache", "aches", "aching", "headache", "headaches", "discomfort", "soreness", "complaints", "symptoms"])


def _adjective_of_pain(texts: list[str], after: int) -> bool:
    """ "Gluteal pain" is no gluteal muscle; "trapezius pain" still names the trapezius."""
    return after < len(texts) and texts[after] in _PAINS and texts[after - 1].endswith(("al", "ar"))


def find_entities(note: Note, matcher: EntityMatcher, speller: Speller) -> None:
    """Fill ``note.entities`` in text order, without overlaps."""
    words, folded = note.words, note.folded
    texts = [word.text for word in words]
    for index, fixed in note.corrections.items():
        texts[index] = fixed
    trie, size = matcher.trie, len(words)
    found: list[tuple[int, int, Form]] = []  # first word, number of words, form
    beginnings, misheard_names = matcher.beginnings, matcher.misheard
    at = 0
    while at < size:
        word = words[at].text
        heard = may_start(words, at) and misheard_names.may_begin(word)
        if not heard and word not in beginnings and not trie.starts(texts[at]):
            at += 1  # most words begin nothing
            continue
        hit = trie.longest(texts, words, folded, at)
        split = matcher.split_name(note, at) if hit is None or hit[0] == 1 else None
        if split and (hit is None or split[0] > hit[0]):
            hit = split
        if trie.starts(texts[at]) and (longer := _extend_misspelt(note, texts, matcher, speller, at, hit[0] if hit else 1)):
            hit = longer
        if (hit is None or (hit[0] == 1 and hit[1].kind != "muscle")) and heard and (misheard := misheard_names.find(words, at, folded)):
            count, name = misheard
            found.append((at, count, matcher.singles[name]))
            note.corrections[at] = name
            at += count
            continue
        if hit is None:
            at += 1
            continue
        count, form = hit
        if form.kind != "muscle" and any(index in note.corrections for index in range(at, at + count)):
            at += 1  # spelling is corrected towards muscles only
            continue
        if _names_the_muscle(texts, words, folded, at + count, form) and not _adjective_of_pain(texts, at + count):
            found.append((at, count, form))
        at += count
    found = _complete_coordinations(note, texts, matcher, found)
    found = _take_epithets(note, texts, matcher, found)
    found = _drop_shared_tendons(note, texts, found)
    note.entities = [_entity(note, texts, first, count, form) for first, count, form in found]


def _drop_shared_tendons(note: Note, texts: list[str], found: list[tuple[int, int, Form]]) -> list[tuple[int, int, Form]]:
    """ "APL/EPB sheath": what the last name of a tight coordination is no muscle for, the others are not either."""
    kept: list[tuple[int, int, Form]] = []
    for first, count, form in found:
        after = first + count
        while form.kind == "muscle" and after < len(texts) and joined(note.folded, note.words[after - 1], note.words[after]) and "/" in note.folded[note.words[after - 1].end : note.words[after].start]:
            after += 1
            if after < len(texts) and texts[after] in NOT_THE_MUSCLE and joined(note.folded, note.words[after - 1], note.words[after]):
                break
        else:
            kept.append((first, count, form))
    return kept


def _names_the_muscle(texts: list[str], words: list, folded: str, after: int, form: Form) -> bool:
    if form.kind != "muscle" or after >= len(texts):
        return True
    if texts[after] in _SOFT_CONTEXT and after + 1 < len(texts) and joined(folded, words[after], words[after + 1]):
        after += 1
    if texts[after - 1] == "lat" and (after < 2 or "dorsi" not in texts[after]) and texts[after] in _LATERAL_OF and joined(folded, words[after - 1], words[after]):
        return False  # "lat approach": lateral
    return not (texts[after] in NOT_THE_MUSCLE and after > 0 and joined(folded, words[after - 1], words[after]) and "/" not in folded[words[after - 1].end : words[after].start])


def _entity(note: Note, texts: list[str], first: int, count: int, form: Form) -> Entity:
    corrected = any(index in note.corrections for index in range(first, first + count))
    return Entity(
        note.words[first].start, note.words[first + count - 1].end, form.kind, form.targets, form.portion, form.ambiguous, corrected
    )


def _complete_coordinations(note: Note, texts: list[str], matcher: EntityMatcher, found: list[tuple[int, int, Form]]) -> list[tuple[int, int, Form]]:
    """Add the elliptical members of coordinations beside the names found."""
    taken = {index for first, count, _ in found for index in range(first, first + count)}
    result: list[tuple[int, int, Form]] = []
    for first, count, form in found:
        result.append((first, count, form))
        if form.kind != "muscle":
            continue
        result.extend(_following(note, texts, matcher, taken, first, count))
        result.extend(_preceding(note, texts, matcher, taken, first, count))
    result.sort(key=lambda item: item[0])
    return result


_EPITHETS = frozenset({"medius", "minimus", "maximus", "capitis", "cervicis", "lumborum", "thoracis"})
_EPITHETS_ALONE = frozenset({"major", "minor"})  # a word of other things too: only behind "the"


def _take_epithets(note: Note, texts: list[str], matcher: EntityMatcher, found: list[tuple[int, int, Form]]) -> list[tuple[int, int, Form]]:
    """ "2 ml into the gluteus medius, 2 ml into the minimus": a second name alone belongs to the first name before it."""
    taken = {index for first, count, _ in found for index in range(first, first + count)}
    heads = sorted((first, texts[first]) for first, count, form in found if form.kind == "muscle" and count > 1)
    extra: list[tuple[int, int, Form]] = []
    for index, text in enumerate(texts):
        if index in taken or not heads or texts[max(0, index - 2) : index] == ["of", "the"] or not (text in _EPITHETS or (text in _EPITHETS_ALONE and index and texts[index - 1] == "the")):
            continue
        for first, head in reversed(heads):
            form = matcher.trie.get([head, text]) if first < index and note.words[index].start - note.words[first].start < _NEAR else None
            if form and form.kind == "muscle" and not form.ambiguous:
                extra.append((index, 1, form))
                break
    return sorted([*found, *extra], key=lambda item: item[0]) if extra else found


_NEAR = 400  # characters over which a first name is remembered


def _following(note: Note, texts: list[str], matcher: EntityMatcher, taken: set[int], first: int, count: int) -> list[tuple[int, int, Form]]:
    """ "gluteus medius, minimus and maximus": later members keep the head's first words."""
    extra: list[tuple[int, int, Form]] = []
    last = first + count - 1
    if texts[last] in _SOFT_CONTEXT:
        return extra
    head = texts[first : last + 1]
    while True:
        after = last + 1
        while after < len(texts) and texts[after] in ("and", "or", "the", "n", "plus", "muscle", "muscles"):
            after += 1
        if after >= len(texts) or after in taken or not _LINK.match(_plain(note.folded[note.words[last].end : note.words[after].start])):
            return extra
        hit = _substitute(texts, matcher, head, after, len(texts))
        if hit is None:
            return extra
        size, form, head = hit
        extra.append((after, size, form))
        taken.update(range(after, after + size))
        last = after + size - 1


def _plain(gap: str) -> str:
    return re.sub(r"\bmuscles?\b", " ", gap)


def _substitute(texts: list[str], matcher: EntityMatcher, head: list[str], after: int, size: int) -> tuple[int, Form, list[str]] | None:
    for keep in range(len(head) - 1, 0, -1):
        for length in (2, 1):
            if after + length > size:
                continue
            candidate = head[:keep] + texts[after : after + length]
            form = matcher.trie.get(candidate)
            if form and form.kind == "muscle" and not form.ambiguous:
                return length, form, candidate
    return None


def _preceding(note: Note, texts: list[str], matcher: EntityMatcher, taken: set[int], first: int, count: int) -> list[tuple[int, int, Form]]:
    """ "medial and lateral pterygoids": earlier members lack the head's last words."""
    extra: list[tuple[int, int, Form]] = []
    if count < 2:
        return extra
    name = texts[first : first + count]
    at = first
    while True:
        before = at - 1
        while before >= 0 and texts[before] in ("and", "or", "the", "n", "plus"):
            before -= 1
        if before < 0 or before in taken or not _LINK.match(note.folded[note.words[before].end : note.words[at].start]):
            return extra
        hit = None
        for start in range(1, count):
            form = matcher.trie.get([texts[before], *name[start:]])
            if form and form.kind == "muscle" and not form.ambiguous:
                hit = form
                break
        if hit is None:
            return extra
        extra.append((before, 1, hit))
        taken.add(before)
        at = before
