"""Bytes to text: every encoding that a chart system writes, and a clear word where there is no text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.intake import MAX_BYTES, MAX_CHARACTERS, IntakeError, check_text, decode, read_note

NOTE = "Injected “left” trapezius × 2, ½ mL each – señora’s note"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NOTE.encode("utf-8"), "utf-8"),
        (NOTE.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + NOTE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + NOTE.encode("utf-16-be"), "utf-16-be"),
        (b"\xff\xfe\x00\x00" + NOTE.encode("utf-32-le"), "utf-32-le"),
        (b"\x00\x00\xfe\xff" + NOTE.encode("utf-32-be"), "utf-32-be"),
        (NOTE.encode("utf-16-le"), "utf-16-le"),
        (NOTE.encode("utf-16-be"), "utf-16-be"),
        (NOTE.encode("cp1252"), "cp1252"),
    ],
)
def test_every_encoding_gives_the_same_text(data, encoding):
    note = decode(data)
    assert (note.text, note.encoding, note.replaced) == (NOTE, encoding, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Left trapezius\r\ninjected.\rThen\n\n\tright.\f",
        "left trape\x00zius, NUL kept",
        "bell \x07 escape \x1b[31m stay",
        "\u200fleft trapezius\u202e and \u2066right\u2069",
        "a mark inside \ufeff stays",
        "🦴 left trapezius 左",
    ],
)
def test_the_text_stays_as_given_so_that_offsets_hold(text):
    assert decode(text.encode()).text == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_is_never_changed(text):
    data = b"note: " + text.encode()
    assert decode(data).text == data.decode()


@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_a_message(data):
    try:
        note = decode(data)
    except IntakeError as error:
        assert str(error)
    else:
        note.text.encode("utf-8")


def test_utf8_cut_in_the_middle_of_a_character_stays_utf8():
    note = decode("½ mL left trapezius, ½ mL right ½".encode()[:-1])
    assert (note.text, note.encoding, note.replaced) == ("½ mL left trapezius, ½ mL right \ufffd", "utf-8", 1)


def test_bytes_that_windows_1252_does_not_know_are_counted():
    note = decode(b"left trapezius \x81 \x96")
    assert (note.text, note.encoding, note.replaced) == ("left trapezius \ufffd –", "cp1252", 1)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Word document"),
        (b"{\\rtf1\\ansi left trapezius}", "RTF"),
        (b"  \n{\\rtf1\\ansi left trapezius}", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Word"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (bytes(128) + b"DICM" + bytes(20), "DICOM"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (bytes(range(256)) * 20, "binary"),
        (bytes(5000), "binary"),
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("\ufeff\u200e\u00a0".encode(), "empty"),
        (b"\xff\xfeA\x00\x00\xd8", "damaged"),
        (b"\xff\xfeA", "damaged"),
    ],
)
def test_what_is_no_text_is_refused_with_its_kind(data, word):
    with pytest.raises(IntakeError, match=word):
        decode(data)


def test_a_lone_surrogate_is_refused():
    with pytest.raises(IntakeError, match="character 5 is half of a pair"):
        check_text("left \ud83d trapezius")


def test_the_longest_note_passes_and_a_longer_one_says_the_limit():
    check_text("x" * MAX_CHARACTERS)
    with pytest.raises(IntakeError, match=f"{MAX_CHARACTERS:,} characters"):
        check_text("x" * (MAX_CHARACTERS + 1))
    with pytest.raises(IntakeError, match="split it"):
        decode(b"x" * (MAX_BYTES + 1))


def test_no_message_quotes_the_note():
    for data in (b"\xff\xfeJ\x00o\x00h\x00n\x00\x00\xd8", b"{\\rtf1 John Smith}", b"John Smith" * 1_000_000):
        with pytest.raises(IntakeError) as raised:
            decode(data * (1 if len(data) < 100 else 3))
        assert "John" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_a_file_is_read(tmp_path):
    file = tmp_path / "note.txt"
    file.write_bytes(NOTE.encode("cp1252"))
    assert read_note(file).text == NOTE


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"{\\rtf1 left trapezius}", "rtf"),
        (b"<html><body>left trapezius</body></html>", "html"),
        (b"left trapezius", "text"),
        (b"left <b>trapezius</b>", "text"),
    ],
)
def test_a_document_is_converted_and_says_what_it_was(tmp_path, data, kind):
    file = tmp_path / "note"
    file.write_bytes(data)
    note = read_note(file)
    assert (note.kind, note.converted) == (kind, kind != "text")
    assert note.text.replace("<b>", "").replace("</b>", "") == "left trapezius"


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda folder: folder / "missing.txt", "no such file"),
        (lambda folder: folder, "folder"),
        (lambda folder: folder / ("x" * 5000), "cannot be read"),
        (lambda folder: f"{folder}/\0", "cannot be read"),
    ],
)
def test_what_cannot_be_opened_is_named(tmp_path, make, word):
    source = make(tmp_path)
    with pytest.raises(IntakeError, match=word) as raised:
        read_note(source)
    assert str(raised.value).startswith(str(source))


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    file = tmp_path / "note.txt"
    file.write_text("left trapezius")

    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal itself is played.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(IntakeError, match="permission denied"):
        read_note(file)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_an_endless_file_ends():
    with pytest.raises(IntakeError, match="split it"):
        read_note("/dev/zero")


def test_standard_input_is_read_as_bytes(monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NOTE.encode("utf-16"))))
    assert read_note("-").text == NOTE
