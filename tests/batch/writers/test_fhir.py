"""FHIR R4: every Bundle is valid, points at its note, and codes nothing that a person must still look at."""

from __future__ import annotations

import json
import sys
from datetime import date

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import settings as limits

from extractor.batch.notes import Row
from extractor.batch.writers import OutputError, Stamp, fhir, writer_for
from extractor.batch.writers.fhir_bundle import CPT, EVIDENCE_URL, HCPCS, bundle
from extractor.models import Count, Decision, Dose, Drug, Evidence, Finding, Hcpcs, Muscle, Procedure, Result, Strength

from .build import BROKEN, STAMP, batch, corpus_rows, row, written

TEXT = "Left trapezius injected with 1 mL of Kenalog-40."
TRAPEZIUS = Muscle(id="trapezius", name="trapezius", sides=["left"], portions=["upper"], evidence=[Evidence(start=0, end=14, text=TEXT[:14])])
KENALOG = Drug(
    id="triamcinolone_acetonide", text="Kenalog-40", strength=Strength(value=40, unit="mg/mL"), volume_ml=1, dose=Dose(value=40, unit="mg", basis="computed"),
    hcpcs=Hcpcs(code="J3301", units=4, descriptor="triamcinolone acetonide, 10 mg"), evidence=[Evidence(start=29, end=47, text=TEXT[29:47])],
)  # fmt: skip
UNSIDED = Finding(id="side-not-stated", severity="warning", text="No side.", evidence=[Evidence(start=0, end=4, text="Left")], source="CONTRACT")


def note(code: str | None = "20552", status: str = "supported", procedure: str = "performed", **fields) -> Result:
    values = {
        "note_id": "a/1", "date_of_service": date(2024, 3, 14), "patient_id": "P1", "provider_id": "D1", "procedure": Procedure(kind="trigger_point_injection", status=procedure),
        "muscles": [TRAPEZIUS], "mentions": [], "drugs": [KENALOG], "decision": Decision(code=code, status=status, muscle_count=Count(low=1, high=1)), "findings": [UNSIDED],
    }  # fmt: skip
    return Result(**{**values, **fields})


def made(result: Result) -> dict[str, list[dict]]:
    """Resources by kind."""
    kinds: dict[str, list[dict]] = {}
    for entry in bundle(result.model_dump(mode="json"), result.note_id, STAMP)["entry"]:
        kinds.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return kinds


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


@given(rows=batch())
@limits(max_examples=25, deadline=None)
def test_every_result_gives_a_valid_bundle(rows, tmp_path_factory):
    target, _, refused = written(tmp_path_factory.mktemp("out"), rows, "fhir.ndjson")
    assert refused == 0
    found = lines(target)
    assert [item["entry"][0]["resource"]["resourceType"] for item in found] == ["DocumentReference" for item in rows if isinstance(item, Row)]
    for item in found:
        Bundle.model_validate(item)


def test_real_results_give_valid_bundles_that_read_back_equal(tmp_path):
    target, files, refused = written(tmp_path, [*corpus_rows(), BROKEN], "fhir.ndjson")
    assert refused == 0
    assert len(lines(files["out.quarantine.jsonl"])) == 1
    for found, item in zip(lines(target), corpus_rows(), strict=True):
        assert found == json.loads(json.dumps(bundle(json.loads(item.json), item.note_id, STAMP)))
        assert json.loads(Bundle.model_validate(found).model_dump_json()) == found


@pytest.mark.parametrize("at", range(0, 20, 4))
def test_evidence_quotes_the_note(at):
    item = corpus_rows()[at]
    found: list[tuple[int, int, str]] = []

    def look(value):
        if isinstance(value, dict):
            if value.get("url") == EVIDENCE_URL:
                start, end, text = value["extension"]
                found.append((start["valueInteger"], end["valueInteger"], text["valueString"]))
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                look(part)

    look(bundle(json.loads(item.json), item.note_id, STAMP))
    assert found
    assert all(item.text[start:end] == text for start, end, text in found)


@pytest.mark.parametrize("at", range(0, 20, 4))
def test_every_reference_leads_to_an_entry(at):
    item = corpus_rows()[at]
    found = bundle(json.loads(item.json), item.note_id, STAMP)
    urls = [entry["fullUrl"] for entry in found["entry"]]
    text = json.dumps(found)
    assert len(set(urls)) == len(urls)
    references = {part.split('"')[0] for part in text.split('"reference": "')[1:]}
    assert references and references <= set(urls)


def test_a_supported_code_stands_in_the_procedure():
    (procedure,) = made(note())["Procedure"]
    assert procedure["status"] == "completed"
    assert procedure["code"] == {"coding": [{"system": CPT, "code": "20552"}], "text": "Trigger point injection"}
    assert (procedure["performedDateTime"], procedure["subject"]["identifier"]["value"]) == ("2024-03-14", "P1")
    assert [site["text"] for site in procedure["bodySite"]] == ["left trapezius (upper)"]


def test_a_code_under_review_stands_nowhere_as_the_procedure_s():
    found = made(note(status="review", decision=Decision(code="20552", alternatives=["20553"], status="review", query="Which muscles?")))
    assert "coding" not in found["Procedure"][0]["code"]
    (observation,) = found["Observation"]
    assert observation["status"] == "preliminary"
    assert observation["valueCodeableConcept"] == {"text": "Review: 20552 or 20553"}
    assert [part["valueCodeableConcept"]["coding"][0]["code"] for part in observation["component"][:2]] == ["20552", "20553"]
    assert observation["note"][-1]["text"] == "Query: Which muscles?"


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [("performed", "Procedure", "completed"), ("declined", "Procedure", "not-done"), ("historical", "Procedure", "completed"), ("planned", "ServiceRequest", "unknown")],
)
def test_what_was_not_done_at_this_encounter_is_not_said_to_be(status, kind, expected):
    found = made(note(None, "none", status))
    (resource,) = found[kind]
    assert resource["status"] == expected
    assert ("performedDateTime" in resource) == (status == "performed")
    assert ("MedicationAdministration" in found) == (status == "performed")
    assert {"Procedure", "ServiceRequest"} & set(found) == {kind}


def test_a_note_without_the_procedure_has_none():
    found = made(note(None, "none", "absent", muscles=[], drugs=[], findings=[]))
    assert set(found) == {"DocumentReference", "Device", "Observation", "Provenance"}
    assert found["Observation"][0]["status"] == "final"


def test_a_drug_is_given_with_its_dose_and_its_code():
    (given_,) = made(note())["MedicationAdministration"]
    assert given_["medicationCodeableConcept"] == {"text": "Kenalog-40", "coding": [{"system": HCPCS, "code": "J3301"}]}
    assert given_["dosage"]["dose"] == {"value": 40.0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    assert given_["dosage"]["text"] == "40 mg/mL; 1 mL; 40 mg, computed"


def test_a_drug_without_an_amount_has_no_dosage():
    bare = KENALOG.model_copy(update={"dose": None, "volume_ml": None})
    assert "dosage" not in made(note(drugs=[bare]))["MedicationAdministration"][0]


def test_an_unknown_date_is_said_to_be_unknown():
    (given_,) = made(note(date_of_service=None))["MedicationAdministration"]
    assert given_["effectivePeriod"]["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize(("severity", "expected"), [("error", "high"), ("warning", "moderate"), ("info", "low")])
def test_a_finding_is_an_issue(severity, expected):
    (issue,) = made(note(findings=[UNSIDED.model_copy(update={"severity": severity})]))["DetectedIssue"]
    assert (issue["severity"], issue["code"]["text"], issue["detail"]) == (expected, "side-not-stated", "No side.")


def test_provenance_names_the_program_and_the_note():
    found = made(note())
    (provenance,), (device,) = found["Provenance"], found["Device"]
    assert provenance["recorded"] == "2026-01-02T00:00:00Z"
    assert {part["type"]["text"]: part["value"] for part in device["version"]} == dict(STAMP.versions)
    assert len(provenance["target"]) == sum(len(found[kind]) for kind in ("Procedure", "MedicationAdministration", "Observation", "DetectedIssue"))


def test_a_resource_that_fhir_does_not_allow_goes_to_quarantine_and_the_others_are_written(tmp_path, monkeypatch):
    def spoiled(found, note_id, stamp):
        whole = bundle(found, note_id, stamp)
        if note_id == corpus_rows()[1].note_id:
            whole["entry"][-1]["resource"]["recorded"] = "Mrs Example"
        return whole

    monkeypatch.setattr(fhir, "bundle", spoiled)
    target, files, refused = written(tmp_path, corpus_rows()[:3], "fhir.ndjson")
    assert (len(lines(target)), refused) == (2, 1)
    (bad,) = lines(files["out.quarantine.jsonl"])
    assert (bad["note_id"], bad["stage"]) == (corpus_rows()[1].note_id, "write")
    assert "Provenance.recorded" in bad["reason"]
    assert "Mrs Example" not in bad["reason"]


def test_a_device_of_another_policy_is_looked_at_again():
    writer = writer_for("fhir.ndjson")
    assert writer._fault({"resourceType": "Device", "deviceName": [{"name": "a", "type": "model-name"}]}) == ""
    assert writer._fault({"resourceType": "Device", "deviceName": [{"name": "", "type": "model-name"}]}) != ""


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    with pytest.raises(OutputError, match=r"pip install 'tpi-extractor\[interfaces\]'"):
        writer_for("fhir.ndjson")


def test_two_policies_are_two_devices():
    first = bundle(note().model_dump(mode="json"), "a", STAMP)
    second = bundle(note().model_dump(mode="json"), "a", Stamp(STAMP.processed_on, {"extractor": "9"}))
    assert first["entry"][1] != second["entry"][1]


def test_the_url_of_a_note_is_its_own(tmp_path):
    target = written(tmp_path, [row(note(note_id=name)) for name in "ab"], "fhir.ndjson").target
    first, second = ({entry["fullUrl"] for entry in found["entry"]} for found in lines(target))
    assert not first & second
