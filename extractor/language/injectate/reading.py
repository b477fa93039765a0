"""Collects drugs, amounts, ratios and counts clause by clause, and puts together what belongs to one drug."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast

from extractor.language.injectate.clauses import Clause, dissolved
from extractor.language.injectate.events import Event, Merged, Rank, SiteSummary, merge, read_event, says_each
from extractor.language.injectate.linking import EQUAL_PARTS, Part, link, names_mixture
from extractor.language.injectate.shares import Component, Delivered, per_ml
from extractor.language.quantities import AMOUNTS, Quantity
from extractor.models import Dose

__all__ = ["DOSE_UNITS", "Reading", "with_stated"]

_DIGITS = 4
_PLAUSIBLE_PER_SITE_ML = 4.0  # a mixture of more than this at "each site" is what was drawn up
DoseUnit = Literal["mg", "units", "mcg", "mEq"]
DOSE_UNITS: dict[str, DoseUnit] = {"%": "mg", "mg/mL": "mg", "units/mL": "units", "mcg/mL": "mcg", "mEq/mL": "mEq"}
_NO_OTHER_DRUG = re.compile(
    r"(?:^|[:;,(=+-]|\b(?:with|of|about|approximately|and|injected|received|total|each|dose|given|used|then|was|were|to|or|administered|additional|another))\s*$"
)
_EMPTIED = re.compile(
    r"\bsyringe (?:was |is |completely )?empt\w+|\bno residue|\b(?:entire|full|whole|complete) (?:contents?|amount|volume|syringe|mixture|solution) (?:was|were)|"
    r"\ball of (?:it|the (?:mixture|solution|syringe|medication|injectate)) (?:was|went)|\bnothing (?:was )?(?:left|wasted|discarded)|\ball (?:of it |was |were )?(?:used|given|injected)\b|\b(?:no|0|zero|without) (?:waste|wastage)\b"
)
# A drug without amount or strength is the injectate's only beside such words.
_MIXED = re.compile(r"\b(?:mix\w*|solution|contain\w*|injectate|cocktail|drawn|syringe|combin\w*|injected with|added|infiltrat\w*|followed by)\b")
_STRENGTH_LABEL = re.compile(r"\b(?:dilution|concentration|conc\.?|strength|diluted to|reconstituted (?:to|at))\s?[:=]?\s?$")


def with_stated(sites: SiteSummary, clauses: list[Clause]) -> SiteSummary:
    """Use the number of sites that the injectate's own text states, if it states just one and the caller gives none."""
    if sites.sites is not None:
        return sites
    counts = {q.value for clause in clauses for q in clause.quantities if q.kind == "count" and q.unit in ("sites", "injections") and q.value2 is None}
    return replace(sites, sites=int(counts.pop())) if len(counts) == 1 else sites


class Reading:
    """What the clauses say, before shares are worked out."""

    def __init__(self, kinds: Mapping[str, str], sites: SiteSummary) -> None:
        self.kinds = kinds
        self.sites = sites
        self.parts: list[Part] = []
        self.linked: dict[int, list[Event]] = {}  # by id of the part
        self.loose: list[tuple[Event, Part | None]] = []
        self.wasted: list[tuple[Quantity, Part | None]] = []
        self.ratios: list[tuple[Clause, tuple[float, ...]]] = []
        self.counts: list[Quantity] = []
        self.emptied = False

    def read(self, clause: Clause) -> None:
        _share_qualifiers(clause)
        self.emptied = self.emptied or _EMPTIED.search(clause.text) is not None
        parts, loose = link(clause)
        loose = self._late_strength(clause, parts, loose)
        self.counts += [q for q in clause.quantities if q.kind == "count"]
        ratio = next((q.parts for q in clause.quantities if q.kind == "ratio"), None)
        if ratio is None and EQUAL_PARTS.search(clause.text):
            ratio = (1.0,) * max(2, len([part for part in parts if part.drug != "epinephrine"]))
        if ratio:
            self.ratios.append((clause, ratio))
        volumes = [part.volume for part in parts]
        loose = self._each_drug(clause, parts, loose)
        each = says_each(clause) and volumes == [part.volume for part in parts]
        plain = [q for q in loose if q.per is None and q.kind == "volume"] or [
            q for q in loose if q.per is None and q.kind in AMOUNTS
        ]  # fmt: skip
        given = [q for q in loose if q.per not in (None, "wasted", "total")]
        linked_each = each and not plain and not given and self._plausible(clause, parts)
        linked = frozenset(q.start for part in parts for q in (part.volume, part.dose) if q is not None)
        for part in parts:
            amounts = [q for q in (part.volume, part.dose) if q is not None]
            events = [read_event(q, clause, self.sites, each=linked_each, linked=linked) for q in amounts]
            self.linked[id(part)] = events
            self.wasted += [(quantity, part) for quantity in part.wasted]
        for quantity in loose:
            before = [part for part in parts if part.start < quantity.start]
            owner = before[-1] if before else None
            if quantity.per == "wasted":
                self.wasted.append((quantity, owner))
                continue
            event = read_event(quantity, clause, self.sites, each=each and not given, linked=linked)
            own = self.linked.get(id(owner), []) if owner else []
            # "lidocaine 3 cc to the left trapezius, 2 cc to the right": both are lidocaine
            follows = owner is not None and len(parts) > 1 and any(e.rank is Rank.LOCATED for e in own) and event.rank is Rank.LOCATED
            self.loose.append((event, owner if follows else None))
        self.parts += parts

    def _late_strength(self, clause: Clause, parts: list[Part], loose: list[Quantity]) -> list[Quantity]:
        """A strength on a line of its own ("Concentration: 0.5%") belongs to the drug named last, if that has none."""
        strengths = [q for q in loose if q.kind == "concentration"]
        near = parts or [part for part in self.parts[-1:] if part.clause.index >= clause.index - 2]
        if strengths and len(near) == 1 and near[0].strength is None and near[0].implied is None:
            before = clause.text[: strengths[0].start - clause.start]
            toxin = strengths[0].unit == "units/mL" and self.kinds.get(near[0].drug) == "toxin"
            if not parts or toxin or _STRENGTH_LABEL.search(before):
                near[0].strength = strengths[0]
        return [q for q in loose if q.kind != "concentration"]

    def _plausible(self, clause: Clause, parts: list[Part]) -> bool:
        volumes = [part.volume.value for part in parts if part.volume]
        if len(parts) < 2 or not names_mixture(clause.text):
            return True
        return sum(volumes) <= _PLAUSIBLE_PER_SITE_ML

    def _each_drug(self, clause: Clause, parts: list[Part], loose: list[Quantity]) -> list[Quantity]:
        """ "Lidocaine 1% and bupivacaine 0.25%, 5 mL each": each of the drugs, not of the sites."""
        named = [part for part in parts if part.drug != "epinephrine"]
        if len(named) < 2:
            return loose
        holders = [part for part in named if part.volume is not None]
        quantity: Quantity | None = None
        if len(holders) == 1 and holders[0].volume is not None and holders[0].volume.per == "each":
            quantity = holders[0].volume
        elif not holders:
            quantity = next((q for q in loose if q.per == "each" and q.kind == "volume"), None)
        else:
            return loose
        if quantity is None or clause.sites or quantity.count is not None:
            return loose
        stem = clause.text[quantity.core_end - clause.start : quantity.end - clause.start]
        if any(word in stem for word in ("into", " at ", " in ", "to each")):
            return loose
        plain = Quantity(quantity.start, quantity.end, "volume", quantity.value, quantity.unit, quantity.value2, core_end=quantity.core_end)
        for part in named:
            part.volume = plain
        return [q for q in loose if q is not quantity]

    def components(self) -> list[Component]:
        """Parts of one drug and strength together, in the order of the text."""
        found: list[Component] = []
        generic = [part for part in self.parts if part.drug == "botulinum_toxin"]
        specific = {part.drug for part in self.parts if self.kinds.get(part.drug) == "toxin"} - {"botulinum_toxin"}
        if generic and len(specific) == 1:
            for part in generic:
                part.drug = next(iter(specific))
        for drug in dict.fromkeys(part.drug for part in self.parts):
            found += self._of_drug(drug, [part for part in self.parts if part.drug == drug])
        found = self._without_asides(found)
        for component in found:
            component.additive = component.drug == "epinephrine"
            for part in component.parts:
                for event in self.linked.get(id(part), []):
                    (component.volumes if event.kind == "volume" else component.doses).append(event)
            wasted = self.wasted_dose(component)
            component.wasted_dose = wasted.value if wasted and wasted.basis == "stated" else 0.0
        self._apply_ratio(found)
        return found

    def _without_asides(self, components: list[Component]) -> list[Component]:
        """Leave out drugs that are only mentioned ("next Botox in May") where others have amounts or a strength."""
        firm = [c for c in components if c.strength or any(self.linked.get(id(part)) for part in c.parts)]
        if not firm:
            return components
        together = {id(part.clause) for c in firm for part in c.parts}
        return [
            c for c in components
            if c in firm or any(id(part.clause) in together or _MIXED.search(part.clause.text) for part in c.parts)
        ]  # fmt: skip

    def _of_drug(self, drug: str, parts: list[Part]) -> list[Component]:
        strengths: dict[tuple[float, str], list[Part]] = {}
        bare: list[Part] = []
        for part in parts:
            strength = (part.strength.value, part.strength.unit) if part.strength else part.implied
            if strength is None:
                bare.append(part)
            else:
                strengths.setdefault(strength, []).append(part)
        if len(strengths) > 1:
            strengths = self._really_two(strengths)
        if not strengths:
            return [Component(drug, None, bare)]
        components = [Component(drug, strength, held) for strength, held in strengths.items()]
        for part in bare:  # a mention without strength speaks of the one named last before it
            before = [c for c in components if c.parts[0].start < part.start]
            (before or components)[-1 if before else 0].parts.append(part)
        return components

    def _really_two(self, strengths: dict[tuple[float, str], list[Part]]) -> dict[tuple[float, str], list[Part]]:
        """One drug at two strengths is two entries only where both have an amount or stand in one clause."""
        clauses = [{id(part.clause) for part in parts} for parts in strengths.values()]
        if set.intersection(*clauses):
            return strengths
        measured = {key: parts for key, parts in strengths.items() if any(part.volume or part.dose for part in parts)}
        if len(measured) > 1:
            return measured
        kept = next(iter(measured)) if measured else list(strengths)[-1]
        everything = [part for parts in strengths.values() for part in parts]
        return {kept: sorted(everything, key=lambda part: part.start)}

    def _apply_ratio(self, components: list[Component]) -> None:
        for clause, ratio in self.ratios:
            mixed = [c for c in components if not c.additive]
            inside = [c for c in mixed if any(part.clause is clause for part in c.parts)]
            chosen = inside if len(inside) == len(ratio) else mixed if len(mixed) == len(ratio) else []
            if not chosen and len(set(ratio)) == 1 and len(mixed) > 1:
                chosen, ratio = (inside if len(inside) > 1 else mixed), (1.0,) * len(mixed)
            if all(self._measured(component) for component in chosen):
                continue  # "lidocaine 6 mL, Kenalog 1 mL, injected in equal parts": each has its own volume
            for component, value in zip(chosen, ratio, strict=False):
                component.ratio = value

    def _measured(self, component: Component) -> bool:
        return any(event.kind == "volume" and event.value for event in component.volumes)

    def delivered(self, components: list[Component]) -> Delivered:
        """What was given of the solution as a whole; amounts that follow one drug of several go to that drug."""
        only = [c for c in components if not c.additive]
        loose: list[Event] = []
        toxin = any(self.kinds.get(c.drug) == "toxin" for c in only)
        for event, owner in self.loose:
            target = self._component(components, owner)
            if target is None and event.kind == "dose":
                target = self._dosed(only, event)
                if target is None:
                    continue
            if event.kind == "volume" and event.rank is Rank.PLAIN and toxin and dissolved(event.clause):
                continue  # what the toxin was dissolved in
            if target is not None:
                (target.volumes if event.kind == "volume" else target.doses).append(event)
            else:
                loose.append(event)
        prepared = [e for e in loose if e.prepared and not e.injected and e.rank in (Rank.PLAIN, Rank.TOTAL)]
        given = [e for e in loose if e not in prepared] if len(only) > 0 else loose
        wasted = sum(q.value for q, _ in self.wasted if q.kind == "volume")
        return Delivered(merge(given), prepared[-1].value if prepared else None, wasted, self.emptied)

    def _dosed(self, components: list[Component], event: Event) -> Component | None:
        """Whose dose an amount in units or mg is that stands by no drug: the only toxin's, or the only drug's."""
        toxins = [c for c in components if self.kinds.get(c.drug) == "toxin"]
        if event.quantity.unit == "units":
            return toxins[0] if len(toxins) == 1 else components[0] if len(components) == 1 else None
        clause, start = event.clause, event.quantity.start - event.clause.start
        if not _NO_OTHER_DRUG.search(clause.text[max(0, start - 24) : start]):
            return None  # "ibuprofen 600 mg"
        open_ones = [c for c in components if self.kinds.get(c.drug) in ("steroid", "nsaid") and not c.doses]
        if len(open_ones) == 1:
            return open_ones[0]
        return components[0] if len(components) == 1 else None

    def _component(self, components: list[Component], owner: Part | None) -> Component | None:
        if owner is None:
            return None
        return next((c for c in components if any(part is owner for part in c.parts)), None)

    def wasted_dose(self, component: Component) -> Dose | None:
        """What was discarded of a drug, where the note gives it in mg or units, or in mL of a known strength."""
        for quantity, owner in self.wasted:
            own = owner is not None and any(part is owner for part in component.parts)
            single = sum(1 for part_drug in {part.drug for part in self.parts} if part_drug != "epinephrine") == 1
            toxin = self.kinds.get(component.drug) == "toxin" and quantity.unit == "units"
            if not (own or single or toxin):
                continue
            if quantity.kind in ("mass", "units", "meq"):
                return Dose(value=round(quantity.value, _DIGITS), unit=cast(DoseUnit, quantity.unit), basis="stated")
            if quantity.kind == "volume" and component.strength and (own or single):
                value = round(quantity.value * per_ml(component.strength), _DIGITS)
                return Dose(value=value, unit=DOSE_UNITS[component.strength[1]], basis="computed")
        return None

    def totals(self, components: list[Component]) -> tuple[float | None, int | None, list[tuple[int, int]]]:
        """Volume in all, number of injections, and the words for them."""
        evidence: list[tuple[int, int]] = []
        volumes = [c.volume_ml for c in components if not (c.additive and c.volume_ml is None)]
        total: float | None = None
        loose = merge([event for event, _ in self.loose if event.kind == "volume"])
        if volumes and all(volume is not None for volume in volumes):
            total = sum(volume or 0 for volume in volumes)
        elif loose is not None and (loose.rank > Rank.PLAIN or not components or loose.injected):
            total = loose.value
        if loose is not None:
            evidence += [(event.quantity.start, event.quantity.end) for event in loose.events]
        injections, words = self._injections(loose)
        return total, injections, evidence + [word for word in words if word not in evidence]

    def _injections(self, loose: Merged | None) -> tuple[int | None, list[tuple[int, int]]]:
        counts = [q for q in self.counts if q.unit in ("injections", "sites") and q.value2 is None]
        stated = [q for q in counts if q.unit == "injections"] or counts
        every = [event for events in self.linked.values() for event in events] + [event for event, _ in self.loose]
        multiplied = [event for event in every if event.quantity.count is not None]
        if len(multiplied) > 1 or (multiplied and not stated):
            chosen = [e for e in (loose.events if loose else ()) if e.quantity.count is not None] or multiplied
            return sum(event.quantity.count or 0 for event in chosen), [(e.quantity.start, e.quantity.end) for e in chosen]
        if stated:
            return int(stated[-1].value), [(stated[-1].start, stated[-1].end)]
        return None, []


def _share_qualifiers(clause: Clause) -> None:
    """In "0.1 cc (5 units) per site x 10" both figures are per site: one amount in two units."""
    quantities = clause.quantities
    for index in range(len(quantities) - 2, -1, -1):
        first, second = quantities[index], quantities[index + 1]
        if first.kind not in AMOUNTS or second.kind not in AMOUNTS:
            continue
        between = clause.text[first.end - clause.start : second.start - clause.start].strip()
        if between == "(" and _whole_of(first, second):
            quantities[index + 1] = replace(second, per="total")
            continue
        if first.kind == second.kind:
            continue
        if between in ("(", "/", "=", "or") and first.per is None and first.count is None:
            quantities[index] = replace(first, per=second.per, count=second.count)


def _whole_of(first: Quantity, second: Quantity) -> bool:
    """Whether "(6 mL)" behind "per site 1 mL" is what all the sites came to."""
    if first.kind != second.kind or first.per in (None, "total", "wasted") or second.per is not None or first.value <= 0:
        return False
    return second.value > first.value and (second.value / first.value).is_integer()
