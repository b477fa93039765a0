"""Which amounts of a clause belong to which drug, and which stand alone.

Between two drugs, amounts belong to the left one up to some point and to the right one from there ("lidocaine 1% 4 cc,
bupivacaine 0.25% 4 cc" and "4 cc 1% lidocaine, 4 cc 0.25% bupivacaine" differ only in where that point lies). The points
of all gaps are chosen together: at a separator rather than inside a phrase, and so that no drug gets two amounts of a kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from extractor.language.drugs import DrugMention
from extractor.language.injectate.clauses import Clause
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["Part", "link"]

LINKED_KINDS = AMOUNTS | {"concentration"}

# Words that may stand between a drug and its own amount.
_LINK = re.compile(
    r"(?:[\s,:=()\[\]|@~*+#.\u2022-]|/|\b(?:of|an?|the|pf|mpf|sdv|mdv|preservatives?|free|plain|sterile|injectable|injection|inj|solution|soln|sol|"
    r"suspension|susp|hcl|strength|conc|concentration|vol|volume|dose|amount|amt|qty|quantity|total|approximately|about|approx|"
    r"diluted?|buffered|single|local|anesthetic|steroid|corticosteroid|cortisone|used|given|administered|injected|was|were|at|is|with|w|additional|"
    r"each|another|or|ie|eg|i|e|per|containing|equal|to|in|medication|drug|agent|name|brand|epi|epinephrine|x|both|dextrose|usp|acetate|nacl|only|type|reconstituted|"
    r"consisting|half|strength|as|follows|ml|site|vial|from)\b)*+"
)
_PHRASE_BREAK = re.compile(r"\b(?:and|with|plus|mixed|combined|together|w|added|along|followed|containing)\b|[+&;\n|]|w/")
_MIX_WORDS = re.compile(r"\b(?:mixture|mix|solution|combination|cocktail|blend|injectate|containing|consisting|composed|comprised|made)\b")
_CONFLICT = 6.0
_LOOSE = 1.5


@dataclass(slots=True)
class Part:
    """One statement of one drug with the amounts that hang on it."""

    drug: str
    start: int
    end: int
    clause: Clause
    mentions: list[DrugMention]
    strength: Quantity | None = None
    volume: Quantity | None = None
    dose: Quantity | None = None
    wasted: list[Quantity] = field(default_factory=list)

    @property
    def implied(self) -> tuple[float, str] | None:
        """The strength that the name itself says (Kenalog-40)."""
        return next((mention.strength for mention in self.mentions if mention.strength), None)


def link(clause: Clause) -> tuple[list[Part], list[Quantity]]:
    """Return the parts of a clause and the amounts that belong to no drug by position."""
    amounts = [quantity for quantity in clause.quantities if quantity.kind in LINKED_KINDS]
    parts = _parts(clause, amounts)
    if not parts:
        return [], [quantity for quantity in amounts if quantity.kind != "concentration"]
    inside = [q for q in amounts if any(part.start <= q.start < part.end for part in parts)]
    loose: list[Quantity] = []
    for quantity in inside:  # between a name and its synonym
        part = next(part for part in parts if part.start <= quantity.start < part.end)
        if not _attach(part, quantity):
            loose.append(quantity)
    gaps = [
        [q for q in amounts if q not in inside and _between(parts, index, q)] for index in range(len(parts) + 1)
    ]  # fmt: skip
    for index, split in enumerate(_best_splits(clause, parts, gaps)):
        gap = gaps[index]
        for place, quantity in enumerate(gap):
            owner = parts[index - 1] if place < split else parts[index] if index < len(parts) else None
            if owner is None or not _linkable(clause, owner, quantity) or not _attach(owner, quantity):
                loose.append(quantity)
    return parts, sorted((q for q in loose if q.kind != "concentration"), key=lambda q: q.start)


def _parts(clause: Clause, amounts: list[Quantity]) -> list[Part]:
    parts: list[Part] = []
    for mention in clause.drugs:
        if parts and parts[-1].drug == mention.drug and _synonym(clause, parts[-1], mention, amounts):
            parts[-1].mentions.append(mention)
            parts[-1].end = mention.end
        else:
            parts.append(Part(mention.drug, mention.start, mention.end, clause, [mention]))
    return parts


_SYNONYM = re.compile(r"[\s(\[/,=-]{0,4}(?:or|aka|i\.e\.|brand|generic|name|also known as|\s|acetonide|acetate|hcl|%)*[\s(\[)/,-]{0,3}")


def _synonym(clause: Clause, part: Part, mention: DrugMention, amounts: list[Quantity]) -> bool:
    """Whether the next mention only names the same drug again ("Kenalog (triamcinolone)")."""
    between = _gap_text(clause, part.end, mention.start, amounts)
    crossed = [q for q in amounts if part.end <= q.start < mention.start]
    return len(crossed) <= 1 and "," not in between and _SYNONYM.fullmatch(between.strip(" )")) is not None


def _gap_text(clause: Clause, start: int, stop: int, amounts: list[Quantity]) -> str:
    """The clause's words from ``start`` to ``stop`` without the amounts on the way."""
    pieces = []
    at = start
    for quantity in amounts:
        if start <= quantity.start < stop:
            pieces.append(clause.text[at - clause.start : max(at, quantity.start) - clause.start])
            at = max(at, quantity.end)
    pieces.append(clause.text[at - clause.start : max(at, stop) - clause.start])
    return " ".join(pieces)


def _between(parts: list[Part], index: int, quantity: Quantity) -> bool:
    low = parts[index - 1].end if index else -1
    high = parts[index].start if index < len(parts) else 1 << 60
    return low <= quantity.start < high


def _linkable(clause: Clause, part: Part, quantity: Quantity) -> bool:
    amounts = [q for q in clause.quantities if q.kind in LINKED_KINDS or q.kind == "dilution"]
    if quantity.end <= part.start:
        text = _gap_text(clause, quantity.end, part.start, [q for q in amounts if q is not quantity])
    else:
        text = _gap_text(clause, part.end, quantity.start, amounts)
        if "\n" in text.rstrip() and text.count("\n") > 1:
            return False
    if any(site.start >= min(part.end, quantity.end) and site.end <= max(part.start, quantity.start) for site in clause.sites):
        return False
    return _LINK.fullmatch(text) is not None


def _kind(quantity: Quantity) -> str:
    if quantity.kind == "concentration":
        return "strength"
    return "volume" if quantity.kind == "volume" else "dose"


def _attach(part: Part, quantity: Quantity) -> bool:
    """Give the amount to the drug; False where it has one of that kind already."""
    if quantity.per == "wasted":
        part.wasted.append(quantity)
        return True
    kind = _kind(quantity)
    held = getattr(part, kind)
    if held is not None:
        # "Lidocaine 1% (10 mg/mL)": the percentage is what is written first
        if kind == "strength" and held.unit != quantity.unit:
            return True
        return kind == "strength" and held.value == quantity.value
    if kind == "strength" and quantity.unit == "%" and quantity.value > 50:
        return False
    setattr(part, kind, quantity)
    return True


def _best_splits(clause: Clause, parts: list[Part], gaps: list[list[Quantity]]) -> list[int]:
    """For each gap, how many of its amounts belong to the drug on its left (Viterbi over the gaps)."""
    reach = [_reach(clause, parts, gaps, index) for index in range(len(gaps))]
    # state: how many amounts of the gap go left; score of the best way there
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for index in range(1, len(gaps)):
        last = index == len(gaps) - 1
        scores: dict[int, tuple[float, int]] = {}
        options = range(len(gaps[index]) + 1)
        for split in options:
            own = _break_weight(clause, parts, gaps[index], index, split) if not last else 0.0
            for before, (score, _) in best[-1].items():
                total = score + own + _owner_score(gaps, reach, index, before, split)
                if split not in scores or total > scores[split][0] + 1e-9:
                    scores[split] = (total, before)
        best.append(scores)
    # amounts behind the last drug all go left if they can be reached at all
    split = max(best[-1], key=lambda key: (best[-1][key][0], key))
    splits = [split]
    for index in range(len(gaps) - 1, 0, -1):
        split = best[index][split][1]
        splits.append(split)
    return splits[::-1]


def _reach(clause: Clause, parts: list[Part], gaps: list[list[Quantity]], index: int) -> list[tuple[bool, bool]]:
    """For each amount of a gap, whether the left and the right drug can be reached from it."""
    return [
        (
            index > 0 and _linkable(clause, parts[index - 1], quantity),
            index < len(parts) and _linkable(clause, parts[index], quantity),
        )
        for quantity in gaps[index]
    ]


def _owner_score(gaps: list[list[Quantity]], reach: list[list[tuple[bool, bool]]], index: int, before: int, split: int) -> float:
    """Score of the drug between gap ``index - 1`` (from ``before`` on) and gap ``index`` (up to ``split``)."""
    score = 0.0
    held: dict[str, int] = {}
    owned = [(q, reach[index - 1][place][1]) for place, q in enumerate(gaps[index - 1]) if place >= before]
    owned += [(q, reach[index][place][0]) for place, q in enumerate(gaps[index]) if place < split]
    for quantity, reachable in owned:
        if not reachable:
            score -= _LOOSE
            continue
        score += 1.0
        kind = _kind(quantity)
        held[kind] = held.get(kind, 0) + 1
    conflicts = sum(count - 1 for count in held.values())
    if "volume" in held or "dose" in held:
        score += 0.5
    return score - _CONFLICT * conflicts


def _break_weight(clause: Clause, parts: list[Part], gap: list[Quantity], index: int, split: int) -> float:
    """How well a phrase may end before the ``split``-th amount of the gap."""
    start = parts[index - 1].end if split == 0 else gap[split - 1].end
    stop = parts[index].start if split == len(gap) else gap[split].start
    text = clause.text[start - clause.start : max(start, stop) - clause.start]
    if _PHRASE_BREAK.search(text):
        return 3.0
    if "," in text:
        return 2.0
    if "/" in text:
        return 1.5
    if re.search(r"\bof\b", text) or text.rstrip().endswith("("):
        return -4.0
    return 1.0 if ")" in text else 0.0


def pairs(parts: list[Part]) -> list[tuple[Part, Part]]:
    """Neighbouring parts of one clause."""
    return [(left, right) for left, right in pairwise(parts) if left.clause is right.clause]


def names_mixture(text: str) -> bool:
    """Whether the words speak of several drugs as one solution."""
    return _MIX_WORDS.search(text) is not None
