"""Clauses of the text that speaks about the injectate, and which drug mentions in them do not count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.language.drugs import DrugMention
from extractor.language.quantities import Quantity

__all__ = ["Clause", "Site", "cut_clauses"]

# A full stop ends a clause unless it closes an abbreviation; "5 ml. of" goes on.
_END = re.compile(
    r"[.!?](?<!\bapprox\.)(?<!\bno\.)(?<!\bdr\.)(?<!\bvs\.)(?<!\blt\.)(?<!\brt\.)(?<!\bbilat\.)(?<!\btot\.)(?<!\bvol\.)(?<!\bconc\.)"
    r"(?<!\bsol\.)(?<!\bsoln\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bc\.)(?<!\bl\.)(?<!\br\.)(?<!\binj\.)(?=\s|$)(?!\s{1,2}(?:of|x|each|per|and|with|to)\s)"
    r"|;|\n\s*\n|,?\s(?:and\s)?(?:then|followed by|after which|subsequently|thereafter|next,)\s"
    r"|\n(?=[ \t]*(?:[-*+>\u2022\u25cf\u25aa]\s|\d{1,2}[.)]\s|\[.?\]|\(.?\)\s|[\u2610-\u2612\u25a1]|[a-z][a-z /()#%-]{1,34}:))"
)
_LINE = re.compile(r"\n(?=[ \t]*[^\s])")

_SKIN = re.compile(
    r"\bskin\b[^.;\n]{0,40}(?:wheal|an(?:a)?esthe|infiltrat|numb|local|topical|spray|cool)"
    r"|(?:an(?:a)?esthe[a-z]*|infiltrat[a-z]*|numb[a-z]*|wheals?|local an(?:a)?esthetic)[^.;\n]{0,45}\bskin\b(?!\s(?:was|is|prep))"
    r"|\bskin\s?(?:wheals?|weal)|\bwheals?\b|\bintradermal|\bsubcutaneous(?:ly)?\b|\bsub\s?q\b|\bsuperficial (?:tissues?|an)|\bneedle (?:entry|insertion) sites? (?:was|were) (?:an|numb)"
    r"|\b(?:topical(?:ly)?|emla|ethyl chloride|vapocoolant|vapo-coolant|cold spray|freeze spray|gebauer|pain ?ease|lmx|numbing cream)\b"
    r"|\b(?:for|as|under) local an(?:a)?esthe(?:sia|tic)\b|\blocal an(?:a)?esthesia (?:was|of|with|using|given|obtained|achieved|provided|[:-])"
)
_ROUTE_AFTER = re.compile(
    r"[\s(,]{0,3}(?:\d[\d.%]{0,5}\s?)?(?:patch(?:es)?|cream|gel|ointment|spray|lotion|tablets?|tabs?|pills?|capsules?|po\b|orally|oral\b|by mouth|"
    r"lozenge|troche|mouthwash|drip\b|infusion|dose ?pa[ck]k?|pack\b)"
)
_SHOT_AFTER = re.compile(r"[\s,(]{0,3}(?:was\s(?:given|administered)\s)?(?:im\b|i\.m\.|intramuscular(?:ly)?\b|iv\b|i\.v\.|ivp\b|intravenous(?:ly)?\b|sq\b|subq\b)")
_NEGATED_BEFORE = re.compile(
    r"(?:\bwithout|\bw/o|\bwo|\bno|\bnot|\bminus|\bfree of|\bsans|\binstead of|\brather than|\bin lieu of|\ballerg(?:y|ic|ies) to|\breaction to|"
    r"\bdeclin(?:ed|es)|\brefus(?:ed|es)|\bdenies|\bdenied|\bavoid(?:ed|ing)?|\bneither|\bnor|\bheld|\bomitted|\bomitting|\bexcept|\bnon|\bin the past|\bprior|\bprevious(?:ly)?|\bout of)"
    r"(?:\s|-)(?:any\s|the\s|added\s|additional\s|use of\s|using\s|a\s|to\s|used\s|(?:\d{0,2}\.?\d{1,3}\s?%\s)|steroids?,?\s(?:or|and)\s|epinephrine,?\s(?:or|and)\s|epi,?\s(?:or|and)\s|preservatives?,?\s(?:or|and)\s)*$"
)
_NEGATED_AFTER = re.compile(
    r"\s?(?:-?\s?free\b|(?:was|were|is)\s(?:not|withheld|held|omitted|deferred|avoided|discontinued|contraindicated)|not (?:used|given|injected|included)|withheld|(?:was )?declined|:\s?(?:no|none|not used|n/a|0)\b|\s?[-:]\s?(?:none|not used|no)\b|\sallergy\b|\snot\s)"
)
_UNTICKED = re.compile(r"(?:\[\s{0,3}\]|\[_{1,3}\]|\(\s{0,3}\)|\(_{1,2}\)|[\u2610\u25a1\u25fb\u274f])\s{0,2}(?:[^\n\[\]()\u2610\u2612\u2611\u25a1]{0,40})$")
_TICKED = re.compile(r"\[\s?(?:x|\u2713|\u2714|\*)\s?\]|\(\s?(?:x|\u2713|\u2714|\*)\s?\)|[\u2611\u2612\u2713\u2714]")
_DILUENT_BEFORE = re.compile(r"(?:reconstitut|dilut)[a-z]*[^.;\n]{0,60}$")


@dataclass(frozen=True, slots=True)
class Site:
    """A site named in the text, as the caller found it. ``sides`` is how many sides of it were injected."""

    start: int
    end: int
    key: str
    sides: int = 1
    injections: int | None = None


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


def cut_clauses(
    folded: str,
    spans: list[tuple[int, int]],
    mentions: list[DrugMention],
    quantities: list[Quantity],
    sites: tuple[Site, ...],
    toxins: frozenset[str],
    anesthetics: frozenset[str],
    salines: frozenset[str],
) -> list[Clause]:
    """Cut the spans into clauses; leave out drugs (and their amounts) that did not go into a trigger point."""
    clauses: list[Clause] = []
    toxin_used = any(mention.drug in toxins for mention in mentions)
    for start, end in spans:
        for first, last in _pieces(folded, start, end):
            clause = Clause(first, last, folded[first:last], index=len(clauses))
            clause.drugs = [mention for mention in mentions if first <= mention.start < last]
            clause.quantities = [quantity for quantity in quantities if first <= quantity.start < last]
            clause.sites = [site for site in sites if first <= site.start < last]
            if not (clause.drugs or clause.quantities):
                continue
            if clause.drugs and _SKIN.search(clause.text) and not _also_injects(clause):
                continue
            _drop_uninjected(folded, clause, anesthetics, salines if toxin_used else frozenset())
            clauses.append(clause)
    return clauses


_INTO_MUSCLE = re.compile(r"\b(?:trigger|tps?|trps?|muscles?|myofascial|tpi)\b")


def _also_injects(clause: Clause) -> bool:
    """"1% lidocaine was infiltrated subcutaneously and into the trigger point" is still about the trigger point."""
    if "wheal" in clause.text or "topical" in clause.text or "spray" in clause.text:
        return False
    match = _SKIN.search(clause.text)
    return bool(match and _INTO_MUSCLE.search(clause.text, match.end())) and "and into" in clause.text


def _pieces(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the clauses in ``folded[start:end]``."""
    cuts = [start]
    for match in _END.finditer(folded, start, end):
        cuts.append(match.end())
    for match in _LINE.finditer(folded, start, end):
        if _ends_line(folded, start, match.start(), match.end(), end):
            cuts.append(match.end())
    cuts = sorted({*cuts, end})
    return [(first, last) for first, last in zip(cuts, cuts[1:], strict=False) if folded[first:last].strip()]


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


def _drop_uninjected(folded: str, clause: Clause, anesthetics: frozenset[str], diluents: frozenset[str]) -> None:
    kept: list[DrugMention] = []
    for mention in clause.drugs:
        before = folded[max(clause.start, mention.start - 60) : mention.start]
        reason = (
            _NEGATED_BEFORE.search(before)
            or _NEGATED_AFTER.match(folded, mention.end, clause.end)
            or _ROUTE_AFTER.match(folded, mention.end, clause.end)
            or (mention.drug in diluents and _DILUENT_BEFORE.search(folded[max(clause.start, mention.start - 90) : mention.start]))
            or (mention.drug not in anesthetics and _shot(folded, clause, mention))
            or _unticked(folded, mention)
        )
        if not reason:
            kept.append(mention)
            continue
        first = mention.start
        if hasattr(reason, "start") and reason.re is _NEGATED_BEFORE:
            first = mention.start - len(before) + reason.start()
        _drop_amounts(clause, mention)
        _blank(clause, first, mention.end)
    clause.drugs = kept


def _shot(folded: str, clause: Clause, mention: DrugMention) -> bool:
    """An intramuscular or intravenous dose: "Toradol 60 mg IM"."""
    at = mention.end
    for quantity in clause.quantities:
        if mention.end <= quantity.start <= mention.end + 12 and quantity.kind in ("mass", "volume", "concentration"):
            at = quantity.end
    return any(_SHOT_AFTER.match(folded, place, clause.end) for place in (mention.end, at))


def _unticked(folded: str, mention: DrugMention) -> bool:
    line = folded.rfind("\n", 0, mention.start) + 1
    before = folded[line : mention.start]
    match = _UNTICKED.search(before)
    return bool(match) and not _TICKED.search(before, match.start() if match else 0)


def _drop_amounts(clause: Clause, mention: DrugMention) -> None:
    """Amounts that hang on a mention that does not count go with it."""
    kept = []
    for quantity in clause.quantities:
        between = (
            clause.text[quantity.end - clause.start : mention.start - clause.start]
            if quantity.end <= mention.start
            else clause.text[mention.end - clause.start : quantity.start - clause.start]
        )
        hangs = len(between) <= 6 and between.strip(" (:-,") in ("", "of") and "," not in between
        if quantity.kind in ("mass", "volume", "concentration", "units", "meq", "dilution") and hangs and mention.drug != "epinephrine":
            _blank(clause, quantity.start, quantity.end)
        elif quantity.kind == "dilution":
            _blank(clause, quantity.start, quantity.end)
        else:
            kept.append(quantity)
    clause.quantities = kept


def _blank(clause: Clause, start: int, end: int) -> None:
    first, last = max(start, clause.start) - clause.start, min(end, clause.end) - clause.start
    clause.text = clause.text[:first] + " " * (last - first) + clause.text[last:]
