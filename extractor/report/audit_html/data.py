"""What the page's script reads: short rows for the table, and the encounters' details in chunks that are parsed on demand.

Text never becomes markup: it goes into JSON, whose ``<``, ``>`` and ``&`` are written as escapes, so that no note can
end the script element it stands in; the script sets it as text content only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from extractor.audit.amounts import at_stake
from extractor.audit.models import AuditedNote, ClaimFinding, ClaimLine, Encounter
from extractor.audit.profile import rendering_provider
from extractor.models import Evidence
from extractor.report.audit_words import (
    MATCHES,
    billed_words,
    finding_title,
    muscle_words,
    proved_words,
    resolution,
)  # fmt: skip
from extractor.report.words import dose_words, drug_name, strength_words

__all__ = ["CHUNK", "chunks", "rows", "script_json"]

CHUNK = 100
"""Encounters in one script element: small enough to be parsed between a click and its page."""

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SEVERITY_ORDER = ("error", "warning", "info")


def script_json(value: Any) -> str:
    """JSON that can stand in a script element, whatever text is in it."""
    # Half a surrogate pair, which no encoding can write, stays an escape.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, escape in _ESCAPES.items():
        text = text.replace(char, escape)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def rows(encounters: list[Encounter]) -> list[list[Any]]:
    """One row for each encounter, in the given order: the columns of the table and what it is filtered by."""
    return [_row(encounter) for encounter in encounters]


def _row(encounter: Encounter) -> list[Any]:
    severities = {finding.severity for finding in encounter.findings}
    return [
        encounter.id,
        encounter.date_of_service.isoformat() if encounter.date_of_service else "",
        encounter.patient_id or "",
        rendering_provider(encounter) or "",
        encounter.payer or "",
        billed_words(encounter.lines),
        proved_words(encounter.notes),
        next((severity for severity in _SEVERITY_ORDER if severity in severities), ""),
        list(dict.fromkeys(finding.id for finding in sorted(encounter.findings, key=lambda finding: finding.rank))),
        float(at_stake(encounter, "overpayment")),
        float(at_stake(encounter, "underpayment")),
        " ".join(sorted({line.claim_id for line in encounter.lines if line.claim_id} | {note.note_id for note in encounter.notes})),
    ]


def chunks(encounters: list[Encounter]) -> Iterator[str]:
    """The details as JSON arrays of :data:`CHUNK` encounters, in the given order."""
    for start in range(0, len(encounters), CHUNK):
        yield script_json([_detail(encounter) for encounter in encounters[start : start + CHUNK]])


def _detail(encounter: Encounter) -> dict[str, Any]:
    return {
        "matched": MATCHES[encounter.matched_by],
        "lines": [_line(line) for line in encounter.lines],
        "notes": [_note(note) for note in encounter.notes],
        "findings": [_finding(finding) for finding in sorted(encounter.findings, key=lambda finding: (finding.rank, finding.id))],
    }


def _line(line: ClaimLine) -> list[Any]:
    money = [None if value is None else float(value) for value in (line.units, line.charge, line.allowed, line.paid)]
    return [line.claim_id or "", line.line, line.code, " ".join(line.modifiers), *money, ", ".join(line.diagnoses), line.source]


def _note(note: AuditedNote) -> dict[str, Any]:
    result = note.result
    return {
        "id": note.note_id,
        "source": note.source,
        "date": note.date_of_service.isoformat() if note.date_of_service else "",
        "provider": note.provider_id or "",
        "text": note.text if note.text is not None else result.text,
        "proves": proved_words([note]),
        "muscles": muscle_words(note),
        "drugs": [" ".join(filter(None, [drug_name(drug), strength_words(drug.strength), dose_words(drug.dose)])) for drug in result.drugs],
        "reasons": [reason.text for reason in result.decision.reasons],
        "query": result.decision.query,
        "muscle_marks": _spans(proof for muscle in result.muscles for proof in muscle.evidence),
        "drug_marks": _spans(proof for drug in result.drugs for proof in drug.evidence),
    }


def _spans(evidence: Any) -> list[list[int]]:
    return sorted({(proof.start, proof.end) for proof in evidence})  # type: ignore[return-value]


def _quote(proof: Evidence) -> list[Any]:
    return [proof.start, proof.end, proof.text]


def _finding(finding: ClaimFinding) -> dict[str, Any]:
    exposure = finding.exposure
    return {
        "id": finding.id,
        "title": finding_title(finding.id),
        "severity": finding.severity,
        "text": finding.text,
        "resolve": resolution(finding),
        "claim": finding.claim_id or "",
        "line": finding.line,
        "code": finding.code or "",
        "note": finding.note_id,
        "rule": finding.rule or "",
        "source": finding.source or "",
        "effective": finding.effective or "",
        "direction": exposure.direction if exposure else "",
        "amount": float(exposure.amount) if exposure and exposure.amount is not None else None,
        "arithmetic": exposure.arithmetic if exposure else "",
        "quotes": [_quote(proof) for proof in finding.evidence],
    }
