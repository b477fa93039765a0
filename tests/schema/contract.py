"""Validation of documents and the comparison of two schemas of one version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from extractor.schema import schema_of

from ..conftest import ROOT

FROZEN = ROOT / "tests" / "schema" / "frozen"
STORED = ROOT / "tests" / "schema" / "stored"
_WORDS = frozenset({"title", "description", "default", "$defs", "$schema", "$id", "examples"})
"""What a schema says to people; a change of it breaks nobody's program."""


@cache
def validator(document: str) -> Draft202012Validator:
    schema = schema_of(document)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def problems(document: str, data: Any) -> list[str]:
    """Where a document is not as its schema says."""
    return [f"{error.json_path}: {error.validator}" for error in validator(document).iter_errors(data)]


def as_data(model: Any) -> Any:
    """A model as whoever reads its JSON gets it."""
    return json.loads(model.model_dump_json())


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a program that was written for the old schema could trip over in a document of the new one, or the reverse."""
    return list(_breaks(_inlined(old, old), _inlined(new, new), "$"))


def _breaks(old: Any, new: Any, path: str) -> Iterator[str]:
    if "properties" not in old or "properties" not in new:
        for key in sorted(old.keys() | new.keys()):
            if key in ("anyOf", "items") and key in old and key in new:
                yield from _inner(old[key], new[key], path)
            elif old.get(key) != new.get(key):
                yield f"{path}: {key} was {old.get(key)}, is {new.get(key)}"
        return
    for name, field in old["properties"].items():
        if name not in new["properties"]:
            yield f"{path}.{name} disappeared"
            continue
        yield from _breaks(field, new["properties"][name], f"{path}.{name}")
    for name in sorted(set(old["required"]) - set(new["required"])):
        yield f"{path}.{name} is no longer always there"
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"{path}.{name} is new and asked for: name it in extractor.schema.ADDED"


def _inner(old: Any, new: Any, path: str) -> Iterator[str]:
    """The items of an array, or the alternatives of a union, which keep their order."""
    if isinstance(old, list):
        if len(old) != len(new):
            yield f"{path}: it had {len(old)} alternatives, has {len(new)}"
            return
        for before, after in zip(old, new, strict=True):
            yield from _breaks(before, after, path)
    else:
        yield from _breaks(old, new, f"{path}[]")


def _inlined(part: Any, whole: Mapping[str, Any]) -> Any:
    """Follow references, so that the name of a model is free to change; leave out words for people."""
    if isinstance(part, list):
        return [_inlined(item, whole) for item in part]
    if not isinstance(part, Mapping):
        return part
    if "$ref" in part:
        return _inlined(whole["$defs"][part["$ref"].rpartition("/")[2]], whole)
    plain = {}
    for key, value in part.items():
        if key == "properties":
            plain[key] = {name: _inlined(field, whole) for name, field in value.items()}
        elif key not in _WORDS:
            plain[key] = sorted(value) if key in ("required", "enum") else _inlined(value, whole)
    if "properties" in plain:
        plain.setdefault("required", [])
    return plain
