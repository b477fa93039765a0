"""Records in short notation, so that the tables of these tests read like notes.

``left+right trapezius [upper, middle] @ C2-C3, C6-C7 x2`` is one muscle; ``-`` stands for no side, ``?right`` for a
side that only another honest reading adds. The notation is that of corpus/GUIDELINE.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from extractor.lexicon import load_lexicon
from extractor.models import (
    Area,
    DocumentationElement,
    Dose,
    Drug,
    Evidence,
    Muscle,
    OtherProcedure,
    Procedure,
    Record,
    Strength,
)

_MUSCLE = re.compile(
    r"^(?P<sides>-|\??(?:left|right)(?:\+\??(?:left|right))?) (?P<id>[a-z_]+)"
    r"(?: \[(?P<portions>[^\]]+)\])?(?: @ (?P<levels>[A-Z0-9, -]+?))?(?: x(?P<injections>\d+))?$"
)
_DRUG = re.compile(
    r"^(?P<id>\?|[a-z_]+)(?: (?P<strength>[\d.]+)(?P<sunit>%|mg/mL|units/mL))?"
    r"(?: (?P<volume>[\d.]+) mL)?(?: (?P<dose>[\d.]+) (?P<dunit>mg|units|mcg))?$"
)


def words(text: str, start: int = 0) -> list[Evidence]:
    return [Evidence(start=start, end=start + len(text), text=text)]


def muscle(notation: str) -> Muscle:
    match = _MUSCLE.match(notation)
    assert match, f"unreadable muscle: {notation!r}"
    stated = [] if match["sides"] == "-" else match["sides"].split("+")
    entry = load_lexicon().muscles[match["id"]]
    return Muscle(
        id=entry.id,
        name=entry.name,
        kind=entry.kind,
        sides=[side for side in stated if not side.startswith("?")],
        doubtful_sides=[side[1:] for side in stated if side.startswith("?")],
        portions=[part.strip() for part in (match["portions"] or "").split(",") if part],
        levels=[part.strip() for part in (match["levels"] or "").split(",") if part],
        injections=int(match["injections"]) if match["injections"] else None,
        evidence=words(notation),
    )


def muscles(notation: str) -> list[Muscle]:
    """Read several muscles, separated by semicolons."""
    return [muscle(part.strip()) for part in notation.split(";") if part.strip()]


def drug(notation: str) -> Drug:
    match = _DRUG.match(notation)
    assert match, f"unreadable drug: {notation!r}"
    strength = Strength(value=float(match["strength"]), unit=match["sunit"]) if match["strength"] else None
    dose = Dose(value=float(match["dose"]), unit=match["dunit"], basis="stated") if match["dose"] else None
    return Drug(
        id=None if match["id"] == "?" else match["id"],
        text=match["id"],
        strength=strength,
        volume_ml=float(match["volume"]) if match["volume"] else None,
        dose=dose,
        evidence=words(notation),
    )


def area(text: str, injections: int | None = None, **more: Any) -> Area:
    return Area(text=text, injections=injections, evidence=words(text), **more)


def other(kind: str, **more: Any) -> OtherProcedure:
    return OtherProcedure(kind=kind, text=kind, evidence=words(kind), **more)


def elements(*ids: str, **values: Any) -> list[DocumentationElement]:
    """Documentation elements by id; ``session_count=4`` is one with a value."""
    plain = [DocumentationElement(id=name, evidence=words(name)) for name in ids]
    valued = [
        DocumentationElement(id=name.replace("_", "-"), value=value, evidence=words(name))
        for name, value in values.items()
    ]
    return [*plain, *valued]


def record(
    sites: str = "",
    *,
    drugs: Iterable[str] = ("lidocaine 1% 3 mL 30 mg",),
    kind: str = "trigger_point_injection",
    status: str = "performed",
    day: str | None = None,
    injections: int | None = None,
    guidance: str | None = None,
    sedation: bool = False,
    **more: Any,
) -> Record:
    """Return a record whose procedure was performed with a documented drug, unless said otherwise."""
    procedure = Procedure(
        kind=kind, status=status, injections=injections, guidance=guidance, sedation=sedation, evidence=words("TPI")
    )
    return Record(
        procedure=procedure,
        date_of_service=date.fromisoformat(day) if day else None,
        muscles=muscles(sites),
        drugs=[drug(item) for item in drugs],
        **more,
    )
