"""Gold labels: the reader of ``corpus/*/NNN.toml`` (format in corpus/GUIDELINE.md).

Strict on purpose: an unknown key, an unreadable muscle line or a count that contradicts the code is an error that
names the file, because a wrong label is worse than a missing one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from extractor.failures import UserError

STYLES = (
    "dictated", "operative", "soap", "template", "terse", "table", "letter", "ocr", "multi-visit", "addendum",
    "mixed-procedures", "no-injection",
)  # fmt: skip
_CHOICES = {
    "style": STYLES,
    "procedure": ("trigger_point_injection", "dry_needling", "none"),
    "status": ("performed", "planned", "historical", "declined", "absent"),
    "code": ("20552", "20553", "20560", "20561", "none"),
    "decision": ("supported", "review", "none"),
}
_KEYS = {
    *_CHOICES, "author", "phenomena", "date_of_service", "low", "high", "muscles", "areas", "drugs", "findings",
    "other", "comment",
}  # fmt: skip
_REQUIRED = {"style", "author", "procedure", "status", "code", "decision", "low", "high"}

_MUSCLE = re.compile(
    r"^(?P<sides>left\+right|left|right|-) (?P<id>[a-z][a-z0-9_]*)"
    r"(?: \[(?P<portions>[^\]]+)\])?(?: @ (?P<levels>[A-Z0-9, -]+?))?(?: x(?P<injections>\d+))?$"
)
_DRUG = re.compile(
    r"^(?P<id>[a-z][a-z0-9_]*)"
    r"(?: (?P<strength>[\d.]+) ?(?P<sunit>%|mg/mL|units/mL|mcg/mL|mEq/mL))?"
    r"(?: (?P<volume>[\d.]+) mL)?(?: (?P<dose>[\d.]+) (?P<dunit>mg|units|mcg|mEq))?$"
)


class GoldError(UserError, ValueError):
    """A label that cannot be read; the message names the file and the line to mend."""


@dataclass(frozen=True)
class GoldMuscle:
    id: str
    sides: tuple[str, ...]
    portions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    injections: int | None = None


@dataclass(frozen=True)
class GoldDrug:
    id: str
    strength: tuple[float, str] | None = None
    volume_ml: float | None = None
    dose: tuple[float, str] | None = None


@dataclass(frozen=True)
class GoldNote:
    batch: str
    id: str
    text: str
    style: str
    author: str
    procedure: str
    status: str
    code: str
    decision: str
    low: int
    high: int
    muscles: tuple[GoldMuscle, ...]
    drugs: tuple[GoldDrug, ...]
    areas: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    phenomena: tuple[str, ...] = ()
    date_of_service: date | None = None
    comment: str = ""
    path: Path = field(default=Path(), compare=False)


def parse_muscle(line: str) -> GoldMuscle:
    match = _MUSCLE.match(line)
    if not match:
        raise GoldError(f"muscle line {line!r}: expected 'SIDES id [portions] @ LEVELS xN'")
    split = lambda value: tuple(part.strip() for part in value.split(",")) if value else ()  # noqa: E731
    sides = () if match["sides"] == "-" else tuple(match["sides"].split("+"))
    injections = int(match["injections"]) if match["injections"] else None
    return GoldMuscle(match["id"], sides, split(match["portions"]), split(match["levels"]), injections)


def parse_drug(line: str) -> GoldDrug:
    match = _DRUG.match(line)
    if not match:
        raise GoldError(f"drug line {line!r}: expected 'id STRENGTH VOLUME mL DOSE unit'")
    strength = (float(match["strength"]), match["sunit"]) if match["strength"] else None
    dose = (float(match["dose"]), match["dunit"]) if match["dose"] else None
    return GoldDrug(match["id"], strength, float(match["volume"]) if match["volume"] else None, dose)


def _check(data: dict) -> None:
    if unknown := sorted(set(data) - _KEYS):
        raise GoldError(f"unknown keys: {', '.join(unknown)}")
    if missing := sorted(_REQUIRED - set(data)):
        raise GoldError(f"missing keys: {', '.join(missing)}")
    for key, allowed in _CHOICES.items():
        if data[key] not in allowed:
            raise GoldError(f"{key} = {data[key]!r}: expected one of {', '.join(allowed)}")
    low, high = data["low"], data["high"]
    if not 0 <= low <= high:
        raise GoldError(f"low {low} and high {high} are not an interval")
    few, many = ("20560", "20561") if data["procedure"] == "dry_needling" else ("20552", "20553")
    expected = "none" if low == 0 else few if low < 3 else many
    if data["code"] != expected:
        raise GoldError(f"code {data['code']} contradicts low = {low}, which gives {expected}")
    if (data["decision"] == "none") != (low == high == 0):
        raise GoldError("decision 'none' goes with low = high = 0 and nothing else")
    if data["decision"] == "supported" and (low == 0 or (low < 3) != (high < 3)):
        raise GoldError("decision 'supported' although the interval spans two codes")
    if (data["procedure"] == "none") != (data["status"] == "absent"):
        raise GoldError("procedure 'none' goes with status 'absent'")
    if data["decision"] != "none" and data["status"] != "performed":
        raise GoldError("a code or a review needs status 'performed'")


def read_note(path: Path) -> GoldNote:
    """The note whose label is ``path`` (``NNN.toml``), with its text from ``NNN.txt`` beside it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        _check(data)
        muscles = tuple(parse_muscle(line) for line in data.get("muscles", ()))
        drugs = tuple(parse_drug(line) for line in data.get("drugs", ()))
        if len({m.id for m in muscles}) < len(muscles):
            raise GoldError("a muscle is listed twice: one line for each muscle, with both its sides")
        with path.with_suffix(".txt").open(encoding="utf-8", newline="") as file:
            text = file.read()
    except (GoldError, tomllib.TOMLDecodeError, OSError) as error:
        raise GoldError(f"{path}: {error}") from error
    lists = {key: tuple(data.get(key, ())) for key in ("areas", "findings", "other", "phenomena")}
    plain = {key: data[key] for key in _REQUIRED}
    return GoldNote(
        batch=path.parent.name, id=f"{path.parent.name}/{path.stem}", text=text, muscles=muscles, drugs=drugs, path=path,
        date_of_service=data.get("date_of_service"), comment=data.get("comment", ""), **plain, **lists,
    )  # fmt: skip


def read_corpus(folder: Path) -> list[GoldNote]:
    """All notes below ``folder``, in path order. Raises GoldError with the first label that cannot be read."""
    # A policy or a configuration may lie among the notes; a label has a number, or its note beside it.
    labels = [path for path in sorted(Path(folder).rglob("*.toml")) if path.stem.isdigit() or path.with_suffix(".txt").exists()]
    notes = [read_note(path) for path in labels]
    if not notes:
        raise GoldError(f"{folder}: no NNN.toml labels found")
    return notes
