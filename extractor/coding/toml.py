"""Strict reading of TOML: a key that nobody reads is an error that names the file and the key."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from extractor.coding.errors import PolicyError

__all__ = ["check_keys", "read_toml", "take_date", "take_strings", "take_text"]


def read_toml(file: Path) -> dict[str, Any]:
    """Return the document in a file.

    Raises:
        PolicyError: if the file is missing, unreadable, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PolicyError(f"The file cannot be read: {error.strerror}.", file=file) from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"The file is not UTF-8 (byte {error.start}).", file=file) from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"This is not TOML: {error}.", file=file) from error


def check_keys(table: dict[str, Any], allowed: frozenset[str], *, file: Path, where: str = "") -> None:
    """Refuse keys that nobody reads.

    Raises:
        PolicyError: naming the first unknown key and the known ones.
    """
    for key in table:
        if key not in allowed:
            dotted = f"{where}.{key}" if where else key
            raise PolicyError(f"Unknown key; known are {', '.join(sorted(allowed))}.", file=file, key=dotted)


def take_text(table: dict[str, Any], key: str, *, file: Path, where: str = "", default: str | None = None) -> str:
    """Return a text value; without a default it must be there and not be empty."""
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise PolicyError("A text is needed here.", file=file, key=f"{where}.{key}" if where else key)
    return value


def take_strings(table: dict[str, Any], key: str, *, file: Path, where: str = "") -> tuple[str, ...]:
    """Return a list of texts; a missing key is an empty list."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PolicyError("A list of texts is needed here.", file=file, key=f"{where}.{key}" if where else key)
    return tuple(value)


def take_date(table: dict[str, Any], key: str, *, file: Path, where: str = "") -> date | None:
    """Return a calendar date written without quotes (2024-04-01), or None if the key is missing."""
    value = table.get(key)
    if value is None or type(value) is date:
        return value
    raise PolicyError("A date such as 2024-04-01 is needed here.", file=file, key=f"{where}.{key}" if where else key)
