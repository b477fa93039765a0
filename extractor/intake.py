"""From bytes to a note's text: encodings, limits, and what is refused with a sentence that says what to do.

What the text is, and so what every offset counts: the decoded characters exactly as given. Line ends, control
characters, stray NULs and right-to-left marks stay where they are; only a byte order mark at the very beginning is
taken off, since it belongs to the encoding. Nothing of a note's words ever appears in a message.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from extractor.failures import UserError

__all__ = [
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "IntakeError",
    "Note",
    "check_text",
    "decode",
    "decode_bytes",
    "decode_part",
    "encoding_of",
    "read_note",
]

MAX_CHARACTERS = 1_000_000
"""Longest note, in characters: some 300 pages. More is an export of many notes, which are better read one by one."""

MAX_BYTES = 4 * MAX_CHARACTERS
"""Longest file, in bytes: no character takes more than four."""

MAX_FILE_BYTES = 32_000_000
"""Longest file that is opened at all, in bytes: a document's pictures and fonts are no text."""

_MARKS = (
    # The longer mark first: UTF-32's begins with UTF-16's.
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)

_SAVE_AS_TEXT = "Save it as plain text (UTF-8) and give that file."
_KINDS = (
    (b"%PDF-", "a PDF document", _SAVE_AS_TEXT),
    (b"PK\x03\x04", "a Word document or a ZIP archive", _SAVE_AS_TEXT),
    (b"PK\x05\x06", "an empty ZIP archive", _SAVE_AS_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel document", _SAVE_AS_TEXT),
    (b"{\\rtf", "an RTF document", _SAVE_AS_TEXT),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "Unpack it first."),
    (b"PAR1", "a Parquet table", "Give one note as plain text."),
    (b"SQLite format 3\x00", "an SQLite database", "Give one note as plain text."),
    *(
        (magic, "an image", "This program does not read pictures: give the note's text.")
        for magic in (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
    ),
    (b"\x7fELF", "a program", "Give the note as plain text."),
    (b"MZ\x90\x00", "a program", "Give the note as plain text."),
)
_DICOM = slice(128, 132)

_BINARY_SHARE = 0.02
"""Share of control characters above which decoded bytes are taken for binary data; notes have hardly any."""

_TERMINAL_LINE = 4095
"""Bytes of one line that Linux hands on from a terminal; it drops the others without a word."""

_WHITE_CONTROLS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in _WHITE_CONTROLS)
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\xad"


class IntakeError(UserError, ValueError):
    """A note that cannot be read; the message says why and what to do, and quotes nothing of it."""


@dataclass(frozen=True)
class Note:
    """The text of a note and how it was read."""

    text: str
    encoding: str
    replaced: int = 0
    """Bytes that the encoding does not know; each stands as U+FFFD in the text."""
    kind: str = "text"
    """What the file was: ``text``, or ``rtf``, ``html``, ``docx``, ``pdf`` or ``ccda``, from which the text was converted."""

    @property
    def converted(self) -> bool:
        """Whether offsets count a text that was made from a document; it is then kept with the result."""
        return self.kind != "text"


def read_note(source: str | Path) -> Note:
    """Read a file, or standard input for ``-``; RTF, HTML, DOCX, text PDF and C-CDA are converted to text.

    Raises:
        IntakeError: if it is missing, no file, not text, empty or too long, or a document that cannot be read.
    """
    name = "standard input" if str(source) == "-" else str(source)
    try:
        data = _bytes_of(source, name)
        return _converted(data, name) or decode(data)
    except IntakeError as error:
        raise IntakeError(f"{name}: {error}") from None


def decode(data: bytes) -> Note:
    """Turn a note's bytes into text.

    UTF-8, UTF-16 and UTF-32 by their mark; UTF-16 without a mark by its zero bytes; else UTF-8; else Windows-1252,
    which old systems write (curly quotes, ½, ×). A text that is UTF-8 but for a few broken bytes stays UTF-8.

    Raises:
        IntakeError: if the bytes are no text, are empty, or are too long.
    """
    if len(data) > MAX_BYTES:
        raise IntakeError(_too_long(f"more than {MAX_BYTES:,} bytes"))
    _refuse_known_kinds(data)
    note = decode_bytes(data)
    check_text(note.text)
    return note


def encoding_of(head: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes show, and the length of their byte order mark.

    ``utf-8`` stands for UTF-8 or an older encoding: :func:`decode_part` decides for each part.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    return _wide_encoding(head) or "utf-8", 0


def decode_part(data: bytes) -> Note:
    """Decode a part of a larger file (a line, a cell) as UTF-8 or Windows-1252; nothing is refused."""
    return _utf8(data)


def check_text(text: str) -> None:
    """Refuse text that no note can be: blank, too long, binary, or with half a character in it.

    Raises:
        IntakeError: saying which.
    """
    if len(text) > MAX_CHARACTERS:
        raise IntakeError(_too_long(f"{len(text):,} characters"))
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise IntakeError(
            f"character {error.start} is half of a pair (a lone surrogate), so the text is damaged. "
            "Export the note again, as UTF-8."
        ) from None
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > 8 and controls > _BINARY_SHARE * len(text):
        raise IntakeError("this is binary data, not text. Give the note as plain text (UTF-8).")
    if not any(char.isprintable() and not char.isspace() and char not in _INVISIBLE for char in text):
        raise IntakeError("the note is empty. Give a file with the note's text, or paste it and press Ctrl-D.")


def _converted(data: bytes, name: str) -> Note | None:
    """The note in a document; None where the bytes are no document."""
    from extractor.batch.documents import convert, looks_like_document

    if not looks_like_document(data[:65536], name):
        return None
    found = convert(data, name)
    return Note(found.text, "utf-8", kind=found.kind)


def _bytes_of(source: str | Path, name: str) -> bytes:
    try:
        if str(source) == "-":
            return _standard_input()
        with Path(source).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise IntakeError("there is no such file. Check the name, or give - and paste the note.") from None
    except IsADirectoryError:
        raise IntakeError("this is a folder. Give the file of one note.") from None
    except PermissionError:
        # Windows answers like this for a folder, too.
        if Path(source).is_dir():
            raise IntakeError("this is a folder. Give the file of one note.") from None
        raise IntakeError("permission denied. Ask for the right to read it, or copy it to a folder of yours.") from None
    except IntakeError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name cannot be used"
        raise IntakeError(f"it cannot be read ({reason}).") from None


def _standard_input() -> bytes:
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if sys.stdin.isatty() and any(len(line) >= _TERMINAL_LINE for line in data.splitlines()):
        raise IntakeError(
            f"a line has {_TERMINAL_LINE:,} characters, and the terminal drops what comes after them. "
            "Save the note in a file and give the file."
        )
    return data


def _refuse_known_kinds(data: bytes) -> None:
    head = data.lstrip()[:16] if data[:1].isspace() else data
    for magic, kind, advice in _KINDS:
        if head.startswith(magic):
            raise IntakeError(f"this looks like {kind}, not text. {advice}")
    if data[_DICOM] == b"DICM":
        raise IntakeError("this looks like a DICOM object, not text. Give the note's text.")


def decode_bytes(data: bytes) -> Note:
    """Decode alone, without asking whether the bytes are a note.

    Raises:
        IntakeError: if they begin like UTF-16 or UTF-32 and are damaged.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return _utf8(data[len(mark) :])
            return _strict(data[len(mark) :], encoding)
    wide = _wide_encoding(data)
    return _strict(data, wide) if wide else _utf8(data)


def _strict(data: bytes, encoding: str) -> Note:
    try:
        return Note(data.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise IntakeError(
            f"it begins like {encoding.upper()} but is damaged at byte {error.start}. Export the note again, as UTF-8."
        ) from None


def _wide_encoding(data: bytes) -> str:
    """Return UTF-16's name where every other byte is mostly zero, as in Latin text; else an empty text."""
    sample = data[:4096]
    if len(sample) < 4:
        return ""
    even, odd = sample[::2], sample[1::2]
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros[1] > 0.5 and zeros[0] < 0.05:
        return "utf-16-le"
    if zeros[0] > 0.5 and zeros[1] < 0.05:
        return "utf-16-be"
    return ""


def _utf8(data: bytes) -> Note:
    try:
        return Note(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= char <= "\udcff" for char in lenient)
    whole = sum(char > "\x7f" for char in lenient) - broken
    if whole > broken:
        # UTF-8 that was cut or joined in the middle of a character; as Windows-1252 all of it would be wrong.
        text = "".join("\ufffd" if "\udc80" <= char <= "\udcff" else char for char in lenient)
        return Note(text, "utf-8", broken)
    text = data.decode("cp1252", "replace")
    return Note(text, "cp1252", text.count("\ufffd"))


def _too_long(size: str) -> str:
    return f"{size}; a note may have {MAX_CHARACTERS:,} characters. If several notes are in this file, split it."
