"""Encounters in short notation: ``20553-59-RT x2 $60 M79.18+M54.2`` is one billed line."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache

from extractor import extract
from extractor.audit.models import AuditedNote, ClaimLine, Encounter
from extractor.coding import load_policy
from extractor.coding.claims import check_encounter, make_case
from extractor.lexicon import load_lexicon
from extractor.models import Result

DAY = date(2024, 6, 3)
START = "Trigger point injections. After consent and prep with alcohol, a 27 gauge needle was used to inject "
ONE = START + "1 mL of 1% lidocaine into the left upper trapezius.\nTolerated well.\n"
TWO = START + "1 mL of 1% lidocaine into the left upper trapezius and 1 mL into the left levator scapulae.\nTolerated well.\n"
THREE = START + "1 mL of 1% lidocaine into each of the left trapezius, left levator scapulae and left rhomboid major.\nTolerated well.\n"
BILATERAL = START + "1 mL of 1% lidocaine into each of the bilateral trapezius and bilateral levator scapulae.\nTolerated well.\n"
PARASPINAL = START + "4 mL of 1% lidocaine into the bilateral lumbar paraspinal muscles.\nTolerated well.\n"
KENALOG = THREE.replace("Tolerated", "Kenalog 40 mg was added to the syringe.\nTolerated")
PLANNED = "Follow-up visit. Myofascial pain. Plan: trigger point injections to the left trapezius next week.\n"
DECLINED = "Trigger point injections to the left trapezius were offered. The patient declined.\n"
HISTORICAL = "She had trigger point injections to the left trapezius last year with good relief. Today she is well; no injections were given.\n"
KNEE = "Right knee joint injection. 40 mg of Kenalog and 4 mL of 1% lidocaine were injected into the right knee joint under sterile technique.\n"
NEEDLING = "Procedure: dry needling. The left trapezius, left levator scapulae and left rhomboid major were needled with a filiform needle. Tolerated well.\n"

_LINE = re.compile(
    r"(?P<code>[A-Z0-9]{5})(?P<modifiers>(?:-[A-Z0-9]{2})*)(?: x(?P<units>[\d.]+))?(?: \$(?P<paid>[\d.]+))?(?: (?P<dx>[A-Z]\d\S*))?(?: @(?P<provider>\S+))?"
)


@cache
def result(text: str, policy: str = "cpt", day: date = DAY) -> Result:
    return extract(text, note_id="note", policy=policy, date_of_service=day)


def note(text: str, note_id: str = "note", policy: str = "cpt", day: date = DAY, **given) -> AuditedNote:
    return AuditedNote(note_id=note_id, text=text, result=result(text, policy, day), **({"date_of_service": day, "patient_id": "P1"} | given))


def line(notation: str, number: int = 1, **given) -> ClaimLine:
    match = _LINE.fullmatch(notation)
    assert match, f"unreadable line: {notation!r}"
    given = {
        "claim_id": "C1", "patient_id": "P1", "date_of_service": DAY, "provider_id": match["provider"],
        "diagnoses": match["dx"].split("+") if match["dx"] else [],
    } | given  # fmt: skip
    return ClaimLine(
        line=number, code=match["code"], modifiers=[part for part in match["modifiers"].split("-") if part],
        units=Decimal(match["units"]) if match["units"] else None, paid=Decimal(match["paid"]) if match["paid"] else None,
        **given,
    )  # fmt: skip


def lines(notation: str, **given) -> list[ClaimLine]:
    """Several lines, parted by semicolons."""
    return [line(part.strip(), number, **given) for number, part in enumerate(notation.split(";"), start=1) if part.strip()]


def encounter(notes: list[AuditedNote], billed: str, day: date = DAY, **given) -> Encounter:
    return Encounter(id="E1", patient_id="P1", date_of_service=day, lines=lines(billed, date_of_service=day), notes=notes, **given)


def check(texts: list[str] | str, billed: str, *, policy: str = "cpt", read_under: str | None = None, day: date = DAY, **settings: str):
    """The flags of one encounter."""
    texts = [texts] if isinstance(texts, str) else texts
    rules = load_policy(policy, overrides=settings)
    notes = [note(text, f"note{number}", read_under or policy, day) for number, text in enumerate(texts)]
    return check_encounter(make_case(encounter(notes, billed, day), rules, load_lexicon()))


def ids(flags) -> list[str]:
    """Findings as ``id:severity``, and the line's code where there is one."""
    return sorted(f"{item.finding.id}:{item.finding.severity}" + (f":{item.finding.code}" if item.finding.code else "") for item in flags)
