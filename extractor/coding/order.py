"""The order of findings: severity, then a fixed order of ids, then the place in the note."""

from __future__ import annotations

from collections.abc import Iterable

from extractor.models import Finding

__all__ = ["FINDING_IDS", "in_order"]

_SEVERITIES = {"error": 0, "warning": 1, "info": 2}
FINDING_IDS: tuple[str, ...] = (
    "drug-conflict", "unfilled-template", "muscle-not-named", "sites-from-exam-only", "group-not-muscle",
    "unclear-mention", "count-mismatch", "count-depends-on-side", "side-conflict", "side-not-stated",
    "planned-not-performed", "historical-only", "declined", "code-not-in-force", "date-not-found",
    "drug-not-named", "dose-not-stated", "denied-substance", "drug-units-above-limit",
    "necessity-not-documented", "trigger-point-exam-missing", "prior-treatment-missing",
    "repeat-not-documented", "documentation-not-found", "more-than-one-region", "diagnosis-not-supporting",
    "diagnosis-not-valid", "diagnosis-conflict", "other-procedure", "guidance-documented", "sedation-documented",
    "separate-evaluation-documented", "stated-code", "documentation-found",
)  # fmt: skip
"""Ids of findings about a note, the ones that change a code first; ids from elsewhere follow."""
_PLACES = {name: place for place, name in enumerate(FINDING_IDS)}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings sorted, each once."""
    keyed = {_key(item): item for item in findings}
    return [keyed[key] for key in sorted(keyed)]


def _key(item: Finding) -> tuple[int, int, str, int, str]:
    place = _PLACES.get(item.id, len(_PLACES))
    start = min((words.start for words in item.evidence), default=-1)
    return (_SEVERITIES[item.severity], place, item.id, start, item.text)
