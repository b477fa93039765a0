"""What counting needs to know of the lexicon, looked up once a muscle."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

__all__ = ["Anatomy", "AnatomySource", "anatomy_of"]


class AnatomySource(Protocol):
    """The part of :class:`extractor.lexicon.Lexicon` that counting depends on."""

    def __hash__(self) -> int: ...

    @property
    def muscles(self) -> Mapping[str, Any]:
        """Entries by id, each with ``kind``, ``name`` and ``region``."""

    def members(self, muscle_id: str) -> tuple[str, ...]:
        """The countable muscles below a group."""

    def ancestors(self, muscle_id: str) -> tuple[str, ...]:
        """What an id is part of."""


class Anatomy:
    """Cached answers about muscles; an id that the lexicon lacks is a muscle on its own."""

    def __init__(self, source: AnatomySource):
        """Wrap a lexicon; its tables are read when first asked for."""
        self._source = source
        self._members: dict[str, tuple[str, ...]] = {}
        self._above: dict[str, frozenset[str]] = {}

    def members(self, muscle_id: str) -> tuple[str, ...]:
        """Return the countable muscles below a group; empty for a muscle or an unknown id."""
        found = self._members.get(muscle_id)
        if found is None:
            found = self._source.members(muscle_id) if muscle_id in self._source.muscles else ()
            self._members[muscle_id] = found
        return found

    def above(self, muscle_id: str) -> frozenset[str]:
        """Return the ids that a muscle is part of: groups, and the plain muscle of a named part."""
        found = self._above.get(muscle_id)
        if found is None:
            known = muscle_id in self._source.muscles
            found = frozenset(self._source.ancestors(muscle_id)) if known else frozenset()
            self._above[muscle_id] = found
        return found

    def is_group(self, muscle_id: str, stated_kind: str) -> bool:
        """Say whether an id is a collective name; the lexicon outranks what the record says."""
        entry = self._source.muscles.get(muscle_id)
        return (entry.kind if entry is not None else stated_kind) == "group"

    def name(self, muscle_id: str) -> str:
        """Return what people read."""
        entry = self._source.muscles.get(muscle_id)
        return entry.name if entry is not None else muscle_id.replace("_", " ")

    def region(self, muscle_id: str) -> str:
        """Return the lexicon's region of a muscle; empty if it has none."""
        entry = self._source.muscles.get(muscle_id)
        return entry.region if entry is not None else ""

    def is_paired(self, muscle_id: str) -> bool:
        """Say whether there is one on each side; an unknown id is taken as paired."""
        entry = self._source.muscles.get(muscle_id)
        return bool(getattr(entry, "paired", True))


@lru_cache(maxsize=8)
def anatomy_of(source: AnatomySource) -> Anatomy:
    """Return the cached view of a lexicon."""
    return Anatomy(source)
