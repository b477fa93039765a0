"""Every muscle or region mention of the note, injected or not, in text order."""

from __future__ import annotations

from extractor.language.annotations import Note, Site
from extractor.models import Assertion, Mention

# Working assertions of the language side, in the contract's terms.
_PUBLIC: dict[str, Assertion] = {
    "injected": "injected", "planned": "planned", "postponed": "planned", "historical": "historical", "negated": "negated", "declined": "negated",
    "finding": "finding", "other_procedure": "other_procedure", "unclear": "injected",
}  # fmt: skip


def mentions_of(note: Note) -> list[Mention]:
    """One mention for each target of each site; structures that are no muscle and no region are left out."""
    mentions = []
    for site in note.sites:
        if site.kind not in ("muscle", "region", "level"):
            continue
        targets: tuple[str | None, ...] = site.targets if site.targets and not site.ambiguous else (None,)
        mentions.extend(_mention(note, site, target) for target in targets)
    return mentions


def _mention(note: Note, site: Site, target: str | None) -> Mention:
    segment = note.segments[site.segment]
    category = note.sections[segment.section].category
    return Mention(
        start=site.start, end=site.end, text=note.text[site.start : site.end], muscle=target, sides=list(site.sides),
        portion=site.portions[0] if site.portions else None, levels=list(site.levels), section=None if category == "none" else category,
        assertion=_PUBLIC.get(site.assertion or "finding", "finding"), inferred=site.inferred,
    )  # fmt: skip
