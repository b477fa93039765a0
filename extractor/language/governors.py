"""Which predicate of a clause speaks of a site, and which sites a clause only passes, excepts or compares."""

from __future__ import annotations

import re
from bisect import bisect_left

from extractor.language.annotations import Cue, Note, Segment, Site, within
from extractor.language.frames import Frame, without_talk

_FINITE_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|not|never|wasn't|weren't)\b")
_ALL_MENTION_BREAK = re.compile(r"[,;]|\band\b|\bwith\b")


def clean_reaches(note: Note, site: Site, cue: Cue) -> bool:
    """Whether "quiet", "nontender" or "negative" speaks of this site and not of another one between."""
    if cue.start < site.end:
        return True
    between = [s for s in note.sites_in(site.segment) if site.end <= s.start and s.end <= cue.start]
    last = between[-1].end if between else site.end
    for one, other in zip([site, *between], between, strict=False):
        if not re.fullmatch(r"\s?(?:,|/|&|\band\b|\bor\b|,\sand|,\sor)\s?(?:the\s|left\s|right\s|l\s|r\s)*", note.folded[one.end : (other.phrase or (other.start,))[0]]):
            return False
    return re.search(r",\s(?:and|but)\s|\bonly\b", note.folded[last : cue.start]) is None


_REFERS = re.compile(r"\b(?:reproduc\w*|recreat\w*|refer(?:s|red|ring)?(?: pain)? (?:to|into|down|up)|ref\.? to|radiat\w* (?:to|into|down)|[0-5][+-]?/5)\b[^;:,]{0,24}\Z")


_THERAPY = re.compile(
    r"\b(?:stretch(?:es|ing|ed)?|therapeutic ultrasound|ultrasound therapy|e-?stim|electrical stim\w*|nmes|tens|ifc|(?:cold |low level )?laser|cupping|heat(?:ing pad)?|hot packs?|moist heat|patch(?:es)?|tap(?:e|ed|ing)|massaged?|"
    r"muscle energy|hvla|omt|counterstrain|stm|iastm|mfr|soft tissue \w+|myofascial release|manual (?:trigger point )?(?:release|therapy|pressure)|trigger point release|manual(?=\sto\b)|ischemic compression|foam roll\w*|strengthening|spray and stretch)\b"
)


_TREATED_BY = re.compile(r"\s?(?:muscles?\s)?(?:(?:was|were|got|received|gets|had)\s)?(?:only\s)?(?:(?:treated|managed|addressed|released|worked)\s)?(?:w/|with|by|using|via|:|-)?\s{0,2}(?:\w+\s){0,2}?")


def other_therapy(note: Note, segment: Segment, site: Site, cues: list[Cue]) -> bool:
    """Whether a word of massage, heat, stretching or the like governs the site, and no injection in between."""
    behind = _TREATED_BY.match(note.folded, site.end)
    if behind and not any(cue.type in ("inject", "tpi", "dry") for cue in cues):
        stop = note.units[segment.unit].end
        therapy = next((m for m in _THERAPY.finditer(note.folded, site.end, min(stop, site.end + 44))), None)
        if therapy and _TREATED_BY.fullmatch(note.folded, site.end, therapy.start()):
            return True
    last = None
    if note.search(_THERAPY, segment.start, segment.end) is not None:
        for match in _THERAPY.finditer(note.folded, segment.start, site.start):
            last = match
    if last is None or re.search(r"[;:.]\s|\b(?:then|followed by|before|after|prior to|was|were)\b", note.folded[last.end() : site.start]):
        return False
    if re.search(r"\b(?:on|in|under|with)\s(?:a\s|gentle\s)?\Z", note.folded[max(segment.start, last.start() - 12) : last.start()]) and last.group().startswith("stretch"):
        return False  # "held on stretch"
    if any(cue.type == "dry" for cue in cues) and "stim" in last.group():
        return False
    return not any(cue.type in ("inject", "tpi", "dry") and last.end() <= cue.start < site.start for cue in cues)


_TERM = re.compile(r"(?:\"|'|\u201d|\bnote|\btpis?|injections?|\bterm|wording|documentation)\s{1,2}refer(?:s|red|ring)? to\b")


def referred(note: Note, site: Site, segment: Segment) -> bool:
    """ "reproduced her deltoid ache", "refers to the temple": where the pain goes, not the needle."""
    start = (site.phrase or (site.start,))[0]
    if note.search(_TERM, segment.start, segment.end) and _TERM.search(note.folded, segment.start, start):
        return False  # a term of the note refers to muscles, not pain to a place
    return _REFERS.search(note.folded, max(segment.start, start - 40), start) is not None


_THROUGH = re.compile(r"\b(?:through|past|across|traversing|beneath|under|deep to)\s(?:the\s)?(?:(?:left|right|overlying|superficial)\s)?\Z")
_INTO_NEXT = re.compile(r"\s(?:muscle\s)?(?:and\s)?(?:into|to reach|to)\s(?:the\s)?[a-z]")
_SHARED = re.compile(r"\b(?:shared|divided|split|distributed|equally|evenly)\s(?:\w+\s)?\Z")
_PASSED = re.compile(r"travers|cross|passed through|transfix")


def _site_before(note: Note, site: Site) -> Site | None:
    """The site that stands before this one in its clause."""
    at = bisect_left(note.sites, site.start, key=lambda other: other.start) - 1
    while at >= 0 and note.sites[at].segment == site.segment:
        if note.sites[at].end <= site.start:
            return note.sites[at]
        at -= 1
    return None


def crossed(note: Note, site: Site, cues: list[Cue]) -> bool:
    """ "through the trapezius", "medial to the rhomboid": the muscle is a landmark."""
    if _THROUGH.search(note.folded, max(0, site.start - 40), (site.phrase or (site.start,))[0]) and _INTO_NEXT.match(note.folded, site.end):
        return True  # "advanced through the gluteus maximus into the piriformis"
    before = _site_before(note, site)
    if before is not None and before.kind == "muscle" and before.rule == "needle-passes" and re.fullmatch(r"\s?(?:,|and|/|&|,\sand|or)\s?(?:the\s)?", note.folded[before.end : site.start]):
        return True  # "passing the multifidus and longissimus"
    for cue in cues:
        if cue.type == "pass" and cue.start >= site.end and _PASSED.search(note.folded, cue.start, cue.end) and re.fullmatch(r"\s(?:muscle\s)?(?:was|were)\s(?:\w+\s){0,2}", note.folded[site.end : cue.start]):
            return True  # "the pectoralis major was traversed"
        if cue.type == "pass" and cue.end <= site.start:
            gap = note.folded[cue.end : site.start]
            if len(gap) < 44 and not re.search(r"[,;]|\b(?:into|inject\w*|to reach|deposited|placed|given|received|ml|cc|needle|technique|approach|cannula)\b|\w{4,}\sand\s", gap) and not _SHARED.search(note.folded, max(0, cue.start - 24), cue.start):
                return True
    return False


def excepted(note: Note, site: Site, cues: list[Cue]) -> Cue | None:
    best = None
    for cue in cues:
        if cue.type == "except" and cue.end <= site.start:
            gap = note.folded[cue.end : site.start]
            if not re.search(r"\b(?:was|were|inject\w*|into|treated|done)\b|[;:]", gap) and len(gap) < 80:
                best = cue
    return best


_DONE_TO = re.compile(r"[\s,()a-z0-9-]{0,24}\b(?:was|were|also|then|next)\s(?:then\s|also\s|next\s)?\Z")


def drop_foreign(strong: list[Cue], note: Note, site: Site) -> list[Cue]:
    """Leave out verbs that cannot reach the site: those that only say how the procedure went."""
    strong = [cue for cue in strong if cue.type != "done" or (cue.start >= site.end and _DONE_TO.fullmatch(note.folded[site.end : cue.start] or " was "))]
    if any(cue.type == "inject" for cue in strong):
        return without_talk([cue for cue in strong if cue.type != "done"])
    return strong


def governor(note: Note, site: Site, strong: list[Cue]) -> Cue:
    """The predicate that speaks of the site."""
    if len(strong) == 1:
        return strong[0]
    kinds = {cue.type for cue in strong}
    if kinds <= {"inject", "tpi", "done"}:
        verbs = [cue for cue in strong if cue.type != "tpi"] or strong
        return _nearest(site, verbs)
    strong = [cue for cue in strong if not (cue.type == "negate" and cue.start >= site.end and structure_between(note, site, cue))] or strong
    if len(strong) == 1:
        return strong[0]
    left = [cue for cue in strong if cue.end <= site.start and cue.direction != "backward"]
    right = [cue for cue in strong if cue.start >= site.end and cue.direction != "forward"]
    right = [cue for cue in right if cue.type != "tpi"] or right  # a verb speaks of its subject, a noun in between does not
    # a plan or refusal in front takes the noun behind it along ("will schedule TPI to …")
    for cue in reversed(left):
        if cue.type in ("plan", "consent", "educate"):
            later = [c for c in left if c.start > cue.start]
            if all(c.type == "tpi" for c in later) and not _clause_break(note, cue.end, site.start):
                right_negation = [c for c in right if c.type in ("negate", "decline", "postpone")]
                if not right_negation:
                    return cue
    for cue in reversed(left):  # "unable to proceed with the trigger point injections of …"
        if cue.type in ("decline", "postpone") and cue.direction != "backward" and not right:
            later = [c for c in left if c.start >= cue.end]
            if later and all(c.type == "tpi" for c in later) and later[0].start - cue.end < _BESIDE and not _clause_break(note, cue.end, site.start):
                return cue
    before = max(left, key=lambda c: c.end, default=None)
    after = min(right, key=lambda c: c.start, default=None)
    if before is None or after is None:
        found = before or after
        return found if found is not None else _nearest(site, strong)
    if after.type in ("negate", "decline", "postpone") and before.type not in ("negate", "decline", "postpone"):
        between_after = [s for s in note.sites if site.end <= s.start < after.start]
        separated = _ALL_MENTION_BREAK.search(note.folded[before.end : site.start]) is not None
        others_before = [s for s in note.sites if before.end <= s.start < site.start]
        plural = re.search(r"\bwere\b", note.folded[after.start : after.end]) is not None
        if others_before and separated and (not between_after or plural):
            return after
        if before.type == "tpi" and _speaks_of_procedure(note, after, len(others_before) + len(between_after)):
            return after
        if not others_before and before.type in ("tpi",) and not between_after:
            return after
        if not between_after and after.start - site.end < 16 and re.search(r",\s(?:so|and|but)\s|;", note.folded[before.end : site.start]):
            return after  # "…, so the rhomboid was never injected"
        return before if others_before or between_after or before.type == "inject" else after
    if before.type in ("negate", "decline", "postpone") and after.type in ("inject", "done"):
        # "the rhomboid was spared and the trapezius was injected"
        separated = _ALL_MENTION_BREAK.search(note.folded[before.end : site.start]) is not None
        return after if separated or before.direction == "backward" else before
    if after.type in ("plan",) and before.type in ("inject", "done", "tpi"):
        return after if _finite(note, after) and _clause_break(note, before.end, site.start) else before
    return before


_BESIDE = 16  # characters between a refusal and the procedure that it refuses
_CALLED_OFF = re.compile(r"\b(?:was|had to be|were|been|is|being)\s(?:\w+\s)?(?:not\s(?:performed|done|given|carried out|completed)|cancel\w*|abort\w*|postpon\w*|reschedul\w*|abandon\w*|deferred|held|declined|refused)|\b(?:cancel\w*|abort\w*|postpon\w*|reschedul\w*)")


def _speaks_of_procedure(note: Note, cue: Cue, others: int) -> bool:
    """ "TPI to A, B and C was deferred": in the singular after several muscles, or of what is done to procedures alone."""
    text = note.folded[max(0, cue.start - 12) : cue.end]
    if not _CALLED_OFF.search(text):
        return False
    plural = re.search(r"\bwere\b", text) is not None
    procedures = re.search(r"cancel|abort|postpon|reschedul|abandon|perform", text) is not None
    return procedures or (not plural and others > 0)


REASON = re.compile(r"\b(?:as|after|because|since|once|when|until)\b")


def structure_between(note: Note, site: Site, cue: Cue) -> bool:
    """Whether the negation speaks of a nerve or vessel named between ("supinator, posterior interosseous nerve avoided")."""
    return any(other.kind in ("nerve", "joint", "bursa", "bone", "tendon", "ligament") and other.end <= cue.start for other in within(note.sites, site.end, cue.start))


def _finite(note: Note, cue: Cue) -> bool:
    return _FINITE_PASSIVE.search(note.folded, cue.start, cue.end) is not None


def _clause_break(note: Note, start: int, end: int) -> bool:
    return re.search(r"[;:]|,\s(?:and|then)\s|\bbut\b", note.folded[start:end]) is not None


def _nearest(site: Site, cues: list[Cue]) -> Cue:
    return min(cues, key=lambda cue: (max(cue.start - site.end, site.start - cue.end, 0), cue.start))


def nominal(note: Note, site: Site, frame: Frame, cues: list[Cue], verdict: str) -> str:
    """ "TPI L trap": the procedure as a noun. Findings of its own keep a site from being taken along."""
    own = [cue for cue in cues if cue.type == "finding"]
    if own and not any(cue.type == "tpi" and cue.end <= site.start for cue in cues) and not frame.procedural:
        return "finding"
    return verdict


def weaker(note: Note, site: Site, cues: list[Cue], governor: Cue) -> bool:
    """The site belongs to a finding in front of the injection ("tender over the trapezius, TPI given to the rhomboid")."""
    if governor.end <= site.start:
        # "injected …; tenderness over the trapezius": a finding between the verb and the site
        for cue in cues:
            if cue.type in ("finding",) and governor.end <= cue.start and cue.end <= site.start:
                gap = note.folded[cue.end : site.start]
                if len(gap) < 40 and re.search(r"\b(?:over|in|of|at|along|to)\b", gap) and re.search(r"\b(?:for|due|because|with|given|as|,)", note.folded[governor.end : cue.start]):
                    return True
        return False
    for cue in cues:
        if cue.type == "finding" and cue.end <= site.start and cue.start < governor.start:
            between = [s for s in note.sites if site.end <= s.start < governor.start and s.segment == site.segment]
            if between and re.search(r"[,.]\s|\band\s(?:then|so)\b", note.folded[site.end : governor.start]) and governor.type == "tpi":
                return True
            if governor.type == "tpi" and re.search(r"[,.;]", note.folded[site.end : governor.start]):
                follow = [s for s in note.sites if s.start >= governor.end and s.segment == site.segment]
                if follow:
                    return True
    return False
