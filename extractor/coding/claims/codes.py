"""The billed trigger point code against what the notes prove."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.audit.models import ClaimLine
from extractor.coding.case import join
from extractor.coding.claims.case import ClaimCase, Flag, Stake, flag
from extractor.coding.claims.proof import OPEN_QUESTIONS
from extractor.models import Finding

__all__ = ["check_codes"]

_SMALL, _LARGE = ("20552", "20560"), ("20553", "20561")
_SENTENCES = {
    "planned": "The note plans the injections; it does not say that they were given at this encounter",
    "declined": "The note says that the injections were declined or given up before the first one",
    "historical": "The note tells of earlier injections only",
    "absent": "The note does not say that trigger points were injected or needled at this encounter",
}
_READ_AGAIN = "An addendum or another note of this date that says what was done would settle it; else the line is not documented."


def check_codes(case: ClaimCase) -> Iterator[Flag]:
    """Yield what is to be said about the billed codes, and about notes and claims that lack each other."""
    if not case.trigger_point:
        yield from _nothing_billed(case)
        return
    if case.proof.status == "missing":
        for line in _first_of_each(case):
            text = f"{line.code} was billed; no note of this patient and date was among the notes given."
            yield flag(case, "note-missing", "warning", text, rule="note-on-file", line=line, stake=Stake("line"),
                       resolution="Request the procedure note of this date, or give it with the notes.")  # fmt: skip
        return
    for line in _first_of_each(case):
        if line.code in _SMALL and any(other.code == _LARGE[_SMALL.index(line.code)] for other in case.trigger_point):
            continue  # the pair of both codes has its own finding; the larger code is what is checked
        yield from _billed(case, line)


def _first_of_each(case: ClaimCase) -> list[ClaimLine]:
    """One line for each billed code: repeated lines are a matter of units."""
    return list({line.code: line for line in reversed(case.trigger_point)}.values())[::-1]


def _nothing_billed(case: ClaimCase) -> Iterator[Flag]:
    encounter, proof = case.encounter, case.proof
    if encounter.lines and proof.status == "missing":
        line = encounter.lines[0]
        text = "No note of this patient and date was among the notes given; the claim bills no trigger point code."
        yield flag(case, "note-missing", "info", text, rule="note-on-file", line=line,
                   resolution="Nothing needs doing unless the audit is to cover this service.")  # fmt: skip
        return
    if not proof.performed or proof.note is None:
        return
    codes = join(sorted(proof.possible), "or")
    if not encounter.lines:
        text = f"The note documents {codes}; no claim of this patient and date was among the claims given."
        yield flag(case, "claim-missing", "info", text, rule="claim-for-note", note=proof.note, evidence=proof.sites(),
                   resolution="See whether the service was billed elsewhere, or give the claim with the claims.")  # fmt: skip
    elif proof.status == "supported" and proof.code:
        text = f"The note documents {proof.code} ({_named(case)}); the claim of this date does not bill it."
        yield flag(case, "code-too-low", "warning", text, rule="claim-for-note", note=proof.note, evidence=proof.sites(),
                   stake=Stake("unbilled", proof.code),
                   resolution=f"If it was not billed elsewhere, {proof.code} can be added within the payer's time limit.")  # fmt: skip
    else:
        text = f"The note documents trigger point treatment ({codes}, unsettled); the claim of this date bills none."
        yield flag(case, "code-needs-review", "info", text, rule="claim-unsettled", note=proof.note, evidence=proof.sites(),
                   resolution=_query(case))  # fmt: skip


def _billed(case: ClaimCase, line: ClaimLine) -> Iterator[Flag]:
    proof = case.proof
    if proof.status == "none":
        yield _not_documented(case, line)
    elif proof.status == "supported" and line.code == proof.code:
        return
    elif proof.needling != (line.code in ("20560", "20561")):
        yield _other_service(case, line)
    elif line.code in proof.possible:
        yield _unsettled(case, line)
    elif line.code in _LARGE:
        yield _not_supported(case, line)
    else:
        yield _too_low(case, line)


def _not_documented(case: ClaimCase, line: ClaimLine) -> Flag:
    note = case.proof.note
    assert note is not None  # a proof of status none has a note
    result = note.result
    others = sorted({_label(case, other.kind) for other in case.proof.others() if other.kind != "evaluation_and_management"})
    if result.procedure.status == "performed":
        said = next((reason.text for reason in result.decision.reasons), "The note documents another procedure.").rstrip(".")
    else:
        said = _SENTENCES[result.procedure.status]
    also = f" It documents {join(others)}." if others else ""
    words = result.procedure.evidence or [item for other in result.other_procedures for item in other.evidence]
    return flag(case, "procedure-not-documented", "error", f"{line.code} was billed. {said}.{also}", rule="only-this-encounter",
                line=line, note=note, evidence=words, stake=Stake("line"), resolution=_READ_AGAIN)  # fmt: skip


def _label(case: ClaimCase, kind: str) -> str:
    row = case.facts.procedures.get(kind)
    return row.label if row is not None else kind.replace("_", " ")


def _other_service(case: ClaimCase, line: ClaimLine) -> Flag:
    proof = case.proof
    codes = join(sorted(proof.possible), "or") or "no code"
    if proof.needling:
        text = f"{line.code} was billed; the note documents needling and names nothing that was injected ({codes})."
        resolution = "An addendum that names the injected drug would support an injection code; else the needling code fits the note."
    else:
        text = f"{line.code} was billed; the note documents an injection ({codes}), not needling alone."
        resolution = "The injection code fits the note as it stands."
    stake = Stake("code", proof.code) if proof.status == "supported" and proof.code else None
    return flag(case, "code-not-supported", "error", text, rule="code-dry-needling", line=line, note=proof.note,
                evidence=proof.sites(), stake=stake, resolution=resolution)  # fmt: skip


def _not_supported(case: ClaimCase, line: ClaimLine) -> Flag:
    proof = case.proof
    if proof.low == 0 and proof.code:
        return _joint(case, line, proof.code)
    lacking = "a third muscle" if proof.high >= 2 else "a second or a third muscle"
    text = (
        f"{line.code} was billed, which is three or more muscles. The note names {_number(proof.low, proof.high)} as "
        f"{'needled' if proof.needling else 'injected'}: {join(case.muscle_names()) or 'none by name'}. It does not name {lacking}."
    )
    code = proof.code or next(iter(proof.possible), None)
    return flag(case, "code-not-supported", "error", text, rule="code-trigger-point", line=line, note=proof.note,
                evidence=proof.sites(), stake=Stake("code", code),
                resolution=f"{code} fits the note as it stands. A further muscle counts only if the provider documents, by a dated "
                           "addendum of their own, that it was treated at this encounter.")  # fmt: skip


def _joint(case: ClaimCase, line: ClaimLine, code: str) -> Flag:
    """A sacroiliac joint without imaging, which is reported with the small code though no muscle was injected."""
    note = case.proof.note
    said = next((reason.text for reason in note.result.decision.reasons), "") if note else ""
    return flag(case, "code-not-supported", "error", f"{line.code} was billed. {said}".strip(), rule="sacroiliac-without-imaging", line=line,
                note=note, evidence=[words for other in case.proof.others() for words in other.evidence], stake=Stake("code", code),
                resolution=f"{code} fits the note as it stands.")  # fmt: skip


def _too_low(case: ClaimCase, line: ClaimLine) -> Flag:
    proof = case.proof
    code = proof.code or max(proof.possible)
    text = f"{line.code} was billed, which is one or two muscles. The note names {_number(proof.low, proof.high)}: {join(case.muscle_names())}."
    return flag(case, "code-too-low", "warning", text, rule="code-trigger-point", line=line, note=proof.note, evidence=proof.sites(),
                stake=Stake("code", code) if proof.status == "supported" else None,
                resolution=f"The note supports {code}; a corrected claim is possible within the payer's time limit.")  # fmt: skip


def _unsettled(case: ClaimCase, line: ClaimLine) -> Flag:
    proof = case.proof
    findings = list(_open_findings(case))
    refused = any(item.severity == "error" for item in findings)
    certain = f"The note proves {_number(proof.low, proof.low)}" if proof.low else "The note proves no muscle by name"
    reach = f"; its most favourable reading has {_number(proof.high, proof.high)}" if proof.high > proof.low else ""
    named = f" ({join(case.muscle_names())})" if proof.muscles else ""
    why = " ".join(dict.fromkeys(item.text for item in findings))
    text = f"{line.code} was billed; whether the note supports it is unsettled. {certain}{named}{reach}. {why}".strip()
    if proof.recounted and not findings:
        text += " The note was read under another policy than this payer's."
    lowest = line.code == proof.code and not refused
    words = [words for item in findings for words in item.evidence] or proof.sites()
    return flag(case, "code-needs-review", "info" if lowest else "warning", text, rule="claim-unsettled", line=line, note=proof.note,
                evidence=words, resolution=_query(case))  # fmt: skip


def _open_findings(case: ClaimCase) -> Iterator[Finding]:
    if case.proof.note is not None:
        yield from (item for item in case.proof.note.result.findings if item.severity == "error" or item.id in OPEN_QUESTIONS)


def _query(case: ClaimCase) -> str:
    asked = any(result.decision.query for result in case.proof.results)
    by = "; the note's result holds a neutral question to send" if asked else ""
    return f"An answer of the provider, as a dated addendum, would settle it{by}."


def _named(case: ClaimCase) -> str:
    return join(case.muscle_names()) or "no muscle by name"


def _number(low: int, high: int) -> str:
    words = {1: "one muscle", 2: "two muscles"}
    if low == high:
        return words.get(low, f"{low} muscles")
    if low == 0:
        return f"up to {words.get(high, f'{high} muscles')}"
    return f"{low} to {high} muscles"
