"""The numbers and bullets that Word shows before a list's paragraphs, but keeps apart from their text."""

from __future__ import annotations

from typing import Any

__all__ = ["Numbering"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)


class Numbering:
    """Counts the lists of one document (ECMA-376, part 1, 17.9)."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, Any]] = {}
        self._lists: dict[str, str] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles = {style.get(_W + "styleId"): style for style in document.styles.element.iter(_W + "style")}
        part = next(
            (rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None
        )
        root = getattr(part, "element", None)
        if root is None:
            return
        for abstract in root.iter(_W + "abstractNum"):
            levels = {_integer(level, "ilvl", attribute=True): level for level in abstract.iter(_W + "lvl")}
            self._levels[abstract.get(_W + "abstractNumId")] = levels
        for number in root.findall(_W + "num"):
            target = number.find(_W + "abstractNumId")
            key = number.get(_W + "numId")
            if target is not None and key:
                self._lists[key] = target.get(_W + "val")
            for override in number.findall(_W + "lvlOverride"):
                if override.find(_W + "startOverride") is not None:
                    self._restarts[key, _integer(override, "ilvl", attribute=True)] = _integer(
                        override, "startOverride"
                    )

    def mark(self, paragraph: Any) -> str:
        """The bullet or number of a paragraph with the space behind it; empty where it is no list item."""
        list_id, level = self._place(paragraph)
        if not list_id or list_id == "0" or list_id not in self._lists:
            return ""
        abstract = self._lists[list_id]
        levels = self._levels.get(abstract, {})
        definition = levels.get(level)
        if definition is None:
            return ""
        indent = "  " * min(level, 8)
        if _value(definition, "numFmt") in ("bullet", ""):
            return f"{indent}• "
        counts = self._counts.setdefault(abstract, {})
        if (list_id, level) in self._restarts:
            counts[level] = self._restarts.pop((list_id, level))
        else:
            counts[level] = counts.get(level, _integer(definition, "start", 1) - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if _value(definition, "numFmt") == "none":
            return ""
        text = _value(definition, "lvlText")
        for other in range(level + 1):
            if f"%{other + 1}" in text:
                shown = levels.get(other, definition)
                count = counts.get(other, _integer(shown, "start", 1))
                text = text.replace(f"%{other + 1}", _formatted(count, _value(shown, "numFmt")))
        return f"{indent}{text} " if text else ""

    def _place(self, paragraph: Any) -> tuple[str, int]:
        properties = paragraph.find(_W + "pPr")
        if properties is None:
            return "", 0
        own = properties.find(_W + "numPr")
        list_id, level = ("", None) if own is None else (_value(own, "numId"), _value(own, "ilvl") or None)
        style, seen = _value(properties, "pStyle"), 0
        while not list_id and style in self._styles and seen < 20:
            found = self._styles[style].find(f"{_W}pPr/{_W}numPr")
            if found is not None:
                list_id = _value(found, "numId")
                level = level or _value(found, "ilvl") or None
            style, seen = _value(self._styles[style], "basedOn"), seen + 1
        return list_id, int(level) if level and level.isdecimal() else 0


def _value(node: Any, name: str) -> str:
    found = node.find(_W + name)
    return (found.get(_W + "val") or "") if found is not None else ""


def _integer(node: Any, name: str, default: int = 0, *, attribute: bool = False) -> int:
    text = node.get(_W + name) if attribute else _value(node, name)
    return int(text) if text and text.isdecimal() and len(text) < 7 else default


def _formatted(count: int, style: str) -> str:
    if style in ("lowerLetter", "upperLetter") and count > 0:
        letters = chr(ord("a") + (count - 1) % 26) * min(1 + (count - 1) // 26, 10)
        return letters.upper() if style == "upperLetter" else letters
    if style in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        rest, letters = count, ""
        for value, digits in _ROMAN:
            letters, rest = letters + digits * (rest // value), rest % value
        return letters.upper() if style == "upperRoman" else letters
    if style == "decimalZero":
        return f"{count:02d}"
    return str(count)
