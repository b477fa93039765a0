"""Encounters and what is found about them: small notes through the real extractor, and what was billed."""

from __future__ import annotations

import re
from datetime import date

import pytest

from extractor.coding.claims import RANKS
from extractor.coding.explain import find_rule
from extractor.coding.rules import load_rules

from .build import (
    BILATERAL,
    DECLINED,
    HISTORICAL,
    KENALOG,
    KNEE,
    NEEDLING,
    ONE,
    PARASPINAL,
    PLANNED,
    THREE,
    TWO,
    check,
    ids,
)

LCD = "medicare-noridian-je"
SEPARATE = "The patient was also evaluated for a significant, separately identifiable problem: new left knee swelling.\n"
SCHEDULED = "Patient presents for scheduled trigger point injections only.\n"
GUIDED = THREE.replace("inject 1", "inject under ultrasound guidance 1")
OCCIPITAL = THREE + "\nGreater occipital nerve block, right: 2 mL of 0.25% bupivacaine was injected at the right greater occipital nerve.\n"
B12 = THREE.replace("Tolerated", "Vitamin B12 1000 mcg was added to the syringe.\nTolerated")
PRP = "Trigger point injections with platelet-rich plasma: 2 mL of PRP was injected into the left trapezius.\n"
WASTE = KENALOG + "Kenalog 80 mg single-dose vial: 40 mg injected, 40 mg wasted.\n"

ELSEWHERE = "Follow-up for neck pain. Trigger point injections of the left trapezius were performed by Dr. Welby at another clinic last week.\n"
SACROILIAC = "Right sacroiliac joint injection. No imaging was used. 2 mL of 1% lidocaine was injected into the right sacroiliac joint.\n"

CLEAN = [
    ("as billed, small", ONE, "20552"),
    ("two muscles", TWO, "20552 x1 $50 M79.18"),
    ("three muscles", THREE, "20553"),
    ("three muscles under a contractor", THREE, "20553 x1 $60 M79.18"),
    ("a drug in its units", KENALOG, "20553; J3301 x4"),
    ("a visit beside its injection", [THREE, SEPARATE], "20553; 99213-25"),
    ("guidance as documented, apart from its record", GUIDED + "An image was stored. Ultrasound was needed because of body habitus. Interpretation: needle tip in the muscle.", "20553; 76942"),
    ("another injection at another site", OCCIPITAL, "20553; 64405-59"),
    ("needling", NEEDLING, "20561"),
    ("a visit without injections", PLANNED, "99213"),
    ("a drug that another injection took", [THREE, KNEE], "20553-59; 20610; J3301 x4"),
    ("a visit by somebody else", THREE, "20553 @A; 99213 @B"),
    ("two notes of one session", [TWO, THREE], "20553"),
    ("the visit's note beside the procedure's", [PLANNED, TWO], "20552"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "billed"), [case[1:] for case in CLEAN], ids=[case[0] for case in CLEAN])
@pytest.mark.parametrize("policy", ["cpt"])
def test_nothing_is_written_up_about_a_clean_claim(texts, billed, policy):
    assert [item for item in ids(check(texts, billed, policy=policy)) if item.split(":")[1] != "info"] == []


def test_a_clean_claim_under_a_contractors_policy():
    assert ids(check(THREE, "20553 x1 M79.18", policy=LCD)) == []


CASES = [
    # the code
    (TWO, "20553", {}, ["code-not-supported:error:20553"]),
    (ONE, "20553", {}, ["code-not-supported:error:20553"]),
    (BILATERAL, "20553", {}, ["code-needs-review:warning:20553"]),
    (BILATERAL, "20553", {"laterality": "by-name"}, ["code-not-supported:error:20553"]),
    (BILATERAL, "20553", {"laterality": "by-side"}, []),
    (BILATERAL, "20552", {}, ["code-needs-review:info:20552"]),
    (BILATERAL, "20552", {"laterality": "by-side"}, ["code-too-low:warning:20552"]),
    (PARASPINAL, "20553", {}, ["code-needs-review:warning:20553"]),
    (THREE, "20552", {}, ["code-too-low:warning:20552"]),
    (PLANNED, "20552", {}, ["procedure-not-documented:error:20552"]),
    (DECLINED, "20553", {}, ["procedure-not-documented:error:20553"]),
    (HISTORICAL, "20553", {}, ["procedure-not-documented:error:20553"]),
    (KNEE, "20552", {}, ["procedure-not-documented:error:20552"]),
    (ELSEWHERE, "20553", {}, ["procedure-not-documented:error:20553"]),
    (SACROILIAC, "20552", {}, []),
    (SACROILIAC, "20553", {}, ["code-not-supported:error:20553"]),
    (NEEDLING, "20553", {}, ["code-not-supported:error:20553"]),
    (NEEDLING, "20560", {}, ["code-too-low:warning:20560"]),
    (THREE, "20561", {}, ["code-not-supported:error:20561"]),
    ([], "20553", {}, ["note-missing:warning:20553"]),
    ([], "99213", {}, ["note-missing:info:99213"]),
    (THREE, "", {}, ["claim-missing:info"]),
    (PLANNED, "", {}, []),
    (THREE, "99213", {}, ["code-too-low:warning"]),
    (BILATERAL, "99213", {}, ["code-needs-review:info"]),
    # units, both codes
    (THREE, "20553 x2", {}, ["units-not-one:error:20553"]),
    (THREE, "20553; 20553", {}, ["units-not-one:error:20553"]),
    (THREE, "20553 x0", {}, ["units-not-one:warning:20553"]),
    (THREE, "20553; 20552", {}, ["mutually-exclusive-codes:error:20552"]),
    (TWO, "20553; 20552", {}, ["code-not-supported:error:20553", "mutually-exclusive-codes:error:20552"]),
    (GUIDED, "20553; 76942 x3", {}, ["guidance-record-missing:info:76942", "units-not-one:error:76942"]),
    # modifiers
    (THREE, "20553-50", {}, ["modifier-50:error:20553"]),
    (THREE, "20553-RT", {}, ["modifier-unsupported:warning:20553"]),
    (THREE, "20553-LT", {}, ["modifier-unsupported:info:20553"]),
    (THREE, "20553-LT", {"lt_rt": "add"}, []),
    (THREE, "20553", {"lt_rt": "add"}, ["modifier-missing:info:20553"]),
    (THREE, "20553-76", {}, ["modifier-unsupported:warning:20553"]),
    (THREE, "20553-77", {"repeat_same_day": "allowed"}, ["modifier-unsupported:warning:20553"]),
    (THREE, "20553-59", {}, ["modifier-unsupported:warning:20553"]),
    (THREE, "20553-XS", {}, ["modifier-unsupported:warning:20553"]),
    (THREE, "20553-25", {}, ["modifier-unsupported:warning:20553"]),
    ([THREE, SEPARATE], "20553; 99213", {}, ["modifier-missing:warning:99213"]),
    ([THREE, SEPARATE], "20553; 99203", {}, ["modifier-missing:warning:99203"]),
    (THREE, "20553; 99213-25", {}, ["modifier-unsupported:info:99213"]),
    (SCHEDULED + THREE, "20553; 99213-25", {}, ["modifier-unsupported:warning:99213"]),
    (OCCIPITAL, "20553; 64405", {}, ["modifier-missing:warning:64405"]),
    (THREE, "20553; 64405-59", {}, ["modifier-unsupported:warning:64405"]),
    ([THREE, KNEE], "20553; 20610", {}, ["modifier-missing:warning:20553"]),
    (THREE, "20553; 64486", {}, ["mutually-exclusive-codes:error:64486"]),
    # anesthesia and guidance
    (THREE, "20553; 01992", {}, ["anesthesia-billed:error:01992"]),
    (THREE, "20553; 00300", {}, ["anesthesia-billed:error:00300"]),
    (THREE, "20553; 99156", {}, ["anesthesia-billed:error:99156"]),
    (THREE, "20553; 99152", {}, ["anesthesia-billed:warning:99152"]),
    (THREE, "20553; 76942", {}, ["procedure-not-documented:warning:76942"]),
    (THREE, "20553; 77002", {}, ["procedure-not-documented:warning:77002"]),
    (GUIDED, "20553; 76942", {"guidance": "not-covered"}, ["guidance-not-covered:warning:76942"]),
    # drugs
    (KENALOG, "20553; J3301 x8", {}, ["drug-units-mismatch:warning:J3301"]),
    (KENALOG, "20553; J3301 x1", {}, ["drug-units-mismatch:warning:J3301"]),
    (KENALOG, "20553; J3301 x2; J3301 x2", {}, []),
    (KENALOG, "20553", {}, ["drug-not-billed:info"]),
    (THREE, "20553; J3301 x4", {}, ["drug-not-documented:warning:J3301"]),
    (THREE, "20553; J1030 x1", {}, ["drug-not-documented:warning:J1030", "drug-units-mismatch:warning:J1030"]),
    (THREE, "20553; J2001 x3", {}, ["drug-not-documented:warning:J2001"]),
    (KENALOG, "20553; J3301 x4; J3301-JW x4", {}, ["modifier-unsupported:warning:J3301"]),
    (WASTE, "20553; J3301 x4; J3301-JW x4", {}, []),
    (WASTE, "20553; J3301 x4; J3301-JW x9", {}, ["drug-units-mismatch:warning:J3301"]),
    (WASTE, "20553; J3301-JZ x4", {}, ["modifier-unsupported:warning:J3301"]),
    (WASTE, "20553; J3301 x4", {"policy": "medicare"}, ["modifier-missing:warning:J3301"]),
    (B12, "20553; J3420 x1", {}, ["denied-substance-billed:warning:J3420"]),
    (B12, "20553 M79.18", {"policy": LCD}, ["denied-substance-billed:warning:20553"]),
    (PRP, "20552", {}, ["denied-substance-billed:warning:20552"]),
    # diagnoses
    (THREE, "20553 M54.2", {"policy": LCD}, ["diagnosis-not-supporting:warning:20553"]),
    (THREE, "20553 M54.2+M79.18", {"policy": LCD}, []),
    (THREE, "20553 M79.1", {}, ["diagnosis-not-supporting:warning:20553"]),
    (THREE, "20553 M79.18+M62.830", {}, ["diagnosis-not-supporting:warning:20553"]),
    (THREE, "20553 M79.18+M79.7", {}, ["diagnosis-not-supporting:warning:20553"]),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "billed", "settings", "expected"), CASES)
def test_what_is_found(texts, billed, settings, expected):
    assert ids(check(texts, billed, **settings)) == expected


EVERY = [check(texts, billed, **settings) for texts, billed, settings, _ in CASES]


def test_every_finding_says_what_would_resolve_it_and_on_what_it_rests():
    for flags in EVERY:
        for item in (found.finding for found in flags):
            assert item.resolution.endswith((".", "?")) and item.text.endswith((".", "?"))
            assert item.rule in load_rules() and item.source and re.fullmatch(r"(\d{4}-\d\d-\d\d|\.\.)/(\d{4}-\d\d-\d\d|\.\.)", item.effective)
            assert find_rule(item.id).sources


def test_the_tone_is_neutral():
    words = " ".join(f"{item.finding.text} {item.finding.resolution}" for flags in EVERY for item in flags).casefold()
    for word in ("fraud", "abuse", "false", "wrong", "improper", "violat", "upcod", "must have", "illegal", "fail"):
        assert word not in words


@pytest.mark.parametrize("name", RANKS)
def test_every_finding_can_be_explained(name):
    assert find_rule(name).sources


def test_the_evidence_is_the_notes_own_words():
    (flag,) = check(TWO, "20553")
    assert [words.text for words in flag.finding.evidence] == ["left upper trapezius", "left levator scapulae"]
    assert all(TWO[words.start : words.end] == words.text for words in flag.finding.evidence)
    assert flag.finding.note_id == "note0"


def test_too_few_muscles_are_named_one_by_one():
    (flag,) = check(TWO, "20553")
    assert "names two muscles as injected: left trapezius and left levator scapulae. It does not name a third muscle." in flag.finding.text
    (flag,) = check(ONE, "20553")
    assert "names one muscle as injected: left trapezius. It does not name a second or a third muscle." in flag.finding.text


def test_an_unsettled_code_carries_the_question_to_the_provider():
    (flag,) = check(PARASPINAL, "20553")
    assert "neutral question" in flag.finding.resolution and "collective name" in flag.finding.text
    assert flag.stake is None


def test_units_are_those_of_the_date():
    depo = KENALOG.replace("Kenalog", "Depo-Medrol")
    assert ids(check(depo, "20553; J1030 x1", day=date(2024, 3, 31))) == []
    assert ids(check(depo, "20553; J1020 x2", day=date(2024, 3, 31))) == []
    assert ids(check(depo, "20553; J1040 x1", day=date(2024, 3, 31))) == []  # the dose rounded up to the billed unit
    assert ids(check(depo, "20553; J1010 x40", day=date(2024, 4, 1))) == []
    assert ids(check(depo, "20553; J1030 x1", day=date(2024, 4, 1))) == ["drug-units-mismatch:warning:J1030"]
    assert "J1010" in check(depo, "20553; J1030 x1", day=date(2024, 4, 1))[0].finding.text


def test_a_rule_that_did_not_hold_yet_is_not_applied():
    assert ids(check(THREE, "20553 M54.2", policy=LCD, day=date(2024, 3, 31))) == []
    assert ids(check(THREE, "20553 M79.1", day=date(2018, 9, 30))) == []


def test_notes_read_under_another_policy_are_counted_again():
    assert ids(check(BILATERAL, "20553", read_under="cpt", laterality="by-side")) == []
    assert ids(check(BILATERAL, "20553", read_under="cpt", laterality="by-name")) == ["code-not-supported:error:20553"]
    assert ids(check(PARASPINAL, "20553", read_under="cpt", groups="one")) == ["code-not-supported:error:20553"]


def test_muscles_of_two_notes_of_one_session_are_counted_together():
    right = ONE.replace("left upper trapezius", "right rhomboid major")
    assert ids(check([TWO, right], "20553")) == []
    assert ids(check([TWO, ONE], "20553")) == ["code-not-supported:error:20553"]
