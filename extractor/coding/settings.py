"""The keys of a policy: what each decides, and which values it may take.

The values are data (``lexicons/policies``); this module only says which questions a policy answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["KEYS", "SHOWN_KEYS", "Key", "Origin", "Settings", "Value", "parse_setting"]

Value = str | int | bool | tuple[str, ...] | None


@dataclass(frozen=True)
class Key:
    """One question that a policy answers."""

    name: str
    description: str
    choices: tuple[str, ...] = ()
    """Allowed texts; empty for the other types."""
    kind: type = str
    """str, int, bool or tuple (a list of texts)."""
    nullable: bool = False
    """Whether the text ``none`` stands for "no rule"."""

    def accept(self, value: Any) -> Value:
        """Return a value from TOML in its final type.

        Raises:
            ValueError: with a sentence that says what is allowed.
        """
        if self.nullable and value == "none":
            return None
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{value!r} is none of {', '.join(self.choices)}.")
            return str(value)
        if self.kind is tuple:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError("A list of texts is needed here.")
            return tuple(value)
        if self.kind is int and (type(value) is not int or value < 0):
            raise ValueError(f"{value!r} is no whole number{' or none' if self.nullable else ''}.")
        if self.kind is bool and type(value) is not bool:
            raise ValueError(f"{value!r} is neither true nor false.")
        accepted: Value = value
        return accepted


_ALL = (
    Key("laterality", "whether left and right of one muscle are two", ("by-side", "by-name", "unsettled")),
    Key("groups", "whether a collective name counts as one muscle", ("unsettled", "one")),
    Key("toxin", "what botulinum toxin in a trigger point is", ("unsettled", "tpi", "chemodenervation")),
    Key("sacroiliac_without_imaging", "code of a sacroiliac joint injection that the note says had no imaging",
        ("tpi", "none")),
    Key("saline_only", "whether saline alone is an injectate that the payer accepts", ("injectate", "excluded")),
    Key("guidance", "imaging guidance beside trigger point injections", ("separate", "not-covered")),
    Key("anesthetic_codes", "HCPCS codes of local anesthetics", ("information", "suppress", "bill")),
    Key("lt_rt", "LT and RT on the line of the trigger point injection", ("omit", "add")),
    Key("repeat_same_day", "76 and 77 for a second session on one date", ("blocked", "allowed")),
    Key("distinct_modifier", "modifier preferred for a distinct site", ("59", "XS")),
    Key("frequency_sessions", "sessions allowed in frequency_months", kind=int, nullable=True),
    Key("frequency_months", "length of the rolling window of frequency_sessions, in months", kind=int, nullable=True),
    Key("frequency_scope", "what frequency_sessions counts", ("patient", "region")),
    Key("weeks_between", "least time between two sessions, in weeks", kind=int, nullable=True),
    Key("repeat_relief_percent", "relief by the earlier session that a repetition needs, in percent", kind=int,
        nullable=True),
    Key("repeat_relief_weeks", "how long that relief must have lasted, in weeks", kind=int, nullable=True),
    Key("one_region", "whether a session may treat one region only", kind=bool),
    Key("other_blocks", "other blocks in the same session", ("allowed", "not-covered")),
    Key("exam_findings", "trigger point findings that the examination must give", kind=int),
    Key("documentation", "documentation findings that this payer would write up", kind=tuple),
    Key("diagnoses", "ICD-10-CM codes that support the procedure; empty: no list", kind=tuple),
    Key("excluded_substances", "substance classes that this payer excludes", kind=tuple),
    Key("denial_scope", "what an excluded substance denies", ("claim", "drug")),
    Key("excludes1", "diagnoses that exclude each other", ("warn", "block")),
)  # fmt: skip

KEYS: dict[str, Key] = {key.name: key for key in _ALL}
SHOWN_KEYS: tuple[str, ...] = tuple(key.name for key in _ALL if key.kind is not tuple)
"""Keys whose value every decision shows; lists are shown by ``tpi policy show``."""


@dataclass(frozen=True)
class Origin:
    """Where the value of a setting comes from."""

    policy: str
    sources: tuple[str, ...]
    confidence: str
    since: str = ""


@dataclass(frozen=True)
class Settings:
    """A policy's answers on one date of service."""

    laterality: str
    groups: str
    toxin: str
    sacroiliac_without_imaging: str
    saline_only: str
    guidance: str
    anesthetic_codes: str
    lt_rt: str
    repeat_same_day: str
    distinct_modifier: str
    frequency_sessions: int | None
    frequency_months: int | None
    frequency_scope: str
    weeks_between: int | None
    repeat_relief_percent: int | None
    repeat_relief_weeks: int | None
    one_region: bool
    other_blocks: str
    exam_findings: int
    documentation: tuple[str, ...]
    diagnoses: tuple[str, ...]
    excluded_substances: tuple[str, ...]
    denial_scope: str
    excludes1: str
    policy: str = "cpt"
    lineage: tuple[str, ...] = ()
    """Ids of the policies from which these answers come, the most general first."""
    origins: dict[str, Origin] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_medicare(self) -> bool:
        """Whether Medicare's own rules (notices, S codes) apply."""
        return "medicare" in self.lineage

    def shown(self) -> dict[str, str | int | float | bool | None]:
        """Return the settings that a decision shows."""
        return {name: getattr(self, name) for name in SHOWN_KEYS}

    def source(self, key: str) -> str:
        """Return who says so: the policy's name and its sources."""
        origin = self.origins.get(key)
        if origin is None:
            return self.policy
        keys = ", ".join(origin.sources)
        return f"policy {origin.policy}" + (f" ({keys})" if keys else "")


def parse_setting(name: str, text: str) -> Value:
    """Return the value of a setting written as text (command line, environment).

    Args:
        name: a key of :data:`KEYS`.
        text: its value; lists are joined by ``|``, ``none`` means no rule.

    Raises:
        ValueError: with a sentence that names the known keys or the allowed values.
    """
    key = KEYS.get(name)
    if key is None:
        raise ValueError(f"Unknown setting {name!r}; known are {', '.join(KEYS)}.")
    raw: Any = text.strip()
    if key.kind is tuple:
        raw = [part.strip() for part in text.split("|") if part.strip()]
    elif key.kind is int and raw.isdecimal():
        raw = int(raw)
    elif key.kind is bool:
        raw = {"true": True, "yes": True, "false": False, "no": False}.get(raw.lower(), raw)
    return key.accept(raw)
