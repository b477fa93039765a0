"""The lexicon in memory: muscles, their forms, and every other table under ``lexicons/``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from extractor.lexicon.errors import LexiconError
from extractor.lexicon.normalize import normalize_form
from extractor.lexicon.paths import lexicon_root, overlay_dirs
from extractor.lexicon.rows import (
    AmbiguousSense,
    EnglishWord,
    MuscleEntry,
    MuscleForm,
    PortionForm,
    RegionForm,
)
from extractor.lexicon.tables import read_table

__all__ = ["Lexicon", "load_lexicon"]

Row = TypeVar("Row")


class Lexicon:
    """Everything that is known about names, read once and never changed.

    Tables are read when first asked for. Two lexicons of the same folders are the same object in one process;
    a pickled lexicon carries only its folders and is read again where it is unpickled.
    """

    def __init__(self, root: Path, overlays: Sequence[Path] = ()):
        """Use :func:`load_lexicon`, which also finds the folders.

        Args:
            root: the folder of the shipped tables.
            overlays: a practice's folders, in rising order of precedence.

        Raises:
            LexiconError: if an overlay is no folder, or holds a table that no shipped table has the name of.
        """
        self.root = root
        self.overlays = tuple(overlays)
        self._tables: dict[tuple[str, type[Any]], tuple[Any, ...]] = {}
        for folder in self.overlays:
            _check_overlay(root, folder)

    def __repr__(self) -> str:
        return f"Lexicon({str(self.root)!r}, overlays={[str(folder) for folder in self.overlays]!r})"

    def __reduce__(self) -> tuple[Callable[..., Lexicon], tuple[Path, tuple[Path, ...]]]:
        return _load, (self.root, self.overlays)

    def table(self, name: str, row_type: type[Row]) -> tuple[Row, ...]:
        """Return the rows of one table with the practice's own rows applied.

        Args:
            name: the file's name, with or without ``.tsv``.
            row_type: the NamedTuple of its rows.

        Raises:
            LexiconError: as :func:`extractor.lexicon.read_table`.
        """
        key = (name.removesuffix(".tsv"), row_type)
        if key not in self._tables:
            self._tables[key] = read_table(self.path_of(name), row_type, self.overlays_of(name))
        return self._tables[key]

    def path_of(self, name: str) -> Path:
        """Return where the shipped table of that name lies."""
        return self.root / f"{name.removesuffix('.tsv')}.tsv"

    def overlays_of(self, name: str) -> tuple[Path, ...]:
        """Return the practice's files of that name, in rising order of precedence."""
        file = self.path_of(name).name
        return tuple(folder / file for folder in self.overlays if (folder / file).is_file())

    @cached_property
    def muscles(self) -> dict[str, MuscleEntry]:
        """The muscles and groups by id, in the order of the files."""
        return {row.id: row for row in self.table("muscles", MuscleEntry)}

    @property
    def forms(self) -> tuple[MuscleForm, ...]:
        """How muscles are written; an ambiguous form has one row a sense."""
        return self.table("muscle_forms", MuscleForm)

    @property
    def regions(self) -> tuple[RegionForm, ...]:
        """Places that are no muscle but stand where one might."""
        return self.table("regions", RegionForm)

    @property
    def portions(self) -> tuple[PortionForm, ...]:
        """Words for a part of a muscle."""
        return self.table("portions", PortionForm)

    @property
    def ambiguous(self) -> tuple[AmbiguousSense, ...]:
        """The senses of ambiguous forms that are no muscle."""
        return self.table("ambiguous", AmbiguousSense)

    @cached_property
    def english_words(self) -> frozenset[str]:
        """Words that no spelling corrector may turn into a muscle."""
        return frozenset(row.word for row in self.table("english_words", EnglishWord))

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with any file of the lexicon, the practice's own included."""
        digest = hashlib.sha256()
        for folder in (self.root, *self.overlays):
            for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
                if path.suffix in {".tsv", ".toml"} and path.is_file():
                    digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                    # A checkout on Windows may have other line ends; it is the same knowledge.
                    digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
        return digest.hexdigest()[:12]

    def members(self, muscle_id: str) -> tuple[str, ...]:
        """Return the muscles below a group that each count as one, in the order of the files.

        A muscle that anatomies divide but coders count once (``longissimus``) stands for its parts. A muscle
        has no members: its parts are in :meth:`descendants`.

        Raises:
            KeyError: if there is no such id.
        """
        if self.muscles[muscle_id].kind == "muscle":
            return ()
        below = self._below[muscle_id]
        muscles = self.muscles
        hidden: set[str] = set()
        for child in below:
            if muscles[child].unit:
                hidden |= self._below[child]
        return tuple(child for child in muscles if child in below - hidden and muscles[child].kind == "muscle")

    def descendants(self, muscle_id: str) -> tuple[str, ...]:
        """Return every id below a group or a muscle: groups, muscles and their named parts, in the files' order.

        Raises:
            KeyError: if there is no such id.
        """
        below = self._below[muscle_id]
        return tuple(child for child in self.muscles if child in below)

    def ancestors(self, muscle_id: str) -> tuple[str, ...]:
        """Return what an id is part of: its parents, nearest first, then functional groups that list it.

        Raises:
            KeyError: if there is no such id.
        """
        if (known := self._ancestors.get(muscle_id)) is not None:
            return known
        chain: list[str] = []
        parent = self.muscles[muscle_id].parent
        while parent and parent not in chain:
            chain.append(parent)
            parent = self.muscles[parent].parent
        others = [name for name in self.muscles if muscle_id in self._below[name] and name not in chain]
        self._ancestors[muscle_id] = (*chain, *others)
        return self._ancestors[muscle_id]

    def senses(self, form: str) -> tuple[MuscleForm | AmbiguousSense | RegionForm, ...]:
        """Return every row whose form is the given one, however it is cased or hyphenated."""
        return self._by_form.get(normalize_form(form), ())

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        children: dict[str, set[str]] = {muscle_id: set() for muscle_id in self.muscles}
        for row in self.muscles.values():
            if row.parent:
                self._require(row.parent, row.id)
                children[row.parent].add(row.id)
            for member in row.members:
                self._require(member, row.id)
                children[row.id].add(member)
        return {muscle_id: _reachable(muscle_id, children) for muscle_id in children}

    def _require(self, muscle_id: str, named_by: str) -> None:
        if muscle_id not in self.muscles:
            problem = f"{named_by} names {muscle_id}, which is no row. Run `tpi lexicon check`."
            raise LexiconError(problem, file=self.path_of("muscles"))

    @cached_property
    def _by_form(self) -> dict[str, tuple[MuscleForm | AmbiguousSense | RegionForm, ...]]:
        found: dict[str, list[MuscleForm | AmbiguousSense | RegionForm]] = {}
        rows: tuple[MuscleForm | AmbiguousSense | RegionForm, ...] = (*self.forms, *self.ambiguous, *self.regions)
        for row in rows:
            found.setdefault(row.form, []).append(row)
        return {form: tuple(rows) for form, rows in found.items()}


def load_lexicon(dirs: Sequence[str | Path] = ()) -> Lexicon:
    """Return the lexicon, with a practice's own folders laid over the shipped one.

    Folders in the environment variable ``TPI_LEXICON_DIR`` come first, those in ``dirs`` override them.

    Raises:
        LexiconError: if a folder does not exist or holds a table that is not known.
        FileNotFoundError: if the shipped lexicons are missing.
    """
    overlays = (*overlay_dirs(), *(Path(folder).expanduser() for folder in dirs))
    return _load(lexicon_root(), tuple(folder.resolve() for folder in overlays))


@cache
def _load(root: Path, overlays: tuple[Path, ...]) -> Lexicon:
    return Lexicon(root, overlays)


def _check_overlay(root: Path, folder: Path) -> None:
    if not folder.is_dir():
        raise LexiconError("There is no such folder of lexicons.", file=folder)
    for file in sorted(folder.glob("*.tsv")):
        if not (root / file.name).is_file():
            known = ", ".join(sorted(path.name for path in root.glob("*.tsv")))
            raise LexiconError(f"No table has this name, so nothing would read it; there are {known}.", file=file)


def _reachable(start: str, children: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(children[start])
    while waiting:
        child = waiting.pop()
        if child not in found:
            found.add(child)
            waiting.extend(children[child])
    return frozenset(found)
