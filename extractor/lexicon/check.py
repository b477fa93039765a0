"""Whether the lexicon agrees with itself: each problem with the file and line that somebody must edit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from extractor.lexicon.errors import LexiconError
from extractor.lexicon.lexicon import Lexicon
from extractor.lexicon.normalize import normalize_form
from extractor.lexicon.rows import (
    AmbiguousSense,
    EnglishWord,
    MuscleEntry,
    MuscleForm,
    PortionForm,
    RegionForm,
)
from extractor.lexicon.tables import Located, read_located

__all__ = ["Problem", "check_lexicon"]

_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SOURCES = {"uberon": re.compile(r"UBERON:\d{7}"), "fma": re.compile(r"FMA:\d+"), "ta2": re.compile(r"\d+")}
_TABLES: dict[str, type[Any]] = {
    "muscles": MuscleEntry,
    "muscle_forms": MuscleForm,
    "regions": RegionForm,
    "portions": PortionForm,
    "english_words": EnglishWord,
    "ambiguous": AmbiguousSense,
}
_Rows = dict[str, tuple[Located, ...]]


class Problem(NamedTuple):
    """One thing to mend."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def check_lexicon(lexicon: Lexicon) -> tuple[Problem, ...]:
    """Return everything that is wrong with the muscles, forms, regions, portions and words of a lexicon.

    A table that cannot be read is one problem; what depends on it is not looked at then.
    """
    problems: list[Problem] = []
    rows: _Rows = {}
    for name, row_type in _TABLES.items():
        try:
            located, idle = read_located(lexicon.path_of(name), row_type, lexicon.overlays_of(name))
        except LexiconError as error:
            problems.append(_of_error(error))
            continue
        rows[name] = located
        problems.extend(_of_error(error) for error in idle)
    if len(rows) == len(_TABLES):
        problems.extend(_check_muscles(rows["muscles"]))
        problems.extend(_check_forms(rows))
        problems.extend(_check_senses(rows))
        problems.extend(_check_regions(rows))
        problems.extend(_check_portions(rows))
        problems.extend(_check_words(rows))
    return tuple(sorted(set(problems)))


def _of_error(error: LexiconError) -> Problem:
    column = f"column {error.column}: " if error.column else ""
    return Problem(error.file or Path(), error.line or 0, f"{column}{error.problem}")


def _at(located: Located, text: str) -> Problem:
    return Problem(located.file, located.line, text)


def _twice(rows: Iterable[Located], key: Any, what: str) -> Iterator[Problem]:
    first: dict[Any, Located] = {}
    for located in rows:
        value = key(located.row)
        if value in first:
            where = first[value]
            yield _at(located, f"{what} is already at {where.file.name}:{where.line}.")
        first.setdefault(value, located)


def _check_muscles(rows: tuple[Located, ...]) -> Iterator[Problem]:
    by_id: dict[str, MuscleEntry] = {located.row.id: located.row for located in rows}
    yield from _twice(rows, lambda row: row.id, "This id")
    for located in rows:
        row: MuscleEntry = located.row
        if not _ID.fullmatch(row.id):
            yield _at(located, f"The id {row.id!r} is not in snake_case.")
        if not row.name or not row.region:
            yield _at(located, f"{row.id} has no {'region' if row.name else 'name'}.")
        if row.unit and row.kind == "group":
            yield _at(located, f"{row.id} is a group; only a muscle counts as one.")
        if row.members and row.kind == "muscle":
            yield _at(located, f"{row.id} is a muscle; only a group lists members.")
        for member in row.members:
            if member not in by_id:
                yield _at(located, f"The member {member!r} is no id of this table.")
        yield from _check_parent(located, by_id)
        for column, pattern in _SOURCES.items():
            value = getattr(row, column)
            if value and not pattern.fullmatch(value):
                yield _at(located, f"{value!r} is no {column} id.")
    for column in _SOURCES:
        named = [located for located in rows if getattr(located.row, column)]
        yield from _twice(named, lambda row, column=column: getattr(row, column), f"This {column} id")


def _check_parent(located: Located, by_id: dict[str, MuscleEntry]) -> Iterator[Problem]:
    row: MuscleEntry = located.row
    if not row.parent:
        return
    parent = by_id.get(row.parent)
    if parent is None:
        yield _at(located, f"The parent {row.parent!r} is no id of this table.")
        return
    if parent.kind == "muscle" and not parent.unit:
        yield _at(located, f"The parent {row.parent} of {row.id} is a muscle that is not a unit of named parts.")
    if parent.kind == "muscle" and row.kind == "group":
        yield _at(located, f"The group {row.id} has the muscle {row.parent} as its parent.")
    waiting, seen = [row.parent, *row.members], set[str]()
    while waiting:
        name = waiting.pop()
        if name == row.id:
            yield _at(located, f"{row.id} is above itself.")
            return
        if name in by_id and name not in seen:
            seen.add(name)
            waiting.append(by_id[name].parent)


def _check_forms(rows: _Rows) -> Iterator[Problem]:
    ids = {located.row.id for located in rows["muscles"]}
    portions = {located.row.portion for located in rows["portions"]}
    words = {located.row.word for located in rows["english_words"]}
    yield from _twice(rows["muscle_forms"], lambda row: (row.form, row.target, row.portion), "This form of the muscle")
    for located in rows["muscle_forms"]:
        row: MuscleForm = located.row
        yield from _check_normal(located, row.form)
        if not row.target:
            yield _at(located, f"{row.form!r} has no target.")
        for target in row.target:
            if target not in ids:
                yield _at(located, f"{row.form!r}: {target!r} is no id of muscles.tsv.")
        if (len(row.target) > 1) != (row.type == "coordinated"):
            yield _at(located, f"{row.form!r}: a coordinated form, and no other, has several targets.")
        if row.portion and row.portion not in portions:
            yield _at(located, f"{row.form!r}: {row.portion!r} is no portion of portions.tsv.")
        if row.prefer and not row.ambiguous:
            yield _at(located, f"{row.form!r} is not ambiguous, so nothing reads its context.")
        if row.type == "misspelling" and row.form in words:
            yield _at(located, f"The misspelling {row.form!r} is a word of english_words.tsv.")
    named = {target for located in rows["muscle_forms"] for target in located.row.target}
    for located in rows["muscles"]:
        if located.row.id not in named:
            yield _at(located, f"No form names {located.row.id}.")


def _check_normal(located: Located, form: str) -> Iterator[Problem]:
    if form != normalize_form(form) or not form:
        yield _at(located, f"The form {form!r} must be written {normalize_form(form)!r}.")


def _check_senses(rows: _Rows) -> Iterator[Problem]:
    regions = {located.row.region for located in rows["regions"]}
    senses: dict[str, list[Located]] = defaultdict(list)
    for located in rows["muscle_forms"]:
        senses[located.row.form].append(located)
    others: dict[str, list[Located]] = defaultdict(list)
    for located in rows["ambiguous"]:
        others[located.row.form].append(located)
        yield from _check_normal(located, located.row.form)
        if located.row.kind == "region" and located.row.sense not in regions:
            yield _at(located, f"{located.row.form!r}: {located.row.sense!r} is no region of regions.tsv.")
        if located.row.form not in senses:
            yield _at(located, f"No muscle form is {located.row.form!r}, so nothing is ambiguous.")
    yield from _twice(rows["ambiguous"], lambda row: (row.form, row.sense), "This sense")
    for form, found in senses.items():
        meanings = {(located.row.target, located.row.portion) for located in found}
        several = len(meanings) > 1 or form in others
        for located in found:
            if several and not located.row.ambiguous:
                yield _at(located, f"{form!r} has several senses and must be marked ambiguous.")
            if not several and located.row.ambiguous:
                yield _at(located, f"{form!r} is marked ambiguous but has one sense.")
        defaults = [located for located in (*found, *others.get(form, ())) if "*" in located.row.prefer]
        if len(defaults) > 1:
            yield _at(defaults[-1], f"{form!r} has more than one default sense (*).")


def _check_regions(rows: _Rows) -> Iterator[Problem]:
    muscles = {located.row.form: located for located in rows["muscle_forms"]}
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for located in rows["regions"]:
        kinds[located.row.region][located.row.kind] += 1
    yield from _twice(rows["regions"], lambda row: row.form, "This form")
    for located in rows["regions"]:
        row: RegionForm = located.row
        yield from _check_normal(located, row.form)
        if not _ID.fullmatch(row.region):
            yield _at(located, f"The region {row.region!r} is not in snake_case.")
        if row.form in muscles:
            where = muscles[row.form]
            yield _at(located, f"{row.form!r} is a muscle at {where.file.name}:{where.line}.")
        usual = kinds[row.region].most_common(1)[0][0]
        if row.kind != usual:
            yield _at(located, f"The region {row.region} is a {usual} elsewhere, a {row.kind} here.")


def _check_portions(rows: _Rows) -> Iterator[Problem]:
    ids = {located.row.id for located in rows["muscles"]}
    yield from _twice(
        [located for located in rows["portions"] if "*" in located.row.applies_to],
        lambda row: row.form,
        "This form for any muscle",
    )
    for located in rows["portions"]:
        row: PortionForm = located.row
        yield from _check_normal(located, row.form)
        if not _ID.fullmatch(row.portion):
            yield _at(located, f"The portion {row.portion!r} is not in snake_case.")
        if not row.applies_to:
            yield _at(located, f"{row.form!r} applies to no muscle; write * for any.")
        for target in row.applies_to:
            if target != "*" and target not in ids:
                yield _at(located, f"{row.form!r}: {target!r} is no id of muscles.tsv.")


def _check_words(rows: _Rows) -> Iterator[Problem]:
    names = {
        located.row.form
        for located in rows["muscle_forms"]
        if located.row.type != "misspelling" and not located.row.ambiguous
    }
    yield from _twice(rows["english_words"], lambda row: row.word, "This word")
    for located in rows["english_words"]:
        word = located.row.word
        if not re.fullmatch(r"[a-z]+", word):
            yield _at(located, f"{word!r} is not one word in lower case.")
        if word in names:
            yield _at(located, f"{word!r} is a muscle's name.")
