"""The question to the provider: what the note says, what is open, open choices; never an answer or its payment.

Follows the joint practice brief of AHIMA and ACDIS on compliant queries: the words of the record are quoted, no
code and no amount is named, the choices include "other" and "unable to determine".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.coding.case import Case, describe_muscle, join
from extractor.coding.selection import Selection
from extractor.models import Evidence, Finding, Muscle

__all__ = ["ask"]

_MOST_QUOTES = 8
_LONGEST_QUOTE = 120
_SITES = ("Each muscle injected, with its side: ____", "The documentation is complete as written")
_PROCEDURE = ("The agent injected at each site, and the procedure performed: ____",
              "The documentation is complete as written")  # fmt: skip
_ALWAYS = ("Other: ____", "Unable to determine")
_FROM_READING = ("unfilled-template", "side-conflict")


def ask(case: Case, selection: Selection, findings: Iterable[Finding]) -> str | None:
    """Return the question, or None where the note leaves nothing open that its author could answer.

    Whether left and right of one muscle are two is a question of policy, so it is never put to the provider.
    """
    points = list(_points(case, selection))
    points += [item.text for item in findings if item.id in _FROM_READING]
    conflicts = [item for item in findings if item.id == "drug-conflict"]
    about_drug = [_agent_point(case)] if conflicts else []
    if not points and not about_drug:
        return None
    when = f" of {case.day.isoformat()}" if case.day else ""
    lines = [f"About the procedure documented in the note{when}:"]
    lines += [f"- {point}" for point in dict.fromkeys([*points, *about_drug])]
    lines.append("Please clarify in the record, from your own knowledge of this procedure (one or more may apply):")
    choices = [*(_SITES if points else ()), *(_PROCEDURE if about_drug else ()), *_ALWAYS]
    lines += [f"[ ] {choice}" for choice in dict.fromkeys(choices)]
    return "\n".join(lines)


def _points(case: Case, selection: Selection) -> Iterator[str]:
    groups = [muscle for muscle in case.record.muscles if _is_open_group(case, muscle)]
    if groups:
        yield f"The note names {_quoted(case, groups)} as injected. It does not name the individual muscle or muscles."
    if case.record.areas:
        words = [words for area in case.record.areas for words in area.evidence]
        listed = join(_quotes(words) or dict.fromkeys(f"“{area.text}”" for area in case.record.areas))
        yield f"The note names {listed} as injected. It does not name a muscle there."
    if selection.interval.exam_only:
        listed = _quoted(case, case.record.examined)
        yield f"The note says that injections were given. Its procedure part names no site; its examination names {listed}."
    if selection.interval.unnamed:
        yield "The note says that injections were given. No injected site was found in it."
    for doubt in case.record.doubts:
        quotes = _quotes(doubt.evidence)
        yield doubt.text + (f" ({join(quotes)})" if quotes else "")
    yield from _numbers(case, selection)


def _is_open_group(case: Case, muscle: Muscle) -> bool:
    return case.settings.groups != "one" and case.anatomy.is_group(muscle.id, muscle.kind)


def _numbers(case: Case, selection: Selection) -> Iterator[str]:
    listed = selection.interval.listed
    for stated in case.record.stated_counts:
        if (stated.what == "muscles" and stated.count > listed.high) or (0 if stated.what == "muscles" else 1) < stated.count < listed.low:
            named = join(describe_muscle(case, muscle) for muscle in case.record.muscles) or "none"
            yield f"The note states a number of {stated.what} ({stated.count}); the muscles it names as injected are: {named}."


def _agent_point(case: Case) -> str:
    body = join(dict.fromkeys(f"“{drug.text}”" for drug in case.record.drugs)) or "no agent"
    title = join(name.replace("_", " ") for name in case.record.title_drugs)
    return f"The note names {body} as injected" + (f"; its title names {title}." if title else ".")


def _quoted(case: Case, muscles: Iterable[Muscle]) -> str:
    items = list(muscles)
    quotes = _quotes([words for muscle in items for words in muscle.evidence])
    return join(quotes or [describe_muscle(case, muscle) for muscle in items])


def _quotes(evidence: Iterable[Evidence]) -> list[str]:
    """Return the note's own words in text order, each once, with line breaks as spaces."""
    ordered = sorted(evidence, key=lambda words: (words.start, words.end))
    texts = dict.fromkeys(" ".join(words.text.split()) for words in ordered)
    quotes = [
        f"“{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE].rstrip() + ' …'}”" for text in texts if text
    ]
    return [*quotes[:_MOST_QUOTES], "…"] if len(quotes) > _MOST_QUOTES else quotes
