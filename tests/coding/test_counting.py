"""The interval: one row a rule of the contract's "Counting"."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from extractor.coding import decide, load_policy
from extractor.models import Doubt, Muscle, StatedCount

from .build import area, muscles, record

# sites                                                   by-side  by-name  unsettled
LISTS = [
    ("- multifidus", (1, 1), (1, 1), (1, 1)),
    ("left trapezius x6", (1, 1), (1, 1), (1, 1)),
    ("left trapezius [upper, middle, lower]", (1, 1), (1, 1), (1, 1)),
    ("left multifidus @ L3-L4, L4-L5, L5-S1", (1, 1), (1, 1), (1, 1)),
    ("left trapezius; left trapezius", (1, 1), (1, 1), (1, 1)),
    ("left trapezius; right trapezius", (2, 2), (1, 1), (1, 2)),
    ("left+right trapezius", (2, 2), (1, 1), (1, 2)),
    ("left+right trapezius; - trapezius", (2, 2), (1, 1), (1, 2)),
    ("left+?right trapezius", (1, 2), (1, 1), (1, 2)),
    ("?left+?right trapezius", (1, 2), (1, 1), (1, 2)),
    ("left+right trapezius; left+right levator_scapulae", (4, 4), (2, 2), (2, 4)),
    ("left trapezius; right levator_scapulae; - piriformis", (3, 3), (3, 3), (3, 3)),
    # a part and the plain name of its muscle
    ("left longissimus; left longissimus_thoracis", (1, 1), (1, 1), (1, 1)),
    ("left longissimus; right longissimus_thoracis", (2, 2), (1, 1), (1, 2)),
    ("- longissimus; right longissimus_thoracis", (1, 1), (1, 1), (1, 1)),
    ("left longissimus; - longissimus_thoracis", (1, 2), (1, 1), (1, 2)),
    ("left+right longissimus; - longissimus_thoracis", (2, 2), (1, 1), (1, 2)),
    ("left longissimus_thoracis; left longissimus_capitis", (2, 2), (2, 2), (2, 2)),
    ("left rhomboids", (1, 1), (1, 1), (1, 1)),
    ("left rhomboids; left rhomboid_major", (1, 1), (1, 1), (1, 1)),
    ("left rhomboid_major; left rhomboid_minor", (2, 2), (2, 2), (2, 2)),
    ("left rhomboids; left rhomboid_major; left rhomboid_minor", (2, 2), (2, 2), (2, 2)),
    # collective names
    ("left rotator_cuff", (1, 4), (1, 4), (1, 4)),
    ("left+right rotator_cuff", (2, 8), (1, 4), (1, 8)),
    ("left rotator_cuff x2", (1, 2), (1, 2), (1, 2)),
    ("left+right rotator_cuff x3", (2, 3), (1, 3), (1, 3)),
    ("left+right rotator_cuff x1", (2, 2), (1, 1), (1, 2)),
    ("left rotator_cuff; left supraspinatus", (1, 4), (1, 4), (1, 4)),
    ("left rotator_cuff; right supraspinatus", (2, 5), (1, 4), (1, 5)),
    ("left rotator_cuff x1; left supraspinatus", (1, 2), (1, 2), (1, 2)),
    ("left rotator_cuff x1; left+right trapezius", (3, 3), (2, 2), (2, 3)),
    ("left+right paraspinals x12", (2, 12), (1, 12), (1, 12)),
    # a group within a group needs one muscle only
    ("left paraspinals x2; left erector_spinae x2", (1, 4), (1, 4), (1, 4)),
    ("left paraspinals x2; left erector_spinae x2; left longissimus x1", (1, 5), (1, 5), (1, 5)),
]  # fmt: skip


def bounds(made, **settings):
    decision = decide(made, load_policy("cpt", settings)).decision
    return decision.muscle_count.low, decision.muscle_count.high


@pytest.mark.parametrize(("sites", "by_side", "by_name", "unsettled"), LISTS)
def test_a_list_gives_its_interval_under_each_laterality(sites, by_side, by_name, unsettled):
    made = record(sites)
    assert bounds(made, laterality="by-side") == by_side
    assert bounds(made, laterality="by-name") == by_name
    assert bounds(made) == unsettled


GROUPS_ONE = [
    ("left rotator_cuff", (1, 1)),
    ("left+right rotator_cuff", (1, 2)),
    ("left+right paraspinals x12", (1, 2)),
    ("left paraspinals; left trapezius; left supraspinatus", (3, 3)),
    ("left rotator_cuff; left supraspinatus", (1, 1)),
    ("left paraspinals; left erector_spinae", (1, 1)),
]


@pytest.mark.parametrize(("sites", "expected"), GROUPS_ONE)
def test_a_policy_can_count_a_collective_name_as_one_muscle(sites, expected):
    assert bounds(record(sites), groups="one") == expected


AREAS = [
    ("", [area("low back")], (0, 3)),
    ("", [area("T4-5", 2)], (0, 2)),
    ("", [area("T4-5", 2), area("neck", 4)], (0, 6)),
    ("left trapezius", [area("neck", 1)], (1, 2)),
    ("left trapezius; left piriformis; left soleus", [area("neck")], (3, 6)),
]


@pytest.mark.parametrize(("sites", "areas", "expected"), AREAS)
def test_an_area_adds_nothing_to_low_and_its_injections_to_high(sites, areas, expected):
    assert bounds(record(sites, areas=areas)) == expected


def doubt(*readings: str, extra: int = 0) -> Doubt:
    return Doubt(reason="assertion", text="?", readings=[muscles(item) for item in readings], extra_high=extra)


DOUBTS = [
    ("left trapezius", [doubt("", "left piriformis")], (1, 2)),
    ("left trapezius", [doubt("left soleus", "left piriformis")], (2, 2)),
    ("left trapezius", [doubt("left trapezius", "left piriformis; left soleus")], (1, 3)),
    ("left trapezius", [doubt("", "left piriformis"), doubt("", "left piriformis")], (1, 2)),
    ("left trapezius", [doubt("", "left piriformis"), doubt("", "left soleus")], (1, 3)),
    ("left trapezius", [doubt(extra=2)], (1, 3)),
    ("", [doubt("", "left soleus")], (0, 1)),
    ("", [doubt("left piriformis", "left soleus")], (1, 1)),
    ("left trapezius", [doubt("", "left piriformis", "left soleus", "left masseter")] * 4, (1, 4)),
    # too many combinations to try: the bounds hold from outside
    ("left trapezius", [doubt("", "left piriformis", "left soleus", "left masseter")] * 5, (1, 6)),
]


@pytest.mark.parametrize(("sites", "doubts", "expected"), DOUBTS)
def test_a_doubt_widens_the_interval_by_its_readings(sites, doubts, expected):
    assert bounds(record(sites, doubts=doubts)) == expected


STATED = [
    # sites, stated muscles, bounds, whether a mismatch is reported
    ("left trapezius", [3], (1, 3), True),
    ("left+right trapezius", [2], (1, 2), False),
    ("left trapezius; left soleus; left piriformis; left masseter", [2], (2, 4), True),
    ("left paraspinals", [2], (1, 2), False),
    ("left paraspinals; left+right trapezius", [2], (2, 3), False),
    ("", [2], (0, 2), True),
    ("left trapezius", [2, 5], (1, 5), True),
]


@pytest.mark.parametrize(("sites", "stated", "expected", "mismatch"), STATED)
def test_a_stated_number_of_muscles_bounds_the_count(sites, stated, expected, mismatch):
    made = record(sites, stated_counts=[StatedCount(what="muscles", count=count) for count in stated])
    assert bounds(made) == expected
    assert ("count-mismatch" in {item.id for item in decide(made).findings}) is mismatch


def test_more_trigger_points_than_muscles_are_no_mismatch_but_fewer_are():
    def ids(what, count):
        made = record("left trapezius; left soleus; left masseter", stated_counts=[StatedCount(what=what, count=count)])
        return {item.id for item in decide(made).findings}

    assert "count-mismatch" not in ids("sites", 6)
    assert "count-mismatch" in ids("injections", 2)
    assert "count-mismatch" not in ids("injections", 1), "'x 1' in a title is one session"


def test_examined_sites_bound_high_only():
    made = record(examined=muscles("left trapezius; left soleus; left masseter; left piriformis"))
    decided = decide(made)
    assert (decided.decision.muscle_count.low, decided.decision.muscle_count.high) == (0, 4)
    assert decided.decision.code is None
    assert decided.decision.alternatives == ["20552", "20553"]
    assert "sites-from-exam-only" in {item.id for item in decided.findings}


def test_examined_sites_do_not_count_where_a_site_list_is_given():
    made = record("left trapezius", examined=muscles("left soleus; left masseter"))
    assert bounds(made) == (1, 1)


def test_a_performed_procedure_without_any_site_is_open():
    decided = decide(record())
    assert (decided.decision.muscle_count.low, decided.decision.muscle_count.high) == (0, 3)
    assert decided.decision.status == "review"
    assert "muscle-not-named" in {item.id for item in decided.findings}


def test_the_only_site_takes_the_number_of_injections_stated_in_all():
    assert bounds(record("left rotator_cuff", injections=2)) == (1, 2)
    assert bounds(record("left rotator_cuff; left soleus", injections=2)) == (2, 5)


class SmallAnatomy:
    """The least that counting asks of a lexicon."""

    def __init__(self):
        entry = SimpleNamespace(name="x", kind="muscle", region="neck", paired=True)
        group = SimpleNamespace(name="both", kind="group", region="neck", paired=True)
        self.muscles = {"trapezius": entry, "soleus": entry, "both": group}

    def members(self, muscle_id):
        return ("trapezius", "soleus") if muscle_id == "both" else ()

    def ancestors(self, muscle_id):
        return () if muscle_id == "both" else ("both",)


def test_counting_needs_no_more_than_members_and_ancestors():
    made = record("left trapezius")
    made.muscles.append(Muscle(id="both", name="both", kind="group", sides=["left"]))
    made.muscles.append(Muscle(id="unheard_of", name="unheard of", sides=["left"]))
    bound = decide(made, lexicon=SmallAnatomy()).decision.muscle_count
    assert (bound.low, bound.high) == (2, 3)


def test_an_unknown_group_can_be_as_many_as_change_the_answer():
    made = record()
    made.muscles.append(Muscle(id="unheard_of", name="unheard of", kind="group", sides=["left"]))
    assert bounds(made) == (1, 3)
