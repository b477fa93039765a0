"""Which sites an amount was given to: those behind it, or those before it where the text names the site first."""

from __future__ import annotations

import re
from itertools import pairwise

from extractor.language.injectate.clauses import Clause, Site
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["sites_of"]

# The side and the part of a muscle may stand outside the site's own words.
_PART = r"left|right|bilateral|bilaterally|both|lt|rt|[lrb]|upper|middle|mid|lower|cervical|thoracic|lumbar|proximal|distal|medial|lateral|anterior|posterior|ant|post|lat|med|sup|inf|superior|inferior|superf|superficial|deep|head|belly|fib(?:er|re)s|clav|sternal|clavicular|intraoral|extraoral"
_BACKWARD = re.compile(
    r"(?:[\s:,()=|>-]|\.{2,})*(?:(?:was|were|received|receiving|got|given|each|then|muscles?|trigger points?|injected|treated|infiltrated|with|using|about|approximately|"
    rf"a|total|of|the|at|side|{_PART})\b(?:[\s:,()=|>+&-]|\.{{2,}})*)*+"
)
_FORWARD = re.compile(
    rf"[\s,()-]*(?:(?:was|were|injected|deposited|infiltrated|given|administered|placed|delivered|into?|in|to|at|for|the|each|of|on|both|per|side|his|her|and|{_PART})\b[\s,()-]*)*+"
)


def _in_row(quantity: Quantity, clause: Clause, beside: list[Quantity]) -> bool:
    """Whether only other amounts stand between a site and this one: the columns of a table."""
    sites = [site.end for site in clause.sites if site.end <= quantity.start]
    if not sites:
        return False
    at = sites[-1]
    for other in [*(q for q in beside if at <= q.start < quantity.start), quantity]:
        if clause.text[at - clause.start : other.start - clause.start].strip(" \t\n|,-"):
            return False
        at = other.end
    return True


_NEXT_ITEM = re.compile(r"\s?\)?[,;]\s")  # "trapezius 0.5, levator 1": what follows is the next item


def sites_of(quantity: Quantity, clause: Clause, linked: frozenset[int]) -> list[Site]:
    """The sites that an amount of the clause was given to: those behind it, or before it where sites come first."""
    if not clause.sites:
        return []
    items: list[Site | Quantity] = [*clause.sites]
    items += [q for q in clause.quantities if q.kind in AMOUNTS and q.per != "wasted"]
    items.sort(key=lambda item: item.start)
    runs: list[list[Site | Quantity]] = []
    for item in items:
        if not runs or isinstance(runs[-1][0], Site) != isinstance(item, Site):
            runs.append([])
        runs[-1].append(item)
    place = next((index for index, run in enumerate(runs) if quantity in run), None)
    if place is None:
        return []  # wasted, or of another kind
    beside = [q for q in runs[place] if isinstance(q, Quantity) and q.kind == quantity.kind]
    if quantity.start in linked and any(q.start not in linked for q in beside) and not _in_row(quantity, clause, beside):
        return []  # "5 mL ropivacaine: 2 mL left trapezius, …" or "1 mL of 9 mL bupivacaine and …": the drug's amount has no place
    backward = _sites_first(clause, runs)
    if backward:
        chosen = runs[place - 1] if place else []
    else:
        before = runs[place - 1] if place and (len(runs) == 2 or quantity.per is not None) else []
        chosen = runs[place + 1] if place + 1 < len(runs) else before
    sites = [site for site in chosen if isinstance(site, Site)]
    if sites and not backward and quantity.per is None and _heads_list(quantity, clause, sites, runs[place + 2 :]):
        return []
    return sites


def _heads_list(quantity: Quantity, clause: Clause, sites: list[Site], later: list[list[Site | Quantity]]) -> bool:
    """Whether an amount stands before a colon behind which every site has an amount of its own."""
    between = clause.text[quantity.end - clause.start : max(quantity.end, sites[0].start) - clause.start]
    return ":" in between and any(isinstance(item, Quantity) and item.kind == quantity.kind for run in later for item in run)


def _sites_first(clause: Clause, runs: list[list[Site | Quantity]]) -> bool:
    """Whether the clause names the site before its amount ("left trapezius 2 mL, right trapezius 1 mL")."""
    votes = 0
    masked = clause.text
    named = [(drug.start, drug.end) for drug in clause.drugs]
    for start, end in [*named, *((q.start, q.end) for q in clause.quantities if q.kind == "concentration")]:
        masked = masked[: start - clause.start] + " " * (end - start) + masked[end - clause.start :]
    for left, right in pairwise(runs):
        between = masked[left[-1].end - clause.start : right[0].start - clause.start]
        if isinstance(left[0], Site):
            votes += 1 if _BACKWARD.fullmatch(between) else 0
        else:
            votes -= 1 if (_FORWARD.fullmatch(between) and not _NEXT_ITEM.match(between)) or "into" in between else 0
    if votes:
        return votes > 0
    return isinstance(runs[0][0], Site) and not isinstance(runs[-1][0], Site)
