"""Documents that the tests write themselves: a Word file, a text PDF with words at places, a PDF form."""

from __future__ import annotations

import io
import zipfile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(body: str = "", *, paragraphs: tuple[str, ...] = (), more: dict[str, str] | None = None) -> bytes:
    """A Word document; ``body`` is WordprocessingML to stand in front of the section's properties."""
    import docx as library
    from docx.oxml import parse_xml

    document = library.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if body:
        namespaces = f'xmlns:w="{W}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        for element in list(parse_xml(f"<w:body {namespaces}>{body}</w:body>")):
            document.element.body.insert(len(document.element.body) - 1, element)
    stream = io.BytesIO()
    document.save(stream)
    if more:
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, text in more.items():
                archive.writestr(name, text)
    return stream.getvalue()


def pdf(*pages: list[tuple[float, float, str]], extra: str = "", annotations: tuple[str, ...] = (), catalog: str = "") -> bytes:
    """A PDF of pages of (x, y, text) in Helvetica 12."""
    objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    first_annotation = 4 + 2 * len(pages)
    for page in pages:
        shown = "".join(f"BT /F1 12 Tf {x} {y} Td ({text}) Tj ET\n" for x, y, text in page) + extra
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
        marks = " ".join(f"{first_annotation + index} 0 R" for index in range(len(annotations)))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> /Annots [{marks}] >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects += list(annotations)
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {catalog} >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    out, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF".encode()


def rtf(body: str) -> bytes:
    """An RTF document with Arial, Wingdings and Symbol as fonts 0, 1 and 2."""
    fonts = r"{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fnil\fcharset2 Wingdings;}{\f2\fnil\fcharset2 Symbol;}}"
    return (r"{\rtf1\ansi\ansicpg1252\deff0" + fonts + "\n" + body + "}").encode()
