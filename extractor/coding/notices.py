"""Findings about procedure, muscles, sides and counts."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, describe_muscle, finding, join
from extractor.coding.counting import is_covered
from extractor.coding.interval import count_record, muscle_counter
from extractor.coding.selection import Selection, code_of
from extractor.models import Finding

__all__ = ["notices"]

_NOT_PERFORMED = {
    "planned": ("planned-not-performed", "Trigger point injection is planned; the note does not say that it was done."),
    "historical": ("historical-only", "Only earlier trigger point injections are told."),
    "declined": ("declined", "Trigger point injection was declined or given up before the first injection."),
}


def notices(case: Case, selection: Selection) -> Iterator[Finding]:
    """Yield what a coder should know about the injected sites."""
    yield from _doubts(case)
    if not case.performed:
        status = _NOT_PERFORMED.get(case.record.procedure.status)
        if status is not None:
            yield finding(status[0], "info", status[1], case.record.procedure.evidence, rule="only-this-encounter")
        return
    yield from _denied_by_author(case)
    yield from _groups(case, selection)
    yield from _sides(case)
    yield from _unnamed(case, selection)
    yield from _stated_counts(case, selection)
    yield from _laterality(case, selection)
    yield from _dates(case, selection)


def _doubts(case: Case) -> Iterator[Finding]:
    for doubt in case.record.doubts:
        yield finding("unclear-mention", "warning", doubt.text, doubt.evidence, rule="count-doubt")


def _denied_by_author(case: Case) -> Iterator[Finding]:
    if "not-trigger-point" in case.elements:
        text = "The note itself says that this was not a trigger point injection."
        words = case.evidence_of("not-trigger-point")
        # It makes the code itself unsafe, so it outranks an ordinary unclear mention.
        yield finding("unclear-mention", "error", text, words, rule="trigger-point-word")


def _groups(case: Case, selection: Selection) -> Iterator[Finding]:
    for muscle in case.record.muscles:
        if not case.anatomy.is_group(muscle.id, muscle.kind):
            continue
        member_named = is_covered(muscle, case.record.muscles, case.anatomy)
        settled = case.settings.groups == "one" or (member_named and not selection.alternatives)
        described = describe_muscle(case, muscle)
        text = f"{described[0].upper()}{described[1:]}: a collective name, not a muscle."
        yield finding("group-not-muscle", "info" if settled else "warning", text, muscle.evidence, rule="count-group")


def _sides(case: Case) -> Iterator[Finding]:
    without = [muscle for muscle in case.record.muscles if not muscle.sides and case.anatomy.is_paired(muscle.id)]
    if without:
        text = f"No side found in this note for {join(case.name(muscle) for muscle in without)}."
        words = [words for muscle in without for words in muscle.evidence]
        yield finding("side-not-stated", "warning", text, words, rule="document-muscle-and-side")


def _unnamed(case: Case, selection: Selection) -> Iterator[Finding]:
    if selection.interval.exam_only:
        listed = join(describe_muscle(case, muscle) for muscle in case.record.examined)
        text = f"The note says that injections were given and names sites only in its examination: {listed}."
        words = [words for muscle in case.record.examined for words in muscle.evidence]
        yield finding("sites-from-exam-only", "warning", text, words, rule="count-examined-sites")
    elif case.record.areas:
        text = f"No muscle is named for {join(f'“{area.text}”' for area in case.record.areas)}."
        words = [words for area in case.record.areas for words in area.evidence]
        yield finding("muscle-not-named", "warning", text, words, rule="count-area")
    elif selection.interval.unnamed:
        text = "No injected muscle or site found in this note."
        yield finding("muscle-not-named", "warning", text, case.record.procedure.evidence, rule="count-area")


def _stated_counts(case: Case, selection: Selection) -> Iterator[Finding]:
    """Report numbers of the note's own that its list does not bear out."""
    listed = selection.interval.listed
    for stated in case.record.stated_counts:
        if stated.what == "muscles":
            conflicts = stated.count > listed.high or 0 < stated.count < listed.low
        else:
            # Several injections or sites in one muscle are usual; fewer than there are muscles cannot be.
            conflicts = 1 < stated.count < listed.low
        if conflicts:
            named = f"{listed.low}" if listed.low == listed.high else f"{listed.low} to {listed.high}"
            text = f"The note states {stated.count} {stated.what}; its list of injected muscles gives {named}."
            yield finding("count-mismatch", "warning", text, stated.evidence, rule="count-stated-number")


def _laterality(case: Case, selection: Selection) -> Iterator[Finding]:
    # The open interval holds both settled ones: where it gives one code, so do they.
    if case.settings.laterality != "unsettled" or selection.era != "muscles" or not selection.alternatives:
        return
    both = [muscle for muscle in case.record.muscles if len({*muscle.sides, *muscle.doubtful_sides}) > 1]
    if not both:
        return
    codes = [_codes_under(case, selection, laterality) for laterality in ("by-side", "by-name")]
    if codes[0] != codes[1]:
        text = (
            "The code depends on whether left and right of one muscle are two: counted by side the note gives "
            f"{join(codes[0], 'or')}, counted by name {join(codes[1], 'or')}."
        )
        words = [words for muscle in both for words in muscle.evidence]
        yield finding("count-depends-on-side", "warning", text, words, rule="count-laterality")


def _codes_under(case: Case, selection: Selection, laterality: str) -> tuple[str, ...]:
    interval = count_record(case.record, muscle_counter(case.anatomy, laterality, case.settings.groups))
    ends = (code_of(count, needling=selection.needling) for count in (interval.low, interval.high))
    return tuple(dict.fromkeys(code or "no code" for code in ends))


def _dates(case: Case, selection: Selection) -> Iterator[Finding]:
    if selection.era in ("before-2002", "before-needling"):
        rule = "code-before-2002" if selection.era == "before-2002" else "code-before-needling"
        text = f"On the date of service ({case.day}) these codes did not exist yet."
        yield finding("code-not-in-force", "warning", text, case.record.procedure.evidence, rule=rule)
    elif selection.era == "regions-2002":
        text = f"The date of service ({case.day}) lies in 2002, when the codes counted muscle groups by region."
        yield finding("code-not-in-force", "info", text, rule="count-regions-2002")
