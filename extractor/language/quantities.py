"""Amounts, strengths, ratios and counts in a note, and the numbers that only look like them.

:func:`find_quantities` reads every number once and says what it measures. What is no amount of a drug (needle sizes,
pain scores, dates, blood pressures, home doses …) is reported under a kind of its own, so that nobody takes it for one.

Kinds: ``volume`` (mL), ``mass`` (mg, mcg), ``units``, ``meq``, ``concentration`` (%, mg/mL, mcg/mL, units/mL, mEq/mL),
``ratio`` (parts of a mixture), ``dilution`` (1:200,000), ``count`` (of sites, injections, muscles, levels, times), and the
distractors ``limit``, ``fluid``, ``percent``, ``gauge``, ``length``, ``score``, ``grade``, ``pressure``, ``date``, ``time``, ``phone``, ``ndc``,
``code``, ``weight``, ``degree``, ``rate``, ``home_dose``, ``container``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from extractor.language import quantity_patterns as patterns
from extractor.language.numbers import SPELLED_FIRST, value_of
from extractor.language.qualifiers import qualify
from extractor.language.text import fold

__all__ = ["AMOUNTS", "Quantity", "find_quantities"]

AMOUNTS = frozenset({"volume", "mass", "units", "meq"})
_BEFORE = 64  # characters that the patterns for words before a number may need
_GAUGES = range(16, 35)
_WRAPPED = 25  # no author wraps lines shorter than this
_MOST_COUNTED = 60  # sites; larger numbers before such a noun are record numbers


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of the text with what it measures.

    ``start`` and ``end`` cover the number, its unit and the words right behind it that qualify it ("0.5 mL each",
    "1 cc x 2 injections", "2 mL wasted"); ``core_end`` is where the unit itself ends.
    """

    start: int
    end: int
    kind: str
    value: float
    unit: str = ""
    value2: float | None = None  # upper end of a range; the denominator in "80 mg/2 mL"
    per: str | None = None  # each | site | muscle | side | level | aliquot | total | wasted
    count: int | None = None  # "1 cc x 2 injections"
    parts: tuple[float, ...] = ()  # of a ratio
    core_end: int = 0

    @property
    def is_range(self) -> bool:
        return self.value2 is not None and self.kind in AMOUNTS


def find_quantities(text: str, start: int = 0, end: int | None = None, *, folded: str | None = None) -> list[Quantity]:
    """Return the quantities of ``text[start:end]`` in order, with offsets into ``text``.

    ``folded`` saves folding the text again (:func:`extractor.language.text.fold`).
    """
    folded = fold(text) if folded is None else folded
    stop = len(folded) if end is None else end
    found = [*_read_spelled(folded, start, stop), *_read_misread(folded, start, stop)]
    taken = sorted((quantity.start, quantity.core_end) for quantity in found)
    next_taken = 0
    at = start
    while match := patterns.QUICK.search(folded, at, stop):
        here = match.start()
        while next_taken < len(taken) and taken[next_taken][1] <= here:
            next_taken += 1
        if next_taken < len(taken) and taken[next_taken][0] <= here:
            at = taken[next_taken][1]
            continue
        quantity, at = _read_digits(folded, here, stop, found, match)
        if quantity is not None:
            _append(folded, found, quantity)
    if taken:
        found.sort(key=lambda quantity: quantity.start)
    return found


def _positions(folded: str, needle: str, start: int, stop: int) -> Iterator[int]:
    at = folded.find(needle, start, stop)
    while at >= 0:
        yield at
        at = folded.find(needle, at + 1, stop)


def _append(folded: str, found: list[Quantity], quantity: Quantity) -> None:
    """Join "1 mL to 2 mL" and "1 cc - 1.5 cc" into one range."""
    if found and quantity.kind in AMOUNTS and found[-1].kind == quantity.kind and found[-1].value < quantity.value:
        last = found[-1]
        between = folded[last.core_end : quantity.start].strip()
        if between in ("-", "to") and last.value2 is None and last.unit == quantity.unit and quantity.value2 is None:
            found[-1] = replace(quantity, start=last.start, value=last.value, value2=quantity.value)
            return
    found.append(quantity)


def _read_spelled(folded: str, start: int, stop: int) -> list[Quantity]:
    """Numbers in words count only with their unit: "one" alone is no amount."""
    found: list[Quantity] = []
    places = [here for word in SPELLED_FIRST if word in folded for here in _positions(folded, word, start, stop)]
    at = start
    for here in sorted(place for place in places if not place or not "a" <= folded[place - 1] <= "z"):
        if here < at or not patterns.SPELLED_HERE.match(folded, here, stop):
            continue
        numbers = patterns.NUMBERS.match(folded, here, stop)
        if numbers and (quantity := _measure(folded, numbers, here, stop)):
            found.append(quantity)
            at = quantity.core_end
        elif numbers and found and found[-1].kind == "volume" and folded.endswith("another ", start, here) and _ELLIPSIS.match(folded, numbers.end()):
            unit = found[-1].unit  # "half a cc, then the supinator with another half"
            found.append(Quantity(here, numbers.end(), "volume", value_of(numbers["first"]), unit, core_end=numbers.end()))
            at = numbers.end()
        elif times := patterns.TIMES_HERE.match(folded, max(start, here - 2), stop):
            found.append(_count(times))
            at = times.end()
    return found


_ELLIPSIS = re.compile(r"\s?(?:[,.;]|(?:in|into|to|at|on)\s)")


def _read_digits(folded: str, here: int, stop: int, found: list[Quantity], quick: re.Match[str]) -> tuple[Quantity | None, int]:
    """The quantity at a digit, and where to go on. ``quick`` is the number with the word or sign behind it."""
    previous = folded[here - 1] if here else " "
    if "a" <= previous <= "z":
        if times := _times_at(folded, here, stop):
            return times, times.end
        if here < 2 or not "a" <= folded[here - 2] <= "z":  # a level or a code: C5, M79.18, B12
            rest = patterns.LEVEL_REST.match(folded, here, stop)
            return None, rest.end() if rest else here + 1
    elif previous == " " and folded[here - 2 : here - 1] == "x" and (times := _times_at(folded, here, stop)):
        needle = found and found[-1].kind == "gauge" and found[-1].core_end >= here - 4
        if not needle:
            return times, times.end
    number, word = quick.groups()
    if word is not None and word not in patterns.LONGER and len(number) < 5:
        end, value = here + len(number), float(number)
        unit = None
        if word in patterns.UNIT_WORDS:
            unit = patterns.UNIT.match(folded, end, stop)
        elif previous == " " and value not in _GAUGES and folded[here - 2 : here - 1] not in _MAY_COUNT:
            return None, end
        if unit is None or (unit["volume"] and _line_between(folded, end, unit)):
            return _bare(folded, here, end, value, None), end
        measured = _united(folded, here, value, None, unit, stop)
        return measured, _next(measured)
    if match := patterns.SHAPE.match(folded, here, stop):
        return _shaped(folded, match), match.end()
    numbers = patterns.NUMBERS.match(folded, here, stop)
    if numbers is None:
        return None, here + 1
    quantity = _measure(folded, numbers, here, stop)
    if quantity is not None:
        return quantity, _next(quantity)
    if numbers["second"]:  # "2 - 0.25%": not a range, but the second number may still mean something
        return None, numbers.start("second")
    return None, numbers.end()


# What stands before the blank before a number that counts something: "sites: 4", "n = 4", "total of 4", "each of the 4"
_MAY_COUNT = frozenset(":#=-.?ef \t\n")


def _next(quantity: Quantity) -> int:
    """Where to read on: behind "x 2 injections", but before the number in "into each of 4 sites"."""
    return quantity.end if quantity.count is not None else quantity.core_end


def _times_at(folded: str, here: int, stop: int) -> Quantity | None:
    for back in (1, 2):
        if here >= back and folded[here - back] == "x":
            match = patterns.TIMES_HERE.match(folded, here - back, stop)
            return _count(match) if match else None
    return None


def _count(match: re.Match[str]) -> Quantity:
    noun = match["noun"]
    if not noun:
        before = patterns.NOUN_BEFORE.search(match.string, max(0, match.start() - 24), match.start())
        noun = before["noun"] if before else "times"
    return Quantity(match.start(), match.end(), "count", value_of(match["n"]), _counted(noun), core_end=match.end())


def _counted(noun: str) -> str:
    """What a noun counts: needle insertions, muscles, vertebral levels, or else sites."""
    if noun == "times":
        return noun
    for beginnings, unit in ((("inj", "tpi", "pass", "stick", "insert"), "injections"), (("musc",), "muscles"), (("level",), "levels")):
        if noun.startswith(beginnings):
            return unit
    return "sites"


def _shaped(folded: str, match: re.Match[str]) -> Quantity:
    kind = str(match.lastgroup)
    words = match.group()
    if kind == "pressure" and (later := patterns.UNIT.match(folded, match.end())) and later.lastgroup == "percent":
        kind = "percent"
    parts: tuple[float, ...] = ()
    value = 0.0
    if kind == "ratio":
        parts = tuple(float(part) for part in re.findall(r"\d+(?:\.\d+)?", words))
    elif kind == "dilution":
        value = float(words.split(":")[1].strip().replace(",", "").replace("k", "000"))
    elif kind == "code":
        value = float(words[:5])
    return Quantity(match.start(), match.end(), kind, value, parts=parts, core_end=match.end())


def _read_misread(folded: str, start: int, stop: int) -> list[Quantity]:
    """Letters that a scanner put for digits; the unit behind them is proof enough."""
    found = []
    for needle in patterns.MISREAD_AT:
        for here in _positions(folded, needle, start, stop):
            match = patterns.MISREAD.match(folded, here, stop)
            unit = patterns.UNIT.match(folded, match.end(), stop) if match else None
            if match and unit:
                value = float(match.group().replace("o", "0").replace("l", "1").replace("i", "1"))
                found.append(_with_unit(folded, here, value, None, unit, stop))
    return found


def _measure(folded: str, numbers: re.Match[str], here: int, stop: int) -> Quantity | None:
    value = value_of(numbers["first"])
    second = value_of(numbers["second"]) if numbers["second"] else None
    unit = patterns.UNIT.match(folded, numbers.end(), stop)
    if unit is None:
        return _bare(folded, here, numbers.end(), value, second)
    if unit["volume"] and _line_between(folded, numbers.end(), unit):
        return None
    if second is not None and second <= value and "-" in folded[numbers.end("first") : numbers.start("second")]:
        return None  # "5-1 mL" is no range: a label, then an amount
    return _united(folded, here, value, second, unit, stop)


def _line_between(folded: str, end: int, unit: re.Match[str]) -> bool:
    """Whether a number and its unit stand on two lines of which the first was not full ("Age 49", "CC: back pain")."""
    line = folded.find("\n", end, unit.end())
    return line >= 0 and end - folded.rfind("\n", 0, end) < _WRAPPED


def _united(folded: str, here: int, value: float, second: float | None, unit: re.Match[str], stop: int) -> Quantity:
    if unit["units"] and patterns.CODE_BEFORE.search(folded[max(0, here - 24) : here]):  # "Lot 4567U"
        return Quantity(here, unit.end(), "code", value, core_end=unit.end())
    return _with_unit(folded, here, value, second, unit, stop)


def _bare(folded: str, here: int, end: int, value: float, second: float | None) -> Quantity | None:
    """A number without a unit counts something only behind a label that says what."""
    if folded[here - 1 : here] not in (" ", ":", "#", "=", "-"):
        return None
    before = folded[max(0, here - _BEFORE) : here]
    if (before.endswith(("the ", "these ", "those "))) and value <= _MOST_COUNTED and patterns.OF_EACH_BEFORE.search(before):
        return Quantity(here, end, "count", value, "sites", core_end=end)
    if patterns.TOTAL_COUNT_BEFORE.search(before[-20:]) and folded[end : end + 1] in ("", ")", ",", ".", ";"):
        return Quantity(here, end, "count", value, "sites", second, core_end=end)
    last = before.rstrip()[-1:]
    if last not in ":#=-.?" and value not in _GAUGES:
        return None
    listed = folded[end : end + 2] in (". ", ") ", ".\n", ")\n")  # "Sites: 1. left trapezius"
    if (last == "?" or (last in ":#=-" and not listed)) and (match := patterns.NUMBERED.search(before)):
        return Quantity(here, end, "count", value, _counted(match["noun"]), second, core_end=end)
    if last in ":#.=" and patterns.CODE_BEFORE.search(before):
        return Quantity(here, end, "code", value, core_end=end)
    if value in _GAUGES and ("needle" in before or "gauge" in before or last == "#") and patterns.GAUGE_BEFORE.search(before):
        return Quantity(here, end, "gauge", value, core_end=end)
    return None


def _with_unit(folded: str, here: int, value: float, second: float | None, unit: re.Match[str], stop: int) -> Quantity:
    kind = str(unit.lastgroup)  # the outermost group closes last
    end = unit.end()
    if kind == "strength":
        return _strength(here, value, second, unit)
    if kind == "count":
        return _counting(folded, here, value, second, unit, stop)
    if kind == "percent":
        relief = value > 50 or patterns.RELIEF.match(folded, end, stop) is not None
        return Quantity(here, end, "percent" if relief else "concentration", value, "%", second, core_end=end)
    if kind == "gauge" and value not in _GAUGES:
        kind, value = ("mass", value * 1000) if value <= 5 and unit["gauge"] == "g" else (kind, value)
    if kind not in AMOUNTS:
        return Quantity(here, end, kind, value, unit["noun"] or "", second, core_end=end)
    name = {"volume": "mL", "units": "units", "meq": "mEq", "mass": "mg"}[kind]
    if kind == "mass" and unit["mass"]:
        name = "mcg" if unit["mass"].startswith(("mc", "mic", "u", "µ", "μ")) else "mg"
        if unit["mass"].startswith("g"):
            value, second = value * 1000, second * 1000 if second is not None else None
    words = qualify(folded, here, end, stop, kind)
    return Quantity(here, words.end, words.kind or kind, value, name, second, words.per, words.times, core_end=end)


def _counting(folded: str, here: int, value: float, second: float | None, unit: re.Match[str], stop: int) -> Quantity:
    end = unit.end()
    noun = unit["noun"]
    if noun == "total" and not value.is_integer():  # "1.5 mL each, 4.5 total"
        return Quantity(here, end, "volume", value, "mL", None, "total", core_end=end)
    between = folded[unit.start() : unit.start("count")]
    labels = "\n" in between and _LABEL_BEHIND.match(folded, end, stop) is not None  # "Volume | 4", "Sites | left trapezius"
    if value > _MOST_COUNTED or between.startswith(" - ") or not value.is_integer() or labels:
        return Quantity(here, end, "code", value, core_end=end)
    per = None
    at = end
    if match := patterns.COUNT_PER.match(folded, end, stop):
        per, at = "side" if match["both"] else str(match.lastgroup), match.end()
    return Quantity(here, at, "count", value, _counted(noun), second, per, core_end=end)


_LABEL_BEHIND = re.compile(r"[ \t]{0,12}(?:[|:=]|[ \t]{2})")


def _strength(here: int, value: float, second: float | None, unit: re.Match[str]) -> Quantity:
    mass = unit["cmass"]
    written = unit["cvol"] or unit["cin"]
    volume = float(written) if written else 1.0
    if mass.startswith("g"):
        value, name = value * 1000, "mg/mL"
    elif mass.startswith(("mc", "mic", "ug", "µ", "μ")):
        name = "mcg/mL"
    elif mass == "meq":
        name = "mEq/mL"
    else:
        name = "units/mL" if mass[0] in "ui" else "mg/mL"
    if not volume:
        volume = 1.0
    denominator = volume if written else None
    return Quantity(here, unit.end(), "concentration", round(value / volume, 6), name, denominator, core_end=unit.end())
