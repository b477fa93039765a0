"""Which policy is in force: the user's file, then the environment, then the command line, in rising order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_config_dir

from extractor.coding.errors import PolicyError
from extractor.coding.policy import Policy, load_policy
from extractor.coding.settings import KEYS
from extractor.coding.toml import check_keys, read_toml, take_text

__all__ = ["POLICY_VARIABLE", "SETTINGS_VARIABLE", "configuration_file", "parse_assignments", "resolve_policy"]

POLICY_VARIABLE = "TPI_POLICY"
SETTINGS_VARIABLE = "TPI_SET"
_APP = "tpi-extractor"
_FILE_KEYS = frozenset({"policy", "settings"})


class _Layer(NamedTuple):
    """What one place says: a policy, settings, or neither."""

    policy: str
    settings: dict[str, Any]


def configuration_file() -> Path:
    """Return the user's configuration file, whether it exists or not.

    On Linux it is ``$XDG_CONFIG_HOME/tpi-extractor/config.toml`` (else below ``~/.config``); on Windows and macOS
    the usual place there.
    """
    return Path(user_config_dir(_APP, appauthor=False)) / "config.toml"


def parse_assignments(items: Sequence[str]) -> dict[str, str]:
    """Return ``KEY=VALUE`` items as settings; one item may hold several, joined by commas.

    Raises:
        PolicyError: if an item has no ``=`` or an unknown key.
    """
    settings: dict[str, str] = {}
    for part in (part.strip() for item in items for part in item.split(",")):
        if not part:
            continue
        key, separator, value = part.partition("=")
        if not separator:
            raise PolicyError(f"{part!r} is not KEY=VALUE, such as laterality=by-side.")
        if key.strip() not in KEYS:
            raise PolicyError(f"Unknown setting; known are {', '.join(KEYS)}.", key=key.strip())
        settings[key.strip()] = value.strip()
    return settings


def resolve_policy(cli_policy: str | Path | None = None, cli_set: Sequence[str] | None = None) -> Policy:
    """Return the policy in force.

    The highest place that names a policy chooses it (none: ``cpt``). Settings of the same or a higher place outrank
    it; a setting of a lower place answers only what the chosen policy itself leaves to ``cpt``.

    Args:
        cli_policy: name or file given on the command line.
        cli_set: ``KEY=VALUE`` items given on the command line.

    Raises:
        PolicyError: naming file and key, or the setting, that cannot be read.
    """
    layers = (
        _file_layer(),
        _Layer(os.environ.get(POLICY_VARIABLE, ""), parse_assignments([os.environ.get(SETTINGS_VARIABLE, "")])),
        _Layer(str(cli_policy or ""), dict(parse_assignments(cli_set or ()))),
    )
    chosen = max((place for place, layer in enumerate(layers) if layer.policy), default=-1)
    policy = load_policy(layers[chosen].policy) if chosen >= 0 else load_policy("cpt")
    own = {name for link in policy.chain[1:] for name in link.values}
    overrides: dict[str, Any] = {}
    for place, layer in enumerate(layers):
        for name, value in layer.settings.items():
            if place >= chosen or name not in own:
                overrides[name] = value
    return load_policy(policy.file, overrides) if overrides else policy


def _file_layer() -> _Layer:
    file = configuration_file()
    if not file.is_file():
        return _Layer("", {})
    document = read_toml(file)
    check_keys(document, _FILE_KEYS, file=file)
    settings = document.get("settings", {})
    if not isinstance(settings, dict):
        raise PolicyError("A table is needed here.", file=file, key="settings")
    check_keys(settings, frozenset(KEYS), file=file, where="settings")
    try:
        load_policy("cpt", settings)
    except PolicyError as error:
        raise PolicyError(error.problem, file=file, key=f"settings.{error.key}") from error
    policy = take_text(document, "policy", file=file, default="")
    if policy.endswith(".toml"):
        policy = str((file.parent / Path(policy).expanduser()).resolve())
    return _Layer(policy, settings)
