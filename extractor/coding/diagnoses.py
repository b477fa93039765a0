"""Diagnosis codes written in the note: valid on the date, supporting under the policy, excluding each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from extractor.coding.case import Case, finding, join
from extractor.coding.facts import Facts, holds
from extractor.coding.rows import DiagnosisRow
from extractor.models import Diagnosis, Finding

__all__ = ["conflicts", "diagnoses", "invalid_on", "normalize_code", "supports"]

_ICD_10_START = date(2015, 10, 1)
_CATEGORY = 3


def normalize_code(code: str) -> str:
    """Return an ICD-10-CM code in its usual form: upper case, with the point after the third character."""
    plain = code.strip().upper().replace(".", "").replace(" ", "")
    return f"{plain[:_CATEGORY]}.{plain[_CATEGORY:]}" if len(plain) > _CATEGORY else plain


def invalid_on(code: str, day: date | None, facts: Facts) -> tuple[bool, tuple[str, ...]]:
    """Say whether a code is known not to be billable on a date, and which codes took its place.

    A code that the table does not hold is not judged.
    """
    rows = facts.diagnoses.get(code, ())
    if not rows:
        return False, ()
    row = _row_on(rows, day)
    if row is None:
        return True, ()
    return not row.billable, row.successors


def _row_on(rows: Sequence[DiagnosisRow], day: date | None) -> DiagnosisRow | None:
    return next((row for row in rows if holds(row.effective_from, row.effective_to, day)), None)


def supports(code: str, accepted: Sequence[str]) -> bool:
    """Say whether a payer's list holds a code; an entry that ends with ``-`` stands for all codes below it."""
    return any(code == entry or (entry.endswith("-") and code.startswith(entry[:-1])) for entry in accepted)


def conflicts(codes: Sequence[str], facts: Facts) -> list[tuple[str, str]]:
    """Return the pairs of codes that Excludes1 keeps apart, sorted."""
    found = []
    for one, other in combinations(sorted(set(codes)), 2):
        for row in facts.excludes:
            if (one.startswith(row.left) and other.startswith(row.right)) or (
                one.startswith(row.right) and other.startswith(row.left)
            ):
                found.append((one, other))
                break
    return found


def diagnoses(case: Case) -> Iterator[Finding]:
    """Yield the findings about the diagnosis codes of a note whose procedure was performed."""
    stated = case.record.diagnoses
    if not stated or not case.performed or (case.day is not None and case.day < _ICD_10_START):
        return
    by_code: dict[str, list[Diagnosis]] = {}
    for item in stated:
        by_code.setdefault(normalize_code(item.code), []).append(item)
    for code in sorted(by_code):
        wrong, successors = invalid_on(code, case.day, case.facts)
        if wrong:
            instead = f" It was split into {join(successors, 'or')}." if successors else ""
            text = f"{code} is no billable code on the date of service.{instead}"
            yield finding("diagnosis-not-valid", "warning", text, _words(by_code[code]), rule="diagnosis-valid")
    for one, other in conflicts(list(by_code), case.facts):
        text = f"{one} and {other} exclude each other (Excludes1)."
        if case.settings.excludes1 == "block":
            text += " This policy refuses a claim with both."
        words = _words([*by_code[one], *by_code[other]])
        yield finding("diagnosis-conflict", "warning", text, words, rule="diagnosis-excludes")
    accepted = case.settings.diagnoses
    if accepted and not any(supports(code, accepted) for code in by_code):
        text = f"None of the stated diagnoses ({join(sorted(by_code))}) is on this policy's list."
        words = _words([item for items in by_code.values() for item in items])
        yield finding("diagnosis-not-supporting", "warning", text, words, rule="diagnosis-supports")


def _words(items: list[Diagnosis]) -> list:  # type: ignore[type-arg]
    return [words for item in items for words in item.evidence]
