"""Policies: named, dated answers to the questions that the code set leaves open.

A policy is a TOML file. It inherits from another one (in the end from ``cpt``) and changes some settings, each for
all dates or for dated intervals. ``Policy.at(date)`` gives the answers on one date of service.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from extractor.coding.errors import PolicyError
from extractor.coding.settings import KEYS, Origin, Settings, Value, parse_setting
from extractor.coding.toml import check_keys, read_toml, take_date, take_strings, take_text
from extractor.lexicon.paths import lexicon_root, overlay_dirs

__all__ = ["CONFIDENCES", "DatedValue", "Policy", "list_policies", "load_policy", "policy_files"]

CONFIDENCES = ("high", "medium-high", "medium", "practice")
_HEAD = frozenset({
    "id", "title", "inherits", "description", "sources", "confidence", "effective_from", "effective_to", "settings",
})  # fmt: skip
_DATED = frozenset({"value", "from", "to", "sources", "confidence", "note"})
_MAX_DEPTH = 8


@dataclass(frozen=True)
class DatedValue:
    """One value of a setting and the dates of service on which it holds (both inclusive; None is open)."""

    value: Value
    start: date | None
    end: date | None
    sources: tuple[str, ...]
    confidence: str
    note: str = ""

    def holds(self, day: date | None) -> bool:
        """Say whether the value holds on a date; without a date, whether it holds today, that is, has no end."""
        if day is None:
            return self.end is None
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, eq=False)
class Policy:
    """A named set of dated answers; two policies of the same files and overrides decide alike."""

    id: str
    title: str
    description: str
    sources: tuple[str, ...]
    confidence: str
    inherits: Policy | None
    values: Mapping[str, tuple[DatedValue, ...]]
    overrides: Mapping[str, Value]
    file: Path
    digest: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "_resolved", {})

    @property
    def chain(self) -> tuple[Policy, ...]:
        """The policy and what it inherits from, the most general first."""
        return (*(self.inherits.chain if self.inherits else ()), self)

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with any file or override of the policy."""
        text = "".join(link.digest for link in self.chain) + repr(sorted(self.overrides.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def at(self, day: date | None) -> Settings:
        """Return the settings in force on a date of service (None: those that are in force without an end).

        Raises:
            PolicyError: if no policy of the chain answers a question on that date.
        """
        resolved: dict[date | None, Settings] = self._resolved  # type: ignore[attr-defined]
        if day not in resolved:
            if len(resolved) > 4096:
                resolved.clear()
            resolved[day] = self._resolve(day)
        return resolved[day]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_resolved": {}}

    def _resolve(self, day: date | None) -> Settings:
        found: dict[str, Value] = {}
        origins: dict[str, Origin] = {}
        for link in self.chain:
            for name, rows in link.values.items():
                for row in rows:
                    if row.holds(day):
                        found[name] = row.value
                        since = row.start.isoformat() if row.start else ""
                        origins[name] = Origin(link.id, row.sources, row.confidence, since)
        for name, value in self.overrides.items():
            found[name] = value
            origins[name] = Origin("your setting", (), "practice")
        missing = [name for name in KEYS if name not in found]
        if missing:
            raise PolicyError(f"No policy answers {', '.join(missing)} on {day or 'today'}.", file=self.file)
        values: dict[str, Any] = dict(found)
        return Settings(**values, policy=self.id, lineage=tuple(link.id for link in self.chain), origins=origins)


def policy_files(dirs: tuple[Path, ...] = ()) -> dict[str, Path]:
    """Return the policy files by name: the shipped ones, then a practice's own ``policies`` folders.

    Args:
        dirs: lexicon folders of a practice beside those that ``TPI_LEXICON_DIR`` names.
    """
    files: dict[str, Path] = {}
    for folder in (lexicon_root(), *overlay_dirs(), *dirs):
        files.update(_listed(folder / "policies"))
    return files


def _listed(folder: Path) -> dict[str, Path]:
    try:
        stamp = folder.stat().st_mtime_ns
    except OSError:
        return {}
    return _listed_at(folder, stamp)


@lru_cache(maxsize=64)
def _listed_at(folder: Path, stamp: int) -> dict[str, Path]:
    # The folder's modification time is part of the key: a file that comes or goes changes it.
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def list_policies() -> tuple[str, ...]:
    """Return the names that :func:`load_policy` knows, sorted."""
    return tuple(sorted(policy_files()))


def load_policy(name: str | Path = "cpt", overrides: Mapping[str, Any] | None = None) -> Policy:
    """Return a policy by name, or from a file of the practice's own.

    Args:
        name: a name of :func:`list_policies`, or the path of a TOML file.
        overrides: settings that outrank the file, as text or in their own type.

    Raises:
        PolicyError: naming file and key, if the policy is unknown or malformed, or a setting has no such value.
    """
    policy = _load(_find(name), 0)
    if not overrides:
        return policy
    return _with_overrides(policy, overrides)


def _with_overrides(policy: Policy, overrides: Mapping[str, Any]) -> Policy:
    accepted: dict[str, Value] = {}
    for key, value in overrides.items():
        try:
            accepted[key] = parse_setting(key, value) if isinstance(value, str) else _accept(key, value)
        except ValueError as error:
            raise PolicyError(str(error), key=key) from error
    fields = {name: getattr(policy, name) for name in policy.__dataclass_fields__}
    return Policy(**{**fields, "overrides": {**policy.overrides, **accepted}})


def _accept(name: str, value: Any) -> Value:
    if name not in KEYS:
        raise ValueError(f"Unknown setting {name!r}; known are {', '.join(KEYS)}.")
    if value is None and KEYS[name].nullable:
        return None
    return KEYS[name].accept(list(value) if isinstance(value, tuple) else value)


def _find(name: str | Path, *, beside: Path | None = None) -> Path:
    files = policy_files()
    if isinstance(name, str) and name in files:
        return files[name]
    path = Path(name).expanduser()
    if path.suffix == ".toml" or isinstance(name, Path):
        return (beside.parent / path if beside and not path.is_absolute() else path).resolve()
    raise PolicyError(f"There is no policy {str(name)!r}; there are {', '.join(sorted(files))}, or a .toml file.")


def _load(file: Path, depth: int) -> Policy:
    try:
        stamp = file.stat().st_mtime_ns
    except OSError as error:
        raise PolicyError(f"The file cannot be read: {error.strerror}.", file=file) from error
    return _read(file, stamp, depth)


@cache
def _read(file: Path, stamp: int, depth: int) -> Policy:
    # The modification time is part of the key, so that a long-lived server sees an edited policy.
    if depth > _MAX_DEPTH:
        raise PolicyError("The policies inherit from each other in a circle.", file=file, key="inherits")
    document = read_toml(file)
    check_keys(document, _HEAD, file=file)
    parent = take_text(document, "inherits", file=file, default="")
    confidence = take_text(document, "confidence", file=file, default="practice")
    if confidence not in CONFIDENCES:
        raise PolicyError(f"{confidence!r} is none of {', '.join(CONFIDENCES)}.", file=file, key="confidence")
    settings = document.get("settings", {})
    if not isinstance(settings, dict):
        raise PolicyError("A table is needed here.", file=file, key="settings")
    base = DatedValue(
        None, take_date(document, "effective_from", file=file), take_date(document, "effective_to", file=file),
        take_strings(document, "sources", file=file), confidence,
    )  # fmt: skip
    return Policy(
        id=take_text(document, "id", file=file, default=file.stem),
        title=take_text(document, "title", file=file, default=file.stem),
        description=take_text(document, "description", file=file, default=""),
        sources=base.sources,
        confidence=confidence,
        inherits=_load(_find(parent, beside=file), depth + 1) if parent else None,
        values={name: _values(name, value, base, file) for name, value in settings.items()},
        overrides={},
        file=file,
        digest=hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest(),
    )


def _values(name: str, value: Any, base: DatedValue, file: Path) -> tuple[DatedValue, ...]:
    where = f"settings.{name}"
    if name not in KEYS:
        raise PolicyError(f"Unknown setting; known are {', '.join(KEYS)}.", file=file, key=where)
    if not (isinstance(value, list) and value and all(isinstance(item, dict) for item in value)):
        value = [{"value": value}]
    rows = [_dated(name, item, base, file) for item in value]
    ordered = sorted(rows, key=lambda row: row.start or date.min)
    for earlier, later in pairwise(ordered):
        if earlier.end is None or later.start is None or later.start <= earlier.end:
            raise PolicyError("Two values hold on the same date.", file=file, key=where)
    return tuple(ordered)


def _dated(name: str, item: dict[str, Any], base: DatedValue, file: Path) -> DatedValue:
    where = f"settings.{name}"
    check_keys(item, _DATED, file=file, where=where)
    if "value" not in item:
        raise PolicyError("A value is needed here.", file=file, key=f"{where}.value")
    try:
        value = KEYS[name].accept(item["value"])
    except ValueError as error:
        raise PolicyError(str(error), file=file, key=where) from error
    return DatedValue(
        value,
        take_date(item, "from", file=file, where=where) or base.start,
        take_date(item, "to", file=file, where=where) or base.end,
        take_strings(item, "sources", file=file, where=where) or base.sources,
        take_text(item, "confidence", file=file, where=where, default=base.confidence),
        take_text(item, "note", file=file, where=where, default=""),
    )
