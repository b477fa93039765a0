"""Drugs: codes and units by date of service, and what is said of the injectate."""

from __future__ import annotations

import pytest

from extractor.coding import decide, load_policy

from .build import drug, elements, record

# drug, date of service, code and units (None: no code)
UNITS = [
    ("triamcinolone_acetonide 40mg/mL 1 mL 40 mg", "2024-03-14", ("J3301", 4)),
    ("triamcinolone_acetonide 35 mg", "2024-03-14", ("J3301", 4)),
    ("triamcinolone_acetonide 5 mg", "2024-03-14", ("J3301", 1)),
    ("triamcinolone_acetonide", "2024-03-14", ("J3301", None)),
    ("methylprednisolone_acetate 20 mg", "2024-03-31", ("J1020", 1)),
    ("methylprednisolone_acetate 40 mg", "2024-03-31", ("J1030", 1)),
    ("methylprednisolone_acetate 80 mg", "2024-03-31", ("J1040", 1)),
    ("methylprednisolone_acetate 120 mg", "2024-03-31", ("J1030", 3)),
    ("methylprednisolone_acetate 60 mg", "2024-03-31", ("J1020", 3)),
    ("methylprednisolone_acetate", "2024-03-31", None),
    ("methylprednisolone_acetate 40 mg", "2024-04-01", ("J1010", 40)),
    ("methylprednisolone_acetate 40 mg", None, ("J1010", 40)),
    ("methylprednisolone_sodium_succinate 12 mg", "2024-04-01", ("J2919", 3)),
    ("betamethasone 6mg/mL 1 mL 6 mg", "2024-04-01", ("J0702", 1)),
    ("dexamethasone_sodium_phosphate 4 mg", "2024-04-01", ("J1100", 4)),
    ("dexamethasone_sodium_phosphate 4 mg", "2000-04-01", None),
    ("ketorolac 30 mg", "2024-04-01", ("J1885", 2)),
    ("lidocaine 1% 3 mL 30 mg", "2024-09-30", None),
    ("lidocaine 1% 3 mL 30 mg", "2024-10-01", ("J2003", 30)),
    ("bupivacaine 0.25% 4 mL 10 mg", "2023-06-30", ("S0020", 1)),
    ("bupivacaine 0.25% 4 mL 10 mg", "2023-07-01", ("J0665", 20)),
    ("ropivacaine 0.2% 5 mL 10 mg", "2024-01-01", ("J2795", 10)),
    ("mepivacaine 1% 12 mL 120 mg", "2024-01-01", ("J0670", 2)),
    ("onabotulinumtoxin_a 100 units", "2024-01-01", ("J0585", 100)),
    ("daxibotulinumtoxin_a 100 units", "2024-03-31", None),
    ("rimabotulinumtoxin_b 2500 units", "2024-03-31", ("J0587", 25)),
    ("cyanocobalamin 1 mg", "2024-01-01", ("J3420", 1)),
    ("sarapin 2 mL", "2024-01-01", ("J3490", 1)),
    ("normal_saline 5 mL", "2024-01-01", None),
    ("sodium_bicarbonate 1 mL", "2024-01-01", None),
    ("? 2 mL", "2024-01-01", None),
]


@pytest.mark.parametrize(("notation", "day", "expected"), UNITS)
def test_a_dose_gives_code_and_units_on_its_date(notation, day, expected):
    hcpcs = decide(record("left trapezius", drugs=[notation], day=day)).drugs[0].hcpcs
    assert (None if hcpcs is None else (hcpcs.code, hcpcs.units)) == expected


def test_the_arithmetic_is_shown():
    reasons = decide(record("left trapezius", drugs=["triamcinolone_acetonide 35 mg"])).decision.reasons
    text = next(item.text for item in reasons if item.rule == "drug-units")
    assert text == "triamcinolone acetonide: 35 mg, billed by 10 mg: 3.5, rounded up to 4 units of J3301."


def test_the_record_itself_is_left_as_it_was():
    made = record("left trapezius", drugs=["ketorolac 30 mg"])
    before = made.model_dump()
    decide(made)
    assert made.model_dump() == before


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [("information", "J0665", True), ("suppress", None, False), ("bill", "J0665", False)],
)
def test_codes_of_anesthetics_follow_the_policy(setting, code, said):
    made = record("left trapezius", drugs=["bupivacaine 10 mg"], day="2024-01-01")
    decided = decide(made, load_policy("cpt", {"anesthetic_codes": setting}))
    hcpcs = decided.drugs[0].hcpcs
    assert (hcpcs.code if hcpcs else None) == code
    assert any("information" in item.text for item in decided.decision.reasons) is said


def test_medicare_takes_no_s_code():
    made = record("left trapezius", drugs=["bupivacaine 4 mL 10 mg"], day="2023-01-01")
    assert decide(made, load_policy("medicare")).drugs[0].hcpcs is None


def ids(made, policy="cpt", **settings):
    return {(item.id, item.severity) for item in decide(made, load_policy(policy, settings)).findings}


FINDINGS = [
    # drugs, title drugs, settings, findings that must be there, findings that must not
    ([], [], {}, {"drug-not-named"}, {"dose-not-stated"}),
    (["?"], [], {}, {"drug-not-named"}, {"dose-not-stated"}),
    (["lidocaine 1% 3 mL 30 mg"], [], {}, set(), {"drug-not-named", "dose-not-stated", "drug-conflict"}),
    (["lidocaine"], [], {}, {"dose-not-stated"}, set()),
    (["lidocaine 3 mL"], [], {}, {"dose-not-stated"}, set()),
    (["normal_saline 3 mL"], [], {}, set(), {"dose-not-stated"}),
    (["onabotulinumtoxin_a 50 units"], [], {}, {"drug-conflict"}, set()),
    (["onabotulinumtoxin_a 50 units"], [], {"toxin": "tpi"}, set(), {"drug-conflict"}),
    (["lidocaine 30 mg"], ["onabotulinumtoxin_a"], {"toxin": "tpi"}, {"drug-conflict"}, set()),
    (["onabotulinumtoxin_a 50 units"], ["lidocaine"], {"toxin": "tpi"}, {"drug-conflict"}, set()),
    (["lidocaine 30 mg"], ["bupivacaine"], {}, set(), {"drug-conflict"}),
    ([], ["onabotulinumtoxin_a"], {}, {"drug-conflict", "drug-not-named"}, set()),
    (["onabotulinumtoxin_a 50 units", "lidocaine 30 mg"], [], {"toxin": "chemodenervation"}, {"drug-conflict"}, set()),
    (["platelet_rich_plasma 3 mL"], [], {}, {"denied-substance"}, set()),
    (["amniotic_product 1 mL"], [], {}, {"denied-substance"}, set()),
    (["cyanocobalamin 1000 mcg"], [], {}, {"denied-substance"}, set()),
    (["dextrose 3 mL"], [], {}, set(), {"denied-substance"}),
    (["dextrose 3 mL"], [], {"excluded_substances": "dextrose"}, {"denied-substance"}, set()),
    (["normal_saline 3 mL"], [], {"saline_only": "excluded"}, {"denied-substance"}, set()),
    (["normal_saline 3 mL", "lidocaine 30 mg"], [], {"saline_only": "excluded"}, set(), {"denied-substance"}),
    (["onabotulinumtoxin_a 700 units"], [], {}, {"drug-units-above-limit"}, set()),
    (["triamcinolone_acetonide 160 mg"], [], {}, set(), {"drug-units-above-limit"}),
]


@pytest.mark.parametrize(("drugs", "title", "settings", "present", "absent"), FINDINGS)
def test_the_injectate_has_its_findings(drugs, title, settings, present, absent):
    found = {name for name, _ in ids(record("left trapezius", drugs=drugs, title_drugs=title), **settings)}
    assert present <= found
    assert not absent & found


def test_a_drug_conflict_forces_review_and_says_so():
    decision = decide(record("left trapezius", drugs=["onabotulinumtoxin_a 50 units"])).decision
    assert (decision.code, decision.status) == ("20552", "review")
    assert "drug-conflict" in {item.rule for item in decision.reasons}


@pytest.mark.parametrize(
    ("drugs", "setting", "code", "status"),
    [
        (["onabotulinumtoxin_a 50 units"], "unsettled", "20552", "review"),
        (["onabotulinumtoxin_a 50 units"], "tpi", "20552", "supported"),
        (["onabotulinumtoxin_a 50 units"], "chemodenervation", None, "none"),
        (["onabotulinumtoxin_a 50 units", "normal_saline 2 mL"], "chemodenervation", None, "none"),
        (["onabotulinumtoxin_a 50 units", "lidocaine 30 mg"], "chemodenervation", "20552", "review"),
    ],
)
def test_botulinum_toxin_follows_the_policy(drugs, setting, code, status):
    decision = decide(record("left trapezius", drugs=drugs), load_policy("cpt", {"toxin": setting})).decision
    assert (decision.code, decision.status) == (code, status)
    if status == "none":
        assert (decision.muscle_count.low, decision.muscle_count.high) == (0, 0)


def test_a_denied_substance_decides_payment_not_the_code():
    decision = decide(record("left trapezius", drugs=["platelet_rich_plasma 3 mL"]), load_policy("medicare-cgs")).decision
    assert decision.status == "supported"


def test_dry_needling_needs_no_drug():
    found = {name for name, _ in ids(record("left trapezius", drugs=[], kind="dry_needling"))}
    assert not {"drug-not-named", "dose-not-stated"} & found


def test_a_note_that_injects_something_is_no_dry_needling():
    made = record("left trapezius", documentation=elements("no-injectate"))
    assert decide(made).decision.code == "20552"


def test_without_a_date_todays_codes_are_said_to_be_todays():
    assert ("date-not-found", "info") in ids(record("left trapezius", drugs=["methylprednisolone_acetate 40 mg"]))
    dated = record("left trapezius", drugs=["methylprednisolone_acetate 40 mg"], day="2024-06-01")
    assert ("date-not-found", "info") not in ids(dated)


WASTE = [
    # documentation, wasted, date, advice on JW or JZ
    (["single-dose-vial"], True, "2024-01-01", ("JW", "use")),
    ([], True, "2024-01-01", ("JW", "consider")),
    (["single-dose-vial"], False, "2024-01-01", ("JZ", "consider")),
    (["single-dose-vial", "wastage"], False, "2024-01-01", ("JZ", "use")),
    (["single-dose-vial"], False, "2023-06-30", None),
    (["single-dose-vial"], True, "2016-12-31", None),
    (["multi-dose-vial"], True, "2024-01-01", None),
    ([], False, "2024-01-01", None),
]


@pytest.mark.parametrize(("found", "wasted", "day", "expected"), WASTE)
def test_wastage_modifiers_follow_container_and_date(found, wasted, day, expected):
    steroid = drug("triamcinolone_acetonide 40 mg")
    made = record("left trapezius", drugs=[], day=day, documentation=elements(*found))
    made.drugs.append(steroid.model_copy(update={"wasted": steroid.dose if wasted else None}))
    advice = [(item.modifier, item.advice) for item in decide(made).decision.modifiers if item.modifier in ("JW", "JZ")]
    assert advice == ([expected] if expected else [])


def test_a_local_anesthetic_takes_no_wastage_modifier():
    made = record("left trapezius", day="2024-11-01", documentation=elements("single-dose-vial"))
    assert not decide(made).decision.modifiers
