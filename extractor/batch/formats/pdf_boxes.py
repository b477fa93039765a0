"""Tick boxes that a PDF draws as lines: they are no text, and a list of sites without them would all look injected.

A small open square is a box. It is ticked where anything is drawn inside it, or a mark is written in it; else empty.
"""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = ["drawn_boxes"]

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""

_SIDES = (6.0, 16.0)
_MOST_SEGMENTS = 60
_MOST_OBJECTS = 20_000


def drawn_boxes(page: Any) -> list[tuple[Bounds, bool]]:
    """The boxes drawn on a page, and whether something is drawn inside each."""
    from pypdfium2 import raw

    boxes: list[tuple[Bounds, bool]] = []
    others: list[Bounds] = []
    for number, path in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1)):
        if number >= _MOST_OBJECTS:
            raise ValueError("takes too long")
        bounds = _bounds(path)
        if bounds is None:
            continue
        edges, slants = _strokes(path)
        if _is_square(bounds) and edges >= 3 and not _is_dark(path):
            crossed = slants > 0
            same = next((index for index, (box, _) in enumerate(boxes) if _is_same(box, bounds)), None)
            if same is None:
                boxes.append((bounds, crossed))
            else:
                boxes[same] = (boxes[same][0], boxes[same][1] or crossed)
        else:
            others.append(bounds)
    return [(box, crossed or any(_is_inside(other, box) for other in others)) for box, crossed in boxes]


def _bounds(path: Any) -> Bounds | None:
    from pypdfium2 import raw

    edges = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(path.raw, *edges):
        return None
    left, bottom, right, top = (edge.value for edge in edges)
    return left, bottom, right, top


def _strokes(path: Any) -> tuple[int, int]:
    """How many lines of a path run along the page's edges, and how many aslant."""
    from pypdfium2 import raw

    edges, slants = 0, 0
    x, y = ctypes.c_float(), ctypes.c_float()
    before: tuple[float, float] | None = None
    start: tuple[float, float] | None = None
    for index in range(min(raw.FPDFPath_CountSegments(path.raw), _MOST_SEGMENTS)):
        segment = raw.FPDFPath_GetPathSegment(path.raw, index)
        if not raw.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        point, kind = (x.value, y.value), raw.FPDFPathSegment_GetType(segment)
        ends = [(before, point)] if kind == raw.FPDF_SEGMENT_LINETO and before is not None else []
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        before = point
        if raw.FPDFPathSegment_GetClose(segment) and start is not None:
            ends.append((point, start))
            before = start
        for (x1, y1), (x2, y2) in ends:
            dx, dy = abs(x1 - x2), abs(y1 - y2)
            slants += dx > 1 and dy > 1
            edges += (dx > 1) != (dy > 1)
    return edges, slants


def _is_square(bounds: Bounds) -> bool:
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    return _SIDES[0] <= width <= _SIDES[1] and _SIDES[0] <= height <= _SIDES[1] and abs(width - height) <= 2.0


def _is_dark(path: Any) -> bool:
    """Whether a path is filled with a dark colour: a bullet, not a box."""
    from pypdfium2 import raw

    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path.raw, mode, stroke) or mode.value == raw.FPDF_FILLMODE_NONE:
        return False
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    found = raw.FPDFPageObj_GetFillColor(path.raw, red, green, blue, alpha)
    return bool(found) and red.value + green.value + blue.value < 384


def _is_same(one: Bounds, other: Bounds) -> bool:
    return all(abs(a - b) <= 2.5 for a, b in zip(one, other, strict=True))


def _is_inside(inner: Bounds, box: Bounds) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    small = inner[2] - inner[0] <= 22 and inner[3] - inner[1] <= 22
    return small and box[0] <= x <= box[2] and box[1] <= y <= box[3]
