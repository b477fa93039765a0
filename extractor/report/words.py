"""What a result says, in words that a coder uses: the same sentences for every way of showing it."""

from __future__ import annotations

from extractor.models import Area, Decision, Dose, Drug, Hcpcs, Mention, Muscle, Procedure, Strength

__all__ = [
    "amount", "assertion_words", "code_words", "count_sentence", "dose_words", "drug_name", "hcpcs_words", "name_of",
    "procedure_sentence", "side_words", "status_sentence", "status_words", "strength_words",
]  # fmt: skip

_STATUS = {
    "supported": ("supported", "Every honest reading of the note gives this code."),
    "review": ("needs review", "The note alone does not settle the code."),
    "none": ("nothing to bill", "No trigger point injection or dry needling was performed at this encounter."),
}
_KINDS = {"trigger_point_injection": "Trigger point injection", "dry_needling": "Dry needling"}
_GUIDANCE = {"ultrasound": "ultrasound", "fluoroscopy": "fluoroscopy", "ct": "CT", "emg": "EMG"}
_PROCEDURE = {
    "performed": "performed",
    "planned": "planned, not performed",
    "historical": "performed at an earlier visit only",
    "declined": "declined or given up before the first injection",
}
_ASSERTIONS = {
    "injected": "injected",
    "planned": "planned",
    "historical": "earlier visit",
    "negated": "not injected",
    "finding": "examined only",
    "other_procedure": "other procedure",
}


def code_words(decision: Decision) -> str:
    """Return the code, or ``No code``."""
    return decision.code or "No code"


def status_words(decision: Decision) -> str:
    """Return the status in two or three words."""
    return _STATUS[decision.status][0]


def status_sentence(decision: Decision) -> str:
    """Say what the status means, and for a review what the code could become."""
    sentence = _STATUS[decision.status][1]
    if decision.status == "review" and decision.alternatives:
        sentence += f" It could become {_either(decision.alternatives)}."
    return sentence


def count_sentence(decision: Decision) -> str:
    """Say the interval of distinct muscles as a sentence; nothing where nothing was performed."""
    if decision.status == "none":
        return ""
    low, high = decision.muscle_count.low, decision.muscle_count.high
    proved = f"{low or 'No'} {_plural('muscle', low or 1)} proved"
    return f"{proved}." if low == high else f"{proved}; up to {high} on the most favourable reading."


def procedure_sentence(procedure: Procedure) -> str:
    """Say what was done, how often, how much, and under which guidance."""
    if procedure.kind is None or procedure.status == "absent":
        return "The note tells of no trigger point injection and no dry needling."
    parts = [f"{_KINDS[procedure.kind]}: {_PROCEDURE[procedure.status]}"]
    if procedure.injections:
        parts.append(f"{procedure.injections} {_plural('injection', procedure.injections)} stated")
    if procedure.total_volume_ml:
        parts.append(f"{amount(procedure.total_volume_ml)} mL in all")
    if procedure.guidance:
        parts.append(f"with {_GUIDANCE[procedure.guidance]}")
    if procedure.sedation:
        parts.append("under sedation")
    return ", ".join(parts) + "."


def name_of(identifier: str | None) -> str:
    """Return a muscle's or drug's id as a name."""
    return identifier.replace("_", " ") if identifier else ""


def side_words(site: Muscle | Area | Mention) -> str:
    """Return the sides: ``left, right``; doubtful ones with a question mark; ``not stated`` where there is none."""
    sides = [*site.sides, *(f"{side}?" for side in getattr(site, "doubtful_sides", ()))]
    return ", ".join(sides) or "not stated"


def assertion_words(mention: Mention) -> str:
    """Say how the note speaks of a muscle."""
    return _ASSERTIONS[mention.assertion]


def amount(value: float) -> str:
    """Return a number as a person writes it: 6, 0.5, 1,250."""
    return f"{value:,.10g}" if value < 1e6 else f"{value:,.0f}"


def strength_words(strength: Strength | None) -> str:
    """Return a strength as notes write it: 0.25%, 40 mg/mL."""
    if strength is None:
        return ""
    return f"{amount(strength.value)}{'' if strength.unit == '%' else ' '}{strength.unit}"


def dose_words(dose: Dose | None) -> str:
    """Return a dose, with a star where it is computed and not the note's own."""
    if dose is None:
        return ""
    return f"{amount(dose.value)} {dose.unit}{'*' if dose.basis == 'computed' else ''}"


def hcpcs_words(hcpcs: Hcpcs | None) -> str:
    """Return the drug's code with its billing units."""
    if hcpcs is None:
        return ""
    return hcpcs.code if hcpcs.units is None else f"{hcpcs.code} × {hcpcs.units}"


def drug_name(drug: Drug) -> str:
    """Return the generic name; ``unnamed`` where the note does not identify the drug."""
    return name_of(drug.id) or "unnamed"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _either(codes: list[str]) -> str:
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} or {codes[-1]}"
