"""What may be said of an error: its kind and its place, never its own words, which could quote a patient's note."""

from __future__ import annotations

from pathlib import Path

__all__ = ["UserError", "place_of"]


class UserError(Exception):
    """What a user can cause and mend: the message says what to do, on one line, without a word of a note."""


def place_of(error: BaseException) -> str:
    """Return an error's type and the line where it arose, such as ``KeyError in spelling.py:118``."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
    return f"{type(error).__name__} in {where}"
