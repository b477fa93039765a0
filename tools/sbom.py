"""Print a CycloneDX 1.6 SBOM of tpi-extractor and of everything that it needs, as installed here.

    python tools/sbom.py [EXTRA ...] > sbom.cdx.json

It walks the requirements of the installed distributions, so it lists what this package pulls in and nothing else that
happens to lie in the environment. The same environment gives the same bytes: no clock, no random serial number.
(cyclonedx-bom does more; it would bring nineteen packages, some of them into an environment that it describes.)
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement

ROOT = "tpi-extractor"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:tpi-extractor:sbom")
_CLASSIFIER = "License :: OSI Approved :: "


def normalized(name: str) -> str:
    """Return a distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needs(name: str, extras: Iterable[str]) -> list[Requirement]:
    """Return what a distribution needs here, with some of its extras."""
    wanted = [{"extra": extra} for extra in ("", *extras)]
    found = [Requirement(line) for line in metadata.requires(name) or ()]
    return [need for need in found if need.marker is None or any(need.marker.evaluate(scope) for scope in wanted)]


def closure(extras: Iterable[str]) -> dict[str, set[str]]:
    """Return every distribution that the root needs, directly or not, with what each needs itself."""
    graph: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(ROOT, frozenset(extras))]
    while waiting:
        name, asked = waiting.pop()
        if (name, asked) in seen:
            continue
        seen.add((name, asked))
        below = graph.setdefault(name, set())
        for need in needs(name, asked):
            child = normalized(need.name)
            if child != name:
                below.add(child)
            waiting.append((child, frozenset(need.extras)))
    return graph


def licence(name: str) -> str:
    """Return a distribution's licence as its own metadata states it."""
    head = metadata.metadata(name)
    if expression := head.get("License-Expression"):
        return expression
    classified = [line.removeprefix(_CLASSIFIER) for line in head.get_all("Classifier") or () if line.startswith(_CLASSIFIER)]
    if classified:
        return " AND ".join(sorted(classified))
    # Some put the whole text of the licence here; its first line names it.
    return (head.get("License") or "").strip().partition("\n")[0].strip()


def component(name: str) -> dict[str, Any]:
    """Return one distribution as a component."""
    version, stated = metadata.version(name), licence(name)
    found: dict[str, Any] = {
        "type": "application" if name == ROOT else "library",
        "bom-ref": reference(name),
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
    }
    if stated:
        found["licenses"] = [{"license": {"name": stated}}]
    return found


def reference(name: str) -> str:
    """Return the name by which other parts of the document point at a component."""
    return f"{name}=={metadata.version(name)}"


def sbom(extras: Iterable[str] = ()) -> dict[str, Any]:
    """Return the document.

    Raises:
        importlib.metadata.PackageNotFoundError: if something that is needed is not installed.
    """
    graph = closure(extras)
    libraries = [component(name) for name in sorted(graph) if name != ROOT]
    serial = uuid.uuid5(_SPACE, json.dumps(libraries, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": component(ROOT)},
        "components": libraries,
        "dependencies": [{"ref": reference(name), "dependsOn": sorted(map(reference, below))} for name, below in sorted(graph.items())],
    }


if __name__ == "__main__":
    try:
        print(json.dumps(sbom(sys.argv[1:]), indent=2, ensure_ascii=False))
    except metadata.PackageNotFoundError as error:
        sys.exit(f"{error.name} is not installed. Install what is to be described: pip install 'tpi-extractor[…]'")
