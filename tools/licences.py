"""Refuse a dependency whose licence the project does not accept: ``python tools/licences.py [EXTRA ...]``; exit status 0 or 1.

Accepted are permissive licences and weak copyleft that is used as a library, unmodified.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from sbom import ROOT, closure, licence

_ACCEPTED = re.compile(
    r"apache|\bmit\b|bsd|isc\b|python software foundation|psf|mpl|mozilla public|lgpl|lesser general public|unlicense|zlib|0bsd|cc0|historical permission|hpnd",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"agpl|affero|sspl|(?<!l)gpl(?!.*(?:exception|linking))|business source|non-?commercial|proprietary", re.IGNORECASE)
KNOWN = {"nmslib-metabrainz": "Apache-2.0 (as NMSLIB, of which it is a build)"}
"""Licences that we looked up because the metadata does not state them, by name of the distribution."""


def refused(extras: Iterable[str] = ()) -> list[str]:
    """Return the dependencies that are not acceptable, each with its licence."""
    found = []
    for name in sorted(closure(extras)):
        stated = KNOWN.get(name) or licence(name)
        if name != ROOT and (_REFUSED.search(stated) or not _ACCEPTED.search(stated)):
            found.append(f"{name}: {stated or 'no licence stated'}")
    return found


if __name__ == "__main__":
    problems = refused(sys.argv[1:])
    print("\n".join(problems) or "All licences are accepted.")
    sys.exit(bool(problems))
