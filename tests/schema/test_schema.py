"""The published contract: what is written validates, what was promised stays, what was written can be read."""

from __future__ import annotations

import copy
import json

import pytest

from extractor import __version__, extract
from extractor.api import read_record
from extractor.coding import load_policy
from extractor.lexicon import load_lexicon
from extractor.models import Result
from extractor.schema import DOCUMENTS, main, schema_of

from ..conftest import ROOT
from ..corpus_notes import notes
from .contract import FROZEN, STORED, as_data, breaks, problems

PUBLISHED = ROOT / "schema"
EVERY = 16
"""One note of so many of the corpus; the others differ in words, hardly in shape."""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_published_schema_is_that_of_the_models(document):
    published = (PUBLISHED / f"{document}-1.json").read_text(encoding="utf-8")
    assert json.loads(published) == schema_of(document), "write it anew: python -m extractor.schema schema"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_that_was_promised_changes_within_a_version(document):
    frozen = json.loads((FROZEN / f"{document}-1.json").read_text(encoding="utf-8"))
    assert breaks(frozen, schema_of(document)) == [], "such a change needs a new schema_version"


def _without(schema):
    del schema["$defs"]["Muscle"]["properties"]["portions"]


def _other_type(schema):
    schema["$defs"]["Evidence"]["properties"]["start"]["type"] = "string"


def _no_null(schema):
    schema["$defs"]["Decision"]["properties"]["code"]["anyOf"].pop()


def _another_value(schema):
    schema["$defs"]["Decision"]["properties"]["status"]["enum"].append("perhaps")


def _another_item(schema):
    schema["$defs"]["Muscle"]["properties"]["levels"]["items"]["type"] = "integer"


def _sometimes(schema):
    schema["required"].remove("findings")


def _newly_asked(schema):
    schema["properties"]["mood"] = {"type": "string"}
    schema["required"].append("mood")


@pytest.mark.parametrize("change", [_without, _other_type, _no_null, _another_value, _another_item, _sometimes, _newly_asked])
def test_a_change_that_breaks_somebody_is_noticed(change):
    changed = copy.deepcopy(schema_of("result"))
    change(changed)
    assert breaks(schema_of("result"), changed)


def test_a_field_that_may_be_there_and_a_better_description_break_nobody():
    changed = copy.deepcopy(schema_of("result"))
    changed["properties"]["mood"] = {"type": "string"}
    changed["$defs"]["Muscle"]["description"] = "Better words"
    assert breaks(schema_of("result"), changed) == []


def test_a_document_with_a_later_field_still_validates():
    data = as_data(extract("Trigger point injection: left trapezius."))
    data["mood"] = data["decision"]["mood"] = "good"
    assert problems("result", data) == []


@pytest.mark.parametrize(
    ("slip", "value"),
    [("schema_version", "2"), ("note_id", None), ("muscles", {}), ("date_of_service", "14 March 2024"), ("text", 1)],
)
def test_a_wrong_document_does_not_validate(slip, value):
    data = as_data(extract("Trigger point injection: left trapezius.")) | {slip: value}
    assert [problem.partition(":")[0] for problem in problems("result", data)] == [f"$.{slip}"]


@pytest.mark.parametrize("note", notes()[::EVERY], ids=lambda note: f"{note.batch}-{note.id}")
def test_notes_of_the_corpus_give_documents_that_validate(note):
    assert problems("record", as_data(read_record(note.text))) == []
    assert problems("result", as_data(extract(note.text))) == []


def test_an_audit_validates():
    from ..audit import build

    data = as_data(build.audit())
    assert problems("audit", data) == []
    data["overpayment"] = 8.25
    assert problems("audit", data) == ["$.overpayment: type"], "amounts are texts: a binary number would not be exact"


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_a_stored_result_of_an_earlier_release_still_loads_and_validates(file):
    stored = json.loads(file.read_text(encoding="utf-8"))
    loaded = Result.model_validate(stored)
    assert problems("result", stored) == []
    written = as_data(loaded)
    assert {name: written[name] for name in stored} == stored


def test_the_command_writes_them(tmp_path, capsys):
    assert main([str(tmp_path / "new")]) == 0
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"{document}-1.json" for document in DOCUMENTS}
    assert main([]) == 2 and main(["--help"]) == 2
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path / "file")]) == 2
    assert "Give a folder" in capsys.readouterr().err


def test_every_result_says_what_made_it_and_nothing_of_the_machine():
    policy = load_policy("medicare")
    result = extract("Trigger point injection: left trapezius.", policy=policy)
    assert result.versions == {"extractor": __version__, "lexicon": load_lexicon().version, "policy": f"medicare@{policy.version}"}


def test_the_version_of_the_policy_changes_with_a_setting():
    def version(**settings: str) -> str:
        return extract("", settings=settings).versions["policy"]

    assert version() == version() != version(laterality="by-side") != version(laterality="by-name")


def test_the_gate_the_pipeline_and_the_page_stamp_alike():
    from extractor.batch.gate import gated_answer
    from extractor.batch.worker import Setup, Task, read
    from extractor.web.shown import result_of

    text, policy = "Visual acuity is 20/20 in each eye.", load_policy("aetna")
    task, setup = Task("a", text, None, None, None, False), Setup(policy)
    gated = gated_answer(task, setup)
    assert gated is not None
    stamps = [json.loads(answer.json)["versions"] for answer in (gated, read(task, setup))]
    page = result_of(read_record(text), policy, load_lexicon()).versions
    assert stamps == [page, page] and page["policy"].startswith("aetna@")
