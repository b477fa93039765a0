"""What the words around an amount say of it: each, twice, in all, wasted, drawn off, or the size of a syringe."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.language import quantity_patterns as patterns
from extractor.language.numbers import value_of

__all__ = ["Qualified", "qualify"]

_BEFORE = 64  # characters that the patterns for words before a number may need


class Qualified(NamedTuple):
    """What the words around an amount make of it."""

    end: int
    per: str | None
    times: int | None
    kind: str | None  # where the words make it something else than an amount


def qualify(folded: str, here: int, end: int, stop: int, kind: str) -> Qualified:
    """What the words around an amount say: each, x 2, total, wasted, of a syringe, three times a day."""
    per: str | None = None
    count: int | None = None
    if patterns.CONTAINER.match(folded, end, stop):
        return Qualified(end, None, None, "container")
    before = folded[max(0, here - _BEFORE) : here]
    if other := _no_injectate(folded, before, end, stop, kind):
        return Qualified(end, None, None, other)
    if kind == "mass" and patterns.HOME_DOSE.match(folded, end, stop):
        return Qualified(end, None, None, "home_dose")
    at = end
    for _ in range(2):
        if count is None and (match := patterns.TIMES.match(folded, at, stop)):
            count, at = int(value_of(match["n"])), match.end()
        elif per is None and (match := patterns.EACH.match(folded, at, stop)):
            per, at = _per(match["each"] or match["per"]), match.end()
        elif per is None and (match := patterns.ALIQUOT.match(folded, at, stop)):
            per, at = "aliquot", match.end()
        elif per is None and (match := patterns.TOTAL_AFTER.match(folded, at, stop)):
            per, at = "total", match.end()
        elif per is None and (match := patterns.WASTED_AFTER.match(folded, at, stop)):
            per, at = "wasted", match.end()
        else:
            break
    if count is None and before.endswith(("x ", "x", "@ ", "@")) and (times := patterns.TIMES_BEFORE.search(before)) and 0 < int(times["n"]) <= 40:
        count = int(times["n"])
    if per is None:
        per = _said_before(before)
        if per == "wasted" and (_RECEIVED.search(before) or (_REMAINDER.search(before) and _GIVEN.search(folded[end : min(stop, end + _BEFORE)].partition(".")[0]))):
            per = None  # "the remaining 2 mL was injected into the piriformis"
        elif per is None and before.rstrip().endswith((":", "=")) and _GIVEN_LABEL.search(before) and _ENDS_FIELD.match(folded, end, stop):
            per = "total"  # "Drawn: 10 mL  Given: 7 mL"
        if per == "container" and not _ADMINISTERED.match(folded, end, stop):
            return Qualified(end, None, None, per)
        if per == "container":  # "5 mL vial: 3 mL injected"
            per = None
    return Qualified(at, per, count, None)


_REMAINDER = re.compile(r"\b(?:remaining|remainder|left over|unused)\b")
_GIVEN = re.compile(r"\b(?:inject\w*|given|placed|deposit\w*|infiltrat\w*|administered|instilled|delivered|put|went|used|into|in(?: the)? (?:left|right|l|r|lt|rt)\b|to (?:the|left|right|l|r)\b)(?!\s(?:waste|sharps))")
_RECEIVED = re.compile(r"\b(?:received|got|given|with)\s(?:the\s)?(?:remaining|remainder)\b[^.;]{0,10}$")
_ADMINISTERED = re.compile(r"\s(?:(?:was|were)\s)?(?:injected|used|given|administered|infiltrated|in(?:to)?\b)")
_GIVEN_LABEL = re.compile(r"\b(?:given|injected|administered|delivered|used)\s?[:=]\s?$")
_ENDS_FIELD = re.compile(r"\s{0,2}(?:$|\n|\s{2}|[;)|]|\.\s|\.$|,?\s(?:wast|discard|drawn))")


def _no_injectate(folded: str, before: str, end: int, stop: int, kind: str) -> str | None:
    """Kind of an amount that is a limit, a fluid loss, a rinse or contrast; None where it may have been injected."""
    if ("max" in before or "limit" in before or "toxic" in before or "ceiling" in before) and patterns.LIMIT_BEFORE.search(before):
        return "limit"
    if kind == "mass" and before.endswith(("max ", "maximum ", "max of ")):
        return "limit"
    if kind != "volume":
        return None
    if before.endswith((" the ", " that ", " a ")) and patterns.PART_OF.search(before):
        return "container"
    if patterns.FLUID_AFTER.match(folded, end, stop):
        return "fluid"
    if any(word in before for word in _FLUID_WORDS) and patterns.FLUID_BEFORE.search(before):
        return "fluid"
    return None


_FLUID_WORDS = ("ebl", "blood", "bleed", "void", "pvr", "residual", "urine", "output", "aspirated", "drain", "remov", "yield", "lavage", "irrig", "flush", "contrast", "effusion")


def _said_before(before: str) -> str | None:
    """What the words that lead to an amount make of it.

    A pattern that must end where the text ends is tried at every character; asking for its key words first costs little.
    """
    if ("vial" in before or "syringe" in before or "bottle" in before) and patterns.CONTAINER_BEFORE.search(before):
        return "container"
    if ("tot" in before or "all" in before or "=" in before or "sum" in before or "used" in before or "full" in before or "entire" in before or "whole" in before) and patterns.TOTAL_BEFORE.search(before):
        return "total"
    if any(word in before for word in _WASTE_WORDS) and patterns.WASTED_BEFORE.search(before):
        return "wasted"
    if ("each" in before or "per" in before or "/" in before) and patterns.EACH_BEFORE.search(before):
        return "each"
    return None


_WASTE_WORDS = ("wast", "discard", "dispos", "unused", "remain", "left over")


def _per(noun: str | None) -> str:
    if noun is None:
        return "each"
    return noun if noun in ("muscle", "side", "level") else "site"
