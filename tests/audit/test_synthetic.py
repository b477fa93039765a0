"""The synthetic practice: the same from the same seed, clean where it says so, and true about what it planted."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import date

import pytest

from extractor.audit.claims import read_claims
from extractor.audit.exposure import read_fees
from extractor.audit.run import audit
from extractor.audit.synthetic import (
    KINDS,
    BaseError,
    audited_notes,
    generate,
    read_changed,
    score,
    usable_bases,
    write_practice,
)
from extractor.audit.synthetic.variation import has_bare_date, has_person, has_whole_date, shift_dates
from extractor.coding import load_policy

from ..corpus_notes import answer, notes

BATCHES = ("b01", "b05", "b13")
"""Enough of the corpus for every kind of error; reading all of it takes long."""


@pytest.fixture(scope="module")
def bases():
    return usable_bases([note for note in notes() if note.batch in BATCHES], answer)


@pytest.fixture(scope="module")
def practice(bases):
    return generate(bases, encounters=400, seed=7, error_rate=0.3)


@pytest.fixture(scope="module")
def files(practice, tmp_path_factory):
    return write_practice(practice, tmp_path_factory.mktemp("practice"))


@pytest.fixture(scope="module")
def read(practice, files):
    return audited_notes(practice, policy=files["policy"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("03/14/2024", "04/03/2024"), ("3/4/24", "3/24/24"), ("Visit 2024-12-20.", "Visit 2025-01-09."), ("March 14, 2024", "April 3, 2024"),
        ("14 Mar 2024", "3 Apr 2024"), ("MARCH 1st, 2024", "MARCH 21st, 2024"), ("Sept. 20, 2024", "Oct. 10, 2024"), ("05-12-2024", "06-01-2024"),
        # What is no date, or must not move, stays.
        ("DOB: 04/12/1961", "DOB: 04/12/1961"), ("born 4/12/61", "born 4/12/61"), ("BP 120/80", "BP 120/80"), ("pain 5/10", "pain 5/10"),
        ("4/31/2024", "4/31/2024"), ("lot 123-45-6789", "lot 123-45-6789"), ("C5/6, 1/2 mL", "C5/6, 1/2 mL"),
    ],
)  # fmt: skip
def test_dates_move_together_in_their_own_format(before, after):
    assert shift_dates(before, 20) == after


@pytest.mark.parametrize(
    ("text", "whole", "bare", "person"),
    [
        ("seen 03/14/2024", True, False, False), ("DOB 03/14/1960", False, False, True), ("3/14 neck", False, True, False),
        ("neck, pain 3/10", False, False, False), ("Seen by Dr. Holm", False, False, True), ("left upper trapezius", False, False, False),
    ],
)  # fmt: skip
def test_a_note_is_looked_over_before_it_is_varied(text, whole, bare, person):
    assert (has_whole_date(text), has_bare_date(text), has_person(text)) == (whole, bare, person)


def test_the_same_seed_gives_the_same_practice(bases, practice):
    again = generate(bases, encounters=400, seed=7, error_rate=0.3)
    other = generate(bases, encounters=400, seed=8, error_rate=0.3)
    assert [(visit.text, visit.lines, visit.kind) for visit in again.visits] == [(visit.text, visit.lines, visit.kind) for visit in practice.visits]
    assert [visit.text for visit in other.visits] != [visit.text for visit in practice.visits]


def test_every_kind_is_planted_and_equally_often(practice):
    counts = Counter(visit.kind for visit in practice.visits if visit.expected)
    assert set(counts) == {kind.name for kind in KINDS}
    assert max(counts.values()) - min(counts.values()) <= 3


def test_no_patient_has_more_sessions_than_allowed_unless_that_is_the_error(practice):
    sessions = defaultdict(list)
    planted = {visit.patient for visit in practice.visits if visit.kind.startswith("fourth session")}
    for visit in practice.visits:
        if visit.base.note.status == "performed":
            sessions[visit.patient].append(visit.day)
    for patient, days in sessions.items():
        days.sort()
        crowded = any((later - earlier).days < 365 for earlier, later in zip(days, days[3:], strict=False))
        assert crowded == (patient in planted)


def test_no_patient_has_two_notes_that_are_alike_unless_that_is_the_error(practice):
    families = defaultdict(Counter)
    for visit in practice.visits:
        if visit.kind != "copied note":
            families[visit.patient][visit.base.family] += 1
    assert max(count for counts in families.values() for count in counts.values()) == 1


def test_visits_span_two_years(practice):
    days = [visit.day for visit in practice.visits]
    assert min(days) < date(2024, 1, 1) and max(days) > date(2025, 7, 1)


def test_the_files_are_what_an_audit_reads(practice, files):
    claims = read_claims(files["claims"])
    assert claims.unreadable == []
    assert len(claims.lines) == sum(len(visit.lines) * (2 if visit.second_claim_on else 1) for visit in practice.visits)
    rows = [json.loads(line) for line in files["notes"].read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == [visit.text for visit in practice.visits if visit.note_written]
    truth = list(csv.DictReader(files["truth"].open(encoding="utf-8", newline="")))
    assert [row["kind"] for row in truth] == [visit.kind for visit in practice.visits]
    assert load_policy(files["policy"]).at(date(2024, 5, 1)).frequency_sessions == 3


def test_the_audit_finds_every_planted_error_and_flags_no_clean_claim(practice, files, read):
    changed = read_changed(practice, read)
    done = audit(read, read_claims(files["claims"]).lines, policy=files["policy"], fees=read_fees(files["fees"]))
    found = score(practice, done, without=changed)
    assert len(changed) < 0.02 * len(read), "the variation changes what the extractor reads"
    assert {what: ids for what, ids in found.examples.items() if what.startswith("flagged")} == {}
    assert {what: ids for what, ids in found.examples.items() if what.startswith("missed")} == {}
    assert (found.recall, found.precision) == (1, 1)


def test_a_score_notices_what_is_missed_and_what_is_flagged_wrongly(practice, files, read):
    nothing = audit([], [], policy=files["policy"])
    assert score(practice, nothing).recall == 0
    lines = [line.model_copy(update={"code": "20553"}) if line.code == "20552" else line for line in read_claims(files["claims"]).lines]
    wrong = score(practice, audit(read, lines, policy=files["policy"]))
    assert wrong.precision < 0.8
    assert wrong.flags_on_clean["code-not-supported"] > 50


def test_a_corpus_without_usable_notes_is_refused(bases):
    with pytest.raises(BaseError, match="corpus"):
        usable_bases([], answer)
    with pytest.raises(BaseError, match="every kind of error"):
        generate([base for base in bases if base.note.decision == "supported"], encounters=10)
