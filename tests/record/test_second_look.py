"""What the second look says of notes that the grammar alone would answer wrongly: a review, or the right answer."""

from __future__ import annotations

import pytest

from extractor import extract


def answer(text: str) -> tuple[str | None, str, int, int]:
    decision = extract(text).decision
    return decision.code, decision.status, decision.muscle_count.low, decision.muscle_count.high


@pytest.mark.parametrize(
    ("note", "high"),
    [
        pytest.param("P) TPI x 2 muscles (iliopsoas + rec fem, R) -- 1.5 mL 1% lido ea. Ice.\nS) hip pain\nO) tight", 2, id="dosed in a plan"),
        pytest.param("Unable to tolerate supine. Seated: R SCM TPs pincer-grasped; sternal head x2 w/ 0.3 mL 1% procaine.", 1, id="dosed without a verb"),
    ],
)
def test_a_local_anesthetic_dosed_at_muscles_is_never_nothing(note, high):
    assert answer(note) == (None, "review", 0, high)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("Discussed trigger point injection of the adductor longus (1% lido, 3 cc). Set up for Monday.", id="to come"),
        pytest.param("Nothing was injected. The 5 mL of 1% lidocaine drawn up for the left trapezius trigger point was discarded.", id="discarded"),
        pytest.param("Knee clinic. 5 mL of 1% lidocaine into the knee joint. Quadriceps strong. Tender trigger point, left soleus.", id="a joint's"),
    ],
)
def test_a_dose_that_did_not_go_in_raises_no_doubt(note):
    assert answer(note) == (None, "none", 0, 0)


@pytest.mark.parametrize("word", ["xylorhm", "rhmbd", "qzt"])
def test_an_unknown_word_where_a_muscle_stands_may_be_one(word):
    note = "Trigger point injections: left trapezius, left levator scapulae and left {}, 1 mL 1% lidocaine each."
    assert answer(note.format(word)) == ("20552", "review", 2, 3)
    assert answer(note.format("infraspinatus")) == ("20553", "supported", 3, 3)


def test_plain_words_behind_a_side_are_no_muscles():
    note = "Trigger points in the trapezius and rhomboid on the left were injected with 1 mL of 1% lidocaine in the left lateral position."
    assert answer(note) == ("20552", "supported", 2, 2)


def test_fewer_sites_than_muscles_cannot_be():
    note = "Trigger point injections: right trapezius, right rhomboid, right levator scapulae. A total of two sites were injected with 1% lidocaine."
    code, status, low, high = answer(note)
    assert (code, status) == ("20552", "review")
    assert (low, high) == (2, 3)


def test_what_a_later_clause_refuses_was_only_listed():
    note = "Procedure: TPI. Areas marked: L trapezius, L levator scapulae, L rhomboid. Lidocaine 1%, 0.5 cc/site. Pt felt faint so the rhomboid was skipped."
    assert answer(note) == ("20552", "supported", 2, 2)


FLOWSHEET = """TRIGGER POINT INJECTION LOG
Muscle            01/15/25     02/12/25     03/12/25 {now}
R trapezius       1 mL         1 mL         -
R levator scap    1 mL         -            1 mL
R rhomboid        1 mL         1 mL         1 mL
L trapezius       -            1 mL         -
Agent: 1% lidocaine."""


@pytest.mark.parametrize("now", ["(today)", ""])
def test_of_a_flowsheet_only_the_column_of_the_visit_counts(now):
    result = extract(FLOWSHEET.format(now=now))
    assert [(muscle.id, muscle.sides) for muscle in result.muscles] == [("levator_scapulae", ["right"]), ("rhomboids", ["right"])]
    assert str(result.date_of_service) == "2025-03-12"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param("Trapezius: Left [x] Right [ ]\nLevator scapulae: Left [x] Right [ ]\nRhomboids: Left [ ] Right [ ]\nTPI performed with 1% lidocaine, 1 mL per muscle.", {"trapezius", "levator_scapulae"}, id="boxes behind sides"),
        pytest.param("Trigger point inj L SCM [ ] L trap [X] L lev scap [X] L splenius [ ] lido 1% 2cc", {"trapezius", "levator_scapulae"}, id="boxes behind names"),
        pytest.param("PROCEDURE: TPI\nTrapezius R +, L -\nLevator scapulae R +, L -\nInfraspinatus R -, L -\n0.5 mL 1% lido at each", {"trapezius", "levator_scapulae"}, id="signs behind sides"),
    ],
)
def test_marks_behind_their_words(form, expected):
    result = extract(form)
    assert {muscle.id for muscle in result.muscles} == expected
    assert all(len(muscle.sides) == 1 for muscle in result.muscles)


def test_needling_without_a_drug_is_dry_needling():
    assert answer("Needling note. Pt agreed to DN. Lt gastroc med head x2, Lt soleus x2, Lt tib post x1. LTR all.")[:2] == ("20561", "supported")


def test_atrial_fibrillation_is_no_needle_study():
    note = "Atrial fibrillation on apixaban. Procedure: trigger point injections of the left trapezius and left rhomboid, 1 mL 1% lidocaine each."
    assert answer(note)[:2] == ("20552", "supported")
