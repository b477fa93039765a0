"""Word's DOCX to text, in document order, through python-docx: paragraphs, lists with their numbers, tables, boxes.

What Word does not print is left out: tracked deletions (insertions are shown), hidden and struck text, comments, field
codes. Headers stand before the text, foot- and endnotes behind it; footers are left out.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from extractor.batch.formats.lines import Lines
from extractor.batch.formats.numbering import Numbering
from extractor.batch.formats.symbols import symbol, without_private_use

__all__ = ["docx_text"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST_UNPACKED = 200_000_000
_MOST_XML = 60_000_000
_MOST_PARTS = 5_000
_SKIPPED = frozenset(
    [
        "del",
        "moveFrom",
        "pPr",
        "rPr",
        "tblPr",
        "tblGrid",
        "trPr",
        "tcPr",
        "sectPr",
        "instrText",
        "delText",
        "delInstrText",
        "commentReference",
        "annotationRef",
        "sdtPr",
        "sdtEndPr",
        "Fallback",
        "binData",
    ]
)
_OFF = frozenset(("0", "false", "off", "none"))


def docx_text(data: bytes) -> str:
    """The text of a Word document.

    Raises:
        ValueError: if it is no Word document, damaged, or would unpack to an unreasonable size.
    """
    import docx
    from lxml import etree

    _check_archive(data)
    try:
        document = docx.Document(io.BytesIO(data))
        out = Lines()
        walk = _Walk(out, Numbering(document))
        for section in document.sections:
            if not section.header.is_linked_to_previous:
                walk.run(section.header._element)
        walk.run(document.element.body)
        for kind in ("footnotes", "endnotes"):
            for part in document.part.rels.values():
                if part.reltype.endswith("/" + kind) and not part.is_external:
                    parser = etree.XMLParser(resolve_entities=False, no_network=True)
                    walk.run(etree.fromstring(part.target_part.blob, parser))
    except (KeyError, ValueError, IndexError, AttributeError, etree.LxmlError, zipfile.BadZipFile, NotImplementedError):
        # python-docx and lxml raise whatever the damaged part leads them to; their words could quote it.
        raise ValueError("damaged") from None
    return without_private_use(out.text())


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_parts(archive, parts)
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, zlib.error):
        raise ValueError("damaged") from None


def _check_parts(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("word/") for name in names):
        raise ValueError("no Word document")
    if any(part.flag_bits & 1 for part in parts):
        raise ValueError("encrypted")
    # zipfile never unpacks more than a part declares, so what they declare bounds what comes.
    xml = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    largest = sum(part.file_size for part in parts) > _MOST_UNPACKED or sum(part.file_size for part in xml) > _MOST_XML
    if largest or len(parts) > _MOST_PARTS:
        raise ValueError("unpacks too large")
    for part in xml:
        with archive.open(part) as stream:
            if b"<!DOCTYPE" in stream.read(8192).replace(b"\0", b""):
                raise ValueError("damaged")  # Word writes no document type, and text beside its entities would be lost


class _Walk:
    """One pass over the elements of a part."""

    def __init__(self, out: Lines, numbering: Numbering) -> None:
        self.out = out
        self.numbering = numbering

    def run(self, root: Any) -> None:
        for event, node, name in _events(root):
            if event == "start":
                self._start(node, name)
            else:
                self._end(node, name)
        self.out.end_line()

    def _start(self, node: Any, name: str) -> None:
        out = self.out
        if name == "p":
            mark = self.numbering.mark(node)
            out.end_line()
            if mark:
                out.mark(mark)
        elif name == "tbl":
            out.open_table()
        elif name == "tr":
            out.open_row()
        elif name == "tc":
            out.open_cell(_span(node))
        elif name == "t" and node.text:
            out.add(node.text, keep_spaces=True)
        elif name in ("tab", "ptab") and node.getparent().tag == _W + "r":
            out.add("\t", keep_spaces=True)
        elif name in ("br", "cr"):
            out.end_line()
        elif name == "noBreakHyphen":
            out.add("-", keep_spaces=True)
        elif name == "sym":
            out.add(symbol(node.get(_W + "font") or "", int(node.get(_W + "char") or "20", 16)), keep_spaces=True)
        elif name == "checkBox":
            out.add(_legacy_box(node), keep_spaces=True)

    def _end(self, node: Any, name: str) -> None:
        if name == "p":
            self.out.end_line(blank=not _in_cell(node))
            self.out.no_mark()
        elif name == "tc":
            self.out.close_cell()
        elif name == "tr":
            self.out.close_row()
        elif name == "tbl":
            self.out.close_table()


def _events(root: Any) -> Iterator[tuple[str, Any, str]]:
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        if not isinstance(node.tag, str):
            continue
        name = node.tag.rpartition("}")[2]
        if _is_unseen(node, name):
            if event == "start":
                walk.skip_subtree()
            continue
        yield event, node, name


def _is_unseen(node: Any, name: str) -> bool:
    if name in _SKIPPED:
        return True
    if name == "r":
        properties = node.find(_W + "rPr")
        return properties is not None and any(_is_on(properties, key) for key in ("vanish", "strike", "dstrike"))
    if name == "tr":
        properties = node.find(_W + "trPr")
        return properties is not None and properties.find(_W + "del") is not None
    if name in ("footnote", "endnote"):
        return node.get(_W + "type") not in (None, "normal")
    return False


def _is_on(properties: Any, key: str) -> bool:
    found = properties.find(_W + key)
    return found is not None and (found.get(_W + "val") or "1").lower() not in _OFF


def _span(cell: Any) -> int:
    found = cell.find(f"{_W}tcPr/{_W}gridSpan")
    value = found.get(_W + "val") if found is not None else ""
    return int(value) if value and value.isdecimal() and len(value) < 4 else 1


def _in_cell(node: Any) -> bool:
    parent = node.getparent()
    return parent is not None and parent.tag == _W + "tc"


def _legacy_box(node: Any) -> str:
    state = node.find(_W + "checked")
    if state is None:
        state = node.find(_W + "default")
    ticked = state is not None and (state.get(_W + "val") or "1").lower() not in _OFF
    return "☒ " if ticked else "☐ "
