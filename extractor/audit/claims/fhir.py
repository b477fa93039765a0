"""FHIR R4 Claim and ExplanationOfBenefit as claim lines: NDJSON, a Bundle, a list or a single resource.

The JSON is read leniently and not through fhir.resources: payers' files hold words where dates belong, and a strict
validator refuses the whole claim for a field that no audit needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from extractor.audit.claims.base import (
    CellError,
    ClaimsError,
    icd10,
    parse_code,
    parse_date,
    parse_identifier,
    parse_number,
)
from extractor.audit.models import ClaimLine

__all__ = ["read_fhir"]

_KINDS = ("Claim", "ExplanationOfBenefit")
_NOTES = ("DocumentReference", "DiagnosticReport", "Composition")
_RENDERING = ("rendering", "performing", "primary")
"""Roles of a care team member, the one who did the service first."""
_LEFT_OUT = {"cancelled": "is cancelled", "draft": "is a draft", "entered-in-error": "was entered in error"}
_CHARGE, _ALLOWED, _PAID = ("submitted", "line_sbmtd_chrg_amt"), ("eligible", "allowed", "line_alowd_chrg_amt"), ("benefit", "paid", "line_nch_pmt_amt", "paidtoprovider")

Json = Mapping[str, Any]


def read_fhir(lines: Iterable[str], where: str) -> Iterator[ClaimLine | str]:
    """Read the claims of a file, given line by line.

    Raises:
        ClaimsError: if the file is no JSON, or holds neither a Claim nor an ExplanationOfBenefit.
    """
    seen, said = False, []
    for place, resource, known in _resources(lines, where, said):
        if resource.get("resourceType") in _KINDS:
            seen = True
            yield from _claim(resource, known, place)
    if not seen:
        raise ClaimsError(f"{where}: no Claim and no ExplanationOfBenefit was found in it.")
    yield from said


def _resources(lines: Iterable[str], where: str, said: list[str]) -> Iterator[tuple[str, Json, Mapping[str, Json]]]:
    """Yield each resource with its place and with what stands in the same Bundle."""
    iterator = enumerate(lines, start=1)
    for number, line in iterator:
        if not line.strip():
            continue
        document = _parsed(line)
        if document is not None:
            yield from _unpacked(document, f"{where}:{number}")
            continue
        # A line that is no document on its own: the file is one document over many lines, or the line is damaged.
        rest = [(number, line), *iterator]
        document = _parsed("".join(text for _, text in rest))
        if document is not None:
            yield from _unpacked(document, where)
            return
        yield from _one_by_one(rest, where, said)


def _one_by_one(
    lines: list[tuple[int, str]], where: str, said: list[str]
) -> Iterator[tuple[str, Json, Mapping[str, Json]]]:
    """Read NDJSON of which a line is damaged: the others count."""
    found = False
    for number, line in lines:
        document = _parsed(line) if line.strip() else {}
        if document is None:
            said.append(f"{where}:{number}: this line is damaged JSON.")
            continue
        found = found or bool(document)
        yield from _unpacked(document, f"{where}:{number}")
    if not found:
        raise ClaimsError(f"{where}: this is damaged JSON. Export it again, as FHIR JSON or NDJSON.")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (json.JSONDecodeError, RecursionError):
        return None


def _unpacked(document: Any, place: str) -> Iterator[tuple[str, Json, Mapping[str, Json]]]:
    if isinstance(document, list):
        resources = [item for item in document if isinstance(item, dict)]
    elif isinstance(document, dict) and document.get("resourceType") == "Bundle":
        resources = [entry["resource"] for entry in _list(document, "entry") if isinstance(entry.get("resource"), dict)]
    else:
        yield place, document if isinstance(document, dict) else {}, {}
        return
    known = {f"{item.get('resourceType')}/{item.get('id')}": item for item in resources}
    for order, item in enumerate(resources, start=1):
        yield f"{place}#{order}", item, known


def _claim(claim: Json, known: Mapping[str, Json], place: str) -> Iterator[ClaimLine | str]:
    name = _claim_id(claim)
    status = str(claim.get("status", ""))
    reason = _LEFT_OUT.get(status)
    if claim.get("use") in ("preauthorization", "predetermination"):
        reason = f"is a {claim['use']}, not a claim"
    if reason:
        yield f"{place}: claim {name or '?'} {reason} and is left out."
        return
    known = {**known, **{f"#{item.get('id')}": item for item in _list(claim, "contained")}}
    items = _list(claim, "item")
    if not items:
        yield f"{place}: claim {name or '?'} has no item."
    for order, item in enumerate(items, start=1):
        # A node whose code stands only in its details is billed by them.
        billed = [item] if _codes(item.get("productOrService")) else _list(item, "detail")
        for service in billed or [item]:
            where = f"{place}:{item.get('sequence', order)}"
            try:
                yield _line(claim, item, service, known, order, where)
            except CellError as error:
                yield f"{where}: {error}."
            except (ValidationError, AttributeError, TypeError):
                yield f"{where}: the item is not built as FHIR R4 has it."


def _line(claim: Json, item: Json, service: Json, known: Mapping[str, Json], order: int, place: str) -> ClaimLine:
    code = parse_code(_procedure(service.get("productOrService")))
    if code is None:
        raise CellError("the item has no procedure code")
    start, end = _dates(item, claim)
    sequence = item.get("sequence")
    adjudicated = _list(service, "adjudication") or _list(item, "adjudication")
    return ClaimLine(
        claim_id=_claim_id(claim),
        line=sequence if isinstance(sequence, int) else order,
        note_id=_note(claim, item),
        patient_id=_party(claim.get("patient"), known),
        date_of_service=start,
        date_of_service_end=end if end != start else None,
        provider_id=_provider(claim, item, known),
        payer=_payer(claim, known),
        code=code,
        units=parse_number(_dict(service, "quantity").get("value"), "the quantity"),
        modifiers=[text for concept in _list(service, "modifier") if (text := _first_code(concept))],
        diagnoses=_diagnoses(claim, item, known),
        charge=_charge(service, adjudicated),
        allowed=_adjudicated(adjudicated, _ALLOWED),
        paid=_adjudicated(adjudicated, _PAID),
        source=place,
    )


def _claim_id(claim: Json) -> str | None:
    for identifier in _list(claim, "identifier"):
        if identifier.get("value"):
            return str(identifier["value"])
    return parse_identifier(claim.get("id"))


def _codes(concept: Any) -> list[tuple[str, str]]:
    """The codings of a concept as (system, code)."""
    if not isinstance(concept, dict):
        return []
    return [(str(item.get("system", "")).lower(), str(item["code"]).strip()) for item in _list(concept, "coding") if item.get("code")]


def _procedure(concept: Any) -> str | None:
    codes = _codes(concept)
    for mark in ("cpt", "hcpcs"):
        for system, code in codes:
            if mark in system:
                return code
    return codes[0][1] if codes else None


def _first_code(concept: Json) -> str:
    codes = _codes(concept)
    return codes[0][1].upper() if codes else ""


def _diagnosis(entry: Json, known: Mapping[str, Json]) -> str | None:
    """One code for a diagnosis, however many codings it has: ICD-10-CM before ICD-10 before the rest."""
    concept = entry.get("diagnosisCodeableConcept")
    if concept is None:
        condition = known.get(str(_dict(entry, "diagnosisReference").get("reference", "")), {})
        concept = condition.get("code")
    codes = _codes(concept)
    for mark in ("icd-10-cm", "icd-10", "icd"):
        for system, code in codes:
            if mark in system:
                return icd10(code)
    return codes[0][1] if codes else None


def _diagnoses(claim: Json, item: Json, known: Mapping[str, Json]) -> list[str]:
    entries = {entry.get("sequence"): entry for entry in _list(claim, "diagnosis")}
    pointers = item.get("diagnosisSequence")
    chosen = [entries[place] for place in pointers if place in entries] if isinstance(pointers, list) else entries.values()
    return list(dict.fromkeys(code for entry in chosen if (code := _diagnosis(entry, known))))


def _dates(item: Json, claim: Json) -> tuple[Any, Any]:
    period = _dict(item, "servicedPeriod")
    for first, last in (
        (item.get("servicedDate"), None), (period.get("start"), period.get("end")),
        (_dict(claim, "billablePeriod").get("start"), _dict(claim, "billablePeriod").get("end")),
    ):  # fmt: skip
        if first:
            start = parse_date(str(first)[:10])
            end = parse_date(str(last)[:10], "the last date of service") if last else None
            return start, end
    return None, None


def _party(reference: Any, known: Mapping[str, Json]) -> str | None:
    """Whom a reference names: the end of its path, as the notes' reader has it, else an identifier."""
    if not isinstance(reference, dict):
        return None
    path = str(reference.get("reference", "")).partition("/_history/")[0]
    if path and not path.startswith("#"):
        return re.split(r"[/:]", path.rstrip("/"))[-1] or None
    value = _dict(reference, "identifier").get("value")
    contained = next((item["value"] for item in _list(known.get(path, {}), "identifier") if item.get("value")), None)
    found = value or contained or path.removeprefix("#") or reference.get("display")
    return str(found) if found else None


def _provider(claim: Json, item: Json, known: Mapping[str, Json]) -> str | None:
    team = _list(claim, "careTeam")
    pointers = item.get("careTeamSequence")
    pointed = [member for member in team if member.get("sequence") in pointers] if isinstance(pointers, list) else []
    for members in (pointed, team):
        for role in _RENDERING:
            for member in members:
                if role in {code for _, code in _codes(member.get("role"))}:
                    return _party(member.get("provider"), known)
    if pointed:
        return _party(pointed[0].get("provider"), known)
    return _party(claim.get("provider"), known)


def _payer(claim: Json, known: Mapping[str, Json]) -> str | None:
    insurer = claim.get("insurer")
    if not isinstance(insurer, dict):
        focal = next((item for item in _list(claim, "insurance") if item.get("focal")), {})
        return _dict(focal, "coverage").get("display")
    name = known.get(str(insurer.get("reference", "")), {}).get("name")
    return insurer.get("display") or name or _party(insurer, known)


def _note(claim: Json, item: Json) -> str | None:
    """The note that the claim itself names as its supporting information."""
    wanted = item.get("informationSequence")
    for info in _list(claim, "supportingInfo"):
        reference = str(_dict(info, "valueReference").get("reference", ""))
        if reference.split("/", 1)[0] in _NOTES and (not isinstance(wanted, list) or info.get("sequence") in wanted):
            return reference.rsplit("/", 1)[-1]
    return None


def _charge(service: Json, adjudicated: list[Json]) -> Decimal | None:
    net = _money(service.get("net"))
    if net is not None:
        return net
    submitted = _adjudicated(adjudicated, _CHARGE)
    price = _money(service.get("unitPrice"))
    if submitted is not None or price is None:
        return submitted
    quantity = parse_number(_dict(service, "quantity").get("value"), "the quantity")
    factor = service.get("factor")
    return price * (Decimal(1) if quantity is None else quantity) * (Decimal(1) if factor is None else Decimal(str(factor)))


def _adjudicated(entries: list[Json], names: tuple[str, ...]) -> Decimal | None:
    """The amount of the first category, in the order of the names; several codings name one category."""
    for name in names:
        for entry in entries:
            if any(code.rsplit("/", 1)[-1] == name for _, code in _codes(entry.get("category"))):
                amount = _money(entry.get("amount"))
                if amount is not None:
                    return amount
    return None


def _money(amount: Any) -> Decimal | None:
    if not isinstance(amount, dict) or not isinstance(amount.get("value"), int | Decimal):
        return None
    return Decimal(amount["value"])


def _dict(owner: Json, key: str) -> Json:
    value = owner.get(key)
    return value if isinstance(value, dict) else {}


def _list(owner: Json, key: str) -> list[Json]:
    value = owner.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
