"""Reads the case files of ``tests/language/cases``; strict, so that a slip in a case cannot pass unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from extractor.evaluation.gold import GoldDrug, parse_drug
from extractor.language.administration import Administration, Site, SiteSummary, resolve_administration
from extractor.language.drugs import drug_index, find_drugs
from extractor.language.quantities import find_quantities
from extractor.lexicon import load_lexicon

FOLDER = Path(__file__).parent / "cases"

# A stand-in for the pipeline's own site recognition, good enough for the cases.
_SITE = re.compile(
    r"(?i)(?:\b(?P<side>left|right|bilateral|lt|rt|[lr]|b/l)\b\.?\s+)?(?:(?:upper|middle|lower|mid|cervical|thoracic|lumbar)\s+)*"
    r"\b(?P<muscle>trap(?:ezius|ezii|s)?|rhomboids?|levators?(?: scapulae?)?|lev scap|ql|quadratus lumborum|glut(?:eus|e)? (?:medius|med|minimus)|"
    r"infraspinatus|supraspinatus|masseters?|temporalis|splenius(?: capitis)?|paraspin(?:ous|als?)|piriformis|scalenes?|scm|multifidus|"
    r"latissimus|deltoid|pectoralis (?:major|minor)|teres (?:major|minor)|erector spinae|iliocostalis|longissimus)\b"
)


@dataclass(slots=True)
class Case:
    line: int
    text: str = ""
    sites: dict[str, int] = field(default_factory=dict)
    drugs: list[GoldDrug] = field(default_factory=list)
    total: float | None = None
    injections: int | None = None
    none: bool = False


def read_cases(path: Path) -> list[Case]:
    cases: list[Case] = []
    current: Case | None = None
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if current is not None:
                if not current.text or bool(current.drugs) == current.none:
                    raise ValueError(f"{path.name}:{current.line}: a case needs text and either drugs or 'none'")
                cases.append(current)
            current = None
            continue
        current = current or Case(number)
        if line.startswith("> ") or line == ">":
            current.text += ("\n" if current.text else "") + line[2:]
        elif line.startswith("- "):
            current.drugs.append(parse_drug(line[2:]))
        elif line.startswith("sites: "):
            pairs = (item.split("=") for item in line[7:].split())
            current.sites = {name: int(value) for name, value in pairs}
        elif line.startswith("total: "):
            current.total = float(line[7:])
        elif line.startswith("injections: "):
            current.injections = int(line[12:])
        elif line == "none":
            current.none = True
        else:
            raise ValueError(f"{path.name}:{number}: cannot read {line!r}")
    return cases


def sites_of(text: str) -> tuple[Site, ...]:
    found = []
    for match in _SITE.finditer(text):
        headings = re.findall(r"\b(LEFT|RIGHT)\b[^:\n]{0,6}:", text[: match.start()])
        side = (match["side"] or (headings[-1] if headings else "")).lower()
        key = f"{side[:1]}:{match['muscle'].lower()[:6]}"
        number = re.match(r" \((\d)\)", text[match.end() :])
        sides = 2 if side in ("bilateral", "b/l") else 1
        found.append(Site(match.start("muscle"), match.end(), key, sides, int(number[1]) if number else None))
    return tuple(found)


def run(case: Case) -> Administration:
    lexicon = load_lexicon()
    summary = SiteSummary(**case.sites, mentions=sites_of(case.text))
    return resolve_administration(
        case.text, [(0, len(case.text))], find_drugs(case.text, lexicon=lexicon), find_quantities(case.text),
        sites=summary, entries=drug_index(lexicon).entries,
    )  # fmt: skip


def lines(administration: Administration) -> list[str]:
    """The drugs as the gold writes them, for comparison and for messages."""
    found = []
    for drug in administration.drugs:
        pieces = [drug.id or "?"]
        if drug.strength:
            pieces.append(f"{drug.strength.value:g}{'' if drug.strength.unit == '%' else ' '}{drug.strength.unit}")
        if drug.volume_ml is not None:
            pieces.append(f"{round(drug.volume_ml, 4):g} mL")
        if drug.dose:
            pieces.append(f"{round(drug.dose.value, 4):g} {drug.dose.unit}")
        found.append(" ".join(pieces))
    return sorted(found)


def gold_lines(case: Case) -> list[str]:
    found = []
    for drug in case.drugs:
        pieces = [drug.id]
        if drug.strength:
            pieces.append(f"{drug.strength[0]:g}{'' if drug.strength[1] == '%' else ' '}{drug.strength[1]}")
        if drug.volume_ml is not None:
            pieces.append(f"{drug.volume_ml:g} mL")
        if drug.dose:
            pieces.append(f"{drug.dose[0]:g} {drug.dose[1]}")
        found.append(" ".join(pieces))
    return sorted(found)


def differences(case: Case) -> list[str]:
    """What is wrong; empty where the case passes."""
    got = run(case)
    problems = []
    if lines(got) != gold_lines(case):
        problems.append(f"drugs: expected {gold_lines(case)}, got {lines(got)}")
    if case.total is not None and got.total_volume_ml != case.total:
        problems.append(f"total: expected {case.total}, got {got.total_volume_ml}")
    if case.injections is not None and got.injections != case.injections:
        problems.append(f"injections: expected {case.injections}, got {got.injections}")
    for drug in got.drugs:
        problems += [f"evidence {e}" for e in drug.evidence if case.text[e.start : e.end] != e.text]
        if not drug.evidence or drug.text not in case.text:
            problems.append(f"text or evidence of {drug.id}")
    return problems
