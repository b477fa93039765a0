"""Which drugs went into the trigger points, and how much of each: mixtures, shares, amounts per site, totals, waste.

:func:`resolve_administration` is given the stretches of text that speak about today's injectate, and returns one
:class:`~extractor.models.Drug` for each substance with its own share of the volume and its dose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from extractor.language.drugs import DrugEntry, DrugMention
from extractor.language.injectate.clauses import Site, cut_clauses
from extractor.language.injectate.events import SiteSummary
from extractor.language.injectate.implied import implied_strengths
from extractor.language.injectate.linking import Part
from extractor.language.injectate.reading import DOSE_UNITS, DoseUnit, Reading, with_stated
from extractor.language.injectate.shares import Component, per_ml, share
from extractor.language.quantities import Quantity
from extractor.language.text import fold
from extractor.models import Dose, Drug, Evidence, Strength

__all__ = ["Administration", "Site", "SiteSummary", "resolve_administration"]

_DIGITS = 4
# What is given by the millilitre only: a dose in mg would say nothing.
_WITHOUT_DOSE = ("saline", "biologic")


@dataclass(slots=True)
class Administration:
    """What was injected at the trigger points."""

    drugs: list[Drug] = field(default_factory=list)
    total_volume_ml: float | None = None
    injections: int | None = None
    evidence: list[Evidence] = field(default_factory=list)  # of the total and the number of injections


def resolve_administration(
    text: str,
    spans: Sequence[tuple[int, int]],
    drug_mentions: Sequence[DrugMention],
    quantities: Sequence[Quantity],
    *,
    sites: SiteSummary,
    entries: Mapping[str, DrugEntry],
    wrapped: bool = False,
    folded: str | None = None,
) -> Administration:
    """Work out the injectate.

    Args:
        text: the note.
        spans: stretches that speak about what was injected at the trigger points today.
        drug_mentions: as :func:`extractor.language.drugs.find_drugs` gives them.
        quantities: as :func:`extractor.language.quantities.find_quantities` gives them.
        sites: how many sites the rest of the note proves, for amounts "per site".
        entries: the rows of ``drugs.tsv`` by id (``drug_index(lexicon).entries``).
        folded: the folded text, where the caller has it.
        wrapped: each span lies inside one paragraph, list item or row, so that line breaks in it end no statement.

    Returns:
        One drug for each substance and strength in the order of the text, volumes in mL, rounded to four decimals.
    """
    folded = fold(text) if folded is None else folded
    kinds: dict[str, str] = {drug: entry.kind for drug, entry in entries.items()}
    bare = implied_strengths(folded, drug_mentions, quantities, kinds)
    if bare:
        quantities = sorted([*quantities, *bare], key=lambda quantity: quantity.start)
    mentions = sorted(sites.mentions, key=lambda site: site.start)
    clauses = cut_clauses(folded, sorted(spans), drug_mentions, quantities, mentions, kinds, wrapped=wrapped)
    reading = Reading(kinds, with_stated(sites, clauses))
    for clause in clauses:
        reading.read(clause)
    components = reading.components()
    delivered = reading.delivered(components)
    share(components, delivered)
    drugs = [_drug(text, component, kinds, reading) for component in components]
    total, injections, evidence = reading.totals(components)
    return Administration(
        drugs=drugs,
        total_volume_ml=None if total is None else round(total, _DIGITS),
        injections=injections,
        evidence=[Evidence(start=start, end=end, text=text[start:end]) for start, end in evidence],
    )


def _drug(text: str, component: Component, kinds: Mapping[str, str], reading: Reading) -> Drug:
    strength = component.strength
    volume = component.volume_ml
    dose: Dose | None = None
    stated_unit = next((part.dose.unit for part in component.parts if part.dose), None) or next(
        (event.quantity.unit for event in component.doses), None
    )
    if component.stated is not None and stated_unit:
        value = round(component.stated, _DIGITS)
        dose = Dose(value=value, unit=cast(DoseUnit, stated_unit), basis="computed" if component.scaled else "stated")
    elif component.dose is None and volume is not None and strength and kinds.get(component.drug) not in _WITHOUT_DOSE:
        value = round(volume * per_ml(strength), _DIGITS)
        dose = Dose(value=value, unit=DOSE_UNITS[strength[1]], basis="computed")
    if volume is None and dose is not None and strength and strength[1] == "units/mL" and kinds.get(component.drug) == "toxin":
        volume = dose.value / per_ml(strength)  # a toxin is counted in units; what they were dissolved in gives the volume
    spans = {_extent(part) for part in component.parts} | {(e.quantity.start, e.quantity.end) for e in component.used}
    kept: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or span[1] > kept[-1][1]:  # else it lies inside the one before
            kept.append(span)
    return Drug(
        id=component.drug,
        text=_phrase(text, component),
        strength=Strength(value=strength[0], unit=cast(Any, strength[1])) if strength else None,
        volume_ml=None if volume is None else round(volume, _DIGITS),
        dose=dose,
        wasted=reading.wasted_dose(component),
        evidence=[Evidence(start=start, end=end, text=text[start:end]) for start, end in kept],
    )


def _extent(part: Part) -> tuple[int, int]:
    """From the first to the last word of a drug with its amounts."""
    amounts = [q for q in (part.strength, part.volume, part.dose) if q is not None and abs(q.start - part.start) < 120]
    start = min([part.start, *(q.start for q in amounts)])
    end = max([part.end, *(q.end for q in amounts)])
    return start, end


_NEXT_TO = re.compile(r"[\s,(:-]{0,3}(?:of\s)?")


def _phrase(text: str, component: Component) -> str:
    """The drug's name with its strength where they stand together: "1% Xylocaine"."""
    best = (component.parts[0].start, component.parts[0].mentions[0].end)
    for part in component.parts:
        if part.strength is None:
            if part.implied:
                return text[part.start : part.mentions[0].end]
            continue
        quantity = part.strength
        if quantity.core_end <= part.start and _NEXT_TO.fullmatch(text, quantity.core_end, part.start):
            return text[quantity.start : part.mentions[0].end]
        if quantity.start >= part.mentions[0].end and _NEXT_TO.fullmatch(text, part.mentions[0].end, quantity.start):
            return text[part.start : quantity.core_end]
        if quantity.start >= part.mentions[-1].end and _NEXT_TO.fullmatch(text, part.mentions[-1].end, quantity.start):
            return text[part.mentions[-1].start : quantity.core_end]
    return text[best[0] : best[1]]
