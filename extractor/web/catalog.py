"""What the API tells of its knowledge: policies, names, samples, versions. No note comes here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from extractor.coding import Policy, PolicyError, list_policies, load_policy, resolve_policy
from extractor.coding.settings import KEYS
from extractor.lexicon import Lexicon, MuscleForm, RegionForm, load_lexicon
from extractor.web.engine import example_folder
from extractor.web.schemas import (
    Health,
    LexiconAnswer,
    LexiconSense,
    MuscleName,
    Policies,
    PolicyInfo,
    Sample,
    SettingInfo,
)

__all__ = ["health", "look_up", "muscle_names", "policies", "samples"]

Values = dict[str, str | int | bool | None]


def policies(default: str | None, settings: Sequence[str], day: date | None) -> Policies:
    """Return all policies with their answers on a date (None: those that are in force without an end)."""
    own = resolve_policy(default, settings)
    return Policies(
        default=own.id,
        default_settings=_values(own, day),
        policies=[_info(load_policy(name), day) for name in list_policies()],
        settings=[SettingInfo(name=key.name, description=key.description, choices=list(key.choices)) for key in KEYS.values()],
    )


def _info(policy: Policy, day: date | None) -> PolicyInfo:
    return PolicyInfo(
        id=policy.id, title=policy.title, description=policy.description, confidence=policy.confidence,
        sources=list(policy.sources), settings=_values(policy, day),
    )  # fmt: skip


def _values(policy: Policy, day: date | None) -> Values:
    try:
        return policy.at(day).shown()
    except PolicyError:
        # On that date the policy leaves a question open; deciding under it says so, and listing it need not fail.
        return {}


@lru_cache(maxsize=4)
def _lexicon(folders: tuple[str, ...]) -> Lexicon:
    return load_lexicon(folders)


def look_up(form: str, folders: tuple[str, ...]) -> tuple[LexiconAnswer | None, list[str]]:
    """Return what a name means, or the nearest names."""
    from extractor.lexicon.lookup import find_form

    lexicon = _lexicon(folders)
    found = find_form(lexicon, form)
    if not found.rows:
        return None, list(found.suggestions)
    senses = [sense for row in found.rows for sense in _senses(row, lexicon)]
    return LexiconAnswer(form=found.form, senses=senses, portions=list(found.portions)), []


def _senses(row: object, lexicon: Lexicon) -> list[LexiconSense]:
    if isinstance(row, MuscleForm):
        entries = [lexicon.muscles[target] for target in row.target]
        return [LexiconSense(kind=entry.kind, id=entry.id, name=entry.name, portion=row.portion, type=row.type) for entry in entries]
    if isinstance(row, RegionForm):
        return [LexiconSense(kind=row.kind, id=row.region, name=row.region.replace("_", " "))]
    return [LexiconSense(kind=row.kind, id="", name=row.sense)]


@lru_cache(maxsize=4)
def muscle_names(folders: tuple[str, ...]) -> list[MuscleName]:
    """Return what a coder can add: every muscle and group, in the lexicon's order."""
    return [
        MuscleName(id=entry.id, name=entry.name, latin=entry.latin, kind=entry.kind, region=entry.region.replace("_", " "))
        for entry in _lexicon(folders).muscles.values()
    ]


def samples() -> list[Sample]:
    """Return the example notes; their titles are their files' names."""
    found = []
    for file in sorted(example_folder().glob("*.txt")):
        title = file.stem.lstrip("0123456789-").replace("-", " ")
        found.append(Sample(id=file.stem, title=title.capitalize(), text=file.read_text(encoding="utf-8")))
    return found


def health(version: str, folders: tuple[str, ...]) -> Health:
    """Return that the server answers."""
    return Health(status="ok", version=version, lexicon=_lexicon(folders).version[:12])
