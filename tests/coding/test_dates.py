"""The date of service chooses the rule."""

from __future__ import annotations

import pytest

from extractor.coding import decide, load_policy

from .build import area, other, record

LEG = "right biceps_femoris; right soleus; right tibialis_anterior"

DATES = [
    # sites, kind, date, code, status
    (LEG, "trigger_point_injection", "2001-12-31", None, "review"),
    (LEG, "trigger_point_injection", "2002-01-01", "20552", "supported"),
    (LEG, "trigger_point_injection", "2002-12-31", "20552", "supported"),
    (LEG, "trigger_point_injection", "2003-01-01", "20553", "supported"),
    (LEG, "trigger_point_injection", None, "20553", "supported"),
    (LEG, "dry_needling", "2019-12-31", None, "review"),
    (LEG, "dry_needling", "2020-01-01", "20561", "supported"),
    (LEG, "dry_needling", None, "20561", "supported"),
    ("left piriformis; - splenius_capitis; left deltoid", "trigger_point_injection", "2002-06-01", "20553", "supported"),
    ("left deltoid; right deltoid; left soleus", "trigger_point_injection", "2002-06-01", "20553", "supported"),
    ("left deltoid; - supraspinatus", "trigger_point_injection", "2002-06-01", "20552", "supported"),
    ("- deltoid; right soleus; left soleus", "trigger_point_injection", "2002-06-01", "20553", "supported"),
    ("left+right paraspinals @ C2-C3, T4-T5", "trigger_point_injection", "2002-06-01", "20552", "supported"),
    ("- paraspinals @ C2-C3, T4-T5, L4-L5", "trigger_point_injection", "2002-06-01", "20553", "supported"),
    ("- paraspinals [lumbar]", "trigger_point_injection", "2002-06-01", "20552", "supported"),
    ("- paraspinals", "trigger_point_injection", "2002-06-01", "20552", "review"),
]


@pytest.mark.parametrize(("sites", "kind", "day", "code", "status"), DATES)
def test_a_date_of_service_chooses_the_counting_rule(sites, kind, day, code, status):
    drugs = [] if kind == "dry_needling" else ["lidocaine 30 mg"]
    decided = decide(record(sites, kind=kind, drugs=drugs, day=day))
    assert (decided.decision.code, decided.decision.status) == (code, status)
    before = code is None or (day or "").startswith("2002")
    assert ("code-not-in-force" in {item.id for item in decided.findings}) is before


def test_regions_of_2002_count_areas_too():
    made = record(day="2002-06-01", areas=[area("neck", region="neck"), area("T4-5", levels=["T4-T5"])])
    assert decide(made).decision.muscle_count.low == 2


def test_coverage_rules_begin_in_april_2024():
    policy = load_policy("medicare-noridian-je")
    made = record("left trapezius", guidance="ultrasound")
    for day, covered in (("2024-03-31", True), ("2024-04-01", False), (None, False)):
        text = " ".join(item.text for item in decide(made.model_copy(update={"date_of_service": day and _date(day)}), policy).findings)
        assert ("does not cover" not in text) is covered


def _date(text):
    from datetime import date

    return date.fromisoformat(text)


@pytest.mark.parametrize(("day", "code"), [("2024-12-31", "64999"), ("2025-01-01", "64466-64469")])
def test_plane_blocks_have_codes_since_2025(day, code):
    made = record("left trapezius", day=day, other_procedures=[other("fascial_plane_block")])
    text = next(item.text for item in decide(made).findings if item.id == "other-procedure")
    assert code in text
