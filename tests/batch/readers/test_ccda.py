"""C-CDA: one document, one note, with its sections, ids and dates."""

from __future__ import annotations

import base64
import io
import time
from datetime import date
from pathlib import Path

import pytest

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.ccda import READER
from tests.batch.documents import pdf, rtf
from tests.conftest import OUTSIDE

SAMPLES = Path("/work/shared/samples/ccda")
NPI = "2.16.840.1.113883.4.6"


def section(text: str, title: str = "Procedure", inner: str = "") -> str:
    return f"<component><section><title>{title}</title><text>{text}</text>{inner}</section></component>"


def document(
    body: str, *, head: str = "", ids: str = '<id root="1.2" extension="D1"/>', patient: str = '<id root="1.3" extension="123"/>', namespace: str = "urn:hl7-org:v3"
) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="{namespace}" xmlns:sdtc="urn:hl7-org:sdtc">{ids}'
        f'<effectiveTime value="20240320101500-0500"/><recordTarget><patientRole>{patient}</patientRole></recordTarget>{head}'
        f"<component>{body}</component></ClinicalDocument>"
    )


def structured(*sections: str) -> str:
    return f"<structuredBody>{''.join(sections)}</structuredBody>"


def read(data: str | bytes) -> list[SourceNote | Unreadable]:
    raw = data.encode() if isinstance(data, str) else data
    return list(READER.read(io.BytesIO(raw), "in.xml", ReadOptions()))


def one(data: str | bytes) -> SourceNote:
    (note,) = read(data)
    assert isinstance(note, SourceNote), note
    return note


def refused(data: str | bytes) -> Unreadable:
    (found,) = read(data)
    assert isinstance(found, Unreadable), found
    return found


def test_a_document_gives_its_sections_and_what_its_header_says():
    author = f'<author><assignedAuthor><id root="{NPI}" extension="1104152198"/></assignedAuthor></author>'
    note = one(document(structured(section("Left trapezius"), section("Home.", "Plan:")), head=author))
    assert note == SourceNote(
        text="Procedure:\nLeft trapezius\n\nPlan:\nHome.", note_id="1.2^D1", patient_id="1.3^123", date_of_service=date(2024, 3, 20),
        provider_id="1104152198", source="in.xml", converted=True,
    )  # fmt: skip


NARRATIVE = {
    "paragraphs": ("<paragraph>Left</paragraph><paragraph>Right</paragraph>", "Left\nRight"),
    "a list": ("<list><item>Left</item><item>Right</item></list>", "• Left\n• Right"),
    "an ordered list": ('<list listType="ordered"><item>Left</item><item>Right</item></list>', "1. Left\n2. Right"),
    "a list with its caption": ("<list><caption>Sites</caption><item>Left</item></list>", "Sites\n• Left"),
    "a table": ("<table><thead><tr><th>Muscle</th><th>Side</th></tr></thead><tbody><tr><td>Trapezius</td><td>L</td></tr></tbody></table>", "Muscle | Side\nTrapezius | L"),
    "an empty cell": ("<table><tr><td>Trapezius</td><td/><td>R</td></tr></table>", "Trapezius |  | R"),
    "breaks": ("Left<br/>Right", "Left\nRight"),
    "content": ('Left <content ID="a" styleCode="Bold">trapezius</content>, 1<sub>2</sub> mL', "Left trapezius, 12 mL"),
    "revisions": ('Left <content revised="delete">right </content><content revised="insert">trapezius</content>', "Left trapezius"),
    "struck": ('Left <content styleCode="xStrikethrough">right </content>side', "Left side"),
    "a text without markup keeps its lines": ("\n   Left trapezius\n   Right levator\n", "Left trapezius\nRight levator"),
    "comments": ("Left<!-- right --> side", "Left side"),
    "references": ("Left &#189; mL &amp; more", "Left ½ mL & more"),
    "links": ('see <linkHtml href="#a">the chart</linkHtml>', "see the chart"),
}


@pytest.mark.parametrize(("text", "expected"), NARRATIVE.values(), ids=NARRATIVE)
def test_narrative(text, expected):
    assert one(document(structured(section(text)))).text == f"Procedure:\n{expected}"


def test_nested_sections_follow_their_parent():
    inner = section("Left trapezius", "Sites")
    assert one(document(structured(section("Done.", inner=inner)))).text == "Procedure:\nDone.\n\nSites:\nLeft trapezius"


def test_coded_entries_are_no_text():
    entry = '<entry><observation><value xmlns:xsi="x" displayName="Right"/><text>Right</text></observation></entry>'
    assert one(document(structured(section("Left", inner=entry)))).text == "Procedure:\nLeft"


def held(data: bytes, media_type: str) -> str:
    return f'<nonXMLBody><text mediaType="{media_type}" representation="B64">{base64.b64encode(data).decode()}</text></nonXMLBody>'


@pytest.mark.parametrize(
    "body",
    [
        held(pdf([(72, 700, "Left trapezius")]), "application/pdf"),
        held(rtf(r"Left trapezius\par"), "text/rtf"),
        held(b"Left trapezius", "text/plain"),
        held(b"<html><p>Left trapezius</p></html>", "text/html"),
        '<nonXMLBody><text mediaType="text/plain">Left trapezius</text></nonXMLBody>',
    ],
)
def test_an_unstructured_body_is_converted(body):
    assert one(document(body)).text == "Left trapezius"


ENCOUNTER = '<componentOf><encompassingEncounter><effectiveTime><low value="20240314"/></effectiveTime></encompassingEncounter></componentOf>'
EVENT = '<documentationOf><serviceEvent classCode="{}"><effectiveTime>{}</effectiveTime></serviceEvent></documentationOf>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", date(2024, 3, 20)),
        (ENCOUNTER, date(2024, 3, 14)),
        (ENCOUNTER.replace('<low value="20240314"/>', '<low nullFlavor="UNK"/>'), date(2024, 3, 20)),
        (ENCOUNTER + EVENT.format("ACT", '<low value="20240310"/>'), date(2024, 3, 14)),
        (EVENT.format("ACT", '<low value="20240310093000-05"/>'), date(2024, 3, 10)),
        (EVENT.format("PROC", '<low value="20240310"/><high value="20240315"/>'), date(2024, 3, 10)),
        (EVENT.format("PCPR", '<low value="20240310"/><high value="20240310"/>'), date(2024, 3, 10)),
        (EVENT.format("PCPR", '<low value="19550302"/><high value="20240320"/>'), date(2024, 3, 20)),
        (EVENT.format("PCPR", "").replace("<effectiveTime>", '<effectiveTime value="20240311">'), date(2024, 3, 11)),
    ],
)
def test_dates_of_service(head, expected):
    assert one(document(structured(section("Left")), head=head)).date_of_service == expected


PERFORMER = '<documentationOf><serviceEvent classCode="{}"><performer typeCode="{}"><assignedEntity><id root="' + NPI + '" extension="55"/></assignedEntity></performer></serviceEvent></documentationOf>'
AUTHOR = '<author><assignedAuthor><id root="1.9" extension="A7"/></assignedAuthor></author>'
DEVICE = '<author><assignedAuthor><id root="1.8" extension="EHR"/><assignedAuthoringDevice/></assignedAuthor></author>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (PERFORMER.format("PROC", "PRF") + AUTHOR, "55"),
        (PERFORMER.format("PCPR", "PPRF") + AUTHOR, "55"),
        (PERFORMER.format("PCPR", "PRF") + AUTHOR, "1.9^A7"),
        (DEVICE + AUTHOR, "1.9^A7"),
        ("", None),
    ],
)
def test_providers(head, expected):
    assert one(document(structured(section("Left")), head=head)).provider_id == expected


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ('<id root="1.3"/>', "1.3"),
        ('<id root="2.16.840.1.113883.4.1" extension="111-00-1234"/><id root="1.3" extension="9"/>', "1.3^9"),
        ('<id nullFlavor="UNK"/><id root="1.3" extension="9"/>', "1.3^9"),
        ("", None),
    ],
)
def test_patients(patient, expected):
    assert one(document(structured(section("Left")), patient=patient)).patient_id == expected


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (document(structured(section("John"))).replace("</title>", ""), "ill-formed XML, noticed at line"),
        (document(structured(section("John")))[:-40], "ill-formed XML"),
        (document(structured(section("John")), namespace="urn:other"), "no C-CDA document"),
        (document("<other/>"), "no body"),
        (document(structured()), "empty"),
        (document('<nonXMLBody><text representation="B64">John Smith%</text></nonXMLBody>'), "base64"),
        (document('<nonXMLBody><text mediaType="application/pdf"><reference value="a.pdf"/></text></nonXMLBody>'), "another file"),
        (document(held(pdf([]), "application/pdf")), "scanned"),
    ],
)
def test_what_cannot_be_read_says_why_and_quotes_nothing(data, word):
    reason = refused(data).reason
    assert word in reason
    assert "John" not in reason


LAUGHS = '<!DOCTYPE x [<!ENTITY a "{}">{}]>'.format("x" * 1000, "".join(f'<!ENTITY a{n} "{"&a;" if n == 0 else f"&a{n - 1};" * 20}">' for n in range(10)))


@pytest.mark.parametrize("prolog", [LAUGHS, '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'])
def test_entities_are_never_expanded(prolog):
    started = time.monotonic()
    data = document(structured(section("&a9;"))).replace("<ClinicalDocument", prolog + "<ClinicalDocument")
    assert "entities" in refused(data).reason
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-7"])
def test_no_encoding_hides_an_entity(encoding):
    data = document(structured(section("Left", "&a9;"))).replace("<ClinicalDocument", LAUGHS + "<ClinicalDocument").replace("UTF-8", encoding)
    assert "entities" in refused(data.encode(encoding)).reason


def test_an_outside_document_type_is_not_fetched():
    data = document(structured(section("Left"))).replace("<ClinicalDocument", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><ClinicalDocument')
    assert one(data).text == "Procedure:\nLeft"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding):
    data = document(structured(section("½ mL"))).replace("UTF-8", "ISO-8859-1" if encoding == "latin-1" else encoding.removesuffix("-sig"))
    raw = data.encode(encoding)
    assert READER.accepts(raw, "note.txt")
    assert one(raw).text == "Procedure:\n½ mL"


def test_a_document_is_known_by_its_content_not_by_its_name():
    data = document(structured(section("Left"))).encode()
    assert READER.accepts(data, "chart.txt")
    assert READER.accepts(b'<?xml version="1.0"?>\n<!-- c -->\n<cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3">', "x")
    assert not READER.accepts(b"<html><body>ClinicalDocument</body></html>", "x.xml")
    assert not READER.accepts(b"The <ClinicalDocument > tag", "x.xml")


def from_sample(name: str) -> SourceNote | Unreadable:
    if not SAMPLES.is_dir():
        pytest.skip(f"the folder of sample files {OUTSIDE}")
    data = (SAMPLES / name).read_bytes()
    assert READER.accepts(data[:65536], name)
    (found,) = READER.read(io.BytesIO(data), name, ReadOptions())
    return found


@pytest.mark.parametrize(
    ("name", "note_id", "patient", "day", "provider", "line"),
    [
        ("CCDA_Sample_NextGen_JonesIsabella.txt", "2.201^2fb1e72f-d208-4394-bc35-1d2b6ada135b", "2.100", date(2013, 2, 18), "1104152198", "Codeine | Shortness of Breath | Unknown | Active"),
        ("knee.xml", "2.16.840.1.113883.19.5.99999.1^TT988", "2.16.840.1.113883.19.5.99999.2^456", date(2013, 7, 17), "999999999", "• Friday, June 21, 2013"),
        ("OpNote.sample.xml", "2.16.840.1.113883.19^999021", "2.16.840.1.113883.19^12345", date(2005, 3, 29), "2.16.840.1.113883.19.5^KP00017", "Laparoscopic Appendectomy"),
        ("Unstructured_Document_embed.xml", "2.16.840.1.113883.19.5.99999.1^TT988", "2.16.840.1.113883.4.1^111-00-2330", date(2009, 3, 29), "99999999", "2. Hypertension."),
    ],
)
def test_samples(name, note_id, patient, day, provider, line):
    note = from_sample(name)
    assert (note.note_id, note.patient_id, note.date_of_service, note.provider_id) == (note_id, patient, day, provider)
    assert line in note.text.splitlines()


def test_the_sample_with_nineteen_sections_gives_each_heading():
    note = from_sample("CCDA_Sample_NextGen_JonesIsabella.txt")
    assert sum(line.endswith(":") and "|" not in line for line in note.text.splitlines()) >= 19


def test_the_ill_formed_sample_names_the_line():
    found = from_sample("NT_BadXml_r11_v2.xml")
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("ill-formed XML, noticed at line 59")
