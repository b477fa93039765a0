"""Forms with several senses ("LS", "levator", "PM"): the note's own definition, then context, else left open."""

from __future__ import annotations

import re
from functools import cached_property

from extractor.language.annotations import Entity, Note, within
from extractor.language.entities import EntityMatcher, Form, Sense
from extractor.language.text import words as split_words

_LISTED = re.compile(r"\s{0,3}(?:[,/&+|;-]|\band\b|\bor\b|\)|\()?[\s,/&+|(]{0,4}(?:\d(?:\.\d)?\s?(?:cc|ml)[\s,)]*)?\s{0,3}(?:left|right|bilateral|bilat|lt|rt|l|r|b/l|\(l\)|\(r\))?\s?\Z")
_SIDED = re.compile(r"(?:\b(?:left|right|bilateral|bilat|lt|rt|l|r|b/l|bl|both)\.?|\((?:l|r|b)\))\s{1,2}\Z")
_SIDED_AFTER = re.compile(r"\s{0,2}(?:\((?:l|r|b|left|right|bilateral)\)|bilaterally|(?:left|right|l|r|bilat)\s*(?:[,;.|)]|$)|-\s?(?:l|r|b|left|right)\b)")


class _Context:
    """What the whole note says for one sense or another; asked once for each hint."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._hints: dict[str, bool] = {}

    @cached_property
    def ids(self) -> set[str]:
        """Muscles and regions that the note names beyond doubt."""
        return {target for entity in self._note.entities if not entity.ambiguous for target in entity.targets}

    def has(self, hint: str) -> bool:
        """Whether the hint stands anywhere."""
        if hint not in self._hints:
            self._hints[hint] = _present(hint, self._note.folded, self.ids)
        return self._hints[hint]


def resolve_ambiguities(note: Note, matcher: EntityMatcher) -> None:
    """Settle or drop the ambiguous entities of ``note``; what stays ambiguous was in a site's place and is left open."""
    kept: list[Entity] = []
    context = _Context(note)
    for index, entity in enumerate(note.entities):
        name = note.folded[entity.start : entity.end]
        if name in matcher.capitals and not (note.text[entity.start : entity.end].isupper() and _in_place_of_a_site(note, index, entity)):
            continue
        if not entity.ambiguous:
            kept.append(entity)
            continue
        form = matcher.trie.get([word.text for word in split_words(note.folded[entity.start : entity.end])])
        if form is None or not form.senses:
            kept.append(entity)
            continue
        if settled := _settle(note, index, entity, form, context):
            kept.append(settled)
    note.entities = kept


def _settle(note: Note, index: int, entity: Entity, form: Form, context: _Context) -> Entity | None:
    name = note.folded[entity.start : entity.end]
    defined = note.abbreviations.get(name)
    if defined is not None:
        return Entity(entity.start, entity.end, "muscle", defined, None) if defined else None
    short = len(name.replace(".", "")) <= 3 or any(sense.kind == "word" for sense in form.senses)
    if short and not _in_place_of_a_site(note, index, entity):
        return None
    sense = _preferred(note, entity, form.senses, context)
    if sense is None:
        return entity
    if sense.kind == "muscle":
        return Entity(entity.start, entity.end, "muscle", sense.targets, sense.portion, corrected=entity.corrected)
    if sense.kind == "region":
        return Entity(entity.start, entity.end, "region", sense.targets, None)
    return None


def _in_place_of_a_site(note: Note, index: int, entity: Entity) -> bool:
    """Two and three letters are a muscle only beside a side or in a list of muscles, and in capitals where case tells."""
    raw = note.text[entity.start : entity.end]
    if not raw.isupper() and any(char.isupper() for char in note.text) and note.folded[entity.start : entity.end] in _WORDS:
        return False
    before = note.folded[max(0, entity.start - 16) : entity.start]
    if _SIDED.search(before) or _SIDED_AFTER.match(note.folded, entity.end, entity.end + 16):
        return True
    for step in (-1, 1):
        other = note.entities[index + step] if 0 <= index + step < len(note.entities) else None
        if other is None or other.kind != "muscle":
            continue
        gap = note.folded[other.end : entity.start] if step < 0 else note.folded[entity.end : other.start]
        if len(gap) < 24 and _LISTED.match(gap):
            return True
    return False


_WORDS = frozenset(["is", "it", "pt", "pm", "am", "ta", "as", "or", "in", "ms", "mt", "lt", "tp", "ps", "us", "pa"])


def _preferred(note: Note, entity: Entity, senses: tuple[Sense, ...], context: _Context) -> Sense | None:
    """The one sense that the context favours: first the neighbourhood, then the whole note, then the default."""
    all_ids = context.ids
    near = note.folded[max(0, entity.start - 400) : entity.end + 200]
    near_ids = {t for e in within(note.entities, entity.start - 199, entity.start + 200) if e is not entity and not e.ambiguous for t in e.targets}
    named = [s for s in senses if s.kind == "muscle" and any(t in all_ids for t in s.targets)]
    if len(named) == 1:
        return named[0]
    for present in (lambda hint: _present(hint, near, near_ids), context.has):
        scores = [sum(present(hint) for hint in sense.prefer if hint != "*") for sense in senses]
        best = max(scores, default=0)
        if best and scores.count(best) == 1:
            return senses[scores.index(best)]
    defaults = [sense for sense in senses if "*" in sense.prefer]
    return defaults[0] if len(defaults) == 1 else None


def _present(hint: str, text: str, ids: set[str]) -> bool:
    if hint in ids:
        return True
    if "_" in hint:
        return False
    position = text.find(hint)
    while position >= 0:
        before = text[position - 1] if position else " "
        after = text[position + len(hint)] if position + len(hint) < len(text) else " "
        if not before.isalnum() and not after.isalnum():
            return True
        position = text.find(hint, position + 1)
    return False
