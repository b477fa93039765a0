"""The question to the provider: neutral, open, and only where its author can answer."""

from __future__ import annotations

import re

import pytest

from extractor.coding import decide
from extractor.models import Doubt, StatedCount

from .build import area, elements, muscles, record

OPEN = {
    "group": record("left+right paraspinals x12"),
    "area": record(areas=[area("low back")]),
    "examination": record(examined=muscles("left trapezius; left soleus; left masseter")),
    "nothing": record(),
    "doubt": record("left trapezius", doubts=[Doubt(reason="assertion", text="Unclear word.", extra_high=2)]),
    "number": record("left trapezius", stated_counts=[StatedCount(what="muscles", count=3)]),
    "toxin": record("left trapezius", drugs=["onabotulinumtoxin_a 50 units"]),
    "not a trigger point": record("left trapezius; left soleus; left paraspinals",
                                  documentation=elements("not-trigger-point")),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_an_open_question_is_put(name):
    decision = decide(OPEN[name]).decision
    assert decision.status == "review"
    assert decision.query


@pytest.mark.parametrize("name", OPEN)
def test_a_question_names_no_code_no_number_to_reach_and_no_payment(name):
    query = decide(OPEN[name]).decision.query
    assert query is not None
    assert not re.search(r"\b(2055\d|2056\d|three|third|at least|bill|pay|paid|reimburs|code|support)", query, re.IGNORECASE)


@pytest.mark.parametrize("name", OPEN)
def test_a_question_leaves_every_answer_open(name):
    query = decide(OPEN[name]).decision.query
    assert query is not None
    assert query.endswith("[ ] Other: ____\n[ ] Unable to determine")
    assert "[ ] The documentation is complete as written" in query


def test_a_question_quotes_the_note():
    query = decide(OPEN["area"]).decision.query
    assert query is not None and "“low back”" in query


def test_the_count_of_sides_is_a_question_of_policy_and_not_put_to_the_provider():
    decision = decide(record("left+right trapezius; left+right soleus")).decision
    assert (decision.status, decision.query) == ("review", None)


def test_nothing_is_asked_where_the_code_stands():
    assert decide(record("left trapezius; left soleus; left masseter; left paraspinals")).decision.query is None
