"""The audit as a whole: small practices from notes and claims to findings and sums."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest

from extractor.audit.claims import ClaimsError
from extractor.audit.exposure import Fee
from extractor.audit.run import audit, read_payers
from tests.coding.claims.build import BILATERAL, DAY, PLANNED, THREE, TWO, line, note

LCD = "medicare-noridian-je"


def seen(done):
    """Findings of a finished audit as (claim or note, id), without those that only inform."""
    return sorted((item.claim_id or item.note_id, item.id) for one in done.encounters for item in one.findings if item.severity != "info")


def visit(number, day=DAY, text=THREE, billed="20553", patient="P1", note_id=None, claim=None, provider="A", written_by=None, **given):
    """A note and its claim."""
    name = note_id or f"n{number}"
    read = note(text, name, day=day, patient_id=patient, provider_id=written_by or provider)
    return read, line(f"{billed} @{provider}", claim_id=claim or f"C{number}", patient_id=patient, date_of_service=day, **given)


def run(*visits, **options):
    return audit([read for read, _ in visits if read], [billed for _, billed in visits if billed], **options)


def sessions(*days, **given):
    """Visits of one patient, whose notes are too short for a copy."""
    short = THREE.replace("After consent and prep with alcohol, a", "A")
    return [visit(number, day, short, **given) for number, day in enumerate(days)]


def test_a_clean_practice_has_no_findings():
    done = run(visit(1, patient="P1"), visit(2, patient="P2", text=TWO, billed="20552"))
    assert [one.findings for one in done.encounters] == [[], []]
    assert (done.overpayment, done.underpayment, done.arithmetic, done.unreadable) == (0, 0, [], [])


FREQUENCY = [
    ("three in a year", [(0, LCD), (100, LCD), (200, LCD)], []),
    ("the fourth in a year", [(0, LCD), (100, LCD), (200, LCD), (300, LCD)], ["C3"]),
    ("the fourth on the day a year later", [(0, LCD), (100, LCD), (200, LCD), (365, LCD)], []),
    ("the fifth, too", [(0, LCD), (60, LCD), (120, LCD), (180, LCD), (240, LCD)], ["C3", "C4"]),
]


@pytest.mark.parametrize(("days", "expected"), [case[1:] for case in FREQUENCY], ids=[case[0] for case in FREQUENCY])
def test_sessions_are_counted_over_rolling_twelve_months(days, expected):
    start = date(2024, 6, 3)
    visits = sessions(*(start + timedelta(days=day) for day, _ in days), diagnoses=["M79.18"])
    done = run(*visits, policy=LCD)
    assert [claim for claim, name in seen(done) if name == "frequency-exceeded"] == expected


def test_a_limit_names_its_sessions_its_source_and_its_dates():
    visits = sessions(*(date(2024, 6, 3) + timedelta(days=50 * number) for number in range(4)), diagnoses=["M79.18"])
    (finding,) = [item for one in run(*visits, policy=LCD).encounters for item in one.findings if item.id == "frequency-exceeded"]
    assert "session 4 in rolling 12 months (2024-06-03, 2024-07-23, 2024-09-11 and 2024-10-31); this policy allows 3." in finding.text
    assert "medicare-noridian-je" in finding.source and finding.effective == "2024-04-01/.."


def test_sessions_of_notes_without_a_claim_count_and_planned_ones_do_not():
    visits = sessions(*(date(2024, 6, 3) + timedelta(days=50 * number) for number in range(4)), diagnoses=["M79.18"])
    unbilled = [(visits[0][0], None), *visits[1:]]
    assert [name for _, name in seen(run(*unbilled, policy=LCD))] == ["frequency-exceeded"]
    planned = [visit(0, date(2024, 6, 3), PLANNED, diagnoses=["M79.18"]), *visits[1:]]
    assert [name for _, name in seen(run(*planned, policy=LCD))] == ["procedure-not-documented"]


def test_the_limit_is_that_of_the_payer():
    days = [date(2024, 6, 3) + timedelta(days=50 * number) for number in range(4)]
    aetna, medicare = (sessions(*days, payer=name, diagnoses=["M79.18"]) for name in ("Aetna", "MEDICARE  Part B"))
    payers = {"Medicare Part B": LCD}
    assert seen(run(*aetna, payers=payers)) == []
    assert seen(run(*medicare, payers=payers)) == [("C3", "frequency-exceeded")]


def test_too_soon_under_a_policy_that_asks_for_weeks_between():
    soon = sessions(date(2024, 6, 3), date(2024, 6, 23), date(2024, 7, 14))
    assert seen(run(*soon, policy="cigna")) == [("C1", "frequency-exceeded")]


def test_one_note_for_claims_of_two_dates():
    first = visit(1, note_id="n1")
    later = line("20553", claim_id="C2", patient_id="P1", date_of_service=DAY + timedelta(days=7), note_id="n1")
    assert seen(run(first, (None, later))) == [("C2", "note-for-several-claims")]


def test_one_note_for_two_claims_of_one_date():
    first, second = visit(1), visit(2, claim="C2")
    done = run(first, (None, second[1]), fees=[Fee("20553", Decimal(58))])
    assert seen(done) == [("C2", "note-for-several-claims")]
    assert done.overpayment == 58


def test_the_same_service_on_the_claims_of_two_payers_only_informs():
    read, billed = visit(1, payer="Medicare")
    done = run((read, billed), (None, billed.model_copy(update={"claim_id": "C2", "payer": "Medigap"})))
    assert [(item.id, item.severity) for one in done.encounters for item in one.findings] == [("note-for-several-claims", "info")]


def test_a_visit_and_an_injection_on_two_claims_are_not_one_service_billed_twice():
    first = visit(1)
    assert seen(run(first, (None, line("99213-25 @A", claim_id="C2", patient_id="P1")))) == []


def test_a_copied_note_is_told_on_the_later_encounter():
    text = THREE + "She works at a desk and gardens on weekends, and headaches come in the evening after long days in front of the screen at work.\n"
    done = run(visit(1, DAY, text), visit(2, DAY + timedelta(days=70), text.replace("1 mL", "2 mL")))
    assert seen(done) == [("C2", "cloned-note")]
    finding = done.encounters[0].findings[0]
    assert "100% of the word sequences" in finding.text and "n1 (2024-06-03)" in finding.text


def test_the_provider_of_the_note_where_claims_and_notes_use_the_same_numbers():
    others = [visit(number, patient=f"P{number}", provider=name) for number, name in ((2, "A"), (3, "B"))]
    assert seen(run(visit(1, provider="A", written_by="B"), *others)) == [("C1", "provider-not-matching")]
    assert seen(run(visit(1, provider="1234567893", written_by="B"), *others)) == []


def test_a_claim_that_names_a_note_of_another_date():
    read, _ = visit(1)
    billed = line("20553", claim_id="C1", patient_id="P1", date_of_service=DAY + timedelta(days=1), note_id="n1")
    assert seen(run((read, billed))) == [("C1", "date-not-matching")]


def test_a_claim_without_a_note_points_at_a_note_of_nearly_the_same_date():
    read, _ = visit(1)
    billed = line("20553", claim_id="C1", patient_id="P1", date_of_service=DAY + timedelta(days=1))
    done = run((read, billed))
    (finding,) = [item for one in done.encounters for item in one.findings if item.id == "note-missing"]
    assert finding.resolution.endswith("Without a claim of its own: note n1 (2024-06-03); one of the dates may be a slip.")


def test_settings_reach_every_policy():
    assert seen(run(visit(1, text=BILATERAL, payer="Aetna"), payers={"Aetna": "aetna"}, settings={"laterality": "by-side"})) == []
    assert seen(run(visit(1, text=BILATERAL), settings={"laterality": "by-name"})) == [("C1", "code-not-supported")]


def test_the_worst_comes_first():
    visits = [visit(1, patient="P1"), visit(2, patient="P2", text=TWO), visit(3, patient="P3", text=PLANNED), (None, visit(4, patient="P4")[1])]
    done = run(*visits, fees=[Fee("20552", Decimal(50)), Fee("20553", Decimal(58))])
    firsts = [one.findings[0].id if one.findings else "" for one in done.encounters]
    assert firsts == ["code-not-supported", "procedure-not-documented", "note-missing", ""]
    assert done.overpayment == Decimal("124.00")
    assert "overpayment: 58.00 + 58.00 + 8.00 = 124.00" in done.arithmetic


def test_the_order_of_notes_and_lines_changes_nothing():
    visits = [*sessions(*(date(2024, 6, 3) + timedelta(days=40 * number) for number in range(5)), diagnoses=["M54.2"]),
              visit(7, text=TWO, patient="P2"), visit(8, text=PLANNED, patient="P3")]  # fmt: skip
    plain = run(*visits, policy=LCD)
    random.Random(3).shuffle(visits)
    mixed = run(*visits, policy=LCD)
    assert mixed.model_dump() == plain.model_dump()


def test_what_could_not_be_read_and_notes_without_text_are_told():
    read, billed = visit(1)
    bare = read.model_copy(update={"text": None})
    done = audit([bare], [billed], unreadable=["claims.csv:7: the row has no procedure code."])
    assert done.unreadable[0].startswith("claims.csv:7") and "1 note was not kept" in done.unreadable[1]


def test_the_policies_and_versions_are_told():
    done = run(visit(1), policy="cigna", payers={"Medicare": LCD})
    assert done.policy == "cigna" and {"extractor", "lexicon", "policy cigna", f"policy {LCD}"} <= set(done.versions)


def test_a_payer_file(tmp_path):
    path = tmp_path / "payers.csv"
    path.write_text("payer,policy\nNoridian Part B,medicare-noridian-je\n", encoding="utf-8")
    assert read_payers(path) == {"Noridian Part B": LCD}
    path.write_text("payer\nNoridian\n", encoding="utf-8")
    with pytest.raises(ClaimsError, match="payer and policy"):
        read_payers(path)


def test_time_grows_with_the_number_of_encounters_and_not_with_its_square():
    def seconds(count):
        visits = [visit(number, DAY + timedelta(days=number % 700), patient=f"P{number // 50}") for number in range(count)]
        start = time.process_time()
        run(*visits, policy=LCD)
        return time.process_time() - start

    seconds(50)
    small, large = seconds(500), seconds(2000)
    assert large < 12 * small
