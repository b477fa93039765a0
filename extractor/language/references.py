"""Clauses that point back: "repeated on the left", "but not injected", "each of the three"."""

from __future__ import annotations

import re

from extractor.language.annotations import Note, Segment, Site
from extractor.language.frames import Frame
from extractor.language.readings import MILLILITRES, assign, reach

_REPEATED = re.compile(r"\b(?:repeat\w*|same|identical\w*|likewise|similar\w*|mirror\w*|again|also|then|done)\b")


def repeat_on_side(note: Note, frames: list[Frame]) -> None:
    """ "This was then repeated on the left": the side is added to the sites injected before."""
    sited = {site.segment for site in note.sites}
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi") or index in sited or not _REPEATED.search(note.folded, segment.start, segment.end):
            continue
        sides = [side for side in note.sides if segment.start <= side.start < segment.end and side.sides]
        text = note.folded[segment.start : segment.end]
        if len(sides) != 1 or not _REPEATED.search(text) or re.search(r"\b(?:pain|lying|position\w*|decubitus)\b", text):
            continue
        before = [site for site in note.sites if site.end <= segment.start and site.assertion == "injected" and site.kind == "muscle"]
        if not before:
            continue
        everything = re.search(r"\b(?:muscles|all|these|sites|points|each|entire|both|identical procedure|same procedure|process|procedure)\b", text)
        last = before[-1].segment
        for site in before:
            if everything or site.segment == last:
                site.sides = tuple(s for s in ("left", "right") if s in site.sides or s in sides[0].sides)


_PRONOUN = re.compile(r"\b(?:it|them|this (?:one|muscle)|that (?:one|muscle|site|spot|area|point|location)|these|those|either|so that was|which|so)\b")
_ELIDED = re.compile(r"\W*(?:but|and|yet|though)\s(?:then\s)?(?:(?:was|were|is|are)\s)?(?:not|never|left alone|left untouched|left for|spared|skipped|deferred)\b")
_REASON_BEHIND = re.compile(r"\b(?:as|because|since|given that|once|after)\s")


def negate_by_pronoun(note: Note, frames: list[Frame]) -> None:
    """ "The infraspinatus was examined but I did not inject it": the pronoun stands for the sites just named."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        text = note.folded[segment.start : segment.end]
        bare_refusal = re.match(r"\W*(?:not|never)\s(?:inj\S*|injected|needled|treated|done)\W*$", text) is not None
        if not (frame.whole in ("negated", "postponed", "declined") or bare_refusal) or index == 0:
            continue
        elided = _ELIDED.match(text)
        reason = _REASON_BEHIND.search(text)
        own = [site for site in note.sites_in(index) if site.kind == "muscle"]
        if own and not elided and not (reason and own[0].start >= segment.start + reason.end()):
            continue
        short = elided or (len(text) < 40 and re.match(r"\W*(?:but\s)?(?:skipped|deferred|spared|held|omitted|left alone|not injected|not done|not treated|not needled)", text))
        if not (_PRONOUN.search(text) or short):
            continue
        before = [site for site in note.sites if site.kind == "muscle" and site.segment == index - 1]
        same_unit = before and note.segments[index - 1].unit == segment.unit
        for site in before if same_unit else []:
            if site.assertion in ("candidate", "examined", "marked", "finding", "nominal", "planned") or bare_refusal or site.rule == "cue-tpi" or (short and site.rule != "cue-inject"):
                assign(site, "negated" if bare_refusal else frame.whole or "negated", "pronoun")


_NAMED_ABOVE = re.compile(
    r"\b(?:above|aforementioned|listed|named)[\s-]{1,3}(?:(?:noted|named|listed|mentioned|described|identified|\d|two|three|four|five)\s){0,2}(?:(?:right|left)(?:[\s-]sided)?\s)?(?:trigger\s|tender\s)?(?:muscles?|sites?|points?|areas?|tps|trps|locations?|spots?|bands?)\b"
    r"|\b(?:to|into|in|of|at)\s(?:all\s(?:of\s)?|each\s(?:of\s)?)?the above\b(?=\s(?:with|using|w/|by|today|under|after|in)\b|\s?[,.;(]|$)"
    r"|\b(?:all|each|both|three|four|two|muscles?|sites?|points?|areas?|bands?|locations?)\s(?:(?:of|as|the|muscles?|sites?|points?|areas?|three|four|two|were|are)\s){0,3}(?:above|aforementioned|listed|named|noted (?:above|on exam))\b"
)
# "into each of the two": as many as the line before names
_COUNTED = re.compile(r"\b(?:injected|treated|needled|infiltrated|did)\s(?P<b>both)\b(?!\ssides)|\b(?:each of|both of|all|into)\s(?:the|these|those)\s(?P<n>two|three|four|five|2|3|4|5)\b(?!\s(?:cc|ml|mg|weeks?|days?))|\ball\s(?P<m>three|four)\b")
_NUMBERS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}


_ALL_BUT = re.compile(r"\b(?:all|everything)(?:\s(?:of (?:these|them|the above)|muscles|sites|points))?\s(?:but|except|save)\b")


def take_named_above(note: Note, frames: list[Frame]) -> None:
    """ "All three as named above were injected": a procedure that points at the list before it names its sites by it."""
    named = [site for site in note.sites if site.assertion == "injected" and site.kind == "muscle" and not site.weak]
    if any(not _ALL_BUT.search(note.folded, note.segments[site.segment].start, site.start) for site in named):
        return
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole == "injected" and frame.owner in (None, "tpi"):
            if except_ := _ALL_BUT.search(note.folded, segment.start, segment.end):
                spared = {target for site in note.sites_in(index) if site.start > except_.start() for target in site.targets}
                for site in _last_list(note, frames, index) if spared else []:
                    assign(site, *(("finding", "not-picked") if set(site.targets) & spared else ("injected", "named-above")))
                    site.weak = False
                for site in note.sites if spared else []:
                    if site.segment == index and site.kind == "muscle" and site.assertion == "injected":
                        assign(site, "negated", "excepted")
                continue
            for site in _meant(note, frames, segment, index) or _just_found(note, frames, index):
                assign(site, "injected", "named-above")
                site.weak = False


_COUNTED_ABOVE = re.compile(r"\b(?P<n>two|three|four|five|[2-5])\s(?:of the\s)?(?:above|aforementioned|previously)|\babove[\s-](?:(?:named|noted|listed|mentioned)\s)?(?P<m>two|three|four|five|[2-5])\b")


_EACH_OF_THEM = re.compile(r"\b(?:each|ea|both|apiece|these|those|them|all)\b|\b(?:that|this|the) (?:same )?(?:band|point|knot|spot|trigger point|area)\b")
_POINTS = re.compile(r"\b(?:trig(?:ger|\b)|tps?\b|trps?\b|mtrps?\b|bands?|knots?)")


def _just_found(note: Note, frames: list[Frame], index: int) -> list[Site]:
    """ "TPs in A and B. TPI both: …", "Injected today with 0.3 cc each": the points that the clause before has found."""
    segment, frame = note.segments[index], frames[index]
    if any(site.segment == index and site.kind == "muscle" for site in note.sites) or not index:
        return []
    if not _EACH_OF_THEM.search(note.folded, segment.start, segment.end) or not any(cue.type in ("inject", "tpi") for cue in frame.cues):
        return []
    before = note.segments[index - 1]
    found = [site for site in note.sites if site.segment == index - 1 and site.kind == "muscle" and (site.assertion == "finding" or site.weak) and site.rule not in ("clean-finding", "needle-passes", "pain-referred", "before-procedure")]
    close = before.unit == segment.unit or segment.start - before.end < 4
    return found if close and _POINTS.search(note.folded, before.start, before.end) and "negate" not in frames[index - 1].modifiers else []


def _meant(note: Note, frames: list[Frame], segment: Segment, index: int) -> list[Site]:
    """The sites that the clause points at: of the last list, or of the last that has as many as it counts."""
    counted = _COUNTED_ABOVE.search(note.folded, segment.start, segment.end)
    listed = _last_list(note, frames, index)
    if counted is None:
        return _sites_meant(note, segment, listed)
    number = _NUMBERS[counted["n"] or counted["m"]]
    for _ in range(4):
        if not listed or len({target for site in listed for target in site.targets}) == number:
            break
        listed = _last_list(note, frames, listed[0].segment)
    return _sites_meant(note, segment, listed)


def _last_list(note: Note, frames: list[Frame], index: int) -> list[Site]:
    """The sites of the line, or of the list, that was the last to name any before clause ``index``."""
    before = [
        s for s in note.sites
        if s.kind == "muscle" and s.segment < index and (s.assertion == "finding" or s.weak) and note.is_current(note.segments[s.segment])
    ]  # fmt: skip
    if not before:
        return []
    last = note.segments[before[-1].segment].unit
    parent = note.units[last].parent
    unit_of = lambda site: note.segments[site.segment].unit  # noqa: E731
    listed = [s for s in before if unit_of(s) == last or (parent is not None and note.units[unit_of(s)].parent == parent)]
    return [s for s in listed if s.rule not in ("needle-passes", "clean-finding") and "negate" not in frames[s.segment].modifiers]


def _sites_meant(note: Note, segment: Segment, listed: list[Site]) -> list[Site]:
    """Of the sites listed before, those that the clause points at: all of "the above", or as many as it counts."""
    if not listed:
        return []
    if _NAMED_ABOVE.search(note.folded, segment.start, segment.end):
        return listed
    counted = _COUNTED.search(note.folded, segment.start, segment.end)
    if not counted:
        return []
    number = _NUMBERS[counted["n"] or counted["m"] or counted["b"]]
    if sum(site.injections or 0 for site in listed) == number:
        return [site for site in listed if site.injections]  # "three trigger points in the trapezius … each of the three"
    if len({target for site in listed for target in site.targets}) == number:
        return listed
    listed = [site for site, following in zip(listed, [*listed[1:], None], strict=True) if following is None or not _opens_members(note, site, following)]
    if len({target for site in listed for target in site.targets}) == number:
        return listed  # "hamstring (biceps femoris long head) and adductor magnus … both"
    return []


_OTHERS = re.compile(r"(?:\d|ml|cc|into|in|to|at)\s(?:each of\s)?(?:the|all)\s(?:others?|rest|remaining)\b(?!\s(?:of the (?:procedure|visit|note)|side|hand|day))")
_SAME = re.compile(r"\bsame (?:muscles?|sites?|points?|areas?|spots?|trigger points?)\b")


def take_others(note: Note, frames: list[Frame]) -> None:
    """ "0.25 cc masseter, 0.5 cc the others": what else the list before names may be meant; "same muscles as last time"."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi"):
            continue
        own = {target for site in note.sites_in(index) if site.kind == "muscle" for target in site.targets}
        if own and _OTHERS.search(note.folded, segment.start, segment.end):
            for site in _last_list(note, frames, index):
                if not set(site.targets) & own:
                    assign(site, "injected", "the-others")
                    site.weak = True
        elif not own and _SAME.search(note.folded, segment.start, segment.end) and not any(site.assertion == "injected" and site.kind == "muscle" for site in note.sites):
            for site in _earlier_session(note, index):
                assign(site, "injected", "same-as-before")


def _earlier_session(note: Note, index: int) -> list[Site]:
    """The muscles of the only clause before that tells of another session; none where several do."""
    told = [site for site in note.sites if site.kind == "muscle" and site.segment < index and site.assertion in ("historical", "finding")]
    told = [site for site in told if site.assertion == "historical" or note.sections[note.segments[site.segment].section].category in ("history", "subjective")]
    return told if len({site.segment for site in told}) == 1 else []


def _opens_members(note: Note, site: Site, following: Site) -> bool:
    return re.fullmatch(r"\s?(?:muscles?|group)?\s?\(", note.folded[site.end : (following.phrase or (following.start,))[0]]) is not None


_OF_ALL = re.compile(
    r"\b(?:procedures?|injections?|tpis?|needling|treatment|session)\b[^.;]{0,40}\b(?:cancel\w*|abort\w*|postpon\w*|abandon\w*|stopped|terminated|(?:was|were|could) not (?:be )?(?:performed|done|given|carried out|started))"
    r"|^\W*no (?:trigger point )?(?:injections?|tpis?|needling) (?:was |were )?(?:given|performed|done|administered)|\b(?:nothing|none) (?:was |were )?injected\b|^\W*(?:but\s)?(?:had to be |was |were )?(?:postponed|cancelled|canceled|rescheduled|aborted|called off)\b"
    r"|\bwithout (?:the )?(?:procedure|injections?)\b|\bchanged (?:his|her|their) mind\b|\b(?:rest|remainder) of (?:the )?(?:procedure|injections?|session)\b"
)
# Words of a session that did not take place, in a clause that names no muscle
_NOT_DONE = re.compile(
    r"^\W*(?:(?:outcome|status|result|procedure|disposition)\W{1,4})?(?:not (?:performed|done|given|completed|carried out|attempted)|aborted|cancell?ed|deferred|held|refused|declined|withdrawn)\b(?!\s(?:steroid|epi|by\s\w+\sfor))"
    r"|\bconsent (?:was )?withdrawn|\bwithdrew (?:her|his|their) consent|\bunable to (?:proceed|perform|go ahead|inject|do)\b|\bdid not (?:proceed|go ahead)\b|\bnot able to (?:proceed|perform)\b|\bleft without (?:being )?(?:treat|inject)"
    r"|\bchanged (?:her|his|their) mind\b|\bno (?:injections?|needles?|tpis?) (?:today|this visit|were|was)\b"
)
_WEAK_PROOF = ("cue-tpi", "listed-in-procedure", "list-", "marked-then-injected", "no-verb", "beside-injected")


_WHOLE_SESSION = re.compile(r"\b(?:outcome|status|result|procedure|disposition|tpis?|trigger point injections?|injections?|needling|plan|note|comments?)\b\W*\Z")


def _says_not_done(note: Note, index: int) -> bool:
    """Whether the clause says that it was not done, and no label makes it the value of one item ("Injection 4: deferred")."""
    segment = note.segments[index]
    if segment.is_label or not _NOT_DONE.search(note.folded[segment.start : segment.end]):
        return False
    label = note.segments[index - 1] if index and note.segments[index - 1].unit == segment.unit and note.segments[index - 1].is_label else None
    return label is None or _WHOLE_SESSION.search(note.folded[label.start : label.end]) is not None


def call_off(note: Note, frames: list[Frame]) -> None:
    """ "The procedure was cancelled": sites that only a title, a list or preparation names were not injected after all."""
    sited = {site.segment for site in note.sites if site.kind == "muscle"}
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole not in ("declined", "postponed", "negated") or frame.owner not in (None, "tpi") or frame.past:
            continue
        of_all = _OF_ALL.search(note.folded[segment.start : segment.end]) is not None
        if not (of_all or _says_not_done(note, index)) or not note.is_current(segment):
            continue
        if index in sited and not any(cue.type == "inject" for cue in frame.cues):
            continue
        resumed = any(
            later.whole == "injected" and later.owner in (None, "tpi") and any(cue.type == "inject" for cue in later.cues)
            for later in frames[index + 1 :]
        )
        if resumed:
            continue
        for site in note.sites:
            near = site.start < segment.start or note.segments[site.segment].unit == segment.unit or (index < 3 and segment.end - segment.start < 40)
            if near and site.kind == "muscle" and site.assertion == "injected" and site.rule.startswith(_WEAK_PROOF) and not MILLILITRES.search(note.folded, *reach(note, note.segments[site.segment])):
                if of_all:
                    assign(site, frame.whole, "called-off")
                else:
                    site.weak = True  # whether the words speak of the whole session, nobody knows


_ONLY_LISTED = ("listed-in-procedure", "marked-then-injected", "list-", "cue-tpi", "beside-injected", "listed-with-amount")


def negated_later(note: Note) -> None:
    """ "Marked: A, B, C. … C was skipped": what a later clause refuses by name was only listed before."""
    refused = [site for site in note.sites if site.kind in ("muscle", "region") and site.assertion in ("negated", "declined", "postponed") and site.rule.startswith("cue-") and _beside_cue(note, site)]
    for later in refused:
        for site in note.sites:
            if site.start >= later.start or site.assertion != "injected" or not site.rule.startswith(_ONLY_LISTED) or not _same_name(site, later):
                continue
            if (later.sides and site.sides and set(later.sides) != set(site.sides)) or (later.portions and later.portions != site.portions):
                continue
            if not MILLILITRES.search(note.folded, *reach(note, note.segments[site.segment])):
                assign(site, later.assertion or "negated", "negated-later")


def _same_name(site: Site, later: Site) -> bool:
    """The same muscle, a part of it ("the longissimus"), or the region that its name is taken from ("the suboccipital area")."""
    if site.kind != "muscle":
        return False
    if later.kind == "region":
        return later.region is not None and any(len(target) > 8 and later.region.startswith(target.rstrip("s")) for target in site.targets)
    return any(a == b or a.startswith(b.rstrip("s") + "_") for a in site.targets for b in later.targets)


def _beside_cue(note: Note, site: Site) -> bool:
    """Whether the refusal stands right at the name, not at another one of its clause."""
    if site.cue is None:
        return False
    first, second = sorted([(site.start, site.end), site.cue])
    gap = note.folded[first[1] : second[0]]
    return len(gap) < _BESIDE and re.search(r"[.;:]\s|\bwith\b", gap) is None


_BESIDE = 20  # characters


_ORDINAL = {"first": 0, "second": 1, "third": 2, "fourth": 3, "former": 0}
_PART = re.compile(
    r"\b(?:the\s)(?:(?P<edge>first|last|latter|former)\s(?P<n>two|three|2|3)|(?P<list>(?:first|second|third|fourth)(?:,\s(?:second|third|fourth))*,?\sand\s(?:the\s)?(?:second|third|fourth|last))|(?P<one>latter|last|former)(?:\s(?:one|of (?:these|them)))?)\b"
    r"(?!\s(?:time|visit|week|month|session|injection|year|few|rib|toe|dose|molar|interspace|dorsal|metatarsal))"
)


# "… and injected the one in the levator": of the points marked before, one; "two were injected: the trapezius and …"
_PICKED = re.compile(
    r"\b(?:injected|needled|infiltrated|treated)\s(?:only\s)?(?:the|just)\s(?:one|ones|two|three|points?|trigger points?)\s(?:in|at|of|over|within)\b"
    r"|\b(?:one|two|three|four|\d|these|those|the following|only)\s(?:(?:of (?:them|these|those)|muscles?|sites?|points?)\s)?(?:was|were)\s(?:actually\s|then\s)?(?:injected|needled)(?:\stoday)?\s?(?:[:(,-]|namely|i\.e\.)"
)


def pick_named(note: Note, frames: list[Frame]) -> None:
    """ "Marked A, B and C, and injected the one in B": of the sites of one clause only those behind the verb."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi"):
            continue
        match = _PICKED.search(note.folded, segment.start, segment.end)
        if match is None:
            continue
        sites = [site for site in note.sites_in(index) if site.kind == "muscle"]
        chosen = {target for site in sites if site.start >= match.start() for target in site.targets}
        if not chosen:
            continue
        for site in sites:
            if site.start < match.start() and site.assertion == "injected" and (not set(site.targets) <= chosen or len(sites) > 2):
                assign(site, "finding", "not-picked")


def pick_subset(note: Note, frames: list[Frame]) -> None:
    """ "Found in A, B and C. The latter two were injected": only those of the list that the clause picks."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi") or not any(cue.type == "inject" for cue in frame.cues):
            continue
        match = _PART.search(note.folded, segment.start, segment.end)
        if not match or any(site.segment == index and site.kind == "muscle" and site.start < match.start() for site in note.sites):
            continue
        listed = _list_before(note, index)
        if len(listed) < 2:
            continue
        chosen = _chosen(match, len(listed))
        if not chosen:
            continue
        for position, site in enumerate(listed):
            assign(site, *(("injected", "picked") if position in chosen else ("finding", "not-picked")))
            site.weak = False


def _list_before(note: Note, index: int) -> list[Site]:
    """The muscles of the last clause before this one that names several, none of which a verb of its own injects."""
    for at in range(index - 1, max(-1, index - 4), -1):
        sites = [site for site in note.sites_in(at) if site.kind == "muscle"]
        if len(sites) >= 2:
            return [] if any(site.rule == "cue-inject" for site in sites) else sites
    return []


def _chosen(match: re.Match[str], size: int) -> set[int]:
    if match["list"]:
        words = re.findall(r"first|second|third|fourth|last", match["list"])
        return {size - 1 if word == "last" else _ORDINAL[word] for word in words if word == "last" or _ORDINAL[word] < size}
    number = {"two": 2, "2": 2, "three": 3, "3": 3}.get(match["n"] or "", 1)
    if number > size or (number == size and not match["n"]):
        return set()
    return set(range(number)) if (match["edge"] or match["one"]) in ("first", "former") else set(range(size - number, size))
