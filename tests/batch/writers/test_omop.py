"""OMOP CDM v5.4 NOTE_NLP, against the field-level specification."""

from __future__ import annotations

import csv
from datetime import date

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from extractor.batch.notes import Row
from extractor.batch.writers.omop import omop_note_id
from extractor.batch.writers.tables import TABLES
from extractor.models import Decision, Dose, Drug, Evidence, Hcpcs, Mention, Procedure, Result, Strength

from .build import BROKEN, NAMES, STAMP, batch, corpus_rows, row, written

SPECIFICATION = {
    "note_nlp_id": ("integer", True),
    "note_id": ("integer", True),
    "section_concept_id": ("integer", False),
    "snippet": (250, False),
    "offset": (50, False),
    "lexical_variant": (250, True),
    "note_nlp_concept_id": ("integer", False),
    "note_nlp_source_concept_id": ("integer", False),
    "nlp_system": (250, False),
    "nlp_date": ("date", True),
    "nlp_datetime": ("datetime", False),
    "term_exists": (1, False),
    "term_temporal": (50, False),
    "term_modifiers": (2000, False),
}
"""OHDSI/CommonDataModel, inst/csv/OMOP_CDMv5.4_Field_Level.csv: type, or length of a varchar, and whether required."""


def read(folder, rows, format_="omop.parquet") -> tuple[list[dict], list[dict]]:
    """The terms and the notes' numbers."""
    target, files, _ = written(folder, rows, format_)
    ids = files[f"out.note_ids.{format_}"]
    if format_ == "omop.parquet":
        return pq.read_table(target).to_pylist(), pq.read_table(ids).to_pylist()
    with target.open(encoding="utf-8", newline="") as terms, ids.open(encoding="utf-8", newline="") as numbers:
        return list(csv.DictReader(terms, strict=True)), list(csv.DictReader(numbers, strict=True))


def one(note: Result, text: str, folder) -> list[dict]:
    return read(folder, [row(note, text)])[0]


def note(mentions=(), drugs=(), note_id: str = "7") -> Result:
    return Result(note_id=note_id, procedure=Procedure(), muscles=[], mentions=list(mentions), drugs=list(drugs), decision=Decision(), findings=[])


@given(rows=batch())
@limits(max_examples=25, deadline=None)
def test_every_row_keeps_to_the_specification(rows, tmp_path_factory):
    terms, numbers = read(tmp_path_factory.mktemp("out"), rows)
    for term in terms:
        assert list(term) == list(SPECIFICATION)
        for name, (kind, required) in SPECIFICATION.items():
            value = term[name]
            assert not (required and value is None)
            if value is not None:
                expected = {"integer": int, "date": date, "datetime": type(None)}.get(kind, str)
                assert isinstance(value, expected)
                assert not isinstance(kind, int) or len(value) <= kind
    assert [term["note_nlp_id"] for term in terms] == list(range(1, len(terms) + 1))
    assert {term["note_id"] for term in terms} <= {number["note_id"] for number in numbers}


@given(rows=batch())
@limits(max_examples=25, deadline=None)
def test_every_term_can_be_read_back(rows, tmp_path_factory):
    terms, numbers = read(tmp_path_factory.mktemp("out"), rows)
    notes = {number["note_id"]: number["note_source_value"] for number in numbers}
    found = [(notes[term["note_id"]], term["offset"], term["lexical_variant"]) for term in terms if "drug_id=" not in term["term_modifiers"] and "assertion=" in term["term_modifiers"]]
    results = [Result.model_validate_json(item.json) for item in rows if isinstance(item, Row)]
    assert found == [(result.note_id, str(item.start), item.text) for result in results for item in result.mentions]


@pytest.mark.parametrize("format_", ["omop.csv", "omop.parquet"])
def test_csv_and_parquet_hold_the_same_real_terms(format_, tmp_path):
    terms, numbers = read(tmp_path, [*corpus_rows(), BROKEN], format_)
    results = [Result.model_validate_json(item.json) for item in corpus_rows()]
    assert len(numbers) == len(results)
    assert [term["lexical_variant"] for term in terms] == [item.text for result in results for item in (*result.mentions, *result.drugs)]
    texts = {str(omop_note_id(item.note_id)): item.text for item in corpus_rows()}
    for term in terms:
        start = int(term["offset"])
        assert texts[str(term["note_id"])][start : start + len(term["lexical_variant"])] == term["lexical_variant"] or "drug_id" in term["term_modifiers"]
        assert " ".join(term["lexical_variant"].split()) in term["snippet"]


@pytest.mark.parametrize(
    ("assertion", "exists", "temporal"),
    [
        ("injected", "Y", "present"),
        ("finding", "Y", "present"),
        ("other_procedure", "Y", "present"),
        ("historical", "Y", "past"),
        ("planned", "N", "future"),
        ("negated", "N", "present"),
    ],
)
def test_what_the_note_says_of_a_term(assertion, exists, temporal, tmp_path):
    text = "Left upper trap at C7."
    mention = Mention(start=11, end=15, text="trap", muscle="trapezius", sides=["left"], portion="upper", levels=["C7"], section="procedure", assertion=assertion)
    (term,) = one(note([mention]), text, tmp_path)
    assert (term["term_exists"], term["term_temporal"], term["snippet"], term["offset"]) == (exists, temporal, text, "11")
    assert term["term_modifiers"] == f"assertion={assertion};laterality=left;levels=C7;portion=upper;section=procedure;muscle_id=trapezius"


def test_a_drug_is_a_term_with_its_dose(tmp_path):
    text = "Injected 4 mL of 10 mg/mL Kenalog."
    drug = Drug(
        id="triamcinolone_acetonide", text="Kenalog", strength=Strength(value=10, unit="mg/mL"), volume_ml=4, dose=Dose(value=40, unit="mg", basis="computed"),
        hcpcs=Hcpcs(code="J3301", units=4, descriptor="triamcinolone acetonide, 10 mg"), evidence=[Evidence(start=9, end=33, text=text[9:33])],
    )  # fmt: skip
    (term,) = one(note(drugs=[drug]), text, tmp_path)
    assert (term["lexical_variant"], term["offset"], term["term_exists"]) == ("Kenalog", "26", "Y")
    assert term["term_modifiers"] == "drug_id=triamcinolone_acetonide;strength=10 mg/mL;volume_ml=4;dose=40 mg (computed);hcpcs=J3301;hcpcs_units=4"


def test_no_concept_is_made_up(tmp_path):
    for term in read(tmp_path, corpus_rows()[:5])[0]:
        assert {term[name] for name in SPECIFICATION if name.endswith("concept_id")} == {0}


def test_the_day_and_the_system_are_the_stamp_s(tmp_path):
    term = read(tmp_path, corpus_rows()[:1])[0][0]
    assert term["nlp_date"] == STAMP.processed_on
    assert term["nlp_system"] == "tpi-extractor extractor 0.1.0 lexicon 0123456789ab spacy 3.8.7"


def test_a_long_note_gives_a_short_snippet_cut_at_words(tmp_path):
    text = "pain " * 200 + "left trapezius injected " + "well " * 200
    start = text.index("trapezius")
    (term,) = one(note([Mention(start=start, end=start + 9, text="trapezius", muscle="trapezius")]), text, tmp_path)
    assert term["snippet"].startswith("pain ") and term["snippet"].endswith(" well")
    assert "left trapezius injected" in term["snippet"]
    assert 100 < len(term["snippet"]) <= 50 + len("trapezius") + 70


@pytest.mark.parametrize(("note_id", "number"), [("0", 0), ("12", 12), (str(2**63 - 1), 2**63 - 1)])
def test_a_number_is_the_note_s_own(note_id, number):
    assert omop_note_id(note_id) == number


@pytest.mark.parametrize("note_id", ["007", "-1", "+1", "1.0", " 1", "1e3", "x", "", "٣", str(2**63)])
def test_any_other_id_has_a_negative_number_that_no_note_s_own_can_meet(note_id):
    assert -(2**63) <= omop_note_id(note_id) < 0


def test_the_number_of_an_id_never_changes():
    assert omop_note_id("forum-paraspinous") == -1247914252986342190


@given(ids=st.lists(NAMES, unique=True))
def test_different_ids_have_different_numbers(ids):
    assert len({omop_note_id(item) for item in ids}) == len(ids)


def test_the_fields_are_no_flat_table_s():
    assert "note_nlp" not in {table.name for table in TABLES}
