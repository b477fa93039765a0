"""JSON Lines, arrays and single objects."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.intake import IntakeError
from tests.batch.readers.notes import jsonl_bytes, read, split, texts

ROWS = [
    {"note_id": "1", "text": "One.\n½", "patient_id": 7, "date_of_service": "20240314", "provider_id": None, "extra": [1]},
    {"note_id": "2", "text": "Two. 🩺"},
]


def plain(text: str) -> bytes:
    return text.encode()


@pytest.mark.parametrize("data", [
    pytest.param(jsonl_bytes(ROWS), id="lines"),
    pytest.param(jsonl_bytes(ROWS).replace(b"\n", b"\r\n"), id="CRLF"),
    pytest.param(jsonl_bytes(ROWS).rstrip(), id="no final line end"),
    pytest.param(b"\n\n" + jsonl_bytes(ROWS).replace(b"\n", b"\n\n"), id="blank lines"),
    pytest.param(b"\xef\xbb\xbf" + jsonl_bytes(ROWS), id="byte order mark"),
    pytest.param("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode("utf-16"), id="UTF-16"),
    pytest.param(json.dumps(ROWS).encode(), id="array"),
    pytest.param(json.dumps(ROWS, indent=2, ensure_ascii=False).encode(), id="indented array"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["export.jsonl", "export"])
def test_notes_are_read_from_every_shape(tmp_path, data, name):
    (tmp_path / name).write_bytes(data)
    first, second = read(tmp_path / name)
    assert (first.note_id, first.text, first.patient_id, str(first.date_of_service), first.provider_id) == ("1", "One.\n½", "7", "2024-03-14", None)
    assert (second.note_id, second.text, second.patient_id) == ("2", "Two. 🩺", None)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_single_object_is_one_note(tmp_path, indent):
    (tmp_path / "note.json").write_text(json.dumps(ROWS[0], indent=indent))
    assert texts(tmp_path / "note.json") == {"1": "One.\n½"}


def test_a_line_s_place_is_its_number(tmp_path):
    (tmp_path / "export.jsonl").write_bytes(b"\n" + jsonl_bytes(ROWS))
    assert [note.source.rsplit(":")[-1] for note in read(tmp_path / "export.jsonl")] == ["2", "3"]


GOOD = '{"note_id": "1", "text": "x"}\n'


@pytest.mark.parametrize("bad", [
    '{"note_id": "2", "text": "Mrs Miller',
    '["Mrs Miller"]',
    "Mrs Miller",
    '"Mrs Miller"',
    '{"note_id": "2"}',
    '{"note_id": "2", "text": null, "name": "Mrs Miller"}',
    '{"note_id": "2", "text": ["Mrs Miller"]}',
    '{"note_id": "2", "text": "Mrs Miller \\ud83d"}',
    '{"note_id": "\\ud83d", "text": "Mrs Miller"}',
    "[" * 100_000,
    '{"note_id": "2", "text": "' + "\\u0001" * 50 + '"}',
    '{"note_id": ' + "9" * 5000 + "}",
], ids=range(12))  # fmt: skip
def test_a_bad_line_is_said_without_its_words_and_the_others_are_read(tmp_path, bad):
    (tmp_path / "export.jsonl").write_text(GOOD + bad + "\n" + GOOD)
    ids, reasons = split(read(tmp_path / "export.jsonl"))
    assert ids == ["1", "1"]
    (reason,) = reasons
    assert "Miller" not in reason
    assert reason.endswith(".")


def test_a_file_whose_first_line_is_damaged_still_gives_the_others(tmp_path):
    (tmp_path / "export.jsonl").write_text('{"note_id": "0", "te\n' + GOOD * 3)
    assert split(read(tmp_path / "export.jsonl"))[0] == ["1"] * 3


def test_a_file_without_a_text_is_refused_as_a_whole(tmp_path):
    (tmp_path / "export.jsonl").write_text('{"id": "1", "befund": "x"}\n' * 100)
    with pytest.raises(IntakeError, match=r"Columns found: id, befund\. Say which one it is: --map"):
        read(tmp_path / "export.jsonl")
    assert len(read(tmp_path / "export.jsonl", columns={"text": "befund"})) == 100


def test_an_array_that_is_cut_off_gives_what_is_whole(tmp_path):
    (tmp_path / "export.json").write_text(json.dumps([{"note_id": str(n), "text": "x" * 3000} for n in range(500)])[:1_000_000])
    ids, reasons = split(read(tmp_path / "export.json"))
    assert ids == [str(number) for number in range(len(ids))]
    assert len(ids) > 300
    assert "cut off" in reasons[0]


def test_a_plain_text_in_brackets_is_no_json(tmp_path):
    (tmp_path / "note.txt").write_text("[x] trapezius\n{left}")
    assert texts(tmp_path / "note.txt") == {"note": "[x] trapezius\n{left}"}


def test_a_windows_1252_line_among_utf_8_is_read(tmp_path):
    (tmp_path / "export.jsonl").write_bytes(plain('{"note_id":"1","text":"½"}\n') + '{"note_id":"2","text":"½"}\n'.encode("cp1252"))
    assert texts(tmp_path / "export.jsonl") == {"1": "½", "2": "½"}


def test_a_windows_1252_array_is_read(tmp_path):
    (tmp_path / "export.json").write_bytes('[{"note_id":"2","text":"½ mL"}]'.encode("cp1252"))
    assert texts(tmp_path / "export.json") == {"2": "½ mL"}


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80).map("x{}yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".format)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.text("abc019é", min_size=1), _TEXTS), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, rows, array, ascii_only):
    path = tmp_path_factory.mktemp("json") / "export.jsonl"
    items = [{"note_id": note_id, "text": text} for note_id, text in rows]
    lines = "".join(json.dumps(item, ensure_ascii=ascii_only) + "\n" for item in items)
    path.write_bytes((json.dumps(items, ensure_ascii=ascii_only) if array else lines).encode())
    assert [(note.note_id, note.text) for note in read(path) if not hasattr(note, "reason") or pytest.fail(note.reason)] == rows
