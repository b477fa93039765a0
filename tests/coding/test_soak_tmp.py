"""What must hold for every record."""

from __future__ import annotations

import random
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.coding import decide, load_policy
from extractor.lexicon import load_lexicon
from extractor.models import Area, Doubt, Muscle, OtherProcedure, Procedure, Record, StatedCount

MUSCLES = ["trapezius", "levator_scapulae", "rhomboids", "rhomboid_major", "rhomboid_minor", "supraspinatus", "infraspinatus", "longissimus", "longissimus_thoracis", "longissimus_capitis", "multifidus", "iliocostalis", "semispinalis", "semispinalis_capitis", "quadratus_lumborum", "piriformis", "gluteus_medius", "gluteus_maximus"]
GROUPS = ["paraspinals", "erector_spinae", "rotator_cuff", "gluteals", "scalenes", "hip_flexors", "quadriceps", "periscapular_muscles"]
LEXICON = load_lexicon()
FAST = settings(max_examples=6000, deadline=None)


def _muscle(name, sides, doubtful, injections):
    entry = LEXICON.muscles[name]
    return Muscle(id=name, name=entry.name, kind=entry.kind, sides=sides, doubtful_sides=doubtful, injections=injections)


sides = st.sampled_from([[], ["left"], ["right"], ["left", "right"]])
doubtful = st.sampled_from([[], [], [], ["left"], ["right"]])
counts = st.none() | st.integers(1, 6)
named = st.builds(_muscle, st.sampled_from(MUSCLES), sides, doubtful, counts)
grouped = st.builds(_muscle, st.sampled_from(GROUPS), sides, doubtful, counts)
injected = st.lists(named | grouped, max_size=6, unique_by=lambda muscle: muscle.id)
areas = st.lists(st.builds(Area, text=st.sampled_from(["low back", "T4-5", "neck"]), sides=sides, injections=counts), max_size=2)
doubts = st.lists(
    st.builds(
        Doubt,
        reason=st.just("assertion"),
        text=st.just("unclear"),
        readings=st.lists(st.lists(named, max_size=2), max_size=2),
        extra_high=st.integers(0, 2),
    ),
    max_size=2,
)
stated = st.lists(st.builds(StatedCount, what=st.sampled_from(["muscles", "sites"]), count=st.integers(0, 6)), max_size=2)
others = st.lists(
    st.builds(OtherProcedure, kind=st.sampled_from(["joint_injection", "tap_block", "surgery"]), text=st.just("x")), max_size=2
)
records = st.builds(
    Record,
    procedure=st.builds(
        Procedure, kind=st.sampled_from(["trigger_point_injection", "dry_needling"]), status=st.just("performed")
    ),
    date_of_service=st.none() | st.dates(),
    muscles=injected,
    areas=areas,
    examined=st.lists(named, max_size=4),
    doubts=doubts,
    stated_counts=stated,
    other_procedures=others,
)
LATERALITIES = ("unsettled", "by-side", "by-name")
POLICIES = {
    (laterality, groups): load_policy("cpt", {"laterality": laterality, "groups": groups})
    for laterality, groups in product(LATERALITIES, ("unsettled", "one"))
}


def low(record, policy):
    return decide(record, policy).decision.muscle_count.low


@FAST
@given(records, named, st.sampled_from(sorted(POLICIES)))
def test_adding_a_named_muscle_never_lowers_low(record, muscle, key):
    more = record.model_copy(update={"muscles": [*record.muscles, muscle]})
    assert low(more, POLICIES[key]) >= low(record, POLICIES[key])


@FAST
@given(records, st.sampled_from(sorted(POLICIES)))
def test_low_is_never_above_high_and_the_code_is_the_code_of_low(record, key):
    decision = decide(record, POLICIES[key]).decision
    bounds = decision.muscle_count
    assert 0 <= bounds.low <= bounds.high
    codes = {"20552": (1, 2), "20560": (1, 2), "20553": (3, 99), "20561": (3, 99)}
    if decision.code:
        least, most = codes[decision.code]
        assert least <= bounds.low <= most
    if decision.status == "supported":
        assert decision.code is not None
        assert not decision.alternatives
        assert (bounds.low >= 3) == (bounds.high >= 3)
    assert decision.units == (1 if decision.code else 0)


@FAST
@given(records)
def test_a_stricter_policy_never_turns_review_into_supported(record):
    """A policy that leaves a question open is stricter than one that answers it."""
    open_one = decide(record, POLICIES["unsettled", "unsettled"]).decision
    for policy in POLICIES.values():
        settled = decide(record, policy).decision
        if open_one.status == "supported":
            assert (settled.status, settled.code) == ("supported", open_one.code)
        assert settled.muscle_count.low >= open_one.muscle_count.low
        assert settled.muscle_count.high <= max(open_one.muscle_count.high, settled.muscle_count.low)


@FAST
@given(records, st.sampled_from(["medicare", "medicare-noridian-je", "evicore", "cigna"]))
def test_a_payers_rules_never_make_a_code_more_certain(record, name):
    plain, payer = decide(record).decision, decide(record, load_policy(name)).decision
    if plain.status != "supported":
        assert payer.status != "supported"


@FAST
@given(records, st.randoms(use_true_random=False), st.sampled_from(sorted(POLICIES)))
def test_order_never_matters(record, rng, key):
    def shuffled(items):
        items = list(items)
        rng.shuffle(items)
        return items

    other = record.model_copy(
        update={name: shuffled(getattr(record, name))
                for name in ("muscles", "areas", "examined", "doubts", "stated_counts", "other_procedures")}
    )  # fmt: skip
    assert decide(record, POLICIES[key]) == decide(other, POLICIES[key])


@FAST
@given(records)
def test_the_decision_depends_on_the_record_alone(record):
    random.random()
    first = decide(record)
    again = decide(Record.model_validate_json(record.model_dump_json()))
    assert [first.decision, first.findings, first.drugs] == [again.decision, again.findings, again.drugs]


@FAST
@given(records)
def test_every_reason_and_finding_has_a_source(record):
    decided = decide(record)
    assert all(item.source for item in decided.decision.reasons)
    assert all(item.source for item in decided.findings)
    assert decided.decision.reasons
