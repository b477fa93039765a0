"""HL7 v2: which notes a file gives, with which ids, dates and text."""

from __future__ import annotations

import base64
import io
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers._hl7_message import Message
from extractor.batch.readers.base import ReadOptions
from extractor.batch.readers.hl7 import READER
from tests.batch.documents import pdf, rtf
from tests.conftest import OUTSIDE

SAMPLES = Path("/work/shared/samples/hl7v2")


def message(*segments: str, kind: str = "MDM^T02", control: str = "C1", charset: str = "") -> str:
    return "\r".join([f"MSH|^~\\&|A|B|C|D|20240320120000||{kind}|{control}|P|2.5.1||||||{charset}", *segments])


PID = "PID|1||123^^^H^MR"
TXA = "TXA|1|PR|TX|20240314093000|77^SMITH^ANN|20240315||||||DOC9"
OBR = "OBR|1|P1|F1|28570-0^Procedure note^LN|||20240314093000"


def obx(value: str, kind: str = "TX", name: str = "N^Note", status: str = "F", number: int = 1) -> str:
    return f"OBX|{number}|{kind}|{name}||{value}||||||{status}"


def read(data: str | bytes, source: str = "in.hl7") -> list[SourceNote | Unreadable]:
    raw = data.encode() if isinstance(data, str) else data
    return list(READER.read(io.BytesIO(raw), source, ReadOptions()))


def one(data: str | bytes) -> SourceNote:
    (note,) = read(data)
    assert isinstance(note, SourceNote), note
    return note


def refused(data: str | bytes) -> Unreadable:
    (note,) = read(data)
    assert isinstance(note, Unreadable), note
    return note


def test_a_document_gives_its_text_and_what_its_header_says():
    note = one(message(PID, TXA, obx("Left trapezius"), obx("injected with 1 mL", number=2)))
    assert note == SourceNote(
        text="Left trapezius\ninjected with 1 mL", note_id="DOC9", patient_id="123", date_of_service=date(2024, 3, 14),
        provider_id="77", source="in.hl7: message 1", converted=True,
    )  # fmt: skip


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("frame", ["{}", "\x0b{}\x1c\r", "\ufeff{}", "\n\n{}\n", "FHS|^~\\&|A\rBHS|^~\\&|A\r{}\rBTS|1\rFTS|1\r"])
def test_line_ends_frames_and_batches(end, frame):
    data = frame.format(message(PID, TXA, obx("Left trapezius"))).replace("\r", end)
    assert READER.accepts(data.encode(), "any.name")
    assert one(data).text == "Left trapezius"


def test_several_messages_each_give_their_note_in_order():
    data = "\r".join(message(PID, TXA.replace("DOC9", f"DOC{n}"), obx(f"note {n}")) for n in range(5))
    assert [(note.note_id, note.text) for note in read(data)] == [(f"DOC{n}", f"note {n}") for n in range(5)]


def test_framed_messages_one_after_the_other():
    data = "".join(f"\x0b{message(PID, TXA, obx(f'note {n}'))}\r\x1c\r" for n in range(3))
    assert [note.text for note in read(data)] == ["note 0", "note 1", "note 2"]


def test_other_separators():
    data = "MSH#*!/%#A#B#C#D#2024##MDM*T02#C1#P#2.5\rPID#1##123*x*y*H*MR!9\rTXA#1#PR##20240314#77%x*S#######DOC9*z\rOBX#1#TX#N##Left/F/right/S/x/T/y/R/z/E/w!second"
    note = one(data)
    assert (note.text, note.note_id, note.patient_id) == ("Left#right*x%y!z/w\nsecond", "DOC9", "123")


ESCAPES = {
    r"1\F\2": "1|2", r"a\S\b\T\c\R\d\E\e": "a^b&c~d\\e", r"Left\.br\right": "Left\nright", r"Left\.BR\right": "Left\nright",
    r"a\.sp\b": "a\nb", r"a\.sp+2\b": "a\n\nb", r"a\.in+4\b\.ti-2\c\.fi\d\.nf\e": "abcde", r"a\.sk3\b": "a   b",
    r"a\.ce\b": "a\nb", r"\H\bold\N\ plain": "bold plain", r"a\X0D0A\b": "a\nb", r"\XC2BD\ mL": "½ mL", r"\X41\\X42\ ": "AB",
    r"C:\temp\note": r"C:\temp\note", r"5 \ 6": r"5 \ 6", r"a\.br\\.br\b": "a\n\nb", r"\Zlocal\x": "x", "Left~right": "Left\nright",
    "O^2 & more": "O^2 & more",
}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), ESCAPES.items())
def test_escapes(value, text):
    assert one(message(PID, TXA, obx(f"x{value}", kind="FT"))).text == f"x{text}".rstrip()


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_what_was_escaped_comes_back(text):
    escaped = "".join({"\\": r"\E\ ".strip(), "|": r"\F\ ".strip(), "^": r"\S\ ".strip(), "&": r"\T\ ".strip(), "~": r"\R\ ".strip()}.get(c, c) for c in text)
    assert one(message(PID, TXA, obx(escaped))).text == text


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("", "utf-8"), ("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/1", "utf-8"), ("8859/15", "iso8859-15"), ("", "cp1252"), ("ASCII", "cp1252"), ("nonsense", "utf-8")],
)
def test_character_sets(charset, encoding):
    assert one(message(PID, TXA, obx("señora, 1 µL"), charset=charset).encode(encoding)).text == "señora, 1 µL"


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "value",
    [
        "^application^pdf^Base64^" + packed(pdf([(72, 700, "Left trapezius")])),
        "^Application^PDF^Base64^" + packed(pdf([(72, 700, "Left trapezius")])),
        "^text^rtf^Base64^" + packed(rtf(r"Left trapezius\par")),
        "^TEXT^HTML^Base64^" + packed(b"<html><body><p>Left trapezius</p></body></html>"),
        "^text^plain^Base64^" + packed(b"Left trapezius"),
        "^text^plain^A^Left trapezius",
        "^text^plain^Hex^" + b"Left trapezius".hex(),
        "^text^plain^Base64^" + packed(b"Left trapezius").rstrip("="),
    ],
)
def test_encapsulated_documents_are_converted(value):
    assert one(message(PID, TXA, obx(value, kind="ED"))).text == "Left trapezius"


def test_a_line_end_inside_base64_does_not_cut_the_document():
    whole = packed(pdf([(72, 700, "Left trapezius")]))
    broken = whole[:400] + "\r" + whole[400:600] + "\r\n" + whole[600:]
    note = one(message(PID, OBR, obx("^application^pdf^Base64^" + broken, kind="ED"), kind="ORU^R01"))
    assert note.text == "Left trapezius"


def test_a_damaged_document_is_refused_and_the_next_message_is_read():
    first, second = read("\r".join([message(PID, TXA, obx("^text^plain^Base64^%%%%", kind="ED")), message(PID, TXA, obx("Left"))]))
    assert isinstance(first, Unreadable)
    assert (first.note_id, first.source) == ("DOC9", "in.hl7: message 1")
    assert "base64" in first.reason
    assert second.text == "Left"


def test_a_substantial_text_stands_for_the_document_beside_it():
    document = obx("^text^plain^Base64^" + packed(b"the same again"), kind="ED")
    long = "word " * 30
    assert one(message(PID, TXA, obx(long), document)).text == long.rstrip()
    assert one(message(PID, TXA, obx("See attached."), document)).text == "See attached.\n\nthe same again"


def test_an_embedded_line_end_in_text_is_a_line_end():
    assert one(message(PID, TXA, "OBX|1|TX|N||Left trapezius\nright levator||||||F")).text == "Left trapezius\nright levator"


def test_of_several_observations_each_is_headed_by_its_name():
    note = one(message(PID, OBR, obx("tender trapezius", name="1^Exam"), obx("left trapezius", name="2^Procedure"), kind="ORU^R01"))
    assert note.text == "Exam:\ntender trapezius\nProcedure:\nleft trapezius"


@pytest.mark.parametrize("status", ["D", "W", "X", "N"])
def test_withdrawn_observations_are_no_text(status):
    assert one(message(PID, TXA, obx("Left"), obx("wrong", status=status))).text == "Left"


def test_each_order_with_text_is_a_note_with_an_id_of_its_own():
    second = OBR.replace("OBR|1", "OBR|2").replace("20240314093000", "20240401")
    notes = read(message(PID, OBR, obx("Left"), "OBR|2||F2|x|||20240314", "OBX|1|NM|a||1.2", second, obx("Right"), kind="ORU^R01"))
    assert [(note.note_id, note.text, note.date_of_service) for note in notes] == [
        ("F1", "Left", date(2024, 3, 14)),
        ("F1-3", "Right", date(2024, 4, 1)),
    ]


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([TXA], "DOC9"),
        ([TXA.replace("DOC9", "DOC9^EHR^1.2.3^ISO")], "DOC9"),
        ([TXA.replace("DOC9", "")], "C1"),
        ([OBR], "F1"),
        ([OBR.replace("F1", "")], "P1"),
        ([OBR.replace("F1", "").replace("P1", "")], "C1"),
    ],
)
def test_note_ids(segments, expected):
    assert one(message(PID, *segments, obx("Left"), kind="MDM^T02" if segments[0].startswith("TXA") else "ORU^R01")).note_id == expected


@pytest.mark.parametrize(
    ("pid", "expected"),
    [("1^^^A^PI~2^^^B^MR", "2"), ("1^^^A^PI~2^^^B^SS", "1"), ("^^^A^MR~2", "2"), (r"A\T\B^^^H^MR", "A&B"), ("", None)],
)
def test_patient_ids(pid, expected):
    assert one(message(f"PID|1||{pid}", TXA, obx("Left"))).patient_id == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("TXA|1|PR|TX|20240314093000+0500||20240315||||||D", date(2024, 3, 14)),
        ("TXA|1|PR|TX|||20240315||||||D", date(2024, 3, 15)),
        ("TXA|1|PR|TX|202403||20240315||||||D", date(2024, 3, 15)),
        ("TXA|1|PR|TX|20249914||||||||D", None),
        ("OBR|1|P1|F1|x|||20240314", date(2024, 3, 14)),
        ("OBR|1|P1|F1|x|||", date(2024, 3, 10)),
    ],
)
def test_dates_of_service_never_the_day_on_which_the_message_was_sent(head, expected):
    observation = "OBX|1|TX|N||Left||||||F|||20240310"
    kind = "MDM^T02" if head.startswith("TXA") else "ORU^R01"
    assert one(message(PID, head, observation, kind=kind)).date_of_service == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("TXA|1|PR|TX||77^A~78^B||||79^C|||D", "77"),
        ("TXA|1|PR|TX||||||79^C|||D", "79"),
        ("OBR|1|P|F|x||||||||||||99^Orderer||||||||||||||||55&Reader&R^2024", "55"),
        ("OBR|1|P|F|x||||||||||||99^Orderer", "66"),
    ],
)
def test_providers_who_did_it_not_who_ordered_it(head, expected):
    observation = "OBX|1|TX|N||Left||||||F|||||66^Observer" if head.startswith("OBR") else obx("Left")
    assert one(message(PID, head, observation, kind="MDM^T02" if head.startswith("TXA") else "ORU^R01")).provider_id == expected


def test_strings_are_a_note_only_where_they_read_like_one():
    sentence = obx("Left trapezius was injected with lidocaine", kind="ST")
    lines = [obx(f"line {n}", kind="ST", number=n) for n in range(3)]
    result = obx("Negative", kind="ST")
    assert one(message(PID, OBR, sentence, kind="ORU^R01")).text.startswith("Left")
    assert one(message(PID, OBR, *lines, kind="ORU^R01")).text == "line 0\nline 1\nline 2"
    assert "no note" in refused(message(PID, OBR, result, kind="ORU^R01")).reason


@pytest.mark.parametrize(
    "data",
    [
        message(PID, kind="ADT^A01"),
        message(PID, TXA, kind="MDM^T01"),
        message(PID, OBR, "OBX|1|CWE|a||1^x^SCT", "OBX|2|NM|b||1.5", kind="ORU^R01"),
        "\r".join([message(PID, kind="ADT^A01")] * 3),
        "FHS|^~\\&|A\rBHS|^~\\&|A\rBTS|0\rFTS|0",
    ],
)
def test_a_file_without_a_note_says_so_once(data):
    found = refused(data)
    assert found.source == "in.hl7"
    assert found.reason.startswith("no note: ")


def test_results_among_notes_do_not_fill_the_quarantine():
    results = message(PID, OBR, "OBX|1|NM|b||1.5", kind="ORU^R01")
    assert one("\r".join([results, message(PID, TXA, obx("Left")), results])).text == "Left"


def test_a_document_without_its_content_is_refused():
    found = refused(message(PID, TXA))
    assert (found.note_id, "no OBX follows TXA" in found.reason) == ("DOC9", True)


def test_a_pointer_to_a_document_is_refused():
    assert "points at a document" in refused(message(PID, TXA, obx("file://x^a^application^pdf", kind="RP"))).reason


def test_no_reason_quotes_the_note():
    data = "\r".join([message(PID, TXA, obx("^text^plain^Base64^John Smith%", kind="ED")), message("PID|1||9||SMITH^JOHN", kind="ADT^A08")])
    assert not any("john" in found.reason.lower() for found in read(data))


@pytest.mark.parametrize("head", [b"MSH is short", b"Left trapezius", b"MSHX|", b"{}", b"", b"<MSH|"])
def test_other_files_are_not_taken_for_messages(head):
    assert not READER.accepts(head, "x.hl7")


@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header_end_in_notes_or_reasons(rest):
    for found in read(b"MSH|^~\\&|A|B|C|D|2024||MDM^T02|1|P|2.5\rTXA|1\rOBX|1|TX|||" + rest):
        assert isinstance(found, SourceNote | Unreadable)


def test_a_line_without_end_is_refused_in_bounded_memory_and_the_next_message_is_read(monkeypatch):
    monkeypatch.setattr("extractor.batch.readers._hl7_message.MESSAGE_BYTES", 3_000_000)
    data = message(PID, TXA, obx("x" * 10_000_000)) + "\r" + message(PID, TXA, obx("Left"))
    first, second = read(data)
    assert "bytes" in first.reason
    assert second.text == "Left"


def test_fields_are_those_that_python_hl7_finds():
    library = pytest.importorskip("hl7")
    text = message(PID, TXA, obx("Left^x&y~z"), obx("", number=2))
    theirs, ours = library.parse(text), Message.parse(text.encode().split(b"\r"))
    for their, our in zip(theirs, ours.segments, strict=True):
        assert our.name == str(their[0])
        for number in range(2, 20):
            expected = str(their[number]) if number < len(their) else ""
            assert our[number] == expected


def test_thousands_of_messages_take_seconds():
    data = "\r".join(message(PID, TXA, *(obx(f"line {n}", number=n) for n in range(30))) for _ in range(1000))
    started = time.monotonic()
    assert len(read(data)) == 1000
    assert time.monotonic() - started < 10


def from_sample(name: str) -> list[SourceNote | Unreadable]:
    if not SAMPLES.is_dir():
        pytest.skip(f"the folder of sample files {OUTSIDE}")
    data = (SAMPLES / name).read_bytes()
    assert READER.accepts(data[:65536], name)
    return read(data, name)


@pytest.mark.parametrize(
    ("name", "note_id", "patient", "day", "provider", "first", "lines"),
    [
        ("MDM-T02-03.hl7", "2RWRVAJ627408", "3196695816", date(2021, 8, 1), "C006", "Toilet cylinder", 29),
        ("mdm-t02-document.hl7", "DOC00001", "55667", date(2026, 3, 22), None, "Patient presents", 1),
        ("formatting-note.hl7", "FLR-TXT-001", "MRN-TXT-001", None, None, "Specimen received in formalin.\nGross", 5),
        ("etor_ORU_20240220.hl7", "20231561137", "11102779", date(2023, 6, 3), None, "Resources: An MDH genetic", 6),
        ("ORU^R01-PDF.hl7", "FillerOrderNumberImagingServiceRequest", "PID_1", date(2022, 3, 24), None, "A Simple PDF File", 16),
    ],
)
def test_samples_with_a_note(name, note_id, patient, day, provider, first, lines):
    (note,) = from_sample(name)
    assert (note.note_id, note.patient_id, note.date_of_service, note.provider_id) == (note_id, patient, day, provider)
    assert note.text.startswith(first)
    assert len([line for line in note.text.splitlines() if line.strip()]) == lines


@pytest.mark.parametrize(("name", "word"), [("MDM_01.hl7", "ADT^A01"), ("batch_message.hl7", "none of the 2 messages")])
def test_samples_without_a_note_say_why(name, word):
    (found,) = from_sample(name)
    assert isinstance(found, Unreadable)
    assert word in found.reason
