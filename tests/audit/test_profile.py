"""Provider profiles: shares, intervals, peers without oneself, and small numbers said to be small."""

from __future__ import annotations

import pytest

from extractor.audit.intervals import wilson
from extractor.audit.profile import is_flagged, profiles

from . import build


def practice(**counts: tuple[int, int, int]):
    """Encounters by provider: how many bill 20553, how many 20552, and how many of all have a finding."""
    found = []
    for provider, (threes, twos, flagged) in counts.items():
        for number in range(threes + twos):
            found.append(
                build.encounter(
                    f"{provider}-{number}", provider=provider, notes=[], lines=[build.line("20553" if number < threes else "20552")],
                    findings=[build.finding()] if number < flagged else [],
                )
            )
    return found


def test_shares_are_taken_against_all_others():
    first, second, third = profiles(practice(A=(30, 10, 4), B=(10, 20, 3), C=(5, 5, 5)))
    assert (first.provider_id, first.encounters, first.share_20553, first.flagged_rate) == ("A", 40, 0.75, 0.1)
    assert (first.peer_share_20553, first.peer_flagged_rate) == (15 / 40, 8 / 40)
    assert (second.peer_share_20553, third.peer_share_20553) == (35 / 50, 40 / 70)
    assert (first.flagged_low, first.flagged_high) == wilson(4, 40)


def test_small_numbers_are_said_to_be_small():
    assert [profile.small_number for profile in profiles(practice(A=(30, 10, 4), B=(15, 14, 3)))] == [False, True]
    assert [profile.small_number for profile in profiles(practice(A=(30, 10, 4), B=(15, 14, 3)), small_number=20)] == [False, False]


def test_a_lone_provider_has_no_peers():
    (only,) = profiles(practice(A=(3, 1, 0)))
    assert (only.peer_share_20553, only.peer_flagged_rate, only.flagged_low) == (None, None, 0)


def test_without_trigger_point_codes_there_is_no_share():
    visit = build.encounter(lines=[build.line("99213")], findings=[])
    (profile,) = profiles([visit])
    assert (profile.claims_trigger_point, profile.share_20553) == (0, None)


def test_an_encounter_with_both_codes_counts_once_as_20553():
    (profile,) = profiles([build.encounter(lines=[build.line("20552"), build.line("20553", 2)])])
    assert (profile.encounters, profile.claims_trigger_point, profile.claims_20553) == (1, 1, 1)


@pytest.mark.parametrize(("severity", "flagged"), [("error", True), ("warning", True), ("info", False)])
def test_information_is_no_flag(severity, flagged):
    assert is_flagged(build.encounter(findings=[build.finding(severity=severity)])) is flagged


def test_a_note_without_a_claim_is_in_nobodys_profile():
    assert profiles([build.encounter(lines=[])]) == []


def test_the_provider_of_a_line_stands_in_where_the_encounter_names_none():
    (profile,) = profiles([build.encounter(provider=None, lines=[build.line(provider_id="P9")])])
    assert profile.provider_id == "P9"
