"""Sections from headings, labels inside lines, and the visits of a note that holds several."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from extractor.language.annotations import Note, Section, Unit, Visit
from extractor.language.dates import find_dates
from extractor.language.flowsheets import TODAY
from extractor.language.gate import speaks_of_points
from extractor.language.layout import BOX, LINE_ENDS
from extractor.language.text import words

# An inline heading may start a line or follow the end of a sentence or a wide gap.
_HEADING = re.compile(r"(?P<title>[A-Za-z][A-Za-z0-9/&'()., #\-\u2013]{0,58}?)\s{0,2}(?P<mark>:(?![\d/])|\t|\s?\|\s|(?<=\S)\s{2,}(?=\S)|\s[-\u2013\u2014]{1,2}\s|[-\u2013\u2014]\s(?=[A-Z])|\.{3,}|>{1,2}\s)")
_INLINE = re.compile(r"(?:(?<=[.;!?)\]|])\s{1,4}|\s{2,}|\t|\|\s?|\*\*)(?P<title>[A-Z][A-Za-z/&'\- ]{0,44}?)\*{0,2}\s?:(?![\d/])")
# Headings as dictated: "Plan, continue meloxicam …", "On exam she is …"
_SPOKEN = re.compile(r"(?:(?<=[.!?]\s)|(?<=[.!?]\s\s)|(?<=\n)|\A)(?P<title>(?:Assessment|Plan|Impression|Recommendations?|(?:On|Upon) (?:exam|examination)|On physical (?:exam|examination))(?=[,.]?\s))(?=,|\.\s|\s(?:she|he|there|the|today|patient|pt|I|we|is|her|his|of)\b)")
# A paragraph that starts with the procedure and gives amounts is its note, whatever stood before.
_PROCEDURE_START = re.compile(r"\W{0,4}(?:(?:Tx|Rx|Proc|Px|P)\s?[:.-]?\s{1,4})?(?P<title>(?:[A-Za-z-]+\s){0,2}(?:(?:[IlLi]nj|INJ)(?:\.|ected|ections?|ection)?(?=\s{1,4}(?:w/|with|\d|R|L|B|Rt|Lt|Right|Left|right|left|bilat\w*|Bilat\w*|b/l)\b)|(?:[Tt]rigger|TRIGGER) (?:[Pp]oint|[Pp]t|POINT) (?:[Ii]nj\w*|INJ\w*)|TP[IlL1]s?(?=[\s:.,-])|(?:(?:[Tt]rigger [Pp]oint|TRIGGER POINT) )?(?:[Dd]ry [Nn]eedling|DRY NEEDLING)|T?DN\b))")
_AMOUNT = re.compile(r"(?:\d|\b[lo])\s?(?:cc|ml|mm|units?)\b|\d\s?%|\bneedles?\b|\bgauge\b|\bx\s?\d\b|\d\s?(?:pts?|sites?|points?)\b")
_DONE_WORDS = re.compile(r"\b(?:today|performed|done|tolerated|injected|completed|were injected|was injected)\b")
# Shares and the patient's state behind them: what stands in the plan has been done.
_SHARES = re.compile(r"\d\s?(?:cc|ml)\b|\b(?:each|ea)\b|\d\s?(?:pts?|sites?|points?)\b")
_AFTER = re.compile(r"\b(?:felt|feels) better|\btolerat\w*|\bno (?:rxn|reaction|complic\w*|bleed\w*|sob)\b|\bltrs?\b|\btwitch\w*|\b(?:alc\w*|skin|betadine|chlorhex\w*)\.?\s(?:swab|prep)|\bimmediate\w* relief|\bpain (?:now|after|post)\b|\bneg\w*\saspirat\w*|\baspirat\w*\sneg\w*")
_NOT_TODAY = re.compile(r"\b(?:last|previous|prior|s/p|ago|will|plan|consider|next|schedul\w*|recommend\w*|candidate|offered|discussed|response|since|if|vs|could|would)\b")
_ADDENDUM_LINE = re.compile(r"[-=*#\s\[(<]{0,8}(?:late\s)?(?P<word>addendum|addenda|late entry|amendment|correction|erratum|clarification)\b[^:\n]{0,60}:?")
# Behind an addendum that stands first: the note that it corrects.
_ORIGINAL = re.compile(r"[-=*#\s\[(<]{0,8}(?P<word>original\s(?:(?:procedure|progress|office|clinic|operative)\s)?(?:note|report|text|documentation|entry)|original)\b[^:\n]{0,40}:?")
_MARKDOWN = re.compile(r"^[#*_=\s\[<]+|[#*_=:\s\]>]+$")
_SOAP = re.compile(r"(?P<letter>a/p|a&p|[soap])\s{0,2}(?:[:)]|\s-\s|\.(?=\s)|-(?=\s))\s*|(?P<bare>s|o|a|p|a/p)\s{0,2}$")
_DATE_HEADER = re.compile(
    r"(?:[-=*#\s\[(<>]*(?:(?:date|of|service|dos|d\.o\.s\.|visit|visits|note|notes|progress|procedure|proc|encounter|seen|office|clinic|follow|up|up:|followup|telephone|call|"
    r"appointment|appt|session|treatment|tx|injection|tpi|new|patient|history|on|from|dated|entry|prior|previous|last|copied|initial|evaluation|today|today's|current|consult|consultation|\#?\d{1,2})\b[\s:#.,/-]*){0,7})"
)
_PRIOR_HEADER = re.compile(r"\b(?:prior|previous|last|copied|old|historical|imported|carried forward|copy)\b")


class SectionRow(NamedTuple):
    """A row of lexicons/sections.tsv."""

    heading: str
    category: str


class SectionLexicon:
    """Headings by their words."""

    def __init__(self, rows: Iterable[SectionRow]) -> None:
        self._exact: dict[str, str] = {}
        self._contains: list[tuple[str, str]] = []
        for row in rows:
            if row.heading.startswith("*"):
                self._contains.append((row.heading.strip("*"), row.category))
            else:
                self._exact[row.heading] = row.category

    def exact(self, title: str) -> str | None:
        """Category of a heading whose words are known as a whole."""
        return self._exact.get(_key(title))

    def loose(self, title: str) -> str | None:
        """Category of a heading that contains known words."""
        key = _key(re.sub(r"\([^)]*\)", " ", title))
        if category := self._exact.get(key):
            return category
        return next((category for part, category in self._contains if part in key), None)


def _key(title: str) -> str:
    return " ".join(word.text for word in words(title.lower()))


_BODY_PARTS = frozenset(["neck", "back", "cervical", "thoracic", "lumbar", "shoulder", "hip", "leg", "arm", "head", "jaw", "pelvis", "extremities", "cervical", "spine", "thoracic", "spine", "lumbar", "spine", "trigger", "points|active", "trigger", "points"]) | {"cervical spine", "thoracic spine", "lumbar spine", "trigger points", "active trigger points"}
_PROCEDURE_BEHIND = re.compile(r":\s{0,3}(?:tpis?|trigger points? inj\w*|tp inj\w*|dry needling|t?dn)\b")
_GENERIC_SITES = frozenset(["location", "locations", "site", "sites", "level", "levels", "area", "areas"])
_ORDER_TITLE = re.compile(r"\b(?:orders?|prior auth\w*|authorization request|referral|scheduling|procedure request|pre-?cert\w*)\b")
_DONE_TODAY = re.compile(r"\b(?:was|were) (?:then )?(?:injected|infiltrated|performed)|tolerated (?:the )?procedure|aspirat|post[- ]procedure")


def _is_order(note: Note, sections: list[Section]) -> bool:
    """Whether the whole document asks for a procedure and tells of none."""
    if len(sections) < 2 or not note.units:
        return False
    title = note.units[0]
    return _ORDER_TITLE.search(note.folded, title.start, min(title.end, title.start + 90)) is not None and _DONE_TODAY.search(note.folded) is None


def _split_at_visits(sections: list[Section], visits: list[Visit]) -> list[Section]:
    """A section that runs over the border of a visit is cut there; a new visit starts without a heading."""
    result: list[Section] = []
    starts = {visit.start: (index, visit) for index, visit in enumerate(visits)}
    ends = [section.start for section in sections[1:]] + [10**9]
    for section, end in zip(sections, ends, strict=True):
        section.visit = next((i for i, v in enumerate(visits) if v.start <= section.start < v.end), 0)
        result.append(section)
        for start in sorted(s for s in starts if section.start < s < end):
            index, visit = starts[start]
            entry = not visit.current or not visits[index - 1].current
            small = visit.end - visit.start < 300
            result.append(Section(start, 0, section.category if (entry and small) or (index and visits[index - 1].end - visits[index - 1].start < 300) else "none", None, index))
    return result


# Sections that fill one line: a paragraph after a blank line is not theirs any more.
_SHORT = frozenset({"header", "signature", "vitals", "postprocedure", "preparation", "billing", "injectate", "consent", "diagnosis", "allergies", "indications"})


# Told in the middle of a line ("Pain 7/10. Anticoag: none. Allergies: sulfa."), they end with it.
_IN_PASSING = frozenset({"medications", "allergies", "vitals", "social_history"})


def _close_short(sections: list[Section], note: Note, unit: Unit, previous: Unit) -> None:
    """End a one-line section behind its line."""
    current = sections[-1]
    if current.category in _IN_PASSING and current.title is not None and previous.start < current.title[0] < previous.end and not unit.indent > previous.indent:
        before = next((s.category for s in reversed(sections[:-1]) if s.category not in _SHORT and s.category not in _IN_PASSING), "none")
        sections.append(Section(unit.start, len(note.text), before, None, current.visit))
        return
    if current.category not in _SHORT or current.title is None:
        return
    if note.folded[current.title[1] : unit.start].strip(" :*#=-_\n\r\t]>") == "":
        return  # a heading alone on its line: what follows is its text
    alone = previous.heading or not (previous.start <= current.title[0] < previous.end)
    if alone and not unit.after_blank:
        return
    if not alone and unit.indent > previous.indent and not unit.after_blank:
        return  # indented under it
    before = next((s.category for s in reversed(sections[:-1]) if s.category not in _SHORT), "none")
    sections.append(Section(unit.start, len(note.text), before, None, current.visit))


def _looks_like_title(raw: str) -> bool:
    """Capitals, or Capitalised Words: how headings are set."""
    letters = [char for char in raw if char.isalpha()]
    if not letters:
        return False
    if all(char.isupper() for char in letters):
        return True
    parts = [part for part in re.split(r"[\s/&-]+", raw) if part and part[0].isalpha()]
    return bool(parts) and sum(part[0].isupper() for part in parts) >= max(1, len(parts) - 2)


class SectionFinder:
    """Splits a note into sections and visits."""

    def __init__(self, lexicon: SectionLexicon) -> None:
        self.lexicon = lexicon
        self._soap = False  # whether single letters are headings in the current note
        self._running = "none"  # category of the section that the current unit stands in

    def __call__(self, note: Note) -> None:
        note.visits = find_visits(note)
        self._soap = _soap_context(note)
        sections = [Section(0, len(note.text), "none")]
        for index, unit in enumerate(note.units):
            if index:
                _close_short(sections, note, unit, note.units[index - 1])
            found = self._unit_heading(note, unit, sections)
            if found:
                self._open(sections, note, *found)
            self._running = sections[-1].category
            for inline in sorted(self._inline_headings(note, unit)):
                if inline[0] > sections[-1].start or inline[0] == 0 or (inline[0] == sections[-1].start and inline[2] != sections[-1].category):
                    self._open(sections, note, *inline)
        if _is_order(note, sections):
            for section in sections:
                if section.category in ("none", "procedure", "sites", "injectate", "preparation"):
                    section.category = "plan"
        sections = _split_at_visits(sections, note.visits)
        for section, following in zip(sections, [*sections[1:], None], strict=True):
            section.end = following.start if following else len(note.text)
        note.sections = sections
        _number_units(note)

    def _open(self, sections: list[Section], note: Note, start: int, end: int, category: str, _content: int) -> None:
        visit = next((i for i, v in enumerate(note.visits) if v.start <= start < v.end), 0)
        sections.append(Section(start, len(note.text), category, (start, end), visit))

    @staticmethod
    def _not_a_heading(note: Note, unit: Unit, title: str, category: str, sections: list[Section]) -> bool:
        """A body region over a list of sites is no examination, and "Location:" in a history no injection site."""
        key = _key(title)
        current = sections[-1].category
        if category == "procedure" and current in ("plan", "assessment_plan", "followup", "assessment", "diagnosis") and (unit.bullet or unit.number is not None):
            alone = note.folded[unit.body : unit.end].strip(" :*").endswith(title.lower().strip())
            return not alone  # an item of a plan that names the procedure
        if key in _BODY_PARTS and (current in ("sites", "procedure", "injectate") or _PROCEDURE_BEHIND.search(note.folded, unit.body, min(unit.end, unit.body + 60))):
            return True
        if key in _GENERIC_SITES and not any(s.category in ("procedure", "sites", "injectate") for s in sections):
            return not (key == "sites" and speaks_of_points(note))  # "Location:" of a complaint; "Sites:" is nobody's
        return key in _GENERIC_SITES and next((s.category for s in reversed(sections) if s.category not in _SHORT), "none") in ("subjective", "history", "exam", "assessment")

    def _unit_heading(self, note: Note, unit: Unit, sections: list[Section]) -> tuple[int, int, str, int] | None:
        """(title start, title end, category, start of what follows) where the unit opens a section."""
        if unit.cells and unit.heading:
            first = unit.cells[0]
            category = self.lexicon.loose(note.text[first.start : first.end])
            known = category in ("sites", "procedure", "injectate") and re.search(r"inject|needled|treated|tpi|trigger", note.folded[first.start : first.end])
            return (first.start, first.end, category, unit.end) if known and category else None
        text = note.text
        if BOX.match(note.folded, unit.body, unit.end):
            return None
        if match := _ADDENDUM_LINE.match(note.folded, unit.start, unit.end):
            end = match.end() if ":" in match.group()[-2:] else unit.end if unit.end - unit.start < 90 else match.end("word")
            unit.heading = end == unit.end
            self._label(unit, end)
            return match.start("word"), match.end("word"), "addendum", end
        if sections[-1].category == "addendum" and (match := _ORIGINAL.match(note.folded, unit.start, unit.end)):
            self._label(unit, match.end())
            return match.start("word"), match.end("word"), "none", match.end()
        raw = text[unit.body : unit.end]
        cleaned_start = unit.body + (len(raw) - len(_MARKDOWN.sub("", raw, count=1)) if raw and raw[0] in "#*_=[<" else 0)
        first_line_end = _line_end(text, unit)
        whole = _MARKDOWN.sub("", _MARKDOWN.sub("", text[cleaned_start:first_line_end]))
        marked = raw[:1] in "#" or raw.startswith(("**", "__", "=="))
        soap = _SOAP.match(note.folded, unit.body, unit.end)
        if soap and not BOX.match(note.folded, unit.body):
            letter = soap["letter"] or soap["bare"]
            if letter and (text[unit.body].isupper() or soap["letter"]) and self._soap:
                category = {"s": "subjective", "o": "exam", "a": "assessment", "p": "plan"}.get(letter, "assessment_plan")
                if not (soap["bare"] and len(raw) > 3):
                    self._label(unit, soap.end())
                    return unit.body, unit.body + len(letter), category, soap.end()
        # "TITLE: text" and "Title - text"
        match = _HEADING.match(text, cleaned_start, min(unit.end, cleaned_start + 64))
        if match:
            title = match["title"]
            colon = match["mark"].strip().startswith(":")
            category = self.lexicon.exact(title)
            if category is None and colon and (_looks_like_title(title) or marked) and len(title.split()) <= 8:
                category = self.lexicon.loose(title)
            if category and not colon and not (_looks_like_title(title) and len(title) > 2):
                category = None
            if category and self._not_a_heading(note, unit, title, category, sections):
                category = None
            if category and colon and title.islower() and unit.bullet and len(title.split()) > 3:
                category = None
            if category:
                self._label(unit, match.end())
                return match.start("title"), match.end("title"), category, match.end()
        # a heading alone on its line
        if len(whole) <= 70 and len(whole.split()) <= 9 and first_line_end == unit.end and not whole.endswith((".", ",", ";")):
            category = self.lexicon.exact(whole)
            plain = re.split(r"\s{3,}", re.sub(r"\([^)]*\)", "", whole).strip())[0]
            if category is None and (marked or (_looks_like_title(plain) and plain.upper() == plain and len(plain) > 3)):
                category = self.lexicon.loose(plain)
            if category and self._not_a_heading(note, unit, whole, category, sections):
                category = None
            if category and (marked or raw.rstrip().endswith(":") or _looks_like_title(whole) or not unit.bullet):
                unit.heading = True
                self._label(unit, unit.end)
                return cleaned_start, unit.end, category, unit.end
        return None

    @staticmethod
    def _label(unit: Unit, body: int) -> None:
        unit.body = min(body, unit.end)

    def _inline_headings(self, note: Note, unit: Unit) -> Iterable[tuple[int, int, str, int]]:
        for match in _procedure_starts(note.text, unit):
            section = self._running
            listed = section in ("assessment", "diagnosis") and (unit.bullet or unit.number is not None)
            in_plan = (listed or section in ("plan", "assessment_plan", "followup")) and not _DONE_WORDS.search(note.folded, unit.body, unit.end)
            in_plan = in_plan and not (_SHARES.search(note.folded, match.start(), unit.end + 80) and _AFTER.search(note.folded, match.start(), unit.end + 240))
            if not in_plan and _AMOUNT.search(note.folded, unit.body, unit.end if unit.end - unit.body > 100 else unit.end + 90) and not _NOT_TODAY.search(note.folded, _said_from(note, unit, match.start()), min(unit.end, match.end() + 60)):
                yield match.start("title"), match.end("title"), "procedure", match.end()
                break
        for match in _SPOKEN.finditer(note.text, unit.body, unit.end):
            yield match.start("title"), match.end("title"), self.lexicon.exact(match["title"].rsplit(" ", 1)[-1]) or "none", match.end()
        if unit.end - unit.body < 12 or ":" not in note.text[unit.body : unit.end]:
            return
        for match in _INLINE.finditer(note.text, unit.body, unit.end):
            title = match["title"]
            if category := self.lexicon.exact(title):
                if len(title) == 1 and category not in ("subjective", "exam", "assessment", "plan"):
                    continue
                yield match.start("title"), match.end("title"), category, match.end()


_SENTENCE_END = re.compile(r"[a-z%)][.;]\s{1,3}(?=[A-Z])")
_DOSED_HERE = re.compile(r"[^.;\n]{3,80}?\d\s?(?:cc|ml|mL|ML)\b")


def _said_from(note: Note, unit: Unit, start: int) -> int:
    """Where the words that may put a procedure into another time start: at its sentence, or at its line where that is the first."""
    ends = [match.end() for match in _SENTENCE_END.finditer(note.text, unit.body, start)]
    return start if ends and ends[-1] == start else unit.body


def _procedure_starts(text: str, unit: Unit) -> Iterable[re.Match[str]]:
    """Lines of a paragraph that start with the procedure's name."""
    position = unit.body
    while 0 <= position < unit.end:
        match = _PROCEDURE_START.match(text, position, unit.end)
        if match and (position == unit.body or text[match.start("title")].isupper() or text[:position].rstrip()[-1:] in ".:;!?)"):
            yield match  # else a line of wrapped prose ("… a set | of trigger point injections into …")
        position = text.find("\n", position, unit.end)
        position = position + 1 if position >= 0 else unit.end
    for sentence in _SENTENCE_END.finditer(text, unit.body, unit.end):
        match = _PROCEDURE_START.match(text, sentence.end(), unit.end)
        if match and _DOSED_HERE.match(text, match.end(), unit.end):
            yield match


def _soap_context(note: Note) -> bool:
    """Whether single letters stand for SOAP headings here: at least two different ones start a line or sentence."""
    # White space is bounded: a megabyte of line ends would be walked to its end from each of them.
    letters = set(re.findall(r"(?:^|\n|[.;]\s{1,200}+)\s{0,200}+([soap])(?:/p)?\s{0,2}(?:[:)]|\s-\s|\.\s|-\s|\n)", note.folded))
    return len(letters) >= 2


def _line_end(text: str, unit: Unit) -> int:
    position = text.find("\n", unit.body, unit.end)
    return unit.end if position < 0 else position


def _number_units(note: Note) -> None:
    """Give each unit the section that it starts in (its own, if it opens one)."""
    starts = [section.start for section in note.sections]
    at = 0
    for unit in note.units:
        while at + 1 < len(starts) and starts[at + 1] <= unit.body and starts[at + 1] <= max(unit.start, unit.body):
            at += 1
        unit.section = at


def section_at(note: Note, position: int) -> int:
    """Index of the section that holds ``position``."""
    low, high = 0, len(note.sections) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if note.sections[middle].start <= position:
            low = middle
        else:
            high = middle - 1
    return low


def find_visits(note: Note) -> list[Visit]:
    """Stretches under dated headers; a dated entry of a list is a stretch of its own."""
    if log := _log_with_today(note) or _running_note(note):
        return log
    headers: list[tuple[int, str, bool]] = []
    entries: list[tuple[int, int, str]] = []
    for unit in note.units:
        if unit.heading and TODAY in unit.columns:
            continue  # the columns of a flowsheet
        head = _DATE_HEADER.match(note.folded, unit.start, min(unit.end, unit.start + 90))
        position = head.end() if head else unit.start
        dates = find_dates(note.folded, unit.start, min(unit.end, position + 24))
        if not dates or dates[0].start > position + 2 or _ADDENDUM.search(note.folded, unit.start, min(unit.end, unit.start + 60)):
            continue
        lead = note.folded[unit.start : dates[0].start]
        day = dates[0].value.isoformat()
        rest = note.folded[dates[0].end : unit.end].strip(" \t=-*:#)]>|")
        labelled = re.search(r"\b(?:date|dos|service|visit|encounter|seen)\b", lead) is not None
        if _SIGNED.search(rest) and len(rest) < 80:
            continue
        first = not headers and unit.start < _TOP
        told = not labelled and not first and _PROCEDURE_WORD.search(rest) is not None and len(rest) > 12
        if _EARLIER_HEAD.fullmatch(lead) and not rest and unit.start:
            headers.append((unit.start, day, True))
        elif len(rest) < 60 and _VISIT_HEAD.match(rest):
            headers.append((unit.start, day, False))
        elif told or _ENTRY.search(lead) or (not labelled and not first and (unit.bullet or (unit.end - unit.start > 110 and not _UNIT_NOTE.search(rest)) or _TOLD.search(rest)) and (headers or unit.bullet or _TOLD.search(rest))):
            entries.append((unit.start, unit.end, day))
        else:
            headers.append((unit.start, day, bool(_PRIOR_HEADER.search(lead) or re.match(r"\W*(?:copied|prior note|previous note|carried)", note.folded[dates[0].end : dates[0].end + 24]))))
    visits = _visits_from(note, headers) if headers else [Visit(0, len(note.text), note.date_of_service)]
    visits = _some_current(_mark_current(note, visits))
    if note.date_of_service is None:
        note.date_of_service = _day_of_service(note, visits)
    return _cut_out(visits, entries)


_TODAY_LINE = re.compile(r"\W*(?:[\d/.-]{6,10}[\s:,-]*\(?(?:today|this visit)\b|today\b\W{0,4}[\d/.-]{6,10})")


_DAY_LINE = re.compile(r"\W*(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?P<now>\s*\((?:current|today|now)\))?\s?(?::|-{1,2}\s)")


def _running_note(note: Note) -> list[Visit] | None:
    """The days of a running note ("10/3: … 10/4 (current): …"), of which one says that it is today; None for any other note."""
    lines = [(unit, match) for unit in note.units if (match := _DAY_LINE.match(note.folded, unit.start, min(unit.end, unit.start + 24)))]
    now = next((index for index, (_, match) in enumerate(lines) if match["now"]), None)
    if now is None or len(lines) < 2 or note.date_of_service is not None:
        return None
    starts = [unit.start for unit, _ in lines]
    visits = [Visit(0, starts[0], current=starts[0] == 0 or _BEFORE_DAYS.search(note.folded, 0, starts[0]) is None)] if starts[0] else []
    return [*visits, *(Visit(start, end, current=index == now, head=start) for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(note.text)], strict=True)))]


_BEFORE_DAYS = re.compile(r"\b(?:performed|done|given|injected|seen)\b[^.\n]{0,16}\b(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9])\b(?!/)")


def _log_with_today(note: Note) -> list[Visit] | None:
    """The visits of a log with a dated line for each session, where one line says "today"; None for any other note."""
    dated: list[tuple[Unit, str]] = []
    today: tuple[Unit, str] | None = None
    for unit in note.units:
        stop = min(unit.end, unit.start + 36)
        dates = find_dates(note.folded, unit.start, stop)
        if not dates or unit.cells:
            continue
        day = dates[0].value.isoformat()
        if _TODAY_LINE.match(note.folded, unit.start, stop) and today is None:
            today = (unit, day)
        elif not note.folded[unit.start : dates[0].start].strip(" *-#([") and unit.end - unit.start < _LOG_LINE:
            dated.append((unit, day))
    if today is None or len(dated) < 2 or any(day >= today[1] for _, day in dated):
        return None
    if note.date_of_service not in (None, today[1]):
        return None
    note.date_of_service = today[1]
    return _cut_out([Visit(0, len(note.text), today[1], head=today[0].start)], [(unit.start, unit.end, day) for unit, day in dated])


_LOG_LINE = 240  # characters that tell one session of a log


def may_date_the_visit(folded: str) -> bool:
    """Whether a date of the folded text stands where :func:`find_visits` may take it for that of the visit."""
    for found in _FIGURES_OF_A_DATE.finditer(folded):
        line = max(folded.rfind(end, 0, found.start()) for end in LINE_ENDS) + 1
        head = _DATE_HEADER.match(folded, line, line + 120)
        if found.start() <= max(line, head.end() if head else 0) + _DATE_LENGTH:
            return True
    return any(found.start < _TOP or _SEEN_ON.search(folded[max(0, found.start - 48) : found.start]) for found in find_dates(folded))


_FIGURES_OF_A_DATE = re.compile(r"(?:19|20)\d\d|\d[-/.]\d\d?[-/.]\d\d")
_DATE_LENGTH = 64  # characters that bullet, blanks and the month's name may take before the year
_TOP = 320  # characters of a note in which a date without a label is the visit's

# a heading of its own ("PRIOR VISIT 01/02/2001"), not a field ("Last visit: 01/02/2001")
_EARLIER_HEAD = re.compile(r"[-=*#\s\[(<>]*(?:prior|previous|past|copied|imported|old|earlier)\s(?:(?:office|clinic|procedure|progress|injection)\s)?(?:visit|note|encounter|session|procedure)s?[\s,(-]*(?:of|from|on|dated)?[\s(]*")
_VISIT_HEAD = re.compile(r"(?:(?:office|clinic|follow.?up|f/u|new|est\w*|procedure|injection)\s)?(?:visit|encounter|session)\b")
_SEEN_ON = re.compile(r"\b(?:seen|performed|done|evaluated|presented|came|visit|service|procedure|encounter|dos|date|today)\b[^.\n\d]{0,28}\Z")
_NOT_SEEN = re.compile(r"\b(?:birth|dob|d\.o\.b|born|sign\w*|expir\w*|exp|injury|doi|onset|last|previous|prior|next|return|follow|since|surgery|mri|x-?ray|on file|lot|print\w*|dictat\w*|transcrib\w*|fax\w*|received|admit\w*|accident|auth\w*|approved)\b[^.\n\d]{0,24}\Z")


def _day_of_service(note: Note, visits: list[Visit]) -> str | None:
    """The date of the current visit's header, else the first date that the note gives for being seen."""
    dated = [visit.date for visit in visits if visit.current and visit.date]
    if dated or note.flowsheet:
        return dated[0] if dated else note.flowsheet
    dates = find_dates(note.folded)
    for found in dates:
        before = note.folded[max(0, found.start - 48) : found.start]
        if _SEEN_ON.search(before) and not _NOT_SEEN.search(before):
            return found.value.isoformat()
    for found in dates:
        top = note.folded.count("\n", 0, found.start) < 5 and found.start < _TOP
        if top and not _NOT_SEEN.search(note.folded[max(0, found.start - 48) : found.start]):
            return found.value.isoformat()
    return None


_SIGNED = re.compile(r"/e?s/|signed|authenticat|^\d{1,2}:\d\d.*\b(?:md|do|np|pa-c|pa|rn|dpt|dc|lac)\b\W*$|electronic")
_ADDENDUM = re.compile(r"addend|late entry|signed|authenticat|dictated|transcribed")
_ENTRY = re.compile(r"\b(?:last|prior|previous|next)\b")
# "08/07/2024  TPI - bilateral upper trapezius, …": one line tells a whole session
_PROCEDURE_WORD = re.compile(r"^(?:[a-z-]+\s){0,2}(?:tpis?|trigger point inj\w*|dry needling|rfa|esi|tfesi|mbb|gonb?|botox|injections?|nerve block|facet)\b.{8,}")
_UNIT_NOTE = re.compile(r"\b(?:hpi|exam|procedure|plan|prepped|consent)\b")
# a dated line that tells what was done then, with its result
_TOLD = re.compile(r"\b(?:relief|response|helped|benefit|tpis?|trigger point inj\w*|injections?|botox|esi|rfa|mbb)\b[^\n]{0,80}\b(?:relief|weeks?|wks?|months?|mos?|helped|benefit|better|%|good|fair|poor|no change)|\b\d{1,3}\s?%\s?(?:relief|better|improve)")


def _cut_out(visits: list[Visit], entries: list[tuple[int, int, str]]) -> list[Visit]:
    """Give entries older than the encounter a visit of their own, and go on behind them."""
    current = next((visit.date for visit in visits if visit.current and visit.date), None)
    for start, end, day in entries:
        if current is not None and day >= current:
            continue
        for index, visit in enumerate(visits):
            if visit.start <= start < visit.end:
                pieces = [Visit(visit.start, start, visit.date, visit.current), Visit(start, end, day, False), Visit(end, visit.end, visit.date, visit.current)]
                visits[index : index + 1] = [piece for piece in pieces if piece.start < piece.end]
                break
    return visits


def _mark_current(note: Note, visits: list[Visit]) -> list[Visit]:
    """Leave one date current: the one given with the note, the one that says "today", else the newest."""
    days = sorted({visit.date for visit in visits if visit.date and visit.current})
    if len(days) < 2:
        return visits
    given = note.date_of_service
    labelled = {v.date for v in visits if v.date and re.match(r"\W*(?:date of (?:service|procedure|visit|encounter)|dos|encounter date|visit date|service date|procedure date)\b", note.folded[v.start : v.start + 40])}
    if len(labelled) == 1 and given not in days:
        given = labelled.pop()
    today = [v.date for v in visits if v.date and re.search(r"\btoday\b|\bcurrent\b", note.folded[v.head : _end_of_line(note.folded, v.head)])]
    said = [v for v in visits if v.date and v.end - v.start > 60]
    newest = max((v.date for v in said), default=days[-1])
    current = given if given in days else today[0] if today else newest
    for visit in visits:
        if visit.date and visit.date != current:
            visit.current = False
    return visits


def _some_current(visits: list[Visit]) -> list[Visit]:
    if not any(visit.current for visit in visits):
        for visit in visits:
            visit.current = True
    return visits


def _end_of_line(folded: str, start: int) -> int:
    position = folded.find("\n", start)
    return len(folded) if position < 0 else position


def _visits_from(note: Note, headers: list[tuple[int, str, bool]]) -> list[Visit]:
    merged: list[tuple[int, str, bool]] = []
    for header in headers:  # "Date of service" and "Date of procedure" of one day are one header
        if not merged or merged[-1][1] != header[1]:
            merged.append(header)
    ends = [start for start, _, _ in merged[1:]] + [len(note.text)]
    visits = [Visit(start, end, day, current=not prior, head=start) for (start, day, prior), end in zip(merged, ends, strict=True)]
    if merged[0][0] > 0:
        # what stands before the first header belongs to it, unless it is long: then it is the note itself
        if not merged[0][2] and (merged[0][0] < 400 or len(merged) == 1):
            visits[0].start = 0
        else:
            visits.insert(0, Visit(0, merged[0][0], note.date_of_service))
    return visits
