"""What an audit found of the planted errors, and what it flagged where nothing was planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractor.audit.models import Audit, AuditedNote, ClaimFinding
from extractor.audit.synthetic.errors import CLEAN
from extractor.audit.synthetic.practice import Practice, Visit
from extractor.coding import load_policy
from extractor.models import Result

__all__ = ["KindScore", "Score", "audited_notes", "read_changed", "score"]

_FLAGS = frozenset({"error", "warning"})


@dataclass
class KindScore:
    """One kind of error."""

    planted: int = 0
    found: int = 0
    beside: Counter[str] = field(default_factory=Counter)
    """Other findings, errors and warnings, in encounters with this error: consequences of it, or mistakes."""


@dataclass
class Score:
    """Recall by kind, and precision over encounters."""

    kinds: dict[str, KindScore]
    clean: int
    clean_flagged: int
    flags_on_clean: Counter[str]
    examples: dict[str, list[str]]
    """Note or claim ids by what went wrong, a few of each."""

    @property
    def planted(self) -> int:
        """Encounters with a planted error."""
        return sum(kind.planted for kind in self.kinds.values())

    @property
    def found(self) -> int:
        """Those in which it was found."""
        return sum(kind.found for kind in self.kinds.values())

    @property
    def recall(self) -> float:
        """Share of the planted errors that were found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Share of encounters with a flag (error or warning) among which an error was planted."""
        flagged = self.found + self.clean_flagged
        return self.found / flagged if flagged else 1.0


def audited_notes(practice: Practice, *, policy: str | Path = "cpt", results: Mapping[str, Result] | None = None) -> list[AuditedNote]:
    """The practice's notes as the audit takes them.

    Args:
        practice: from :func:`generate`.
        policy: name or file; the notes are read under it.
        results: by note id, of a finished batch; without them every note is read here, one after the other.
    """
    from extractor import extract

    rules = load_policy(policy)
    notes = []
    for visit in practice.visits:
        if not visit.note_written:
            continue
        result = results[visit.note_id] if results is not None else extract(
            visit.text, note_id=visit.note_id, date_of_service=visit.day, patient_id=visit.patient, provider_id=visit.provider, policy=rules,
        )  # fmt: skip
        notes.append(AuditedNote(
            note_id=visit.note_id, patient_id=visit.patient, date_of_service=visit.day, provider_id=visit.provider,
            text=visit.text, result=result, source=f"notes.jsonl:{len(notes) + 1}",
        ))  # fmt: skip
    return notes


def read_changed(practice: Practice, notes: Iterable[AuditedNote]) -> frozenset[str]:
    """Ids of the notes whose count the variation changed for the extractor.

    Their label is still true, so what the audit says of them is the extractor's error; a measure of the audit leaves
    them out and says how many there were.
    """
    bases = {visit.note_id: visit.base.result for visit in practice.visits}
    return frozenset(note.note_id for note in notes if _gist(note.result) != _gist(bases[note.note_id]))


def _gist(result: Result) -> tuple[object, ...]:
    decision = result.decision
    drugs = frozenset((drug.id, drug.dose.value if drug.dose else None) for drug in result.drugs)
    return decision.code, decision.status, decision.muscle_count.low, decision.muscle_count.high, result.procedure.status, drugs


def score(practice: Practice, audit: Audit, *, without: Iterable[str] = ()) -> Score:
    """Hold an audit's findings against the truth.

    A planted error counts as found where the encounter of its claim or note has one of the expected findings, of
    whatever severity; a clean encounter counts as flagged where it has an error or a warning.

    Args:
        practice: with its truth.
        audit: of that practice.
        without: note ids to leave out.
    """
    left_out = frozenset(without)
    found = _findings_by_id(audit)
    kinds: dict[str, KindScore] = defaultdict(KindScore)
    flags: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    clean = flagged = 0
    for visit in practice.visits:
        if visit.note_id in left_out:
            continue
        own = _of(visit, found)
        if visit.kind == CLEAN:
            clean += 1
            wrong = {finding.id for finding in own if finding.severity in _FLAGS}
            flagged += bool(wrong)
            flags.update(wrong)
            for name in wrong:
                _example(examples, f"flagged: {name}", visit)
            continue
        kind = kinds[visit.kind]
        kind.planted += 1
        hit = any(finding.id in visit.expected for finding in own)
        kind.found += hit
        kind.beside.update({finding.id for finding in own if finding.severity in _FLAGS and finding.id not in visit.expected})
        if not hit:
            _example(examples, f"missed: {visit.kind}", visit)
    return Score(dict(sorted(kinds.items())), clean, flagged, flags, dict(examples))


def _example(examples: dict[str, list[str]], what: str, visit: Visit) -> None:
    if len(examples[what]) < 5:
        examples[what].append(f"{visit.note_id} ({visit.base.note.id})")


def _findings_by_id(audit: Audit) -> dict[str, dict[int, ClaimFinding]]:
    """Findings by every claim and note id of their encounter; each object once."""
    found: dict[str, dict[int, ClaimFinding]] = defaultdict(dict)
    for encounter in audit.encounters:
        names = {line.claim_id for line in encounter.lines} | {note.note_id for note in encounter.notes}
        for name in names:
            if name:
                found[name].update({id(finding): finding for finding in encounter.findings})
    return found


def _of(visit: Visit, found: dict[str, dict[int, ClaimFinding]]) -> Iterator[ClaimFinding] | list[ClaimFinding]:
    names = [visit.claim_id, visit.note_id, visit.claim_id + "B"]
    return list({key: finding for name in names for key, finding in found.get(name, {}).items()}.values())
