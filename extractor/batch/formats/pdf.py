"""Text PDF to text, through PDFium (pypdfium2): words that stand on one height become one line, wide gaps stay visible.

A PDF holds no lines and no tables, only words at places; so the places decide. Boxes and fields of a form are read from
the form itself, since an empty box has no text; so are boxes that are only drawn (``pdf_boxes``). A line drawn through
words is not seen: PDF knows no struck text. PDFium is one C library without threads, hence the lock.
"""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from extractor.batch.formats.pdf_boxes import drawn_boxes
from extractor.batch.formats.symbols import without_private_use

__all__ = ["pdf_text"]

_LOCK = threading.Lock()
_MOST_PAGES = 500
_MOST_CHARACTERS = 2_000_000
_MOST_SECONDS = 30.0


@dataclass
class _Word:
    left: float
    right: float
    base: float
    """Height of the line it stands on, in points from the foot of the page."""
    size: float
    """Height of its letters, in points."""
    text: str


def pdf_text(data: bytes) -> str:
    """The text of a PDF; pages are apart by an empty line.

    Raises:
        ValueError: if it is damaged, locked by a password, has no text on a page of pictures (a scan), or takes too long.
    """
    import pypdfium2

    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise ValueError("encrypted" if "assword" in str(error) else "damaged") from None
        try:
            return _document_text(document)
        except pypdfium2.PdfiumError:
            raise ValueError("damaged") from None
        finally:
            document.close()


def _document_text(document: Any) -> str:
    if len(document) > _MOST_PAGES:
        raise ValueError("too long")
    until = time.monotonic() + _MOST_SECONDS
    if document.get_formtype():
        document.init_forms()
    pages, characters = [], 0
    for number in range(len(document)):
        if time.monotonic() > until:
            raise ValueError("takes too long")
        page = document[number]
        text_page = page.get_textpage()
        characters += text_page.count_chars()
        if characters > _MOST_CHARACTERS:
            raise ValueError("too long")
        words = _words(text_page)
        if document.formenv is not None:
            words += _fields(document.formenv, page)
        words = _with_boxes(words, page)
        if not any(char.isalnum() for word in words for char in word.text) and _has_picture(page):
            raise ValueError("scanned")  # one scanned page among others may hold the very sites
        pages.append(_lines(words))
        text_page.close()
        page.close()
    text = without_private_use("\n\n".join(page for page in pages if page))
    if not any(char.isalnum() for char in text):
        raise ValueError("scanned")
    return text


def _with_boxes(words: list[_Word], page: Any) -> list[_Word]:
    """The words, and each box that is drawn beside one of them; a mark that is written into a box ticks it."""
    words = list(words)
    for (left, bottom, right, top), crossed in drawn_boxes(page):
        inside = [
            word for word in words if left <= (word.left + word.right) / 2 <= right and bottom - 2 <= word.base <= top
        ]
        if any(word.text in "☒☐☑" or len(word.text) > 2 for word in inside):
            continue  # a form's own box, or a frame around words
        size = top - bottom
        if not any(
            right - 2 <= word.left <= right + 30 and bottom - 4 <= word.base <= top
            for word in words
            if word not in inside
        ):
            continue  # nothing stands beside it: an ornament
        words = [word for word in words if word not in inside]
        words.append(_Word(left, right, bottom + 0.2 * size, size, "☒" if crossed or inside else "☐"))
    return words


def _has_picture(page: Any) -> bool:
    from pypdfium2 import raw

    return next(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3), None) is not None


def _words(text_page: Any) -> list[_Word]:
    """Words, each with its place; PDFium itself tells where one ends, in the order in which the page was written."""
    from pypdfium2 import raw

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    words: list[_Word] = []
    word: _Word | None = None
    for index in range(text_page.count_chars()):
        char = _character(raw.FPDFText_GetUnicode(text_page.raw, index))
        if char.isspace():
            word = None
            continue
        if not char:
            continue
        raw.FPDFText_GetCharOrigin(text_page.raw, index, x, y)
        if raw.FPDFText_GetLooseCharBox(text_page.raw, index, box):
            start, end, size = box.left, box.right, abs(box.top - box.bottom)
        else:
            raw.FPDFText_GetCharBox(text_page.raw, index, left, right, bottom, top)
            start, end, size = left.value, right.value, abs(top.value - bottom.value)
        # Where two cells follow each other without a space, the gap parts them.
        if word is not None and (
            abs(y.value - word.base) > 0.5 * word.size or not -word.size < start - word.right < 0.8 * word.size
        ):
            word = None
        if word is None:
            word = _Word(start, end, y.value, size, char)
            words.append(word)
        else:
            word.text += char
            word.right = max(word.right, end)
            word.size = max(word.size, size)
    return words


def _character(code: int) -> str:
    if code in (0x02, 0xFFFE):
        return "-"  # PDFium's mark for a hyphen at a line's end
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF or code == 0xFFFF:
        return ""
    return " " if code < 0x20 or code == 0xA0 else chr(code)


def _fields(form: Any, page: Any) -> list[_Word]:
    """The boxes and filled fields of a form on this page."""
    from pypdfium2 import raw

    found = []
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            place = raw.FS_RECTF()
            kind = raw.FPDFAnnot_GetFormFieldType(form.raw, annotation)
            if kind < 0 or not raw.FPDFAnnot_GetRect(annotation, place):
                continue
            words = ""
            if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
                words = "☒" if raw.FPDFAnnot_IsChecked(form.raw, annotation) else "☐"
            elif kind in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
                words = _field_value(form, annotation)
            if words:
                height = min(abs(place.top - place.bottom), 12.0)
                found.append(_Word(place.left, place.right, min(place.bottom, place.top) + 0.2 * height, height, words))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _field_value(form: Any, annotation: Any) -> str:
    from pypdfium2 import raw

    size = raw.FPDFAnnot_GetFormFieldValue(form.raw, annotation, None, 0)
    if size <= 2 or size > 2 * _MOST_CHARACTERS:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    raw.FPDFAnnot_GetFormFieldValue(form.raw, annotation, buffer, size)
    return " ".join(bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").split())


def _lines(words: list[_Word]) -> str:
    """Words on one height share a line; a gap wider than some letters stays as three spaces, so that cells keep apart."""
    rows: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: -word.base):
        if rows and rows[-1][0].base - word.base < 0.4 * min(rows[-1][0].size, word.size):
            rows[-1].append(word)
        else:
            rows.append([word])
    lines: list[str] = []
    above: float | None = None
    for row in rows:
        base, size = row[0].base, max(word.size for word in row)
        if above is not None and above - base > 1.9 * size:
            lines.append("")
        above = base
        lines.append(_joined(sorted(row, key=lambda word: word.left)))
    return "\n".join(lines)


def _joined(row: list[_Word]) -> str:
    line = row[0].text
    for before, word in pairwise(row):
        line += ("   " if word.left - before.right > 1.2 * max(word.size, before.size) else " ") + word.text
    return line
