"""Injection sites: each muscle or region mention with its portions, levels, sides and head.

The grammar is that of lists. A side stands before its muscle ("left upper trapezius"), behind it ("trapezius (L)"),
over a list ("bilateral trapezius, rhomboids and levator"), behind a list ("trapezius and levator bilaterally"), or in
a heading ("LEFT:"). A level may stand for a muscle named elsewhere in its list ("bilateral T2-3 paraspinous, T4-5").
"""

from __future__ import annotations

import re
from bisect import bisect_left

from extractor.language.annotations import Entity, LevelMark, Note, Segment, SideMark, Site
from extractor.language.laterality import taken_back
from extractor.language.text import words as split_words
from extractor.lexicon import Lexicon

_STRUCTURES = frozenset(["joint", "tendon", "nerve", "bone", "ligament", "bursa", "fascia"])
_PAREN = re.compile(r"\([^()\n]{0,80}\)|\[[^\[\]\n]{0,60}\]")
_FILLER = re.compile(
    r"\b(?:the|his|her|muscles?|musculature|mm|m|of|fib(?:er|re)s?|portions?|part|parts|head|heads|belly|bellies|region|area|areas|aspect|group|groups|side|sided|at|level|levels|trigger|points?|site|sites|"
    r"active|latent|taut|tight|tender|x|cc|ml|inj|injections?|each|to|both|medially|laterally|superiorly|inferiorly|proximal|distal|mid|very|more|also|then|a|an|one|two|three|four|from)\b"
)
_SEPARATOR = re.compile(r"[,;/&|+\n]|\b(?:and|or|with|into|plus|then|while|as well as|n)\b|\s-{1,2}\s")
_LIST_LINK = re.compile(r"\b(?:and|or|plus|as well as|also|then|the|n|along with|together with|followed by|through|thru)\b|[\s,/&+;|.*-]+")
_NUMBERS = re.compile(r"[\d.]+\s?(?:cc|ml|mls|units?|u|mg|%)?\b|\bx\s?\d+\b|#\s?\d+")
_WORDS_OF_SIDE_HEAD = re.compile(r"^\s*(?:sided|side)?[\s-]*(?:tpis?|trigger|dry|myofascial|injections?|shoulder|neck|upper|lower|low|side|muscles?|sites?|cervical|thoracic|lumbar|arm|leg|hip|back|body|jaw)\b")


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


def build_sites(note: Note, portions: PortionWords) -> None:
    """Fill ``note.sites`` with sides, portions and levels resolved inside each clause."""
    note.sites = []
    starts = [word.start for word in note.words]
    by_segment: dict[int, list[Site]] = {}
    segment_starts = [segment.start for segment in note.segments]
    for entity in note.entities:
        if entity.kind in ("word", "side", "level"):
            continue
        index = _segment_of(note, segment_starts, entity.start)
        if index is None:
            continue
        site = _site(note, entity, index, portions, starts)
        by_segment.setdefault(index, []).append(site)
    levels_by_segment = _by_segment(note.levels, segment_starts, note.segments)
    sides_by_segment = _by_segment(note.sides, segment_starts, note.segments)
    for index, segment in enumerate(note.segments):
        sites = by_segment.get(index, [])
        levels = levels_by_segment.get(index, [])
        sides = sides_by_segment.get(index, [])
        sites = _attach_levels(note, segment, index, sites, levels, sides)
        _resolve_relative(note, segment, sites, sides)
        _attach_sides(note, segment, sites, sides)
        note.sites.extend(sites)
    note.sites.sort(key=lambda site: site.start)
    _sides_from_rows(note)
    _sides_from_values(note)
    _leave_open(note)
    _sides_from_above(note)
    _sides_from_levels(note)
    for site, following in zip(note.sites, note.sites[1:], strict=False):
        if following.start - site.end < 60 and taken_back(note, site.end, following.start):
            site.assertion, site.rule = "negated", "taken-back"


def _by_segment(marks: list, starts: list[int], segments: list[Segment]) -> dict[int, list]:
    """Marks by the clause in which they start."""
    found: dict[int, list] = {}
    ordered = sorted(range(len(segments)), key=starts.__getitem__)
    sorted_starts = [starts[index] for index in ordered]
    for mark in marks:
        at = bisect_left(sorted_starts, mark.start + 1) - 1
        while at >= 0 and sorted_starts[at] >= mark.start - 4000:
            segment = segments[ordered[at]]
            if segment.start <= mark.start < segment.end:
                found.setdefault(ordered[at], []).append(mark)
            at -= 1
            if segment.end <= mark.start and at >= 0 and segments[ordered[at]].end <= mark.start:
                break
    return found


def _sides_from_levels(note: Note) -> None:
    """ "the lumbar paraspinals …, these being at L3 and at L5 on each side": the side stands at the levels."""
    for site, following in zip(note.sites, note.sites[1:], strict=False):
        if site.kind == "muscle" and not site.sides and following.kind == "level" and following.sides and following.segment == site.segment:
            site.sides = following.sides


def _sides_from_values(note: Note) -> None:
    """ "Splenius cervicis: left only, .25x30": the side opens what stands behind the label."""
    labelled: dict[int, list[Site]] = {}
    for site in note.sites:
        if note.segments[site.segment].is_label and site.kind == "muscle":
            labelled.setdefault(site.segment, []).append(site)
    for index, sites in labelled.items():
        if len(sites) != 1 or sites[0].sides or index + 1 >= len(note.segments) or note.segments[index + 1].unit != note.segments[index].unit:
            continue
        start = note.segments[index + 1].start
        mark = next((side for side in note.sides if side.sides and 0 <= side.start - start <= 3), None)
        if mark:
            _give(sites[0], mark.sides, own=True)


def _leave_open(note: Note) -> None:
    """A site beside an unresolved pick list may be either side: its sides are in doubt."""
    for start, end in note.open_sides:
        near = [s for s in note.sites if s.kind == "muscle" and not s.sides and note.units[note.segments[s.segment].unit].start <= start < note.units[note.segments[s.segment].unit].end]
        for site in near:
            if abs(site.start - end) < 60 or abs(start - site.end) < 60:
                site.clash = ("left", "right")


_EMPTY_CELL = re.compile(r"[\s_.-]*(?:0|no|none|n|n/a|held|deferred|not .*|\[\s*\]|\(\s*\)|[\u2610\u25a1])?[\s_.-]*")


def _sides_from_rows(note: Note) -> None:
    """Sides from side boxes, and from the other cells of a table row."""
    for site in note.sites:
        segment = note.segments[site.segment]
        if segment.sides:
            _give(site, segment.sides, own=True)
        unit = note.units[segment.unit]
        if segment.cell is None or site.kind not in ("muscle", "region") or site.own_side:
            continue
        found: set[str] = set()
        for cell in unit.cells:
            if cell.start <= site.start < cell.end:
                continue
            text = note.folded[cell.start : cell.end].strip()
            column = _SIDE_COLUMN.fullmatch(cell.header)
            if column:
                if not _EMPTY_CELL.fullmatch(text):
                    found.update(("left",) if column["side"][0] == "l" else ("right",) if column["side"][0] == "r" else ("left", "right"))
                continue
            marks = [side for side in note.sides if cell.start <= side.start and side.end <= cell.end]
            if (marks and len(text) <= 2 + sum(mark.end - mark.start for mark in marks) + 8) or (marks and re.search(r"side|later", cell.header)):
                for mark in marks:
                    found.update(mark.sides)
        if found:
            _give(site, tuple(found), own=True)


_SIDE_COLUMN = re.compile(r"(?P<side>left|right|lt|rt|l|r|bilateral|both|b)(?:\sside)?(?:\s?\([^)]*\)|\s(?:ml|cc|units?|u|#|no\.?|vol|volume|inj|pts?|points?|sites?|tps?|sticks?|count|n))?")


def _sides_from_above(note: Note) -> None:
    """A site without a side takes that of the label or heading over it ("LEFT:", "Injected (L)")."""
    for site in note.sites:
        if site.sides or site.kind not in ("muscle", "level"):
            continue
        segment = note.segments[site.segment]
        unit = note.units[segment.unit]
        spans = [unit.label] if unit.label and not segment.is_label and site.start >= unit.label[1] else []
        index = unit.parent
        for _ in range(4):
            if index is None:
                break
            spans.append((note.units[index].start, note.units[index].end))
            index = note.units[index].parent
        title = note.sections[segment.section].title
        if title:
            spans.append(title)
        for start, end in spans:
            if end - start > 160 or any(other.start >= start and other.end <= end and other.kind == "muscle" for other in note.sites):
                continue
            marks = [side for side in note.sides if start <= side.start < end and side.sides]
            if marks:
                sides = {s for mark in marks for s in mark.sides}
                site.sides = tuple(s for s in ("left", "right") if s in sides)
                break


def _resolve_relative(note: Note, segment: Segment, sites: list[Site], sides: list[SideMark]) -> None:
    """Give "the same side" and "the opposite side" the side of the site last named before."""
    for mark in sides:
        if not mark.relative:
            continue
        earlier = [side for side in note.sides if side.end <= mark.start and len(side.sides) == 1]
        if not earlier:
            continue
        last = earlier[-1].sides[0]
        mark.sides = (last,) if mark.relative == "same" else ("right" if last == "left" else "left",)


def _segment_of(note: Note, starts: list[int], position: int) -> int | None:
    at = bisect_left(starts, position + 1) - 1
    # labels and their contents are yielded in order, but boxes may reorder: look back a little
    for index in range(at, max(-1, at - 3), -1):
        if note.segments[index].start <= position < note.segments[index].end:
            return index
    return None


def _site(note: Note, entity: Entity, segment: int, portions: PortionWords, starts: list[int]) -> Site:
    muscle = entity.kind == "muscle"
    site = Site(
        entity.start, entity.end, segment, targets=entity.targets if muscle else (), kind="muscle" if muscle else entity.kind,
        region=None if muscle else entity.targets[0], ambiguous=entity.ambiguous, corrected=entity.corrected,
        portions=(entity.portion,) if entity.portion else (), phrase=(entity.start, entity.end),
    )  # fmt: skip
    if muscle:
        first = bisect_left(starts, entity.start)
        last = bisect_left(starts, entity.end) - 1
        found = list(site.portions)
        start = _portions_before(note, site, portions, first, found)
        end = _portions_after(note, site, portions, last, found)
        site.portions = tuple(dict.fromkeys(found))
        site.phrase = (start, end)
        if site.portions and len(site.targets) == 1:
            portions.name_members(site)
    return site


def _portions_before(note: Note, site: Site, portions: PortionWords, first: int, found: list[str]) -> int:
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


def _portions_after(note: Note, site: Site, portions: PortionWords, last: int, found: list[str]) -> int:
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


def _gap_kind(note: Note, start: int, end: int) -> str:
    """What lies between two elements of a list: tight (only modifiers), list (separators), or far (other words)."""
    text = note.folded[start:end]
    if not text.strip():
        return "tight"
    bare = _PAREN.sub(" ", text)
    bare = bare.strip("()[] \t")
    separated = _SEPARATOR.search(bare) is not None
    rest = _NUMBERS.sub(" ", bare)
    rest = _FILLER.sub(" ", rest)
    rest = _LIST_LINK.sub(" ", rest)
    letters = re.sub(r"[^a-z]+", " ", rest).split()
    if len(letters) > 2:
        return "far"
    if separated:
        return "list"
    return "tight" if len(letters) <= 1 else "far"


def _attach_levels(note: Note, segment: Segment, index: int, sites: list[Site], levels: list[LevelMark], sides: list[SideMark]) -> list[Site]:
    """Give levels to their muscles; a level that stands alone in a list of muscles becomes a site with their head."""
    if not levels:
        return sites
    result = list(sites)
    muscles = [site for site in sites if site.kind == "muscle"]
    left_over: list[LevelMark] = []
    for level in levels:
        owner = _level_owner(note, level, muscles, sides)
        if owner is None:
            left_over.append(level)
        else:
            owner.levels = (*owner.levels, *(name for name in level.levels if name not in owner.levels))
            start, end = owner.phrase or (owner.start, owner.end)
            owner.phrase = (min(start, level.start), max(end, level.end) if level.start > owner.end and level.start - owner.end < 30 else end)
    for level in left_over:
        head = next((site for site in reversed(muscles) if site.end <= level.start), None) or next((s for s in muscles if s.levels), None)
        if head is None or not head.levels:
            head = next((site for site in muscles if site.levels), None)
        if head is not None and _list_between(note, head, level):
            result.append(
                Site(level.start, level.end, index, targets=head.targets, kind="muscle", levels=level.levels, inferred=True, phrase=(level.start, level.end))
            )
        elif head is None and not re.match(r"\s(?:transverse|spinous|vertebra\w*|lamina|pedicle|nerve|disc|disk|process|tp\b)", note.folded[level.end : level.end + 14]):
            result.append(Site(level.start, level.end, index, kind="level", levels=level.levels, phrase=(level.start, level.end)))
    result.sort(key=lambda site: site.start)
    return result


def _level_owner(note: Note, level: LevelMark, muscles: list[Site], sides: list[SideMark]) -> Site | None:
    after = next((site for site in muscles if site.start >= level.end), None)
    before = next((site for site in reversed(muscles) if site.end <= level.start), None)
    if after is not None:
        gap = note.folded[level.end : after.start]
        if not any(level.end <= side.start and side.end <= after.start for side in sides) and _level_reaches(gap):
            return after
    if before is not None:
        gap = note.folded[before.end : level.start]
        sided = any(before.end <= side.start and side.end <= level.start and not side.parenthesis and not side.adverb for side in sides)
        if not sided and _level_follows(gap):
            return before
    return None


_LEVEL_CHAIN = re.compile(r"[ctls][- ]?\d{1,2}(?:\s?[-/]\s?[ctls]?\d{1,2})?")
_LEVEL_BETWEEN = re.compile(r"\b(?:and|to|through|thru|level|levels|muscles?|region|area|the|on|at|of|mid|upper|lower|superficial|deep|spinal|vertebral|paravertebral|cervical|thoracic|lumbar|left|right|bilateral(?:ly)?|side|sides|both|from|lt|rt|l|r|c|t)\b|[\s,/&()+-]+|\d+")


def _level_reaches(gap: str) -> bool:
    """Whether only further levels and modifiers stand between a level and the muscle behind it."""
    rest = _LEVEL_CHAIN.sub(" ", gap)
    if re.search(r"\b(?:left|right|bilateral|l|r|lt|rt)\b", rest):
        return False
    rest = re.sub(r"\b(?:and|to|level|levels|the|superficial|deep|cervical|thoracic|lumbar|mid|upper|lower|spinous|spine|region|muscles?|or)\b|[\s,/&()+-]+|\d+", "", rest)
    return rest == "" and len(gap) < 60 and not gap.strip().startswith("(")


def _level_follows(gap: str) -> bool:
    """Whether a level behind a muscle speaks of it ("paraspinals at C5, C6", "multifidus (L4-5)")."""
    rest = _LEVEL_CHAIN.sub(" ", gap)
    rest = _LEVEL_BETWEEN.sub("", rest)
    if rest.strip():
        return False
    return len(gap) < 90


def _list_between(note: Note, head: Site, level: LevelMark) -> bool:
    start, end = (head.end, level.start) if head.end <= level.start else (level.end, head.start)
    gap = note.folded[start:end]
    if re.search(r"\b(?:disc|disk|stenosis|herniation|radiculopathy|mri|fusion|laminectomy|facet|epidural|dermatome|fracture|spondyl\w+|degenerat\w+)\b", note.folded[max(0, level.start - 40) : level.end + 40]):
        return False
    return end - start < 400 and re.search(r"\b(?:was|were|is|are|had|has)\b", gap) is None


def _attach_sides(note: Note, segment: Segment, sites: list[Site], sides: list[SideMark]) -> None:
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
                    _give(site, side.sides, own=False)
            continue
        choice = _choose(note, side, sites, before, after, to_before, to_after, style_post)
        if choice == "pre" and after is not None:
            _give(sites[after], side.sides, own=True)
            sites[after].phrase = (min(side.start, sites[after].phrase[0]), sites[after].phrase[1])
            preceded.add(after)
        elif choice == "post" and before is not None:
            post.append((side, before))
        else:
            broad.append(side)
    _each_side(note, sites)
    for side, index in post:
        _give(sites[index], side.sides, own=True)
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
                _give(site, ("left", "right"), own=True)


_ALL_OF = re.compile(r"\b(?:both|all|each|three|four|two|everything)(?:\s(?:of\s(?:them|these)|were|was))?\s{1,2}\Z")


_OF_REGION = re.compile(r"\s(?:muscles?\s)?(?:of|in)\s(?:the\s|his\s|her\s)?")


def _give(site: Site, sides: tuple[str, ...], *, own: bool) -> None:
    site.sides = tuple(s for s in ("left", "right") if s in site.sides or s in sides)
    site.own_side = site.own_side or own


_SIDE_WORDS = re.compile(r"\b(?:on\s)?(?:the\s)?(?:left|right)\b(?:\sside)?(?=\s(?:and|,|&))")


def _gap_to(note: Note, start: int, end: int) -> str:
    text = note.folded[start:end]
    text = _LEVEL_CHAIN.sub(" ", text)
    bare = _PAREN.sub(" ", text).strip("()[] \t")
    bare = _SIDE_WORDS.sub(" ", bare)
    if re.search(r"\b(?:was|were|is|are|injected|with|patient|pain|had|has|using|by)\b", bare):
        return "far"
    separated = _SEPARATOR.search(bare) is not None
    rest = _LIST_LINK.sub(" ", _FILLER.sub(" ", _NUMBERS.sub(" ", bare)))
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
        if _gap_kind(note, previous.end, site.start) == "far" or ";" in gap or "\n\n" in gap:
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
        if previous.sides or (at != index and _gap_kind(note, previous.end, sites[at].start) == "far"):
            return
        if at == index and sites[at].kind != "region" and _gap_kind(note, previous.end, sites[at].start) == "far":
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
