"""HTML and XHTML to text, through libxml2's forgiving parser (lxml): no scripts, no network, no entity of its own.

What a reader of the page does not see, or sees struck out, is no part of the note: scripts, styles, comments,
``hidden``, ``display:none``, ``<del>``, ``<s>``. A form's boxes become ☒ and ☐, its fields their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from extractor.batch.formats.lines import Lines

__all__ = ["fragment_text", "html_text", "looks_like_html"]

_DROPPED = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "del",
        "s",
        "strike",
        "map",
        "datalist",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|text-decoration(?:-line)?\s*:[^;]*line-through|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_TICKED_PICTURE = re.compile(
    r"\s*(?:checked|ticked|selected|checkbox checked|checked checkbox|x|yes)\s*", re.IGNORECASE
)
_EMPTY_PICTURE = re.compile(
    r"\s*(?:unchecked|unticked|not checked|unselected|empty checkbox|unchecked checkbox)\s*", re.IGNORECASE
)
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*", re.DOTALL)
_START = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|div|table|p|span|h[1-6]|ul|ol|pre|font|meta|center|br|b|section)(?=[\s>/])",
    re.IGNORECASE,
)
_STANDALONE = re.compile(rb"<(?:!doctype\s+html|html)(?=[\s>])", re.IGNORECASE)
_CLOSING = re.compile(rb"</(?:html|body|div|table|p|span|h[1-6]|ul|ol|pre|font|center|b|section)\s*>", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def looks_like_html(head: bytes) -> bool:
    """Whether bytes are clearly HTML: they begin like a page, or with a tag of HTML that is also closed."""
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    head = head.replace(b"\0", b"")[2:] if wide else head
    leading = _LEADING.match(head)
    rest = head[leading.end() if leading else 0 :][:65536]
    return _STANDALONE.match(rest) is not None or (_START.match(rest) is not None and _CLOSING.search(rest) is not None)


def html_text(page: str) -> str:
    """The text of a page.

    Raises:
        ValueError: if no element of HTML is in it, or if it is nested too deep to be a page.
    """
    from lxml import etree

    page = _DECLARATION.sub("", page.replace("\0", ""))
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        root = None  # nothing but white space and comments
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise ValueError("nested too deep")  # the parser has dropped what stands below
    if root is None:
        raise ValueError("no HTML")
    return fragment_text(root)


def fragment_text(root: Any, lines: Lines | None = None) -> str:
    """The text of an element and all below it; with ``lines`` it is added to those."""
    out = lines or Lines()
    _Walk(out).run(root)
    return "" if lines else out.text()


class _Walk:
    """One pass over the elements, without recursion: a page nested a thousand deep is only long."""

    def __init__(self, out: Lines) -> None:
        self.out = out
        self.lists: list[int | None] = []
        self.kept = 0

    def run(self, root: Any) -> None:
        for event, node, name in _events(root):
            if event == "text":
                self.out.add(node, keep_spaces=self.kept > 0)
            elif event == "start":
                self._start(node, name)
            else:
                self._end(name)
        self.out.end_line()

    def _start(self, node: Any, name: str) -> None:
        out = self.out
        if name in _HEADINGS:
            out.gap()
        elif name in _BLOCKS:
            out.end_line()
        if name == "br":
            out.end_line(blank=True)
        elif name in ("pre", "textarea"):
            self.kept += 1
        elif name in ("ul", "menu", "dir"):
            self.lists.append(None)
        elif name == "ol":
            self.lists.append(_number(node.get("start"), 1) - 1)
        elif name == "li":
            out.mark(self._bullet())
        elif name == "table":
            out.open_table()
        elif name == "tr":
            out.open_row()
        elif name in ("td", "th"):
            out.open_cell(_number(node.get("colspan"), 1), _number(node.get("rowspan"), 1))
        elif name in ("input", "img", "select"):
            _form_field(node, name, out)

    def _bullet(self) -> str:
        indent = "  " * min(8, max(0, len(self.lists) - 1))
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            return f"{indent}{self.lists[-1]}. "
        return f"{indent}• "

    def _end(self, name: str) -> None:
        out = self.out
        if name in ("td", "th"):
            out.close_cell()
        elif name == "tr":
            out.close_row()
        elif name == "table":
            out.close_table()
        elif name in ("pre", "textarea"):
            self.kept -= 1
        elif name in ("ul", "ol", "menu", "dir") and self.lists:
            self.lists.pop()
        if name in _BLOCKS or name in _HEADINGS:
            out.end_line()
        if name == "li":
            out.no_mark()


def _events(root: Any) -> Iterator[tuple[str, Any, str]]:
    """Start, text and end of each element that is seen, in document order."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event in ("comment", "pi") or not isinstance(node.tag, str):
            if node.tail and node is not root:
                yield "text", node.tail, ""
            continue
        name = _name(node)
        unseen = _is_unseen(node, name)
        if event == "start":
            if unseen:
                walk.skip_subtree()
            else:
                yield "start", node, name
                if node.text and name not in ("select",):
                    yield "text", node.text, ""
                if name == "select":
                    walk.skip_subtree()
            continue
        if not unseen:
            yield "end", node, name
        if node.tail and node is not root:
            yield "text", node.tail, ""


def _name(node: Any) -> str:
    """The element's name in HTML; the narrative of a C-CDA document says paragraph, list and item."""
    name = node.tag.rpartition("}")[2].lower()
    if name == "list":
        return "ol" if (node.get("listType") or node.get("listtype") or "").lower() == "ordered" else "ul"
    return {"paragraph": "p", "item": "li"}.get(name, name)


def _is_unseen(node: Any, name: str) -> bool:
    if name in _DROPPED or node.get("hidden") is not None or node.get("revised") == "delete":
        return True
    if "strike" in (node.get("styleCode") or "").lower():
        return True
    style = node.get("style")
    return style is not None and _UNSEEN.search(style) is not None


def _form_field(node: Any, name: str, out: Lines) -> None:
    if name == "select":
        chosen = [option for option in node.iter("option") if option.get("selected") is not None]
        out.add(", ".join(" ".join("".join(option.itertext()).split()) for option in chosen))
        return
    if name == "img":
        words = node.get("alt") or ""
        out.add("☒ " if _TICKED_PICTURE.fullmatch(words) else "☐ " if _EMPTY_PICTURE.fullmatch(words) else "")
        return
    kind = (node.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        out.add("☐ " if node.get("checked") is None else "☒ ")
    elif kind in ("text", "number", "date", "datetime-local", "time"):
        out.add(node.get("value") or "")


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.strip().isdecimal() and len(text) < 6 else default
