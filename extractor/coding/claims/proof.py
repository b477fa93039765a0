"""What the notes of one encounter prove together, under the policy of the encounter's payer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from extractor.audit.models import AuditedNote
from extractor.coding.anatomy import Anatomy
from extractor.coding.counting import count_muscles
from extractor.coding.selection import code_of
from extractor.coding.settings import Settings
from extractor.models import Drug, Evidence, Muscle, OtherProcedure, Result

__all__ = ["OPEN_QUESTIONS", "Proof", "prove"]

OPEN_QUESTIONS = frozenset({
    "muscle-not-named", "group-not-muscle", "sites-from-exam-only", "unclear-mention", "count-mismatch",
    "count-depends-on-side", "side-conflict", "unfilled-template", "drug-conflict", "code-not-in-force",
})  # fmt: skip
"""Findings about a note that say why its code is unsettled."""
_COUNTING = ("laterality", "groups")
_NOT_RECOUNTED = ("toxin", "sacroiliac_without_imaging")
_NEEDLING = frozenset({"20560", "20561"})


@dataclass
class Proof:
    """The notes' answer."""

    status: Literal["supported", "review", "none", "missing"] = "missing"
    """``missing``: the encounter has no note; ``none``: no note documents that it was done."""
    code: str | None = None
    alternatives: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    note: AuditedNote | None = None
    """The note to point at: the one that documents the procedure, else the one that says most about it."""
    notes: list[AuditedNote] = field(default_factory=list)
    """Those that document that it was done."""
    muscles: list[Muscle] = field(default_factory=list)
    recounted: bool = False
    """The batch read the notes under another policy, so the count was made again from the named muscles."""
    all_notes: list[AuditedNote] = field(default_factory=list)

    @property
    def performed(self) -> bool:
        """Whether a note documents that trigger points were injected or needled."""
        return self.status in ("supported", "review")

    @property
    def possible(self) -> frozenset[str]:
        """The codes that an honest reading of the notes can give."""
        return frozenset(code for code in (self.code, *self.alternatives) if code)

    @property
    def needling(self) -> bool:
        """Whether the notes document needling without an injectate."""
        return bool(self.possible) and self.possible <= _NEEDLING

    @property
    def results(self) -> list[Result]:
        """The results of the notes that document the procedure."""
        return [note.result for note in self.notes]

    @property
    def drugs(self) -> list[Drug]:
        """What was injected at the trigger points."""
        return [drug for result in self.results for drug in result.drugs]

    @property
    def elements(self) -> frozenset[str]:
        """Documentation elements found in any note of the encounter."""
        return frozenset(item.id for note in self.all_notes for item in note.result.documentation)

    def others(self) -> Iterator[OtherProcedure]:
        """Yield the other procedures that any note of the encounter documents as done."""
        for note in self.all_notes:
            yield from (other for other in note.result.other_procedures if other.status == "performed")

    def sites(self) -> list[Evidence]:
        """Return the words of :attr:`note` that name the injected muscles, else those about the procedure."""
        if self.note is None:
            return []
        named = [words for muscle in self.note.result.muscles for words in muscle.evidence]
        return named or list(self.note.result.procedure.evidence)


_TELLING = {"performed": 0, "declined": 1, "planned": 2, "historical": 3, "absent": 4}


def prove(notes: Sequence[AuditedNote], settings: Settings, anatomy: Anatomy) -> Proof:
    """Return what notes prove together.

    A note of which nothing was performed adds nothing to one that documents the procedure (the visit's note beside
    the procedure's). Where several document it, their muscles are counted together, each once.
    """
    if not notes:
        return Proof()
    ordered = sorted(notes, key=lambda note: _TELLING[note.result.procedure.status])
    done = [note for note in ordered if note.result.decision.status != "none"]
    if not done:
        return Proof(status="none", note=ordered[0], all_notes=list(notes))
    if len(done) == 1:
        return _one(done[0], list(notes), settings, anatomy)
    return _together(done, list(notes), settings, anatomy)


def _one(note: AuditedNote, notes: list[AuditedNote], settings: Settings, anatomy: Anatomy) -> Proof:
    decision = note.result.decision
    proof = Proof(
        decision.status, decision.code, tuple(decision.alternatives), decision.muscle_count.low, decision.muscle_count.high,
        note, [note], list(note.result.muscles), all_notes=notes,
    )  # fmt: skip
    read_under = decision.policy_settings
    if any(_differs(read_under, settings, key) for key in _NOT_RECOUNTED) and _matters(note.result):
        # What was read under another answer to these questions cannot be decided anew from the result alone.
        proof.status, proof.recounted = "review", True
    if any(_differs(read_under, settings, key) for key in _COUNTING) and proof.low + proof.high:
        _recount(proof, note.result, settings, anatomy)
    return proof


def _differs(read_under: dict[str, str | int | float | bool | None], settings: Settings, key: str) -> bool:
    return key in read_under and read_under[key] != getattr(settings, key)


def _matters(result: Result) -> bool:
    """Whether toxin or a sacroiliac joint plays a part in the note."""
    toxin = any("toxin" in (drug.id or "") for drug in result.drugs) or any(item.id == "drug-conflict" for item in result.findings)
    return toxin or any(other.kind == "sacroiliac_joint_injection" for other in result.other_procedures)


def _recount(proof: Proof, result: Result, settings: Settings, anatomy: Anatomy) -> None:
    """Count the named muscles under the payer's reading; what else the note left open keeps its width."""
    read_under = result.decision.policy_settings
    before = count_muscles(
        result.muscles, anatomy, laterality=str(read_under.get("laterality", "unsettled")), groups=str(read_under.get("groups", "unsettled"))
    )
    now = count_muscles(result.muscles, anatomy, laterality=settings.laterality, groups=settings.groups)
    proof.low = max(0, proof.low - before.low + now.low)
    proof.high = max(proof.low, proof.high - before.high + now.high)
    _decide(proof, [result])


def _decide(proof: Proof, results: list[Result]) -> None:
    needling = proof.needling
    proof.code = code_of(proof.low, needling=needling)
    best = code_of(proof.high, needling=needling)
    possible = dict.fromkeys([code_of(max(1, proof.low), needling=needling), best])
    proof.alternatives = tuple(code for code in possible if code and code != proof.code)
    refused = any(item.severity == "error" for result in results for item in result.findings)
    proof.status = "review" if refused or proof.code is None or proof.alternatives else "supported"
    proof.recounted = True


def _together(done: list[AuditedNote], notes: list[AuditedNote], settings: Settings, anatomy: Anatomy) -> Proof:
    each = [_one(note, notes, settings, anatomy) for note in done]
    injecting = [proof for proof in each if not proof.needling] or each
    muscles = [muscle for proof in injecting for muscle in proof.muscles]
    listed = count_muscles(muscles, anatomy, laterality=settings.laterality, groups=settings.groups)
    first = max(injecting, key=lambda proof: (proof.low, proof.high))
    low = max(listed.low, first.low)
    closed = all(proof.status == "supported" for proof in injecting)
    high = listed.high if closed else max(listed.high, sum(proof.high for proof in injecting))
    whole = Proof(
        "review", first.code, first.alternatives, low, max(low, high), first.note, [proof.note for proof in injecting if proof.note],
        _merged(muscles), all_notes=notes,
    )  # fmt: skip
    _decide(whole, whole.results)
    whole.recounted = any(proof.recounted for proof in injecting)
    return whole


def _merged(muscles: list[Muscle]) -> list[Muscle]:
    """Name each muscle once, with the sides that any note gives."""
    found: dict[str, Muscle] = {}
    for muscle in muscles:
        known = found.get(muscle.id)
        if known is None:
            found[muscle.id] = muscle
        else:
            found[muscle.id] = known.model_copy(update={"sides": list(dict.fromkeys([*known.sides, *muscle.sides]))})
    return list(found.values())
