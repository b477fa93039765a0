"""Trigger point injections: from a free-text note to the muscles injected and the code that the note proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "extract", "load"]

if TYPE_CHECKING:
    from extractor.api import extract, load


def __getattr__(name: str):
    # spaCy takes most of a second to import: `tpi --help` and the version must not pay for it.
    if name in ("extract", "load"):
        from extractor import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
