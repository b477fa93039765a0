"""What the pipeline's components know about a note, as plain data.

Spans are pairs of code point offsets. The state travels with the ``Doc`` (see :func:`state_of`) while the pipeline
runs; what a user of the ``Doc`` reads afterwards is ``doc.spans`` and ``doc._.tpi_record``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol, TypeVar

from extractor.language.text import Word, fold, words

if TYPE_CHECKING:
    from spacy.tokens import Doc

Offsets = tuple[int, int]
EARLIER = "earlier visit"  # heading of a table's column that belongs to another visit


@dataclass(slots=True)
class Cell:
    """One cell of a table row, with the folded text of its column's heading."""

    start: int
    end: int
    header: str = ""


@dataclass(slots=True)
class Unit:
    """A logical line: a paragraph re-joined from hard-wrapped lines, a list item, a table row or a heading."""

    start: int
    end: int
    indent: int = 0
    bullet: bool = False
    number: int | None = None  # of a numbered item
    label: Offsets | None = None  # the words before a colon that is not a section heading
    body: int = 0  # where the text behind bullet, heading and label starts
    heading: bool = False  # nothing but a heading
    cells: list[Cell] = field(default_factory=list)
    columns: tuple[str, ...] = ()  # headings of the table that the row belongs to
    after_blank: bool = False
    section: int = 0
    parent: int | None = None  # the unit that introduces this one ("The following were injected:")


@dataclass(slots=True)
class Section:
    """A stretch of the note under one heading; ``category`` is an id of lexicons/sections.tsv."""

    start: int
    end: int
    category: str
    title: Offsets | None = None
    visit: int = 0
    topic: str | None = None  # kind of the procedure that the heading names


@dataclass(slots=True)
class Visit:
    """A stretch of the note that belongs to one date. ``current`` marks the encounter that the note documents."""

    start: int
    end: int
    date: str | None = None  # ISO 8601
    current: bool = True
    head: int = 0  # where its dated header starts


@dataclass(slots=True)
class Segment:
    """A clause: the smallest stretch with an assertion of its own."""

    start: int
    end: int
    unit: int
    sentence: int
    section: int
    box: bool | None = None  # ticked, unticked, or no tick box
    cell: str | None = None  # heading of the table column, for a clause inside a table
    is_label: bool = False
    sides: tuple[str, ...] | None = None  # ticked side boxes behind the site ("Trapezius [ ] R [x] L")


@dataclass(slots=True)
class Entity:
    """A lexicon match. ``kind``: muscle, region, joint, tendon, nerve, bone, ligament, bursa, procedure."""

    start: int
    end: int
    kind: str
    targets: tuple[str, ...]  # muscle, region or procedure ids; several for a coordinated form
    portion: str | None = None
    ambiguous: bool = False  # one of several targets, not all of them
    corrected: bool = False  # read through a spelling correction


@dataclass(slots=True)
class SideMark:
    """A word or sign for a side."""

    start: int
    end: int
    sides: tuple[str, ...]
    adverb: bool = False  # "bilaterally", "on the right": may reach back over a whole list
    parenthesis: bool = False
    relative: str = ""  # "same" or "other" side as the site before


@dataclass(slots=True)
class LevelMark:
    """A vertebral level or range, normalised ("C2-C3")."""

    start: int
    end: int
    levels: tuple[str, ...]


@dataclass(slots=True)
class Cue:
    """A match of lexicons/cues.tsv."""

    start: int
    end: int
    type: str
    direction: str  # forward, backward, both
    text: str = ""


@dataclass(slots=True)
class Site:
    """One mention of a muscle, region or bare level as a possible injection site."""

    start: int
    end: int
    segment: int
    targets: tuple[str, ...] = ()  # muscle or group ids
    kind: str = "muscle"  # muscle, region, level, or another structure
    region: str | None = None
    portions: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    own_side: bool = False  # stated at the site itself, not distributed or inherited
    ambiguous: bool = False
    corrected: bool = False
    inferred: bool = False  # head or side taken from the rest of the list
    injections: int | None = None
    assertion: str | None = None  # of the contract, or "unclear"
    rule: str = ""  # which rule decided the assertion
    cue: Offsets | None = None
    phrase: Offsets | None = None  # the whole site phrase with side and levels
    procedure: str | None = None  # kind of the other procedure, where it is one
    clash: tuple[str, ...] = ()  # sides that contradict `sides`
    weak: bool = False  # decided by a rule that is often wrong: counts as a doubt where the code depends on it


class _Placed(Protocol):
    start: int


Placed = TypeVar("Placed", bound=_Placed)
_start = attrgetter("start")


def within(items: list[Placed], start: int, end: int) -> list[Placed]:
    """Items of a list in text order that begin in a stretch of text."""
    first = bisect_left(items, start, key=_start)
    return items[first : bisect_left(items, end, lo=first, key=_start)]


@dataclass(slots=True)
class Note:
    """State of one note while the pipeline runs."""

    text: str
    folded: str
    words: list[Word]
    units: list[Unit] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    abbreviations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    corrections: dict[int, str] = field(default_factory=dict)  # index of a word -> its correction
    entities: list[Entity] = field(default_factory=list)
    sides: list[SideMark] = field(default_factory=list)
    open_sides: list[Offsets] = field(default_factory=list)  # unresolved pick lists for a side
    levels: list[LevelMark] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    frames: list = field(default_factory=list)
    title_drugs: list[str] = field(default_factory=list)
    quantities: list = field(default_factory=list)
    drugs: list = field(default_factory=list)
    date_of_service: str | None = None  # given with the note, else None
    boxed: bool | None = None  # whether a tick box stands anywhere; None until somebody asks
    flowsheet: str | None = None  # day of the encounter's column in a table with a column for each visit
    _answers: dict[str, bool] = field(default_factory=dict)
    _searches: dict[tuple[re.Pattern[str], int, int], re.Match[str] | None] = field(default_factory=dict)
    _segment_sites: tuple[list[Site], int, dict[int, list[Site]]] | None = None
    _unit_labels: tuple[int, dict[int, list[int]]] | None = None
    _unit_segments: tuple[int, dict[int, tuple[int, int]]] | None = None

    def is_current(self, segment: Segment) -> bool:
        """Whether a clause belongs to the encounter that is read, not to an earlier visit pasted with it."""
        return segment.cell != EARLIER and self.visits[self.sections[segment.section].visit].current

    def once(self, key: str, find: Callable[[], bool]) -> bool:
        """The answer to a question about the whole note, asked once."""
        if key not in self._answers:
            self._answers[key] = find()
        return self._answers[key]

    def search(self, pattern: re.Pattern[str], start: int, end: int) -> re.Match[str] | None:
        """The first match in a stretch of the folded text, remembered: every site of a clause asks the same of it."""
        key = (pattern, start, end)
        if key not in self._searches:
            self._searches[key] = pattern.search(self.folded, start, end)
        return self._searches[key]

    def sites_in(self, segment: int) -> list[Site]:
        """Sites of one clause, in order."""
        if self._segment_sites is None or self._segment_sites[0] is not self.sites or self._segment_sites[1] != len(self.sites):
            found: dict[int, list[Site]] = {}
            for site in self.sites:
                found.setdefault(site.segment, []).append(site)
            self._segment_sites = (self.sites, len(self.sites), found)
        return self._segment_sites[2].get(segment, [])

    def segments_of(self, unit: int) -> range:
        """Indices of the clauses of a paragraph, which stand together."""
        if self._unit_segments is None or self._unit_segments[0] != len(self.segments):
            spans: dict[int, tuple[int, int]] = {}
            for index, segment in enumerate(self.segments):
                spans[segment.unit] = (spans.get(segment.unit, (index, 0))[0], index + 1)
            self._unit_segments = (len(self.segments), spans)
        return range(*self._unit_segments[1].get(unit, (0, 0)))

    def labels_of(self, unit: int) -> list[int]:
        """Indices of the clauses of a paragraph that are labels."""
        if self._unit_labels is None or self._unit_labels[0] != len(self.segments):
            found: dict[int, list[int]] = {}
            for index, segment in enumerate(self.segments):
                if segment.is_label:
                    found.setdefault(segment.unit, []).append(index)
            self._unit_labels = (len(self.segments), found)
        return self._unit_labels[1].get(unit, [])

    @classmethod
    def of(cls, text: str) -> Note:
        folded = fold(text)
        return cls(text=text, folded=folded, words=words(folded))


_KEY = "tpi_note"


def state_of(doc: Doc) -> Note:
    """The note's state, made on first use."""
    note = doc.user_data.get(_KEY)
    if note is None:
        note = doc.user_data[_KEY] = Note.of(doc.text)
    return note


def drop_state(doc: Doc) -> Note:
    """Take the state off the ``Doc``, which can then be pickled, saved and sent between processes."""
    note = state_of(doc)
    del doc.user_data[_KEY]
    return note
