"""The procedure of the encounter, other procedures, and the numbers that the note gives for itself."""

from __future__ import annotations

import re

from extractor.language.annotations import Note
from extractor.language.frames import PASSING
from extractor.language.performed import event_performed
from extractor.models import Evidence, OtherProcedure, Procedure
from extractor.record.evidence import evidence
from extractor.record.muscles import Sites

_GUIDANCE = (
    ("ultrasound", re.compile(r"\b(?:ultrasound|u/s|us|sonograph\w*)[\s-]?(?:guid\w+|needle guid\w+)|\bunder\s(?:direct\s|live\s|real[\s-]time\s)?(?:ultrasound|sonograph\w*|us)\b|\bultrasound was used\b|guidance:?\s(?:ultrasound|us\b)|\bwith ultrasound\b")),
    ("fluoroscopy", re.compile(r"\bfluoroscop\w*[\s-]?guid\w+|\bunder\s(?:live\s)?fluoro\w*|\bfluoroscopic(?:ally)?\b|guidance:?\sfluoro\w*|\bfluoro\b")),
    ("ct", re.compile(r"\bct[\s-]guid\w+|\bunder ct\b")),
    ("emg", re.compile(r"\bemg[\s-]?guid\w+|\bunder emg\b|\belectromyograph\w+[\s-]guid\w+|guidance:?\semg")),
)  # fmt: skip
_GUIDANCE_PARTS = {"ultrasound": ("guid", "ultrasound", "under"), "fluoroscopy": ("fluoro",), "ct": ("ct",), "emg": ("emg", "electromyograph")}
"""Letters without which the expressions cannot match; to look for them costs a hundredth."""
_NO = re.compile(r"\b(?:no|without|not|none|denies|nor|declined)\b[^.;:]{0,40}\Z|:\s*(?:no|none)\b|\bn/a\b")
_SEDATION = re.compile(r"\b(?:(?:moderate|conscious|iv|intravenous|procedural|light|oral|mild|minimal)\ssedation|midazolam|versed|propofol|sedated|monitored anesthesia care|\bmac\b(?=\s(?:sedation|anesthesia|was)))")

def procedure_of(note: Note, sites: Sites) -> Procedure:
    """Kind, status, guidance and sedation of the trigger point injection or dry needling."""
    events: list[tuple[str, int]] = []
    dry = wet = False
    proofs: list[Evidence] = []
    for index, (segment, frame) in enumerate(zip(note.segments, note.frames, strict=True)):
        performed = event_performed(note, segment, frame)
        if performed:
            events.append(("performed", index))
            if len(proofs) < 3 and frame.strong:
                proofs.append(evidence(note, segment.start, segment.end))
        elif frame.whole:
            events.append((frame.whole, index))
        if performed or (frame.procedural and frame.owner in (None, "tpi") and note.is_current(segment)):
            kinds = {cue.type for cue in frame.cues}
            negated = "negate" in kinds or "past" in kinds or "plan" in kinds
            if "dry" in kinds and not negated and frame.whole in ("injected", "nominal", None):
                dry = True
            if any((c.type == "tpi" and "trigger" in note.folded[c.start : c.end]) or (c.type == "tpi" and note.folded[c.start : c.end].startswith("tpi")) for c in frame.cues) and not negated:
                wet = True
    performed = bool(sites.muscles or sites.areas or any(site.weak for site in sites.injected)) or any(kind == "performed" and _about_tpi(note, index) for kind, index in events)
    if performed and not sites.muscles and not sites.areas and not sites.doubts and any(site.rule == "called-off" for site in note.sites):
        performed = False  # the title stands, but the text calls it off
    status = "performed" if performed else _other_status(note, events)
    if status == "absent":
        return Procedure()
    if performed and not proofs:  # a bare list of sites, or a dose without a verb: the sites are the proof
        proofs = [proof for place in (*sites.muscles, *sites.areas, *sites.doubts) for proof in place.evidence[:1]][:3]
    kind = "dry_needling" if (_is_dry(note, dry, wet) if performed else _speaks_of_dry(note, events, status)) else "trigger_point_injection"
    guidance = _guidance(note) if performed else None
    return Procedure(
        kind=kind, status=status, guidance=guidance, sedation=performed and _sedation(note),
        injections=_stated_injections(note, sites) if performed else None, evidence=proofs if performed else _proof(note, events, status),
    )  # fmt: skip


def _about_tpi(note: Note, index: int) -> bool:
    """Whether the event, or the note where it tells of today, is about trigger points."""
    if note.frames[index].topic == "tpi":
        return True
    if note.once("tpi today", lambda: any(f.topic == "tpi" and f.whole in ("injected", "nominal") for f in note.frames)):
        return True
    if not any(cue.type == "inject" for cue in note.frames[index].cues):
        return False
    segment = note.segments[index]
    if _STRUCTURE.search(note.folded, segment.start, segment.end) and not any(site.kind == "muscle" for site in note.sites_in(index)):
        return False
    return note.once("myofascial", lambda: any(clause.box is not False and _MYOFASCIAL.search(note.folded, clause.start, clause.end) for clause in note.segments))


_STRUCTURE = re.compile(r"\b(?:knees?|joints?|bursae?|interspace|glenohumeral|subacromial|sheath|tendons?|foram\w*|epidural|canal|tunnel|wrist|ankle|sacroiliac|si|fascia|nerve|scalp|keloid|cyst|ganglion)\b")
_MYOFASCIAL = re.compile(r"\btrig(?:ger|\b)|\btpis?\b|\bmyofasc|\btaut\b|\bknots?\b|\btender (?:point|band|spot)|\bm79\.1|\bropy\b|\bropey\b|\btrps?\b")


def _speaks_of_dry(note: Note, events: list[tuple[str, int]], status: str) -> bool:
    """Whether what was planned, declined or told is dry needling, in the words of those clauses or of the note."""
    wanted = {"planned": ("planned", "postponed"), "declined": ("declined", "planned", "postponed"), "historical": ("historical",)}[status]
    texts = [note.folded[note.segments[i].start : note.segments[i].end] for kind, i in events if kind in wanted]
    dry = any(re.search(r"dry needl|\bdn\b|\btdn\b", text) for text in texts)
    wet = any(re.search(r"trigger (?:point|pt) inj|\btpis?\b|inject", text) for text in texts)
    if dry != wet:
        return dry
    return re.search(r"dry needl", note.folded) is not None and re.search(r"trigger points? inj|\btpis?\b|injection", note.folded) is None


def _is_dry(note: Note, dry: bool, wet: bool) -> bool:
    if not dry and not wet:
        dry = any("dry" in frame.modifiers and not frame.modifiers & {"past", "negate", "plan"} and frame.whole in ("injected", "nominal", None) for frame in note.frames)
    if not dry and not wet:
        dry = _NEEDLING.search(note.folded) is not None and _INJECTS.search(_NOTHING_IN.sub(" ", note.folded)) is None and not any(_performing(note, d.start) for d in note.drugs)
    if not dry:
        return False
    nothing = re.search(r"(?:no|without(?:\sany)?)\s(?:medication|injectate|anesthetic|medicine|drug|solution|substance|fluid|injection of)|nothing (?:was )?injected|no (?:meds?|medications?|drugs?) (?:was |were )?(?:injected|given|used)|needle only|no injectate", note.folded)
    if nothing:
        return True
    drugs = [d for d in note.drugs if _performing(note, d.start)]
    return not drugs or (not wet and not any(re.search(r"\d\s?(?:cc|ml)\b", note.folded[max(0, d.start - 30) : d.end + 30]) for d in drugs))


_NEEDLING = re.compile(r"\bdry needl|\bneedling\b|\bt?dn\b|\bdry.needled\b|\bintramuscular stimulation\b")
_NOTHING_IN = re.compile(r"\b(?:no|without(?: any)?) (?:meds?|medications?|drugs?|medicine|injectate|injections?|anesthetic)(?: (?:was |were )?(?:injected|given|used))?\b")
_INJECTS = re.compile(r"\binj|\btpis?\b|\d\s?(?:cc|ml)\b")


def _performing(note: Note, position: int) -> bool:
    index = segment_at(note, position)
    if index is None:
        return False
    segment, frame = note.segments[index], note.frames[index]
    category = note.sections[segment.section].category
    return note.is_current(segment) and (frame.whole == "injected" or frame.procedural) and category not in ("history", "medications", "allergies", "subjective", "plan") and "negate" not in frame.modifiers


def _other_status(note: Note, events: list[tuple[str, int]]) -> str:
    kinds = {kind for kind, index in events if _relevant(note, index)}
    events = [(kind, index) for kind, index in events if kind != "discussed"]
    planned = {"planned", "postponed"} & kinds
    future = any(kind == "postponed" or (kind == "planned" and _firm(note, index)) for kind, index in events if _relevant(note, index))
    if any(kind == "declined" and _declines_injection(note, index) for kind, index in events):
        kinds.add("declined")
    if "declined" in kinds and not _rebooked(note, events):
        return "declined"
    if planned and future:
        return "planned"
    if "historical" in kinds:
        return "historical"
    return "absent"


def _declines_injection(note: Note, index: int) -> bool:
    """A refusal that names no muscle, in a note that speaks of trigger point injections."""
    segment = note.segments[index]
    if not any(frame.topic == "tpi" for frame in note.frames) and not re.search(r"\binjections?\b", note.folded):
        return False
    text = note.folded[segment.start : segment.end]
    if (len(text) < 30 and index and _relevant(note, index - 1)) or (index > 1 and len(text) < 30 and _relevant(note, index - 2)):
        return True
    return re.search(r"\b(?:inject\w*|procedure|it|this|needles?|needling|today|treatment|shots?|tpis?|proceed|go through)\b", text) is not None


def _rebooked(note: Note, events: list[tuple[str, int]]) -> bool:
    """Whether a new date stands behind the refusal or the break."""
    refused = max(index for kind, index in events if kind == "declined")
    for kind, index in events:
        text = note.folded[note.segments[index].start : note.segments[index].end]
        if index >= refused and (kind == "postponed" or (kind == "planned" and re.search(r"\b(?:re)?schedul|\b(?:re-?)?book|\bnext (?:visit|week|month|time)|\breturn", text))):
            return True
    return False


def _relevant(note: Note, index: int) -> bool:
    """Whether the clause speaks of trigger point injections: by name, or by a muscle in a note that names them."""
    frame = note.frames[index]
    if frame.owner not in (None, "tpi") and frame.topic != "tpi":
        return False
    if frame.whole == "postponed" and note.once("tpi or visit", lambda: any(f.topic == "tpi" or "visit" in f.modifiers for f in note.frames)):
        return True
    if any(cue.type == "tpi" for cue in frame.cues) and frame.topic == "tpi":
        return True
    if frame.whole in ("planned", "postponed", "declined", "negated") and any(
        note.frames[i].topic == "tpi" and note.segments[i].section == note.segments[index].section for i in range(max(0, index - 4), index)
    ):
        return True  # "Discussed TPI. She would like to go ahead. Scheduled Thursday."
    named = note.once("tpi", lambda: any(f.topic == "tpi" for f in note.frames))
    return named and (frame.topic == "tpi" or any(s.kind == "muscle" for s in note.sites_in(index)))


def _firm(note: Note, index: int) -> bool:
    """Ordered, scheduled or recommended, not only explained."""
    return any(cue.type in ("plan", "postpone", "tpi") for cue in note.frames[index].strong) and not any(cue.type == "educate" for cue in note.frames[index].strong[:1])


def _proof(note: Note, events: list[tuple[str, int]], status: str) -> list[Evidence]:
    wanted = {"declined": ("declined",), "planned": ("planned", "postponed"), "historical": ("historical",)}[status]
    found = [index for kind, index in events if kind in wanted and _relevant(note, index)]
    return [evidence(note, note.segments[i].start, note.segments[i].end) for i in found[:2]]


def _guidance(note: Note):
    for name, pattern in _GUIDANCE:
        if not any(part in note.folded for part in _GUIDANCE_PARTS[name]):
            continue
        for match in pattern.finditer(note.folded):
            index = segment_at(note, match.start())
            if index is None:
                continue
            segment, frame = note.segments[index], note.frames[index]
            if _NO.search(note.folded[segment.start : match.start()]) or frame.owner not in (None, "tpi") or (frame.past and not frame.today):
                continue
            if note.sections[segment.section].category in ("history", "imaging", "plan", "instructions", "subjective"):
                continue
            return name
    return None


def _sedation(note: Note) -> bool:
    for match in _SEDATION.finditer(note.folded):
        index = segment_at(note, match.start())
        if index is None:
            continue
        segment = note.segments[index]
        tail = note.folded[match.end() : match.end() + 24]
        if not _NO.search(note.folded[segment.start : match.start()]) and not re.match(r"\s*(?::|-)?\s*(?:none|no\b|not\b|was not|n/a)", tail):
            if note.sections[segment.section].category not in ("history", "medications", "allergies", "consent", "instructions", "subjective"):
                return True
    return False


def segment_at(note: Note, position: int) -> int | None:
    """Index of the clause that holds ``position``."""
    return next((i for i, s in enumerate(note.segments) if s.start <= position < s.end), None)


def _stated_injections(note: Note, sites: Sites) -> int | None:
    totals = [m.injections for m in sites.muscles] + [a.injections for a in sites.areas]
    if totals and all(totals):
        return sum(t for t in totals if t)
    return None


NOT_REPORTED = frozenset({*PASSING, "emg_study", "surgery", "physical_therapy"})
"""Kinds of other procedures that a record leaves out."""


def other_procedures_of(note: Note) -> list[OtherProcedure]:
    """Other procedures that the note documents as done at this encounter, one of each kind."""
    found: dict[str, OtherProcedure] = {}
    for segment, frame in zip(note.segments, note.frames, strict=True):
        section = note.sections[segment.section]
        if not note.is_current(segment) or section.category in ("history", "subjective", "medications", "allergies", "instructions", "consent", "family_history", "imaging", "plan", "followup"):
            continue
        if frame.modifiers & {"negate", "decline", "plan", "past", "postpone", "condition", "future"} and "inject" not in frame.modifiers:
            continue
        for cue in frame.cues:
            if cue.type != "procedure" or cue.direction in NOT_REPORTED:
                continue
            done = bool(frame.modifiers & {"inject", "done"}) or section.category in ("procedure", "billing", "none") or frame.procedural
            if done and cue.direction not in found:
                found[cue.direction] = OtherProcedure(
                    kind=cue.direction, text=note.text[cue.start : cue.end], guidance=_other_guidance(note, segment), evidence=[evidence(note, cue.start, cue.end)]
                )
    return list(found.values())


def _other_guidance(note: Note, segment):
    unit = note.units[segment.unit]
    text = note.folded[unit.start : unit.end]
    if re.search(r"\b(?:without|no)\s(?:any\s)?(?:image|imaging|fluoro\w*|ultrasound|radiograph\w*|guidance)|landmark|palpation[\s-]guid|\bblind\b", text):
        return "none"
    for name, pattern in _GUIDANCE:
        if pattern.search(text):
            return name
    return None
