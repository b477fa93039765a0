"""Policies: inheritance, dates, errors that name file and key, and where settings come from."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

from extractor.coding import PolicyError, decide, list_policies, load_policy, resolve_policy
from extractor.coding.configuration import configuration_file, parse_assignments
from extractor.coding.settings import KEYS

from .build import record


def write(folder, text, name="own.toml"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_cpt_answers_every_question_on_every_date():
    settings = load_policy("cpt").at(date(1999, 1, 1))
    assert all(hasattr(settings, name) for name in KEYS)


@pytest.mark.parametrize("name", list_policies())
def test_every_shipped_policy_answers_on_any_date(name):
    policy = load_policy(name)
    for day in (None, date(2002, 1, 1), date(2024, 3, 31), date(2024, 4, 1), date(2030, 1, 1)):
        assert policy.at(day).policy == name
    assert policy.id == policy.file.stem


def test_a_practice_writes_its_own_policy(tmp_path):
    file = write(tmp_path, 'title = "Our practice"\ninherits = "medicare-cgs"\n[settings]\nlaterality = "by-side"\n')
    decision = decide(record("left+right trapezius; left soleus", day="2024-05-01"), load_policy(file)).decision
    assert (decision.code, decision.status, decision.policy) == ("20553", "supported", "own")
    assert decision.policy_settings["laterality"] == "by-side"
    assert decision.policy_settings["frequency_sessions"] == 3


def test_a_dated_setting_holds_on_its_dates_only(tmp_path):
    text = (
        'inherits = "cpt"\n[[settings.laterality]]\nvalue = "by-name"\nto = 2023-12-31\n'
        '[[settings.laterality]]\nvalue = "by-side"\nfrom = 2024-01-01\n'
    )
    policy = load_policy(write(tmp_path, text))
    assert policy.at(date(2023, 12, 31)).laterality == "by-name"
    assert policy.at(date(2024, 1, 1)).laterality == "by-side"
    assert policy.at(None).laterality == "by-side"


def test_an_inherited_file_is_found_beside_its_heir(tmp_path):
    write(tmp_path, 'inherits = "cpt"\n[settings]\ngroups = "one"\n', "base.toml")
    heir = write(tmp_path, 'inherits = "base.toml"\n[settings]\ntoxin = "tpi"\n', "heir.toml")
    settings = load_policy(heir).at(None)
    assert (settings.groups, settings.toxin) == ("one", "tpi")


BAD = [
    ("[settings", "not TOML"),
    ('colour = "red"\n', "colour"),
    ('inherits = "cpt"\n[settings]\nlateralty = "by-side"\n', "settings.lateralty"),
    ('inherits = "cpt"\n[settings]\nlaterality = "both"\n', "settings.laterality"),
    ('inherits = "cpt"\n[settings]\none_region = "yes"\n', "settings.one_region"),
    ('inherits = "cpt"\n[settings]\nfrequency_sessions = -1\n', "settings.frequency_sessions"),
    ('inherits = "cpt"\n[settings]\ndiagnoses = "M79.18"\n', "settings.diagnoses"),
    ('inherits = "cpt"\nconfidence = "low"\n', "confidence"),
    ('inherits = "cpt"\neffective_from = "2024"\n', "effective_from"),
    ('inherits = "nobody"\n', "nobody"),
    ('inherits = "own.toml"\n', "circle"),
    ('inherits = "cpt"\n[[settings.groups]]\nfrom = 2024-01-01\n', "settings.groups.value"),
    ('inherits = "cpt"\n[[settings.groups]]\nvalue = "one"\nsince = 2024-01-01\n', "settings.groups.since"),
    ('inherits = "cpt"\n[[settings.groups]]\nvalue = "one"\n[[settings.groups]]\nvalue = "one"\n', "settings.groups"),
    ("settings = 3\n", "settings"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_bad_policy_names_file_and_key(tmp_path, text, said):
    file = write(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        load_policy(file).at(None)
    assert said in str(caught.value)
    assert "own.toml" in str(caught.value) or said == "nobody"


def test_a_policy_that_answers_too_little_says_what_is_missing(tmp_path):
    with pytest.raises(PolicyError, match="No policy answers laterality"):
        load_policy(write(tmp_path, 'title = "alone"\n')).at(None)


def test_an_unknown_policy_names_the_known_ones():
    with pytest.raises(PolicyError, match="medicare-noridian-je"):
        load_policy("medicare-noridian")


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [({"laterality": "both"}, "by-side"), ({"side": "both"}, "Unknown setting"), ({"exam_findings": "many"}, "many")],
)
def test_a_bad_override_says_what_is_allowed(overrides, said):
    with pytest.raises(PolicyError, match=said):
        load_policy("cpt", overrides)


def test_overrides_are_text_or_values():
    overrides = {"frequency_sessions": "4", "one_region": "true", "diagnoses": "M79.18|M79.12", "weeks_between": 3}
    settings = load_policy("cpt", overrides).at(None)
    assert (settings.frequency_sessions, settings.one_region, settings.weeks_between) == (4, True, 3)
    assert settings.diagnoses == ("M79.18", "M79.12")


def test_a_version_changes_with_the_overrides():
    assert load_policy("cpt").version == load_policy("cpt").version
    assert load_policy("cpt").version != load_policy("cpt", {"groups": "one"}).version


def test_a_policy_pickles():
    policy = load_policy("medicare-cgs", {"laterality": "by-side"})
    policy.at(date(2024, 5, 1))
    again = pickle.loads(pickle.dumps(policy))
    assert again.at(date(2024, 5, 1)) == policy.at(date(2024, 5, 1))


def test_a_practices_folder_adds_policies(tmp_path, monkeypatch):
    folder = tmp_path / "policies"
    folder.mkdir()
    write(folder, 'inherits = "cpt"\n', "ours.toml")
    monkeypatch.setenv("TPI_LEXICON_DIR", str(tmp_path))
    assert "ours" in list_policies()
    assert load_policy("ours").inherits.id == "cpt"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TPI_POLICY", raising=False)
    monkeypatch.delenv("TPI_SET", raising=False)
    file = configuration_file()
    file.parent.mkdir(parents=True)
    return file


def test_without_any_configuration_it_is_cpt(home):
    policy = resolve_policy()
    assert policy.id == "cpt"
    assert policy.at(None).laterality == "unsettled"


def test_the_users_file_then_the_environment_then_the_command_line(home, monkeypatch):
    home.write_text('policy = "medicare-cgs"\n[settings]\nlaterality = "by-side"\n', encoding="utf-8")
    assert (resolve_policy().id, resolve_policy().at(None).laterality) == ("medicare-cgs", "by-side")
    monkeypatch.setenv("TPI_POLICY", "evicore")
    monkeypatch.setenv("TPI_SET", "laterality=by-name, groups=one")
    policy = resolve_policy()
    assert (policy.id, policy.at(None).laterality, policy.at(None).groups) == ("evicore", "by-name", "one")
    policy = resolve_policy("cigna", ["laterality=unsettled"])
    assert (policy.id, policy.at(None).laterality, policy.at(None).groups) == ("cigna", "unsettled", "one")


def test_a_lower_setting_does_not_outrank_what_the_chosen_policy_says_itself(home):
    home.write_text("[settings]\nweeks_between = 9\nlaterality = 'by-side'\n", encoding="utf-8")
    settings = resolve_policy("cigna").at(None)
    assert (settings.weeks_between, settings.laterality) == (3, "by-side")


def test_a_policy_file_in_the_users_file_lies_beside_it(home):
    home.write_text('policy = "ours.toml"\n', encoding="utf-8")
    write(home.parent, 'inherits = "cpt"\n', "ours.toml")
    assert resolve_policy().id == "ours"


@pytest.mark.parametrize(
    ("text", "key"),
    [("polcy = 'cpt'\n", "polcy"), ("[settings]\nlat = 'x'\n", "settings.lat"),
     ("[settings]\nlaterality = 'x'\n", "settings.laterality"), ("settings = 1\n", "settings")],
)  # fmt: skip
def test_a_bad_users_file_names_file_and_key(home, text, key):
    home.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        resolve_policy()
    assert str(home) in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize("items", [["laterality"], ["side=left"]])
def test_a_bad_assignment_is_refused(items):
    with pytest.raises(PolicyError):
        parse_assignments(items)
