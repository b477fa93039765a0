"""What the letters of a symbol font show: a tick in a Word template is a letter of Wingdings, not a character of Unicode.

Only ticks, boxes and bullets are mapped; other symbols say nothing about muscles. Sources: the code charts of the fonts
Symbol, Wingdings, Wingdings 2, Wingdings 3, Webdings and ITC Zapf Dingbats as Unicode's L2/11-344 and L2/12-368 map them.
"""

from __future__ import annotations

__all__ = ["is_symbol_font", "symbol", "without_private_use"]

_BULLET, _TICK, _CROSS, _EMPTY, _TICKED, _CROSSED = "•", "✓", "✗", "☐", "☑", "☒"

_WINGDINGS = {
    0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: _EMPTY, 0x70: _EMPTY, 0x71: "❑", 0x72: "❒", 0x76: "❖", 0x78: _CROSSED,
    0x9E: _BULLET, 0x9F: _BULLET, 0xA7: "▪", 0xA8: _EMPTY, 0xD8: "➢", 0xFB: _CROSS, 0xFC: _TICK, 0xFD: _CROSSED, 0xFE: _TICKED,
}  # fmt: skip
_WINGDINGS_2 = {
    0x4F: _CROSS, 0x50: _TICK, 0x51: _CROSSED, 0x52: _TICKED, 0x53: _CROSSED, 0x54: _CROSSED,
    0x97: _BULLET, 0x98: _BULLET, 0xA2: "■", 0xA3: _EMPTY, 0xA4: _EMPTY,
}  # fmt: skip
_WEBDINGS = {0x61: _TICK, 0x63: _EMPTY, 0x67: "■", 0x72: _CROSS}
_SYMBOL = {0xB7: _BULLET, 0xA8: "◆", 0xD7: "·", 0xB1: "±", 0xB4: "×", 0xA3: "≤", 0xB3: "≥", 0x6D: "μ", 0xB0: "°"}
_SAME_IN_SYMBOL = frozenset("0123456789!#%&()+,./:;<=>?[]{|}_")
_DINGBATS = {
    0x33: _TICK,
    0x34: _TICK,
    0x35: _CROSS,
    0x36: _CROSS,
    0x37: _CROSS,
    0x38: _CROSSED,
    0x6C: "●",
    0x6E: "■",
    0x6F: "❏",
}
_FONTS = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": {},
    "webdings": _WEBDINGS,
    "symbol": _SYMBOL,
    "zapfdingbats": _DINGBATS,
    "itc zapf dingbats": _DINGBATS,
}
# Where the font is not known (the private area U+F020 to U+F0FF of a PDF): Wingdings, whose ticks are by far the most
# common; what it has no tick for, from the second font; the bullet from Symbol, which Word uses for its lists.
_ANY_FONT = {0x52: _TICKED, 0x53: _CROSSED, 0x54: _CROSSED, 0x50: _TICK, 0xA3: _EMPTY, **_WINGDINGS, 0xB7: _BULLET}
_PRIVATE = {0xF000 + code: char for code, char in _ANY_FONT.items()}


def is_symbol_font(name: str) -> bool:
    """Whether letters in this font show symbols."""
    return name.strip().lower() in _FONTS


def symbol(font: str, code: int) -> str:
    """The character that shows what ``code`` shows in a symbol font; empty where it is none of ticks, boxes, bullets."""
    name, code = font.strip().lower(), code & 0xFF
    found = _FONTS.get(name, _ANY_FONT).get(code)
    if found is not None:
        return found
    return chr(code) if code == 0x20 or (name == "symbol" and chr(code) in _SAME_IN_SYMBOL) else ""


def without_private_use(text: str) -> str:
    """Symbols that a program left in the private area of Unicode, as characters."""
    return text.translate(_PRIVATE)
