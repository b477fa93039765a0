"""Rules by id: what each says, who says so, and on which dates of service it holds (``lexicons/rules.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from extractor.coding.errors import PolicyError
from extractor.coding.toml import check_keys, read_toml, take_date, take_strings, take_text
from extractor.lexicon.paths import lexicon_root

__all__ = ["Rule", "load_rules", "rule_source"]

_KEYS = frozenset({"id", "statement", "facts", "sources", "confidence", "effective_from", "effective_to", "settings"})
_CONFIDENCES = ("high", "medium-high", "medium", "method")


@dataclass(frozen=True)
class Rule:
    """One rule that a reason or a finding can cite."""

    id: str
    statement: str
    facts: tuple[str, ...]
    """Row ids of the facts dossier."""
    sources: tuple[str, ...]
    """Keys of ``sources.tsv``."""
    confidence: str
    """``method`` marks a rule of this program's own making; its source is the contract."""
    effective_from: date | None
    effective_to: date | None
    settings: tuple[str, ...] = ()
    """Policy keys that decide about it."""

    @property
    def citation(self) -> str:
        """Return sources and dates in one line."""
        return ", ".join(self.sources) + _dates(self.effective_from, self.effective_to)


def _dates(start: date | None, end: date | None) -> str:
    if start and end:
        return f"; dates of service {start} to {end}"
    if start:
        return f"; dates of service from {start}"
    return f"; dates of service to {end}" if end else ""


@cache
def load_rules() -> dict[str, Rule]:
    """Return the rules by id.

    Raises:
        PolicyError: naming file and key, if the file is malformed or an id is there twice.
    """
    file = lexicon_root() / "rules.toml"
    document = read_toml(file)
    check_keys(document, frozenset({"rule"}), file=file)
    rules: dict[str, Rule] = {}
    for item in document.get("rule", []):
        rule = _rule(item, file)
        if rule.id in rules:
            raise PolicyError("The rule is there twice.", file=file, key=rule.id)
        rules[rule.id] = rule
    return rules


def _rule(item: dict[str, Any], file: Path) -> Rule:
    name = take_text(item, "id", file=file, where="rule")
    check_keys(item, _KEYS, file=file, where=name)
    confidence = take_text(item, "confidence", file=file, where=name)
    if confidence not in _CONFIDENCES:
        raise PolicyError(f"{confidence!r} is none of {', '.join(_CONFIDENCES)}.", file=file, key=f"{name}.confidence")
    sources = take_strings(item, "sources", file=file, where=name)
    if not sources:
        raise PolicyError("A rule needs a source.", file=file, key=f"{name}.sources")
    return Rule(
        name,
        take_text(item, "statement", file=file, where=name),
        take_strings(item, "facts", file=file, where=name),
        sources,
        confidence,
        take_date(item, "effective_from", file=file, where=name),
        take_date(item, "effective_to", file=file, where=name),
        take_strings(item, "settings", file=file, where=name),
    )


@cache
def rule_source(rule_id: str) -> str:
    """Return the citation of a rule.

    Raises:
        KeyError: if there is no such rule; a reason that cites none is a fault of this program.
    """
    return load_rules()[rule_id].citation
