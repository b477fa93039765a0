"""The lexicon in memory: groups and members, overlays, version, pickling, start-up time."""

from __future__ import annotations

import pickle

import pytest

from extractor.lexicon import Lexicon, LexiconError, load_lexicon, normalize_form

MEMBERS = [
    ("rotator_cuff", {"supraspinatus", "infraspinatus", "teres_minor", "subscapularis"}),
    ("erector_spinae", {"iliocostalis", "longissimus", "spinalis"}),
    ("gluteals", {"gluteus_maximus", "gluteus_medius", "gluteus_minimus"}),
    ("hamstrings", {"biceps_femoris", "semitendinosus", "semimembranosus"}),
    ("quadriceps", {"rectus_femoris", "vastus_lateralis", "vastus_medialis", "vastus_intermedius"}),
    ("hip_flexors", {"iliopsoas", "rectus_femoris", "sartorius", "tensor_fasciae_latae", "pectineus"}),
    ("hip_abductors", {"gluteus_medius", "gluteus_minimus", "tensor_fasciae_latae"}),
    ("pectorals", {"pectoralis_major", "pectoralis_minor"}),
    ("splenius", {"splenius_capitis", "splenius_cervicis"}),
    ("teres", {"teres_major", "teres_minor"}),
    ("calf_muscles", {"gastrocnemius", "soleus", "plantaris"}),
    ("rotatores", {"rotatores_cervicis", "rotatores_thoracis", "rotatores_lumborum"}),
]


@pytest.mark.parametrize(("group", "members"), MEMBERS)
def test_the_members_of_a_group_are_the_muscles_that_each_count(lexicon, group, members):
    assert set(lexicon.members(group)) == members


def test_paraspinals_count_long_muscles_once_and_leave_out_what_notes_name_beside_them(lexicon):
    members = set(lexicon.members("paraspinals"))
    assert {"iliocostalis", "longissimus", "spinalis", "multifidus", "semispinalis", "rotatores_thoracis"} <= members
    assert not members & {"longissimus_thoracis", "splenius_capitis", "quadratus_lumborum", "trapezius"}


def test_every_member_of_every_group_is_a_muscle(lexicon):
    for entry in lexicon.muscles.values():
        for member in lexicon.members(entry.id):
            assert lexicon.muscles[member].kind == "muscle"
            assert entry.id in lexicon.ancestors(member)


def test_a_muscle_has_no_members_but_named_parts(lexicon):
    assert lexicon.members("longissimus") == ()
    assert set(lexicon.descendants("rhomboids")) == {"rhomboid_major", "rhomboid_minor"}
    assert lexicon.descendants("trapezius") == ()


def test_ancestors_are_the_parents_nearest_first_and_then_functional_groups(lexicon):
    assert lexicon.ancestors("longissimus_thoracis")[:3] == ("longissimus", "erector_spinae", "paraspinals")
    assert "hip_flexors" in lexicon.ancestors("rectus_femoris")
    assert lexicon.ancestors("rectus_femoris")[0] == "quadriceps"


def test_an_unknown_id_is_a_key_error(lexicon):
    for method in (lexicon.members, lexicon.descendants, lexicon.ancestors):
        with pytest.raises(KeyError):
            method("no_such_muscle")


@pytest.mark.parametrize(
    "muscle",
    [
        "multifidus", "longissimus", "iliocostalis", "semispinalis", "levator_ani", "biceps_brachii", "triceps_brachii",
        "rhomboids", "occipitofrontalis", "iliopsoas",
    ],
)  # fmt: skip
def test_muscles_of_a_plain_name_count_as_one(lexicon, muscle):
    assert lexicon.muscles[muscle].kind == "muscle"
    assert lexicon.muscles[muscle].unit


@pytest.mark.parametrize(
    "group",
    [
        "paraspinals", "erector_spinae", "scalenes", "suboccipitals", "rotator_cuff", "gluteals", "hamstrings",
        "quadriceps", "hip_adductors", "pelvic_floor", "hip_flexors", "forearm_extensors", "forearm_flexors",
        "abdominals", "masticatory_muscles", "pectorals", "intercostals", "rotatores", "periscapular_muscles",
        "calf_muscles", "hip_abductors", "suprahyoids", "infrahyoids", "pterygoids",
    ],
)  # fmt: skip
def test_collective_names_of_the_contract_are_groups(lexicon, group):
    assert lexicon.muscles[group].kind == "group"
    assert len(lexicon.members(group)) >= 2


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Lev. Scap.", "lev scap"),
        ("gastroc-soleus", "gastroc soleus"),
        ("teres major/\n  minor", "teres major minor"),
        ("splenius capitis & cervicis", "splenius capitis and cervicis"),
        ("Baker\u2019s cyst", "baker s cyst"),
        ("sub\u2010occipital", "sub occipital"),
        ("S.C.M.", "scm"),
    ],
)
def test_forms_are_normalised(text, form):
    assert normalize_form(text) == form


def test_an_overlay_adds_a_form_changes_one_and_removes_one(overlay):
    folder = overlay(
        muscle_forms="form\ttarget\tportion\ttype\nshrugger\ttrapezius\tupper\tslang\nql\tquadratus_femoris\t\tabbreviation\n-traps\n"
    )
    own = load_lexicon([folder])
    assert [row.target for row in own.senses("Shrugger")] == [("trapezius",)]
    assert [row.target for row in own.senses("QL")] == [("quadratus_femoris",)]
    assert own.senses("traps") == ()
    assert load_lexicon().senses("traps")
    assert own.version != load_lexicon().version


def test_an_overlay_settles_an_ambiguous_form(overlay):
    folder = overlay(
        muscle_forms="form\ttarget\tportion\ttype\nls\tlevator_scapulae\t\tabbreviation\n",
        ambiguous="form\tsense\tkind\n-ls\n",
    )
    (row,) = load_lexicon([folder]).senses("LS")
    assert (row.target, row.ambiguous) == (("levator_scapulae",), False)


def test_the_environment_names_folders_and_the_argument_outranks_them(overlay, monkeypatch):
    header = "form\ttarget\tportion\ttype\n"
    site = overlay("site", muscle_forms=f"{header}mytrap\ttrapezius\t\tslang\nmine\tsoleus\t\tslang\n")
    own = overlay("own", muscle_forms=f"{header}mytrap\tdeltoid\t\tslang\n")
    monkeypatch.setenv("TPI_LEXICON_DIR", str(site))
    lexicon = load_lexicon([own])
    assert lexicon.senses("mytrap")[0].target == ("deltoid",)
    assert lexicon.senses("mine")[0].target == ("soleus",)


def test_a_folder_that_is_missing_or_holds_an_unknown_table_is_an_error(overlay, tmp_path):
    with pytest.raises(LexiconError, match="no such folder"):
        load_lexicon([tmp_path / "nowhere"])
    folder = overlay(muscle_form="form\ttarget\n")
    with pytest.raises(LexiconError, match=r"muscle_form\.tsv.*nothing would read it"):
        load_lexicon([folder])


def test_loading_twice_gives_the_same_object_and_pickling_keeps_the_folders(overlay):
    folder = overlay(muscle_forms="form\ttarget\tportion\ttype\nshrugger\ttrapezius\t\tslang\n")
    lexicon = load_lexicon([folder])
    assert load_lexicon([folder]) is lexicon
    copy = pickle.loads(pickle.dumps(lexicon))
    assert copy.senses("shrugger") == lexicon.senses("shrugger")
    assert len(pickle.dumps(lexicon)) < 1000


def test_the_version_changes_with_a_file_but_not_with_its_line_ends(root):
    first = Lexicon(root).version
    path = root / "regions.tsv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert Lexicon(root).version == first
    path.write_text(path.read_text() + "elbow crook\telbow\tregion\t\n")
    assert Lexicon(root).version != first


def test_a_parent_that_is_no_row_is_an_error_that_says_what_to_do(root):
    path = root / "muscles.tsv"
    path.write_text(
        path.read_text().replace("\tmuscle\ttriceps_brachii\t", "\tmuscle\t\t")
        + "x\tx\t\tmuscle\tnowhere\thead\tyes\tno\t\t\t\t\t\n"
    )
    with pytest.raises(LexiconError, match="tpi lexicon check"):
        Lexicon(root).members("gluteals")
