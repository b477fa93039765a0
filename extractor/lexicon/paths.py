"""Where the knowledge lies: ``lexicons/`` in a checkout, ``extractor/_lexicons`` in an installed wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

__all__ = ["OVERLAY_VARIABLE", "lexicon_root", "overlay_dirs"]

OVERLAY_VARIABLE = "TPI_LEXICON_DIR"

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def lexicon_root() -> Path:
    """Return the folder of the shipped lexicons.

    The wheel carries them inside the package; a checkout keeps them beside it, where people edit them.

    Raises:
        FileNotFoundError: if neither folder exists, which means a broken installation.
    """
    installed = _PACKAGE / "_lexicons"
    checkout = _PACKAGE.parent / "lexicons"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"No lexicons: neither {installed} nor {checkout} exists. Reinstall tpi-extractor.")


def overlay_dirs() -> tuple[Path, ...]:
    """Return the practice's own folders named in ``TPI_LEXICON_DIR`` (several are separated as in ``PATH``)."""
    value = os.environ.get(OVERLAY_VARIABLE, "")
    return tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part)
