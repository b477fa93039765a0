"""FHIR R4: which notes a file gives, with which ids, dates and text."""

from __future__ import annotations

import base64
import io
import json
from datetime import date
from pathlib import Path

import pytest

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.fhir import READER
from tests.batch.documents import pdf, rtf
from tests.conftest import OUTSIDE

SAMPLES = Path("/work/shared/samples/fhir")
HTML = b"<html><body><p>Left trapezius</p></body></html>"


def attachment(data: bytes | str = b"Left trapezius", kind: str | None = "text/plain", **more: object) -> dict:
    raw = data.encode() if isinstance(data, str) else data
    return {**({"contentType": kind} if kind else {}), "data": base64.b64encode(raw).decode(), **more}


def document(*attachments: dict, **more: object) -> dict:
    return {
        "resourceType": "DocumentReference", "id": "D1", "status": "current", "subject": {"reference": "Patient/123"},
        "date": "2024-03-20T10:00:00Z", "context": {"period": {"start": "2024-03-14T23:30:00-05:00"}},
        "author": [{"reference": "Practitioner/77"}], "content": [{"attachment": item} for item in attachments], **more,
    }  # fmt: skip


def report(*attachments: dict, **more: object) -> dict:
    return {
        "resourceType": "DiagnosticReport", "id": "R1", "status": "final", "subject": {"reference": "Patient/123"},
        "effectiveDateTime": "2024-03-14", "presentedForm": list(attachments), **more,
    }  # fmt: skip


def read(*resources: object, source: str = "in.ndjson", indent: int | None = None) -> list[SourceNote | Unreadable]:
    lines = [item if isinstance(item, str) else json.dumps(item, indent=indent) for item in resources]
    data = "\n".join(lines).encode()
    assert READER.accepts(data[:65536], source) or "resourceType" not in data.decode()
    return list(READER.read(io.BytesIO(data), source, ReadOptions()))


def one(*resources: object, **more: object) -> SourceNote:
    (note,) = read(*resources, **more)
    assert isinstance(note, SourceNote), note
    return note


def refused(*resources: object, **more: object) -> Unreadable:
    (note,) = read(*resources, **more)
    assert isinstance(note, Unreadable), note
    return note


def bundle(*resources: dict) -> dict:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": f"urn:uuid:{n}", "resource": item} for n, item in enumerate(resources)]}


def test_a_document_gives_its_text_and_what_it_says_of_itself():
    assert one(document(attachment())) == SourceNote(
        text="Left trapezius", note_id="D1", patient_id="123", date_of_service=date(2024, 3, 14), provider_id="77",
        source="in.ndjson", converted=True,
    )  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [lambda item: item, bundle, lambda item: [item]])
def test_alone_in_a_bundle_or_in_a_list(wrap, indent):
    assert one(wrap(report(attachment())), indent=indent).note_id == "R1"


def test_ndjson_gives_a_note_a_line_and_names_the_line():
    notes = read(document(attachment("a"), id="A"), "", report(attachment("b"), id="B"), {"resourceType": "Patient", "id": "p"})
    assert [(note.note_id, note.text, note.source) for note in notes] == [("A", "a", "in.ndjson:1"), ("B", "b", "in.ndjson:3")]


@pytest.mark.parametrize("bad", ['{"resourceType": "DocumentRef', "[1, 2", "3", '"x"', '{"id": "no type"}', "\x00"])
def test_a_bad_line_is_one_unreadable_and_the_next_is_read(bad):
    first, second, third = read(document(attachment("a"), id="A"), bad, document(attachment("b"), id="B"))
    assert isinstance(second, Unreadable)
    assert second.source == "in.ndjson:2"
    assert (first.text, third.text) == ("a", "b")


def test_a_bad_first_line_does_not_lose_the_others():
    first, second = read('{"resourceType": "DocumentReference", "id', document(attachment("b"), id="B"))
    assert isinstance(first, Unreadable)
    assert second.text == "b"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"Left trapezius", "text/plain"),
        (b"Left trapezius", "text/plain; charset=utf-8"),
        (b"Left trapezius", None),
        (HTML, "text/html"),
        (HTML, "text/html;charset=UTF-8"),
        (rtf(r"Left trapezius\par"), "application/rtf"),
        (rtf(r"Left trapezius\par"), "text/rtf"),
        (pdf([(72, 700, "Left trapezius")]), "application/pdf"),
        (pdf([(72, 700, "Left trapezius")]), "application/octet-stream"),
    ],
)
def test_attachments_of_every_kind(data, kind):
    assert one(document(attachment(data, kind))).text == "Left trapezius"


def test_the_charset_of_an_attachment_counts():
    assert one(document(attachment("½ mL ‘left’".encode("cp1252"), "text/plain; charset=windows-1252"))).text == "½ mL ‘left’"


def test_one_document_in_several_formats_is_one_note_and_text_is_preferred():
    note = one(document(attachment(pdf([(72, 700, "as PDF")]), "application/pdf"), attachment(HTML, "text/html"), attachment("as text")))
    assert (note.note_id, note.text) == ("D1", "as text")


def test_where_the_best_format_cannot_be_read_the_next_one_is():
    assert one(document(attachment(b"", "text/plain", url="Binary/none"), attachment(HTML, "text/html"))).text == "Left trapezius"


def test_several_documents_of_one_format_are_several_notes():
    notes = read(document(attachment("first"), attachment("second"), attachment(HTML, "text/html")))
    assert [(note.note_id, note.text) for note in notes] == [("D1", "first"), ("D1-2", "second")]


def test_the_same_document_twice_is_one_note():
    assert one(document(attachment("same"), attachment("same"))).text == "same"


URLS = ["Binary/B1", "https://ehr.example/fhir/Binary/B1", "Binary/B1/_history/2"]
BINARY = {"resourceType": "Binary", "id": "B1", "contentType": "text/plain", "data": base64.b64encode(b"Left").decode()}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("order", [1, -1])
def test_a_binary_of_the_same_input_is_found(url, order):
    resources = [document({"contentType": "text/plain", "url": url}), BINARY][::order]
    assert one(*resources).text == "Left"
    assert one(bundle(*resources)).text == "Left"


def test_a_binary_by_its_full_url_and_a_contained_one():
    assert one(bundle(document({"url": "urn:uuid:1"}), BINARY)).text == "Left"
    assert one(document({"url": "#B1"}, contained=[BINARY])).text == "Left"


def test_a_binary_of_a_file_beside_is_found(tmp_path):
    other = {**BINARY, "id": "B2", "data": base64.b64encode(b"Right").decode()}
    (tmp_path / "Binary.000.ndjson").write_text(json.dumps(BINARY) + "\n" + json.dumps(other) + "\n")
    source = str(tmp_path / "DocumentReference.ndjson")
    notes = read(*(document({"url": f"Binary/{name}"}, id=name) for name in ("B2", "B1", "B2")), source=source)
    assert [note.text for note in notes] == ["Right", "Left", "Right"]


def test_a_binary_behind_its_document_is_found_where_the_file_is_read_as_a_stream(tmp_path):
    from extractor.batch.readers import read_notes

    file = tmp_path / "export.ndjson"
    file.write_text("\n".join(json.dumps(item) for item in (document({"url": "Binary/B1"}), BINARY)))
    (note,) = read_notes([file])
    assert note.text == "Left"


def test_a_binary_that_is_not_there_is_refused_with_what_to_do():
    assert "fetches nothing" in refused(document({"contentType": "text/plain", "url": "https://ehr.example/Binary/B9"})).reason


def test_a_file_of_binaries_alone_is_silent():
    assert read(BINARY, {**BINARY, "id": "B2"}) == []


def test_the_narrative_stands_in_only_where_there_is_no_attachment():
    narrative = {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Left</p><p>Right</p></div>'}}
    assert one(report(**narrative)).text == "Left\nRight"
    assert one(report(attachment("attached"), **narrative)).text == "attached"
    assert one(report(conclusion="Left trapezius")).text == "Left trapezius"


@pytest.mark.parametrize(
    ("more", "word"),
    [({"status": "entered-in-error"}, "entered in error"), ({"docStatus": "entered-in-error"}, "entered in error"), ({"status": "superseded"}, "newer version")],
)
def test_what_its_source_withdrew_is_no_note_and_says_so(more, word):
    found = refused(document(attachment(), **more))
    assert found.note_id == "D1"
    assert word in found.reason


@pytest.mark.parametrize(
    ("more", "field", "expected"),
    [
        ({"subject": {"reference": "https://ehr.example/fhir/Patient/9/_history/3"}}, "patient_id", "9"),
        ({"subject": {"reference": "urn:uuid:ab-12"}}, "patient_id", "ab-12"),
        ({"subject": {"identifier": {"value": "MRN9"}}}, "patient_id", "MRN9"),
        ({"subject": {"display": "John"}}, "patient_id", None),
        ({"context": {}}, "date_of_service", date(2024, 3, 20)),
        ({"context": [], "date": "2024"}, "date_of_service", None),
        ({"author": [{"reference": "Organization/1"}, {"reference": "Practitioner/2"}]}, "provider_id", "2"),
        ({"author": []}, "provider_id", None),
        ({"id": None, "identifier": [{"value": "I7"}]}, "note_id", "I7"),
    ],
)
def test_ids_and_dates(more, field, expected):
    assert getattr(one(document(attachment(), **more)), field) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, date(2024, 3, 14)),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2024-03-13"}, "issued": "2024-03-16T00:00:00Z"}, date(2024, 3, 13)),
        ({"effectiveDateTime": None, "issued": "2024-03-16T00:00:00Z"}, date(2024, 3, 16)),
    ],
)
def test_dates_of_a_report(more, expected):
    assert one(report(attachment(), **more)).date_of_service == expected


@pytest.mark.parametrize(
    "item",
    [
        attachment() | {"data": "%%%"},
        attachment() | {"data": 7},
        attachment(b"\x89PNG\r\n\x1a\n", "image/png"),
        attachment(pdf([]), "application/pdf"),
        attachment(b" "),
    ],
)
def test_a_bad_attachment_is_refused_with_its_id(item):
    assert refused(document(item)).note_id == "D1"


@pytest.mark.parametrize("content", [None, [], "x", [{}], [{"attachment": 3}], [None]])
def test_a_document_without_content_is_refused(content):
    assert refused(document(content=content)).note_id == "D1"


def test_a_file_without_notes_says_what_it_holds():
    assert "2 Patient" in refused({"resourceType": "Patient"}, {"resourceType": "Patient"}).reason
    assert "damaged" in refused('{\n "resourceType": "Bundle", \n "entry": [').reason


def test_coded_reports_among_notes_are_passed_over():
    assert one(report(), document(attachment("Left"))).text == "Left"


def test_no_reason_quotes_the_note():
    found = [*read(document(attachment() | {"data": "John Smith%"})), *read('{"resourceType": "DocumentReference", "x": "John'), *read({"resourceType": "Patient", "name": "John"})]
    assert not any("John" in item.reason for item in found)


@pytest.mark.parametrize("head", [b"Left trapezius", b'{"note_id": "1", "text": "x"}', b"", b"MSH|^~\\&|", b"<html>"])
def test_other_files_are_not_taken_for_resources(head):
    assert not READER.accepts(head, "x.json")


def from_sample(name: str) -> list[SourceNote | Unreadable]:
    if not SAMPLES.is_dir():
        pytest.skip(f"the folder of sample files {OUTSIDE}")
    with (SAMPLES / name).open("rb") as stream:
        assert READER.accepts(stream.read(65536), name)
        stream.seek(0)
        return list(READER.read(stream, name, ReadOptions()))


def test_the_sample_bulk_export_gives_its_five_notes():
    notes = from_sample("DocumentReference.ndjson")
    assert [note.note_id for note in notes] == [
        "dandy-walker-malformation.txt", "cerebral-angiogram.txt", "cardiac-consultation-2.txt",
        "pneumonia-discharge-summar.txt", "revision-rhinoplasty.txt",
    ]  # fmt: skip
    assert {(note.patient_id, note.date_of_service) for note in notes} == {("A", date(2022, 12, 5))}
    assert all(note.text.startswith("\n\n") for note in notes)


@pytest.mark.parametrize(
    ("name", "note_id", "patient", "day", "line"),
    [
        ("DocumentReference-adi-dnr.json", "adi-dnr", "example", date(2024, 10, 8), "DO NOT RESUSCITATE (DNR) ORDER"),
        ("diagnosticreport-example.json", "101", "pat2", date(2011, 3, 4), "Haemoglobin   g/L   176   135 - 180"),
    ],
)
def test_samples_with_one_note(name, note_id, patient, day, line):
    (note,) = from_sample(name)
    assert (note.note_id, note.patient_id, note.date_of_service) == (note_id, patient, day)
    assert line in note.text.splitlines()


@pytest.mark.parametrize(("name", "word"), [("claim-example.json", "1 Claim"), ("eobReadCarrierWithMultipleLines.json", "1 ExplanationOfBenefit")])
def test_samples_without_a_note_say_why(name, word):
    (found,) = from_sample(name)
    assert isinstance(found, Unreadable)
    assert word in found.reason
