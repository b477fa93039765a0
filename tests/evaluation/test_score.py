"""Scores: what is right, what is silent, what is over-cautious."""

from __future__ import annotations

import pytest

from extractor.evaluation.gold import GoldNote, parse_drug, parse_muscle
from extractor.evaluation.score import Tally, is_silent, score, share
from extractor.models import Count, Decision, Dose, Drug, Muscle, Procedure, Result, Strength


def gold(code="20552", decision="supported", low=1, high=1, muscles=("left trapezius",), drugs=(), **more) -> GoldNote:
    fields = {"style": "terse", "procedure": "trigger_point_injection", "status": "performed", **more}
    return GoldNote(
        batch="b", id="b/001", text="Left trapezius.", author="nurse", code=code, decision=decision, low=low, high=high,
        muscles=tuple(map(parse_muscle, muscles)), drugs=tuple(map(parse_drug, drugs)), **fields,
    )  # fmt: skip


def found(code="20552", status="supported", low=1, high=1, muscles=("left trapezius",), drugs=()) -> Result:
    return Result(
        note_id="n",
        procedure=Procedure(kind="trigger_point_injection", status="performed"),
        muscles=[Muscle(id=m.id, name=m.id, sides=list(m.sides)) for m in map(parse_muscle, muscles)],
        mentions=[],
        drugs=list(drugs),
        decision=Decision(
            code=None if code == "none" else code, status=status, muscle_count=Count(low=low, high=high)
        ),
        findings=[],
    )


def lidocaine(volume=2.0, dose=20.0) -> Drug:
    return Drug(
        id="lidocaine", text="lidocaine", volume_ml=volume, strength=Strength(value=1, unit="%"),
        dose=Dose(value=dose, unit="mg", basis="computed"),
    )  # fmt: skip


def test_what_is_right_scores_full():
    scores = score([(gold(drugs=["lidocaine 1% 2 mL 20 mg"]), found(drugs=[lidocaine()]))])
    assert (scores.exact, scores.status, scores.interval, scores.silent, scores.cautious) == (1, 1, 1, 0, 0)
    assert scores.muscles.f1 == scores.sides.f1 == scores.drugs.f1 == 1
    assert scores.strengths == scores.volumes == scores.doses == [True]
    assert not scores.errors


@pytest.mark.parametrize(
    ("expected", "answer", "silent"),
    [
        (gold(), found(code="20553", low=3, high=3), True),
        (gold(code="20553", low=3, high=3), found(), True),
        (gold(decision="review", high=99), found(), True),
        (gold(), found(code="none", status="none", low=0, high=0), True),
        (gold(), found(status="review", high=4), False),
        (gold(decision="review", high=99), found(status="review", high=4), False),
        (gold(code="none", decision="none", low=0, high=0), found(code="none", status="none", low=0, high=0), False),
        (gold(code="none", decision="none", low=0, high=0), found(), True),
    ],
)
def test_a_confident_wrong_answer_is_silent_and_a_review_is_not(expected, answer, silent):
    assert is_silent(expected, answer) == silent


def test_a_review_of_what_is_settled_is_over_cautious():
    scores = score([(gold(), found(status="review", high=4))])
    assert (scores.exact, scores.cautious, scores.silent) == (0, 1, 0)
    assert [error.kind for error in scores.errors] == ["cautious"]


def test_a_wrong_side_counts_against_sides_and_not_against_muscles():
    scores = score([(gold(), found(muscles=["right trapezius"]))])
    assert (scores.muscles.f1, scores.sides.f1) == (1, 0)
    assert (scores.errors[0].gold, scores.errors[0].found) == ("missed: left trapezius", "extra: right trapezius")


@pytest.mark.parametrize(("volume", "dose", "right"), [(2.0, 20.0, True), (2.02, 20.1, True), (4.0, 40.0, False), (None, 20.0, False)])
def test_amounts_may_differ_by_rounding_only(volume, dose, right):
    scores = score([(gold(drugs=["lidocaine 1% 2 mL 20 mg"]), found(drugs=[lidocaine(volume, dose)]))])
    assert (scores.volumes[0] and scores.doses[0]) == right
    assert ("amounts" in {error.kind for error in scores.errors}) != right


def test_findings_that_the_gold_asks_for_are_looked_for():
    scores = score([(gold(findings=("group-not-muscle",)), found())])
    assert scores.findings == [False]


def test_styles_and_confusion_are_kept_apart():
    scores = score([(gold(), found()), (gold(style="letter"), found(status="review", high=4))])
    assert {style: own.exact for style, own in scores.by_style.items()} == {"terse": 1, "letter": 0}
    assert scores.confusion["20552/supported", "20552/review"] == 1
    assert scores.as_dict()["by_style"]["letter"]["over_cautious"] == 1


def test_nothing_to_get_wrong_is_right():
    assert share([]) == Tally().f1 == Tally().precision == Tally().recall == 1.0
