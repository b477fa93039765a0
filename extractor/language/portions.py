"""Parts of a muscle named before or behind it: "upper fibers of the trapezius", "medial head"."""

from __future__ import annotations

from extractor.language.annotations import Note, Site
from extractor.language.text import words as split_words
from extractor.lexicon import Lexicon


class PortionWords:
    """Words for parts of muscles, from lexicons/portions.tsv."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._by_form: dict[tuple[str, ...], list[tuple[str, frozenset[str]]]] = {}
        for row in lexicon.portions:
            key = tuple(word.text for word in split_words(row.form))
            self._by_form.setdefault(key, []).append((row.portion, frozenset(row.applies_to)))
        self.member_of = _members_by_portion(lexicon)
        self.longest = max((len(key) for key in self._by_form), default=0)

    def portion(self, key: tuple[str, ...], targets: tuple[str, ...]) -> str | None:
        """Portion id that the words name for one of ``targets``."""
        for portion, applies in self._by_form.get(key, ()):
            if "*" in applies or any(target in applies for target in targets):
                return portion
        return None

    def name_members(self, site: Site) -> None:
        """ "Scalenes (anterior and middle)": portions of a group that are muscles of their own."""
        group = site.targets[0]
        members = tuple(self.member_of.get((group, portion), "") for portion in site.portions)
        if all(members):
            site.targets, site.portions = members, ()

    def known(self, key: tuple[str, ...]) -> bool:
        return key in self._by_form


def _members_by_portion(lexicon: Lexicon) -> dict[tuple[str, str], str]:
    """(group, portion) -> the member whose name is the portion and the group's name ("anterior scalene")."""
    found: dict[tuple[str, str], str] = {}
    words = {row.form: row.portion for row in lexicon.portions if " " not in row.form}
    for row in lexicon.forms:
        first, _, rest = row.form.partition(" ")
        if row.ambiguous or len(row.target) != 1 or row.portion or not rest or first not in words:
            continue
        for ancestor in lexicon.ancestors(row.target[0]):
            if lexicon.muscles[ancestor].kind == "group" and any(rest.rstrip("s") == other.form.rstrip("s") for other in lexicon.senses(rest) if getattr(other, "target", None) == (ancestor,)):
                found.setdefault((ancestor, words[first]), row.target[0])
    return found


_BEFORE_PORTION = frozenset(["of", "the", "fibers", "fibres", "portion", "part", "head", "belly", "muscle", "muscles", "region", "area", "aspect", "third", "half"])
_BEFORE_LINK = frozenset(["and", "or", "n", "to"])


def portions_before(note: Note, site: Site, portions: PortionWords, first: int, found: list[str]) -> int:
    """ "upper and middle trapezius", "long head of the biceps": walks back, returns where the phrase starts."""
    words, at, start = note.words, first - 1, site.start
    pending_link = False
    collected: list[str] = []
    while at >= 0:
        gap = note.folded[words[at].end : words[at + 1].start]
        if len(gap) > 4 or (any(char in gap for char in ".;:()|\n") and gap.strip()) or "\n\n" in gap:
            break
        hit = None
        for length in range(min(portions.longest, at + 1), 0, -1):
            key = tuple(word.text for word in words[at - length + 1 : at + 1])
            if portion := portions.portion(key, site.targets):
                hit = (length, portion)
                break
        if hit:
            at -= hit[0]
            start = words[at + 1].start
            collected.insert(0, hit[1])
            pending_link = False
            continue
        text = words[at].text
        comma = "," in gap or "/" in gap or "&" in gap or "+" in gap
        if text in _BEFORE_LINK and collected and not pending_link:
            pending_link = True
        elif text in _BEFORE_PORTION and not comma:
            pass
        else:
            break
        at -= 1
    found[:0] = collected
    return start


def portions_after(note: Note, site: Site, portions: PortionWords, last: int, found: list[str]) -> int:
    """ "trapezius, upper fibers", "trapezius (upper and middle)": walks on, returns where the phrase ends."""
    words, at, end = note.words, last + 1, site.end
    size = len(words)
    bracket = False
    while at < size:
        gap = note.folded[words[at - 1].end : words[at].start]
        if len(gap) > 4 or "\n" in gap or any(char in gap for char in ".;:|"):
            break
        if "(" in gap:
            bracket = True
        if ")" in gap and bracket:
            break
        text = words[at].text
        if text in ("muscle", "muscles", "musculature", "mm", "m", "belly") and at == last + 1:
            at += 1
            last += 1
            end = words[at - 1].end
            continue
        hit = None
        for length in range(min(portions.longest, size - at), 0, -1):
            key = tuple(word.text for word in words[at : at + length])
            portion = portions.portion(key, site.targets)
            if portion:
                hit = (length, portion)
                break
        if hit is None:
            if text in _BEFORE_LINK and found and at + 1 < size and portions.portion((words[at + 1].text,), site.targets) and bracket:
                at += 1
                continue
            break
        following = words[at + hit[0]] if at + hit[0] < size else None
        if not bracket and following is not None:
            after = note.folded[words[at + hit[0] - 1].end : following.start]
            # "trapezius, upper rhomboids", "trapezius and lower ...": the word belongs to what follows
            explicit = words[at + hit[0] - 1].text in ("fibers", "fibres", "portion", "part", "head", "belly", "third")
            if not explicit and not any(char in after for char in ",;.:)(\n") and after.strip() == "" and following.text not in ("and", "x", "with", "was", "were"):
                break
            if "," in gap and not explicit and "," not in after and ";" not in after:
                break
        found.append(hit[1])
        at += hit[0]
        end = words[at - 1].end
    return end
