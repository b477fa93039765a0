"""What a rule says, who says so, on which dates of service, and how sure that is."""

from __future__ import annotations

from difflib import get_close_matches

from extractor.coding.facts import Facts
from extractor.coding.rules import Rule, load_rules

__all__ = ["FINDING_RULES", "cite", "explain_rule", "find_rule"]

FINDING_RULES: dict[str, str] = {
    "unfilled-template": "count-doubt", "side-conflict": "count-doubt",
    "muscle-not-named": "count-area", "sites-from-exam-only": "count-examined-sites",
    "group-not-muscle": "count-group", "unclear-mention": "count-doubt", "count-mismatch": "count-stated-number",
    "count-depends-on-side": "count-laterality", "side-not-stated": "document-muscle-and-side",
    "planned-not-performed": "only-this-encounter", "historical-only": "only-this-encounter",
    "declined": "only-this-encounter", "code-not-in-force": "count-muscles", "drug-not-named": "document-drug",
    "dose-not-stated": "document-drug", "drug-units-above-limit": "drug-limit",
    "necessity-not-documented": "necessity", "trigger-point-exam-missing": "trigger-point-exam",
    "prior-treatment-missing": "prior-treatment", "repeat-not-documented": "repeat-session",
    "documentation-not-found": "pain-scores", "documentation-found": "necessity",
    "more-than-one-region": "one-region", "diagnosis-not-supporting": "diagnosis-supports",
    "diagnosis-not-valid": "diagnosis-valid", "diagnosis-conflict": "diagnosis-excludes",
    "other-procedure": "ncci-pair", "guidance-documented": "guidance", "sedation-documented": "sedation",
    "separate-evaluation-documented": "modifier-25", "frequency-exceeded": "frequency",
    "date-not-found": "drug-units", "mutually-exclusive-codes": "both-codes", "units-not-one": "one-unit",
    "anesthesia-billed": "sedation", "drug-units-mismatch": "drug-units", "denied-substance-billed": "denied-substance",
    "code-not-supported": "code-trigger-point", "code-too-low": "code-trigger-point", "code-needs-review": "claim-unsettled",
    "modifier-missing": "ncci-pair", "modifier-unsupported": "modifier-59", "drug-not-billed": "drug-on-claim",
    "drug-not-documented": "document-drug", "note-missing": "note-on-file", "claim-missing": "claim-for-note",
    "procedure-not-documented": "only-this-encounter", "guidance-not-covered": "guidance",
    "guidance-record-missing": "guidance-record", "note-for-several-claims": "one-claim-a-note",
    "date-not-matching": "claim-date", "provider-not-matching": "claim-provider",
}  # fmt: skip
"""The rule behind each finding whose id is not itself the id of a rule."""


def find_rule(name: str) -> Rule:
    """Return a rule by its id, or the rule behind a finding.

    Raises:
        KeyError: with a sentence that names the nearest ids.
    """
    rules = load_rules()
    found = rules.get(name) or rules.get(FINDING_RULES.get(name, ""))
    if found is None:
        near = get_close_matches(name, [*rules, *FINDING_RULES], n=3, cutoff=0.4)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise KeyError(f"There is no rule {name!r}.{hint}")
    return found


def cite(rule: Rule, facts: Facts) -> list[str]:
    """Return the sources of a rule in full, each with its date."""
    return [f"{facts.sources[key].title} ({facts.sources[key].date})" for key in rule.sources if key in facts.sources]


def explain_rule(name: str, facts: Facts) -> str:
    """Return a rule as text: statement, dates of service, confidence, sources, and the settings that decide.

    Raises:
        KeyError: as :func:`find_rule`.
    """
    rule = find_rule(name)
    start = rule.effective_from.isoformat() if rule.effective_from else "always"
    end = rule.effective_to.isoformat() if rule.effective_to else "today"
    confidence = "this program's own rule" if rule.confidence == "method" else rule.confidence
    lines = [rule.id, f"  {rule.statement}", f"  Dates of service: {start} to {end}", f"  Confidence: {confidence}"]
    if rule.settings:
        lines.append(f"  Policy settings: {', '.join(rule.settings)}")
    if rule.facts:
        lines.append(f"  Facts: {', '.join(rule.facts)}")
    lines.append("  Sources:")
    lines += [f"    {text}" for text in cite(rule, facts)]
    return "\n".join(lines)
