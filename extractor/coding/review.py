"""All findings that a record and a policy give."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, finding
from extractor.coding.diagnoses import diagnoses
from extractor.coding.documentation import documentation
from extractor.coding.neighbours import neighbours
from extractor.coding.notices import notices
from extractor.coding.selection import Selection
from extractor.models import Finding

__all__ = ["review"]

_OURS = frozenset({"20550", "20551", "20552", "20553", "20560", "20561"})


def review(case: Case, selection: Selection) -> Iterator[Finding]:
    """Yield the findings in no particular order."""
    yield from notices(case, selection)
    yield from neighbours(case, selection)
    if not selection.chemodenervation:
        yield from documentation(case)
        yield from diagnoses(case)
    yield from _stated_codes(case, selection)


def _stated_codes(case: Case, selection: Selection) -> Iterator[Finding]:
    """Report printed codes that are not the one that the record gives."""
    for stated in case.record.stated_codes:
        if stated.code in _OURS and stated.code != selection.code:
            given = selection.code or "no code"
            text = f"The note prints {stated.code}; the record gives {given}. A printed code proves nothing."
            yield finding("stated-code", "info", text, stated.evidence, rule="stated-code")
