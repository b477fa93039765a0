"""X12 837 professional (5010: 005010X222, 005010X222A1) as claim lines.

Loops are known by their first segment and their place: HL opens billing provider, subscriber and patient; CLM the
claim; an SBR after CLM the other payers (2320, 2330), whose names, codes and amounts are not the claim's own; LX a
service line; SVD what another payer decided about it (2430).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from extractor.audit.claims.base import (
    CellError,
    ClaimsError,
    icd10,
    parse_amount,
    parse_code,
    parse_date,
    parse_number,
    settle,
)
from extractor.audit.claims.x12 import Segment, segments
from extractor.audit.models import ClaimLine

__all__ = ["read_837"]

_OTHERS = {
    "X223": "837I (institutional) claims", "X224": "837D (dental) claims", "X221": "an 835 (payment advice)",
    "X279": "a 270/271 (eligibility)", "X212": "a 276/277 (claim status)", "X214": "a 277CA (acknowledgment)",
    "X220": "an 834 (enrollment)", "X217": "a 278 (authorization)", "X218": "an 820 (premium payment)",
}  # fmt: skip
_ICD_10 = frozenset({"ABK", "ABF"})
_DIAGNOSES = frozenset({"ABK", "ABF", "BK", "BF"})


@dataclass
class _Party:
    """A subscriber or patient."""

    member_id: str = ""
    name: str = ""
    born: str = ""


@dataclass
class _Service:
    """One LX loop."""

    number: str
    procedure: Segment | None = None
    dates: str = ""
    provider: str = ""
    decided_by_other: bool = False


@dataclass
class _Claim:
    """One CLM loop with what stands above it."""

    segment: Segment
    billing: str
    subscriber: _Party
    patient: _Party | None
    payer: str
    place: str
    rendering: str = ""
    record_number: str = ""
    dates: str = ""
    diagnoses: list[str] = field(default_factory=list)
    services: list[_Service] = field(default_factory=list)
    in_other_payer: bool = False


def read_837(text: str, where: str) -> Iterator[ClaimLine | str]:
    """Read the claims of all transaction sets of all interchanges of a file.

    Raises:
        ClaimsError: if the file holds no professional claims at all, saying what it holds instead.
    """
    reader = _Reader(where)
    claims: list[tuple[str | None, str, list[ClaimLine]]] = []
    for claim in reader.claims(text):
        lines: list[ClaimLine] = []
        for item in _lines(claim):
            if isinstance(item, str):
                reader.said.append(item)
            else:
                lines.append(item)
        claims.append((claim.segment[1] or None, _frequency(claim), lines))
    if not claims:
        holds = f"it holds {' and '.join(sorted(reader.other))}" if reader.other else "no claim (CLM) was found in it"
        raise ClaimsError(f"{where}: {holds}. Give an 837 professional file (005010X222A1).")
    yield from settle(claims, where)
    yield from reader.said
    yield from (f"{where}: {what} were left out: only professional claims (837P) are read." for what in sorted(reader.other))


def _frequency(claim: _Claim) -> str:
    place = claim.segment.parts(5)
    return place[2].strip() if len(place) > 2 else "1"


class _Reader:
    """Walks the segments and knows in which loop each stands."""

    def __init__(self, where: str):
        self.where = where
        self.said: list[str] = []
        self.other: set[str] = set()
        self.skipping = False
        self.transaction = ""
        self.version = ""
        self.reset()

    def reset(self) -> None:
        """Forget everything of the transaction set before."""
        self.level = ""
        self.billing = self.payer = ""
        self.subscriber = _Party()
        self.patient: _Party | None = None
        self.claim: _Claim | None = None

    def claims(self, text: str) -> Iterator[_Claim]:
        """Yield each claim when its last segment was read."""
        last = ""
        for segment in segments(text, self.where):
            last = segment.name
            if last == "GS":
                self.version = segment[8]
            elif last == "ST":
                self.transaction = segment[2]
                self.reset()
                self._begin(segment)
            elif last in ("HL", "CLM", "SE", "GE", "IEA"):
                if self.claim is not None:
                    yield self.claim
                    self.claim = None
                if last == "SE":
                    self.transaction = ""
            if not self.skipping:
                self._read(segment)
        if self.claim is not None:
            yield self.claim
        if self.transaction:
            self.said.append(f"{self.where}: transaction set {self.transaction} has no end (SE): the file may be cut off.")

    def _begin(self, segment: Segment) -> None:
        guide = segment[3] or self.version
        self.skipping = segment[1] != "837" or any(mark in guide for mark in ("X223", "X224"))
        if self.skipping:
            what = next((name for mark, name in _OTHERS.items() if mark in guide), f"an X12 {segment[1]} transaction")
            self.other.add(what)

    def _read(self, segment: Segment) -> None:
        name = segment.name
        if name == "HL":
            self._open_level(segment)
        elif name == "CLM":
            place = f"{self.where}:{self.transaction}:{segment[1]}"
            self.claim = _Claim(segment, self.billing, self.subscriber, self.patient, self.payer, place)
        elif self.claim is not None:
            _read_claim(self.claim, segment)
        elif name == "NM1":
            self._read_name(segment)
        elif name == "DMG":
            (self.patient or self.subscriber).born = segment[2]

    def _open_level(self, segment: Segment) -> None:
        self.level = segment[3]
        if self.level == "20":
            self.billing = self.payer = ""
        if self.level in ("20", "22"):
            self.subscriber, self.payer = _Party(), ""
        self.patient = _Party() if self.level == "23" else None

    def _read_name(self, segment: Segment) -> None:
        kind = segment[1]
        if kind == "85":
            self.billing = segment[9]
        elif kind == "PR":
            self.payer = segment[3] or segment[9]
        elif kind in ("IL", "QC"):
            party = self.subscriber if kind == "IL" or self.patient is None else self.patient
            party.member_id = segment[9]
            party.name = segment[4]


def _read_claim(claim: _Claim, segment: Segment) -> None:
    """Take a segment below CLM."""
    name = segment.name
    if name == "LX":
        claim.services.append(_Service(segment[1]))
        claim.in_other_payer = False
    elif claim.services:
        _read_service(claim.services[-1], segment)
    elif name == "SBR":
        # 2320: from here to the first service line everything is another payer's.
        claim.in_other_payer = True
    elif claim.in_other_payer:
        return
    elif name == "NM1" and segment[1] == "82":
        claim.rendering = segment[9]
    elif name == "REF" and segment[1] == "EA":
        claim.record_number = segment[2]
    elif name == "DTP" and segment[1] == "472":
        claim.dates = segment[3]
    elif name == "HI":
        claim.diagnoses += _diagnoses(segment)


def _read_service(service: _Service, segment: Segment) -> None:
    name = segment.name
    if name == "SVD":
        service.decided_by_other = True
    elif service.decided_by_other:
        return
    elif name in ("SV1", "SV2", "SV3") and service.procedure is None:
        service.procedure = segment
    elif name == "DTP" and segment[1] == "472":
        service.dates = segment[3]
    elif name == "NM1" and segment[1] == "82":
        service.provider = segment[9]


def _diagnoses(segment: Segment) -> list[str]:
    """The diagnosis codes of an HI; a qualifier and its code may stand as two elements where they should be one."""
    found = []
    waiting = ""
    for place in range(1, len(segment.elements)):
        parts = segment.parts(place)
        if len(parts) > 1:
            qualifier, code = parts[0], parts[1]
        elif waiting:
            qualifier, code, waiting = waiting, parts[0], ""
        else:
            waiting = parts[0]
            continue
        if qualifier.upper() in _DIAGNOSES and code:
            found.append(icd10(code) if qualifier.upper() in _ICD_10 else code.upper())
    return found


def _lines(claim: _Claim) -> Iterator[ClaimLine | str]:
    if not claim.services:
        yield f"{claim.place}: the claim has no service line (LX)."
    for order, service in enumerate(claim.services, start=1):
        place = f"{claim.place}:{service.number or order}"
        if service.procedure is None:
            yield f"{place}: the service line has no procedure (SV1)."
            continue
        if service.procedure.name != "SV1":
            kind = {"SV2": "institutional", "SV3": "dental"}[service.procedure.name]
            yield f"{place}: this is a line of an {kind} claim; only professional claims (837P) are read."
            continue
        try:
            yield _line(claim, service, service.procedure, order, place)
        except CellError as error:
            yield f"{place}: {error}."
        except ValidationError as error:
            yield f"{place}: {'.'.join(map(str, error.errors()[0]['loc']))} cannot be read."


def _line(claim: _Claim, service: _Service, procedure: Segment, order: int, place: str) -> ClaimLine:
    composite = procedure.parts(1)
    code = parse_code(composite[1] if len(composite) > 1 else composite[0])
    if code is None:
        raise CellError("the service line has no procedure code")
    start, end = _dates(service.dates or claim.dates)
    return ClaimLine(
        claim_id=claim.segment[1] or None,
        line=int(service.number) if service.number.isdecimal() else order,
        patient_id=_patient(claim),
        date_of_service=start,
        date_of_service_end=end,
        provider_id=service.provider or claim.rendering or claim.billing or None,
        payer=claim.payer or None,
        code=code,
        units=parse_number(procedure[4], "the number of units"),
        modifiers=[part.upper() for part in composite[2:6] if part],
        diagnoses=_pointed(claim.diagnoses, procedure),
        charge=parse_amount(procedure[2], "the charge"),
        source=place,
    )


def _patient(claim: _Claim) -> str | None:
    """The patient's identifier: the medical record number where the claim gives it, as notes carry that one.

    A dependent has no identifier of its own in 5010; the subscriber's alone would make one patient of a family, so
    first name and date of birth are set beside it.
    """
    if claim.record_number:
        return claim.record_number
    own, subscriber = claim.patient, claim.subscriber.member_id
    if own is None:
        return subscriber or None
    if own.member_id:
        return own.member_id
    return "/".join(part for part in (subscriber, own.name, own.born) if part) or None


def _dates(value: str) -> tuple[date | None, date | None]:
    """Read D8 (one date) or RD8 (first and last)."""
    first, _, last = value.partition("-")
    start = parse_date(first)
    end = parse_date(last, "the last date of service")
    return start, end if end != start else None


def _pointed(diagnoses: list[str], procedure: Segment) -> list[str]:
    """The diagnoses that SV107 points to; all of the claim where it points to none."""
    pointers = [part for part in procedure.parts(7) if part]
    if not pointers:
        return list(dict.fromkeys(diagnoses))
    found = []
    for pointer in pointers:
        if not pointer.isdecimal() or not 1 <= int(pointer) <= len(diagnoses):
            raise CellError("a diagnosis pointer points to no diagnosis of the claim")
        found.append(diagnoses[int(pointer) - 1])
    return list(dict.fromkeys(found))
