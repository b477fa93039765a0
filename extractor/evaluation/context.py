"""The words of a note that stand behind an error: what the extractor read there, and how it took it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.evaluation.score import NoteError
from extractor.models import Evidence
from extractor.report.quotes import Lines, visible

__all__ = ["contexts_of"]

_AROUND = 50
_LIMIT = 6

Context = tuple[str, str, str, str]
"""What it is, the words before, the words themselves, the words after."""


def contexts_of(error: NoteError) -> list[Context]:
    """Return the places of a note that explain an error, in text order, each once."""
    text, lines = error.note.text, Lines(error.note.text)
    places: dict[tuple[int, int], str] = {}
    for label, span in sorted(_spans(error), key=lambda item: item[1].start):
        places.setdefault((span.start, span.end), label)
    return [
        (
            f"line {lines.of(start)}, {label}",
            visible(text[max(0, start - _AROUND) : start]) + " ",
            visible(text[start:end]),
            " " + visible(text[end : end + _AROUND]),
        )
        for (start, end), label in list(places.items())[:_LIMIT]
    ]


def _spans(error: NoteError) -> Iterator[tuple[str, Evidence]]:
    if error.kind == "muscles":
        yield from _muscle_spans(error)
    elif error.kind in ("drugs", "amounts"):
        yield from _drug_spans(error)
    elif error.kind == "procedure":
        for span in error.result.procedure.evidence:
            yield error.result.procedure.status, span
    elif error.kind in ("SILENT", "cautious", "decision"):
        for reason in error.result.decision.reasons:
            for span in reason.evidence:
                yield reason.rule, span


def _muscle_spans(error: NoteError) -> Iterator[tuple[str, Evidence]]:
    for mention in error.result.mentions:
        if mention.muscle in error.ids:
            sides = "+".join(mention.sides) or "no side"
            label = f"{mention.muscle} {mention.assertion}, {sides}, in {mention.section or 'no section'}"
            yield label, Evidence(start=mention.start, end=mention.end, text=mention.text)
    read = {mention.muscle for mention in error.result.mentions}
    for name in error.ids:
        if name not in read:
            yield from _by_name(name, error.note.text)


def _drug_spans(error: NoteError) -> Iterator[tuple[str, Evidence]]:
    read = {drug.id for drug in error.result.drugs}
    for drug in error.result.drugs:
        if drug.id in error.ids:
            for span in drug.evidence:
                yield f"{drug.id}", span
    for name in error.ids:
        if name not in read:
            yield from _by_name(name, error.note.text)


def _by_name(name: str, text: str) -> Iterator[tuple[str, Evidence]]:
    """Yield the places of a name that was not read, by the beginning of its first word; there may be none."""
    stem = re.escape(name.partition("_")[0][:6])
    for match in re.finditer(rf"\b{stem}\w*", text, re.IGNORECASE):
        yield f"{name} not read", Evidence(start=match.start(), end=match.end(), text=match.group())
