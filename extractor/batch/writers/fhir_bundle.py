"""From a result to a FHIR R4 Bundle of type ``collection``: it says what the note proves and orders nothing to be stored.

===========================  ==================================================================================
``DocumentReference``        the note, by its identifier
``Procedure``                the injection or needling: performed, declined or told of an earlier encounter
``ServiceRequest``           the same where it is only planned
``MedicationAdministration`` each drug injected, part of the Procedure
``Observation``              the decision: code, muscle counts, the argument and the query
``DetectedIssue``            each finding, with its severity
``Device``, ``Provenance``   that a program made all of this, its versions and policy, and from which note
===========================  ==================================================================================

A code stands in ``Procedure.code`` only where the decision is ``supported``; under ``review`` the codes in question are
components of the Observation. Muscles are text: sites have no verified codes. Diagnoses are left out, since a code
written in a note is not yet the reason for the procedure. Evidence is an extension with offsets and the note's words.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid5

from extractor.batch.writers.base import Stamp

__all__ = ["EVIDENCE_URL", "SOURCE_URL", "bundle"]

EVIDENCE_URL = "urn:x-tpi-extractor:evidence"
"""Extension with ``start``, ``end`` (code points of the note's text) and ``text`` (the note's words there)."""
SOURCE_URL = "urn:x-tpi-extractor:source"
"""Extension of a DetectedIssue: where its rule comes from."""

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
UCUM = "http://unitsofmeasure.org"
_ABSENT = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_NAMESPACE = UUID("6f0c1d9e-5a0b-5f0e-9c55-2f9a5c1f7b11")
_IS_CPT = re.compile(r"[0-9]{4}[0-9A-Z]")
_IS_HCPCS = re.compile(r"[A-V][0-9]{4}")
_NOT_IN_A_STRING = re.compile(r"[^\S \r\n\t]|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BLANK = re.compile(r"\s*")

_KINDS = {"trigger_point_injection": "Trigger point injection", "dry_needling": "Dry needling"}
_STATUS = {"performed": "completed", "historical": "completed", "declined": "not-done"}
_SEVERITY = {"error": "high", "warning": "moderate", "info": "low"}
_UNITS = {"mg": "mg", "mcg": "ug", "mEq": "meq", "units": "[U]"}

Resource = dict[str, Any]


def bundle(found: dict[str, Any], note_id: str, stamp: Stamp) -> Resource:
    """Return the Bundle of one document, as plain data.

    Args:
        found: the contract's document.
        note_id: the note's id; every URL in the Bundle is made of it, so that two runs give the same.
        stamp: versions and policy for the Device, and the day for ``Provenance.recorded``.
    """
    made = _Maker(found, note_id)
    made.add("DocumentReference", _document_reference(made))
    made.add("Device", _device(found, stamp))
    if found["procedure"]["status"] == "planned":
        made.add("ServiceRequest", {"status": "unknown", "intent": "plan", "code": _procedure_code(made), **made.subject})
    elif found["procedure"]["status"] in _STATUS:
        made.add("Procedure", _procedure(made))
    if found["procedure"]["status"] == "performed":
        for drug in found["drugs"]:
            made.add("MedicationAdministration", _administration(made, drug))
    made.add("Observation", _decision(made))
    for finding in found["findings"]:
        made.add("DetectedIssue", _issue(made, finding))
    targets = [made.reference(at) for at, entry in enumerate(made.entries) if entry["resource"]["resourceType"] not in ("DocumentReference", "Device")]
    made.add("Provenance", _provenance(made, targets, stamp))
    identifier = {"system": "urn:ietf:rfc:3986", "value": made.url("Bundle", 0)}
    return {"resourceType": "Bundle", "identifier": identifier, "type": "collection", "entry": made.entries}


class _Maker:
    """The Bundle in the making."""

    def __init__(self, found: dict[str, Any], note_id: str) -> None:
        self.found = found
        self.note_id = note_id
        self.entries: list[Resource] = []
        self._first: dict[str, int] = {}
        patient = _string(found["patient_id"])
        who: Resource = {"identifier": {"value": patient}, "type": "Patient"} if patient else {"display": "Not given by the source"}
        self.subject: Resource = {"subject": who}
        provider = _string(found["provider_id"])
        self.provider: Resource | None = {"identifier": {"value": provider}} if provider else None
        self.day: str | None = found["date_of_service"]

    def add(self, kind: str, fields: Resource) -> None:
        self._first.setdefault(kind, len(self.entries))
        resource = {"resourceType": kind, **{name: value for name, value in fields.items() if value not in (None, [], {})}}
        self.entries.append({"fullUrl": self.url(kind, len(self.entries)), "resource": resource})

    def url(self, kind: str, number: int) -> str:
        return f"urn:uuid:{uuid5(_NAMESPACE, f'{number} {kind} {self.note_id}')}"

    def reference(self, at: int) -> Resource:
        return {"reference": self.entries[at]["fullUrl"]}

    def to(self, kind: str) -> Resource | None:
        """Return a reference to the first resource of a kind, if there is one."""
        return self.reference(self._first[kind]) if kind in self._first else None


def _document_reference(made: _Maker) -> Resource:
    return {
        "identifier": [{"value": _string(made.note_id) or "unnamed"}],
        "status": "current",
        **(made.subject if made.found["patient_id"] else {}),
        "author": [made.provider] if made.provider else [],
        "content": [{"attachment": {"contentType": "text/plain"}}],
        "context": {"period": {"start": made.day, "end": made.day}} if made.day else None,
    }


def _device(found: dict[str, Any], stamp: Stamp) -> Resource:
    decision = found["decision"]
    settings = [f"{name}={_shown(value)}" for name, value in decision["policy_settings"].items()]
    return {
        "deviceName": [{"name": "tpi-extractor", "type": "model-name"}],
        "version": [
            {"type": {"text": name}, "value": value} for name, value in sorted({**stamp.versions, **found["versions"]}.items()) if value
        ],
        "property": [
            {"type": {"text": "policy"}, "valueCode": [{"text": text} for text in (decision["policy"], *settings) if _string(text)]}
        ],
    }


def _procedure_code(made: _Maker) -> Resource:
    decision, kind = made.found["decision"], made.found["procedure"]["kind"]
    text = _KINDS.get(kind, "Trigger point injection or dry needling")
    if decision["status"] == "supported" and decision["code"]:
        return {"coding": [{"system": CPT, "code": decision["code"]}], "text": text}
    return {"text": text}


def _procedure(made: _Maker) -> Resource:
    found = made.found
    procedure = found["procedure"]
    when: Resource = {}
    if procedure["status"] == "historical":
        when = {"performedString": "Before this encounter"}
    elif procedure["status"] == "performed" and made.day:
        when = {"performedDateTime": made.day}
    said = [
        ("Guidance", procedure["guidance"]),
        ("Injections", procedure["injections"]),
        ("Volume in mL", procedure["total_volume_ml"]),
        ("Sedation", "yes" if procedure["sedation"] else None),
    ]
    return {
        "extension": _evidence(procedure["evidence"]),
        "status": _STATUS[procedure["status"]],
        "code": _procedure_code(made),
        **made.subject,
        **when,
        "performer": [{"actor": made.provider}] if made.provider else [],
        "bodySite": [site for muscle in found["muscles"] for site in _sites(muscle)],
        "report": [made.to("DocumentReference")],
        "note": [{"text": f"{name}: {_shown(value)}"} for name, value in said if value is not None],
    }


def _sites(muscle: dict[str, Any]) -> list[Resource]:
    """Return a muscle as one site for each side: ``left trapezius (upper)``."""
    details = [*muscle["portions"], *muscle["levels"]]
    details += ["a group of muscles"] if muscle["kind"] == "group" else []
    details += [f"another reading: {side} side too" for side in muscle["doubtful_sides"]]
    about = f" ({', '.join(details)})" if details else ""
    named = [f"{side} {muscle['name']}" for side in muscle["sides"]] or [f"{muscle['name']}, side not stated"]
    return [{"extension": _evidence(muscle["evidence"]), "text": _string(f"{text}{about}")} for text in named]


def _administration(made: _Maker, drug: dict[str, Any]) -> Resource:
    hcpcs, wasted = drug["hcpcs"], drug["wasted"]
    medication: Resource = {"text": _string(drug["text"]) or drug["id"] or "Not identified"}
    if hcpcs and _IS_HCPCS.fullmatch(hcpcs["code"]):
        medication["coding"] = [{"system": HCPCS, "code": hcpcs["code"]}]
    notes = []
    if hcpcs and hcpcs["units"] is not None:
        notes.append(f"{hcpcs['units']} billing units ({hcpcs['descriptor']})")
    if wasted:
        notes.append(f"Discarded: {wasted['value']:g} {wasted['unit']}")
    return {
        "extension": _evidence(drug["evidence"]),
        "status": "completed",
        "medicationCodeableConcept": medication,
        **made.subject,
        # The element is required; where the date is not known, FHIR wants that said.
        **({"effectiveDateTime": made.day} if made.day else {"effectivePeriod": {"extension": [_ABSENT]}}),
        "performer": [{"actor": made.provider}] if made.provider else [],
        "partOf": [made.to("Procedure")],
        "dosage": _dosage(drug),
        "note": [{"text": text} for text in notes],
    }


def _dosage(drug: dict[str, Any]) -> Resource | None:
    """Return the dose, else the volume; without either FHIR allows no dosage (rule mad-1)."""
    strength, dose, volume = drug["strength"], drug["dose"], drug["volume_ml"]
    said = [f"{strength['value']:g} {strength['unit']}"] if strength else []
    said += [f"{volume:g} mL"] if volume is not None else []
    if dose:
        said.append(f"{dose['value']:g} {dose['unit']}, {dose['basis']}")
        quantity = {"value": dose["value"], "unit": dose["unit"], "system": UCUM, "code": _UNITS[dose["unit"]]}
    elif volume is not None:
        quantity = {"value": volume, "unit": "mL", "system": UCUM, "code": "mL"}
    else:
        return None
    return {"text": "; ".join(said), "dose": quantity}


def _decision(made: _Maker) -> Resource:
    decision = made.found["decision"]
    codes = [decision["code"], *decision["alternatives"]] if decision["code"] else decision["alternatives"]
    value: Resource = {"text": "No trigger point injection or dry needling that can be billed"}
    components = []
    if decision["status"] == "supported" and decision["code"]:
        value = {**_concept(decision["code"]), "text": f"{decision['code']}, supported by the note"}
    elif decision["status"] == "review":
        value = {"text": f"Review: {' or '.join(codes) if codes else 'no code is proven'}"}
        components += [{"code": {"text": "Code in question"}, "valueCodeableConcept": _concept(code)} for code in codes]
    components += [
        {"code": {"text": f"Distinct muscles, {name}"}, "valueInteger": decision["muscle_count"][end]}
        for name, end in (("proven", "low"), ("most favourable reading", "high"))
    ]
    texts = [_string(f"{reason['rule']}: {reason['text']}") for reason in decision["reasons"]]
    texts.append(_string(f"Query: {decision['query']}") if decision["query"] else None)
    return {
        "status": "preliminary" if decision["status"] == "review" else "final",
        "code": {"text": "Procedure code that the note proves"},
        **made.subject,
        **({"effectiveDateTime": made.day} if made.day else {}),
        "valueCodeableConcept": value,
        "derivedFrom": [made.to("DocumentReference")],
        "component": components,
        "note": [{"text": text} for text in texts if text],
    }


def _concept(code: str) -> Resource:
    return {"coding": [{"system": CPT, "code": code}]} if _IS_CPT.fullmatch(code) else {"text": code}


def _issue(made: _Maker, finding: dict[str, Any]) -> Resource:
    source = _string(finding["source"])
    return {
        "extension": [*_evidence(finding["evidence"]), *([{"url": SOURCE_URL, "valueString": source}] if source else [])],
        "status": "preliminary",
        "code": {"text": _string(finding["id"]) or "finding"},
        "severity": _SEVERITY[finding["severity"]],
        **({"patient": made.subject["subject"]} if made.found["patient_id"] else {}),
        "implicated": [made.to("Procedure") or made.to("ServiceRequest") or made.to("DocumentReference")],
        "detail": _string(finding["text"]),
        "evidence": [{"detail": [made.to("DocumentReference")]}],
    }


def _provenance(made: _Maker, targets: list[Resource], stamp: Stamp) -> Resource:
    return {
        "target": targets,
        "recorded": f"{stamp.processed_on.isoformat()}T00:00:00Z",
        "activity": {"text": "Read from the note's text by rules; no person has confirmed it"},
        "agent": [{"type": {"coding": [{"system": _PARTICIPANT, "code": "assembler"}]}, "who": made.to("Device")}],
        "entity": [{"role": "source", "what": made.to("DocumentReference")}],
    }


def _evidence(pieces: list[dict[str, Any]]) -> list[Resource]:
    made = []
    for piece in pieces:
        parts: list[Resource] = [{"url": "start", "valueInteger": piece["start"]}, {"url": "end", "valueInteger": piece["end"]}]
        text = _string(piece["text"])
        made.append({"url": EVIDENCE_URL, "extension": [*parts, *([{"url": "text", "valueString": text}] if text else [])]})
    return made


def _string(text: str | None) -> str | None:
    """Return a text as FHIR's ``string`` allows it: other white space and controls as spaces, and never blank."""
    if text is None or _BLANK.fullmatch(text):
        return None
    cleaned = _NOT_IN_A_STRING.sub(" ", text)
    return None if _BLANK.fullmatch(cleaned) else cleaned


def _shown(value: object) -> str:
    """Return a setting or a quantity as JSON writes it, a whole float without its point."""
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
