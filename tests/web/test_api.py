"""The API: the contract's document, decisions and corrections, files, knowledge, and errors that repeat nothing."""

from __future__ import annotations

import io
import json
import sys

import pytest

from extractor import extract
from extractor.audit.models import Audit
from extractor.models import Result

from ..conftest import ROOT
from .conftest import NOTE

EXAMPLES = sorted((ROOT / "examples").glob("*.txt"))
SECRET = "Zebulon Quartermain"


def full(client, text=NOTE, **more):
    answer = client.post("/v1/extract?full=true", json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
@pytest.mark.parametrize("settings", [{}, {"laterality": "by-side"}, {"groups": "one"}])
def test_extract_gives_the_same_document_as_the_library(client, file, settings):
    text = file.read_text(encoding="utf-8")
    answer = client.post("/v1/extract", json={"text": text, "note_id": "n", "settings": settings})
    assert answer.json() == json.loads(extract(text, note_id="n", settings=settings).model_dump_json())


def test_what_is_told_of_the_note_is_kept_in_the_result(client):
    about = {"note_id": "n7", "date_of_service": "2024-02-29", "patient_id": "p", "provider_id": "d"}
    result = client.post("/v1/extract", json={"text": NOTE, **about}).json()
    assert {name: result[name] for name in about} == about


def test_a_policy_is_taken_by_name_and_a_setting_outranks_it(client):
    asked = {"text": NOTE, "policy": "medicare", "settings": {"laterality": "by-side"}, "date_of_service": "2024-05-01"}
    decision = client.post("/v1/extract", json=asked).json()["decision"]
    assert (decision["policy"], decision["policy_settings"]["laterality"]) == ("medicare", "by-side")


def test_a_full_answer_holds_the_record_from_which_the_same_decision_follows(client):
    answer = full(client)
    decided = client.post("/v1/decide", json={"record": answer["record"]}).json()
    assert decided["decision"] == answer["result"]["decision"]
    assert decided["findings"] == answer["result"]["findings"]
    assert set(decided) == {"decision", "findings", "drugs"}


@pytest.mark.parametrize(
    ("corrections", "code", "words"),
    [
        ([{"action": "strike", "muscle": "trapezius"}], "20552", "The trapezius was struck out."),
        ([{"action": "add", "muscle": "levator_scapulae", "sides": ["left"]}], "20553", "The left levator scapulae was added."),
        ([{"action": "add", "muscle": "masseter"}], "20553", "The masseter was added."),
        ([{"action": "set-sides", "muscle": "trapezius", "sides": ["right", "left"]}], "20553", "Side of the trapezius set to left and right."),
        (
            [{"action": "strike", "muscle": "trapezius"}, {"action": "strike", "muscle": "rhomboids"}, {"action": "strike", "muscle": "supraspinatus"}],
            None,
            "The supraspinatus was struck out.",
        ),
    ],
    ids=["strike", "add", "add without side", "side", "all struck"],
)
def test_a_correction_is_decided_by_the_coding_module_and_marked_as_the_coders(client, corrections, code, words):
    record = full(client)["record"]
    answer = client.post("/v1/decide?full=true", json={"record": record, "corrections": corrections}).json()
    decision = answer["result"]["decision"]
    assert decision["code"] == code
    assert words in answer["shown"]["corrections"]
    assert decision["reasons"][0]["rule"] == "coder-correction"
    marks = [item for item in answer["result"]["findings"] if item["id"] == "coder-correction"]
    assert len(marks) == 1 and words in marks[0]["text"] and marks[0]["evidence"] == []
    assert not answer["shown"]["ready_to_bill"]
    Result.model_validate(answer["result"])


def test_a_side_that_settles_the_count_settles_the_code(client):
    text = "Trigger point injections with 1% lidocaine: trapezius, left rhomboids."
    record = full(client, text, settings={"laterality": "by-side"})["record"]
    sides = [{"action": "set-sides", "muscle": "trapezius", "sides": ["left", "right"]}]
    answer = client.post("/v1/decide", json={"record": record, "corrections": sides, "settings": {"laterality": "by-side"}}).json()
    assert answer["decision"]["code"] == "20553"


@pytest.mark.parametrize(
    "correction",
    [
        {"action": "strike", "muscle": "masseter"},
        {"action": "set-sides", "muscle": "masseter", "sides": ["left"]},
        {"action": "add", "muscle": "trapezius"},
        {"action": "add", "muscle": "no_such_muscle"},
        {"action": "strike-area", "area": 0},
    ],
)
def test_a_correction_that_does_not_fit_the_record_is_refused(client, correction):
    answer = client.post("/v1/decide", json={"record": full(client)["record"], "corrections": [correction]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems/correction")


def test_a_site_that_names_no_muscle_can_be_replaced_by_the_muscle_that_it_was(client):
    record = full(client, "Trigger point injections of the left low back x 3 with 1% lidocaine.")["record"]
    assert [area["text"] for area in record["areas"]] == ["left low back"]
    named = [{"action": "strike-area", "area": 0}, {"action": "add", "muscle": "quadratus_lumborum", "sides": ["left"]}]
    answer = client.post("/v1/decide?full=true", json={"record": record, "corrections": named}).json()
    assert answer["record"]["areas"] == []
    assert answer["result"]["decision"]["code"] == "20552"
    assert len(answer["shown"]["corrections"]) == 2


@pytest.mark.parametrize(
    ("text", "status", "begins"),
    [
        (NOTE, "supported", "date? | 20553 × 1"),
        ("Trigger point injections: bilateral paraspinals, 1% lidocaine.", "needs review", "NEEDS REVIEW, do not bill yet | "),
        ("Flu vaccine given in the left deltoid.", "nothing to bill", "No trigger point injection or dry needling to bill."),
    ],
)
def test_a_billing_line_is_never_taken_for_settled_where_it_is_not(client, text, status, begins):
    shown = full(client, text)["shown"]
    assert shown["status"] == status
    assert shown["billing_line"].startswith(begins)


def test_a_corrected_billing_line_says_so(client):
    struck = {"record": full(client)["record"], "corrections": [{"action": "strike", "muscle": "trapezius"}]}
    shown = client.post("/v1/decide?full=true", json=struck).json()["shown"]
    assert shown["billing_line"].startswith("CORRECTED BY CODER, addendum needed | ")


def test_local_anesthetics_are_on_the_billing_line_only_where_the_policy_bills_them(client):
    about = {"date_of_service": "2025-03-01"}
    assert "J2003" not in full(client, **about)["shown"]["billing_line"]
    assert "J2003" in full(client, **about, settings={"anesthetic_codes": "bill"})["shown"]["billing_line"]


def test_every_reason_that_cites_a_rule_of_the_coding_module_comes_with_its_sources(client):
    answer = full(client)
    cited = {reason["rule"] for reason in answer["result"]["decision"]["reasons"]}
    assert cited <= set(answer["shown"]["rules"])
    assert all(rule["statement"] and rule["sources"] for rule in answer["shown"]["rules"].values())


# ---- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_file_becomes_a_note_whatever_its_encoding(client, encoding):
    answer = client.post("/v1/convert", content="Injected ½ mL into the “left” trapezius.".encode(encoding))
    assert answer.json() == {"text": "Injected ½ mL into the “left” trapezius.", "kind": "text"}


HTML = b"<!doctype html><html><body><p>Trigger point injections</p><table><tr><td>left trapezius</td><td>1 mL</td></tr></table></body></html>"
RTF = rb"{\rtf1\ansi Trigger point injections\par left trapezius, 1 mL of 1% lidocaine\par}"


@pytest.mark.parametrize(("data", "kind"), [(HTML, "html"), (RTF, "rtf"), (b"Left trapezius", "text")])
@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/plain", ""])
def test_a_document_is_known_by_its_bytes_whatever_the_browser_says(client, data, kind, media_type):
    answer = client.post("/v1/convert", content=data, headers={"content-type": media_type} if media_type else {})
    assert answer.json()["kind"] == kind
    assert "left trapezius" in answer.json()["text"].lower()


def test_a_word_document_becomes_a_note(client):
    docx = pytest.importorskip("docx", reason="python-docx writes the document of this test")
    document, file = docx.Document(), io.BytesIO()
    document.add_paragraph(NOTE)
    document.save(file)
    answer = client.post("/v1/convert", content=file.getvalue())
    assert (answer.json()["kind"], answer.json()["text"].strip()) == ("docx", NOTE)


def test_without_the_library_of_a_format_the_answer_says_what_to_install(monkeypatch):
    from extractor.web.engine import Engine, Refused, Setup

    monkeypatch.setitem(sys.modules, "striprtf", None)
    monkeypatch.setitem(sys.modules, "striprtf.striprtf", None)
    monkeypatch.delitem(sys.modules, "extractor.batch.formats.rtf", raising=False)
    with pytest.raises(Refused) as refused:
        Engine(Setup()).convert(RTF, "")
    assert refused.value.problem == "extra-missing"
    assert "pip install 'tpi-extractor[documents]'" in refused.value.detail


@pytest.mark.parametrize("data", [b"", b"   \n", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, b"\x00\x01\x02" * 400])
def test_a_file_without_a_note_is_refused_with_a_sentence(client, data):
    answer = client.post("/v1/convert", content=data)
    assert (answer.status_code, answer.json()["type"]) == (422, "/v1/problems/note-unreadable")
    assert answer.json()["detail"][0].isupper() and answer.json()["detail"].endswith(".")


# ---- knowledge --------------------------------------------------------------------------------------------------


def test_policies_say_what_they_answer_on_a_date(client):
    answer = client.get("/v1/policies?date=2024-05-01").json()
    by_id = {policy["id"]: policy for policy in answer["policies"]}
    assert answer["default"] == "cpt"
    assert by_id["medicare-palmetto"]["settings"]["one_region"] is True
    before = client.get("/v1/policies?date=2023-05-01").json()
    assert {policy["id"]: policy for policy in before["policies"]}["medicare-palmetto"]["settings"]["one_region"] is False


def test_the_lexicon_says_what_a_name_means(client):
    senses = client.get("/v1/lexicon/lev scap").json()["senses"]
    assert [(sense["kind"], sense["id"]) for sense in senses] == [("muscle", "levator_scapulae")]


def test_a_name_that_the_lexicon_lacks_gives_the_nearest(client):
    answer = client.get("/v1/lexicon/lev scapp")
    assert answer.status_code == 404
    assert "lev scap" in answer.json()["suggestions"]


def test_every_sample_is_an_example_of_the_repository(client):
    samples = client.get("/v1/samples").json()
    assert [sample["text"] for sample in samples] == [file.read_text(encoding="utf-8") for file in EXAMPLES]


def test_health_tells_the_versions(client):
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["lexicon"] == full(client)["result"]["versions"]["lexicon"]


# ---- audit ------------------------------------------------------------------------------------------------------


def audit_of(client, text, code, **line):
    notes = [{"note_id": "n1", "text": text, "date_of_service": "2024-05-01", "patient_id": "p1"}]
    lines = [{"note_id": "n1", "patient_id": "p1", "date_of_service": "2024-05-01", "code": code, "units": "1", **line}]
    answer = client.post("/v1/audit", json={"notes": notes, "lines": lines})
    assert answer.status_code == 200, answer.text
    return Audit.model_validate(answer.json())


@pytest.mark.parametrize(
    ("text", "code", "finding"),
    [
        ("Trigger point injections of the left trapezius and left rhomboids with 1% lidocaine.", "20553", "code-not-supported"),
        (NOTE, "20552", "code-too-low"),
        ("Flu vaccine given in the left deltoid.", "20552", "procedure-not-documented"),
    ],
)
def test_an_audit_holds_notes_against_lines(client, text, code, finding):
    audit = audit_of(client, text, code)
    assert finding in [item.id for encounter in audit.encounters for item in encounter.findings]


def test_an_audit_tells_which_note_it_could_not_read(client):
    audit = audit_of(client, " ", "20552")
    assert len(audit.unreadable) == 1 and audit.unreadable[0].startswith("notes[0]: ")


# ---- errors -----------------------------------------------------------------------------------------------------

BAD = [
    ("text of another type", "/v1/extract", {"text": [SECRET]}, 422),
    ("no text", "/v1/extract", {}, 422),
    ("an unknown field", "/v1/extract", {"text": NOTE, SECRET: 1}, 422),
    ("a blank note", "/v1/extract", {"text": " \n\t"}, 422),
    ("binary data", "/v1/extract", {"text": "\x00\x01" * 50}, 422),
    ("an unknown policy", "/v1/extract", {"text": NOTE, "policy": SECRET}, 422),
    ("a file as a policy", "/v1/extract", {"text": NOTE, "policy": "lexicons/policies/cpt.toml"}, 422),
    ("an unknown setting", "/v1/extract", {"text": NOTE, "settings": {"zebulon": "x"}}, 422),
    ("a setting of note text", "/v1/extract", {"text": NOTE, "settings": {SECRET: "x"}}, 422),
    ("no such date", "/v1/extract", {"text": NOTE, "date_of_service": "2024-02-30"}, 422),
    ("a number as a date", "/v1/extract", {"text": NOTE, "date_of_service": 0}, 422),
    ("a number as a truth", "/v1/decide", {"record": {"procedure": {"sedation": 1}}}, 422),
    ("a note as a date", "/v1/extract", {"text": NOTE, "date_of_service": SECRET}, 422),
    ("a note as a record", "/v1/decide", {"record": SECRET}, 422),
    ("a wrong assertion", "/v1/decide", {"record": {"mentions": [{"start": 0, "end": 1, "text": "x", "muscle": None, "assertion": SECRET}]}}, 422),
    ("a wrong action", "/v1/decide", {"record": {}, "corrections": [{"action": SECRET}]}, 422),
]


@pytest.mark.parametrize(("path", "body", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_errors_are_problem_details_that_repeat_nothing_that_was_sent(client, path, body, status):
    answer = client.post(path, json=body)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status and problem["title"] and problem["detail"]
    assert "zebulon q" not in answer.text.lower() and "quartermain" not in answer.text.lower()
    assert client.get(problem["type"]).json()["title"] == problem["title"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("POST", "/v1/extract", {"content-type": "text/plain"}, b'{"text": "x"}', 415),
        ("POST", "/v1/extract", {}, b'{"text": "x"}', 415),
        ("POST", "/v1/extract", {"content-type": "application/json"}, b'{"text": ', 400),
        ("POST", "/v1/extract", {"content-type": "application/json"}, b'{"text": "\xff\xfe"}', 400),
        ("POST", "/v1/extract", {"content-type": "application/json"}, b'{"text": "\\ud800"}', 400),
        ("GET", "/v1/extract", {}, b"", 405),
        ("GET", "/nothing-here", {}, b"", 404),
        ("GET", "/../../etc/passwd", {}, b"", 404),
        ("GET", "/v1/problems/none", {}, b"", 404),
        ("GET", "/v1/policies?date=yesterday", {}, b"", 422),
    ],
)
def test_every_kind_of_wrong_request_gets_problem_details(client, method, path, headers, content, status):
    answer = client.request(method, path, headers=headers, content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_openapi_has_examples_that_the_api_takes(client):
    schema = client.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    for name in ("ExtractRequest", "AuditRequest"):
        properties = schema["components"]["schemas"][name]["properties"]
        assert any("examples" in part for part in properties.values()), name
    parts = schema["components"]["schemas"]["ExtractRequest"]["properties"]
    example = {name: part["examples"][0] for name, part in parts.items() if "examples" in part}
    assert client.post("/v1/extract", json=example).status_code == 200
