"""What may be named: files, folders, standard input, archives; and what is passed over."""

from __future__ import annotations

import io
import os
import sys
import zipfile

import pytest
import zstandard

from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers import Meter, ReadOptions, count_notes, read_notes
from extractor.batch.readers.streams import unpacked
from extractor.intake import IntakeError
from tests.batch.readers.notes import csv_bytes, gz, jsonl_bytes, read, split, texts

LINES = jsonl_bytes({"note_id": str(number), "text": f"Note {number}."} for number in range(3))


@pytest.fixture
def stdin(monkeypatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_a_folder_gives_its_files_by_name_with_their_paths_as_ids(tmp_path):
    for name in ("b.txt", "a/2.txt", "a/10.txt", "visit.2024-03-14", "c/deep/note.TXT"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"Text of {name}")
    assert list(texts(tmp_path)) == ["a/10", "a/2", "b", "c/deep/note", "visit.2024-03-14"]


def test_hidden_files_by_products_and_what_the_run_names_are_passed_over(tmp_path):
    for name in (".hidden", ".git/config", "Thumbs.db", "_SUCCESS", "~$note.docx", "x.sqlite-wal", "out/results.jsonl", "note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    assert list(texts(tmp_path, skip=frozenset({tmp_path / "out"}))) == ["note"]


def test_a_link_to_a_folder_above_is_not_followed_for_ever(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/note.txt").write_text("Text")
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    assert list(texts(tmp_path)) == ["sub/note"]


def test_a_linked_folder_is_read(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "far").mkdir()
    (tmp_path / "far/note.txt").write_text("Text")
    (tmp_path / "in/link").symlink_to(tmp_path / "far")
    assert list(texts(tmp_path / "in")) == ["link/note"]


def test_a_broken_link_in_a_folder_is_said(tmp_path):
    (tmp_path / "note.txt").write_text("Text")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    ids, reasons = split(read(tmp_path))
    assert ids == ["note"]
    assert "broken link" in reasons[0]


def test_a_file_that_is_named_has_its_stem_as_id(tmp_path):
    (tmp_path / "Visit 3.txt.gz").write_bytes(gz(b"Text"))
    assert texts(tmp_path / "Visit 3.txt.gz") == {"Visit 3": "Text"}


def test_a_name_of_bytes_that_are_no_text_still_gives_an_id_that_can_be_written(tmp_path):
    with open(os.fsencode(tmp_path) + b"/n\xe4me.txt", "w") as file:  # noqa: PTH123
        file.write("Text")
    (note,) = read(tmp_path)
    assert note.note_id.encode() == b"n\\xe4me"


def test_inputs_of_many_kinds_follow_in_the_order_in_which_they_are_named(tmp_path, stdin):
    stdin(gz(LINES))
    (tmp_path / "z.csv").write_bytes(csv_bytes([("7", "", "", "", "Seven.")]))
    (tmp_path / "a.txt").write_text("A.")
    assert list(texts(tmp_path / "z.csv", "-", tmp_path / "a.txt")) == ["7", "0", "1", "2", "a"]


@pytest.mark.parametrize("make", [
    pytest.param(lambda path: path / "missing", id="missing"),
    pytest.param(lambda path: path, id="empty folder"),
    pytest.param(lambda path: f"sqlite:///{path}/missing.db", id="missing database"),
])  # fmt: skip
def test_an_input_that_is_not_there_is_said_before_anything_is_read(tmp_path, make):
    with pytest.raises(IntakeError, match=r"Check the name"):
        read_notes([make(tmp_path)])


def test_a_folder_of_hidden_files_alone_is_empty(tmp_path):
    (tmp_path / ".DS_Store").write_text("x")
    with pytest.raises(IntakeError, match="has no file that could be a note"):
        read_notes([tmp_path])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything: is not on this machine")
def test_a_file_that_may_not_be_read_is_said_before_anything_is_read(tmp_path):
    (tmp_path / "note.txt").write_text("Text")
    (tmp_path / "note.txt").chmod(0)
    with pytest.raises(IntakeError, match="permission denied"):
        read_notes([tmp_path / "note.txt"])


@pytest.mark.parametrize("inputs", [[], ["-", "-"]])
def test_nothing_named_or_standard_input_twice_is_refused(inputs):
    with pytest.raises(IntakeError):
        read_notes(inputs)


@pytest.mark.parametrize(("options", "said"), [
    ({"order_by": "line"}, "--group-by"),
    ({"query": "SELECT 1", "table": "t"}, "exclude"),
    ({"columns": {"note": "X"}}, "there is no field note"),
])  # fmt: skip
def test_options_that_contradict_are_refused(tmp_path, options, said):
    (tmp_path / "note.txt").write_text("Text")
    with pytest.raises(IntakeError, match=said):
        read_notes([tmp_path], ReadOptions(**options))


def test_a_bad_file_in_a_folder_costs_only_itself(tmp_path):
    (tmp_path / "a.txt").write_text("A.")
    (tmp_path / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "c.txt").write_bytes(b"")
    (tmp_path / "d.csv").write_text("x,y\n1,2\n")
    (tmp_path / "e.txt").write_text("E.")
    found = read(tmp_path)
    assert [type(item) for item in found] == [SourceNote, Unreadable, Unreadable, Unreadable, SourceNote]
    assert [item.note_id for item in found] == ["a", "b", "c", None, "e"]
    assert all(item.reason.endswith(".") and item.source for item in found if isinstance(item, Unreadable))


def test_a_sole_input_that_gives_nothing_is_an_error_and_one_of_several_is_not(tmp_path):
    (tmp_path / "bad.csv").write_text("x,y\n1,2\n")
    (tmp_path / "good.txt").write_text("Good.")
    with pytest.raises(IntakeError, match=r"bad\.csv: no column holds the note's text\. Columns found: x, y"):
        read(tmp_path / "bad.csv")
    assert split(read(tmp_path / "bad.csv", tmp_path / "good.txt"))[0] == ["good"]


def test_a_fault_of_a_reader_is_told_by_kind_and_place_without_its_words(tmp_path, monkeypatch):
    from extractor.batch.readers import text

    def fail(stream):
        raise KeyError("Mrs Miller's trapezius")

    monkeypatch.setattr(text, "_all", fail)
    (tmp_path / "a.txt").write_text("A.")
    (tmp_path / "b.txt").write_text("B.")
    found = read(tmp_path)
    assert [item.note_id for item in found] == ["a", "b"]
    assert "KeyError at test_inputs.py" in found[0].reason
    assert "Miller" not in found[0].reason


@pytest.mark.parametrize(("name", "data", "said"), [
    ("claims.txt", b"\xef\xbb\xbfISA*00*          *00*", "tpi audit"),
    ("notes.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "CSV"),
    ("notes.jsonl.xz", b"\xfd7zXZ\x00rest", "Unpack"),
    ("notes.jsonl.bz2", b"BZh91AY", "Unpack"),
    ("empty.txt", b"", "empty"),
    ("empty.gz", gz(b""), "empty"),
])  # fmt: skip
def test_what_holds_no_notes_is_called_by_its_name(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(IntakeError, match=said):
        read(tmp_path / name)


def test_a_finished_result_is_refused_where_it_is_named_and_passed_over_in_a_folder(tmp_path):
    (tmp_path / "done.jsonl").write_bytes(jsonl_bytes([{"schema_version": "1", "note_id": "1", "muscles": [], "decision": {}, "text": "x"}]))
    (tmp_path / "note.txt").write_text("Text")
    assert list(texts(tmp_path)) == ["note"]
    with pytest.raises(IntakeError, match="finished result of tpi"):
        read(tmp_path / "done.jsonl")


# --- packed ----------------------------------------------------------------------------------------------------------


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize("pack", [
    gz,
    zst,
    lambda data: zst(gz(data)),
    lambda data: gz(data[:40]) + gz(data[40:]),
    lambda data: zst(data[:40]) + zst(data[40:]),
    lambda data: gz(data) + bytes(512),
    lambda data: b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zst(data),
    lambda data: gz(b"") + gz(data),
], ids=["gzip", "zstd", "gzip in zstd", "two members", "two frames", "padded with zeros", "skippable frame", "empty member first"])  # fmt: skip
def test_packed_files_are_read_by_their_content_whatever_their_name(tmp_path, pack, stdin):
    (tmp_path / "export").write_bytes(pack(LINES))
    stdin(pack(LINES))
    assert list(texts(tmp_path / "export")) == ["0", "1", "2"]
    assert list(texts("-")) == ["0", "1", "2"]


BIG = jsonl_bytes({"note_id": str(number), "text": os.urandom(300).hex()} for number in range(2000))


@pytest.mark.parametrize("pack", [gz, zst])
@pytest.mark.parametrize("part", [0.3, 0.9, 0.9999])
def test_of_a_cut_archive_the_notes_before_the_cut_are_kept_then_it_is_said_once(tmp_path, pack, part):
    packed = pack(BIG)
    (tmp_path / "export.jsonl.gz").write_bytes(packed[: int(len(packed) * part)])
    ids, reasons = split(read(tmp_path / "export.jsonl.gz"))
    assert ids == [str(number) for number in range(len(ids))]
    # Zstandard unpacks blocks of 128 kB, some 200 of these notes.
    assert 2000 * part - 250 < len(ids) <= 2000
    (reason,) = reasons
    assert "cut off" in reason


@pytest.mark.parametrize("pack", [gz, zst])
def test_of_an_archive_damaged_within_the_notes_before_the_damage_are_kept(tmp_path, pack):
    packed = bytearray(pack(BIG))
    middle = len(packed) // 2
    packed[middle : middle + 400] = bytes(400)
    (tmp_path / "export").write_bytes(packed)
    ids, reasons = split(read(tmp_path / "export"))
    assert ids[:500] == [str(number) for number in range(500)]
    assert len(ids) < 2000
    assert "damaged" in reasons[-1]


def test_a_note_whose_archive_is_cut_is_never_half_a_note(tmp_path):
    packed = gz(os.urandom(20_000).hex().encode())
    (tmp_path / "note.txt.gz").write_bytes(packed[:-9])
    (tmp_path / "other.txt").write_text("Other.")
    ids, reasons = split(read(tmp_path))
    assert ids == ["other"]
    assert len(reasons) == 1


def test_an_archive_made_to_fill_a_disk_is_stopped():
    bomb = zstandard.ZstdCompressor().compress(bytes(400 << 20))
    _, stream, _ = unpacked(io.BytesIO(bomb))
    read_on = 0
    with pytest.raises(IntakeError, match="times its size"):
        while part := stream.read1(1 << 20):
            read_on += len(part)
    assert read_on < 300 << 20


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


MEMBERS = {"b/note.txt": b"B.", "a.jsonl.gz": gz(LINES), "../up.txt": b"Up.", "__MACOSX/._b": b"x", "bad.csv": b"x,y\n1,2\n"}


def test_each_member_of_a_zip_archive_is_a_file_of_its_own(tmp_path, stdin):
    (tmp_path / "export.zip").write_bytes(zipped(MEMBERS))
    stdin(zipped(MEMBERS))
    for source in (tmp_path / "export.zip", "-"):
        ids, reasons = split(read(source))
        assert ids == ["up", "0", "1", "2", "b/note"]
        assert "no column holds" in reasons[0]
    assert not list(tmp_path.parent.glob("up.txt"))


def test_a_damaged_member_costs_only_itself(tmp_path):
    data = bytearray(zipped({"a.txt": os.urandom(500).hex().encode(), "b.txt": b"B."}))
    data[60:90] = bytes(30)
    (tmp_path / "export.zip").write_bytes(data)
    ids, reasons = split(read(tmp_path / "export.zip"))
    assert ids == ["b"]
    assert "damaged" in reasons[0]


def test_a_workbook_is_called_by_its_name_even_under_another(tmp_path):
    (tmp_path / "notes.zip").write_bytes(zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}))
    with pytest.raises(IntakeError, match="workbook"):
        read(tmp_path / "notes.zip")


@pytest.mark.parametrize(("data", "said"), [
    (zipped(MEMBERS)[:-30], "directory is missing"),
    (zipped({}), "no file that could be a note"),
])  # fmt: skip
def test_a_zip_archive_without_notes_says_why(tmp_path, data, said):
    (tmp_path / "export.zip").write_bytes(data)
    with pytest.raises(IntakeError, match=said):
        read(tmp_path / "export.zip")


# --- progress --------------------------------------------------------------------------------------------------------


def test_the_meter_ends_at_the_bytes_of_all_files(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gz(LINES))
    (tmp_path / "b.txt").write_text("B.")
    (tmp_path / "c.zip").write_bytes(zipped({"c.txt": b"C."}))
    meter = Meter()
    read(tmp_path, meter=meter)
    assert meter.done == meter.total == sum(file.stat().st_size for file in tmp_path.iterdir())


def test_the_meter_knows_no_total_of_standard_input(stdin):
    stdin(LINES)
    meter = Meter()
    read("-", meter=meter)
    assert (meter.done, meter.total) == (len(LINES), None)


def test_notes_are_counted_only_where_that_is_cheap(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Text")
    assert count_notes([tmp_path]) == 2
    (tmp_path / "c.jsonl").write_bytes(LINES)
    assert count_notes([tmp_path]) is None


def test_two_files_with_one_name_and_two_endings_are_two_notes(tmp_path):
    (tmp_path / "visit.txt").write_text("Left trapezius injected.")
    (tmp_path / "visit.text").write_text("Right trapezius injected.")
    (tmp_path / "other.txt").write_text("No injection.")
    found = {note.note_id: note.text for note in read_notes([tmp_path])}
    assert found == {
        "other": "No injection.", "visit.txt": "Left trapezius injected.", "visit.text": "Right trapezius injected.",
    }  # fmt: skip
