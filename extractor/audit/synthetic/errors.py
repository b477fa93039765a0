"""The errors that are planted, one at most in an encounter: what each needs, what it does to the claim, what must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.audit.synthetic.practice import Visit

__all__ = ["CLEAN", "KINDS", "Kind", "kinds_by_name"]

CLEAN = "clean"


@dataclass(frozen=True)
class Kind:
    """One kind of error."""

    name: str
    expected: tuple[str, ...]
    """Finding ids, any of which finds it."""
    role: str
    """Role of the base note that it needs."""
    plant: Callable[[Visit, Random], None]
    fits: Callable[[Visit], bool] = lambda visit: True
    needs: str = ""
    """``sessions``: four in twelve months; ``patient``: one without other visits, whose sessions it would add to;
    ``earlier note``: a visit before, with a note long enough."""
    direction: str = ""
    """Where money is at stake: overpayment or underpayment."""


def _code_is(*codes: str) -> Callable[[Visit], bool]:
    return lambda visit: visit.base.code in codes


def _payable(visit: Visit) -> bool:
    return bool(visit.base.drug_lines(visit.day))


def _no_payable(visit: Visit) -> bool:
    return not visit.base.payable


def _says_wastage(visit: Visit) -> bool:
    text = visit.base.note.text.lower()
    return "wast" in text or "discard" in text


def _rebill(code: str) -> Callable[[Visit, Random], None]:
    def plant(visit: Visit, source: Random) -> None:
        visit.procedure_line.code = code

    return plant


def _add(code: str, units: int = 1, *modifiers: str) -> Callable[[Visit, Random], None]:
    def plant(visit: Visit, source: Random) -> None:
        visit.add_line(code, units, modifiers)

    return plant


def _modifier(modifier: str) -> Callable[[Visit, Random], None]:
    def plant(visit: Visit, source: Random) -> None:
        visit.procedure_line.modifiers.append(modifier)

    return plant


def _units(visit: Visit, source: Random) -> None:
    visit.procedure_line.units = source.choice((2, 3, 4))


def _drop_drugs(visit: Visit, source: Random) -> None:
    del visit.lines[1:]


def _drug_units(visit: Visit, source: Random) -> None:
    line = visit.lines[1]
    line.units = line.units * 2 if line.units < 3 or source.random() < 0.5 else line.units - 2


def _wastage(visit: Visit, source: Random) -> None:
    visit.add_line(visit.lines[1].code, 1, ("JW",))


def _diagnoses(*codes: str) -> Callable[[Visit, Random], None]:
    def plant(visit: Visit, source: Random) -> None:
        for line in visit.lines:
            line.diagnoses = list(codes)

    return plant


def _bill_undone(visit: Visit, source: Random) -> None:
    visit.lines.clear()
    visit.add_line(source.choice(("20552", "20553")), 1)


def _joint(visit: Visit, source: Random) -> None:
    visit.lines[0:0] = [visit.line("20610", 1)]


def _other_provider(visit: Visit, source: Random) -> None:
    others = [provider for provider in visit.colleagues if provider != visit.provider]
    chosen = source.choice(others)
    # The last provider sees few patients and may have written no note: then no audit could know the number for a provider's.
    visit.billed_provider = others[0] if chosen == visit.colleagues[-1] else chosen
    visit.by_note = True


def _no_note(visit: Visit, source: Random) -> None:
    visit.note_written = False


def _no_claim(visit: Visit, source: Random) -> None:
    visit.lines.clear()


def _second_claim(visit: Visit, source: Random) -> None:
    visit.second_claim_on = visit.day + timedelta(days=source.choice((1, 2, 7)))
    visit.by_note = True


def _nothing(visit: Visit, source: Random) -> None:
    """The plan of visits already makes the error: the copied note, the fourth session."""


KINDS: tuple[Kind, ...] = (
    Kind("20553 for one or two muscles", ("code-not-supported",), "injected", _rebill("20553"), _code_is("20552"), direction="overpayment"),
    Kind("20552 for three or more muscles", ("code-too-low",), "injected", _rebill("20552"), _code_is("20553"), direction="underpayment"),
    Kind("injection code for dry needling", ("code-not-supported",), "needled", _rebill("20552")),
    Kind("code that depends on an open question", ("code-needs-review",), "open", _rebill("20553")),
    Kind("both codes", ("mutually-exclusive-codes",), "injected", _add("20552"), _code_is("20553"), direction="overpayment"),
    Kind("units over one", ("units-not-one",), "injected", _units, direction="overpayment"),
    Kind("modifier 50", ("modifier-50",), "injected", _modifier("50")),
    Kind("modifier 59 without a pair", ("modifier-unsupported",), "injected", _modifier("59"), _no_payable),
    Kind("modifier 76", ("modifier-unsupported",), "injected", _modifier("76"), _no_payable),
    Kind("visit without modifier 25", ("modifier-missing",), "injected", _add("99213")),
    Kind("visit with 25, nothing separate documented", ("modifier-unsupported",), "injected", _add("99213", 1, "25")),
    Kind("joint injection without 59", ("modifier-missing",), "joint", _joint),
    Kind("fourth session in twelve months", ("frequency-exceeded",), "injected", _nothing, needs="sessions"),
    Kind("anesthesia", ("anesthesia-billed",), "injected", _add("01992")),
    Kind("drug not billed", ("drug-not-billed",), "injected", _drop_drugs, _payable),
    Kind("drug not documented", ("drug-not-documented",), "injected", _add("J3301", 4), _no_payable, direction="overpayment"),
    Kind("drug units", ("drug-units-mismatch",), "injected", _drug_units, _payable),
    Kind("wastage not documented", ("modifier-unsupported", "drug-units-mismatch"), "injected", _wastage,
         lambda visit: _payable(visit) and not _says_wastage(visit)),
    Kind("excluded substance", ("denied-substance-billed",), "excluded", _add("J3420")),
    Kind("diagnosis outside the list", ("diagnosis-not-supporting",), "injected", _diagnoses("M54.2")),
    Kind("diagnoses that exclude each other", ("diagnosis-not-supporting",), "injected", _diagnoses("M79.18", "M79.7")),
    Kind("guidance not documented", ("guidance-not-documented", "procedure-not-documented"), "injected", _add("76942"),
         lambda visit: visit.base.result.procedure.guidance is None),
    Kind("copied note", ("cloned-note",), "injected", _nothing, needs="earlier note"),
    Kind("no note", ("note-missing",), "injected", _no_note),
    Kind("not performed", ("procedure-not-documented",), "none", _bill_undone, direction="overpayment"),
    Kind("another provider", ("provider-not-matching", "procedure-not-documented"), "injected", _other_provider),
    Kind("one note for two claims", ("note-for-several-claims",), "injected", _second_claim, needs="patient"),
    Kind("no claim", ("claim-missing",), "injected", _no_claim),
)  # fmt: skip


def kinds_by_name() -> dict[str, Kind]:
    """The kinds by name."""
    return {kind.name: kind for kind in KINDS}
