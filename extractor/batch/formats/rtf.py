"""RTF to text: striprtf knows the destinations and code pages; what it does not know is put right before it reads.

Measured on striprtf 0.0.35: it shows tracked deletions, struck and hidden text, prints a Wingdings tick as the letter
þ, loses the state of form boxes and the numbers of old lists, cuts a table's cell at its paragraphs, drops text boxes
and breaks characters beyond U+FFFF in two. So one pass over the control words (Rich Text Format Specification 1.9.1)
drops or rewrites just that, and hands the rest on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from extractor.batch.formats.lines import on_one_line
from extractor.batch.formats.symbols import is_symbol_font, symbol, without_private_use

__all__ = ["rtf_text"]

_TOKEN = re.compile(
    r"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|([\r\n]+)|([^\\{}\r\n]+)", re.DOTALL
)

_SKIPPED = frozenset(
    [
        "pict",
        "objdata",
        "objclass",
        "themedata",
        "colorschememapping",
        "datastore",
        "fldinst",
        "nonshppict",
        "shprslt",
        "blipuid",
        "xmlnstbl",
        "latentstyles",
        "stylesheet",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "info",
        "mmathPr",
        "footnote",
        "annotation",
    ]
)
"""Destinations that hold no text of the note; a field's instruction is looked into for its form box."""

_SHOWN = frozenset(
    ["pntext", "shp", "shpinst", "shptxt", "do", "dptxbx", "dptxbxtext", "header", "headerl", "headerr", "headerf"]
)
"""Destinations whose text a reader sees and that striprtf would drop: their names are not handed on."""

_CELL, _IN_CELL, _ROW = "\ue000", "\ue001", "\ue002"
_MOST_TEXT = 8_000_000
_DEEPEST = 1_000


@dataclass
class _State:
    """What holds inside one group."""

    font: str = ""
    uc: int = 1
    hidden: bool = False
    deleted: bool = False
    struck: bool = False
    in_table: bool = False
    destination: str = ""

    @property
    def unseen(self) -> bool:
        return self.hidden or self.deleted or self.struck


@dataclass
class _Form:
    """A form field, as its definition in the field's instruction tells it."""

    kind: str = ""
    result: str = ""
    default: str = "0"
    choices: list[str] = field(default_factory=list)

    def shown(self) -> str:
        chosen = self.default if self.result in ("", "25") else self.result
        if self.kind == "1":
            return "☒ " if chosen == "1" else "☐ "
        if self.kind == "2" and chosen.isdecimal() and int(chosen) < len(self.choices):
            return self.choices[int(chosen)]
        return ""


def rtf_text(data: bytes) -> str:
    """The text of an RTF document.

    Raises:
        ValueError: if it is too long for a note, nested too deep, or its end is missing.
    """
    from striprtf.striprtf import rtf_to_text

    rewritten = _Rewriter(_characters(data)).run()
    if len(rewritten) > _MOST_TEXT:
        raise ValueError("too long")
    text = rtf_to_text(rewritten, errors="replace")
    lines = (
        _row(line) if any(mark in line for mark in (_CELL, _ROW)) else line.replace(_IN_CELL, " ")
        for line in text.split("\n")
    )
    return without_private_use("\n".join(line.rstrip() for line in lines)).strip("\n")


def _row(line: str) -> str:
    cells = line.replace(_ROW, "").split(_CELL)
    return " | ".join(on_one_line(cell.split(_IN_CELL)) for cell in cells).rstrip(" |")


def _characters(data: bytes) -> str:
    """RTF is ASCII; where a writer put in other bytes, they are UTF-8 or else the code page's."""
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(char if char < "\x80" else f"\\'{ord(char):02x}" for char in data.decode("latin-1"))


class _Rewriter:
    def __init__(self, rtf: str) -> None:
        self.rtf = rtf
        self.out: list[str] = []
        self.state = _State()
        self.stack: list[_State] = []
        self.fonts: dict[str, str] = {}
        self.default_font = ""
        self.skip_from: int | None = None
        self.form: _Form | None = None
        self.to_skip = 0
        self.high = 0
        self.star = False

    def run(self) -> str:
        place = 0
        while match := _TOKEN.match(self.rtf, place):
            place = match.end()
            word, number, code, other, brace, _end, text = match.groups()
            if brace:
                self.to_skip = 0
                self._open() if brace == "{" else self._close()
            elif word:
                if word == "bin" and number and number.isdecimal():
                    place += int(number)
                else:
                    self._word(word, number or "")
            elif code:
                self._code(int(code, 16))
            elif other:
                self._other(other)
            elif text:
                self._text(text)
        if self.stack:
            raise ValueError("cut off")
        return "".join(self.out)

    def _open(self) -> None:
        self._emit_star()
        if len(self.stack) >= _DEEPEST:
            raise ValueError("nested too deep")
        self.stack.append(replace(self.state))
        if self.skip_from is None:
            self.out.append("{")

    def _close(self) -> None:
        if not self.stack:
            return
        if self.skip_from == len(self.stack):
            self.skip_from = None
            shown = self.form.shown() if self.form else ""
            self.form = None
            # The group stays in what is handed on, but empty.
            self.out.append("}")
            self.state = self.stack.pop()
            if shown and not self.state.unseen:
                self._show(shown)
            return
        ended = self.state.destination
        self.state = self.stack.pop()
        if self.skip_from is None:
            self.out.append("}")
            if ended.startswith("header") and not self.state.destination:
                self.out.append("\\par ")

    def _emit_star(self) -> None:
        if self.star and self.skip_from is None:
            self.out.append("\\*")
        self.star = False

    def _word(self, word: str, number: str) -> None:
        if self.skip_from is not None:
            self._in_skipped(word, number)
            return
        if word in _SKIPPED and self.stack:
            self.star = False
            self.skip_from = len(self.stack)
            self.form = _Form() if word == "fldinst" else None
            return
        if word in _SHOWN:
            self.star = False
            self.state.destination = word
            return
        self._emit_star()
        if word == "u":
            self._unicode(number)
            return
        self.to_skip = 0
        if self._formatting(word, number):
            return
        if word in ("cell", "nestcell"):
            self.out.append(f"{{\\uc0\\u{ord(_CELL if word == 'cell' else _IN_CELL)} }}")
        elif word in ("row", "nestrow"):
            self.out.append(f"{{\\uc0\\u{ord(_ROW)} }}\\par " if word == "row" else f"{{\\uc0\\u{ord(_IN_CELL)} }}")
        elif word in ("par", "line") and self.state.in_table:
            self.out.append(f"{{\\uc0\\u{ord(_IN_CELL)} }}")
        elif not (
            self.state.unseen
            and word in ("tab", "bullet", "emdash", "endash", "lquote", "rquote", "ldblquote", "rdblquote", "line")
        ):
            self.out.append(f"\\{word}{number} ")

    def _formatting(self, word: str, number: str) -> bool:
        """Take note of what a control word changes; true where it need not be handed on."""
        state, on = self.state, number != "0"
        if word == "uc":
            state.uc = int(number or 1)
            return True
        if word == "f":
            state.font = number
        elif word == "deff":
            self.default_font = number
        elif word == "fonttbl":
            state.destination = "fonttbl"
        elif word == "plain":
            state.hidden = state.deleted = state.struck = False
            state.font = self.default_font
        elif word == "v":
            state.hidden = on
        elif word == "deleted":
            state.deleted = on
        elif word in ("strike", "striked"):
            state.struck = on
        elif word == "intbl":
            state.in_table = True
        elif word == "pard":
            state.in_table = False
        return False

    def _in_skipped(self, word: str, number: str) -> None:
        if self.form is None:
            return
        if word == "fftype":
            self.form.kind = number
        elif word == "ffres":
            self.form.result = number
        elif word == "ffdefres":
            self.form.default = number
        elif word == "ffl":
            self.state.destination = "ffl"

    def _unicode(self, number: str) -> None:
        self.to_skip = self.state.uc
        if not number or self.state.unseen:
            return
        value = int(number) % 0x10000
        if 0xD800 <= value < 0xDC00:
            self.high = value
            return
        if 0xDC00 <= value < 0xE000:
            value = 0x10000 + ((self.high - 0xD800) << 10) + (value - 0xDC00) if self.high else 0xFFFD
        self.high = 0
        if 0xF020 <= value <= 0xF0FF and is_symbol_font(self._font_name()):
            self._show(symbol(self._font_name(), value))
        elif not 0xE000 <= value <= 0xE002:
            self._show(chr(value))

    def _code(self, value: int) -> None:
        if self.skip_from is not None:
            return
        if self.to_skip:
            self.to_skip -= 1
        elif not self.state.unseen:
            if is_symbol_font(self._font_name()):
                self._show(symbol(self._font_name(), value))
            else:
                self.out.append(f"\\'{value:02x}")

    def _other(self, char: str) -> None:
        if char == "*":
            self.star = True
            return
        if self.skip_from is not None:
            return
        if self.to_skip:
            self.to_skip -= 1
        elif char in "\r\n":
            self._word("par", "")  # an escaped line end is a paragraph's end
        elif char in "\\{}~_" and not self.state.unseen:
            self.out.append("\\" + char)

    def _text(self, text: str) -> None:
        if self.skip_from is not None:
            if self.form is not None and self.state.destination == "ffl":
                self.form.choices.append(text.strip())
            return
        if self.to_skip:
            taken = min(self.to_skip, len(text))
            self.to_skip -= taken
            text = text[taken:]
        if self.state.destination == "fonttbl":
            self.fonts[self.state.font] = (self.fonts.get(self.state.font, "") + text).strip(" ;")
        if not text or (self.state.unseen and self.state.destination != "fonttbl"):
            return
        if is_symbol_font(self._font_name()) and self.state.destination != "fonttbl":
            self._show("".join(symbol(self._font_name(), ord(char)) for char in text))
        else:
            for run in re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", text):
                self.out.append(run) if run < "\x80" else self._show(run)

    def _show(self, text: str) -> None:
        self.out.extend(f"{{\\uc0\\u{ord(char)} }}" if char > "~" else char for char in text)

    def _font_name(self) -> str:
        return self.fonts.get(self.state.font or self.default_font, "")
