"""The answer on a terminal: what stands where, and note text that cannot spoil it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from extractor.models import (
    Count,
    Decision,
    Dose,
    Drug,
    Evidence,
    Finding,
    Hcpcs,
    Mention,
    ModifierAdvice,
    Muscle,
    OtherProcedure,
    Procedure,
    Reason,
    Result,
    Strength,
)
from extractor.report.terminal import print_result

NOTE = "Procedure:\nLeft trapezius and right levator scapulae injected.\nRhomboid not injected.\n"


def quoting(words: str, text: str = NOTE) -> list[Evidence]:
    start = text.index(words)
    return [Evidence(start=start, end=start + len(words), text=words)]


def result(**changes) -> Result:
    decision = Decision(
        code="20552", alternatives=["20553"], status="review", muscle_count=Count(low=2, high=4), units=1,
        reasons=[Reason(rule="count-named-muscle", text="Named as injected.", evidence=quoting("Left trapezius"))],
        modifiers=[ModifierAdvice(modifier="50", advice="never", reason="One session is one unit.")],
        policy_settings={"laterality": "unsettled", "groups": "unsettled", "toxin": "unsettled"},
        query="Please document:\n[ ] Each muscle injected: ____",
    )  # fmt: skip
    fields = {
        "note_id": "n-1",
        "procedure": Procedure(kind="trigger_point_injection", status="performed", injections=3, total_volume_ml=2.5),
        "muscles": [
            Muscle(id="trapezius", name="trapezius", sides=["left"], portions=["upper"], evidence=quoting("Left trapezius")),
            Muscle(id="paraspinals", name="paraspinal muscles", kind="group", doubtful_sides=["right"], levels=["C2-C3"],
                   injections=12),
        ],
        "mentions": [Mention(start=63, end=71, text="Rhomboid", muscle="rhomboids", assertion="negated")],
        "drugs": [
            Drug(id="lidocaine", text="1% Xylocaine", strength=Strength(value=1, unit="%"), volume_ml=2.5,
                 dose=Dose(value=25, unit="mg", basis="computed"),
                 hcpcs=Hcpcs(code="J2003", units=25, descriptor="lidocaine, 1 mg")),
            Drug(id=None, text="solution"),
        ],
        "decision": decision,
        "findings": [
            Finding(id="side-not-stated", severity="info", text="No side."),
            Finding(id="drug-conflict", severity="error", text="Two agents."),
            Finding(id="group-not-muscle", severity="warning", text="A group.", evidence=quoting("levator")),
        ],
        "other_procedures": [OtherProcedure(kind="joint_injection", text="knee", sides=["left"])],
        "versions": {"extractor": "0.1.0"},
        **changes,
    }  # fmt: skip
    return Result(**fields)


def shown(answer: Result, text: str = NOTE, width: int = 80, **more) -> str:
    out = io.StringIO()
    print_result(answer, text, console=Console(file=out, width=width, highlight=False, **more))
    return out.getvalue()


def test_the_card_has_code_status_count_and_procedure():
    card = shown(result()).partition("╰")[0]
    assert "20552   needs review" in card
    assert "2 muscles proved; up to 4 on the most favourable reading." in card
    assert "It could become 20553." in card
    assert "Trigger point injection: performed, 3 injections stated, 2.5 mL in all." in card


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision(code="20553", status="supported", muscle_count=Count(low=3, high=3)), ["20553", "3 muscles proved."]),
        (Decision(code="20552", status="supported", muscle_count=Count(low=1, high=1)), ["20552", "1 muscle proved."]),
        (Decision(status="review", muscle_count=Count(low=0, high=5)), ["No code", "No muscle proved; up to 5"]),
        (Decision(status="none"), ["No code", "nothing to bill"]),
    ],
)
def test_each_status_is_said_in_words(decision, words):
    out = shown(result(decision=decision))
    assert all(word in out for word in words)


def test_tables_have_the_columns_that_are_filled():
    out = shown(result())
    assert next(line.split() for line in out.splitlines() if "trapezius" in line) == ["trapezius", "left", "upper"]
    assert "right?" in out
    assert "(a group)" in out
    assert "25 mg*" in out
    assert "* computed from strength and volume" in out
    assert "J2003 × 25" in out
    assert "J2003: lidocaine, 1 mg" in out
    assert "unnamed" in out
    assert "discarded" not in out


def test_reasons_quote_the_note_with_its_line():
    assert "line 2: “Left trapezius”" in shown(result())


def test_findings_come_with_the_worst_first():
    out = shown(result())
    assert out.index("drug-conflict") < out.index("group-not-muscle") < out.index("side-not-stated")


def test_muscles_that_do_not_count_are_named_with_the_reason():
    assert "rhomboids  not injected (line 3)" in shown(result())


def test_other_procedures_and_modifiers_are_listed():
    out = shown(result())
    assert "joint injection (performed, left)" in out
    assert "never  50  One session is one unit." in out


def test_the_question_can_be_copied_line_by_line():
    assert "\nPlease document:\n[ ] Each muscle injected: ____\n─" in shown(result())


def test_policy_and_settings_are_named():
    assert "Policy cpt: laterality=unsettled, groups=unsettled, toxin=unsettled." in shown(result())


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_longer_than_the_terminal_or_ends_in_blanks(width):
    for line in shown(result(), width=width).splitlines():
        assert len(line) <= min(width, 110)
        assert line == line.rstrip()


def test_a_pipe_gets_no_colour_and_a_terminal_does():
    assert "\x1b" not in shown(result())
    assert "\x1b[" in shown(result(), force_terminal=True, color_system="standard")


HOSTILE = "[bold red]trapezius[/bold red] [link=http://x]\x1b[2J\x07\x00\u202e]:smile: [/] \u2028x"


def test_note_text_is_shown_and_never_obeyed():
    everywhere = [Evidence(start=0, end=len(HOSTILE), text=HOSTILE)]
    answer = result(
        muscles=[Muscle(id="trapezius", name="trapezius")],
        drugs=[Drug(id=None, text=HOSTILE)],
        findings=[Finding(id="x", severity="warning", text=HOSTILE, evidence=everywhere)],
        other_procedures=[OtherProcedure(kind="x", text=HOSTILE, evidence=everywhere)],
        decision=Decision(status="review", reasons=[Reason(rule="x", text=HOSTILE, evidence=everywhere)], query=HOSTILE),
    )
    out = shown(answer, HOSTILE, width=110)
    assert "[bold red]trapezius[/bold red] [link=http://x]␛[2J␇␀]:smile: [/] x" in out
    assert not set(out) & set("\x1b\x07\x00\u202e\u2028")
