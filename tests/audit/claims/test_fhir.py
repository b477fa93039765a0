"""FHIR R4 Claim and ExplanationOfBenefit, as payers really send them."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest

from extractor.audit.claims import ClaimsError, read_claims

CPT, ICD = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"


def concept(*codes, system=CPT):
    return {"coding": [{"system": system, "code": code} for code in codes]}


CLAIM = {
    "resourceType": "Claim", "id": "c-1", "identifier": [{"value": "CLM-1"}], "status": "active", "use": "claim",
    "patient": {"reference": "Patient/p-7"}, "insurer": {"display": "Noridian"}, "provider": {"reference": "Organization/o"}, "created": "2024-03-20",
    "careTeam": [
        {"sequence": 1, "provider": {"identifier": {"value": "111"}}, "role": concept("referring")},
        {"sequence": 2, "provider": {"identifier": {"value": "222"}}, "role": concept("performing")},
    ],
    "diagnosis": [
        {"sequence": 1, "diagnosisCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "95417003"}, {"system": ICD, "code": "M7918"}]}},
        {"sequence": 2, "diagnosisCodeableConcept": concept("M54.2", system=ICD)},
    ],
    "item": [{
        "sequence": 1, "careTeamSequence": [1, 2], "diagnosisSequence": [2, 1], "productOrService": concept("20553"), "servicedDate": "2024-03-14",
        "modifier": [concept("59"), concept("RT")], "quantity": {"value": 1}, "net": {"value": 150.10, "currency": "USD"},
    }],
}  # fmt: skip


def changed(**more):
    return {**deepcopy(CLAIM), **more}


def item(**more):
    return changed(item=[{**deepcopy(CLAIM["item"][0]), **more}])


def read(tmp_path, *documents, text=None):
    path = tmp_path / "claims.ndjson"
    path.write_text(text if text is not None else "\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    return read_claims(path)


def test_a_claim(tmp_path):
    (line,) = read(tmp_path, CLAIM).lines
    assert line.model_dump(exclude={"source", "note_id", "allowed", "paid", "date_of_service_end"}) == {
        "claim_id": "CLM-1", "line": 1, "patient_id": "p-7", "date_of_service": date(2024, 3, 14), "provider_id": "222", "payer": "Noridian",
        "code": "20553", "units": Decimal(1), "modifiers": ["59", "RT"], "diagnoses": ["M54.2", "M79.18"], "charge": Decimal("150.1"),
    }  # fmt: skip


FORMS = {
    "NDJSON": lambda claim: json.dumps(claim) + "\n",
    "one resource over many lines": lambda claim: json.dumps(claim, indent=2),
    "a Bundle": lambda claim: json.dumps({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "z"}}, {"resource": claim}]}),
    "a Bundle over many lines": lambda claim: json.dumps({"resourceType": "Bundle", "entry": [{"resource": claim}]}, indent=1),
    "a list": lambda claim: json.dumps([claim]),
    "byte order mark": lambda claim: "\ufeff" + json.dumps(claim),
    "other resources between": lambda claim: json.dumps({"resourceType": "Patient"}) + "\n\n" + json.dumps(claim),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_file(tmp_path, form):
    plain = read(tmp_path, CLAIM).lines[0].model_copy(update={"source": ""})
    file = read(tmp_path, text=form(CLAIM))
    assert [line.model_copy(update={"source": ""}) for line in file.lines] == [plain] and file.unreadable == []


def adjudication(*pairs):
    return [{"category": {"coding": [{"system": "s", "code": code} for code in codes.split("|")]}, "amount": {"value": amount}} for codes, amount in pairs]


def test_amounts_that_stand_only_in_the_adjudication(tmp_path):
    told = adjudication(("deductible", 3), ("benefit|https://x/line_nch_pmt_amt", 37.5), ("submitted|https://x/line_sbmtd_chrg_amt", 75), ("eligible", 47.84))
    document = item(adjudication=told)
    del document["item"][0]["net"]
    line = read(tmp_path, {**document, "resourceType": "ExplanationOfBenefit"}).lines[0]
    assert (line.charge, line.allowed, line.paid) == (Decimal(75), Decimal("47.84"), Decimal("37.5"))


def test_a_unit_price_is_multiplied(tmp_path):
    document = item(quantity={"value": 4}, unitPrice={"value": 7.05})
    del document["item"][0]["net"]
    assert read(tmp_path, document).lines[0].charge == Decimal("28.20")


VARIANTS = [
    (changed(created="IGNORED_FIELD", meta={"lastUpdated": "IGNORED_FIELD"}), "code", "20553"),
    (item(servicedDate=None, servicedPeriod={"start": "2024-03-14", "end": "2024-03-14"}), "date_of_service", date(2024, 3, 14)),
    (item(servicedDate=None, servicedPeriod={"start": "2024-03-14T08:00:00+01:00", "end": "2024-03-15"}), "date_of_service_end", date(2024, 3, 15)),
    ({**item(servicedDate=None), "billablePeriod": {"start": "2024-03-13"}}, "date_of_service", date(2024, 3, 13)),
    (item(diagnosisSequence=None), "diagnoses", ["M79.18", "M54.2"]),
    (item(productOrService={"coding": [{"system": "http://local", "code": "INJ"}, {"system": CPT, "code": "20552"}]}), "code", "20552"),
    (item(careTeamSequence=None), "provider_id", "222"),
    (changed(careTeam=[]), "provider_id", "o"),
    (changed(insurer={"identifier": {"value": "CMS"}}), "payer", "CMS"),
    (changed(patient={"identifier": {"value": "MRN-7"}}), "patient_id", "MRN-7"),
    (changed(identifier=[]), "claim_id", "c-1"),
    (changed(supportingInfo=[{"sequence": 1, "valueReference": {"reference": "DocumentReference/note-9"}}]), "note_id", "note-9"),
    (changed(contained=[{"resourceType": "Organization", "id": "i", "name": "Aetna"}], insurer={"reference": "#i"}), "payer", "Aetna"),
]


@pytest.mark.parametrize(("document", "name", "expected"), VARIANTS)
def test_variants_that_occur(tmp_path, document, name, expected):
    file = read(tmp_path, document)
    assert getattr(file.lines[0], name) == expected, file.unreadable


LEFT_OUT = [("status", "cancelled"), ("status", "entered-in-error"), ("status", "draft"), ("use", "predetermination")]


@pytest.mark.parametrize(("key", "value"), LEFT_OUT)
def test_what_is_no_billed_claim_is_left_out_and_told(tmp_path, key, value):
    file = read(tmp_path, changed(**{key: value}), CLAIM)
    assert len(file.lines) == 1 and "CLM-1" in file.unreadable[0] and "left out" in file.unreadable[0]


def test_a_damaged_line_and_a_damaged_item_are_told_and_the_rest_is_read(tmp_path):
    damaged = item(productOrService={"text": "TPI"})
    file = read(tmp_path, text=json.dumps(CLAIM)[:200] + "\n" + json.dumps(damaged) + "\n" + json.dumps(CLAIM))
    assert [line.code for line in file.lines] == ["20553"]
    assert any("damaged JSON" in said for said in file.unreadable) and any("no procedure code" in said for said in file.unreadable)


@pytest.mark.parametrize("text", ['{"resourceType": "Patient", "id": "Hortensia"}', '{"resourceType": "Claim", "item": [', "[]", "{}"])
def test_a_file_without_claims_is_refused(tmp_path, text):
    with pytest.raises(ClaimsError) as error:
        read(tmp_path, text=text)
    assert "Hortensia" not in str(error.value) and "\n" not in str(error.value)
