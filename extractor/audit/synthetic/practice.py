"""Plans the practice: who is seen when and by whom, what is billed, and where an error is planted.

A clean encounter is clean by construction: sessions of one patient are at least 124 days apart, so that no more than
three fall into any twelve months; no patient gets two notes that are alike; the claim bills what the label says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from math import gcd
from random import Random

from extractor.audit.synthetic.bases import Base, BaseError, roles
from extractor.audit.synthetic.errors import CLEAN, KINDS, Kind
from extractor.audit.synthetic.variation import vary

__all__ = ["FEES", "POLICY_SETTINGS", "Line", "Practice", "Visit", "generate"]

POLICY_SETTINGS: dict[str, object] = {
    "frequency_sessions": 3, "frequency_months": 12, "frequency_scope": "patient",
    "diagnoses": ["M79.10", "M79.11", "M79.12", "M79.18"], "excluded_substances": ["vitamin"], "denial_scope": "drug",
}  # fmt: skip
"""The synthetic payer's rules beside the code set's own; :func:`write_practice` writes them as a policy."""

FEES: dict[str, Decimal] = {
    code: Decimal(fee)
    for code, fee in {
        "20552": "51.75", "20553": "60.00", "20560": "26.40", "20561": "38.65", "20610": "63.20", "76942": "58.10", "99213": "92.05",
        "01992": "110.00", "J1010": "0.12", "J1020": "4.10", "J1030": "6.80", "J1040": "11.90", "J3301": "1.85", "J1100": "0.15", "J0702": "7.60",
        "J1885": "0.60", "J3420": "2.10",
    }.items()
}  # fmt: skip
"""Made-up allowed amounts of one unit, in dollars."""

_START = date(2023, 10, 1)
_DAYS = 730
_GAP = 124
"""Days between sessions: three such gaps are more than any twelve months."""
_PAYERS = ("Northgate Health Plan", "Tri-County Benefit Fund", "Lakeside Mutual", "Commonwealth Choice")
_COPIED_WORDS = 80
"""A shorter note is alike from visit to visit by nature, and no repetition of it can be told from a copy."""
_TIGHT = 70
"""Days between the sessions of a patient who has a fourth one within twelve months."""


@dataclass
class Line:
    """A claim line on its way into the file."""

    code: str
    units: int
    modifiers: list[str]
    diagnoses: list[str]

    @property
    def paid(self) -> Decimal:
        """What the payer allowed and paid."""
        return FEES[self.code] * self.units


@dataclass
class Visit:
    """One encounter with its note, its claim and the truth about it."""

    number: int
    patient: str
    day: date
    provider: str
    payer: str
    base: Base
    colleagues: Sequence[str]
    kind: str = CLEAN
    expected: tuple[str, ...] = ()
    direction: str = ""
    lines: list[Line] = field(default_factory=list)
    note_written: bool = True
    by_note: bool = True
    """The claim names its note; else patient, date and provider must lead to it."""
    billed_provider: str = ""
    second_claim_on: date | None = None
    text: str = ""

    @property
    def note_id(self) -> str:
        """The note's id."""
        return f"N{self.number:06}"

    @property
    def claim_id(self) -> str:
        """The claim's id."""
        return f"C{self.number:06}"

    @property
    def procedure_line(self) -> Line:
        """The line of the injection."""
        return self.lines[0]

    def line(self, code: str, units: int, modifiers: Sequence[str] = ()) -> Line:
        """A line with the encounter's diagnosis."""
        return Line(code, units, list(modifiers), ["M79.18"])

    def add_line(self, code: str, units: int, modifiers: Sequence[str] = ()) -> None:
        """Bill one more line."""
        self.lines.append(self.line(code, units, modifiers))


@dataclass(frozen=True)
class Practice:
    """A finished practice."""

    seed: int
    visits: tuple[Visit, ...]
    bases: int
    """Number of different corpus notes in use."""


def generate(bases: Sequence[Base], *, encounters: int = 20_000, seed: int = 1, error_rate: float = 0.15, providers: int = 24) -> Practice:
    """Make a practice.

    Args:
        bases: from :func:`usable_bases`.
        encounters: how many, more or less: a patient's visits are never cut off.
        seed: of everything that varies.
        error_rate: share of encounters with a planted error; providers differ around it.
        providers: how many; the last has few encounters.

    Raises:
        BaseError: if the bases lack a role that a kind of error needs.
    """
    by_role = roles(bases)
    for role in {kind.role for kind in KINDS}:
        if not by_role[role]:
            raise BaseError(f"The corpus has no usable note for “{role}”: planting every kind of error needs one.")
    planner = _Planner(by_role, Random(seed), error_rate, [f"1{number:09}" for number in range(1, providers + 1)])
    while len(planner.visits) < encounters:
        planner.patient()
    return Practice(seed, tuple(planner.visits), len({visit.base.note.id for visit in planner.visits}))


class _Planner:
    def __init__(self, by_role: dict[str, list[Base]], source: Random, error_rate: float, providers: list[str]) -> None:
        self.by_role = by_role
        self.source = source
        self.providers = providers
        self.visits: list[Visit] = []
        self._patients = 0
        # Every kind comes up equally often, whatever its note needs.
        self._due: list[Kind] = []
        self._error_rates = {provider: error_rate * source.uniform(0.5, 1.3) for provider in providers}
        self._error_rates[providers[len(providers) // 3]] = min(0.9, error_rate * 3)
        self._weights = [source.uniform(0.5, 2.0) for _ in providers[:-1]] + [0.02]

    def patient(self) -> None:
        """Plan all visits of one more patient."""
        self._patients += 1
        source = self.source
        (provider,) = source.choices(self.providers, self._weights)
        name, payer = f"MRN{self._patients:06}", source.choice(_PAYERS)
        used: set[int] = set()
        kind = self._kind(provider)
        if kind and kind.needs == "sessions":
            first = source.randrange(0, 300)
            days = [first + step * _TIGHT for step in range(4)]
            plan: list[Kind | None] = [None, None, None, kind]
        elif kind and kind.needs == "patient":
            days, plan = [source.randrange(0, 600)], [kind]
        else:
            first = source.randrange(0, _GAP)
            days = []
            while first < _DAYS:
                days.append(first)
                first += _GAP + source.randrange(0, 60)
            days = days[: source.randint(1, 6)]
            plan = [kind, *(self._kind(provider, within=True) for _ in days[1:])]
        previous: Base | None = None
        for offset, planned in zip(days, plan, strict=True):
            day = _START + timedelta(days=offset)
            previous = self._visit(name, day, provider, payer, planned, used, previous, session=bool(kind and kind.needs == "sessions"))

    def _kind(self, provider: str, *, within: bool = False) -> Kind | None:
        """An error to plant, or none; ``within`` a patient's plan leaves out what needs a plan of its own."""
        if self.source.random() >= self._error_rates[provider]:
            return None
        if not any(_can(kind, within) for kind in self._due):
            self._due += self.source.sample(KINDS, len(KINDS))
        place = next(place for place, kind in enumerate(self._due) if _can(kind, within))
        return self._due.pop(place)

    def _visit(self, patient: str, day: date, provider: str, payer: str, kind: Kind | None, used: set[int], previous: Base | None, session: bool) -> Base | None:
        """Plan one visit; return its note where the next visit could copy it."""
        copied = kind is not None and kind.needs == "earlier note"
        if kind is not None and copied and (previous is None or len(previous.note.text.split()) < _COPIED_WORDS):
            self._due.append(kind)  # nothing to copy here: the next patient's turn
            kind, copied = None, False
        role = kind.role if kind else "injected" if session else self.source.choices(("injected", "needled", "none"), (90, 5, 5))[0]
        visit = Visit(len(self.visits) + 1, patient, day, provider, payer, self.by_role[role][0], self.providers)
        visit.by_note = self.source.random() < 0.7
        candidates: Iterable[Base] = [previous] if copied and previous else self._fresh(role, used)
        for base in candidates:
            visit.base = base
            if kind is None or kind.fits(visit):
                break
        else:
            kind = None if role == "injected" else kind
        used.add(visit.base.family)
        _bill(visit)
        if kind is not None:
            visit.kind, visit.expected, visit.direction = kind.name, kind.expected, kind.direction
            kind.plant(visit, self.source)
        self._write(visit)
        self.visits.append(visit)
        return visit.base if role == "injected" and visit.note_written else None

    def _fresh(self, role: str, used: set[int]) -> Iterator[Base]:
        """The notes of a role in random order, those left out that are like one which the patient has."""
        pool = self.by_role[role]
        fresh = [base for base in pool if base.family not in used] or pool
        start = self.source.randrange(len(fresh))
        # A step that shares no factor with the length visits every note once, without shuffling hundreds for one.
        step = next(number for number in (self.source.randrange(1, len(fresh) + 1) for _ in count()) if gcd(number, len(fresh)) == 1)
        return (fresh[(start + place * step) % len(fresh)] for place in range(len(fresh)))

    def _write(self, visit: Visit) -> None:
        label = visit.base.note.date_of_service
        days = (visit.day - label).days if label else 0
        visit.text = vary(
            visit.base.note.text, days=days, day=visit.day, record=visit.patient[3:], named=visit.base.named,
            style=int(visit.provider) % 4, source=self.source,
        )  # fmt: skip


def _can(kind: Kind, within: bool) -> bool:
    return not (within and kind.needs in ("sessions", "patient"))


def _bill(visit: Visit) -> None:
    """Bill what the note's label proves."""
    if visit.base.note.decision == "none":
        visit.add_line("99213", 1)
        return
    visit.add_line(visit.base.code, 1)
    for code, units in visit.base.drug_lines(visit.day):
        visit.add_line(code, units)
