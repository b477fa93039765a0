"""brat and doccano: every span can be read back, and no note's id leads out of the folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from extractor.batch.notes import Row
from extractor.batch.writers.brat import RESERVED, annotations, file_stem
from extractor.batch.writers.doccano import label_of
from extractor.batch.writers.spans import Span, drug_span, links, spans

from .build import BROKEN, batch, corpus_rows, written

ENTITY = re.compile(r"T(\d+)\t(\w+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")


def read_brat(text: str, lines: list[str]) -> list[tuple[str, int, int]]:
    """The entities of a file, checked as brat checks them."""
    found = []
    for line in lines:
        if line.startswith("T"):
            number, label, places, quoted = ENTITY.fullmatch(line).groups()
            parts = [tuple(map(int, place.split())) for place in places.split(";")]
            assert int(number) == len(found) + 1
            assert quoted == " ".join(text[start:end] for start, end in parts)
            assert all(start < end for start, end in parts)
            found.append((label, parts[0][0], parts[-1][1]))
        else:
            assert re.fullmatch(r"A\d+\t(Side|Assertion) T\d+ \w+|#\d+\tAnnotatorNotes T\d+\t.*|R\d+\tInjectedInto Arg1:T\d+ Arg2:T\d+", line)
    return found


def trimmed(text: str, span: Span) -> tuple[str, int, int]:
    """A span without the line ends and tabs at its ends, which brat cannot hold."""
    cut = "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip(cut))
    return span.label, start, start + len(piece.strip(cut))


@given(rows=batch())
@limits(max_examples=25, deadline=None)
def test_every_span_of_brat_can_be_read_back(rows, tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("out"), rows, "brat").target
    index = {line["note_id"]: line["file"] for line in map(json.loads, (folder / "index.jsonl").read_bytes().splitlines())}
    for item in rows:
        if isinstance(item, Row):
            stem = index[item.note_id]
            assert (folder / f"{stem}.txt").read_bytes().decode() == item.text
            lines = (folder / f"{stem}.ann").read_bytes().decode().split("\n")[:-1]
            # A line is what Python calls one: brat reads the file so.
            assert lines == (folder / f"{stem}.ann").read_bytes().decode().splitlines()
            expected = [trimmed(item.text, span) for span in spans(json.loads(item.json))]
            assert read_brat(item.text, lines) == [place for place in expected if place[1] < place[2]]


@given(rows=batch())
@limits(max_examples=25, deadline=None)
def test_every_span_of_doccano_can_be_read_back(rows, tmp_path_factory):
    target = written(tmp_path_factory.mktemp("out"), rows, "doccano.jsonl").target
    found = [json.loads(line) for line in target.read_bytes().split(b"\n") if line]
    assert found == [
        {
            "text": item.text,
            "label": [[span.start, span.end, label_of(span)] for span in spans(json.loads(item.json)) if span.start < span.end],
            "note_id": item.note_id,
            "source": item.source,
        }
        for item in rows
        if isinstance(item, Row)
    ]


def test_real_notes_are_annotated_with_all_that_they_name(tmp_path):
    folder = written(tmp_path, [*corpus_rows(), BROKEN], "brat").target
    lines = [line for file in folder.glob("*.ann") for line in file.read_text(encoding="utf-8").splitlines()]
    kinds = {kind: sum(f"\t{kind} " in line for line in lines) for kind in ("Muscle", "Area", "Drug", "Side", "Assertion", "InjectedInto")}
    assert min(kinds.values()) > 10, kinds
    assert json.loads((folder / "quarantine.jsonl").read_bytes())["note_id"] == "broken"
    assert len(list(folder.glob("*.txt"))) == len(corpus_rows())


def test_the_configuration_names_everything_that_is_written(tmp_path):
    folder = written(tmp_path, corpus_rows(), "brat").target
    configuration = (folder / "annotation.conf").read_text(encoding="utf-8")
    assert re.findall(r"^\[(\w+)\]", configuration, re.MULTILINE) == ["entities", "relations", "events", "attributes"]
    for file in folder.glob("*.ann"):
        for word in re.findall(r"^[TAR]\d+\t(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{word}\b", configuration, re.MULTILINE)


def test_an_annotation_looks_as_brat_wants_it():
    text = "Left low\nback: 1% lidocaine"
    all_spans = [Span("Muscle", 5, 13, "x", ("left", "right"), "injected", ("levels=C2",)), Span("Drug", 18, 27, "lidocaine")]
    assert list(annotations(text, all_spans)) == [
        "T1\tMuscle 5 8;9 13\tlow back",
        "A1\tSide T1 bilateral",
        "A2\tAssertion T1 injected",
        "#1\tAnnotatorNotes T1\tid=x; levels=C2",
        "T2\tDrug 18 27\tlidocaine",
        "#2\tAnnotatorNotes T2\tid=lidocaine",
        "R1\tInjectedInto Arg1:T2 Arg2:T1",
    ]


def muscle(name: str, assertion: str = "injected") -> Span:
    return Span("Muscle", 0, 1, name, (), assertion)


DRUG, OTHER = Span("Drug", 2, 3, "lidocaine"), Span("Drug", 4, 5, "ketorolac")


@pytest.mark.parametrize(
    ("all_spans", "expected"),
    [
        ([muscle("a"), DRUG], [(1, 0)]),
        ([muscle("a"), muscle("b"), DRUG], [(2, 0), (2, 1)]),
        ([muscle("a"), DRUG, OTHER], [(1, 0), (2, 0)]),
        ([muscle("a"), muscle("b"), DRUG, OTHER], []),
        ([muscle("a", "planned"), DRUG], []),
        ([Span("Area", 0, 1, None, (), "injected"), DRUG], []),
    ],
    ids=["one and one", "one drug", "one muscle", "two and two", "not injected", "no muscle"],
)
def test_drug_and_muscle_are_linked_where_the_note_leaves_no_choice(all_spans, expected):
    assert list(links(all_spans)) == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([(10, 30, "1 cc of plain 1% lido")], (27, 31)),
        ([(0, 4, "2 mL"), (10, 14, "lido")], (10, 14)),
        ([(3, 7, "2 mL")], (3, 7)),
        ([], None),
    ],
)
def test_a_drug_stands_where_its_name_does(pieces, expected):
    evidence = [{"start": start, "end": end, "text": text} for start, end, text in pieces]
    assert drug_span({"text": "lido", "evidence": evidence}) == expected


@pytest.mark.parametrize("note_id", ["001", "NOTE-12.3", "a_b", "sha256-00ff"])
def test_a_safe_id_is_the_file_s_name(note_id):
    assert file_stem(note_id) == note_id


NASTY = ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "C:x", "CON", "nul.x", "a\x00b", ".hidden", "-rf", "ünder", "x" * 400, "end.", "a b", "~", "a\nb"]


@given(note_id=st.text(st.characters(exclude_categories=())) | st.sampled_from(NASTY))
@limits(max_examples=300)
def test_no_id_leads_out_of_the_folder(note_id):
    name = f"{file_stem(note_id)}.txt"
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,150}", name)
    assert Path("folder", name).parent == Path("folder")
    assert not RESERVED.fullmatch(name)


@given(ids=st.lists(st.text("ab/\\. ", max_size=4) | st.sampled_from(NASTY), unique=True))
def test_different_ids_have_different_files(ids):
    assert len({file_stem(item) for item in ids}) == len(ids)


def test_ids_that_differ_in_nasty_letters_only_are_kept_apart(tmp_path):
    first, second = corpus_rows()[:2]
    rows = [Row("../x", first.source, first.json, first.text), Row("..\\x", second.source, second.json, second.text)]
    folder = written(tmp_path, rows, "brat").target
    assert len(list(folder.glob("*.txt"))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.brat"]
