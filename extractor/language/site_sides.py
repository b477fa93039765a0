"""Sides to their sites inside a clause: before, behind, shared out over a list."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, SideMark, Site
from extractor.language.gaps import FILLER, LIST_LINK, NUMBERS, PAREN, SEPARATOR, gap_kind
from extractor.language.site_levels import LEVEL_CHAIN

_WORDS_OF_SIDE_HEAD = re.compile(r"^\s*(?:sided|side)?[\s-]*(?:tpis?|trigger|dry|myofascial|injections?|shoulder|neck|upper|lower|low|side|muscles?|sites?|cervical|thoracic|lumbar|arm|leg|hip|back|body|jaw)\b")


def resolve_relative(note: Note, segment: Segment, sites: list[Site], sides: list[SideMark]) -> None:
    """Give "the same side" and "the opposite side" the side of the site last named before."""
    for mark in sides:
        if not mark.relative:
            continue
        earlier = [side for side in note.sides if side.end <= mark.start and len(side.sides) == 1]
        if not earlier:
            continue
        last = earlier[-1].sides[0]
        mark.sides = (last,) if mark.relative == "same" else ("right" if last == "left" else "left",)


def attach_sides(note: Note, segment: Segment, sites: list[Site], sides: list[SideMark]) -> None:
    if not sites:
        return
    if not sides:
        _each_side(note, sites)
        return
    sides = [side for side in sides if side.sides and not any(site.start <= side.start < site.end and site.kind == "muscle" for site in sites)]
    if any(site.kind == "muscle" for site in sites):
        sites = [site for site in sites if site.kind in ("muscle", "level", "region")]
    style_post = _post_style(note, sites, sides)
    post: list[tuple[SideMark, int]] = []  # side, index of the site that it stands behind
    broad: list[SideMark] = []
    preceded: set[int] = set()
    for side in sides:
        after = next((i for i, site in enumerate(sites) if (site.phrase or (site.start,))[0] >= side.end or site.start >= side.end), None)
        before = next((i for i in range(len(sites) - 1, -1, -1) if sites[i].end <= side.start), None)
        to_after = _gap_to(note, side.end, sites[after].start) if after is not None else "none"
        to_before = _gap_to(note, sites[before].end, side.start) if before is not None else "none"
        if note.folded[side.start : side.end].strip("()") == "both" and to_after != "tight":
            continue  # "twitch both": both of something else
        if side.adverb and _ALL_OF.search(note.folded, max(0, side.start - 14), side.start):
            for site in sites:
                if site.kind == "muscle" and not site.own_side:
                    give(site, side.sides, own=False)
            continue
        choice = _choose(note, side, sites, before, after, to_before, to_after, style_post)
        if choice == "pre" and after is not None:
            give(sites[after], side.sides, own=True)
            sites[after].phrase = (min(side.start, sites[after].phrase[0]), sites[after].phrase[1])
            preceded.add(after)
        elif choice == "post" and before is not None:
            post.append((side, before))
        else:
            broad.append(side)
    _each_side(note, sites)
    for side, index in post:
        give(sites[index], side.sides, own=True)
        sites[index].phrase = (sites[index].phrase[0], max(side.end, sites[index].phrase[1]))
    _carry_forward(note, sites, preceded, {index for _, index in post})
    for side, index in post:
        _carry_back(note, sites, side, index)
    for index, site in enumerate(sites):
        if index and site.kind == "region" and site.own_side and _OF_REGION.fullmatch(note.folded, sites[index - 1].end, (site.phrase or (site.start,))[0]):
            _carry_back(note, sites, SideMark(site.start, site.end, site.sides), index)  # "… and opponens pollicis of the left hand"
    for side in broad:
        _spread(note, segment, sites, side)


_EACH = re.compile(r"\b(?:each|either)\s(?:of\sthe\s)?(?:of\s)?(?:the\s)?\Z")


def _each_side(note: Note, sites: list[Site]) -> None:
    """ "1 mL to each trapezius": a paired muscle in the singular, each of them."""
    for site in sites:
        if site.kind == "muscle" and not site.sides:
            start = (site.phrase or (site.start, site.end))[0]
            if _EACH.search(note.folded, max(0, start - 16), start):
                give(site, ("left", "right"), own=True)


_ALL_OF = re.compile(r"\b(?:both|all|each|three|four|two|everything)(?:\s(?:of\s(?:them|these)|were|was))?\s{1,2}\Z")
_OF_REGION = re.compile(r"\s(?:muscles?\s)?(?:of|in)\s(?:the\s|his\s|her\s)?")


def give(site: Site, sides: tuple[str, ...], *, own: bool) -> None:
    site.sides = tuple(s for s in ("left", "right") if s in site.sides or s in sides)
    site.own_side = site.own_side or own


_SIDE_WORDS = re.compile(r"\b(?:on\s)?(?:the\s)?(?:left|right)\b(?:\sside)?(?=\s(?:and|,|&))")


def _gap_to(note: Note, start: int, end: int) -> str:
    text = note.folded[start:end]
    if not text.strip():
        return "tight"  # a line that is wrapped between them parts nothing
    text = LEVEL_CHAIN.sub(" ", text)
    bare = PAREN.sub(" ", text).strip("()[] \t")
    bare = _SIDE_WORDS.sub(" ", bare)
    if re.search(r"\b(?:was|were|is|are|injected|with|patient|pain|had|has|using|by)\b", bare):
        return "far"
    separated = SEPARATOR.search(bare) is not None
    rest = LIST_LINK.sub(" ", FILLER.sub(" ", NUMBERS.sub(" ", bare)))
    letters = re.sub(r"[^a-z]+", " ", rest).split()
    if not letters:
        return "list" if separated else "tight"
    if len(letters) <= 2 and not separated:
        return "tight"
    return "list" if len(letters) <= 2 else "far"


def _post_style(note: Note, sites: list[Site], sides: list[SideMark]) -> bool:
    """Whether this clause puts sides behind their muscles: nothing stands before its first muscle."""
    first = sites[0]
    start = (first.phrase or (first.start, first.end))[0]
    return not any(side.start < start for side in sides)


def _choose(note: Note, side: SideMark, sites: list[Site], before: int | None, after: int | None, to_before: str, to_after: str, style_post: bool) -> str:
    if after is None:
        if to_before in ("tight", "list"):
            return "post"
        return "post" if side.adverb and to_before == "far" and not _WORDS_OF_SIDE_HEAD.match(note.folded[side.end : side.end + 24]) and _reaches_back(note, sites[before], side) else "broad"
    if before is None:
        return "pre" if to_after == "tight" else "broad"
    gap_before = note.folded[sites[before].end : side.start]
    if side.parenthesis or (side.adverb and side.sides == ("left", "right") and note.folded[side.start : side.end].endswith("ly")):
        if to_before == "tight":
            if side.parenthesis and to_after == "tight" and not style_post and not gap_before.strip():
                return "post"
            return "post" if style_post or to_after != "tight" or side.adverb else "pre"
        return "pre" if to_after == "tight" else "post"
    if to_before == "tight" and to_after != "tight":
        return "post"
    if to_before != "tight" and to_after == "tight":
        comma_only = gap_before.strip() in (",", "-", "--", ":") and style_post
        return "post" if comma_only and re.match(r"\s*[,;.]", note.folded[side.end : side.end + 3]) else "pre"
    if to_before == "tight" and to_after == "tight":
        return "post" if style_post else "pre"
    if side.adverb and to_before == "far" and to_after != "list" and sites[before].kind == "muscle" and _reaches_back(note, sites[before], side) and not sites[before].sides:
        return "post"
    if gap_before.strip() in (",", "-", "--", ":", "|"):
        return "post"
    return "broad"


def _reaches_back(note: Note, site: Site, side: SideMark) -> bool:
    gap = note.folded[site.end : side.start]
    return len(gap) < 90 and re.search(r"\b(?:pain|radiat|headache|numb|weak)\w*", gap) is None


def _carry_forward(note: Note, sites: list[Site], preceded: set[int], posted: set[int]) -> None:
    explicit_run = 0
    for index, site in enumerate(sites):
        if index == 0:
            explicit_run = 1 if index in preceded else 0
            continue
        previous = sites[index - 1]
        if site.sides:
            explicit_run = explicit_run + 1 if index in preceded else 0
            continue
        if not previous.sides or (index - 1) in posted:
            continue
        gap = note.folded[previous.end : site.start]
        if gap_kind(note, previous.end, site.start) == "far" or ";" in gap or "\n\n" in gap:
            continue
        joined = re.search(r"\b(?:and|n)\b|&|/|\+", gap) is not None
        if explicit_run >= 2 and not joined:
            continue
        site.sides = previous.sides
        explicit_run = 0


def _carry_back(note: Note, sites: list[Site], side: SideMark, index: int) -> None:
    """A side behind the last name of a list may stand for all of it."""
    at = index
    while at > 0:
        previous = sites[at - 1]
        if previous.sides or (at != index and gap_kind(note, previous.end, sites[at].start) == "far"):
            return
        if at == index and sites[at].kind != "region" and gap_kind(note, previous.end, sites[at].start) == "far":
            return
        gap = note.folded[previous.end : sites[at].start]
        if ";" in gap or ("." in gap.replace(". ", " ", 0) and re.search(r"\.\s", gap)):
            return
        previous.sides = side.sides
        at -= 1


def _spread(note: Note, segment: Segment, sites: list[Site], side: SideMark) -> None:
    """A side that stands apart ("on the left, …", "left-sided trigger point injections of …") covers what follows it."""
    following = [site for site in sites if site.start >= side.end and not site.sides]
    if not following:
        if side.adverb:
            for site in sites:
                if not site.sides and site.end <= side.start and site.kind == "muscle" and _reaches_back(note, site, side):
                    site.sides = side.sides
        return
    tail = note.folded[side.end : side.end + 40]
    if side.adverb or _WORDS_OF_SIDE_HEAD.match(tail) or re.match(r"\s*[:,-]", tail):
        for site in following:
            if any(other.start > side.end and other.end < site.start for other in note.sides if other is not side and other.start >= segment.start):
                break
            site.sides = side.sides
