"""Strategies for notes that nobody would write and somebody will send."""

from __future__ import annotations

from hypothesis import strategies as st

from extractor.lexicon import load_lexicon

LEXICON = load_lexicon()
NAMES = sorted({row.form for row in LEXICON.forms})
MUSCLES = sorted(entry.name for entry in LEXICON.muscles.values() if entry.kind == "muscle")

_WORDS = (
    "injected", "trigger point", "trigger points", "was", "were", "not", "no", "left", "right", "bilateral", "into", "the", "and", "each", "mL", "1%",
    "lidocaine", "Kenalog 40", "Botox", "ultrasound", "needle", "planned", "declined", "Addendum:", "PROCEDURE:", "PLAN:", "[x]", "[ ]", "___", "x3", "12",
    "0.5", "T4-5", "C2", "3/14/2024", "M79.18", "20553", "except", "except for", "history of", "last visit", "dry needling", "#", "1.", "-", "*", "|", "\t",
)  # fmt: skip
_MARKS = "".join(map(chr, (*range(0x300, 0x370), 0x20DD, 0xFE0E, 0xFE0F, 0x200D)))
_CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\x00\x07\x1b\x85\u2028\u2029"
_BRACKETS = "()[]{}<>«»“”‘’\"'`"

plain = st.characters(codec="utf-8")
"""Every plane, without halves of surrogate pairs."""
word = st.one_of(st.sampled_from(_WORDS), st.sampled_from(NAMES), st.text(plain, max_size=8))
marked = st.builds(lambda text, marks: "".join(char + mark for char, mark in zip(text, marks, strict=False)), word, st.lists(st.text(_MARKS, max_size=4), min_size=1, max_size=20))
odd = st.one_of(marked, st.text(_CONTROLS, max_size=6), st.text(_BRACKETS, max_size=12))
sentence = st.lists(st.one_of(word, word, word, odd), max_size=25).map(" ".join)


def nested(depth: int, bullet: str) -> str:
    """A list in a list in a list."""
    return "\n".join(f"{' ' * level}{bullet} Injected left {MUSCLES[level % len(MUSCLES)]}" for level in range(depth))


notes = st.one_of(
    st.text(plain, max_size=300),
    sentence,
    st.lists(sentence, max_size=12).map("\n".join),
    st.lists(sentence, max_size=6).map("\r\n".join),
    st.builds(nested, st.integers(1, 60), st.sampled_from(["-", "*", "1.", "a)", "\u2022"])),
    st.builds(lambda text, bracket, times: bracket * times + text, sentence, st.sampled_from(_BRACKETS), st.integers(1, 200)),
)
"""Short enough for many to be tried; the long ones are cases of their own in test_notes.py."""


def long_notes() -> dict[str, str]:
    """Notes that are hostile by their length."""
    million = 1_000_000
    return {
        "one token": "a" * million,
        "one token of digits": "1" * million,
        "combining marks": "a" + "\u0301" * (million // 2),
        "white space": " " * million,
        "line ends": "\n" * (million // 2),
        "brackets": "(" * (million // 4) + "trapezius" + "[" * (million // 4),
        "ten thousand muscles in one clause": "Trigger point injections: " + ", ".join(f"left {MUSCLES[n % len(MUSCLES)]}" for n in range(10_000)) + ".",
        "a list ten thousand deep": "\n".join(f"{' ' * (n % 200)}- injected left trapezius" for n in range(10_000)),
        "one word repeated": "injected " * (million // 9),
        "templates": "[ ] left ___ [x] right ____ " * (million // 40),
        "controls": "\u202e\u2066\x00" * (million // 3),
        "astral": "\U0001f489" * (million // 4),
    }
