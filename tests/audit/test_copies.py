"""Notes copied forward."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from extractor.audit.copies import find_copies, shingles, similarity
from extractor.audit.models import AuditedNote
from extractor.models import Decision, Muscle, Procedure, Result

FIRST = """Date of service: 03/14/2024. 52 year old woman, BP 128/76, pulse 72, temp 98.4 F, weight 154 lbs. Pain 7/10.
She reports neck and shoulder pain after gardening, worse with computer work, and headaches in the evening. Taut bands with
twitch response in the upper trapezius and levator scapulae. After consent, 1 mL of 1% lidocaine was injected at each point with
a 27 gauge needle after negative aspiration. She tolerated it well and will stretch daily at home."""
SECOND = (FIRST.replace("03/14/2024", "June 20, 2024").replace("52 year", "53 year").replace("128/76", "141/90").replace("pulse 72", "pulse 88")
          .replace("98.4", "97.9").replace("154", "149").replace("7/10", "4/10"))  # fmt: skip
WRITTEN_ANEW = """Date of service: 06/20/2024. 52 year old woman. The first injections gave her sixty percent relief for seven weeks and she slept
through the night; the pain came back when she returned to full shifts. Now the left side is worse, with a new band near the
scapular spine; rotation to the left is limited. After consent, 1 mL of 1% lidocaine was injected into the trapezius and levator
scapulae. She was pleased, and we agreed to add physical therapy twice a week before thinking of more needles."""


def note(text, day, patient="1", note_id=None, muscles=("trapezius", "levator_scapulae"), status="performed"):
    result = Result(
        note_id="n", procedure=Procedure(status=status), muscles=[Muscle(id=name, name=name) for name in muscles], mentions=[], drugs=[],
        decision=Decision(), findings=[],
    )  # fmt: skip
    return AuditedNote(note_id=note_id or str(day), patient_id=patient, date_of_service=day, text=text, result=result)


D1, D2 = date(2024, 3, 14), date(2024, 6, 20)
PAIRS = [
    ("dates, ages and vital signs changed", note(SECOND, D2), True),
    ("the same words", note(FIRST, D2), True),
    ("written anew", note(WRITTEN_ANEW, D2), False),
    ("another patient", note(SECOND, D2, patient="2"), False),
    ("the same date", note(SECOND, D1, note_id="other"), False),
    ("other muscles", note(SECOND, D2, muscles=("trapezius",)), False),
    ("nothing was done", note(SECOND, D2, status="planned"), False),
    ("no text was kept", note(None, D2), False),
    ("laid out in other lines", note(SECOND.replace("\n", " ").replace(". ", ".\n\n"), D2), True),
]


@pytest.mark.parametrize(("later", "expected"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS])
def test_a_note_that_nearly_repeats_an_earlier_one_of_the_patient(later, expected):
    copies = list(find_copies([later, note(FIRST, D1)]))
    assert [(copy.note is later, copy.earlier.date_of_service) for copy in copies] == ([(True, D1)] if expected else [])


def test_short_notes_are_alike_by_nature():
    text = "Trigger point injection, left trapezius, 1 mL lidocaine, tolerated well."
    assert list(find_copies([note(text, D1), note(text, D2)])) == []


def test_every_link_of_a_chain_is_found_by_its_latest_match():
    notes = [note(FIRST, D1 + timedelta(days=30 * number)) for number in range(4)]
    assert [(copy.note.date_of_service, copy.earlier.date_of_service) for copy in find_copies(notes)] == [
        (notes[number].date_of_service, notes[number - 1].date_of_service) for number in (1, 2, 3)
    ]  # fmt: skip


def test_the_threshold_is_a_setting():
    changed = SECOND.replace("after gardening", "since the fall on the stairs").replace("stretch daily at home", "return in a month")
    share = similarity(shingles(FIRST), shingles(changed))
    assert 0.6 < share < 0.9
    assert list(find_copies([note(FIRST, D1), note(changed, D2)])) == []
    assert len(list(find_copies([note(FIRST, D1), note(changed, D2)], threshold=share))) == 1


def test_a_patient_with_many_visits_is_compared_with_a_bounded_number(monkeypatch):
    counted = []
    monkeypatch.setattr("extractor.audit.copies.similarity", lambda one, other: counted.append(1) or 0.0)
    list(find_copies([note(f"{FIRST} {'abcdefghij'[number % 10]}", D1 + timedelta(days=number)) for number in range(300)]))
    assert 0 < len(counted) <= 40 * 300
