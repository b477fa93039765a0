"""The version stamp of a result: what decided the answer beside the note, and nothing that varies by machine."""

from __future__ import annotations

from extractor import __version__
from extractor.coding.policy import Policy
from extractor.lexicon import Lexicon

__all__ = ["versions_of"]


def versions_of(lexicon: Lexicon, policy: Policy) -> dict[str, str]:
    """Return the versions of the extractor, of the lexicon and of the policy, as ``cpt@1f0c…``.

    Both hashes are of the files' contents, line ends aside: the same knowledge has the same version on every machine,
    wherever it is installed. A practice's own words and overridden settings change them.
    """
    return {"extractor": __version__, "lexicon": lexicon.version, "policy": f"{policy.id}@{policy.version}"}
