"""The argument for a decision: one reason a step, each with the words of the note and the source of its rule."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, describe_muscle, join, reason
from extractor.coding.counting import is_covered
from extractor.coding.selection import Selection
from extractor.models import Muscle, Reason

__all__ = ["argue"]

_STATUS = {
    "planned": "The note plans the injections; it does not say that they were given at this encounter.",
    "historical": "The note tells of earlier injections only.",
    "declined": "The note says that the injections were declined or given up before the first one.",
    "absent": "The note does not say that trigger points were injected or needled at this encounter.",
}


def argue(case: Case, selection: Selection) -> list[Reason]:
    """Return the reasons in the order in which they lead to the code."""
    if not case.performed:
        return list(_not_performed(case, selection))
    if selection.chemodenervation:
        text = "The policy takes botulinum toxin in these muscles for chemodenervation, not trigger point injection."
        words = [words for drug in case.drugs_of("toxin") for words in drug.evidence]
        return [reason("toxin-injectate", text, words)]
    return [*_what_was_done(case, selection), *_named(case), *_groups(case), *_open_sites(case, selection),
            *_count(case, selection), *_code(case, selection)]  # fmt: skip


def _not_performed(case: Case, selection: Selection) -> Iterator[Reason]:
    if selection.sacroiliac is not None and selection.code is not None:
        joint = selection.sacroiliac
        text = (
            "A sacroiliac joint was injected and the note says that no imaging was used; that is reported with 20552."
        )
        yield reason("sacroiliac-without-imaging", text, joint.evidence)
        return
    yield reason("only-this-encounter", _STATUS[case.record.procedure.status], case.record.procedure.evidence)


def _what_was_done(case: Case, selection: Selection) -> Iterator[Reason]:
    evidence = case.record.procedure.evidence
    if selection.needling:
        text = "The note says that trigger points were needled and names nothing that was injected."
        yield reason("code-dry-needling", text, evidence)
    else:
        yield reason(
            "only-this-encounter", "The note says that trigger points were injected at this encounter.", evidence
        )
    toxins = case.drugs_of("toxin")
    if toxins and case.settings.toxin == "tpi":
        words = [words for drug in toxins for words in drug.evidence]
        yield reason("toxin-injectate", "The policy takes botulinum toxin in a trigger point for its injectate.", words)


def _named(case: Case) -> Iterator[Reason]:
    muscles = [muscle for muscle in case.record.muscles if not case.anatomy.is_group(muscle.id, muscle.kind)]
    if not muscles:
        return
    words = [words for muscle in muscles for words in muscle.evidence]
    listed = join(describe_muscle(case, muscle) for muscle in muscles)
    yield reason("count-named-muscle", f"Named as injected: {listed}.", words)
    for muscle in muscles:
        yield from _within_one(case, muscle)
    wholes = [muscle for muscle in muscles if is_covered(muscle, muscles, case.anatomy)]
    for muscle in wholes:
        text = f"A named part of the {case.name(muscle)} is listed on the same side, so the plain name adds nothing."
        yield reason("count-part-of-named", text, muscle.evidence)
    yield from _sides(case, muscles)


def _within_one(case: Case, muscle: Muscle) -> Iterator[Reason]:
    many = muscle.injections is not None and muscle.injections > 1
    if not many and len(muscle.portions) < 2 and len(muscle.levels) < 2:
        return
    parts = [f"{muscle.injections} injections"] if many else []
    if len(muscle.portions) > 1:
        parts.append(f"the portions {join(portion.replace('_', ' ') for portion in muscle.portions)}")
    if len(muscle.levels) > 1:
        parts.append(f"the levels {join(muscle.levels)}")
    where = "one muscle on each side" if len(muscle.sides) > 1 else "one muscle"
    text = f"{join(parts)} of the {case.name(muscle)} lie in {where}."
    yield reason("count-one-muscle-once", text[0].upper() + text[1:], muscle.evidence)


def _sides(case: Case, muscles: list[Muscle]) -> Iterator[Reason]:
    both = [muscle for muscle in muscles if len({*muscle.sides, *muscle.doubtful_sides}) > 1]
    if not both:
        return
    names = join(case.name(muscle) for muscle in both)
    reading = {
        "by-side": "counts left and right as two",
        "by-name": "counts left and right of one muscle as one",
        "unsettled": "leaves it open: one in the lower bound, each side in the upper",
    }[case.settings.laterality]
    text = f"On both sides: {names}. No AMA text says whether that is one muscle or two; the policy {reading}."
    words = [words for muscle in both for words in muscle.evidence]
    yield reason("count-laterality", text, words)


def _groups(case: Case) -> Iterator[Reason]:
    groups = [muscle for muscle in case.record.muscles if case.anatomy.is_group(muscle.id, muscle.kind)]
    for group in groups:
        described = describe_muscle(case, group)
        if is_covered(group, case.record.muscles, case.anatomy):
            text = (
                f"The {described}: a member is named for the same site, so the collective name adds nothing for sure."
            )
        elif case.settings.groups == "one":
            text = f"The {described}: a collective name; the policy counts it as one muscle."
        else:
            number = group.injections
            limit = f"; {number} injections are stated for it, so it is no more than {number}" if number else ""
            text = f"The {described}: a collective name proves at least one muscle and can mean several{limit}."
        yield reason("count-group", text, group.evidence)


def _open_sites(case: Case, selection: Selection) -> Iterator[Reason]:
    interval = selection.interval
    if case.record.areas:
        listed = join(f"“{area.text}”" for area in case.record.areas)
        text = f"Sites without a muscle: {listed}. They prove none and can add up to {interval.from_areas}."
        words = [words for area in case.record.areas for words in area.evidence]
        yield reason("count-area", text, words)
    for doubt in case.record.doubts:
        yield reason("count-doubt", doubt.text, doubt.evidence)
    if interval.exam_only:
        listed = join(describe_muscle(case, muscle) for muscle in case.record.examined)
        text = f"The injections name no site; the examination names {listed}. That bounds the count and proves nothing."
        words = [words for muscle in case.record.examined for words in muscle.evidence]
        yield reason("count-examined-sites", text, words)
    if interval.unnamed:
        yield reason("count-area", "No injected site is named anywhere in the note.", case.record.procedure.evidence)
    if interval.stated is not None:
        text = f"The note itself states {interval.stated.count} {interval.stated.what}, which bounds the count."
        yield reason("count-stated-number", text, interval.stated.evidence)


def _count(case: Case, selection: Selection) -> Iterator[Reason]:
    interval = selection.interval
    if selection.era == "regions-2002":
        text = "In 2002 the codes counted muscle groups by region of the body."
        yield reason("count-regions-2002", f"{text} Groups: {_range(interval.low, interval.high)}.")
        return
    text = f"Distinct muscles: {_range(interval.low, interval.high)}."
    yield reason("count-muscles", text)


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"at least {low}, at most {high}"


def _code(case: Case, selection: Selection) -> Iterator[Reason]:
    if selection.era == "before-2002":
        text = "Before 2002 there was no trigger point code that counts muscles; 20550 was reported."
        yield reason("code-before-2002", text)
        return
    if selection.era == "before-needling":
        yield reason("code-before-needling", "The dry needling codes begin on 2020-01-01; earlier there was none.")
        return
    rule = "code-dry-needling" if selection.needling else "code-trigger-point"
    unit = "muscle group" if selection.era == "regions-2002" else "muscle"
    low, high = ("20560", "20561") if selection.needling else ("20552", "20553")
    if selection.code is None:
        yield reason(
            rule, f"No {unit} is proved, so no code is; the note could support {join(selection.alternatives, 'or')}."
        )
        return
    scale = f"{low} is one or two {unit}s, {high} three or more, once a session."
    text = f"{selection.code}, one unit: {scale}"
    if selection.alternatives:
        text += f" {join(selection.alternatives, 'or')} only if the note proved at least three {unit}s."
    yield reason(rule, text)
