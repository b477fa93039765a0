"""The auditor's checklist: what the note documents, and what was looked for and not found."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.coding.case import Case, finding, join
from extractor.coding.neighbours import GUIDANCE_CODES, GUIDANCE_KINDS, other_procedures
from extractor.coding.regions import session_regions
from extractor.models import Finding

__all__ = ["documentation"]

_PRIOR = ("prior-treatment", "prior-treatment-failed", "prior-treatment-contraindicated")
_NECESSITY = ("pain-history", "diagnosis", "functional-limitation", "treatment-rationale", *_PRIOR)
_LOOKED_FOR: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pain score before", ("pain-before",)),
    ("pain score or relief after", ("pain-after", "relief-after")),
    ("consent", ("consent",)),
    ("technique", ("technique", "needle", "aspiration", "skin-preparation")),
    ("number of injections", ("injection-count",)),
    ("whether initial or repeated, with the session count", ("initial-session", "repeat-session", "session-count")),
    ("plan of therapy or exercise", ("plan-therapy",)),
)
_GUIDANCE_RECORD = (
    ("its reason", "guidance-reason"),
    ("a stored image", "guidance-image"),
    ("a report", "guidance-report"),
)


def documentation(case: Case) -> Iterator[Finding]:
    """Yield what an auditor would look for in the note of a procedure that was performed."""
    if not case.performed:
        return
    yield from _examination(case)
    yield from _necessity(case)
    yield from _repeated(case)
    yield from _rest(case)
    yield from _guidance(case)
    yield from _sedation(case)
    yield from _evaluation(case)
    yield from _regions(case)


def _severity(case: Case, finding_id: str) -> str:
    return "warning" if finding_id in case.settings.documentation else "info"


def _examination(case: Case) -> Iterator[Finding]:
    kinds = sorted(item for item in case.elements if item.startswith("exam-"))
    needed = case.settings.exam_findings
    if len(kinds) >= needed or (needed <= 1 and "trigger-point-exam" in case.elements):
        return
    looked_for = "tenderness, taut band or nodule, twitch, referred pain, restricted motion, weakness"
    if kinds or "trigger-point-exam" in case.elements:
        found = (
            join(kind.removeprefix("exam-").replace("-", " ") for kind in kinds) or "an examination without findings"
        )
        text = f"{needed} trigger point findings are needed; found in this note: {found}."
    else:
        text = f"No trigger point examination found in this note (looked for {looked_for})."
    words = case.evidence_of("trigger-point-exam", *kinds)
    name = "trigger-point-exam-missing"
    yield finding(name, _severity(case, name), text, words, rule="trigger-point-exam")


def _necessity(case: Case) -> Iterator[Finding]:
    if not case.elements.intersection(_PRIOR):
        name = "prior-treatment-missing"
        text = "No earlier conservative treatment found in this note (looked for treatment tried, failed or contraindicated)."
        yield finding(name, _severity(case, name), text, rule="prior-treatment")
    if not case.elements.intersection(_NECESSITY) and not case.record.diagnoses:
        name = "necessity-not-documented"
        text = "No reason for the procedure found in this note (looked for history of the pain, diagnosis, function, earlier treatment)."
        yield finding(name, _severity(case, name), text, rule="necessity")


def _repeated(case: Case) -> Iterator[Finding]:
    settings = case.settings
    yield from _too_often(case)
    if settings.repeat_relief_percent is None or "repeat-session" not in case.elements:
        return
    missing = []
    relief = _number(case, "response-to-earlier")
    if "response-to-earlier" not in case.elements:
        missing.append(f"relief of at least {settings.repeat_relief_percent}% by the earlier session")
    elif relief is not None and relief < settings.repeat_relief_percent:
        missing.append(f"relief of at least {settings.repeat_relief_percent}% (the note gives {relief:g}%)")
    weeks = _number(case, "response-duration")
    if settings.repeat_relief_weeks is not None:
        if "response-duration" not in case.elements:
            missing.append(f"that it lasted {settings.repeat_relief_weeks} weeks")
        elif weeks is not None and weeks < settings.repeat_relief_weeks:
            missing.append(f"that it lasted {settings.repeat_relief_weeks} weeks (the note gives {weeks:g})")
    if "function-improved" not in case.elements:
        missing.append("better function")
    if missing:
        name = "repeat-not-documented"
        text = f"A repeated session; not found in this note: {join(missing)}."
        words = case.evidence_of("repeat-session", "response-to-earlier", "response-duration")
        yield finding(name, _severity(case, name), text, words, rule="repeat-session")


def _too_often(case: Case) -> Iterator[Finding]:
    settings = case.settings
    count = _number(case, "session-count")
    allowed = settings.frequency_sessions
    if count is None or allowed is None or settings.frequency_months != 12 or settings.frequency_scope != "patient":
        return
    if count > allowed:
        text = f"The note gives {count:g} sessions; this policy allows {allowed} in {settings.frequency_months} months."
        yield finding("frequency-exceeded", "warning", text, case.evidence_of("session-count"), rule="frequency")


def _number(case: Case, element_id: str) -> float | None:
    """Return the largest number that the note gives for an element; None if it gives none."""
    values = [item.value for item in case.record.documentation if item.id == element_id]
    return max((float(value) for value in values if isinstance(value, int | float)), default=None)


def _rest(case: Case) -> Iterator[Finding]:
    known = case.facts.documentation
    found = [item for item in case.record.documentation if item.id in known and known[item.id].checklist is not None]
    if found:
        names = sorted({item.id.replace("-", " ") for item in found})
        words = sorted((words for item in found for words in item.evidence), key=lambda words: (words.start, words.end))
        text = f"Found in this note: {join(names)}."
        yield finding("documentation-found", "info", text, words, rule="necessity")
    absent = [label for label, elements in _LOOKED_FOR if not case.elements.intersection(elements)]
    if absent:
        name = "documentation-not-found"
        text = f"Looked for and not found in this note: {join(absent)}."
        yield finding(name, _severity(case, name), text, rule="pain-scores")


def _guidance(case: Case) -> Iterator[Finding]:
    kinds = {case.record.procedure.guidance} if case.record.procedure.guidance else set()
    words = list(case.record.procedure.evidence) if kinds else []
    for other, other_words in other_procedures(case):
        if other.kind in GUIDANCE_KINDS:
            kinds.add(GUIDANCE_KINDS[other.kind])  # type: ignore[arg-type]
            words.extend(other_words)
    for kind in sorted(kinds):
        code = GUIDANCE_CODES.get(kind)
        name = {"ct": "CT", "emg": "EMG"}.get(kind, kind.capitalize())
        missing = [label for label, element in _GUIDANCE_RECORD if element not in case.elements]
        text = f"{name} guidance{f' ({code}, once an encounter)' if code else ''}."
        if missing:
            text += f" Not found in this note: {join(missing)}."
        uncovered = case.settings.guidance == "not-covered"
        if uncovered:
            text += " This policy does not cover it with trigger point injections."
        yield finding("guidance-documented", "warning" if uncovered else "info", text, words, rule="guidance")


def _sedation(case: Case) -> Iterator[Finding]:
    if case.record.procedure.sedation:
        text = "Sedation or anesthesia is documented; it is not paid beside these codes."
        yield finding("sedation-documented", "warning", text, case.record.procedure.evidence, rule="sedation")


def _evaluation(case: Case) -> Iterator[Finding]:
    words = case.evidence_of("separate-evaluation")
    visits = [found for other, found in other_procedures(case) if other.kind == "evaluation_and_management"]
    if visits or "separate-evaluation" in case.elements:
        for found in visits:
            words.extend(found)
        text = "A visit is documented beside the procedure; the decision to inject is part of the procedure."
        yield finding("separate-evaluation-documented", "info", text, words, rule="modifier-25")


def _regions(case: Case) -> Iterator[Finding]:
    if not case.settings.one_region:
        return
    regions = session_regions(case.record.muscles, case.anatomy, case.facts)
    if len(regions) > 1:
        text = (
            f"Injected in {join(regions)}; this policy covers one region a session. "
            "The policy does not say where a region ends; this grouping is ours."
        )
        words = [words for muscle in case.record.muscles for words in muscle.evidence]
        yield finding("more-than-one-region", "warning", text, words, rule="one-region")
