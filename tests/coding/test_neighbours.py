"""Other procedures, modifiers and what the policy says of them."""

from __future__ import annotations

import pytest

from extractor.coding import decide, load_policy

from .build import elements, other, record

KINDS = ["joint_injection", "sacroiliac_joint_injection", "bursa_injection", "tendon_sheath_injection", "tendon_origin_injection", "ligament_injection", "carpal_tunnel_injection", "ganglion_injection", "greater_occipital_nerve_block", "lesser_occipital_nerve_block", "occipital_nerve_block", "peripheral_nerve_block", "intercostal_nerve_block", "suprascapular_nerve_block", "trigeminal_nerve_block", "stellate_ganglion_block", "sphenopalatine_ganglion_block", "pudendal_nerve_block", "ilioinguinal_nerve_block", "epidural_injection", "transforaminal_epidural_injection", "facet_joint_injection", "medial_branch_block", "radiofrequency_ablation", "thoracic_paravertebral_block", "tap_block", "fascial_plane_block", "chemodenervation", "chemodenervation_migraine", "prp_injection", "prolotherapy", "acupuncture", "dry_needling", "intramuscular_injection", "vaccination", "emg_study", "ultrasound_guidance", "fluoroscopic_guidance", "spinal_cord_stimulation", "baclofen_pump", "botulinum_cosmetic", "lidocaine_infusion", "evaluation_and_management", "physical_therapy", "surgery", "biopsy", "aspiration", "scar_injection", "skin_infiltration", "subcutaneous_injection", "neuroma_injection", "plantar_fascia_injection", "manipulation"]
APART = {"evaluation_and_management": "separate-evaluation-documented", "ultrasound_guidance": "guidance-documented",
         "fluoroscopic_guidance": "guidance-documented"}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_procedure_is_reported_and_known(kind):
    made = record("left trapezius", other_procedures=[other(kind)])
    found = [item for item in decide(made).findings if item.id == APART.get(kind, "other-procedure")]
    assert len(found) == 1
    assert "no code family is known" not in found[0].text
    assert found[0].evidence


PAIRS = [
    ("joint_injection", "column 1 to 20552/20553, indicator 1"),
    ("tendon_sheath_injection", "column 1 to 20552/20553, indicator 1"),
    ("greater_occipital_nerve_block", "column 2 to 20552/20553, indicator 1"),
    ("tap_block", "indicator 0; no modifier bypasses"),
    ("epidural_injection", "no pair"),
    ("chemodenervation", "column 1 to 20552/20553"),
    ("fascial_plane_block", "not seen"),
]


@pytest.mark.parametrize(("kind", "text"), PAIRS)
def test_the_ncci_pair_is_named(kind, text):
    made = record("left trapezius", other_procedures=[other(kind)])
    assert text in next(item.text for item in decide(made).findings if item.id == "other-procedure")


def test_planned_and_historical_procedures_are_not_neighbours():
    made = record("left trapezius", other_procedures=[other("joint_injection", status="planned"),
                                                      other("epidural_injection", status="historical")])  # fmt: skip
    assert "other-procedure" not in {item.id for item in decide(made).findings}


def test_without_a_trigger_point_injection_no_pair_is_told():
    made = record(status="absent", kind=None, drugs=[], other_procedures=[other("joint_injection")])
    assert "NCCI" not in " ".join(item.text for item in decide(made).findings)


def test_dry_needling_beside_a_block_has_no_bypass():
    made = record("left trapezius", kind="dry_needling", drugs=[], other_procedures=[other("facet_joint_injection")])
    decided = decide(made)
    assert "no modifier bypasses" in next(item.text for item in decided.findings if item.id == "other-procedure")
    assert ("59", "never") in {(item.modifier, item.advice) for item in decided.decision.modifiers}


def test_a_contractor_that_covers_no_other_block_says_so():
    made = record("left trapezius", other_procedures=[other("greater_occipital_nerve_block")], day="2024-05-01")
    finding = next(item for item in decide(made, load_policy("medicare-cgs")).findings if item.id == "other-procedure")
    assert finding.severity == "warning"
    assert "does not cover another block" in finding.text


SACROILIAC = [
    # guidance, setting, code, part of the text
    ("none", "tpi", "20552", "20552"),
    ("none", "none", None, "gives no code"),
    (None, "tpi", None, "does not say whether"),
    ("fluoroscopy", "tpi", None, "27096 includes"),
    ("ultrasound", "tpi", None, "27096 needs"),
]


@pytest.mark.parametrize(("guidance", "setting", "code", "text"), SACROILIAC)
def test_the_sacroiliac_joint_without_imaging(guidance, setting, code, text):
    joint = other("sacroiliac_joint_injection", guidance=guidance)
    made = record(status="absent", kind=None, drugs=[], other_procedures=[joint])
    decided = decide(made, load_policy("cpt", {"sacroiliac_without_imaging": setting}))
    assert decided.decision.code == code
    assert decided.decision.status == ("supported" if code else "none")
    assert text in next(item.text for item in decided.findings if item.id == "other-procedure")


def test_the_sacroiliac_joint_adds_no_muscle_to_trigger_points():
    joint = other("sacroiliac_joint_injection", guidance="none")
    decision = decide(record("left trapezius; left soleus", other_procedures=[joint])).decision
    assert (decision.code, decision.muscle_count.high) == ("20552", 2)


def modifiers(made, policy="cpt", **settings):
    return {(item.modifier, item.advice) for item in decide(made, load_policy(policy, settings)).decision.modifiers}


MODIFIERS = [
    # a record, settings, advice
    (record("left trapezius"), {}, set()),
    (record("left+right trapezius"), {}, {("50", "never")}),
    (record("left trapezius; right soleus"), {}, {("50", "never")}),
    (record("left trapezius"), {"lt_rt": "add"}, {("LT", "use")}),
    (record("right trapezius; right soleus"), {"lt_rt": "add"}, {("RT", "use")}),
    (record("left+right trapezius"), {"lt_rt": "add"}, {("50", "never")}),
    (record("- trapezius"), {"lt_rt": "add"}, set()),
    (record("- trapezius", documentation=elements("separate-evaluation")), {}, {("25", "consider")}),
    (record("- trapezius", other_procedures=[other("evaluation_and_management")]), {}, {("25", "consider")}),
    (record("- trapezius", documentation=elements("scheduled-procedure-only")), {}, {("25", "never")}),
    (record("- trapezius", other_procedures=[other("bursa_injection")]), {}, {("59", "consider"), ("51", "consider")}),
    (record("- trapezius", other_procedures=[other("bursa_injection")]), {"distinct_modifier": "XS"},
     {("XS", "consider"), ("51", "consider")}),
    (record("- trapezius", other_procedures=[other("tap_block")]), {}, {("59", "never"), ("51", "consider")}),
    (record("- trapezius", other_procedures=[other("epidural_injection")]), {}, set()),
    (record("- trapezius", documentation=elements("repeat-same-day")), {}, {("76", "never"), ("77", "never")}),
    (record("- trapezius", documentation=elements("repeat-same-day")), {"repeat_same_day": "allowed"},
     {("76", "consider"), ("77", "consider")}),
    (record("- trapezius", status="planned"), {}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("made", "settings", "expected"), MODIFIERS)
def test_modifiers_are_advised_only_where_the_note_makes_them_a_question(made, settings, expected):
    assert modifiers(made, **settings) == expected


def test_notices_are_medicares():
    made = record("- trapezius", drugs=["platelet_rich_plasma 2 mL"], day="2024-05-01")
    assert ("GZ", "consider") in modifiers(made, "medicare-wps")
    assert ("GZ", "consider") not in modifiers(made, "evicore")
    with_notice = made.model_copy(update={"documentation": elements("abn")})
    assert ("GA", "consider") in modifiers(with_notice, "medicare-wps")
    prolotherapy = made.model_copy(update={"other_procedures": [other("prolotherapy")]})
    assert ("GY", "consider") in modifiers(prolotherapy, "medicare-wps")


def test_every_advice_has_a_source():
    made = record("left+right trapezius", other_procedures=[other("bursa_injection"), other("tap_block")],
                  documentation=elements("separate-evaluation", "repeat-same-day"))  # fmt: skip
    assert all(item.source for item in decide(made).decision.modifiers)
