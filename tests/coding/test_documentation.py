"""The auditor's checklist, the diagnoses and the findings about the injected sites."""

from __future__ import annotations

import pytest

from extractor.coding import decide, load_policy
from extractor.models import Diagnosis, Doubt, Finding, StatedCode

from .build import area, elements, muscles, record, words

FULL = ("exam-taut-band", "exam-twitch-response", "prior-treatment-failed", "pain-history", "diagnosis", "pain-before",
        "relief-after", "consent", "technique", "injection-count", "initial-session", "plan-therapy")  # fmt: skip


def found(made, policy="cpt", **settings):
    return {item.id: item for item in decide(made, load_policy(policy, settings)).findings}


def test_a_complete_note_misses_nothing():
    made = record("left trapezius", documentation=elements(*FULL), day="2024-05-01")
    ids = set(found(made, "medicare-noridian-je"))
    assert ids == {"documentation-found"}


EXAM = [
    # elements, policy, whether the examination is said to be missing
    ((), "cpt", True),
    (("trigger-point-exam",), "cpt", False),
    (("exam-taut-band",), "cpt", False),
    (("exam-taut-band",), "medicare-cgs", True),
    (("trigger-point-exam",), "medicare-cgs", True),
    (("exam-taut-band", "exam-focal-tenderness"), "medicare-cgs", False),
]


@pytest.mark.parametrize(("ids", "policy", "missing"), EXAM)
def test_the_examination_needs_as_many_findings_as_the_policy_says(ids, policy, missing):
    made = record("left trapezius", documentation=elements(*ids), day="2024-05-01")
    assert ("trigger-point-exam-missing" in found(made, policy)) is missing


@pytest.mark.parametrize(("policy", "severity"), [("cpt", "info"), ("medicare-ngs", "warning"), ("anthem", "warning")])
def test_absence_is_a_warning_where_the_payer_would_write_it_up(policy, severity):
    made = record("left trapezius", day="2024-07-01")
    assert found(made, policy)["prior-treatment-missing"].severity == severity


def test_absence_is_never_told_as_not_done():
    for item in found(record("left trapezius")).values():
        assert "not done" not in item.text
        if item.id.endswith("-missing") or item.id == "documentation-not-found":
            assert "found in this note" in item.text or "not found" in item.text


def test_what_is_present_comes_with_its_words():
    made = record("left trapezius", documentation=elements("consent", "pain-before"))
    assert [item.text for item in found(made)["documentation-found"].evidence] == ["consent", "pain-before"]


NECESSITY = [((), True), (("diagnosis",), False), (("pain-history",), False), (("prior-treatment",), False)]


@pytest.mark.parametrize(("ids", "missing"), NECESSITY)
def test_a_reason_for_the_procedure_is_looked_for(ids, missing):
    assert ("necessity-not-documented" in found(record("left trapezius", documentation=elements(*ids)))) is missing


REPEAT = [
    # values, part of the text (None: nothing to say)
    ({"response_to_earlier": 70, "response_duration": 8, "function_improved": None}, None),
    ({"response_to_earlier": 40, "response_duration": 8, "function_improved": None}, "the note gives 40%"),
    ({"response_to_earlier": 70, "response_duration": 3, "function_improved": None}, "the note gives 3"),
    ({}, "better function"),
]


@pytest.mark.parametrize(("values", "text"), REPEAT)
def test_a_repeated_session_needs_the_relief_of_the_earlier_one(values, text):
    made = record("left trapezius", documentation=elements("repeat-session", **values), day="2024-05-01")
    finding = found(made, "medicare-palmetto").get("repeat-not-documented")
    assert (finding is None) if text is None else (finding is not None and text in finding.text)
    assert "repeat-not-documented" not in found(made)


@pytest.mark.parametrize(("count", "policy", "exceeded"), [(3, "medicare-cgs", False), (4, "medicare-cgs", True), (9, "cpt", False)])
def test_sessions_are_held_against_the_limit(count, policy, exceeded):
    made = record("left trapezius", documentation=elements(session_count=count), day="2024-05-01")
    assert ("frequency-exceeded" in found(made, policy)) is exceeded


REGIONS = [
    ("left trapezius; left levator_scapulae", True),
    ("left splenius_capitis; left semispinalis_capitis", False),
    ("left splenius_capitis; left quadratus_lumborum", True),
    ("left quadratus_lumborum; left gluteus_medius", False),
    ("left paraspinals @ C3-C4, L4-L5", True),
]


@pytest.mark.parametrize(("sites", "several"), REGIONS)
def test_one_region_a_session(sites, several):
    made = record(sites, day="2024-05-01")
    assert ("more-than-one-region" in found(made, "medicare-cgs")) is several
    assert "more-than-one-region" not in found(made)


GUIDANCE = [("ultrasound", "76942"), ("fluoroscopy", "77002"), ("ct", "77012"), ("emg", "EMG")]


@pytest.mark.parametrize(("kind", "text"), GUIDANCE)
def test_guidance_is_reported_with_what_its_record_lacks(kind, text):
    finding = found(record("left trapezius", guidance=kind))["guidance-documented"]
    assert text in finding.text
    assert "a stored image" in finding.text


def test_sedation_is_reported():
    assert found(record("left trapezius", sedation=True))["sedation-documented"].severity == "warning"


STATUS = [("planned", "planned-not-performed"), ("historical", "historical-only"), ("declined", "declined")]


@pytest.mark.parametrize(("status", "name"), STATUS)
def test_what_was_not_performed_has_no_code_and_says_why(status, name):
    decided = decide(record(status=status, drugs=[], examined=muscles("left trapezius")))
    assert [(item.id, item.severity) for item in decided.findings] == [(name, "info")]
    decision = decided.decision
    assert (decision.status, decision.code, decision.units, decision.query) == ("none", None, 0, None)
    assert (decision.muscle_count.low, decision.muscle_count.high) == (0, 0)
    assert [item.rule for item in decision.reasons] == ["only-this-encounter"]


def test_a_note_without_the_procedure_says_nothing_of_documentation():
    assert decide(record(status="absent", kind=None, drugs=[])).findings == []


SITES = [
    (record("- trapezius"), "side-not-stated", "warning"),
    (record("left paraspinals"), "group-not-muscle", "warning"),
    (record("left rotator_cuff x1; left supraspinatus"), "group-not-muscle", "info"),
    (record("left rotator_cuff; left supraspinatus"), "group-not-muscle", "warning"),
    (record(areas=[area("low back")]), "muscle-not-named", "warning"),
    (record("left trapezius", doubts=[Doubt(reason="assertion", text="?")]), "unclear-mention", "warning"),
    (record("left trapezius", documentation=elements("not-trigger-point")), "unclear-mention", "error"),
    (record("left trapezius", stated_codes=[StatedCode(code="20553")]), "stated-code", "info"),
]


@pytest.mark.parametrize(("made", "name", "severity"), SITES)
def test_injected_sites_have_their_findings(made, name, severity):
    assert found(made)[name].severity == severity


def test_a_muscle_with_its_side_and_code_has_no_findings_about_sites():
    made = record("left trapezius", stated_codes=[StatedCode(code="20552")])
    assert not {"side-not-stated", "group-not-muscle", "muscle-not-named", "stated-code"} & set(found(made))


def test_findings_of_the_reading_are_passed_on_and_errors_force_review():
    template = Finding(id="unfilled-template", severity="error", text="The side is empty.", evidence=words("[side]"))
    decided = decide(record("left trapezius", findings=[template]))
    assert decided.findings[0] == template
    assert decided.decision.status == "review"
    assert decided.decision.query is not None and "The side is empty." in decided.decision.query


def test_findings_come_in_order_of_severity():
    made = record("left+right paraspinals; - trapezius", drugs=["onabotulinumtoxin_a 5 units"], sedation=True)
    severities = [item.severity for item in decide(made).findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


DIAGNOSES = [
    # codes, date, policy, findings
    (["M79.18"], "2024-05-01", "medicare-cgs", set()),
    (["m7918"], "2024-05-01", "medicare-cgs", set()),
    (["M54.2"], "2024-05-01", "medicare-cgs", {"diagnosis-not-supporting"}),
    (["M54.2"], "2024-03-31", "medicare-cgs", set()),
    (["M54.2"], "2024-05-01", "cpt", set()),
    (["M54.2", "M79.12"], "2024-05-01", "medicare-cgs", set()),
    (["M79.1"], "2018-09-30", "cpt", set()),
    (["M79.1"], "2018-10-01", "cpt", {"diagnosis-not-valid"}),
    (["M79.18"], "2018-09-30", "cpt", {"diagnosis-not-valid"}),
    (["M54.5"], "2021-09-30", "cpt", set()),
    (["M54.5"], "2021-10-01", "cpt", {"diagnosis-not-valid"}),
    (["M79.18", "M62.838"], "2024-05-01", "cpt", {"diagnosis-conflict"}),
    (["M79.18", "M79.7"], "2024-05-01", "cpt", {"diagnosis-conflict"}),
    (["M79.18", "M60.811"], "2024-05-01", "cpt", {"diagnosis-conflict"}),
    (["M62.838", "R25.2"], "2024-05-01", "cpt", {"diagnosis-conflict"}),
    (["M79.18", "M54.2"], "2024-05-01", "cpt", set()),
    (["Z99.99"], "2024-05-01", "cpt", set()),
    (["729.1"], "2014-05-01", "cpt", set()),
]


@pytest.mark.parametrize(("codes", "day", "policy", "expected"), DIAGNOSES)
def test_stated_diagnoses_are_judged_by_date_and_policy(codes, day, policy, expected):
    made = record("left trapezius", day=day, diagnoses=[Diagnosis(code=code) for code in codes])
    assert {name for name in found(made, policy) if name.startswith("diagnosis-")} == expected
