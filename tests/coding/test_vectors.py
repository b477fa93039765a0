"""The worked vectors V01 to V41 of the facts dossier, as records."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from extractor.coding import decide, load_policy
from extractor.models import Record, StatedCode

from .build import area, elements, other, record


class Vector(NamedTuple):
    """One vector: what is expected of its record under the policy ``cpt`` with some settings."""

    record: Record
    code: str | None
    status: str
    settings: Mapping[str, str] = MappingProxyType({})
    findings: tuple[str, ...] = ()
    note: str = ""


_JOINT = {"kind": "sacroiliac_joint_injection"}

VECTORS: dict[str, Vector] = {
    "V01": Vector(record("left multifidus @ L5"), "20552", "supported"),
    "V02": Vector(record("left multifidus; left trapezius; right levator_scapulae"), "20553", "supported"),
    "V03": Vector(record("left trapezius [thoracic]; left rhomboids; left supraspinatus"), "20553", "supported"),
    "V04": Vector(
        record("left trapezius; left rhomboids; - supraspinatus"), "20553", "supported", findings=("side-not-stated",)
    ),
    "V05": Vector(record("left+right trapezius"), "20552", "supported"),
    "V05 by name": Vector(record("left+right trapezius"), "20552", "supported", {"laterality": "by-name"}),
    "V06": Vector(
        record("left+right trapezius; left+right levator_scapulae"),
        "20552", "review", findings=("count-depends-on-side",),
    ),
    "V06 by side": Vector(
        record("left+right trapezius; left+right levator_scapulae"), "20553", "supported", {"laterality": "by-side"}
    ),
    "V06 by name": Vector(
        record("left+right trapezius; left+right levator_scapulae"), "20552", "supported", {"laterality": "by-name"}
    ),
    "V07": Vector(
        record("left+right paraspinals [cervical]"), "20552", "review", findings=("group-not-muscle",)
    ),
    "V08": Vector(record("left+right splenius_capitis"), "20552", "supported"),
    "V09": Vector(record("- quadratus_lumborum x3"), "20552", "supported"),
    "V10": Vector(record("- longissimus x1; - multifidus x1; - iliocostalis x1"), "20553", "supported"),
    "V11": Vector(
        record(day="2002-06-01", areas=[
            area("left shoulder", 2, region="shoulder", sides=["left"]), area("cervical", 1, region="neck"),
            area("thoracic", 2, region="upper_back"),
        ]),
        "20553", "supported", findings=("code-not-in-force",),
    ),
    "V11 later": Vector(
        record(day="2003-06-01", areas=[
            area("left shoulder", 2, region="shoulder", sides=["left"]), area("cervical", 1, region="neck"),
            area("thoracic", 2, region="upper_back"),
        ]),
        None, "review", findings=("muscle-not-named",), note="areas prove no muscle",
    ),
    "V12": Vector(
        record("- splenius_capitis; right biceps_femoris; right soleus; right tibialis_anterior", day="2002-06-01"),
        "20552", "supported",
    ),
    "V13": Vector(
        record("- splenius_capitis; right biceps_femoris; right soleus; right tibialis_anterior", day="2003-06-01"),
        "20553", "supported",
    ),
    "V14": Vector(record("- trapezius x3"), "20552", "supported"),
    "V15": Vector(record("- trapezius x3; - supraspinatus x2; - paraspinals x2"), "20553", "supported"),
    "V16": Vector(
        record("- splenius_capitis; - semispinalis_capitis; - sternocleidomastoid"), "20553", "supported"
    ),
    "V17": Vector(
        record(
            "- trapezius; - soleus; - piriformis; - masseter",
            stated_codes=[StatedCode(code="20550")],
        ),
        "20553", "supported", findings=("stated-code",),
    ),
    "V18": Vector(
        record("left+right trapezius", day="1999-06-01"), None, "review", findings=("code-not-in-force",)
    ),
    "V19": Vector(
        record("- rhomboid_major; - rhomboid_minor; - levator_scapulae", drugs=["bupivacaine 8 mL"]),
        "20553", "supported",
    ),
    "V20": Vector(record("right trapezius; right rhomboid_major"), "20552", "supported"),
    "V21": Vector(record("right trapezius; right rhomboid_major; right levator_scapulae"), "20553", "supported"),
    "V22": Vector(record("- trapezius x6; - levator_scapulae x3"), "20552", "supported"),
    "V23": Vector(
        record(
            "left trapezius; left soleus; left masseter", documentation=elements("scheduled-procedure-only")
        ),
        "20553", "supported",
    ),
    "V24": Vector(
        record("left trapezius", drugs=[], documentation=elements("no-injectate")), "20560", "supported"
    ),
    "V25": Vector(
        record("left trapezius; left soleus; left masseter", drugs=[], kind="dry_needling"), "20561", "supported"
    ),
    "V26": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("tendon_sheath_injection")]),
        None, "none", findings=("other-procedure",),
    ),
    "V27": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("tendon_origin_injection")]),
        None, "none", findings=("other-procedure",),
    ),
    "V28": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("tendon_sheath_injection")]),
        None, "none", findings=("other-procedure",),
    ),
    "V29": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[
            other("tendon_sheath_injection", sides=["left"]), other("tendon_sheath_injection", sides=["right"]),
        ]),
        None, "none", findings=("other-procedure",),
    ),
    "V30": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other(**_JOINT, guidance="none")]),
        "20552", "supported", findings=("other-procedure",),
    ),
    "V30 silent": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other(**_JOINT)]),
        None, "none", findings=("other-procedure",), note="silence about imaging proves nothing",
    ),
    "V31": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other(**_JOINT, guidance="fluoroscopy")]),
        None, "none", findings=("other-procedure",),
    ),
    "V32": Vector(
        record(
            "left+right levator_ani; left+right obturator_internus", drugs=["onabotulinumtoxin_a 200 units"],
            documentation=elements("not-trigger-point"),
        ),
        "20552", "review", findings=("drug-conflict", "unclear-mention"),
    ),
    "V33": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("joint_injection"), other("bursa_injection")]),
        None, "none", findings=("other-procedure",),
    ),
    "V34": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("skin_infiltration")]),
        None, "none", findings=("other-procedure",),
    ),
    "V35": Vector(
        record("left trapezius; left soleus; left masseter", guidance="ultrasound", injections=6,
               documentation=elements("guidance-image")),
        "20553", "supported", findings=("guidance-documented",),
    ),
    "V36": Vector(
        record("left+right paraspinals @ C2-C3, C6-C7, C7-T1, T2-T3, T4-T5, T5-T6 x12", injections=12),
        "20552", "review", findings=("group-not-muscle",),
    ),
    "V37": Vector(record("right trapezius"), "20552", "supported"),
    "V38": Vector(
        record(status="absent", kind=None, drugs=[], other_procedures=[other("tendon_origin_injection")] * 5),
        None, "none", findings=("other-procedure",),
    ),
    "V39": Vector(
        record("left trapezius", other_procedures=[other("greater_occipital_nerve_block")]),
        "20552", "supported", findings=("other-procedure",),
    ),
    "V40": Vector(
        record("left trapezius", other_procedures=[other("bursa_injection")]),
        "20552", "supported", findings=("other-procedure",),
    ),
    "V41": Vector(
        record("- splenius_capitis; - quadratus_lumborum", documentation=elements("repeat-same-day")),
        "20552", "supported",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_gives_its_code(name):
    vector = VECTORS[name]
    decided = decide(vector.record, load_policy("cpt", vector.settings))
    assert (decided.decision.code, decided.decision.status) == (vector.code, vector.status)
    assert set(vector.findings) <= {item.id for item in decided.findings}
    assert decided.decision.units == (1 if vector.code else 0)


def test_every_vector_of_the_dossier_is_here():
    assert {name.split()[0] for name in VECTORS} == {f"V{number:02}" for number in range(1, 42)}


def advice(name: str, **settings: Any) -> set[tuple[str, str]]:
    decision = decide(VECTORS[name].record, load_policy("cpt", settings)).decision
    return {(item.modifier, item.advice) for item in decision.modifiers}


def texts(name: str, policy: str = "cpt") -> str:
    return "\n".join(item.text for item in decide(VECTORS[name].record, load_policy(policy)).findings)


def test_a_bilateral_list_never_takes_modifier_50():
    assert ("50", "never") in advice("V06")


def test_v17_takes_no_59_for_further_muscles():
    assert ("59", "never") in advice("V17")


def test_v23_has_no_visit_to_bill():
    assert ("25", "never") in advice("V23")


def test_v26_and_v27_name_the_tendon_codes():
    assert "20550" in texts("V26")
    assert "20551" in texts("V27")


def test_v31_names_27096_with_its_imaging():
    assert "27096" in texts("V31")


def test_v35_depends_on_the_payer():
    assert "76942" in texts("V35")
    assert "does not cover" not in texts("V35")
    assert "does not cover" in texts("V35", "medicare-noridian-je")


def test_v36_asks_the_provider_with_the_words_of_the_note():
    decision = decide(VECTORS["V36"].record).decision
    assert (decision.muscle_count.low, decision.muscle_count.high) == (1, 12)
    assert decision.alternatives == ["20553"]
    assert decision.query is not None
    assert "paraspinals" in decision.query
    assert "Unable to determine" in decision.query


def test_v39_and_v40_say_which_line_takes_the_modifier():
    def reasons(name):
        return [item.reason for item in decide(VECTORS[name].record).decision.modifiers if item.modifier == "59"]

    assert "line of the greater occipital nerve block" in reasons("V39")[0]
    assert "line of 20552" in reasons("V40")[0]


def test_v41_blocks_a_second_line_on_the_same_date_unless_the_payer_allows_it():
    assert ("76", "never") in advice("V41")
    assert ("76", "consider") in advice("V41", repeat_same_day="allowed")
