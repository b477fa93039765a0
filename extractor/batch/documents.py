"""Documents to text: RTF, HTML, DOCX, text PDF and C-CDA, told apart by their first bytes (extra ``documents``).

What matters is that muscles, sides, ticks and doses stay beside each other: a table's row is one line, a list keeps its
marks, a ticked box is ☒ and an empty one ☐. What the document itself strikes out, hides or marks as deleted is left
out. Nothing is fetched, no entity is expanded, and every size is bounded before it is unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from extractor.intake import MAX_FILE_BYTES, IntakeError, check_text, decode, decode_bytes

__all__ = ["Converted", "convert", "looks_like_document"]

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)",
    re.IGNORECASE,
)

_NAMES = {
    "ccda": "C-CDA document",
    "rtf": "RTF document",
    "html": "HTML page",
    "docx": "Word document",
    "pdf": "PDF document",
}
_REASONS = {
    "damaged": "this {name} is damaged and cannot be opened. Export it again, or give its text.",
    "cut off": "the end of this {name} is missing. Export it again.",
    "encrypted": "this {name} is locked by a password. Save it without one, or give its text.",
    "scanned": "this {name} is scanned: a page holds a picture and no text. Give its text (OCR it first, and check it).",
    "no Word document": "this is a ZIP archive, not a Word document. Unpack it first.",
    "no HTML": "this {name} holds no text. Give the note's text.",
    "too long": "this {name} is too long for one note. Split it.",
    "unpacks too large": "this {name} unpacks to an unreasonable size and was not opened. Save it again, or give its text.",
    "nested too deep": "this {name} is nested too deep to be a note. Save it again, or give its text.",
    "takes too long": "this {name} takes too long to read. Save it again, or give its text.",
}


@dataclass(frozen=True)
class Converted:
    """The text of a document and what it was: ``rtf``, ``html``, ``docx``, ``pdf``, ``ccda`` or ``text``."""

    text: str
    kind: str


def looks_like_document(head: bytes, name: str = "") -> bool:
    """Whether bytes are clearly RTF, HTML, DOCX, PDF or C-CDA; ``name`` decides only where a ZIP archive could be anything."""
    return bool(_kind(head, name, None))


def convert(data: bytes, name: str = "", media_type: str | None = None) -> Converted:
    """The text of a document.

    Args:
        data: the whole file.
        name: its name, for its ending.
        media_type: as a message or resource states it (``text/html; charset=utf-8``); the bytes outrank it.

    Returns:
        The text, and what the document was; plain text is decoded as :func:`extractor.intake.decode` does.

    Raises:
        IntakeError: if it cannot be read, or holds no text; the message says what to do and quotes nothing of it.
    """
    if len(data) > MAX_FILE_BYTES:
        raise IntakeError(f"this document has {len(data):,} bytes; {MAX_FILE_BYTES:,} are the most. Give its text.")
    kind = _kind(data[:65536], name, media_type)
    if not kind:
        return Converted(_plain(data, media_type), "text")
    try:
        text = _CONVERTERS[kind](data, media_type)
    except ImportError as error:
        raise IntakeError(
            f"reading a {_NAMES[kind]} needs the library {error.name}. Run: pip install 'tpi-extractor[documents]'"
        ) from None
    except IntakeError:
        raise
    except ValueError as error:
        reason = _REASONS.get(str(error), _REASONS["damaged"])
        raise IntakeError(reason.format(name=_NAMES[kind])) from None
    except (RecursionError, MemoryError, OverflowError):
        raise IntakeError(_REASONS["damaged"].format(name=_NAMES[kind])) from None
    check_text(text)
    return Converted(text, kind)


def _kind(head: bytes, name: str, media_type: str | None) -> str:
    from extractor.batch.formats.cda import looks_like_cda
    from extractor.batch.formats.html import looks_like_html

    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1024]
    if b"%PDF-" in start:
        return "pdf" if start.startswith(b"%PDF-") or (media_type or name).lower().endswith("pdf") else ""
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if start.startswith(b"PK\x03\x04"):
        return "docx"
    if start.startswith(_OLD_OFFICE):
        return "docx" if name.lower().endswith(".docx") or "wordprocessingml" in (media_type or "") else ""
    if looks_like_cda(head):
        return "ccda"
    if looks_like_html(head):
        return "html"
    stated = (media_type or "").partition(";")[0].strip().lower()
    return "html" if stated in ("text/html", "application/xhtml+xml") and start.startswith(b"<") else ""


def _plain(data: bytes, media_type: str | None) -> str:
    stated = _CHARSET.search(media_type or "")
    if stated:
        try:
            text = data.decode(stated[1]).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            return decode(data).text  # the label is wrong; the bytes themselves say more
        check_text(text)
        return text
    return decode(data).text


def _rtf(data: bytes, _media_type: str | None) -> str:
    from extractor.batch.formats.rtf import rtf_text

    return rtf_text(data)


def _html(data: bytes, media_type: str | None) -> str:
    from extractor.batch.formats.html import html_text

    stated = _CHARSET.search(media_type or "")
    within = None if data[:2] in (b"\xff\xfe", b"\xfe\xff") else _META.search(data[:4096])
    for name in (stated[1] if stated else "", (within[1] or within[2]).decode() if within else ""):
        if name:
            # Browsers read Latin-1 as Windows-1252 (WHATWG Encoding), and so do the writers of curly quotes.
            label = "cp1252" if name.lower() in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii") else name
            try:
                return html_text(data.decode(label).removeprefix("\ufeff"))
            except (LookupError, UnicodeDecodeError):
                continue
    return html_text(decode_bytes(data).text)


def _docx(data: bytes, _media_type: str | None) -> str:
    from extractor.batch.formats.docx import docx_text

    if data.startswith(_OLD_OFFICE):
        raise ValueError("encrypted")  # Word wraps a locked document in the old format
    return docx_text(data)


def _pdf(data: bytes, _media_type: str | None) -> str:
    from extractor.batch.formats.pdf import pdf_text

    return pdf_text(data)


def _ccda(data: bytes, _media_type: str | None) -> str:
    from extractor.batch.formats.cda import cda_text, parse_cda

    return cda_text(parse_cda(data))


_CONVERTERS: dict[str, Callable[[bytes, str | None], str]] = {
    "ccda": _ccda,
    "rtf": _rtf,
    "html": _html,
    "docx": _docx,
    "pdf": _pdf,
}
