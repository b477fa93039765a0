"""Numbers as clinicians write, dictate and scan them: "1,000", ".5", "½", "1 1/2", "two and a half", "point two five".

Patterns are strings to build scanners from; they match folded text (:func:`extractor.language.text.fold`).
:func:`value_of` turns what they matched into a number.
"""

from __future__ import annotations

import re

__all__ = ["DIGITS", "NUMBER", "SPELLED", "SPELLED_FIRST", "value_of"]

_FRACTIONS = {"½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8}
_VULGAR = "".join(_FRACTIONS)

# "1,000" is a thousand and "0,5" a half; "12,5" is left alone. "O.5" and "l.5" are what scanners make of 0.5 and 1.5.
DIGITS = (
    r"(?:"
    rf"\d{{1,2}}[ -](?:and[ -])?\d/\d{{1,2}}(?![\d/%])(?=[\s-]{{0,2}}(?:[a-z\"]|''))|\d{{1,2}}\s?[{_VULGAR}]|[{_VULGAR}]"
    r"|(?:1/[2348]|3/[48]|2/3|1/10|1/16)(?=[\s-]{0,2}(?:th\b|%|percent|of\b|cc|m[l1]|milli|inch|in\b|\"|units?\b))"
    r"|\d{1,3}(?:,\d{3})++(?:\.\d++)?|0,\d{1,3}(?![\d,])|\d++(?:\.\d++)?|\.\d++"
    r")"
)

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES: dict[str, float] = {word: index for index, word in enumerate(_UNITS)}
_VALUES |= {word: 10 * (index + 2) for index, word in enumerate(_TENS)}
_VALUES |= {"oh": 0, "a": 1, "an": 1, "single": 1, "couple": 2, "dozen": 12}
_PARTS = {
    "half": 1 / 2, "halves": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4, "quarters": 1 / 4,
    "fourth": 1 / 4, "fourths": 1 / 4, "eighth": 1 / 8, "tenth": 1 / 10, "tenths": 1 / 10,
}  # fmt: skip

_UNIT = "(?:" + "|".join(sorted(_UNITS, key=len, reverse=True)) + ")"
_TEN = "(?:" + "|".join(_TENS) + ")"
_DIGIT = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_PART = "(?:halves|half|quarters?|thirds?|fourths?|eighth|tenths?)"
SPELLED = (
    r"(?:"
    rf"{_DIGIT} point {_DIGIT}(?: {_DIGIT}){{0,2}}|(?:zero )?point (?:{_TEN}[ -]{_DIGIT}|{_DIGIT}(?: {_DIGIT}){{0,2}}|{_UNIT})"
    rf"|{_UNIT} and (?:a |one[ -])?{_PART}|(?:an? |{_DIGIT}[ -])?{_PART}(?: an?\b)?"
    rf"|(?:{_DIGIT}|a) hundred(?: (?:and )?(?:{_TEN}(?:[ -]{_DIGIT})?|{_UNIT}))?|{_TEN}(?:[ -]{_DIGIT})?|{_UNIT}|dozen"
    r")\b"
)
SPELLED_FIRST = frozenset((*_UNITS, *_TENS, "point", "half", "quarter", "third", "dozen"))
NUMBER = f"(?:{DIGITS}|{SPELLED})"

_TOKEN = re.compile(r"[a-z]+")
_MIXED = re.compile(r"(\d+)[ -](?:and[ -])?(\d+)/(\d+)$")


def _spelled(text: str) -> float:
    words = _TOKEN.findall(text)
    if "point" in words:
        at = words.index("point")
        whole = sum(_VALUES[word] for word in words[:at])
        tail = words[at + 1 :]
        digits = "".join(str(int(_VALUES[word])) for word in tail)
        if len(tail) == 2 and tail[0] in _TENS:  # "point twenty-five"
            digits = str(int(_VALUES[tail[0]] + _VALUES[tail[1]]))
        return whole + float(f"0.{digits}")
    if words[-1] in ("a", "an"):  # "half a"
        words.pop()
    if words[-1] in _PARTS:
        part = _PARTS[words[-1]]
        if "and" in words:  # "two and a half"
            return _VALUES[words[0]] + part
        return part * (_VALUES[words[0]] if len(words) == 2 else 1)  # "three quarters", "half"
    total = 0.0
    for word in words:
        if word == "hundred":
            total = (total or 1) * 100
        elif word != "and":
            total += _VALUES[word]
    return total


def value_of(text: str) -> float:
    """The number that :data:`NUMBER` matched.

    >>> value_of("1 1/2"), value_of(".25"), value_of("two and a half"), value_of("point two five")
    (1.5, 0.25, 2.5, 0.25)
    """
    last = text[-1]
    if last in _FRACTIONS:
        whole = text[:-1].strip()
        return (float(whole) if whole else 0.0) + _FRACTIONS[last]
    if last.isalpha():
        return _spelled(text)
    if "/" in text:
        if mixed := _MIXED.match(text):
            return float(mixed[1]) + float(mixed[2]) / float(mixed[3])
        numerator, denominator = text.split("/")
        return float(numerator) / float(denominator)
    if text.startswith("0,"):
        return float(text.replace(",", "."))
    return float(text.replace(",", ""))
