"""The data of the claim checks: families of codes, names of columns, rules."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import extractor.audit.shared
import extractor.coding.claims
from extractor.audit.claims.columns import FIELDS, ColumnRow, plain
from extractor.coding.claims.families import expand, families_of
from extractor.coding.facts import facts_of
from extractor.coding.rules import load_rules
from extractor.lexicon import load_lexicon

FAMILIES = families_of()
SOURCES = [*Path(extractor.coding.claims.__file__).parent.glob("*.py"), Path(extractor.audit.shared.__file__)]


def test_every_family_has_a_known_source_and_real_codes():
    for row in FAMILIES.rows.values():
        assert row.source in facts_of(None).sources
        assert all(re.fullmatch(r"\d{5}|[A-Z]\d{4}|\d{4}T", code) for code in expand(row.codes)), row.family


RANGES = [(("20552",), ["20552"]), (("Q4240-Q4242",), ["Q4240", "Q4241", "Q4242"]), (("00998-01001",), ["00998", "00999", "01000", "01001"])]


@pytest.mark.parametrize(("codes", "expected"), RANGES)
def test_ranges(codes, expected):
    assert expand(codes) == expected


KINDS = [("20553", "trigger_point_injection"), ("20561", "dry_needling"), ("99203", "evaluation_and_management"), ("01992", "anesthesia"),
         ("76942", "guidance_ultrasound"), ("20610", "other_injection"), ("J2001", "lidocaine_infusion")]  # fmt: skip


@pytest.mark.parametrize(("code", "family"), KINDS)
def test_a_code_belongs_to_its_family(code, family):
    assert family in FAMILIES.of(code)
    assert not FAMILIES.of("87070")


def test_no_trigger_point_code_is_another_injection():
    assert all("other_injection" not in FAMILIES.of(code) for code in ("20552", "20553", "20560", "20561"))


def test_every_name_of_a_column_is_written_as_names_are_compared():
    for row in load_lexicon().table("claim_columns", ColumnRow):
        assert plain(row.alias) == row.alias
    assert set(get_args(get_type_hints(ColumnRow)["field"])) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_known_by_its_own_name(name):
    own = {"pointers": "DIAGNOSIS_POINTERS", "frequency": "FREQUENCY_CODE"}.get(name, plain(name))
    assert any((row.alias, row.field) == (own, name) for row in load_lexicon().table("claim_columns", ColumnRow))


def test_every_rule_that_a_finding_cites_exists():
    cited = {
        key.value.value for file in SOURCES for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        for key in node.keywords if key.arg == "rule" and isinstance(key.value, ast.Constant)
    }  # fmt: skip
    assert len(cited) > 20 and cited <= set(load_rules())


def test_the_checks_know_nothing_of_texts_and_files():
    for file in Path(extractor.coding.claims.__file__).parent.glob("*.py"):
        imported = {node.module or "" for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)}
        assert not any(name.startswith(("spacy", "extractor.language", "extractor.record", "extractor.batch")) for name in imported)
        assert {name for name in imported if name.startswith("extractor.audit")} <= {"extractor.audit.models"}
