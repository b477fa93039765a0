"""Another patient's note from the same words: dates moved together, vital signs, record number and names of its own.

What was injected, where and how much is never touched, so that the label stays true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

__all__ = ["has_bare_date", "has_person", "has_whole_date", "shift_dates", "vary"]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_MONTH = r"(?P<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
_NUMERIC = re.compile(r"(?<![\d/.-])(?P<m>0?[1-9]|1[0-2])(?P<s>[/.-])(?P<d>0?[1-9]|[12]\d|3[01])(?P=s)(?P<y>(?:19|20)\d\d|\d\d)(?![\d/-])")
_ISO = re.compile(r"(?<![\d/-])(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?![\d/-])")
_MONTH_FIRST = re.compile(rf"\b{_MONTH}(?P<p>\.?) (?P<d>\d{{1,2}})(?P<o>st|nd|rd|th)?,? (?P<y>(?:19|20)\d\d)\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(?P<d>\d{{1,2}})(?P<s>[ -]){_MONTH}(?P<p>\.?)(?P=s)(?P<y>(?:19|20)\d\d)\b", re.IGNORECASE)
_BIRTH = re.compile(r"(?:\bDOB|\bD\.O\.B\.|\bborn|\bbirth)\W{0,12}$", re.IGNORECASE)

# Generous on purpose: two words with capitals may be a name, and a second name in one note would be a false one.
_PERSON = re.compile(r"\b[A-Z][a-z'-]+,? [A-Z][a-z'-]+\b|\b(?:Mr|Mrs|Ms|Miss|Dr)\b\.? [A-Z]|\b(?:PATIENT|Patient|NAME|Name|Pt)(?: [Nn]ame)?\s*:\s*[A-Z]|\bRE: |[Dd]ear |\bDOB\b|\bMRN\b")
_BARE_DATE = re.compile(r"\W*(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9])(?![\d/])")
_PRESSURE = re.compile(r"\b(BP:? ?)(\d{2,3})/(\d{2,3})\b")
_PULSE = re.compile(r"\b((?:HR|Pulse|P):? ?)(\d{2,3})\b(?=[,;. ]|$)")

_LAST = ("Abbott", "Barros", "Castell", "Duval", "Engel", "Fiore", "Garrick", "Holm", "Ibarra", "Jansen", "Kovacs", "Lindqvist", "Moreau", "Novak", "Okafor", "Pereira", "Quist", "Rahman", "Sandoval", "Tanaka", "Ustinov", "Varga", "Weller", "Zielinski")


def has_whole_date(text: str) -> bool:
    """Whether a date with its year stands in the text, other than a date of birth."""
    return any(
        not _BIRTH.search(text[max(0, match.start() - 20) : match.start()])
        for pattern in (_NUMERIC, _ISO, _MONTH_FIRST, _DAY_FIRST) for match in pattern.finditer(text)
    )  # fmt: skip


def has_bare_date(text: str) -> bool:
    """Whether the note begins with a date that has no year, which cannot be moved."""
    return bool(_BARE_DATE.match(text))


def has_person(text: str) -> bool:
    """Whether the text names a person or has a patient's heading of its own."""
    return bool(_PERSON.search(text))


def shift_dates(text: str, days: int) -> str:
    """Move every date that has a year, in the format it is written in; dates of birth stay."""
    for pattern, written in ((_ISO, _iso), (_NUMERIC, _numeric), (_MONTH_FIRST, _month_first), (_DAY_FIRST, _day_first)):
        text = pattern.sub(lambda match, written=written: _moved(match, days, written), text)  # type: ignore[misc]
    return text


def _moved(match: re.Match[str], days: int, written: Callable[[re.Match[str], date], str]) -> str:
    if _BIRTH.search(match.string[max(0, match.start() - 20) : match.start()]):
        return match.group()
    month = match["m"] if match["m"].isdigit() else 1 + next(number for number, name in enumerate(_MONTHS) if name[:3].lower() == match["m"][:3].lower())
    year = int(match["y"])
    try:
        day = date(year if year > 99 else 2000 + year, int(month), int(match["d"]))
    except ValueError:
        return match.group()  # 31 April is no date: somebody's slip stays theirs
    return written(match, day + timedelta(days))


def _year(match: re.Match[str], day: date) -> str:
    return str(day.year) if len(match["y"]) == 4 else f"{day.year % 100:02}"


def _numeric(match: re.Match[str], day: date) -> str:
    padded = match["m"].startswith("0") or match["d"].startswith("0") or (len(match["m"]) == len(match["d"]) == 2)
    month, number = (f"{day.month:02}", f"{day.day:02}") if padded else (str(day.month), str(day.day))
    return match["s"].join([month, number, _year(match, day)])


def _iso(match: re.Match[str], day: date) -> str:
    return day.isoformat()


def _name(match: re.Match[str], day: date) -> str:
    name, old = _MONTHS[day.month - 1], match["m"]
    name = name if len(old) > 4 or old.lower() in ("june", "july") or (old.lower() == "may" and not match["p"]) else name[:3]
    return name.upper() if old.isupper() else name


def _month_first(match: re.Match[str], day: date) -> str:
    ordinal = "" if not match["o"] else "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    comma = "," if "," in match.group() else ""
    return f"{_name(match, day)}{match['p']} {day.day}{ordinal}{comma} {day.year}"


def _day_first(match: re.Match[str], day: date) -> str:
    number = f"{day.day:02}" if match["d"].startswith("0") else str(day.day)
    return match["s"].join([number, _name(match, day) + match["p"], str(day.year)])


def vary(text: str, *, days: int, day: date, record: str, named: bool, style: int, source: Random) -> str:
    """One patient's note of one visit.

    Args:
        text: the corpus note.
        days: from the label's date of service to the visit; 0 for a note without dates.
        day: of the visit, for the header.
        record: the patient's record number.
        named: the text names its people itself, so that the header names nobody; else the record number decides the name.
        style: of the header, 0 to 3; a provider's program always prints the same one.
        source: of everything that varies.
    """
    body = shift_dates(text, days)
    body = _PRESSURE.sub(lambda match: f"{match[1]}{source.randint(104, 148)}/{source.randint(60, 92)}", body)
    body = _PULSE.sub(lambda match: f"{match[1]}{source.randint(56, 98)}", body)
    return _header(day, record, "" if named else _LAST[int(record) % len(_LAST)], style, source) + body


def _header(day: date, record: str, who: str, style: int, source: Random) -> str:
    if style == 0:
        return ""
    vitals = (
        f"BP {source.randint(104, 148)}/{source.randint(60, 92)}, HR {source.randint(56, 98)}, RR {source.randint(12, 20)}, "
        f"SpO2 {source.randint(94, 100)}%, Temp {source.randint(970, 990) / 10}"
    )
    if style == 1:
        return f"Record no. {record}" + (f"   Patient: {who}" if who else "") + f"   Visit: {day:%m/%d/%Y}\nVital signs: {vitals}\n\n"
    if style == 2:
        return (f"{who}\n" if who else "") + f"Chart {record}\nDate of visit {day.isoformat()}\n\n"
    return f"VISIT {day:%m/%d/%Y} | CHART {record}" + (f" | {who.upper()}" if who else "") + f"\nVITALS: {vitals}\n\n"
