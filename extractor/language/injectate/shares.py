"""Each drug's own share of what was injected."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractor.language.injectate.events import Event, Merged, Rank, merge
from extractor.language.injectate.linking import Part

__all__ = ["Component", "Delivered", "share"]

_EPSILON = 1e-6


@dataclass(slots=True)
class Component:
    """One drug at one strength, with what the note says of it."""

    drug: str
    strength: tuple[float, str] | None
    parts: list[Part]
    volumes: list[Event] = field(default_factory=list)
    doses: list[Event] = field(default_factory=list)
    volume: Merged | None = None
    dose: Merged | None = None
    additive: bool = False  # epinephrine in a local anesthetic has no volume of its own
    ratio: float | None = None  # parts of the mixture
    wasted_dose: float = 0.0  # in the unit of the dose
    # results
    volume_ml: float | None = None
    stated: float | None = None
    scaled: bool = False  # the stated dose was drawn up, and only a part of it went in
    used: list[Event] = field(default_factory=list)

    @property
    def drawn(self) -> float | None:
        """Volume that the note gives for this drug, or that its dose and strength come to (mL).

        Not for a toxin, whose units nobody counts in millilitres.
        """
        if self.volume is not None and self.volume.value is not None:
            return self.volume.value
        if self.dose is not None and self.dose.value is not None and self.strength and self.strength[1] != "units/mL":
            return self.dose.value / per_ml(self.strength)
        return None


@dataclass(slots=True)
class Delivered:
    """What was injected of the solution as a whole (mL), from amounts that name no drug."""

    volume: Merged | None = None
    prepared: float | None = None  # volume drawn up, where the note gives it for the mixture as a whole
    wasted_ml: float = 0.0
    emptied: bool = False  # the note says that nothing was left


def per_ml(strength: tuple[float, str]) -> float:
    """Milligrams, units, micrograms or milliequivalents in one millilitre."""
    return strength[0] * 10 if strength[1] == "%" else strength[0]


def share(components: list[Component], delivered: Delivered) -> None:
    """Fill ``volume_ml``, ``stated`` and ``scaled`` of every component."""
    for component in components:
        component.volume = merge(component.volumes)
        component.dose = merge(component.doses)
        component.used = [*(component.volume.events if component.volume else ()), *(component.dose.events if component.dose else ())]
    mixed = [c for c in components if not (c.additive and c.volume is None)]
    if len(mixed) == 1:
        _alone(mixed[0], delivered)
    elif mixed:
        _mixture(mixed, delivered)
    for component in components:
        dose = component.dose
        if dose is not None and component.stated is None and not component.scaled:
            component.stated = dose.value
            if dose.value is not None and _is_drawn(dose, dose.value, component.wasted_dose, _VIALS):
                component.stated = dose.value - component.wasted_dose


# Sizes in which vials come: what was used and what was wasted add up to one of them.
_VIALS_ML = frozenset({1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0})
_VIALS = frozenset({20.0, 40.0, 50.0, 80.0, 100.0, 200.0, 300.0, 400.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0})


def _is_drawn(stated: Merged, value: float, wasted: float, vials: frozenset[float]) -> bool:
    """Whether the stated amount still holds what was wasted."""
    if not wasted or wasted >= value or stated.rank is not Rank.PLAIN:
        return False
    if stated.prepared != stated.injected:
        return stated.prepared
    return value + wasted not in vials


def _alone(component: Component, delivered: Delivered) -> None:
    own, loose = component.volume, delivered.volume
    drawn = component.drawn
    if drawn is not None and own is not None and own.rank is Rank.PLAIN and own.prepared and (given := _accounted(drawn, delivered)) is not None:
        component.used += loose.events if loose else []
        component.volume_ml = given
        _scale(component, given / drawn)
        return
    if own is None and drawn is None and loose is None:
        component.volume_ml = delivered.prepared
        return
    if loose is None or (own is not None and own.rank is Rank.TOTAL and loose.rank is not Rank.TOTAL):
        component.volume_ml = drawn if own is None or own.value is not None else None
        if own is None and drawn is None:
            component.volume_ml = delivered.prepared
        if drawn is not None and own is not None and _is_drawn(own, drawn, delivered.wasted_ml, _VIALS_ML):
            component.volume_ml = drawn - delivered.wasted_ml
            _scale(component, component.volume_ml / drawn)
        return
    component.used += loose.events
    if own is not None and own.rank is not Rank.PLAIN and own.value is not None:
        together = merge([*own.events, *loose.events])
        component.volume_ml = together.value if together else None
        return
    component.volume_ml = _given(drawn, loose, own is not None and own.injected and not own.prepared)
    if drawn and component.volume_ml is not None:
        _scale(component, component.volume_ml / drawn)
    elif component.volume_ml is None and drawn is not None:
        component.scaled = component.dose is not None and component.dose.rank is Rank.PLAIN


def _accounted(drawn: float, delivered: Delivered) -> float | None:
    """What went in by the note's own account of the syringe: all of it, or what the stated waste leaves."""
    loose = delivered.volume
    if loose is not None and loose.rank is Rank.TOTAL:
        return None  # a stated total needs no account
    if delivered.emptied and not delivered.wasted_ml:
        return drawn
    if not 0 < delivered.wasted_ml < drawn:
        return None
    if loose is not None and loose.value is not None and abs(loose.value - drawn) < _EPSILON:
        return None  # all of it is accounted for: the waste was of something else
    return drawn - delivered.wasted_ml


def _given(drawn: float | None, loose: Merged, injected: bool) -> float | None:
    """How much of the drawn volume went in."""
    if loose.value is None:
        if drawn is None or (loose.high is not None and loose.high < drawn - _EPSILON):
            return None
        return drawn
    if drawn is None:
        return loose.value
    if loose.rank is Rank.PLAIN and not loose.injected:
        return drawn
    if any(abs(event.quantity.value - drawn) < _EPSILON for event in loose.events):
        return loose.value  # what is described is the amount for one site
    if loose.rank is Rank.DERIVED and (loose.value > drawn + _EPSILON or injected):
        return drawn  # the list of muscles need not be the list of sites
    return loose.value


def _scale(component: Component, factor: float) -> None:
    """A dose that was drawn up goes in with the volume."""
    dose = component.dose
    if abs(factor - 1) < _EPSILON or dose is None or dose.value is None or dose.rank is not Rank.PLAIN:
        return
    component.stated = dose.value * factor
    component.scaled = True


def _mixture(components: list[Component], delivered: Delivered) -> None:
    loose = delivered.volume
    apart = [c for c in components if c.volume is not None and c.volume.rank is not Rank.PLAIN]
    if len(apart) == len(components) and not (loose and loose.rank is Rank.TOTAL):
        for component in components:
            component.volume_ml = component.volume.value if component.volume else None
        return
    if apart and (loose is None or loose.rank is Rank.PLAIN) and not any(c.ratio for c in components):
        for component in components:
            component.volume_ml = component.volume.value if component in apart and component.volume else component.drawn
        return
    if loose is not None:
        for component in components:
            component.used += loose.events
    if all(component.ratio for component in components):
        _by_ratio(components, delivered)
        return
    unknown = [c for c in components if c.drawn is None]
    known = sum(c.drawn or 0 for c in components)
    whole = delivered.prepared
    if len(unknown) == 1 and whole is None and loose is not None and loose.value is not None and loose.value > known + _EPSILON and known:
        whole = loose.value
    if len(unknown) == 1 and whole is not None and whole > known + _EPSILON and known:
        _share_out(components, whole, known, delivered)
        return
    if not unknown:
        _share_out(components, known, known, delivered)
        return
    _with_unknown(components, unknown, known, delivered)


def _share_out(components: list[Component], whole: float, known: float, delivered: Delivered) -> None:
    """Volumes of all components are known: what went in is shared in their proportion."""
    loose = delivered.volume
    given: float | None = whole
    accounted = _accounted(whole, delivered)
    if accounted is not None:
        given = accounted
    elif loose is not None:
        given = _given(whole, loose, injected=False)
        if given is not None and loose.rank is Rank.PLAIN and given > whole:
            given = whole
    for component in components:
        drawn = component.drawn if component.drawn is not None else whole - known
        if given is None:
            component.scaled = component.dose is not None
            continue
        component.volume_ml = drawn * given / whole
        _scale(component, given / whole)


def _with_unknown(components: list[Component], unknown: list[Component], known: float, delivered: Delivered) -> None:
    """The share of a component without volume cannot be known; the others stand only if all of it went in."""
    loose = delivered.volume
    partial = loose is not None and loose.value is not None and loose.value < known - _EPSILON and loose.rank > Rank.DERIVED
    for component in components:
        if partial or component in unknown:
            component.scaled = partial and component.dose is not None
            continue
        component.volume_ml = component.drawn


def _by_ratio(components: list[Component], delivered: Delivered) -> None:
    parts = sum(component.ratio or 0 for component in components)
    loose = delivered.volume
    whole = loose.value if loose is not None else delivered.prepared
    if loose is not None and loose.value is None and delivered.prepared is not None:
        whole = _given(delivered.prepared, loose, injected=False)
    if whole is None and loose is None:
        known = next((c for c in components if c.drawn is not None), None)
        if known is not None and known.drawn is not None and known.ratio:
            whole = known.drawn * parts / known.ratio
            if all(c.drawn is not None for c in components):
                whole = sum(c.drawn or 0 for c in components)
        whole = whole - delivered.wasted_ml if whole else whole
    elif loose is None and whole is not None:
        whole -= delivered.wasted_ml
    for component in components:
        component.volume_ml = whole * (component.ratio or 0) / parts if whole is not None else None
