"""Whether each site was injected in this encounter: the governing predicate, the list's introduction, the section.

Two passes. The first reads each clause by its own cues. The second settles what waits for the rest of the text:
sites listed or marked without a verb, which count only where the procedure's own words inject them.
"""

from __future__ import annotations

import re

from extractor.language.annotations import Cue, Note, Segment, Site, Unit
from extractor.language.frames import OWNS_MUSCLES, PERFORMING, SILENT, Frame, bare, resolve, without_talk

_NEGATIVE_VALUE = re.compile(
    r"\s*(?:no\b(?!\.)(?!\s(?:twitch\w*|ltrs?|complic\w*|bleed\w*|response|adverse|aspirat\w*|blood|reaction|relief|steroid|epi\w*|issues?|problems?|hematoma))|none\b|not\b|n/a|n\.a\.|neg(?:ative)?\b|declined|deferred|spared|skip(?:ped)?\b|omitted|held\b|0(?:\s?(?:ml|cc|mls|units?))?\s*(?:$|[|,;)])|-{1,3}\s*$|x\s*$(?<!x)|normal\b|wnl|nontender|non-tender|"
    r"unremarkable|untreated|n\s*$|nil\b|exam(?:ined)? only|tender only|palpated only|left alone|next visit|planned|not today|defer\b|n/i|not inj)"
)
_POSITIVE_VALUE = re.compile(r"\s*(?:yes\b|y\s*$|done\b|injected|x\s*\d|\d|treated|needled|inj\b|✓|✔|x\s*$|positive inj|performed|ltr|\+\s*$)")
_EXAM_HEADER = re.compile(r"\b(?:exam|tender(?:ness)?|palpation|finding|findings|taut|rom|strength|pain)\b")
_ACTION_HEADER = re.compile(r"\b(?:inject(?:ed|ion|ions)?|inj|treated|needled|done|performed|vol(?:ume)?|amount|amt|dose|ml|cc|cc's|injectate|units|drug|medication|tpi|status|action|passes|needles?)\b")
_TARGET_VERB = re.compile(r"\b(?:into|in|to|at|the|of)\b")
_FINITE_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|not|never|wasn't|weren't)\b")
_ALL_MENTION_BREAK = re.compile(r"[,;]|\band\b|\bwith\b")
_MILLILITRES = re.compile(r"(?:\d|\b[lo])\s?(?:cc|ml|millilit(?:er|re)s?)\b|\b(?:half|quarter|one|two|three|four|five)\s(?:a\s|of\sa\s)?(?:cc|ml|millilit(?:er|re)s?)\b|\d\s?units?\b")
_VOLUME = re.compile(r"\d?\.\d\d\s?(?:mm\s?)?x\s?\d\d|\d\s?(?:cc|ml|units?|u)\b|\bx\s?\d(?!\d?\s?(?:d|days?|wks?|w|weeks?|mos?|months?|yrs?|years?|h|hrs?|hours?|min\w*|sec\w*|reps)\b)|\b(?:one|two|three|four|1|2|3|4|5|6)\s(?:sites?|injections?|spots?|points?|sticks?|trigger|tps?|passes)\b")


def assert_sites(note: Note, frames: list[Frame]) -> None:
    """Fill ``assertion``, ``rule`` and ``cue`` of each site. "unclear" stands where no rule decides."""
    by_unit: dict[int, list[int]] = {}
    for index, segment in enumerate(note.segments):
        by_unit.setdefault(segment.unit, []).append(index)
    for site in note.sites:
        if site.rule != "taken-back":
            _first_pass(note, frames, by_unit, site)
    _inherit_in_lists(note, frames)
    _negate_by_pronoun(note, frames)
    _settle_candidates(note, frames)
    _take_named_above(note, frames)
    _repeat_on_side(note, frames)


def _first_pass(note: Note, frames: list[Frame], by_unit: dict[int, list[int]], site: Site) -> None:
    segment = note.segments[site.segment]
    frame = frames[site.segment]
    section = note.sections[segment.section]
    if not note.visits[section.visit].current:
        _set(site, "historical", "earlier-visit")
        return
    if segment.box is False:
        _set(site, "negated", "box-unticked")
        return
    if segment.cell and _crossed(note, site, frame.cues):
        _set(site, "other_procedure" if frame.procedural else "finding", "needle-passes")
        return
    if row := _row_reading(note, by_unit, segment, site):
        _set(site, *row)
        if site.assertion == "injected" and frame.owner not in (None, "tpi"):
            _give_to_other(note, site, frame, frame.owner)
        return
    if section.category in SILENT and not (section.category in _OVERRUN and any(cue.type == "tpi" or (cue.type == "inject" and cue.text != "give") for cue in frame.cues)):
        _set(site, "finding", f"section-{section.category}")
        return
    cues = list(frame.cues)
    segments = [site.segment]
    if segment.is_label:
        value = [i for i in by_unit[segment.unit] if i > site.segment][:1]
        if value and not any(other.segment == value[0] and other.kind == "muscle" for other in note.sites):
            text = note.folded[note.segments[value[0]].start : note.segments[value[0]].end]
            if _NEGATIVE_VALUE.match(text):
                _set(site, "negated", "value-negative")
                return
            cues += frames[value[0]].cues
            segments += value
    if _menu(note, segment):
        _set(site, "finding", "template-menu")
        return
    owner = frame.owner
    if frame.topic is None and len(segments) > 1:
        owner = frames[segments[1]].owner
    exercise = _EXERCISE.search(note.folded, segment.start, segment.end) is not None
    if (exercise or any(cue.type == "clean" and _clean_reaches(note, site, cue) for cue in frame.cues)) and not any(cue.type in ("inject", "tpi") for cue in frame.cues):
        _set(site, "finding", "clean-finding")
        return
    if _referred(note, site, segment):
        _set(site, "finding", "pain-referred")
        return
    if _crossed(note, site, cues):
        _set(site, "other_procedure" if frame.procedural else "finding", "needle-passes")
        return
    if cue := _excepted(note, site, cues):
        _set(site, "negated", "excepted", cue)
        return
    strong = [cue for cue in cues if cue.type in ("inject", "tpi", "done", "plan", "negate", "decline", "postpone", "consent", "educate")]
    strong = _drop_foreign(strong, note, site)
    if _VOLUME.search(note.folded, site.end, segment.end):
        strong = [cue for cue in strong if not (cue.type in ("educate", "consent") and cue.start >= site.end)]  # "L supinator x 1, soreness explained"
    strong = [cue for cue in strong if not (cue.type == "negate" and cue.start >= site.end and _structure_between(note, site, cue))]
    if _ONLY.match(note.folded, site.end):
        strong = [cue for cue in strong if not (cue.type in ("negate", "decline", "postpone") and cue.start >= site.end)]  # "QL only, glute quiet so skipped"
    strong = [cue for cue in strong if not (cue.type in ("negate", "decline") and cue.end <= site.start and _REASON.search(note.folded, cue.end, site.start))]
    if strong:
        cue = _governor(note, site, strong)
        verdict = resolve(note, segment, frame, cue, [*strong, *(c for c in frame.strong if c.type == "done")] if cue.type in ("inject", "tpi", "done") else [cue])
        if cue.type == "tpi" and verdict in ("injected", "nominal"):
            verdict = _nominal(note, site, frame, cues, verdict)
        _set(site, verdict, f"cue-{cue.text or cue.type}", cue)
        if verdict in ("injected", "nominal") and _weaker(note, site, cues, cue):
            _set(site, "marked" if frame.procedural else "finding", "examined", cue)
    else:
        weak = [cue for cue in cues if cue.type in ("finding", "mark", "point", "home")]
        if _GRADE.search(note.folded, segment.start, segment.end):
            weak.append(Cue(segment.start, segment.start, "finding", "both"))
        verdict = bare(note, segment, frame)
        if verdict == "candidate" and frame.modifiers & {"future", "condition"} and not frame.today:
            verdict = "planned"
        if verdict == "candidate" and any(cue.type in ("mark", "point") for cue in weak):
            _set(site, "marked", "marked")
        elif verdict == "candidate" and weak:
            _set(site, "examined", "examined")
        elif verdict == "candidate":
            _set(site, "candidate", "listed")
        elif verdict == "finding" and section.category != "history" and _MILLILITRES.search(note.folded, *_reach(note, segment)):
            _set(site, "candidate", "listed")
        elif verdict in ("planned", "finding") and section.category in ("plan", "assessment_plan", "assessment") and _VOLUME.search(note.folded, *_reach(note, segment)) and _just_injected(note, frames, site.segment):
            _set(site, "candidate", "listed")
        else:
            _set(site, "finding" if weak and verdict != "historical" and not segment.box else verdict, f"section-{section.category}")
    if site.assertion in ("injected", "candidate", "marked", "nominal", "examined") and owner not in (None, "tpi"):
        _give_to_other(note, site, frame, owner)
    if site.kind in ("joint", "tendon", "nerve", "bone", "ligament", "bursa", "fascia") and site.assertion in ("injected", "candidate", "nominal"):
        site.procedure = None
        _set(site, "other_procedure" if site.assertion == "injected" else "finding", "not-a-muscle")


# One-line sections that a terse note runs over ("Meds none. TDN R ECRB x2").
_OVERRUN = frozenset({"medications", "allergies", "vitals", "ros", "social_history", "signature"})
_GRADE = re.compile(r"\b[0-5][+-]?/5\b|\bfull bulk\b|\bbulk\b")


_ONLY = re.compile(r"\s(?:muscle\s)?only\b(?=\s*[,;.(]|\s(?:today|this))")


def _clean_reaches(note: Note, site: Site, cue: Cue) -> bool:
    """Whether "quiet", "nontender" or "negative" speaks of this site and not of another one between."""
    if cue.start < site.end:
        return True
    between = [s for s in note.sites if site.end <= s.start and s.end <= cue.start and s.segment == site.segment]
    last = between[-1].end if between else site.end
    for one, other in zip([site, *between], between, strict=False):
        if not re.fullmatch(r"\s?(?:,|/|&|\band\b|\bor\b|,\sand|,\sor)\s?(?:the\s|left\s|right\s|l\s|r\s)*", note.folded[one.end : (other.phrase or (other.start,))[0]]):
            return False
    return re.search(r",\s(?:and|but)\s|\bonly\b", note.folded[last : cue.start]) is None


def _just_injected(note: Note, frames: list[Frame], index: int) -> bool:
    """Whether one of the clauses right before tells of an injection in the same section."""
    section = note.segments[index].section
    return any(frames[i].whole == "injected" and frames[i].owner in (None, "tpi") for i in range(max(0, index - 6), index) if note.segments[i].section == section)


def _set(site: Site, assertion: str, rule: str, cue: Cue | None = None) -> None:
    site.assertion, site.rule = assertion, rule
    if cue is not None:
        site.cue = (cue.start, cue.end)


def _row_reading(note: Note, by_unit: dict[int, list[int]], segment: Segment, site: Site) -> tuple[str, str] | None:
    """A table row says by its other cells whether its muscle was injected."""
    if segment.cell is None:
        return None
    unit = note.units[segment.unit]
    reading = None
    if segment.cell and unit.cells[0].end < site.start and re.search(r"\b(?:notes?|comments?|response|referral|pattern|remarks?)\b", segment.cell):
        return "finding", "column-notes"
    if segment.cell and _EXAM_HEADER.search(segment.cell) and not _ACTION_HEADER.search(segment.cell):
        return "finding", "column-exam"
    if len(unit.columns) > 1 and _empty_row(note, unit, site):
        return "negated", "row-empty"
    positive = negative = None
    category = note.sections[segment.section].category
    for cell in unit.cells:
        if cell.start <= site.start < cell.end:
            continue
        text = note.folded[cell.start : cell.end].strip()
        if re.match(r"(?:not (?:inj|done|treat|needl|today)|deferred|declined|held|planned|next visit|skipped|spared)", text):
            return "negated", "row-negative"
        side_column = _SIDE_HEADER.fullmatch(cell.header) is not None
        if not _ACTION_HEADER.search(cell.header) and not (side_column and (category != "exam" or re.search(r"inject|needled|treated", unit.columns[0] if unit.columns else ""))):
            continue
        text = text.strip(" *\u2020")
        refused = _BLANK_BOX.fullmatch(text) is not None or _NEGATIVE_VALUE.match(text) is not None or text in ("0", "-", "--", "n", "no")
        if _DECISIVE_HEADER.search(cell.header) and text and not side_column:
            return ("negated", "row-negative") if refused else _positive_row(note, segment, unit)
        if refused:
            negative = ("negated", "row-negative")
        elif text:
            positive = ("injected", "row-positive")
    reading = positive or negative
    if reading and reading[0] == "negated":
        return reading
    listed = any(re.search(r"inject|needled|treated", column) for column in unit.columns)
    if reading and (category in PERFORMING or listed or (unit.columns and category in ("exam", "assessment", "subjective", "assessment_plan"))):
        return reading
    return None


_BLANK_BOX = re.compile(r"|\[\s*\]|\(\s*\)|[\u2610\u25a1]")
_SIDE_HEADER = re.compile(r"(?:left|right|lt|rt|l|r|bilateral|both)(?:\sside)?(?:\s?\([^)]*\)|\s(?:ml|cc|units?|u|#|no\.?|vol|volume|inj|pts?|points?|sites?|tps?|sticks?|count|n))?")
_DECISIVE_HEADER = re.compile(r"\b(?:inj(?:ected)?(?:\sy/?n)?|injected\??|treated|needled|done|performed|status|action|tpi)\b")


def _positive_row(note: Note, segment: Segment, unit: Unit) -> tuple[str, str] | None:
    category = note.sections[segment.section].category
    if category in PERFORMING or (unit.columns and category in ("exam", "assessment", "subjective", "assessment_plan")):
        return "injected", "row-positive"
    return None


def _reach(note: Note, segment: Segment) -> tuple[int, int]:
    """The clause with the value that belongs to it: the rest of the line behind a label, the whole of a table row."""
    unit = note.units[segment.unit]
    if segment.cell is not None:
        return unit.start, unit.end
    return segment.start, unit.end if segment.is_label else segment.end


_FILLED_COLUMN = re.compile(r"\b(?:left|right|lt|rt|l|r|vol(?:ume)?|ml|cc|#|inj(?:ections?|ected)?|sticks?|dose|amount|units?|done|drug|passes)\b|#")


def _empty_row(note: Note, unit: Unit, site: Site) -> bool:
    """A row of a form whose every other cell is empty was not used."""
    if not any(_FILLED_COLUMN.search(column) for column in unit.columns[1:]):
        return False
    for cell in unit.cells:
        if cell.start <= site.start < cell.end:
            continue
        if note.folded[cell.start : cell.end].strip(" -_.") not in ("", "n/a", "none"):
            return False
    return True


_MENU = re.compile(r"\b(?:available|options?|choices|choose from|pick ?list|menu|select from|selectable|possible (?:muscles|sites))\b")


def _menu(note: Note, segment: Segment) -> bool:
    """Whether the clause is the value of a label that offers a choice ("Muscles available in this template: …")."""
    label = note.units[segment.unit].label
    return label is not None and not segment.is_label and segment.box is None and _MENU.search(note.folded, *label) is not None


_EXERCISE = re.compile(r"\b[2-5]\s?x\s?(?:8|10|12|15|20|30)\b|\b(?:reps|sets of|therabands?|heel drops|heel raises|bridges|lunges|squats|planks|clamshells|foam roll\w*|iastm|therex)\b")
_REFERS = re.compile(r"\b(?:reproduc\w*|recreat\w*|refer(?:s|red|ring)?(?: pain)? (?:to|into|down|up)|ref\.? to|radiat\w* (?:to|into|down)|[0-5][+-]?/5)\b[^;:,]{0,24}\Z")


def _referred(note: Note, site: Site, segment: Segment) -> bool:
    """ "reproduced her deltoid ache", "refers to the temple": where the pain goes, not the needle."""
    start = (site.phrase or (site.start,))[0]
    return _REFERS.search(note.folded, max(segment.start, start - 40), start) is not None


_SHARED = re.compile(r"\b(?:shared|divided|split|distributed|equally|evenly)\s(?:\w+\s)?\Z")
_PASSED = re.compile(r"travers|cross|passed through|transfix")


def _crossed(note: Note, site: Site, cues: list[Cue]) -> bool:
    """ "through the trapezius", "medial to the rhomboid": the muscle is a landmark."""
    before = [s for s in note.sites if s.segment == site.segment and s.end <= site.start]
    if before and before[-1].rule == "needle-passes" and re.fullmatch(r"\s?(?:,|and|/|&|,\sand|or)\s?(?:the\s)?", note.folded[before[-1].end : site.start]):
        return True  # "passing the multifidus and longissimus"
    for cue in cues:
        if cue.type == "pass" and cue.start >= site.end and _PASSED.search(note.folded, cue.start, cue.end) and re.fullmatch(r"\s(?:muscle\s)?(?:was|were)\s(?:\w+\s){0,2}", note.folded[site.end : cue.start]):
            return True  # "the pectoralis major was traversed"
        if cue.type == "pass" and cue.end <= site.start:
            gap = note.folded[cue.end : site.start]
            if len(gap) < 44 and not re.search(r"[,;]|\b(?:into|inject\w*|to reach|deposited|placed|given|received|ml|cc|needle|technique|approach|cannula)\b|\w{4,}\sand\s", gap) and not _SHARED.search(note.folded, max(0, cue.start - 24), cue.start):
                return True
    return False


def _excepted(note: Note, site: Site, cues: list[Cue]) -> Cue | None:
    best = None
    for cue in cues:
        if cue.type == "except" and cue.end <= site.start:
            gap = note.folded[cue.end : site.start]
            if not re.search(r"\b(?:was|were|inject\w*|into|treated|done)\b|;", gap) and len(gap) < 80:
                best = cue
    return best


_DONE_TO = re.compile(r"[\s,()a-z0-9-]{0,24}\b(?:was|were|also|then|next)\s(?:then\s|also\s|next\s)?\Z")


def _drop_foreign(strong: list[Cue], note: Note, site: Site) -> list[Cue]:
    """Leave out verbs that cannot reach the site: those that only say how the procedure went."""
    strong = [cue for cue in strong if cue.type != "done" or (cue.start >= site.end and _DONE_TO.fullmatch(note.folded[site.end : cue.start] or " was "))]
    if any(cue.type == "inject" for cue in strong):
        return without_talk([cue for cue in strong if cue.type != "done"])
    return strong


def _governor(note: Note, site: Site, strong: list[Cue]) -> Cue:
    """The predicate that speaks of the site."""
    if len(strong) == 1:
        return strong[0]
    kinds = {cue.type for cue in strong}
    if kinds <= {"inject", "tpi", "done"}:
        verbs = [cue for cue in strong if cue.type != "tpi"] or strong
        return _nearest(site, verbs)
    strong = [cue for cue in strong if not (cue.type == "negate" and cue.start >= site.end and _structure_between(note, site, cue))] or strong
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


_REASON = re.compile(r"\b(?:as|after|because|since|once|when|until)\b")


def _structure_between(note: Note, site: Site, cue: Cue) -> bool:
    """Whether the negation speaks of a nerve or vessel named between ("supinator, posterior interosseous nerve avoided")."""
    return any(other.kind in ("nerve", "joint", "bursa", "bone", "tendon", "ligament") and site.end <= other.start and other.end <= cue.start for other in note.sites)


def _finite(note: Note, cue: Cue) -> bool:
    return _FINITE_PASSIVE.search(note.folded, cue.start, cue.end) is not None


def _clause_break(note: Note, start: int, end: int) -> bool:
    return re.search(r"[;:]|,\s(?:and|then)\s|\bbut\b", note.folded[start:end]) is not None


def _nearest(site: Site, cues: list[Cue]) -> Cue:
    return min(cues, key=lambda cue: (max(cue.start - site.end, site.start - cue.end, 0), cue.start))


def _nominal(note: Note, site: Site, frame: Frame, cues: list[Cue], verdict: str) -> str:
    """ "TPI L trap": the procedure as a noun. Findings of its own keep a site from being taken along."""
    own = [cue for cue in cues if cue.type == "finding"]
    if own and not any(cue.type == "tpi" and cue.end <= site.start for cue in cues) and not frame.procedural:
        return "finding"
    return verdict


def _weaker(note: Note, site: Site, cues: list[Cue], governor: Cue) -> bool:
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


def _give_to_other(note: Note, site: Site, frame: Frame, owner: str) -> None:
    """Under the topic of another procedure a muscle is that procedure's, or a landmark."""
    if owner in OWNS_MUSCLES:
        site.procedure = owner
        _set(site, "other_procedure", f"topic-{owner}")
        return
    direct = any(cue.type == "inject" for cue in frame.cues) and frame.topic in (None, "tpi")
    if direct and site.kind == "muscle":
        return  # a muscle injected by name between other procedures is a muscle injected
    site.procedure = owner
    _set(site, "other_procedure", f"topic-{owner}")


_LISTED = ("candidate", "marked", "nominal", "examined")


def _inherit_in_lists(note: Note, frames: list[Frame]) -> None:
    """Items take the assertion of the words that introduce their list; fragments that of the sentence before."""
    for site in note.sites:
        if site.assertion == "injected" and site.rule == "cue-tpi" and (verdict := _introduction(note, frames, note.segments[site.segment])) and verdict[0] in ("negated", "declined", "postponed", "planned"):
            _set(site, verdict[0], verdict[1], verdict[2])
            continue
        if site.assertion not in ("candidate", "examined", "marked", "planned", "finding", "nominal") or site.rule.startswith(("cue-", "clean", "pain", "earlier", "box", "column", "row", "topic", "not-a", "needle")):
            continue
        segment = note.segments[site.segment]
        if verdict := _introduction(note, frames, segment):
            if verdict[0] == "injected" and not _itemised(note, segment, site) and _FINITE.search(note.folded, segment.start, segment.end):
                continue  # a full sentence says for itself what it says
            own = [c.type for c in frames[site.segment].cues]
            if verdict[0] in ("finding", "examined") and site.assertion == "candidate" and _VOLUME.search(note.folded, *_reach(note, segment)):
                continue
            if verdict[0] == "injected" and site.rule == "examined" and "finding" in own:
                if _itemised(note, segment, site) or _VOLUME.search(note.folded, *_reach(note, segment)):
                    site.assertion, site.rule = "injected", "list-of-injected"
                continue
            _set(site, verdict[0], verdict[1], verdict[2])


def _introduction(note: Note, frames: list[Frame], segment: Segment) -> tuple[str, str, Cue | None] | None:
    unit = note.units[segment.unit]
    seen = 0
    index = segment.unit
    # the label of the item itself, then the units that introduce it
    while seen < 4:
        own = _segments_of(note, index)
        before = [entry for entry in own if entry[1].start < segment.start]
        # of an introduction's clauses the last stands nearest to its list
        for other_index, other in before if index == segment.unit else reversed(before):
            frame = frames[other_index]
            if other.is_label or index != segment.unit:
                verdict = _frame_for_list(note, other, frame)
                if verdict:
                    return verdict
        parent = note.units[index].parent
        if parent is None:
            return None
        index = parent
        seen += 1
    del unit
    return None


def _segments_of(note: Note, unit: int) -> list[tuple[int, Segment]]:
    return [(i, s) for i, s in enumerate(note.segments) if s.unit == unit]


def _frame_for_list(note: Note, segment: Segment, frame: Frame) -> tuple[str, str, Cue | None] | None:
    if not frame.strong and note.sections[segment.section].category in PERFORMING and _MILLILITRES.search(note.folded, segment.start, segment.end) and note.folded[segment.start : segment.end + 2].rstrip().endswith(("each", "each:", ":")):
        return ("injected", "list-introduced", None) if frame.owner in (None, "tpi") else None  # "0.5% bupivacaine, 2 mL each:"
    cue = frame.strong[0] if frame.strong else None
    if frame.whole in ("injected", "planned", "historical", "negated", "declined", "postponed"):
        if frame.owner not in (None, "tpi") and frame.whole == "injected":
            return "other_procedure", f"topic-{frame.owner}", cue
        return frame.whole, "list-introduced", cue
    if frame.whole == "nominal":
        return "nominal", "list-introduced", cue
    if not frame.strong:
        types = {c.type for c in frame.cues}
        if types & {"mark"}:
            return "marked", "list-marked", None
        if "point" in types and note.sections[segment.section].category in PERFORMING:
            return "marked", "list-marked", None
        if types & {"finding"}:
            return ("examined" if frame.procedural else "finding"), "list-of-findings", None
    return None


def _settle_candidates(note: Note, frames: list[Frame]) -> None:
    """Second pass: what the rest of the note makes of sites that no verb governs."""
    performed = _performed(note, frames)
    explicit = {s.targets for s in note.sites if s.assertion == "injected" and s.kind == "muscle" and s.rule != "cue-give"}
    anaphora = _points_back(note, frames)
    told = _told(note, frames)
    dosed = any(doses_what_was_found(note, segment, frame) for segment, frame in zip(note.segments, frames, strict=True))
    bare_list = is_site_list(note)
    for site in note.sites:
        if site.assertion not in _LISTED:
            continue
        segment, frame = note.segments[site.segment], frames[site.segment]
        category = note.sections[segment.section].category
        volume = _VOLUME.search(note.folded, *_reach(note, segment)) is not None
        if bare_list:
            _set(site, "injected", "site-list")
            continue
        if site.kind in ("region", "level") and site.assertion != "nominal" and not _area_listed(note, segment, site, volume):
            _set(site, "finding", "no-verb")
            continue
        if site.assertion == "nominal":
            _set(site, "injected" if performed else "finding", site.rule)
            site.weak = not (volume or frame.today or told)
        elif site.assertion == "candidate":
            if not performed:
                _set(site, "finding", "nothing-performed")
            elif segment.box or volume or category in ("sites", "injectate") or _itemised(note, segment, site):
                _set(site, "injected", "listed-in-procedure")
            elif category in ("procedure", "preparation", "addendum"):
                prose = explicit and not _continues_injection(note, frames, site)
                _set(site, *(("finding", "no-verb") if prose else ("injected", "listed-in-procedure")))
                site.weak = prose
            elif _told_by_amounts(note, frames, site):
                _set(site, "injected", "listed-with-amount")
            elif category == "none":
                _set(site, *_loose(note, site, frame, anaphora, explicit))
                site.weak = True
            else:
                known = frame.procedural and (not explicit or _continues_injection(note, frames, site))
                _set(site, *(("injected", "listed-in-procedure") if known else ("finding", "no-verb")))
                site.weak = frame.procedural and not known
        elif site.assertion in ("marked", "examined"):
            if not performed:
                _set(site, "finding", "nothing-performed")
            elif _dosed_itself(note, site):
                _set(site, "injected", "listed-with-amount")
            elif frame.procedural and (segment.box or volume or (category == "sites" and site.assertion == "marked")):
                _set(site, "injected", "listed-in-procedure")
            elif frame.procedural or category == "none":
                takes = site.assertion == "marked" and (not explicit and (frame.procedural or anaphora) or _all_the_rest(note, frames))
                takes = takes or (site.assertion == "examined" and anaphora and not explicit)
                if category == "none" and not frame.procedural and site.assertion == "examined":
                    takes = False
                _set(site, "injected" if takes else "finding", "marked-then-injected" if takes else "examined-only")
                site.weak = takes and not frame.procedural and not dosed and not _pointed_at(note, frames, site)
            else:
                _set(site, "finding", "examined-only")


def _pointed_at(note: Note, frames: list[Frame], site: Site) -> bool:
    """Whether one of the next clauses injects "each", "both" or "these" and names no site of its own."""
    sited = {other.segment for other in note.sites if other.kind == "muscle"}
    for index in range(site.segment + 1, min(len(frames), site.segment + 6)):
        if index in sited:
            continue
        if frames[index].whole == "injected" and frames[index].owner in (None, "tpi") and "anaphora" in frames[index].modifiers:
            return True
    return False


def _told(note: Note, frames: list[Frame]) -> bool:
    """Whether the note tells in a finite verb or a procedure's own text that trigger points were injected."""
    return any(
        event_performed(note, segment, frame) and (frame.procedural or any(cue.type == "inject" for cue in frame.cues))
        for segment, frame in zip(note.segments, frames, strict=True)
    )


def _area_listed(note: Note, segment: Segment, site: Site, volume: bool) -> bool:
    """A region without a verb is a site only as an item with an amount, a tick or in a list of sites."""
    if any(other.segment == site.segment and other.kind == "muscle" for other in note.sites):
        return False
    if segment.box:
        return True
    if site.assertion != "candidate":
        return False
    return volume or note.sections[segment.section].category == "sites" and _itemised(note, segment, site)


def _itemised(note: Note, segment: Segment, site: Site) -> bool:
    """Whether the site stands as an item: bulleted, tabled, or nearly alone on its line."""
    unit = note.units[segment.unit]
    if unit.bullet or unit.cells or unit.parent is not None and unit.end - unit.start < 100:
        return True
    text = note.folded[segment.start : segment.end]
    start = (site.phrase or (site.start,))[0]
    if start - segment.start < 4 and not _FINITE.search(text):
        return True  # "Quadratus femoris, left, lateral to the ischium …"
    rest = segment.end - segment.start - sum(s.end - s.start for s in note.sites if s.segment == site.segment)
    sites = sum(1 for s in note.sites if s.segment == site.segment)
    return rest < 24 + 14 * sites and not re.search(r"\b(?:is|are|was|were|has|had|with|who|which|there)\b", note.folded[segment.start : segment.end])


_FINITE = re.compile(r"\b(?:is|are|was|were|has|had|have|became|began|told|developed|complain\w*|felt|feels|showed|shows|seemed|remain\w*|reproduc\w*|refer\w*|cause\w*|palpat\w*)\b")


def _continues_injection(note: Note, frames: list[Frame], site: Site) -> bool:
    """Whether an earlier clause of the same sentence, or the sentence before a fragment, tells of the injection."""
    segment = note.segments[site.segment]
    index = site.segment - 1
    while index >= 0 and note.segments[index].sentence == segment.sentence:
        if frames[index].whole == "injected" and any(c.type == "inject" for c in frames[index].cues):
            return True
        index -= 1
    text = note.folded[segment.start : segment.end]
    return re.match(r"\W*(?:and\s)?(?:then|next|finally|followed by|lastly|also|one|two|another|same|likewise|same for|as did|as was)\b", text) is not None


def _loose(note: Note, site: Site, frame: Frame, anaphora: bool, explicit: set) -> tuple[str, str]:
    """A site without a verb and without a heading: beside injected ones it is injected too."""
    segment = note.segments[site.segment]
    neighbours = [s for s in note.sites if abs(s.segment - site.segment) <= 1 and s is not site and s.kind == "muscle"]
    if _FINITE.search(note.folded, segment.start, segment.end) and not _itemised(note, segment, site):
        return ("finding", "no-verb") if explicit else ("injected", "no-verb-in-procedure") if frame.procedural else ("finding", "no-verb")
    if any(s.assertion == "injected" for s in neighbours if abs(note.segments[s.segment].unit - segment.unit) <= 1):
        return "injected", "beside-injected"
    if explicit and not frame.procedural:
        return "finding", "no-verb"
    return ("injected", "no-verb-in-procedure") if frame.procedural or anaphora or not explicit else ("finding", "no-verb")


_LIST_WORDS = re.compile(
    r"\b(?:left|right|bilateral(?:ly)?|lt|rt|bilat|both|sides?|and|muscles?|injections?|inj|each|x|cc|ml|mls|the|upper|middle|lower|mid|thoracic|cervical|lumbar|sites?|trigger|points?|tps?|level|levels|at|total|of|ea|per)\b"
)


def is_site_list(note: Note) -> bool:
    """Whether the text is nothing but sites with sides, levels and amounts: what a coder copies out of a note."""
    if len(note.text) > 1500 or not any(site.kind == "muscle" for site in note.sites):
        return False
    rest = list(note.folded)
    for span in [(s.start, s.end) for s in note.sites] + [(m.start, m.end) for m in (*note.sides, *note.levels)]:
        rest[span[0] : span[1]] = " " * (span[1] - span[0])
    left = _LIST_WORDS.sub(" ", "".join(rest))
    return sum(char.isalpha() for char in left) <= 2


def _performed(note: Note, frames: list[Frame]) -> bool:
    """Whether anything says that trigger points were injected or needled in this encounter."""
    if is_site_list(note) or any(doses_what_was_found(note, segment, frame) for segment, frame in zip(note.segments, frames, strict=True)):
        return True
    if any(event_performed(note, segment, frame) for segment, frame in zip(note.segments, frames, strict=True)):
        return True
    for site in note.sites:
        if site.kind != "muscle":
            continue
        segment = note.segments[site.segment]
        category = note.sections[segment.section].category
        amount = _VOLUME.search(note.folded, *_reach(note, segment)) is not None
        if site.assertion == "marked" and category in ("procedure", "sites") and not _given_up(note, frames, segment) and _VOLUME.search(note.folded, note.sections[segment.section].start, note.sections[segment.section].end):
            return True
        if site.assertion in ("candidate", "nominal") and _told_by_amounts(note, frames, site):
            return True
        if site.assertion in ("marked", "examined") and _dosed_itself(note, site) and not _given_up(note, frames, segment):
            return True
        listed = site.assertion == "candidate" and (amount and (category in ("procedure", "sites", "injectate") or frames[site.segment].procedural) or category == "sites" and _injected_heading(note, segment))
        if site.assertion == "injected" or listed:
            return True
    return False


def _told_by_amounts(note: Note, frames: list[Frame], site: Site) -> bool:
    """A muscle with its own amount of a drug was injected, whatever the verb: nobody doses an examination."""
    segment = note.segments[site.segment]
    unit = note.units[segment.unit]
    spans = [_reach(note, segment)]
    after = site.segment + 1
    if after < len(note.segments) and note.segments[after].unit == segment.unit and all(cue.type in ("anaphora", "prep") for cue in frames[after].cues) and not any(other.segment == after for other in note.sites):
        spans.append((note.segments[after].start, note.segments[after].end))  # "R QL only. lido 1% 2 ml"
    if unit.parent is not None:  # "Plain lidocaine, 1 ml for each muscle:" over the list
        spans.append((note.units[unit.parent].start, note.units[unit.parent].end))
    if not any(_MILLILITRES.search(note.folded, *span) for span in spans):
        return _NEEDLED.search(note.folded, *spans[0]) is not None and any("dry" in frame.modifiers for frame in frames)
    return bool(note.drugs) or any(frame.topic == "tpi" for frame in frames)


def _dosed_itself(note: Note, site: Site) -> bool:
    """Whether the site's own clause, or the value behind its label, gives an amount of a drug that the note names."""
    segment = note.segments[site.segment]
    performing = note.sections[segment.section].category in PERFORMING
    return performing and bool(note.drugs) and _MILLILITRES.search(note.folded, *_reach(note, segment)) is not None


_NEEDLED = re.compile(r"\b(?:passes|needles?|pistoned|pistoning|twitch\w*|ltrs?)\b|\d?\.\d\d\s?(?:mm\s?)?x\s?\d\d")


def _given_up(note: Note, frames: list[Frame], segment: Segment) -> bool:
    """Whether the section of the clause goes on to tell that nothing was injected."""
    others = {site.segment for site in note.sites if site.kind != "region"} | {index for index, frame in enumerate(frames) if any(cue.type == "procedure" for cue in frame.cues)}
    return any(
        other.section == segment.section and other.start > segment.start and frame.whole in ("declined", "postponed", "negated") and index not in others
        for index, (other, frame) in enumerate(zip(note.segments, frames, strict=True))
    )


def _injected_heading(note: Note, segment: Segment) -> bool:
    """Whether the list stands under a heading that says its sites were injected ("TPs today", "Muscles injected")."""
    title = note.sections[segment.section].title
    return title is not None and re.search(r"\b(?:inject\w*|today|treated|needled|performed|done|tpi|trigger)\b", note.folded[title[0] : title[1]]) is not None


def event_performed(note: Note, segment: Segment, frame: Frame) -> bool:
    """Whether the clause tells of an injection at this encounter that is not another procedure's."""
    if frame.whole not in ("injected", "nominal") or frame.owner not in (None, "tpi"):
        return False
    category = note.sections[segment.section].category
    if frame.whole == "nominal" and category == "billing":
        return False
    return frame.topic == "tpi" or any(cue.type == "inject" for cue in frame.cues) or frame.procedural


_REST = re.compile(r"\b(?:remaining|rest of|other|all (?:of )?(?:the|these|them|identified|marked|trigger|two|three|four|five|six|\d)|each (?:was|of|one|point|site|band|trigger|area|spot|muscle)|same (?:manner|fashion|technique|way|procedure))\b")


def _all_the_rest(note: Note, frames: list[Frame]) -> bool:
    """Whether a clause without sites says that the remaining marked ones were injected too."""
    with_sites = {site.segment for site in note.sites if site.kind == "muscle"}
    return any(
        index not in with_sites and frame.whole == "injected" and _REST.search(note.folded, segment.start, segment.end) is not None
        for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True))
    )


_ANESTHETIC = re.compile(r"\b(?:lido\w*|xylo\w*|ligno\w*|bupi\w*|marcaine|sensorcaine|ropi\w*|mepi\w*|carbocaine|procaine|novocain\w*)\b")
_SPREAD = re.compile(r"\b(?:each|ea|per|apiece|both|every)\b|\b(?:into|in|to)\s(?:the\s)?(?:r|l|rt|lt|right|left|bilat\w*)\b")


_SPEAKS_OF_POINTS = re.compile(r"\btrigger|\btrps?\b|\btpis?\b|\bmyofasc|\btaut\b|\bknots?\b")


def doses_what_was_found(note: Note, segment: Segment, frame: Frame) -> bool:
    """ "Each side 1.5 ml lido 1% w 25g": a dose of local anesthetic shared out, without a verb, in a note on trigger points."""
    section = note.sections[segment.section]
    if frame.whole not in (None, "nothing") or frame.owner not in (None, "tpi") or segment.box is False or not note.visits[section.visit].current:
        return False
    if section.category not in ("none", "procedure", "sites", "injectate", "exam", "assessment_plan") or frame.modifiers & {"plan", "past", "condition", "future", "negate", "educate"}:
        return False
    text = note.folded[segment.start : segment.end]
    told = _MILLILITRES.search(text) and _ANESTHETIC.search(text) and _SPREAD.search(text)
    return bool(told) and _SPEAKS_OF_POINTS.search(note.folded) is not None


def _points_back(note: Note, frames: list[Frame]) -> bool:
    """ "each of these was then injected": an injection without sites of its own that points at those before."""
    with_sites = {site.segment for site in note.sites if site.kind == "muscle" and site.assertion == "injected" and site.rule.startswith("cue-inject")}
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if index not in with_sites and doses_what_was_found(note, segment, frame):
            return True
        if index in with_sites or frame.whole != "injected" or frame.owner not in (None, "tpi"):
            continue
        if "anaphora" in frame.modifiers or "point" in frame.modifiers or frame.procedural:
            if any(cue.type == "inject" for cue in frame.cues):
                return True
    return False


_REPEATED = re.compile(r"\b(?:repeat\w*|same|identical\w*|likewise|similar\w*|mirror\w*|again|also|then|done)\b")


def _repeat_on_side(note: Note, frames: list[Frame]) -> None:
    """ "This was then repeated on the left": the side is added to the sites injected before."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole != "injected" or frame.owner not in (None, "tpi") or any(site.segment == index for site in note.sites):
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


_PRONOUN = re.compile(r"\b(?:it|them|this (?:one|muscle)|that (?:one|muscle)|these|those|either|so that was|which|so)\b")


_ELIDED = re.compile(r"\W*(?:but|and|yet|though)\s(?:then\s)?(?:(?:was|were|is|are)\s)?(?:not|never|left alone|left untouched|left for|spared|skipped|deferred)\b")
_REASON_BEHIND = re.compile(r"\b(?:as|because|since|given that|once|after)\s")


def _negate_by_pronoun(note: Note, frames: list[Frame]) -> None:
    """ "The infraspinatus was examined but I did not inject it": the pronoun stands for the sites just named."""
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole not in ("negated", "postponed", "declined") or index == 0:
            continue
        text = note.folded[segment.start : segment.end]
        elided = _ELIDED.match(text)
        reason = _REASON_BEHIND.search(text)
        own = [site for site in note.sites if site.segment == index and site.kind == "muscle"]
        if own and not elided and not (reason and own[0].start >= segment.start + reason.end()):
            continue
        short = elided or len(text) < 40 and re.match(r"\W*(?:but\s)?(?:skipped|deferred|spared|held|omitted|left alone|not injected|not done|not treated|not needled)", text)
        if not (_PRONOUN.search(text) or short):
            continue
        before = [site for site in note.sites if site.kind == "muscle" and site.segment == index - 1]
        same_unit = before and note.segments[index - 1].unit == segment.unit
        for site in before if same_unit else []:
            if site.assertion in ("candidate", "examined", "marked", "finding", "nominal", "planned") or (short and site.rule != "cue-inject"):
                _set(site, frame.whole, "pronoun")


_NAMED_ABOVE = re.compile(
    r"\b(?:above|aforementioned|listed|named)[\s-]{1,3}(?:(?:noted|named|listed|mentioned|described|identified|\d|two|three|four|five)\s){0,2}(?:trigger\s|tender\s)?(?:muscles?|sites?|points?|areas?|tps|trps|locations?|spots?|bands?)\b"
    r"|\b(?:all|each|both|three|four|two|muscles?|sites?|points?|areas?|bands?|locations?)\s(?:(?:of|as|the|muscles?|sites?|points?|areas?|three|four|two|were|are)\s){0,3}(?:above|aforementioned|listed|named|noted (?:above|on exam))\b"
)


# "into each of the two": as many as the line before names
_COUNTED = re.compile(r"\b(?:injected|treated|needled|infiltrated|did)\s(?P<b>both)\b(?!\ssides)|\b(?:each of|both of|all|into)\s(?:the|these|those)\s(?P<n>two|three|four|five|2|3|4|5)\b(?!\s(?:cc|ml|mg|weeks?|days?))|\ball\s(?P<m>three|four)\b")
_NUMBERS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}


def _take_named_above(note: Note, frames: list[Frame]) -> None:
    """ "All three as named above were injected": a procedure that points at the list before it names its sites by it."""
    if any(site.assertion == "injected" and site.kind == "muscle" and not site.weak for site in note.sites):
        return
    for index, (segment, frame) in enumerate(zip(note.segments, frames, strict=True)):
        if frame.whole == "injected" and frame.owner in (None, "tpi"):
            for site in _sites_meant(note, segment, _last_list(note, frames, index)):
                _set(site, "injected", "named-above")
                site.weak = False


def _last_list(note: Note, frames: list[Frame], index: int) -> list[Site]:
    """The sites of the line, or of the list, that was the last to name any before clause ``index``."""
    before = [
        s for s in note.sites
        if s.kind == "muscle" and s.segment < index and (s.assertion == "finding" or s.weak) and note.visits[note.sections[note.segments[s.segment].section].visit].current
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
    return []
