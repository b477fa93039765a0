"""Clauses of the text that speaks about the injectate, and which drug mentions in them do not count."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from extractor.language.drugs import DrugMention
from extractor.language.quantities import AMOUNTS, Quantity

__all__ = ["REPEATED", "Clause", "Site", "cut_clauses", "dissolved"]

# A full stop ends a clause unless it closes an abbreviation; "5 ml. of" goes on.
_END = re.compile(
    r"[.!?](?<!\.\.)(?<!\bapprox\.)(?<!\bno\.)(?<!\bdr\.)(?<!\bvs\.)(?<!\blt\.)(?<!\brt\.)(?<!\bbilat\.)(?<!\btot\.)(?<!\bvol\.)(?<!\bconc\.)"
    r"(?<!\bsol\.)(?<!\bsoln\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bc\.)(?<!\bl\.)(?<!\br\.)(?<!\binj\.)(?=\s|$)(?!\s{1,2}(?:of|x|each|per|and|with|to)\s)"
    r"|;|\n\s*\n"
    r"|\n(?=[ \t]*(?:[-*+>\u2022\u25cf\u25aa]\s|\d{1,2}[.)]\s|\[.?\]|\(.?\)\s|[\u2610-\u2612\u25a1]|[a-z][a-z /()#%-]{1,34}:))"
)
_THEN = re.compile(r"(?:,\s(?:and\s)?then|\sand then|,?\sfollowed by|,?\safter which|,?\s(?:subsequently|thereafter),?|,\snext,)\s")
_THEN_WORDS = ("then", "followed", "after which", "subsequently", "thereafter", "next,")
# "the same on the right", "this was repeated on the left"
REPEATED = re.compile(
    r"\b(?:same|identical(?:ly)?|likewise|similar(?:ly)?|repeated|repeat)\b(?!\s(?:position|needle|syringe|session|visit|side|day|solution|mixture))[^.;]{0,56}\b(?:left|right|other side|opposite|contralateral|other)\b"
    r"|\b(?:left|right),?\s(?:and\s)?then\s(?:on\s|to\s)?(?:the\s)?(?:left|right)\b(?=\s?[,.;])"
)
_REPEATED_SIDE = re.compile(r"\b(?:repeated|identical|same (?:was )?done|same procedure|same injection)\b[^.;]{0,56}\b(?:left|right|other side|opposite|contralateral)\b")
_FAR_APART = 400  # characters between two spans beyond which a statement no longer speaks of the sites before
_LONGEST = 1200  # characters of one clause
_LINE = re.compile(r"\n(?=[ \t]*[^\s])")

_SKIN = re.compile(
    r"\bskin\b[^.;\n]{0,40}(?:wheal|an(?:a)?esthe|infiltrat|numb|local|topical|spray|cool)"
    r"|(?:an(?:a)?esthe[a-z]*|infiltrat[a-z]*|numb[a-z]*|wheals?|local an(?:a)?esthetic)[^.;\n]{0,45}\bskin\b(?!\s(?:was|is|prep))"
    r"|\bskin\s?(?:wheals?|weal)|\bwheals?\b|\bintradermal|\bsubcutaneous(?:ly)?\b|\bsub\s?q\b|\bsuperficial (?:tissues?|an(?:a)?esth)|\bneedle (?:entry|insertion) sites? (?:was|were) (?:an|numb)"
    r"|\b(?:topical(?:ly)?|emla|ethyl chloride|vapocoolant|vapo-coolant|cold spray|freeze spray|gebauer|pain ?ease|lmx|numbing cream)\b"
    r"|\b(?:for|to|at) (?:the )?skin\b"
    r"|\b(?:for|as|under) local an(?:a)?esthe(?:sia|tic)\b|\blocal an(?:a)?esthesia (?:was|of|with|using|given|obtained|achieved|provided|[:-])"
)
# One of these is in every match of _SKIN; to ask for them first is much cheaper.
_SKIN_WORDS = (
    "skin", "wheal", "intraderm", "subcut", "sub q", "subq", "superficial", "sites was", "sites were", "site was", "topical", "emla", "ethyl", "coolant",
    "spray", "gebauer", "ease", "lmx", "numbing", "local an",
)  # fmt: skip
_ROUTE_AFTER = re.compile(
    r"[\s(,]{0,3}(?:\d[\d.%]{0,5}\s?)?(?:patch(?:es)?|cream|gel|ointment|spray|lotion|tablets?|tabs?|pills?|capsules?|po\b|orally|oral\b|by mouth|"
    r"lozenge|troche|mouthwash|drip\b|infusion|dose ?pa[ck]k?|pack\b)"
)
_SHOT_AFTER = re.compile(r"[\s,(]{0,3}(?:was\s(?:given|administered)\s)?(?:im\b|i\.m\.|intramuscular(?:ly)?\b|iv\b|i\.v\.|ivp\b|intravenous(?:ly)?\b|sq\b|subq\b)")
_NEGATED_BEFORE = re.compile(
    r"(?:\brounds?(?: of)?|\bfailed|\brefractory to|\bwithout|\bw/o|\bwo|\bno|\bnot|\bminus|\bfree of|\bsans|\binstead of|\brather than|\bin lieu of|\ballerg(?:y|ic|ies) to|\breaction to|"
    r"\bdeclin(?:ed|es)|\brefus(?:ed|es)|\bdenies|\bdenied|\bavoid(?:ed|ing)?|\bneither|\bnor|\bheld|\bomitted|\bomitting|\bexcept|\bnon|\bin the past|\bprior|\bprevious(?:ly)?|\bout of)"
    r"(?:\s|-)(?:any\s|the\s|added\s|additional\s|use of\s|using\s|a\s|to\s|used\s|(?:\d{0,2}\.?\d{1,3}\s?%\s)|steroids?,?\s(?:or|and)\s|epinephrine,?\s(?:or|and)\s|epi,?\s(?:or|and)\s|preservatives?,?\s(?:or|and)\s)*$"
)
_NEGATED_AFTER = re.compile(
    r"\s?(?:-?\s?free\b|(?:was|were|is)\s(?:not|withheld|held|omitted|deferred|avoided|discontinued|contraindicated)|not (?:used|given|injected|included)|withheld|(?:was )?declined|(?:tpis?|trigger point injections?|injections?|inj)\s(?:x\s?\d+\s)?(?:never|failed|did\s?n.t|gave (?:no|little|only)|each <|have)|:\s?(?:no|none|not used|n/a|0(?![.\d]))\b|\s?[-:]\s?(?:none|not used|no)\b|\sallergy\b|\snot\s)"
)
_UNTICKED = re.compile(r"(?:\[\s{0,3}\]|\[_{1,3}\]|\(\s{0,3}\)|\(_{1,2}\)|[\u2610\u25a1\u25fb\u274f])\s{0,2}(?:[^\n\[\]()\u2610\u2612\u2611\u25a1]{0,40})$")
_TICKED = re.compile(r"\[\s?(?:x|\u2713|\u2714|\*)\s?\]|\(\s?(?:x|\u2713|\u2714|\*)\s?\)|[\u2611\u2612\u2713\u2714]")
_INJECTED = re.compile(
    r"\b(?:inject(?:ed|ing|ion|ions)?|infiltrat\w*|deposit\w*|administer\w*|instill\w*|deliver\w*|received?|given|placed|needled|treated|infused|"
    r"introduced|put|went|injxn|inj|used|utilized|got)\b"
)
_PREPARED = re.compile(
    r"\b(?:draw|drawn|drew|prepared|mixed|mixture|mixing|mix|reconstitut\w*|loaded|filled|syringes?|vials?|solution|containing|consisting|composed|combined|"
    r"combination|injectate|cocktail|medications?|meds|materials?|supplies|agents?)\b"
)
_DILUTION = re.compile(r"\b(?:reconstitut|dilut|diluent|drawn|mixed|in \d)")


@dataclass(frozen=True, slots=True)
class Site:
    """A site named in the text, as the caller found it.

    ``key`` tells different sites apart (muscle and side). ``sides`` is how many sides of it were injected; 0 for a site of
    unknown number ("the left-sided trigger points").
    """

    start: int
    end: int
    key: str
    sides: int = 1
    injections: int | None = None
    names: frozenset[str] = frozenset()  # muscle and side, one for each
    levels: int = 0  # vertebral levels listed for it

    @property
    def places(self) -> int:
        """How many needle places it stands for: its own number, else each side at each level."""
        return self.injections or max(1, self.sides) * max(1, self.levels)


@dataclass(slots=True)
class Clause:
    """One statement: drugs, quantities and sites between two ends."""

    start: int
    end: int
    text: str  # folded, offsets from `start`, with what does not count blanked out
    drugs: list[DrugMention] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    index: int = 0
    injected: bool = False  # says that something was injected
    prepared: bool = False  # says what was drawn up or mixed
    before: list[Site] = field(default_factory=list)  # sites of the statements right before, which give no amount
    again: bool = False  # the next statement says that it was repeated on the other side

    def blank(self, start: int, end: int) -> None:
        """Take words out of ``text``; offsets stay."""
        first, last = max(start, self.start) - self.start, min(end, self.end) - self.start
        self.text = self.text[:first] + " " * (last - first) + self.text[last:]


def cut_clauses(
    folded: str,
    spans: Sequence[tuple[int, int]],
    mentions: Sequence[DrugMention],
    quantities: Sequence[Quantity],
    sites: Sequence[Site],
    kinds: Mapping[str, str],
    *,
    wrapped: bool = False,
) -> list[Clause]:
    """Cut the spans into clauses; leave out drugs (and their amounts) that did not go into a trigger point.

    ``kinds`` is the kind of each drug id (anesthetic, toxin, saline, …). ``wrapped``: a span holds one paragraph or
    list item, so that its line breaks end nothing.
    """
    clauses: list[Clause] = []
    toxin_used = any(kinds.get(mention.drug) == "toxin" for mention in mentions)
    sited: list[Site] = []  # of the statements since the last amount
    last_end = -1
    for start, end in spans:
        if start - last_end > _FAR_APART:
            sited = []
        for first, last in _pieces(folded, start, end, quantities, wrapped):
            last_end = last
            clause = Clause(first, last, folded[first:last], index=len(clauses))
            clause.drugs = _within(mentions, first, last)
            clause.quantities = [
                quantity for quantity in _within(quantities, first, last)
                if not _BOX_BEFORE.search(folded[max(first, quantity.start - 8) : quantity.start])
            ]  # fmt: skip
            if not any(q.kind in AMOUNTS for q in clause.quantities):
                named = _within(sites, first, last)
                again = {name for site in named for name in site.names}
                sited = [*(site for site in sited if not again & site.names), *named]
                told = _REPEATED_SIDE if named else REPEATED
                if clauses and clauses[-1].end >= first - 3 and (told.search(clause.text) or _REPEATED_SIDE.search(clause.text)):
                    clauses[-1].again = True
            if not (clause.drugs or clause.quantities):
                continue
            clause.injected = _INJECTED.search(clause.text) is not None
            clause.prepared = _PREPARED.search(clause.text) is not None
            clause.sites = _within(sites, first, last) or _sides(clause)
            if any(q.kind in AMOUNTS for q in clause.quantities):
                clause.before = sited
                sited = []
            if clause.drugs:
                _drop_skin(clause)
                _drop_uninjected(folded, clause, kinds, toxin_used)
            clauses.append(clause)
    return clauses


_Item = TypeVar("_Item", DrugMention, Quantity, Site)


def _within(items: Sequence[_Item], start: int, stop: int) -> list[_Item]:
    """Items, sorted by their start, that start in ``[start, stop)``."""
    first = bisect_left(items, start, key=_start)
    return list(items[first : bisect_left(items, stop, lo=first, key=_start)])


def _start(item: DrugMention | Quantity | Site) -> int:
    return item.start


_BOX_BEFORE = re.compile(r"(?:\[\s{0,3}\]|\[_{1,3}\]|\(\s{1,3}\)|[\u2610\u25a1\u25fb\u274f])\s{0,2}$")
_SIDE = re.compile(
    r"\b(?:at|to|in|into|for) \(?#?(?P<number>\d)\)|\b(?:trigger point|tp|trp|site|injection|point|muscle|location)\s?#?(?P<listed>\d{1,2})\s?(?=[:=(-])|\b(?:on (?:the|his|her) (?P<on>left|right)\b|(?P<side>left|right)(?:[- ]sided?)?(?:\s[a-z]+){0,2}?\s(?:trigger|tps?|trps?|muscles?|sites?|points?|side|areas?|region))"
)


def _sides(clause: Clause) -> list[Site]:
    """Places that only a side tells apart, where the caller knows no site."""
    return [
        Site(clause.start + match.start(), clause.start + match.end(), str(match["on"] or match["side"] or match["number"] or match["listed"]), 0)
        for match in _SIDE.finditer(clause.text)
    ]  # fmt: skip


_TOPICAL = re.compile(r"topical|spray|emla|ethyl chloride|coolant|pain ?ease|lmx|cream")
_INTO_MUSCLE = re.compile(r"\b(?:and|then) (?:into|deep(?:er)? into|the) [^.;,]{0,30}\b(?:trigger|tps?|trps?|muscles?|myofascial)\b")
_PIECE = re.compile(r"[^,]+")


def _drop_skin(clause: Clause) -> None:
    """Take out drugs and amounts of a skin wheal or a topical; what else the clause says stays."""
    if not any(word in clause.text for word in _SKIN_WORDS):
        return
    match = _SKIN.search(clause.text)
    if match is None or _INTO_MUSCLE.search(clause.text, match.end()):
        return
    pieces = [piece.span() for piece in _PIECE.finditer(clause.text)]
    touched = [piece for piece in pieces if match.start() < piece[1] and piece[0] < match.end()]
    start, end = clause.start + touched[0][0], clause.start + touched[-1][1]
    if not any(start <= mention.start < end for mention in clause.drugs):
        if _TOPICAL.search(clause.text, start - clause.start, end - clause.start):
            return
        start, end = clause.start, clause.end
    elif not _INJECTS.search(clause.text[: start - clause.start] + clause.text[end - clause.start :]):
        start, end = clause.start, clause.end
    clause.drugs = [mention for mention in clause.drugs if not start <= mention.start < end]
    clause.quantities = [quantity for quantity in clause.quantities if not start <= quantity.start < end]
    clause.blank(start, end)


_INJECTS = re.compile(r"\b(?:inject\w*|infiltrat\w*|deposit\w*|instill\w*|placed|administered|given)\b")


def _pieces(folded: str, start: int, end: int, quantities: Sequence[Quantity], wrapped: bool) -> list[tuple[int, int]]:
    """Offsets of the clauses in ``folded[start:end]``."""
    cuts = [start]
    for match in _END.finditer(folded, start, end):
        cuts.append(match.end())
    if any(word in folded[start:end] for word in _THEN_WORDS):
        cuts += [match.end() for match in _THEN.finditer(folded, start, end) if _goes_on(folded, start, match, end, quantities)]
    if wrapped:
        cuts = _shortened(folded, sorted({*cuts, end}))
        return [(first, last) for first, last in pairwise(cuts) if folded[first:last].strip()]
    for match in _LINE.finditer(folded, start, end):
        if _ends_line(folded, start, match.start(), match.end(), end):
            cuts.append(match.end())
    cuts = _shortened(folded, sorted({*cuts, end}))
    return [(first, last) for first, last in pairwise(cuts) if folded[first:last].strip()]


def _goes_on(folded: str, start: int, then: re.Match[str], end: int, quantities: Sequence[Quantity]) -> bool:
    """Whether "then" opens a statement of its own: amounts on both sides, and the second not one for each of all."""
    left = max(folded.rfind(". ", start, then.start()), folded.rfind(";", start, then.start()), start)
    stops = [stop for stop in (folded.find(". ", then.end(), end), folded.find(";", then.end(), end)) if stop >= 0]
    right = min(stops, default=end)
    if not any(q.kind in AMOUNTS for q in _within(quantities, left, then.start())):
        return False
    after = [q for q in _within(quantities, then.end(), right) if q.kind in AMOUNTS]
    return bool(after) and after[0].per != "each"


def _shortened(folded: str, cuts: list[int]) -> list[int]:
    """Cut what runs on without an end: no statement is that long, and linking takes all pairs of a clause's amounts."""
    shorter = [cuts[0]]
    for stop in cuts[1:]:
        while stop - shorter[-1] > _LONGEST:
            space = folded.rfind(" ", shorter[-1] + 1, shorter[-1] + _LONGEST)
            shorter.append(space if space > 0 else shorter[-1] + _LONGEST)
        shorter.append(stop)
    return shorter


_WRAP_TAIL = re.compile(r"(?:[,&+/(-]|\b(?:and|or|of|the|with|to|in|into|at|a|an|for|by|was|were|each|per|using|containing|plus))\s*$")


def _ends_line(folded: str, start: int, stop: int, following: int, end: int) -> bool:
    """Whether a line break ends a statement: a short line that does not end in the middle of a phrase."""
    begin = folded.rfind("\n", start, stop) + 1 or start
    line = folded[begin:stop].rstrip()
    if not line or _WRAP_TAIL.search(line[-14:]):
        return False
    if line.endswith(":"):
        return False  # a heading keeps its first line
    rest = folded[following : min(end, following + 12)].lstrip()
    return len(line) < 60 and not rest.startswith(("of ", "and ", "with ", "each", "x ", "per ", "mixed", "was ", "were ", "into ", "in "))


def _drop_uninjected(folded: str, clause: Clause, kinds: Mapping[str, str], toxin_used: bool) -> None:
    kept: list[DrugMention] = []
    for mention in clause.drugs:
        before = folded[max(clause.start, mention.start - 60) : mention.start]
        first = mention.start
        if negation := _NEGATED_BEFORE.search(before):
            first -= len(before) - negation.start()
        elif not (
            _NEGATED_AFTER.match(folded, mention.end, clause.end)
            or _ROUTE_AFTER.match(folded, mention.end, clause.end)
            or (toxin_used and kinds.get(mention.drug) == "saline" and _dilutes(clause, kinds))
            or (kinds.get(mention.drug) != "anesthetic" and _shot(folded, clause, mention))
            or _unticked(folded, mention)
        ):
            kept.append(mention)
            continue
        _drop_amounts(clause, mention)
        clause.blank(first, mention.end)
    clause.drugs = kept


def _dilutes(clause: Clause, kinds: Mapping[str, str]) -> bool:
    """Whether the saline of the clause is what a toxin was dissolved in."""
    return any(kinds.get(other.drug) == "toxin" for other in clause.drugs) or _DILUTION.search(clause.text) is not None


def dissolved(clause: Clause) -> bool:
    """Whether the clause tells how a toxin was dissolved."""
    return _DILUTION.search(clause.text) is not None or _PER_VOLUME.search(clause.text) is not None


_PER_VOLUME = re.compile(r"\bunits?\s?(?:vial\s?)?(?:/|in|per|to)\s?\d|\bu\s?(?:vial\s?)?(?:/|in|per)\s?\d|\bvial\b")


def _shot(folded: str, clause: Clause, mention: DrugMention) -> bool:
    """An intramuscular or intravenous dose: "Toradol 60 mg IM"."""
    at = mention.end
    for quantity in clause.quantities:
        if mention.end <= quantity.start <= mention.end + 12 and quantity.kind in ("mass", "volume", "concentration"):
            at = quantity.end
    return any(_SHOT_AFTER.match(folded, place, clause.end) for place in (mention.end, at))


def _unticked(folded: str, mention: DrugMention) -> bool:
    near = max(0, mention.start - 64)
    before = folded[max(near, folded.rfind("\n", near, mention.start) + 1) : mention.start]
    match = _UNTICKED.search(before)
    return bool(match) and not _TICKED.search(before, match.start() if match else 0)


def _drop_amounts(clause: Clause, mention: DrugMention) -> None:
    """Amounts that hang on a mention that does not count go with it."""
    dropped: list[Quantity] = []
    left, right = mention.start, mention.end
    if mention.drug != "epinephrine":
        for quantity in clause.quantities:
            if quantity.unit == "units/mL":  # "reconstituted in 4 mL saline (50 units/mL)" is the toxin's
                continue
            if quantity.start >= right and _hangs(clause, right, quantity.start):
                dropped.append(quantity)
                right = quantity.end
        for quantity in reversed(clause.quantities):
            if quantity.end <= left and _hangs(clause, quantity.end, left):
                dropped.append(quantity)
                left = quantity.start
    dropped += [quantity for quantity in clause.quantities if quantity.kind == "dilution"]
    for quantity in dropped:
        clause.blank(quantity.start, quantity.end)
    clause.quantities = [quantity for quantity in clause.quantities if quantity not in dropped]


def _hangs(clause: Clause, start: int, stop: int) -> bool:
    between = clause.text[start - clause.start : stop - clause.start]
    return len(between) <= 5 and between.strip(" (:-)") in ("", "of")
