"""What every claim reader gives, and the values of a claim: codes, dates, amounts as files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from extractor.audit.models import ClaimLine
from extractor.intake import IntakeError

__all__ = [
    "CellError", "ClaimFile", "ClaimsError", "collect", "icd10", "is_empty", "parse_amount", "parse_code", "parse_date",
    "parse_diagnoses", "parse_identifier", "parse_list", "parse_modifiers", "parse_number", "settle",
]  # fmt: skip


class ClaimsError(IntakeError):
    """A claim file that cannot be read at all; the message says why and what to do, and quotes no patient's data."""


class CellError(ValueError):
    """One value of a claim that cannot be read; the message names what it should be, never what it is."""


@dataclass
class ClaimFile:
    """The lines of a claim file, and the places in it that could not be read."""

    lines: list[ClaimLine] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """``file:place: reason``; also claims that were left out because they are void, replaced or no claims yet."""


def collect(items: Iterable[ClaimLine | str]) -> ClaimFile:
    """Sort what a reader yields: lines, and sentences about what it could not read."""
    file = ClaimFile()
    for item in items:
        if isinstance(item, str):
            file.unreadable.append(item)
        else:
            file.lines.append(item)
    return file


_EMPTY = frozenset({"", "NULL", "NONE", "NAN", "NA", "N/A", "#N/A", "\\N"})
_SEPARATORS = re.compile(r"[\s,;|:]+")
_AMOUNT = re.compile(r"[($]?\s*-?\$?[\d,]*\.?\d*\)?-?")
_CODE = re.compile(r"[A-Z]?\d{4,6}[A-Z]?")
_ICD10 = re.compile(r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_GLUED = re.compile(r"(?:\d\d|LT|RT|X[EPSU]|J[WZ]|G[AXYZ]|[EFT]\d|KX){2,4}")
"""Modifiers written as one word; a word such as LEFT is none."""
_DATE_FORMATS = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$|:\d{2}:\d{2}:\d{2}(?:\.\d+)?$")
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)
"""Days of Excel's count that can be dates of service: 1954 to 2119."""


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing, however the export writes that."""
    if value is None or value != value:  # a float that is no number is unequal to itself
        return True
    return isinstance(value, str) and value.strip().upper() in _EMPTY


def parse_identifier(value: Any) -> str | None:
    """An identifier as text; ``1234.0``, as spreadsheets give whole numbers, is ``1234``."""
    if is_empty(value):
        return None
    if isinstance(value, float | Decimal) and value == int(value):
        value = int(value)
    text = str(value).strip()
    return text[:-2] if re.fullmatch(r"[1-9]\d*\.0", text) else text


def parse_code(value: Any, *, padded: bool = False) -> str | None:
    """A CPT or HCPCS code in upper case.

    Args:
        value: as the source has it.
        padded: whether zeros before it are restored: ``100`` in a spreadsheet is ``00100``.

    Raises:
        CellError: if it cannot be a code.
    """
    text = parse_identifier(value)
    if text is None:
        return None
    code = text.upper().replace(" ", "")
    if padded and code.isdecimal():
        code = code.zfill(5)
    if not _CODE.fullmatch(code):
        raise CellError("the procedure code is no CPT or HCPCS code (five characters)")
    return code


def parse_number(value: Any, what: str) -> Decimal | None:
    """A number of units.

    Raises:
        CellError: if it is none, or negative.
    """
    if is_empty(value):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        raise CellError(f"{what} is no number") from None
    if not number.is_finite() or number < 0:
        raise CellError(f"{what} is negative or no number")
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def parse_amount(value: Any, what: str) -> Decimal | None:
    """An amount of money with its sign: ``$1,234.50``, ``(12.00)`` and ``12.00-`` are read.

    Raises:
        CellError: if it is no amount.
    """
    if is_empty(value):
        return None
    text = str(value).strip()
    negative = text.startswith("(") or "-" in text
    digits = re.sub(r"[^\d.]", "", text)
    # A float from Parquet or Excel carries binary dust; an amount has no more than four decimals.
    if isinstance(value, float):
        return Decimal(repr(round(value, 4)))
    if not _AMOUNT.fullmatch(text) or not digits.strip("."):
        raise CellError(f"{what} is no amount")
    amount = Decimal(digits)
    return -amount if negative else amount


def parse_date(value: Any, what: str = "the date of service") -> date | None:
    """A calendar date: ISO, ``YYYYMMDD``, month first where slashes part it, ``14-MAR-2024``, or Excel's day count.

    Raises:
        CellError: if it is no date.
    """
    if is_empty(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = parse_identifier(value) or ""
    text = _TIME.sub("", text).strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass  # one of the other forms, or none
    for pattern in _DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    if text.isdecimal() and int(text) in _EXCEL_DAYS:
        return _EXCEL_EPOCH + timedelta(days=int(text))
    raise CellError(f"{what} is no date (write it as YYYY-MM-DD)")


def parse_list(value: Any) -> list[str]:
    """The entries of a cell, parted by space, comma, semicolon, colon or bar; a list stays one. Upper case."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [part for item in value for part in parse_list(item)]
    text = parse_identifier(value)
    return [part.upper() for part in _SEPARATORS.split(text) if part] if text else []


def parse_modifiers(value: Any) -> list[str]:
    """Modifiers of two characters; ``5`` from a spreadsheet is ``05``, and ``2559`` is 25 and 59.

    Raises:
        CellError: if an entry cannot be modifiers.
    """
    found: list[str] = []
    for entry in parse_list(value):
        text = entry.zfill(2)
        if (len(text) != 2 and not _GLUED.fullmatch(text)) or not text.isalnum():
            raise CellError("a modifier has other than two characters")
        found += [text[place : place + 2] for place in range(0, len(text), 2)]
    return list(dict.fromkeys(found))


def icd10(code: str) -> str:
    """A diagnosis code in its written form: ICD-10-CM with its point; anything else as it is."""
    plain = code.strip().upper()
    if "." in plain or len(plain) <= 3 or not _ICD10.fullmatch(plain):
        return plain
    return f"{plain[:3]}.{plain[3:]}"


def parse_diagnoses(value: Any) -> list[str]:
    """Diagnosis codes in order, each once."""
    return list(dict.fromkeys(icd10(entry) for entry in parse_list(value)))


def settle(claims: Iterable[tuple[str | None, str, list[ClaimLine]]], where: str) -> Iterator[ClaimLine | str]:
    """Let later claims replace (frequency code 7) or void (8) the earlier ones of the same number and patient.

    Args:
        claims: claim number, frequency code and lines, in the order of the file.
        where: the file's name, for the sentences.
    """
    kept: dict[int, list[ClaimLine]] = {}
    standing: dict[tuple[str, str | None], list[int]] = {}
    said: list[str] = []
    for place, (claim_id, frequency, lines) in enumerate(claims):
        key = (claim_id, lines[0].patient_id if lines else None) if claim_id else None
        if key and frequency in ("7", "8"):
            earlier = standing.pop(key, [])
            for old in earlier:
                del kept[old]
            if earlier or frequency == "8":
                what = "replaced by a later claim of the same number" if frequency == "7" else "void"
                said.append(f"{where}: claim {claim_id} is {what}; the earlier lines are left out.")
        if frequency != "8":
            kept[place] = lines
            if key:
                standing.setdefault(key, []).append(place)
    for lines in kept.values():
        yield from lines
    yield from said
