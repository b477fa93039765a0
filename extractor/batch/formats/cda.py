"""C-CDA XML to text: each section's title and narrative, in document order; or the document that a nonXMLBody holds.

Only the narrative is read, since it is what the clinician signed (CDA R2, 4.3.5); coded entries repeat it. XML is read
without network, external files or entities.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from extractor.batch.formats.html import fragment_text
from extractor.batch.formats.lines import Lines
from extractor.intake import MAX_FILE_BYTES, IntakeError

__all__ = ["V3", "cda_text", "looks_like_cda", "parse_cda"]

V3 = "{urn:hl7-org:v3}"
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?ClinicalDocument[\s>]")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_KNOWN = re.compile(
    rb"(?:utf-?(?:8|16(?:[lb]e)?)|us-ascii|ascii|iso-?8859-\d+|latin-?1|windows-125\d|cp125\d)", re.IGNORECASE
)
_OPENED = re.compile(r"line (\d+)")
_ENDED = re.compile(r"[.:;!?]$")


def looks_like_cda(head: bytes) -> bool:
    """Whether bytes begin an XML document whose root is ClinicalDocument."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[2:].replace(b"\0", b"")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and _ROOT.search(head) is not None


def parse_cda(data: bytes) -> Any:
    """The root element.

    Raises:
        IntakeError: if it is too long, ill-formed (with the line), defines entities, or is no C-CDA document.
    """
    from lxml import etree

    if len(data) > MAX_FILE_BYTES:
        raise IntakeError(f"this document has more than {MAX_FILE_BYTES:,} bytes. Give its text.")
    plain = data.replace(b"\0", b"")
    declared = _ENCODING.search(plain[:300])
    if b"<!ENTITY" in plain or (declared and not _KNOWN.fullmatch(declared[1])):
        # An entity can unfold to any size, and an encoding that we cannot look through could hide one.
        raise IntakeError(
            "the XML defines entities of its own or has a rare encoding, which no C-CDA document needs; "
            "it was not opened. Export it again, as UTF-8."
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=True
    )
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        # The parser's own words name tags and, at times, text; only its line numbers are handed on.
        opened = _OPENED.search(error.msg or "") if "mismatch" in (error.msg or "") else None
        unclosed = f" (a tag that line {opened[1]} opens is not closed)" if opened else ""
        raise IntakeError(
            f"ill-formed XML, noticed at line {error.lineno}{unclosed}. Export the document again."
        ) from None
    if root.tag != f"{V3}ClinicalDocument":
        raise IntakeError("the XML is no C-CDA document (ClinicalDocument of urn:hl7-org:v3). Export it as C-CDA.")
    return root


def cda_text(root: Any) -> str:
    """The text of the document's body.

    Raises:
        IntakeError: if it has no body, or holds a document that cannot be read.
    """
    unstructured = root.find(f"{V3}component/{V3}nonXMLBody/{V3}text")
    if unstructured is not None:
        return _held_document(unstructured)
    body = root.find(f"{V3}component/{V3}structuredBody")
    if body is None:
        raise IntakeError("the C-CDA document has no body. Export it again.")
    out = Lines()
    for section in body.iter(f"{V3}section"):
        title, text = section.find(f"{V3}title"), section.find(f"{V3}text")
        heading = " ".join("".join(title.itertext()).split()) if title is not None else ""
        if heading:
            out.gap()
            out.add(heading if _ENDED.search(heading) else f"{heading}:")
            out.end_line()
        if text is not None:
            _narrative(text, out)
    return out.text()


def _narrative(text: Any, out: Lines) -> None:
    if len(text) == 0 and text.text and "\n" in text.text.strip():
        # Plain text without any markup: its line ends are all the layout it has.
        for line in text.text.strip().split("\n"):
            out.add(line.strip())
            out.end_line()
    else:
        fragment_text(text, out)


def _held_document(text: Any) -> str:
    from extractor.batch.documents import convert

    words = "".join(text.itertext())
    if text.find(f"{V3}reference") is not None and not words.strip():
        raise IntakeError("the document's text is kept in another file (nonXMLBody/text/reference). Give that file.")
    if (text.get("representation") or "").upper() != "B64":
        return words.strip("\r\n")
    try:
        packed = "".join(words.split())
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise IntakeError(
            "the document in nonXMLBody is no valid base64: it was cut or altered. Export it again."
        ) from None
    return convert(data, media_type=text.get("mediaType")).text
