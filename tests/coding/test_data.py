"""The data: every rule has a source, every dated row its own days, every code a row that backs it."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

import extractor.coding
from extractor.coding import list_policies
from extractor.coding.check import check_facts, check_policy, overlapping
from extractor.coding.explain import FINDING_RULES, explain_rule, find_rule
from extractor.coding.facts import Facts, facts_of
from extractor.coding.order import FINDING_IDS
from extractor.coding.rules import load_rules
from extractor.lexicon import Lexicon, LexiconError, lexicon_root

FACTS = facts_of(None)
SOURCE = Path(extractor.coding.__file__).parent


def test_nothing_is_wrong_with_tables_and_rules():
    assert check_facts(FACTS) == []


@pytest.mark.parametrize("name", list_policies())
def test_nothing_is_wrong_with_a_policy(name):
    assert check_policy(name, FACTS) == []


def test_every_rule_that_the_code_cites_exists():
    cited = set()
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                cited |= {key.value.value for key in node.keywords
                          if key.arg == "rule" and isinstance(key.value, ast.Constant)}  # fmt: skip
                name = getattr(node.func, "id", "")
                place = {"reason": 0, "_advice": 3, "in_force": 0}.get(name)
                if place is not None and isinstance(node.args[place], ast.Constant):
                    cited.add(node.args[place].value)
    assert len(cited) > 30
    assert cited <= set(load_rules())


def test_every_finding_id_leads_to_a_rule():
    for name in FINDING_IDS:
        assert find_rule(name).sources
    assert set(FINDING_RULES.values()) <= set(load_rules())


@pytest.mark.parametrize("name", [*load_rules(), *FINDING_RULES])
def test_every_rule_can_be_explained(name):
    text = explain_rule(name, FACTS)
    assert "Sources:\n    " in text
    assert "Confidence: " in text


def test_every_family_of_codes_with_a_position_is_backed_by_the_edit_table():
    """The position and indicator in procedure_codes.tsv are those of ncci_pairs.tsv."""
    for row in FACTS.procedures.values():
        for code in _expand(row.codes):
            pair = FACTS.pair("20553", code, None)
            if row.position in ("none", "unknown"):
                assert pair is None, (row.kind, code)
            elif row.position and pair is not None:
                position = "column 1" if pair.column_1 == code else "column 2"
                assert (position, pair.indicator) == (row.position, row.indicator), (row.kind, code)
        if row.position in ("column 1", "column 2"):
            assert any(FACTS.pair("20553", code, None) for code in _expand(row.codes)), row.kind


def test_twenty_five_fifty_two_never_stands_beside_twenty_five_fifty_three():
    pair = FACTS.pair("20552", "20553", None)
    assert pair is not None and (pair.column_1, pair.indicator) == ("20553", "0")


def _expand(codes):
    for code in codes:
        first, dash, last = code.partition("-")
        if not dash:
            yield code
        else:
            yield from (f"{number:05d}" for number in range(int(first), int(last) + 1))


def test_codes_look_like_codes():
    for rows in FACTS.hcpcs.values():
        assert all(re.fullmatch(r"[A-Z]\d{4}", row.code) for row in rows)
    for pair in FACTS.pairs:
        assert all(re.fullmatch(r"[A-Z]\d{4}|\d{5}|\d{4}T", code) for code in pair)
    assert all(re.fullmatch(r"[A-Z]\d\d(\.\d{1,3})?", code) for code in FACTS.diagnoses)


def test_every_drug_of_the_lexicon_is_a_known_substance():
    lines = (lexicon_root() / "drugs.tsv").read_text(encoding="utf-8").splitlines()
    ids = {line.split("\t")[0] for line in lines if line and not line.startswith("#")} - {"id"}
    assert ids <= set(FACTS.substances)


def test_every_other_procedure_that_the_reading_knows_has_its_row():
    lines = (lexicon_root() / "procedures.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    place = rows[0].index("kind")
    assert {row[place] for row in rows[1:]} <= set(FACTS.procedures)


def test_every_documentation_element_that_the_reading_knows_has_its_row():
    lines = (lexicon_root() / "documentation_cues.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    place = rows[0].index("element")
    assert {row[place] for row in rows[1:]} <= set(FACTS.documentation)


def test_every_region_of_the_lexicon_has_its_group():
    assert {row.region for row in Lexicon(lexicon_root()).muscles.values()} <= set(FACTS.regions)


OVERLAPS = [
    ([(None, None)], False),
    ([(None, date(2020, 1, 1)), (date(2020, 1, 2), None)], False),
    ([(None, date(2020, 1, 1)), (date(2020, 1, 1), None)], True),
    ([(date(2020, 1, 2), date(2020, 1, 1))], True),
    ([(None, None), (date(2020, 1, 1), None)], True),
]


@pytest.mark.parametrize(("intervals", "expected"), OVERLAPS)
def test_overlapping_days_are_found(intervals, expected):
    assert overlapping(intervals) is expected


def test_a_practice_changes_a_billing_unit_in_its_own_folder(tmp_path):
    header = "code\tdrug\tlabel\tamount\tunit\teffective_from\teffective_to\tlimit\tsource\tconfidence\n"
    row = "J3301\ttriamcinolone_acetonide\ttriamcinolone, 5 mg\t5\tmg\t1991-01-01\t\t\tHCPCS24\thigh\n"
    (tmp_path / "hcpcs.tsv").write_text(header + row, encoding="utf-8")
    facts = Facts(Lexicon(lexicon_root(), (tmp_path,)))
    assert [item.amount for item in facts.hcpcs["triamcinolone_acetonide"]] == [5.0]


def test_a_bad_row_names_file_line_and_column(tmp_path):
    (tmp_path / "icd10_excludes.tsv").write_text("left\tright\tsource\tconfidence\nM1\tM2\tX\tsure\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"icd10_excludes\.tsv:2: column confidence"):
        _ = Facts(Lexicon(lexicon_root(), (tmp_path,))).excludes


def test_no_file_of_this_room_is_long():
    assert all(len(file.read_text(encoding="utf-8").splitlines()) < 400 for file in SOURCE.glob("*.py"))
