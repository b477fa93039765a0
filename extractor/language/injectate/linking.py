"""Which amounts of a clause belong to which drug, and which stand alone.

Between two drugs, amounts belong to the left one up to some point and to the right one from there ("lidocaine 1% 4 cc,
bupivacaine 0.25% 4 cc" and "4 cc 1% lidocaine, 4 cc 0.25% bupivacaine" differ only in where that point lies). The points
of all gaps are chosen together: at a separator rather than inside a phrase, and so that no drug gets two amounts of a kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.language.drugs import DrugMention
from extractor.language.injectate.clauses import Clause
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["Part", "link"]

LINKED_KINDS = AMOUNTS | {"concentration"}

# Words that may stand between a drug and its own amount.
_LINK = re.compile(
    r"(?:[\s,:=()\[\]|@~*+#._\u2022-]|/|\b(?:of|an?|the|pf|mpf|sdv|mdv|preservatives?|free|plain|sterile|injectable|injection|inj|solution|soln|sol|"
    r"suspension|susp|hcl|strength|conc|concentration|vol|volume|dose|amount|amt|qty|quantity|total|approximately|about|approx|"
    r"diluted?|buffered|single|local|anesthetic|steroid|corticosteroid|cortisone|used|given|administered|injected|was|were|at|is|with|w|additional|"
    r"each|another|or|ie|eg|i|e|per|medication|drug|agent|name|brand|epi|epinephrine|x|dextrose|usp|acetate|nacl|ac|acet|only|type|reconstituted|"
    r"ml|site|vial)\b)*+"
)
_PHRASE_BREAK = re.compile(r"\b(?:and|with|plus|mixed|combined|together|w|added|along|followed|containing)\b|[+&;\n|]|w/")
_MIX_WORDS = re.compile(r"\b(?:mixture|mix|solution|combination|cocktail|blend|injectate|containing|consisting|composed|comprised|made)\b")
_COORDINATED = re.compile(r"and|/|&|\+|,|or|with")
EQUAL_PARTS = re.compile(
    r"\b(?:equal (?:parts?|volumes?|amounts?|proportions?|mix\w*|quantit\w+|ratio)|half[ -]and[ -]half|half/half|equally mixed|"
    r"one[- ]to[- ]one|1 ?to ?1|1/1 mix\w*)\b"
)
_CONFLICT = 6.0
_LOOSE = 1.5
_FAR = 8  # no drug has more amounts than this on one side


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
    quotient: Quantity | None = None  # "50 mg/5 mL" beside a strength in percent

    @property
    def implied(self) -> tuple[float, str] | None:
        """The strength that the name itself says (Kenalog-40)."""
        return next((mention.strength for mention in self.mentions if mention.strength), None)


def link(clause: Clause) -> tuple[list[Part], list[Quantity]]:
    """Return the parts of a clause and the amounts (and strengths) that belong to no drug by position."""
    additives = _take_additives(clause)
    amounts = [quantity for quantity in clause.quantities if quantity.kind in LINKED_KINDS]
    parts = _parts(clause, amounts)
    if not parts:
        return additives, amounts
    loose = _link_all(clause, parts, amounts)
    loose += _unlink_whole(clause, parts)
    for part in parts:
        _read_quotient(part)
    return sorted([*parts, *additives], key=lambda part: part.start), sorted(loose, key=lambda q: q.start)


_OWN_AMOUNT = re.compile(r"(?:m[lg]|mcg|cc)\s(?:of\s)?$")


def _take_additives(clause: Clause) -> list[Part]:
    """Epinephrine in a local anesthetic stands outside the phrase: "1% lidocaine with epinephrine 1:200,000, 5 mL"."""
    additives = []
    for mention in [mention for mention in clause.drugs if mention.drug == "epinephrine"]:
        before = clause.text[: mention.start - clause.start]
        if len(clause.drugs) == 1 or _OWN_AMOUNT.search(before):
            continue
        additives.append(Part(mention.drug, mention.start, mention.end, clause, [mention]))
        clause.drugs = [other for other in clause.drugs if other is not mention]
        joined = re.search(r"(?:\b(?:with|and|w|plus)\b|w/|[+/&])\s?$", before)
        clause.blank(clause.start + joined.start() if joined else mention.start, mention.end)
    for quantity in [quantity for quantity in clause.quantities if quantity.kind == "dilution"]:
        clause.blank(quantity.start, quantity.end)
        clause.quantities = [other for other in clause.quantities if other is not quantity]
    return additives


def _link_all(clause: Clause, parts: list[Part], amounts: list[Quantity]) -> list[Quantity]:
    """Give the parts their amounts; return those that are left."""
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
        left = [(quantity, parts[index - 1]) for quantity in gap[:split]]
        right = [(quantity, parts[index] if index < len(parts) else None) for quantity in reversed(gap[split:])]
        for quantity, owner in [*left, *right]:  # nearest first
            if owner is None or not _linkable(clause, owner, quantity) or not _attach(owner, quantity):
                loose.append(quantity)
    return loose


def _unlink_whole(clause: Clause, parts: list[Part]) -> list[Quantity]:
    """A volume beside one drug of a mixture may be the volume of the whole: take it off the drug and return it."""
    holders = [part for part in parts if part.volume is not None]
    if len(parts) < 2 or len(holders) != 1:
        return []
    holder = holders[0]
    volume = holder.volume
    assert volume is not None
    others = [part for part in parts if part is not holder]
    if any(part.dose is not None or (part.strength is not None and part.strength.value2 is not None) for part in others):
        return []
    ratios = [q.start for q in clause.quantities if q.kind == "ratio"]
    if match := EQUAL_PARTS.search(clause.text):
        ratios.append(clause.start + match.start())
    first, last = parts[0], parts[-1]
    if ratios:
        own = holder is first and any(holder.start < at < parts[1].start for at in ratios)
    elif volume.start > last.start:  # "lidocaine and bupivacaine, 8 mL in all"
        own = volume.per != "total" or any(part.implied for part in others)
        if own and volume.per is None and all(part.strength for part in parts) and len(parts) == 2:
            own = not _COORDINATED.fullmatch(_gap_text(clause, first.end, last.start, clause.quantities).strip())
    else:  # "10 mL of 1% lidocaine and 0.25% bupivacaine"
        between = _gap_text(clause, first.end, parts[1].start, clause.quantities)
        own = holder is not first or not _COORDINATED.fullmatch(between.strip()) or not all(part.strength for part in others)
        own = own or any(part.strength and part.strength.unit != "%" for part in others)
    if own:
        return []
    holder.volume = None
    return [volume]


def _read_quotient(part: Part) -> None:
    """In "Kenalog 40 mg/1 cc" the strength is the amount as well, unless the note gives another."""
    strength = part.quotient or part.strength
    if strength is None or strength.value2 is None or part.volume is not None or part.dose is not None:
        return
    if strength.unit == "%":
        return
    unit = strength.unit.split("/")[0]
    kind = {"mg": "mass", "mcg": "mass", "units": "units", "mEq": "meq"}[unit]
    start, end = strength.start, strength.core_end
    dose = round(strength.value * strength.value2, 6)
    part.volume = Quantity(start, end, "volume", strength.value2, "mL", core_end=end)
    part.dose = Quantity(start, end, kind, dose, unit, core_end=end)


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
        if len(clause.drugs) > 1 and (":" in text or (quantity.kind != "concentration" and text.count("(") > text.count(")"))):
            return False  # "2 mL (1 mL of 1% lidocaine, 1 mL of 0.5% Marcaine)"
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
            part.quotient = quantity
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
        size = len(gaps[index])
        for split in (*range(min(size, _FAR) + 1), *range(max(_FAR + 1, size - _FAR), size + 1)):
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
        kind = _kind(quantity) + (quantity.unit if quantity.kind == "concentration" else "")  # "1% (10 mg/mL)" is no conflict
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
    if "/" in text or text.strip() == ":":
        return 1.5
    if re.search(r"\bof\b", text) or text.rstrip().endswith("("):
        return -4.0
    return 1.0 if ")" in text else 0.0


def names_mixture(text: str) -> bool:
    """Whether the words speak of several drugs as one solution."""
    return _MIX_WORDS.search(text) is not None
