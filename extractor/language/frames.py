"""What a clause says was done: its predicates, their time, and whose procedure it speaks of.

A *frame* is the contract's assertion, or one of three that wait for the rest of the note: ``candidate`` (a site named
in a procedure's text without a verb), ``marked`` (found and marked for the needle) and ``nominal`` (the procedure as
a noun, whose time only the section tells).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.language.annotations import Cue, Note, Segment, within
from extractor.language.dates import find_dates
from extractor.language.gate import LOCAL, speaks_of_points
from extractor.language.readings import MILLILITRES

# How each section reads a site that no verb governs, and the procedure as a noun.
_BARE = {
    "procedure": "candidate", "sites": "candidate", "injectate": "candidate", "none": "candidate", "addendum": "candidate", "preparation": "candidate",
    "plan": "planned", "followup": "planned", "consent": "planned", "history": "historical", "assessment_plan": "finding",
}  # fmt: skip
_NOMINAL = {
    "procedure": "injected", "sites": "injected", "injectate": "injected", "none": "nominal", "addendum": "injected", "preparation": "injected",
    "postprocedure": "nominal", "plan": "planned", "followup": "planned", "consent": "planned", "history": "historical", "subjective": "historical",
    "assessment_plan": "planned", "assessment": "finding", "billing": "nominal", "exam": "finding", "indications": "finding", "diagnosis": "finding",
}  # fmt: skip
PERFORMING = frozenset({"procedure", "sites", "injectate", "none", "addendum", "preparation", "postprocedure", "billing", "header"})
SILENT = frozenset({"family_history", "social_history", "ros", "medications", "allergies", "vitals", "imaging", "instructions", "signature"})
# Topics under which a named muscle is that procedure's own target.
OWNS_MUSCLES = frozenset(
    {
        "chemodenervation", "chemodenervation_migraine", "botulinum_cosmetic", "emg_study", "surgery", "biopsy", "intramuscular_injection", "vaccination",
        "prp_injection", "prolotherapy", "acupuncture", "fascial_plane_block", "tap_block", "physical_therapy", "manipulation", "subcutaneous_injection",
    }
)  # fmt: skip
# Kinds that only accompany another procedure and never become the topic of what follows.
PASSING = frozenset({"skin_infiltration", "physical_therapy", "manipulation", "biopsy"})

# One-line sections that a terse note runs over ("Meds none. TDN R ECRB x2").
OVERRUN = frozenset({"imaging", "medications", "allergies", "vitals", "ros", "social_history", "signature"})
_SINGLE = frozenset({"intramuscular_injection", "vaccination", "subcutaneous_injection"})  # one shot, said in passing

STRONG = frozenset({"inject", "tpi", "done", "plan", "negate", "decline", "postpone", "educate", "consent"})
# "gave", "received", "treated" speak of the needle only beside a site, an amount or a trigger point.
_AMOUNT = re.compile(r"\d\s?(?:cc|ml|units?|u)\b|\b(?:half|one|two|three|four|five)\s(?:a\s)?(?:cc|ml)|%|\btrig(?:ger|\b)|\btpis?\b|\btps?\b|\btrps?\b|lidocaine|marcaine|bupivacaine|anesthetic")


@dataclass(slots=True)
class Frame:
    """The reading of one clause."""

    cues: list[Cue]
    strong: list[Cue] = field(default_factory=list)
    modifiers: frozenset[str] = frozenset()
    topic: str | None = None  # kind of another procedure, "tpi", or None where the clause names none
    owner: str | None = None  # topic in force, from this clause or from before
    past: bool = False
    today: bool = False
    procedural: bool = False  # stands in text that describes a procedure being done
    whole: str | None = None  # frame of the clause as a whole, sites or not
    voice: Cue | None = None


_REPEATS = re.compile(r"\b(?:(?:i|we)\s(?:then\s)?repeated|(?:was|were)\srepeated|same (?:muscles|sites|points|injections)(?:\s(?:were\s)?(?:injected|needled|treated|done))?\s(?:were\s)?(?:injected\s|needled\s|treated\s|done\s)?(?:today\s)?as)\b")
_NONE_DONE = re.compile(r"\W*(?:none|not (?:done|performed|indicated|today|given)|no\b(?!\s(?:comp|issue|problem|bleed|adverse|reaction))|deferred|declined|held|n/a|nil|cancell?ed|postponed)\b")
_HELD = re.compile(r"\s(?:off|today|due|for|until|because|given|per|back|d/t|secondary)\b|\s*(?:[.;,)|]|$|\n)|\s(?:the\s)?(?:left\s|right\s|l\s|r\s)?[a-z]+\s*(?:$|[.;,|\t\n])")


_TREATED_WITH = re.compile(r"\s(?:w/|with|by|using)\s?(?:\w+\s){0,2}?(?:heat|ice|massage|stretch\w*|ultrasound|laser|cupping|tape|taping|patch|release|mobili\w+|stim\w*)\b")
_GIVES_PAIN = re.compile(r"\s(?:her|him|them|me|rise|the patient)\s(?:to\s)?(?:\w+\s){0,4}?(?:pain|aches?|relief|headaches?|symptoms?|discomfort|toothache)\b")


def _settle_generic(note: Note, cues: list[list[Cue]]) -> None:
    """Verbs of giving become injections, or nothing."""
    sited = {site.segment for site in note.sites if site.kind == "muscle"}
    for index, (segment, found) in enumerate(zip(note.segments, cues, strict=True)):
        for cue in found:
            if cue.type == "hold":
                cue.type = "negate" if index in sited and _HELD.match(note.folded, cue.end) else "none"
        if not any(cue.type == "give" for cue in found):
            continue
        found[:] = [cue for cue in found if not (cue.type == "give" and (_GIVES_PAIN.match(note.folded, cue.end) or _TREATED_WITH.match(note.folded, cue.end)))]
        if index in sited or _AMOUNT.search(note.folded, segment.start, segment.end):
            for cue in found:
                if cue.type == "give":
                    cue.type, cue.text = "inject", "give"
        else:
            found[:] = [cue for cue in found if cue.type != "give"]


def read_frames(note: Note, cues: list[list[Cue]]) -> list[Frame]:
    """One frame for each clause, in order."""
    _settle_generic(note, cues)
    points = speaks_of_points(note)
    frames = [_frame(note, segment, found, points) for segment, found in zip(note.segments, cues, strict=True)]
    _mark_procedural(note, frames)
    _follow_topics(note, frames)
    label: tuple[int, str, bool] | None = None
    before: tuple[Segment, Frame] | None = None
    for segment, frame in zip(note.segments, frames, strict=True):
        frame.whole = whole_frame(note, segment, frame)
        if before and before[0].is_label and before[0].unit == segment.unit and before[1].whole in ("injected", "nominal") and _NONE_DONE.match(note.folded, segment.start, segment.end):
            before[1].whole = frame.whole if frame.whole in ("declined", "postponed", "planned") else "negated"  # "TPI: none, deferred"
        before = (segment, frame)
        if segment.is_label:
            label = (segment.unit, frame.whole or "", frame.today)
        elif label and label[0] == segment.unit and label[2] and frame.whole == "historical":
            frame.today, frame.past = True, False
            frame.whole = whole_frame(note, segment, frame)
        elif label and label[0] == segment.unit and label[1] in ("planned", "historical", "negated", "declined", "postponed"):
            # "Scheduled for: trigger point injections": the label gives the noun its time
            if frame.whole in ("injected", "nominal") and not any(cue.type in ("inject", "done") for cue in frame.strong):
                frame.whole = label[1]
    return frames


_REPEAT = re.compile(r"repeat(?:ed)?\b")


def _frame(note: Note, segment: Segment, cues: list[Cue], points: bool) -> Frame:
    if MILLILITRES.search(note.folded, segment.start, segment.end) and sum(cue.type == "plan" for cue in cues) == 1 and not any(cue.type in ("future", "condition") for cue in cues):
        for cue in cues:
            if cue.type == "plan" and cue.start == segment.start and _REPEAT.match(note.folded, cue.start, cue.end):
                cue.type = "tpi"  # "Repeat TPI R levator 1 cc lido 2%": dosed, so done
    types = frozenset(cue.type for cue in cues)
    frame = Frame(cues, [cue for cue in cues if cue.type in STRONG], types)
    frame.today = "today" in types
    frame.past = "past" in types
    if not frame.past or not frame.today:
        _read_dates(note, segment, frame)
    if frame.past and _REPEATS.search(note.folded, segment.start, segment.end):
        frame.past = False  # "repeated the injections of the last visit"
    cues[:] = [cue for cue in cues if cue.type != "procedure" or not _not_used(note, segment, cue)]
    if segment.box is False:
        return frame
    for cue in cues:
        if cue.type == "tpi" and re.search(r"trig(?:ger|\b)|tpi|tp|trp|needling|myofasc", note.folded[cue.start : cue.end]):
            frame.topic = "tpi"
    if frame.topic is None and _SHOT.search(note.folded, segment.start, segment.end) and not _LOCAL.search(note.folded, segment.start, segment.end):
        frame.topic = "intramuscular_injection"
    if frame.topic is None and _toxin_line(note, segment):
        frame.topic = "chemodenervation"
    if frame.topic is None:
        kinds = [cue.direction for cue in cues if cue.type == "procedure" and cue.direction not in PASSING]
        if kinds:
            frame.topic = kinds[0]
        elif not points and note.sections[segment.section].category == "procedure" and _OPERATION.search(note.folded, segment.start, segment.end):
            frame.topic = "surgery"
        elif "point" in types and re.search(r"trig(?:ger|\b)|trp|tps", note.folded[segment.start : segment.end]):
            frame.topic = "tpi"
    return frame


def _toxin_line(note: Note, segment: Segment) -> bool:
    """Whether the clause gives a toxin, in a note that injects a local anesthetic elsewhere and names the toxin's
    indication beside it.

    A toxin under the title of trigger point injections is left to the findings: there it is what was injected.
    """
    own = within(note.drugs, segment.start, segment.end) if note.drugs else []
    if not any(drug.drug in _TOXINS for drug in own) or any(drug.drug in LOCAL for drug in own):
        return False
    elsewhere = any(drug.drug in LOCAL and not (segment.start <= drug.start < segment.end) for drug in note.drugs)
    unit = note.units[segment.unit]
    named = any(entity.kind == "muscle" and segment.start <= entity.start < segment.end for entity in note.entities)
    return elsewhere and named and _TOXIN_INDICATION.search(note.folded, unit.start, unit.end) is not None


# An operation by the form of its name; the lexicon lists those that have no such form.
_OPERATION = re.compile(r"(?<!s/p )(?<!prior )(?<!post )\b(?!anatom|phlebot|osteotom|venipunct)[a-z]{3,}(?:ectomy|otomy|ostomy|plasty|oscopy|centesis|pexy|rrhaphy|ectomies|otomies)\b|\bcatheterization\b|\bangiograph\w*|\bresection\b")
_SHOT = re.compile(r"\bim\b|\bintramuscular(?:ly)?\b")
_LOCAL = re.compile(r"lido\w*|xylocaine|bupi\w*|marcaine|ropi\w*|mepi\w*|anesthetic|trig(?:ger|\b)|needling|stimulation|\btp")
_UNUSED = re.compile(r"\s{0,2}(?:(?:was|were|is)\s)?(?:not|deferred|declined|held|refused)\b|\s?[:-]?\s?(?:none|no\b)")
_AS_TOOL = re.compile(r"(?:[\s-](?:type|style|grade))?[\s-]needles?\b")
_WITHOUT = re.compile(r"\b(?:no|without|not|denies|avoid\w*|instead of|rather than|not a|not an)\s(?:an?\s|any\s)?\Z")


def _not_used(note: Note, segment: Segment, cue: Cue) -> bool:
    """ "EMG not used", "no nerve block": another procedure that was not done."""
    before = note.folded[max(segment.start, cue.start - 20) : cue.start]
    if cue.direction == "acupuncture" and _AS_TOOL.match(note.folded, cue.end):
        return True
    return _UNUSED.match(note.folded, cue.end, min(segment.end, cue.end + 24)) is not None or _WITHOUT.search(before) is not None


_FIGURES = re.compile(r"\d[-/.]\d|(?:19|20)\d\d")  # what a date and a part of one hold


def _read_dates(note: Note, segment: Segment, frame: Frame) -> None:
    if not note.date_of_service or _FIGURES.search(note.folded, segment.start, segment.end) is None:
        return  # nothing to compare
    _read_partial_dates(note, segment, frame)
    for found in find_dates(note.folded, segment.start, segment.end):
        if note.date_of_service and found.value.isoformat() < note.date_of_service:
            frame.past = True
        elif note.date_of_service and found.value.isoformat() == note.date_of_service:
            frame.today = True


_YEAR = re.compile(r"(?<![\d/.-])(?P<y>19[5-9]\d|20[0-4]\d)(?![\d/-])(?!\s?(?:mg|ml|cc|units|u\b|mcg))")
_MONTH_DAY = re.compile(r"(?<![\d/.-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/-])(?!\s?(?:%|mg|ml|cc|pain|vas|strength|\)?\s?points?))")
_AHEAD = re.compile(r"\b(?:next|sched\w*|return|f/u|follow|appt|appointment|book\w*|until|by|rtc|plan\w*|r/s)\b")
_BACK_ON = re.compile(r"\b(?:on|from|since|until|in|back on|dated)\s\Z")


def _read_partial_dates(note: Note, segment: Segment, frame: Frame) -> None:
    """A year, or a month and day, that is not the encounter's puts the clause in the past, unless it looks ahead."""
    if _AHEAD.search(note.folded, segment.start, segment.end):
        return
    today = note.date_of_service
    for match in _YEAR.finditer(note.folded, segment.start, segment.end):
        if today and match["y"] < today[:4]:
            frame.past = True
    if today:
        for match in _MONTH_DAY.finditer(note.folded, segment.start, segment.end):
            same = (int(match["m"]), int(match["d"])) == (int(today[5:7]), int(today[8:10]))
            if same:
                frame.today = True
            elif _BACK_ON.search(note.folded[max(segment.start, match.start() - 12) : match.start()]):
                frame.past = True


_TWITCH = re.compile(r"twitch|ltr")  # a finger finds it as well as a needle
_PREPARATION = frozenset({"prep"})


def _mark_procedural(note: Note, frames: list[Frame]) -> None:
    """Paragraphs that speak of skin preparation, needles and tolerance describe a procedure, whatever their heading."""
    counts: dict[int, int] = {}
    for segment, frame in zip(note.segments, frames, strict=True):
        examined = note.sections[segment.section].category == "exam"
        counts[segment.unit] = counts.get(segment.unit, 0) + sum(cue.type in _PREPARATION and not (examined and _TWITCH.search(note.folded, cue.start, cue.end)) for cue in frame.cues)
    for segment, frame in zip(note.segments, frames, strict=True):
        category = note.sections[segment.section].category
        if category in ("procedure", "sites", "injectate", "preparation", "addendum"):
            frame.procedural = True
        elif category not in SILENT and category not in ("history", "consent", "family_history"):
            frame.procedural = counts[segment.unit] >= 2
        if frame.modifiers & {"plan", "condition", "future"} and "inject" not in frame.modifiers and category not in ("procedure", "sites"):
            frame.procedural = False


def _follow_topics(note: Note, frames: list[Frame]) -> None:
    """Give each clause the procedure that the text is speaking of."""
    default = owner = _main_topic(note, frames)
    section = unit = -1
    heads: dict[int, str] = {}
    for segment, frame in zip(note.segments, frames, strict=True):
        current = note.sections[segment.section]
        if segment.section != section:
            section = segment.section
            if current.category not in ("sites", "injectate", "preparation", "postprocedure"):
                owner = default
            if current.title:
                owner = _title_topic(note, current.title, default) or owner
        new_unit = segment.unit != unit
        unit = segment.unit
        parent = note.units[unit].parent
        if new_unit and parent in heads and heads[parent] != owner and note.units[unit].section == note.units[parent].section:
            owner = heads[parent]
        if new_unit and current.category == "none" and default == "tpi" and owner not in OWNS_MUSCLES and parent is None:
            owner = default  # in a letter each paragraph starts anew
        negated = frame.modifiers & {"negate", "decline", "plan", "past", "postpone", "educate", "condition", "future"} and "inject" not in frame.modifiers
        if frame.topic and frame.topic != "tpi" and (_TRIED.search(_over(note, segment)) or _HAS_HAD.search(note.folded, segment.start, segment.end)):
            negated = True  # ticked or listed among what was tried before
        if frame.topic in ("surgery", "biopsy", "emg_study") and current.category not in ("procedure", "imaging"):
            negated = True  # somebody's operation, told in passing
        if frame.topic and not negated and frame.topic not in _SINGLE:
            if frame.topic == "tpi" or frame.topic in OWNS_MUSCLES or "inject" in frame.modifiers or "done" in frame.modifiers or new_unit or segment.is_label or current.category == "procedure":
                owner = frame.topic
        frame.owner = frame.topic if frame.topic and frame.topic != "tpi" and not negated else owner
        heads[unit] = owner if frame.topic else heads.get(unit, owner)


_TOXINS = frozenset(["onabotulinumtoxin_a", "abobotulinumtoxin_a", "incobotulinumtoxin_a", "rimabotulinumtoxin_b", "daxibotulinumtoxin_a", "prabotulinumtoxin_a", "botulinum_toxin"])
_TOXIN_INDICATION = re.compile(r"\b(?:dystonia|torticollis|spasticity|spastic|chronic migraines?|blepharospasm|sialorrhea|hemifacial spasm|hyperhidrosis|equinus|hemiparesis|hemiplegia|modified ashworth)\b")


_IN_PASSING = frozenset({"biopsy", "physical_therapy", "manipulation", "vaccination", "intramuscular_injection", "fascial_plane_block", "tap_block"})


def _main_topic(note: Note, frames: list[Frame]) -> str:
    """What the note's procedure is where nothing else is said: another one that owns muscles, if no TPI is told of."""
    other = None
    for segment, frame in zip(note.segments, frames, strict=True):
        section = note.sections[segment.section]
        if segment.box is False or not note.is_current(segment):
            continue
        if frame.topic == "tpi" and not (frame.modifiers & {"negate", "past", "decline", "educate", "condition", "future", "plan", "none"}) and section.category not in ("history", "subjective", "plan", "followup", "exam", "assessment", "indications"):
            return "tpi"
        if frame.topic == "surgery" and section.category != "procedure":
            continue
        if frame.topic in _IN_PASSING:
            continue  # one shot or one exercise among other things
        if _TRIED.search(_over(note, segment)) or _HAS_HAD.search(note.folded, segment.start, segment.end):
            continue
        told = section.category == "procedure" or frame.modifiers & {"inject", "done"} or segment.unit < 3
        if not told or frame.modifiers & {"decline", "past"}:
            continue
        topics = [frame.topic, *(cue.direction for cue in frame.cues if cue.type == "procedure" and cue.direction not in _IN_PASSING)]
        owning = next((topic for topic in topics if topic in OWNS_MUSCLES), None)
        if owning and other is None and section.category in ("none", "procedure", "header", "injectate", "sites", "diagnosis", "billing") and not frame.modifiers & {"past", "negate", "plan", "condition"}:
            other = owning
    if other is None and sum(frame.topic == "emg_study" for frame in frames) >= 2:
        return "emg_study"
    if other is None and any(drug.drug in _TOXINS for drug in note.drugs) and _TOXIN_INDICATION.search(note.folded):
        return "chemodenervation"
    return other or "tpi"


_HAS_HAD = re.compile(r"\b(?:has|have|had)\s(?:also\s|already\s)?(?:had|done|tried|failed|undergone|been through)\b|\b(?:failed|tried)\b")
_TRIED = re.compile(r"\b(?:failed|tried|prior|previous|conservative|past|history|therap(?:y|ies)|contraindications?)\b")


def _over(note: Note, segment: Segment) -> str:
    """The label of the clause's line and the line that introduces it."""
    unit = note.units[segment.unit]
    label = note.folded[unit.label[0] : unit.label[1]] if unit.label else ""
    parent = note.units[unit.parent] if unit.parent is not None else None
    return label + " " + (note.folded[parent.start : min(parent.end, parent.start + 60)] if parent else "")


_TITLE_TPI = re.compile(r"\b(?:trig(?:ger)?|tpis?|tp|trps?|needling)\b")
_TITLE_MUSCLES = re.compile(r"\bmuscles?\b")


def _title_topic(note: Note, title: tuple[int, int], default: str) -> str | None:
    """The topic that a heading sets: "Muscles injected" speaks of trigger points where the note has no other procedure."""
    if _TITLE_TPI.search(note.folded, *title) or (default == "tpi" and _TITLE_MUSCLES.search(note.folded, *title)):
        return "tpi"
    return None


def whole_frame(note: Note, segment: Segment, frame: Frame) -> str | None:
    """The clause's reading as an event, None where it tells of none."""
    verbs = list(frame.strong)
    if segment.box is False:
        return None
    verbs = without_talk(verbs)
    if not verbs:
        return None
    return resolve(note, segment, frame, verbs[0] if len(verbs) == 1 else _leading(note, verbs), verbs)


def without_talk(verbs: list[Cue]) -> list[Cue]:
    """Drop consent and explanation beside an injection, unless the explanation comes first and the verb is vague."""
    named = any(cue.type == "tpi" for cue in verbs)
    injects = [cue for cue in verbs if cue.type == "inject" or (cue.type == "done" and named)]
    talk = [cue for cue in verbs if cue.type in ("educate", "consent")]
    if not injects or not talk:
        return verbs
    vague = all(cue.text == "give" for cue in injects)
    if vague and talk[0].start < injects[0].start and talk[0].end - talk[0].start > 9:
        return [cue for cue in verbs if cue.type not in ("inject", "done")]
    return [cue for cue in verbs if cue.type not in ("educate", "consent")]


def _leading(note: Note, verbs: list[Cue]) -> Cue:
    nouns = [cue for cue in verbs if cue.type == "tpi"]
    others = [cue for cue in verbs if cue.type in ("plan", "negate", "decline", "postpone", "inject")]
    if any(cue.type == "plan" for cue in others):
        others = [cue for cue in others if cue.text != "give"]  # "2 ml into each would be worth while"
        verbs = [cue for cue in verbs if cue.text != "give"]
    if nouns and len({cue.type for cue in others}) > 1:
        # of several verbs the one beside the procedure's name speaks of it
        near = min(others, key=lambda cue: min(max(cue.start - noun.end, noun.start - cue.end, 0) for noun in nouns))
        gap = min(max(near.start - noun.end, noun.start - near.end, 0) for noun in nouns)
        if near.type == "plan" and any((cue.type == "negate" and -1 <= near.start - cue.end <= 3) or cue.start <= near.start < cue.end for cue in others if cue.type == "negate"):
            return next(cue for cue in others if cue.type == "negate")  # "would not repeat the injections"
        if near.type != "negate" or gap < 24:
            return near
        verbs = [cue for cue in verbs if cue.type != "negate"]
    order = {"negate": 0, "decline": 1, "postpone": 2, "plan": 3, "consent": 4, "educate": 5, "inject": 6, "done": 7, "tpi": 8}
    return min(verbs, key=lambda cue: (order[cue.type], cue.start))


def resolve(note: Note, segment: Segment, frame: Frame, cue: Cue, verbs: list[Cue]) -> str:
    """The assertion that a governing cue gives, in the light of the clause's time and the section."""
    category = note.sections[segment.section].category
    if not note.is_current(segment):
        return "historical"
    if cue.type == "negate":
        return "negated"
    if cue.type == "decline":
        return "declined"
    if cue.type == "postpone":
        return "postponed"
    if cue.type in ("plan", "consent"):
        return "historical" if category == "history" else "planned"
    if cue.type == "educate":
        return "historical" if category == "history" else "discussed"
    # an injection verb or noun
    if category in ("plan", "followup") and cue.text == "give" and re.search("ml|cc", note.folded[cue.start : cue.end]) and not frame.today and not _told_in_section(note, segment):
        return "planned"
    if (category in SILENT and category not in OVERRUN) or (category == "history" and not _opens_today(note, segment, frame)):
        return "historical"
    if frame.past and not frame.today and category != "addendum":
        return "historical"
    if cue.type == "done" and not any(v.type in ("tpi", "inject") for v in verbs) and not _DOINGS.search(note.folded, segment.start, segment.end):
        return "nothing"
    if cue.type == "tpi" or (cue.type == "done" and not any(v.type == "tpi" for v in verbs)):
        finite = any(v.type in ("inject", "done") for v in verbs)
        if not finite:
            if "visit" in frame.modifiers:
                return "discussed"  # what the patient came for, not yet what was done
            if "condition" in frame.modifiers or "future" in frame.modifiers:
                return "planned"
            if frame.today:
                return "injected" if category != "consent" else "planned"
            if frame.procedural:
                return "injected"
            if category in ("plan", "assessment_plan", "followup") and _AMOUNT.search(note.folded, segment.start, segment.end) and _DONE_BEHIND.search(note.folded, segment.start, note.sections[segment.section].end):
                return "injected"  # "TPI L upper trap, 2 cc lidocaine 1%, no air aspirated"
            return _NOMINAL.get(category, "nominal")
    if ("condition" in frame.modifiers or "future" in frame.modifiers) and not frame.procedural and not frame.today and category not in PERFORMING:
        return "planned"
    if category == "subjective" and not frame.today and not frame.procedural:
        return "historical"
    if category in ("consent",) and not frame.procedural:
        return "planned"
    return "injected"


def _opens_today(note: Note, segment: Segment, frame: Frame) -> bool:
    """Whether an entry of a history starts with "today": it is this encounter's, unlike a "today" that was copied."""
    if not frame.today:
        return False
    said = [cue.start for cue in frame.cues if cue.type == "today"]
    return not said or min(said) - note.units[segment.unit].start < 24


def _told_in_section(note: Note, segment: Segment) -> bool:
    """Whether the plan before the clause tells of what was done ("TPI done. … 2 ml into each")."""
    section = note.sections[segment.section]
    if re.search(r"\b(?:administered|gave|injected)\b", note.folded[segment.start : segment.end]):
        return True
    return _DONE_HERE.search(note.folded, section.start, segment.start) is not None or _DONE_BEHIND.search(note.folded, segment.end, section.end) is not None


_DONE_BEHIND = re.compile(r"\b(?:tolerated|no complic\w*|images saved|saved images|twitch\w*|ltrs?|bandaids?|band-aids?|aspirat\w*|post(?:-?\s?(?:inj\w*|procedure))?:)")
_DONE_HERE = re.compile(r"\b(?:supine|prone|seated|administered|gave|done|performed|today|tolerated|injected|given|prepped|was|were|completed|aspirat\w*|alcohol|chlor\w*|betadine)\b")
_DOINGS = re.compile(r"\b(?:procedures?|injections?|same|this was|these were|repeat\w*|needling|muscles?|points?|sites?)\b")


def bare(note: Note, segment: Segment, frame: Frame) -> str:
    """The reading of a site that no cue governs."""
    section = note.sections[segment.section]
    if not note.is_current(segment):
        return "historical"
    if frame.procedural and section.category not in SILENT:
        return "candidate"
    return _BARE.get(section.category, "finding")
