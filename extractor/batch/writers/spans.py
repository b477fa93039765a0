"""The spans of a result as annotators know them: what stands where in the note, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Span", "drug_span", "links", "spans"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the note with a label."""

    label: str
    """``Muscle``, ``Area`` (a region or level that names no muscle) or ``Drug``."""
    start: int
    end: int
    id: str | None
    """Muscle or drug id."""
    sides: tuple[str, ...] = ()
    assertion: str | None = None
    """None for a drug: the result holds only those that were injected."""
    details: tuple[str, ...] = ()
    """What no attribute holds, as ``name=value``."""


def spans(found: dict[str, Any]) -> list[Span]:
    """Return the spans of a document: its mentions in text order, then its drugs."""
    return [*_mentions(found), *_drugs(found)]


def links(all_spans: list[Span]) -> Iterator[tuple[int, int]]:
    """Give the drug and muscle that belong together, as places in the list, where the note leaves no choice.

    The result does not say which drug went into which muscle. It is certain only where one drug was injected, or where
    one muscle was.
    """
    drugs = [at for at, span in enumerate(all_spans) if span.label == "Drug"]
    injected = [at for at, span in enumerate(all_spans) if span.label == "Muscle" and span.assertion == "injected"]
    if len({all_spans[at].id for at in injected}) == 1 or len(drugs) == 1:
        yield from ((drug, muscle) for drug in drugs for muscle in injected)


def drug_span(item: dict[str, Any]) -> tuple[int, int] | None:
    """Return where a drug's name stands: in the first evidence that has it, else all of the first evidence."""
    for piece in item["evidence"]:
        at = piece["text"].find(item["text"]) if item["text"] else -1
        if at >= 0:
            return piece["start"] + at, piece["start"] + at + len(item["text"])
    if item["evidence"]:
        return item["evidence"][0]["start"], item["evidence"][0]["end"]
    return None


def _mentions(found: dict[str, Any]) -> Iterator[Span]:
    for item in found["mentions"]:
        details = [f"levels={','.join(item['levels'])}"] if item["levels"] else []
        details += [f"{name}={item[name]}" for name in ("portion", "section") if item[name]]
        details += ["inferred=true"] if item["inferred"] else []
        yield Span(
            "Muscle" if item["muscle"] else "Area",
            item["start"],
            item["end"],
            item["muscle"],
            tuple(item["sides"]),
            item["assertion"],
            tuple(details),
        )


def _drugs(found: dict[str, Any]) -> Iterator[Span]:
    for item in found["drugs"]:
        place = drug_span(item)
        if place is None:
            continue
        details = [
            f"{name}={item[name]['value']:g} {item[name]['unit']}" for name in ("strength", "dose", "wasted") if item[name]
        ]
        details += [f"volume_ml={item['volume_ml']:g}"] if item["volume_ml"] is not None else []
        yield Span("Drug", *place, item["id"], details=tuple(details))
