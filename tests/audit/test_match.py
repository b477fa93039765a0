"""Which notes and which lines are one encounter."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.audit.match import match
from extractor.audit.models import AuditedNote, ClaimLine
from extractor.models import Decision, Procedure, Result

D1, D2, D3 = date(2024, 3, 14), date(2024, 3, 15), date(2024, 3, 18)


def note(note_id, patient=None, day=None, provider=None):
    result = Result(note_id=note_id, procedure=Procedure(), muscles=[], mentions=[], drugs=[], decision=Decision(), findings=[])
    return AuditedNote(note_id=note_id, patient_id=patient, date_of_service=day, provider_id=provider, result=result)


def line(claim=None, patient=None, day=None, provider=None, **more):
    return ClaimLine(claim_id=claim, patient_id=patient, date_of_service=day, provider_id=provider, code=more.pop("code", "20553"), **more)


def told(encounters):
    """Each encounter as (claims, notes, how they were matched)."""
    return [([item.claim_id for item in one.lines], [item.note_id for item in one.notes], one.matched_by) for one in encounters]


CASES = {
    "by the note's id": ([note("n1"), note("n2")], [line("A", note_id="n2")],
                         [(["A"], ["n2"], "note_id"), ([], ["n1"], "unmatched")]),
    "the day's note comes beside the one that is named": ([note("n1", "1", D1, "X"), note("n2", "1", D2, "X")], [line("A", "1", D1, "X", note_id="n2")],
                                 [(["A"], ["n1", "n2"], "note_id")]),
    "by patient, date and provider": ([note("n1", "1", D1, "X"), note("n2", "1", D1, "Y")], [line("A", "1", D1, "Y"), line("B", "1", D1, "X")],
                                      [(["B"], ["n1"], "patient_date_provider"), (["A"], ["n2"], "patient_date_provider")]),
    "by patient and date": ([note("n1", "1", D1)], [line("A", "1", D1, "X")], [(["A"], ["n1"], "patient_date")]),
    "provider numbers of two systems": ([note("n1", "1", D1, "DR-7")], [line("A", "1", D1, "1234567893")], [(["A"], ["n1"], "patient_date")]),
    "another date is no match": ([note("n1", "1", D2)], [line("A", "1", D1)], [(["A"], [], "unmatched"), ([], ["n1"], "unmatched")]),
    "another patient is no match": ([note("n1", "2", D1)], [line("A", "1", D1)], [(["A"], [], "unmatched"), ([], ["n1"], "unmatched")]),
    "zeros that a spreadsheet dropped": ([note("n1", "00071", D1)], [line("A", "71", D1)], [(["A"], ["n1"], "patient_date")]),
    "several notes": ([note("n1", "1", D1, "X"), note("n2", "1", D1, "X")], [line("A", "1", D1, "X")],
                      [(["A"], ["n1", "n2"], "patient_date_provider")]),
    "several claims": ([note("n1", "1", D1, "X")], [line("A", "1", D1, "X"), line("B", "1", D1, "X")],
                       [(["A", "B"], ["n1"], "patient_date_provider")]),
    "lines of one claim stay together": ([note("n1", "1", D1, "X")], [line("A", "1", D1, "X"), line("A", "1", D1, "Y"), line("A", "1", D1)],
                                         [(["A", "A", "A"], ["n1"], "patient_date_provider")]),
    "one claim over two dates is two encounters": ([note("n1", "1", D1), note("n2", "1", D2)], [line("A", "1", D1), line("A", "1", D2)],
                                                   [(["A"], ["n1"], "patient_date"), (["A"], ["n2"], "patient_date")]),
    "a note of somebody else's is not taken": ([note("n1", "1", D1, "X")], [line("A", "1", D1, "X"), line("B", "1", D1, "Y")],
                                               [(["A"], ["n1"], "patient_date_provider"), (["B"], [], "unmatched")]),
    "one note named by claims of two dates": ([note("n1", "1", D1)], [line("A", "1", D1, note_id="n1"), line("B", "1", D2, note_id="n1")],
                                              [(["A"], ["n1"], "note_id"), (["B"], ["n1"], "note_id")]),
    "a billed range holds the note's date": ([note("n1", "1", D2)], [line("A", "1", D1, date_of_service_end=D3)], [(["A"], ["n1"], "patient_date")]),
    "a claim without a date": ([note("n1", "1", D1)], [line("A", "1")], [([], ["n1"], "unmatched"), (["A"], [], "unmatched")]),
    "an unknown note id falls back": ([note("n1", "1", D1)], [line("A", "1", D1, note_id="gone")], [(["A"], ["n1"], "patient_date")]),
}  # fmt: skip


@pytest.mark.parametrize(("notes", "lines", "expected"), CASES.values(), ids=CASES)
def test_what_belongs_together(notes, lines, expected):
    assert told(match(notes, lines)) == expected


def test_lines_get_numbers_of_their_own():
    (one,) = match([], [line("A", "1", D1), line("A", "1", D1, line=1), line("A", "1", D1, line=1)])
    assert sorted(item.line for item in one.lines) == [1, 2, 3]


IDS = st.sampled_from(["1", "2", None])
PLACES = st.tuples(IDS, st.sampled_from([D1, D2, None]), st.sampled_from(["X", "Y", None]))


@settings(max_examples=200, deadline=None)
@given(st.lists(PLACES, max_size=6), st.lists(st.tuples(st.sampled_from(["A", "B", None]), PLACES, st.sampled_from(["n0", "n1", None])), max_size=6))
def test_nothing_is_lost_and_order_does_not_matter(noted, billed):
    notes = [note(f"n{number}", *place) for number, place in enumerate(noted)]
    lines = [line(claim, *place, note_id=named, source=str(number)) for number, (claim, place, named) in enumerate(billed)]
    encounters = match(notes, lines)
    assert sorted(item.source for one in encounters for item in one.lines) == sorted(item.source for item in lines)
    assert {item.note_id for one in encounters for item in one.notes} == {item.note_id for item in notes}
    assert len({one.id for one in encounters}) == len(encounters)
    again = match(notes[::-1], lines[::-1])
    assert parts(encounters) == parts(again)


def parts(encounters):
    return sorted((sorted(item.source for item in one.lines), sorted(item.note_id for item in one.notes), one.matched_by) for one in encounters)
