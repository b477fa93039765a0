"""Documents to text: what a reader of the document sees, on the lines on which it stands, and nothing else."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.batch.documents import convert, looks_like_document
from extractor.intake import MAX_FILE_BYTES, IntakeError
from tests.batch.documents import docx, pdf, rtf
from tests.conftest import OUTSIDE

SAMPLES = Path("/work/shared/samples")


def text_of(data: bytes, **more: str) -> str:
    return convert(data, **more).text


def refusal(data: bytes, **more: str) -> str:
    with pytest.raises(IntakeError) as raised:
        convert(data, **more)
    assert raised.value.__cause__ is None
    return str(raised.value)


HTML = {
    "blocks end lines": ("<div>Left trapezius<div>Right levator</div>then</div>", "Left trapezius\nRight levator\nthen"),
    "inline tags do not": ("<p>Left <b>trape</b>zius,\n   <i>1</i> mL</p>", "Left trapezius, 1 mL"),
    "br ends a line": ("<p>Left trapezius<br>Right<br/>levator", "Left trapezius\nRight\nlevator"),
    "a heading stands apart": ("<p>a<h2>Procedure</h2><p>b", "a\n\nProcedure\nb"),
    "bullets": ("<ul><li>Left trapezius<li>Right levator</ul>", "• Left trapezius\n• Right levator"),
    "numbers": ("<ol start=3><li>Left<li>Right</ol>", "3. Left\n4. Right"),
    "nested lists": ("<ul><li>Left<ul><li>trapezius</ul></ul>", "• Left\n  • trapezius"),
    "an item's own box is its mark": ("<ul><li>☒ Left<li>[ ] Right</ul>", "☒ Left\n[ ] Right"),
    "a row is a line": ("<table><tr><th>Muscle<th>Side<tr><td>Trapezius<td>L</table>", "Muscle | Side\nTrapezius | L"),
    "an empty cell keeps its place": ("<table><tr><td>Trapezius<td><td>R</table>", "Trapezius |  | R"),
    "a wide cell keeps the columns": ("<table><tr><td colspan=2>Site<td>mL</table>", "Site |  | mL"),
    "a tall first cell heads its rows": ("<table><tr><td rowspan=2>Trapezius<td>L<tr><td>R</table>", "Trapezius | L\nTrapezius | R"),
    "a tall dose is said once": ("<table><tr><td>L<td rowspan=2>5 mL<tr><td>R</table>", "L | 5 mL\nR"),
    "lines of a cell stay in it": ("<table><tr><td>Right<br>Left<td>1 mL</table>", "Right; Left | 1 mL"),
    "a layout table is its cells": ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a | b\nc"),
    "scripts and styles": ("<style>p{}</style><p>Left<script>alert(1)</script>", "Left"),
    "comments": ("<p>Left<!-- right --> side", "Left side"),
    "deleted and struck": ("<p>Left<del> right</del><s> both</s> side", "Left side"),
    "struck by style": ('<p>Left<span style="text-decoration: line-through"> right</span>', "Left"),
    "hidden": ('<p>Left<span style="display:none"> right</span><span hidden> x</span>', "Left"),
    "boxes": ("<p><input type=checkbox checked>Left <input type=checkbox>Right", "☒ Left ☐ Right"),
    "radio buttons": ("<p><input type=radio checked>TPI <input type=radio>dry", "☒ TPI ☐ dry"),
    "pictures of boxes": ("<p><img alt=checked src=a>Left <img alt=unchecked src=b>Right", "☒ Left ☐ Right"),
    "the chosen option": ("<p><select><option>Left<option selected>Right</select>", "Right"),
    "fields": ("<p>mL: <input value=2>", "mL: 2"),
    "entities": ("<p>&frac12; mL &times; 2 &#8211; L&nbsp;side", "½ mL × 2 – L side"),
    "preformatted": ("<pre>a   b\n  c</pre>", "a   b\n  c"),
    "XHTML": ('<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><p>Left<br/>Right</p></html>', "Left\nRight"),
    "deep but sound": ("<div>" * 200 + "Left" + "</div>" * 200, "Left"),
}


@pytest.mark.parametrize(("page", "text"), HTML.values(), ids=HTML)
def test_html(page, text):
    assert text_of(f"<html><body>{page}".encode() if not page.startswith("<?") else page.encode()) == text


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("<html><p>½ mL – left".encode(), None),
        ("<html><p>½ mL – left".encode("cp1252"), None),
        ("<html><p>½ mL – left".encode("utf-16"), None),
        ("<html><meta charset=windows-1252><p>½ mL – left".encode("cp1252"), None),
        ("<html><meta charset=iso-8859-1><p>½ mL – left".encode("cp1252"), None),
        ("<html><p>½ mL – left".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("<html><p>½ mL – left".encode(), "text/html; charset=nonsense"),
    ],
)
def test_html_in_any_encoding(data, media_type):
    assert text_of(data, media_type=media_type) == "½ mL – left"


RTF = {
    "paragraphs": (r"Left trapezius\par Right levator\par", "Left trapezius\nRight levator"),
    "runs are one word": (r"Left {\b trape}{\i zius}\par", "Left trapezius"),
    "code page": (r"\'bd mL \'96 patient\'92s\par", "½ mL – patient’s"),
    "unicode with fallback": (r"\u189\'bd mL, \uc2\u8211--x\par", "½ mL, –x"),
    "beyond U+FFFF": (r"\u55357?\u56832?\par", "😀"),
    "special characters": (r"a\emdash b\~c \{d\}\par", "a—b\xa0c {d}"),
    "tracked deletion": (r"Left {\deleted right }trapezius {\revised 1 mL}\par", "Left trapezius 1 mL"),
    "struck": (r"Left {\strike right }trapezius\par", "Left trapezius"),
    "struck off again": (r"\strike right \strike0 left\par", "left"),
    "hidden": (r"Left{\v  right} side\par", "Left side"),
    "Wingdings": (r"{\f1\'fe} Left {\f1\'a8} Right {\f1 o} both\par", "☑ Left ☐ Right ☐ both"),
    "Wingdings as Unicode": (r"{\f1\u-3842\'fe} Left\par", "☑ Left"),
    "form boxes": (
        r"{\field{\*\fldinst FORMCHECKBOX{\*\formfield{\fftype1\ffres1\ffdefres0}}}{\fldrslt}}Left "
        r"{\field{\*\fldinst FORMCHECKBOX{\*\formfield{\fftype1\ffres25\ffdefres0}}}{\fldrslt}}Right\par",
        "☒ Left ☐ Right",
    ),
    "form list": (r"{\field{\*\fldinst FORMDROPDOWN{\*\formfield{\fftype2\ffres1{\*\ffl left}{\*\ffl right}}}}{\fldrslt}} side\par", "right side"),
    "links keep their words": (r'see {\field{\*\fldinst{HYPERLINK "http://a"}}{\fldrslt{the chart}}}\par', "see the chart"),
    "a list's mark": (r"{\pntext\f2\'B7\tab}Left\par{\listtext\tab 2.\tab}Right\par", "•\tLeft\n\t2.\tRight"),
    "a row is a line": (r"\trowd\pard\intbl Trapezius\cell L\cell\row\pard after\par", "Trapezius | L\nafter"),
    "lines of a cell stay in it": (r"\trowd\pard\intbl Right\par Left\cell 1 mL\cell\row\pard", "Right; Left | 1 mL"),
    "an empty cell keeps its place": (r"\trowd\pard\intbl Trapezius\cell\cell R\cell\row\pard", "Trapezius |  | R"),
    "a text box": (r"a\par{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt Left trapezius\par}}{\shprslt again}}b\par", "a\nLeft trapezius\nb"),
    "a picture": (r"Left{\pict\wmetafile8 0102} side{\*\blipuid 00}\par", "Left side"),
    "binary data": (r"Left{\pict\bin3 }}}} side\par", "Left side"),
    "a header": (r"{\header DOS 03/14/2024\par}Left\par", "DOS 03/14/2024\n\nLeft"),
}


@pytest.mark.parametrize(("body", "text"), RTF.values(), ids=RTF)
def test_rtf(body, text):
    assert text_of(rtf(body)).replace("\n\n", "\n") == text.replace("\n\n", "\n")


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def cell(*paragraphs: str, span: int = 1) -> str:
    return f"<w:tc><w:tcPr><w:gridSpan w:val='{span}'/></w:tcPr>{''.join(paragraph(run(text)) for text in paragraphs)}</w:tc>"


BOX = "<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>☒</w:t></w:r></w:sdtContent></w:sdt>"
LEGACY = "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
TEXT_BOX = "<mc:AlternateContent><mc:Choice Requires='w14'><w:txbxContent>{0}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{0}</w:txbxContent></mc:Fallback></mc:AlternateContent>"

DOCX = {
    "runs are one word": (paragraph(run("Left trape"), run("zius", "<w:b/>")), "Left trapezius"),
    "tabs and breaks": (paragraph("<w:r><w:t>Left</w:t><w:tab/><w:t>1 mL</w:t><w:br/><w:t>Right</w:t></w:r>"), "Left\t1 mL\nRight"),
    "tracked changes": (
        paragraph(run("Left "), "<w:del w:id='1' w:author='a'><w:r><w:delText>right</w:delText></w:r></w:del>", f"<w:ins w:id='2' w:author='a'>{run('trapezius')}</w:ins>"),
        "Left trapezius",
    ),
    "moved away": (paragraph(f"<w:moveFrom w:id='1' w:author='a'>{run('gone')}</w:moveFrom>", run("kept")), "kept"),
    "struck and hidden": (paragraph(run("Left "), run("right ", "<w:strike/>"), run("both ", "<w:vanish/>"), run("side", "<w:strike w:val='0'/>")), "Left side"),
    "a ticked box": (paragraph(BOX, run(" Left")), "☒ Left"),
    "old boxes": (
        paragraph(LEGACY.format("<w:checked/>"), run("Left "), LEGACY.format("<w:default w:val='0'/>"), run("Right")),
        "☒ Left ☐ Right",
    ),
    "symbols": (paragraph("<w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>", run(" Left")), "☑ Left"),
    "a row is a line": (f"<w:tbl><w:tr>{cell('Trapezius')}{cell('L')}</w:tr><w:tr>{cell('Levator')}{cell('R')}</w:tr></w:tbl>", "Trapezius | L\nLevator | R"),
    "lines of a cell stay in it": (f"<w:tbl><w:tr>{cell('Right', 'Left')}{cell('1 mL')}</w:tr></w:tbl>", "Right; Left | 1 mL"),
    "a deleted row": (f"<w:tbl><w:tr><w:trPr><w:del w:id='1' w:author='a'/></w:trPr>{cell('gone')}</w:tr><w:tr>{cell('kept')}</w:tr></w:tbl>", "kept"),
    "a wide cell": (f"<w:tbl><w:tr>{cell('Site', span=2)}{cell('mL')}</w:tr></w:tbl>", "Site |  | mL"),
    "a text box once": (paragraph(f"<w:r>{TEXT_BOX.format(paragraph(run('Left trapezius')))}</w:r>"), "Left trapezius"),
    "fields show their result": (paragraph("<w:r><w:instrText>DATE</w:instrText></w:r>", run("03/14/2024")), "03/14/2024"),
}


@pytest.mark.parametrize(("body", "text"), DOCX.values(), ids=DOCX)
def test_docx(body, text):
    assert text_of(docx(body)) == text


def test_docx_lists_show_the_numbers_that_word_shows():
    import docx as library

    document = library.Document()
    for style, text in (("List Number", "Left trapezius"), ("List Number", "Right levator"), ("List Bullet", "Aspiration negative")):
        document.add_paragraph(text, style=style)
    stream = io.BytesIO()
    document.save(stream)
    assert text_of(stream.getvalue()) == "1. Left trapezius\n2. Right levator\n• Aspiration negative"


def test_docx_shows_its_header_first_and_no_footer():
    import docx as library

    document = library.Document()
    document.sections[0].header.paragraphs[0].text = "DOS 03/14/2024"
    document.sections[0].footer.paragraphs[0].text = "page 1"
    document.add_paragraph("Left trapezius")
    stream = io.BytesIO()
    document.save(stream)
    assert text_of(stream.getvalue()) == "DOS 03/14/2024\nLeft trapezius"


def test_pdf_rows_stay_on_one_line_and_cells_apart():
    page = [(72, 700, "Muscle"), (200, 700, "Side"), (72, 684, "Trapezius"), (200, 684.5, "L"), (300, 684, "1 mL"), (72, 600, "Then"), (104, 600, "more")]
    assert text_of(pdf(page)) == "Muscle   Side\nTrapezius   L   1 mL\n\nThen more"


def test_pdf_order_is_that_of_the_page_not_of_the_file():
    assert text_of(pdf([(72, 600, "second"), (72, 700, "first")], [(72, 700, "third")])) == "first\n\nsecond\n\nthird"


def test_pdf_forms_show_their_boxes_and_fields():
    boxes = (
        "<< /Type /Annot /Subtype /Widget /FT /Btn /T (a) /V /Yes /AS /Yes /Rect [60 698 70 708] /F 4 /AP << /N << /Yes 6 0 R /Off 6 0 R >> >> >>",
        "<< /Type /Annot /Subtype /Widget /FT /Btn /T (b) /V /Off /AS /Off /Rect [60 678 70 688] /F 4 /AP << /N << /Yes 6 0 R /Off 6 0 R >> >> >>",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (c) /V (2 mL) /Rect [160 698 190 708] /F 4 >>",
    )
    form = pdf([(72, 700, "Left trapezius"), (72, 680, "Right")], annotations=boxes, catalog="/AcroForm << /Fields [6 0 R 7 0 R 8 0 R] >>")
    assert text_of(form) == "☒ Left trapezius 2 mL\n☐ Right"


DRAWN = {
    "empty": ("60 698 10 10 re S", "☐"),
    "crossed by lines": ("60 698 10 10 re S 60 698 m 70 708 l S 60 708 m 70 698 l S", "☒"),
    "crossed within one path": ("60 698 10 10 re 60 698 m 70 708 l 60 708 m 70 698 l S", "☒"),
    "crossed by one path": ("60 698 10 10 re S 60 698 m 70 708 l 60 708 m 70 698 l S", "☒"),
    "ticked by a filled shape": ("60 698 10 10 re S 62 703 m 64 700 l 69 707 l 64 702 l f", "☒"),
    "with a letter in it": ("60 698 10 10 re S BT /F1 8 Tf 62 700 Td (X) Tj ET", "☒"),
    "drawn twice": ("1 g 60 698 10 10 re f 0 g 60 698 10 10 re S", "☐"),
    "a bullet": ("0 g 60 698 8 8 re f", ""),
    "an ornament elsewhere": ("300 300 10 10 re S", ""),
}


@pytest.mark.parametrize(("drawing", "mark"), DRAWN.values(), ids=DRAWN)
def test_pdf_boxes_that_are_drawn(drawing, mark):
    assert text_of(pdf([(74, 700, "Left trapezius")], extra=drawing)) == f"{mark} Left trapezius".strip()


def test_a_scanned_pdf_says_so():
    assert "scanned" in refusal(pdf([]))
    picture = "q 200 0 0 200 72 400 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q"
    assert "scanned" in refusal(pdf([], extra=picture))


def test_one_scanned_page_among_others_is_not_passed_over():
    picture = "q 200 0 0 200 72 400 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q"
    whole = pdf([(72, 700, "Left trapezius")], [], extra=picture)
    assert "scanned" in refusal(whole)


def test_a_locked_pdf_says_so():
    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(pdf([(72, 700, "Left trapezius")])))
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    assert "locked by a password" in refusal(stream.getvalue())


DAMAGED = {
    "a PDF cut off": (pdf([(72, 700, "John")])[:60], "damaged"),
    "an RTF cut off": (rtf(r"John Left trapezius\par")[:-1], "end of this RTF document is missing"),
    "an RTF nested too deep": (b"{\\rtf1 " + b"{" * 100_000, "nested too deep"),
    "a DOCX cut off": (docx(paragraphs=("John",))[:2000], "damaged"),
    "a ZIP of something else": (b"PK\x03\x04" + bytes(30), "damaged"),
    "a locked DOCX": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "locked by a password"),
    "HTML nested too deep": (b"<html>" + b"<div>" * 5000 + b"John", "nested too deep"),
    "an empty page": (b"<html><body><script>x</script></body></html>", "empty"),
    "an empty RTF": (rtf(""), "empty"),
}


@pytest.mark.parametrize(("data", "word"), DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_read_says_why_and_quotes_nothing(data, word):
    message = refusal(data, name="note.docx")
    assert word in message
    assert "John" not in message
    assert "\n" not in message


def test_a_zip_that_is_no_word_document_says_so():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("note.txt", "Left trapezius")
    assert "ZIP archive" in refusal(stream.getvalue())


def test_a_zip_bomb_is_not_unpacked():
    bomb = docx(paragraphs=("Left",), more={"word/bomb.xml": "0" * 70_000_000})
    started = time.monotonic()
    assert "unpacks to an unreasonable size" in refusal(bomb)
    assert time.monotonic() - started < 2


def test_a_docx_with_entities_is_not_opened():
    laugh = docx(paragraphs=("Left trapezius",))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(laugh)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                start = data.index(b"<w:document")
                data = data[:start] + b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/hostname">]>' + data[start:].replace(b"Left", b"&a;&f;Left")
            new.writestr(name, data)
    assert "damaged" in refusal(stream.getvalue())


def test_too_large_a_document_is_not_opened():
    assert f"{MAX_FILE_BYTES:,}" in refusal(b"%PDF-1.7" + bytes(MAX_FILE_BYTES))


@pytest.mark.parametrize(
    "data",
    [
        b"<html><table>" + b"<tr><td rowspan=500 colspan=50>a" * 3000,
        b"<html>" + b"<!--" * 200_000,
        b"<html>" + b"&lt;" * 300_000,
        b"{\\rtf1 " + b"{\\field{\\*\\fldinst{" * 300 + b"x" * 200_000 + b"}}}" * 300 + b"}",
        b"{\\rtf1 " + b"\\'e9" * 200_000 + b"}",
        b"{\\rtf1 {\\pict " + b"0a" * 5_000_000 + b"}x}",
        b"%PDF-1.7\n" + b"1 0 obj << /Type /Pages /Kids [1 0 R] >> endobj\n" * 2000,
    ],
)
def test_hostile_documents_end_soon(data):
    started = time.monotonic()
    try:
        convert(data)
    except IntakeError as error:
        assert str(error)
    assert time.monotonic() - started < 10


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"<html>", b"{\\rtf1 ", b"PK\x03\x04", b"%PDF-1.7\n", b"<div>"]), st.binary(max_size=200))
def test_any_bytes_behind_a_magic_give_text_or_a_message(magic, rest):
    try:
        found = convert(magic + rest)
    except IntakeError as error:
        assert str(error)
    else:
        found.text.encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z", "M"], exclude_characters="|"), min_size=1, max_size=8), min_size=1, max_size=6))
def test_html_cells_are_kept_in_order_on_their_line(cells):
    import html

    row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    assert text_of(f"<html><table><tr>{row}</tr></table>".encode()) == " | ".join(cells)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<html><body>x</body></html>", True),
        (b"<!-- chart --><div>x</div>", True),
        (b"\xef\xbb\xbf <!DOCTYPE html>", True),
        (b"{\\rtf1", True),
        (b"%PDF-1.4", True),
        (b"PK\x03\x04", True),
        (b"<p and no more", False),
        (b"Left trapezius <b>1 mL</b>", False),
        (b"<1 mL given", False),
        (b"Pain <5/10", False),
        (b"{left}", False),
        (b"", False),
    ],
)
def test_only_what_is_clearly_a_document_is_taken_for_one(data, expected):
    assert looks_like_document(data) is expected


def test_plain_text_stays_as_it_is():
    assert convert("Left ½\r\n trapezius".encode(), media_type="text/plain; charset=utf-8").text == "Left ½\r\n trapezius"
    assert convert("½ mL left".encode("cp1252"), media_type="text/plain; charset=windows-1252").text == "½ mL left"
    assert convert("½ mL left".encode(), media_type="text/plain; charset=us-ascii").text == "½ mL left"


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    import sys

    for library in ("striprtf", "striprtf.striprtf", "pypdfium2", "docx"):
        monkeypatch.setitem(sys.modules, library, None)
    for data in (rtf("Left"), pdf([(72, 700, "Left")]), b"PK\x03\x04"):
        assert "pip install 'tpi-extractor[documents]'" in refusal(data)


NOTE = "Trigger point injections today. Left trapezius, left levator scapulae and right rhomboid major were injected with 1 mL of 1% lidocaine each."


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("html", f"<html><body><p>{NOTE}</p></body></html>".encode()),
        ("rtf", rtf(NOTE + r"\par")),
        ("docx", docx(paragraphs=(NOTE,))),
        ("pdf", pdf([(72, 700, NOTE[:70]), (72, 686, NOTE[70:])])),
    ],
)
def test_the_command_reads_a_document_and_keeps_its_text(tpi, tmp_path, kind, data):
    file = tmp_path / f"note.{kind}"
    file.write_bytes(data)
    answer = tpi("extract", file, "--json")
    result = json.loads(answer.out)
    assert (answer.status, result["decision"]["code"]) == (0, "20553")
    for muscle in result["muscles"]:
        for quoted in muscle["evidence"]:
            assert result["text"][quoted["start"] : quoted["end"]] == quoted["text"]


def test_a_plain_note_does_not_carry_its_text(tpi):
    assert json.loads(tpi("extract", "--json", stdin=NOTE.encode()).out)["text"] is None


def sample(name: str) -> bytes:
    if not SAMPLES.is_dir():
        pytest.skip(f"the folder of sample files {OUTSIDE}")
    return (SAMPLES / name).read_bytes()


def test_the_sample_rtf():
    text = text_of(sample("documents/note2.rtf"))
    assert text.startswith("Micro WR day 4\nDate 7.5.2019\nTime 2:03 PM\n")
    assert "Arial" not in text


def test_the_sample_docx():
    text = text_of(sample("documents/pat_id_1.docx"))
    assert "The patient’s name is Bart Davidson.\nHis carer’s Name Paul Wayne." in text
    assert text.endswith("He is on 100mg Paracetamol, 20 milligrams clozapine")


def test_the_sample_pdf_keeps_its_table_of_vital_signs_in_rows():
    lines = text_of(sample("documents/note2.pdf")).splitlines()
    assert {"RR   21   1", "Saturations   96   0", "BP   152/90   0", "Temperature   37.4   0", "Cough, fever 3/7"} <= set(lines)


def test_the_sample_form_keeps_its_ticks():
    held = json.loads(sample("fhir/DocumentReference-adi-dnr.json"))["content"][0]["attachment"]["data"]
    lines = text_of(base64.b64decode(held)).splitlines()
    assert "☑ Comfort Measures Only (e.g., pain relief, oxygen for comfort)" in lines
    assert "☐ Other: ________________________________" in lines
