"""What the relevance gate looks for beside a needle: muscles and other procedures, found in a few words of text.

The names are those of the pipeline's own tables, and words are read as the pipeline reads them. Where the pipeline is
strict about what stands between the words of a name, the gate is not: it may find more, never less.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from extractor.language.cues import ProcedureRow
from extractor.language.entities import NOT_THE_MUSCLE
from extractor.language.gate import LIST_WORDS
from extractor.language.phrases import PhraseIndex
from extractor.language.text import fold
from extractor.language.text import words as split_words
from extractor.record.procedure import NOT_REPORTED

if TYPE_CHECKING:
    from extractor.language.reading import Resources
    from extractor.lexicon import Lexicon

__all__ = ["MuscleNames", "ProcedureNames"]

_SIDES = frozenset(["left", "right", "l", "r", "lt", "rt", "bilateral", "bilat", "bilaterally", "both", "b", "bl"])
_MUSCLE = frozenset(["muscle", "muscles", "mm", "musculature"])
_CACHE_LIMIT = 100_000  # distinct words remembered by one process: bounds memory in long jobs
_LIST_LENGTH = 1500  # characters of the longest text that is nothing but a list of sites

_WORD = re.compile(r"[^\W\d_]+")


class _Role(NamedTuple):
    """What a word may be: the beginning of a form, a form alone, a piece of a divided name, the side before a name."""

    node: dict | None = None
    alone: bool = False
    piece: bool = False
    side: bool = False
    sound: bool = False  # of a misheard name's beginning


_NONE = _Role()
_SOUND = _Role(sound=True)


class MuscleNames:
    """Whether words name a muscle, as :func:`extractor.language.entities.find_entities` would find it."""

    def __init__(self, resources: Resources) -> None:
        matcher = resources.entities
        self._correct = resources.speller.correct
        self._trie = matcher.trie
        self._capitals = matcher.capitals
        self._singles = matcher.singles
        self._misheard = matcher.misheard
        self._beginnings = matcher.beginnings
        self._roles: dict[str, _Role] = {}
        self._site_words = frozenset(matcher.trie.words()) | _SIDES | LIST_WORDS

    def named_in(self, words: Sequence[str]) -> bool:
        """Whether a muscle's name stands among the words."""
        roles = self._roles
        for at, word in enumerate(words):
            role = roles.get(word)
            if role is None:
                role = self._learn(word)
            if role is not _NONE and role is not _SOUND and self._named_at(words, at, role):
                return True
        return False

    def fill(self, low: str) -> bool:
        """Whether a text may be nothing but a list of sites ("left trapezius, right levator scapulae")."""
        if len(low) > _LIST_LENGTH:
            return False
        named = False
        for match in _WORD.finditer(low):
            word = match.group()
            if len(word) < 3 or word in self._site_words or word in self._beginnings or self._correct(word):
                named = named or len(word) > 1
            else:
                return False
        return named

    def _learn(self, word: str) -> _Role:
        """What a word may be for a name; most are nothing."""
        if len(self._roles) >= _CACHE_LIMIT:
            self._roles.clear()
        node = self._trie.node(self._correct(word) or word)
        form = None if node is None else node.get("")
        alone = form is not None and form.kind == "muscle"
        role = _Role(node, alone, len(word) > 1 and word in self._beginnings, word in _SIDES, self._misheard.may_begin(word))
        self._roles[word] = role = role if any(role[:4]) else _SOUND if role.sound else _NONE
        return role

    def _named_at(self, words: Sequence[str], at: int, role: _Role) -> bool:
        following = words[at + 1] if at + 1 < len(words) else ""
        if role.node is not None and (role.alone or (self._correct(following) or following) in role.node):
            if self._form_at(words, at):
                return True
        if role.piece and following and self._pieces_at(words, at):
            return True
        return role.side and self._misheard_at(words, at + 1)

    def _form_at(self, words: Sequence[str], at: int) -> bool:
        node = self._trie.node(self._correct(words[at]) or words[at])
        last = at
        while node is not None:
            form = node.get("")
            if form is not None and form.kind == "muscle" and self._stands_for_muscle(words, at, last, form.ambiguous):
                return True
            last += 1
            if last >= len(words):
                return False
            node = node.get(self._correct(words[last]) or words[last])
        return False

    def _stands_for_muscle(self, words: Sequence[str], at: int, last: int, ambiguous: bool) -> bool:
        after = words[last + 1 : last + 3]
        if after and (after[0] in NOT_THE_MUSCLE or (after[0] in _MUSCLE and after[-1] in NOT_THE_MUSCLE)):
            return False
        if not ambiguous:
            return True
        if " ".join(words[at : last + 1]) in self._capitals:
            return False  # "is", "am": an ordinary word; the names that stand beside it speak for the note
        return any(word in _SIDES or word in _MUSCLE for word in (*words[max(0, at - 2) : at], *after))

    def _pieces_at(self, words: Sequence[str], at: int) -> bool:
        """ "infra spinatus", "levator-\\nscapulae", "levatorscapulae"."""
        solid = words[at]
        for word in words[at + 1 : at + 4]:
            if len(word) < 2:
                return False
            solid += word
            if solid in self._singles:
                return True
            if solid not in self._beginnings:
                return False
        return False

    def _misheard_at(self, words: Sequence[str], at: int) -> bool:
        if at >= len(words) or len(words[at]) < 3 or not (self._roles.get(words[at]) or self._learn(words[at])).sound:
            return False
        text = " ".join(words[at : at + 6])
        return self._misheard.find(split_words(text), 0, text) is not None


class ProcedureNames:
    """Names of the other procedures that a record reports."""

    def __init__(self, lexicon: Lexicon) -> None:
        kept = [row for row in lexicon.table("procedures", ProcedureRow) if row.kind not in NOT_REPORTED]
        self._index: PhraseIndex[str] = PhraseIndex([(row.procedure, row.kind) for row in kept])
        self._firsts = frozenset(self._index.first_words())

    def may_start(self, words: Sequence[str]) -> bool:
        """Whether one of the words may begin such a name."""
        return not self._firsts.isdisjoint(words)

    def named_in(self, low: str) -> bool:
        """Whether a stretch of text holds such a name."""
        folded = fold(low)
        return next(self._index.find(folded, split_words(folded), len(folded)), None) is not None
