"""Distinct muscles from many mentions: titles and bodies, sides, corrections, doubts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from extractor.language.annotations import Note, Site
from extractor.language.frames import Frame
from extractor.language.sections import section_at
from extractor.language.segments import ticked_sides
from extractor.lexicon import Lexicon
from extractor.models import Area, Doubt, Finding, Muscle
from extractor.record.addenda import apply_addenda
from extractor.record.evidence import evidence
from extractor.record.unknown import unknown_sites, unknown_words

_SIDE_ORDER = ("left", "right")


@dataclass
class Sites:
    """What was injected, and what stands in doubt."""

    muscles: list[Muscle] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    examined: list[Muscle] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    injected: list[Site] = field(default_factory=list)


def merge_sites(note: Note, lexicon: Lexicon) -> Sites:
    """Merge the note's injected sites into distinct muscles, areas and doubts."""
    result = Sites()
    result.findings.extend(apply_addenda(note, lexicon))
    injected = [site for site in note.sites if site.assertion == "injected"]
    named = [site for site in injected if site.kind == "muscle" and not site.ambiguous]
    _take_named_members(note, lexicon, named)
    titles = [site for site in named if is_title(note, site)]
    bodies = [site for site in named if site not in titles]
    if bodies and titles and _only_repeats(note, bodies, titles):
        bodies, titles = named, []
    _inherit_sides(note, bodies or titles, titles)
    muscles = merge_muscles(note, lexicon, _without_headings(lexicon, bodies or titles))
    if bodies and titles and not _cut_short(note):
        _hold_against_title(note, lexicon, result, muscles, titles)
    result.doubts.extend(_weak(note, lexicon, bodies or titles, muscles))
    result.doubts.extend(unknown_sites(note, injected, lexicon))
    result.doubts.extend(unknown_words(note, lexicon))
    result.muscles = list(muscles.values())
    result.areas = _areas(note, injected, bool(muscles))
    result.doubts.extend(_ambiguous(note, lexicon, injected, muscles))
    result.injected = bodies or titles
    if not result.muscles:
        result.examined = _examined(note, lexicon)
    return result


def _take_named_members(note: Note, lexicon: Lexicon, sites: list[Site]) -> None:
    """ "The splenius" is the splenius capitis where the visit names that one, and no other splenius."""
    named = {
        target
        for other in note.sites
        if other.kind == "muscle" and not other.ambiguous and other.assertion in ("finding", "injected") and note.is_current(note.segments[other.segment])
        for target in other.targets
    }
    for site in sites:
        if len(site.targets) != 1 or site.levels or site.portions:
            continue
        stem = site.targets[0].rstrip("s")
        members = {target for target in named if target != site.targets[0] and target.startswith(stem) and site.targets[0] in lexicon.ancestors(target)}
        if len(members) == 1:
            site.targets = (members.pop(),)


def _without_headings(lexicon: Lexicon, sites: list[Site]) -> list[Site]:
    """Leave out collective names that only announce or repeat members named beside them.

    "Pelvic floor trigger points: …" announces; "the needle was kept flat over the rhomboid", after the rhomboid major
    was injected, repeats. A collective name with a side, a level or a number of its own is a site of its own.
    """
    named = {target for site in sites for target in site.targets}
    kept = []
    for site in sites:
        target = site.targets[0] if len(site.targets) == 1 else None
        member = target is not None and any(target in lexicon.ancestors(other) for other in named if other != target)
        announces = site.rule == "cue-tpi" and not site.injections and target is not None and lexicon.muscles[target].kind == "group"
        repeats = not site.own_side and not site.levels and not site.injections and not site.portions
        if not (member and (announces or repeats)):
            kept.append(site)
    return kept


def _only_repeats(note: Note, bodies: list[Site], titles: list[Site]) -> bool:
    """Whether the text under a heading names one of its sites again in passing and tells nothing new of any."""
    announced = {target for site in titles for target in site.targets}
    if len(announced) < 2:
        return False
    for site in bodies:
        segment = note.segments[site.segment]
        told = site.own_side or site.injections or site.rule.startswith(("cue-", "marked", "row"))
        if told or not set(site.targets) <= announced or re.search(r"\d\s?(?:cc|ml)\b", note.folded[segment.start : note.units[segment.unit].end]):
            return False
    return True


def is_title(note: Note, site: Site) -> bool:
    """Whether the site stands in a heading-like line that names the procedure, not in its description."""
    if site.rule not in ("cue-tpi", "listed-in-procedure", "cue-plan"):
        return False
    segment = note.segments[site.segment]
    unit = note.units[segment.unit]
    section = note.sections[segment.section]
    if segment.cell is not None or unit.bullet or segment.box is not None or unit.parent is not None:
        return False
    if section.category not in ("procedure", "none", "header", "billing", "diagnosis"):
        return False
    if site.rule == "listed-in-procedure" and not (section.title and unit.start <= section.title[0] < unit.end and _names_procedure(note, section.title)):
        return False
    if site.rule == "cue-tpi" and not _starts_with_procedure(note, site, unit.body):
        return False
    text = note.folded[unit.body : unit.end]
    return len(text) < 260 and not re.search(r"\d\s?(?:cc|ml)\b|\binjected\b|\bprepped\b|\bneedle\b", text)


def _names_procedure(note: Note, title: tuple[int, int]) -> bool:
    return re.search(r"procedures?(?:\s(?:performed|name|title|note))?s?\s*$|operation|title", note.folded[title[0] : title[1]]) is not None


def _starts_with_procedure(note: Note, site: Site, body: int) -> bool:
    before = note.folded[body : site.start]
    return re.search(r"trigger|tpi|needling|injection", before) is not None


def _inherit_sides(note: Note, sites: list[Site], titles: list[Site]) -> None:
    """A side stated once for the procedure ("left-sided trigger point injections") holds for sites without one."""
    bare = [site for site in sites if not site.sides]
    if not bare:
        return
    own = {target for site in sites if site.sides for target in site.targets}
    bare = [site for site in bare if not (site.targets and site.targets[0] in own) and not site.clash]  # else named again without its side
    marked = _stated_sides(note, lambda category, frame: frame.procedural)
    current = lambda category: category not in ("history", "plan", "followup", "subjective")  # noqa: E731
    found = _stated_sides(note, lambda category, frame: current(category))
    found |= _stated_sides(note, lambda category, frame: current(category) and bool(frame.modifiers & {"point"}))
    general = _procedure_side(note)
    others = {site.sides for site in sites if site.sides}
    common = next(iter(others)) if len(others) == 1 else ()
    only_side = cache(lambda: _only_side(note))
    for site in bare:
        target = site.targets[0] if site.targets else ""
        sides = marked.get(target) or general or found.get(target) or ()
        if len(sides) == 2 and len(common) == 1 and not general:
            sides = common  # examined on both sides, injected on one
        site.sides = sides or only_side()


def _stated_sides(note: Note, counts: Callable[[str, Frame], bool]) -> dict[str, tuple[str, ...]]:
    """Sides that the current visit gives for each muscle in the sections that count."""
    stated: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for site in note.sites:
        section = note.sections[note.segments[site.segment].section]
        if not site.sides or not note.visits[section.visit].current or site.assertion not in ("injected", "finding", "planned"):
            continue
        if site.rule == "clean-finding" or not counts(section.category, note.frames[site.segment]):
            continue
        for target in site.targets:
            stated[target] = tuple(s for s in _SIDE_ORDER if s in stated[target] or s in site.sides)
    return stated


_ALL_ON = re.compile(r"\ball\s(?:(?:were\s|are\s)?on\s)?(?:the\s)?(?P<side>left|right|l|r)\b")
_SIDE_LABEL = re.compile(r"(?:side|laterality|injected side|side injected|side\(s\))\s*")
_POSTURE = re.compile(r"\b(?:lying|lay|laid|position\w*|decubitus|turned|rotat\w*|hand(?:ed)?|arm\s(?:overhead|over)|bp|blood pressure|iv|gait|foot)\b")


def _procedure_side(note: Note) -> tuple[str, ...]:
    """The side that the procedure as a whole has: in its title, "all on the left", else the only side of the note."""
    sides: set[str] = set()
    loose = _loose_sides(note)
    for unit in note.units:
        if unit.label and _SIDE_LABEL.fullmatch(note.folded, *unit.label) and (ticked := ticked_sides(note, unit.label[1], unit.end)):
            return ticked
    for index, segment in enumerate(note.segments):
        frame = note.frames[index]
        if match := _ALL_ON.search(note.folded, segment.start, segment.end):
            if frame.procedural or frame.whole == "injected" or note.sections[segment.section].category == "none":
                return ("left",) if match["side"][0] == "l" else ("right",)
        if frame.whole not in ("injected", "nominal") or not any(cue.type == "tpi" for cue in frame.cues):
            continue
        for mark in loose:
            if segment.start <= mark.start < segment.end:
                sides.update(mark.sides)
    return tuple(s for s in _SIDE_ORDER if s in sides)


def _loose_sides(note: Note) -> list:
    """Side marks that no muscle has taken."""
    taken = sorted(site.phrase for site in note.sites if site.kind == "muscle" and site.phrase)
    starts = [start for start, _ in taken]
    reach = list(accumulate((end for _, end in taken), max))  # how far any phrase goes that starts no later
    free = []
    for mark in note.sides:
        at = bisect_right(starts, mark.start) - 1
        if mark.sides and not (at >= 0 and reach[at] > mark.start):
            free.append(mark)
    return free


def _only_side(note: Note) -> tuple[str, ...]:
    """The side of complaint, examination and assessment where the current note speaks of no other."""
    found: set[tuple[str, ...]] = set()
    count = 0
    for mark in note.sides:
        section = note.sections[section_at(note, mark.start)]
        if not mark.sides or not note.visits[section.visit].current or section.category in ("history", "family_history", "vitals", "medications", "allergies", "imaging", "social_history"):
            continue
        if _POSTURE.search(note.folded, max(0, mark.start - 30), min(len(note.folded), mark.end + 24)):
            continue
        found.add(mark.sides)
        count += 1
    return found.pop() if len(found) == 1 and len(next(iter(found))) == 1 else ()


def merge_muscles(note: Note, lexicon: Lexicon, sites: list[Site]) -> dict[str, Muscle]:
    """One entry for each muscle, with the sides, portions, levels and injections of all of its mentions."""
    muscles: dict[str, Muscle] = {}
    counts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for site in sites:
        for target in site.targets:
            entry = lexicon.muscles[target]
            muscle = muscles.get(target)
            if muscle is None:
                muscle = muscles[target] = Muscle(id=target, name=entry.name, kind=entry.kind)
            muscle.sides = [s for s in _SIDE_ORDER if s in muscle.sides or s in site.sides]
            if site.clash and not site.sides:
                muscle.doubtful_sides = [s for s in _SIDE_ORDER if s in muscle.doubtful_sides or s in site.clash]
            muscle.portions.extend(p for p in site.portions if p not in muscle.portions)
            muscle.levels.extend(level for level in site.levels if level not in muscle.levels)
            start, end = site.phrase or (site.start, site.end)
            muscle.evidence.append(evidence(note, start, end))
            if site.injections:
                counts[target][note.segments[site.segment].section] += site.injections
    for target, by_section in counts.items():
        # the same injections told twice, in a list and in prose, are not added up
        muscles[target].injections = max(by_section.values())
    return muscles


_CUT_SHORT = re.compile(r"\b(?:abort\w*|stopped|terminated|discontinued|abandon\w*|not to (?:go on|continue|proceed)|did not (?:go on|continue|proceed)|remaining (?:\w+ )?(?:were |was )?(?:not|deferred|held)|unable to (?:complete|continue|proceed)|cut short|vasovagal|syncop\w*)\b")


def _cut_short(note: Note) -> bool:
    """Whether the procedure ended early: then the title names what was meant, not what was done."""
    return any(
        _CUT_SHORT.search(note.folded, segment.start, segment.end) and not re.search(r"\brisks?\b|\bno\b|\bincluding\b|\bwithout\b", note.folded[segment.start : segment.end])
        for segment, frame in zip(note.segments, note.frames, strict=True)
        if note.sections[segment.section].category not in ("history", "consent", "instructions", "subjective")
    )


def _related(lexicon: Lexicon, one: str, other: str) -> bool:
    return one == other or one in lexicon.ancestors(other) or other in lexicon.ancestors(one)


def _hold_against_title(note: Note, lexicon: Lexicon, result: Sites, muscles: dict[str, Muscle], titles: list[Site]) -> None:
    """The title's muscles and sides against the body's: what only the title claims is in doubt."""
    for site in titles:
        for target in site.targets:
            body = muscles.get(target)
            where = evidence(note, *(site.phrase or (site.start, site.end)))
            if body is None:
                if not any(_related(lexicon, target, other) for other in muscles):
                    entry = lexicon.muscles[target]
                    muscle = Muscle(id=target, name=entry.name, kind=entry.kind, sides=list(site.sides), evidence=[where])
                    text = f"The heading names the {entry.name}, the description does not inject it."
                    result.doubts.append(Doubt(reason="title-against-body", text=text, readings=[[], [muscle]], evidence=[where]))
                continue
            extra = [s for s in site.sides if s not in body.sides]
            if extra and body.sides:
                body.doubtful_sides = [s for s in _SIDE_ORDER if s in extra or s in body.doubtful_sides]
                text = f"The heading says {' and '.join(site.sides)} for the {body.name}, the description {' and '.join(body.sides)}."
                result.findings.append(Finding(id="side-conflict", severity="warning", text=text, evidence=[where, *body.evidence[:1]]))
            elif not body.sides:
                body.sides = list(site.sides)


_COUNTED_INTO = re.compile(r"\b(?P<n>one|two|three|four|five|\d)\s(?:(?:more|injections?|sites?|shots?)\s)?(?:into|in|to|at|over)\s(?:the\s|her\s|his\s)?(?:(?:sore|tender|painful)\s)?(?:area|region|spot|spots|part)?\s?(?:of|in|over)?\s?(?:the\s)?(?:[a-z]+\s)?\Z")
# "1 cc to a single nasty trigger point L post shoulder": one more site, of no named muscle
_ONE_MORE = re.compile(r"\d\s?(?:cc|ml)\s(?:to|into|in|at)\s(?:a|an|one|the)\s(?:\w+\s){0,4}(?:trigger point|trp|tp|spot|point|area|knot|band)\s?(?:in|of|at|over|along)?\s?(?:the\s)?(?:(?:left|right|l|r|post\w*|ant\w*|upper|lower|medial|lateral)\s)*\Z")
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


# Places that nobody calls a trigger point site; an injection "of the knee" is the joint's.
_NO_AREA = frozenset({"knee", "ankle", "wrist", "elbow", "finger", "eye", "ear", "nose", "mouth", "hand", "foot", "head", "face", "abdomen"})
_AMOUNT = re.compile(r"\d\s?(?:cc|ml|units?|u)\b|\bx\s?\d|\b(?:one|two|three|four|five|six|\d)\s(?:of them|spots?|sites?|points?|places|areas?|injections?|shots?)\b")
_SPOTS = re.compile(r"\b(?P<n>one|two|three|four|five|six|\d)\s(?:of them|spots?|sites?|points?|places|areas?|injections?|shots?|trigger points?|tps?)\b")


def _areas(note: Note, injected: list[Site], muscles: bool) -> list[Area]:
    """Injected sites that name no muscle. Beside named muscles a region counts only with an amount of its own."""
    areas: list[Area] = []
    named = {site.segment for site in injected if site.kind == "muscle"}
    parents = {unit.parent for unit in note.units if unit.parent is not None}
    for site in injected:
        if site.region in _NO_AREA or site.kind not in ("region", "level") or note.frames[site.segment].topic not in (None, "tpi"):
            continue
        segment = note.segments[site.segment]
        start, end = site.phrase or (site.start, site.end)
        number = site.injections
        if muscles:
            if site.kind == "region" and not any(a.text for a in areas if a.injections == 1 and a.evidence[0].start > start - 60) and _ONE_MORE.search(note.folded, max(0, start - 90), site.start):
                areas.append(Area(text=note.text[start:end], region=site.region, sides=list(site.sides), injections=1, evidence=[evidence(note, start, end)]))
                continue
            into = _COUNTED_INTO.search(note.folded, max(0, start - 40), start)
            if into and site.rule.startswith("cue-") and site.kind == "region":
                number = _number(into["n"])
            elif site.segment in named or segment.is_label or segment.unit in parents or is_title(note, site) or not _AMOUNT.search(note.folded, segment.start, segment.end):
                continue
        if number is None and (spots := _SPOTS.search(note.folded, segment.start, segment.end)):
            number = _number(spots["n"])
        text = note.text[start:end]
        if not any(area.text.lower() == text.lower() and area.sides == list(site.sides) for area in areas):
            areas.append(Area(text=text, region=site.region, sides=list(site.sides), levels=list(site.levels), injections=number, evidence=[evidence(note, start, end)]))
    return areas


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _NUMBER_WORDS.get(word)


def _weak(note: Note, lexicon: Lexicon, sites: list[Site], muscles: dict[str, Muscle]) -> list[Doubt]:
    """Muscles that only weak rules count, or leave out: each may be injected or not."""
    doubts = []
    for target, muscle in list(muscles.items()):
        proofs = [site for site in sites if target in site.targets]
        if proofs and all(site.weak for site in proofs):
            del muscles[target]
            text = f"The note does not say outright that the {muscle.name} was injected today."
            doubts.append(Doubt(reason="assertion", text=text, readings=[[], [muscle]], evidence=muscle.evidence[:2]))
    left_out = [site for site in note.sites if site.weak and site.kind == "muscle" and not site.ambiguous and site.assertion == "finding"]
    settled = {target for site in note.sites if site.assertion in ("negated", "declined", "postponed", "planned", "other_procedure") or site.rule == "clean-finding" for target in site.targets}
    for target, muscle in merge_muscles(note, lexicon, left_out).items():
        known = {doubt.readings[-1][0].id for doubt in doubts if doubt.readings and doubt.readings[-1]}
        if target in muscles or target in settled or target in known or any(_related(lexicon, target, other) for other in muscles):
            continue
        text = f"The procedure's text names the {muscle.name} without saying whether it was injected."
        doubts.append(Doubt(reason="assertion", text=text, readings=[[], [muscle]], evidence=muscle.evidence[:2]))
    return doubts


def _ambiguous(note: Note, lexicon: Lexicon, injected: list[Site], muscles: dict[str, Muscle]) -> list[Doubt]:
    doubts = []
    seen: set[tuple[str, ...]] = set()
    for site in injected:
        if site.kind != "muscle" or not site.ambiguous or site.targets in seen:
            continue
        seen.add(site.targets)
        where = evidence(note, *(site.phrase or (site.start, site.end)))
        readings = [
            [Muscle(id=t, name=lexicon.muscles[t].name, kind=lexicon.muscles[t].kind, sides=list(site.sides), evidence=[where])] for t in site.targets
        ]
        names = " or ".join(lexicon.muscles[t].name for t in site.targets)
        if len(readings) == 1:
            readings.append([])
            names += " or no muscle"
        text = f'"{where.text}" may mean {names}; the note does not say which.'
        doubts.append(Doubt(reason="abbreviation", text=text, readings=readings, evidence=[where]))
    return doubts


def _examined(note: Note, lexicon: Lexicon) -> list[Muscle]:
    """Muscles found on examination at this encounter: they bound the count where no injected site is named."""
    found = [
        site
        for site in note.sites
        if site.kind == "muscle" and not site.ambiguous and site.assertion in ("finding", "planned") and site.rule != "nothing-performed"
        and note.sections[note.segments[site.segment].section].category in ("exam", "none", "procedure", "assessment", "assessment_plan", "indications", "subjective", "diagnosis")
    ]  # fmt: skip
    return list(merge_muscles(note, lexicon, found).values())
