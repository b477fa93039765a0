"""What a reading process does: notes into answers, as JSON. It holds the pipeline and nothing else between two calls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from extractor.audit.models import AuditedNote
from extractor.coding import Policy, PolicyError, list_policies, load_policy, resolve_policy
from extractor.lexicon import Lexicon
from extractor.web.schemas import AuditRequest, Converted, Decided, DecideRequest, ExtractRequest

__all__ = ["Engine", "Refused", "Setup", "example_folder"]

_WARMING = "Trigger point injections: left trapezius and right rhomboids, 1 mL of 1% lidocaine each."


class Refused(Exception):
    """The request cannot be answered, and its sender can mend that."""

    def __init__(self, problem: str, detail: str) -> None:
        """Name a kind of :data:`extractor.web.problems.KINDS`, and say what to do without a word of the note."""
        super().__init__(problem, detail)
        self.problem, self.detail = problem, detail


class Setup(NamedTuple):
    """What an engine is started with."""

    policy: str | None = None
    settings: tuple[str, ...] = ()
    lexicon_dirs: tuple[str, ...] = ()


class Engine:
    """The extractor behind the API; each public method is one job and gives JSON."""

    def __init__(self, setup: Setup) -> None:
        """Load nothing yet; :meth:`warm` does."""
        self._setup = setup

    def warm(self) -> None:
        """Load pipeline, lexicon and policy, so that the first note does not wait for them.

        Raises:
            PolicyError, LexiconError: if one of them cannot be read.
        """
        self.extract(ExtractRequest(text=_WARMING).model_dump_json(), True)

    def extract(self, request: str | bytes, full: bool) -> bytes:
        """Read a note: the contract's document, or the full answer."""
        from extractor.api import read_record
        from extractor.intake import IntakeError, check_text

        asked = ExtractRequest.model_validate_json(request)
        try:
            check_text(asked.text)
        except IntakeError as error:
            raise Refused("note-unreadable", _sentence(str(error))) from None
        policy = self._policy(asked.policy, asked.settings)
        record = read_record(asked.text, lexicon_dirs=self._setup.lexicon_dirs, date_of_service=asked.date_of_service)
        record.note_id = asked.note_id or "sha256:" + hashlib.sha256(asked.text.encode()).hexdigest()[:16]
        record.patient_id, record.provider_id = asked.patient_id, asked.provider_id
        return self._answer(record, policy, (), full, decision_only=False)

    def decide(self, request: str | bytes, full: bool) -> bytes:
        """Decide about a record: the decision, or the full answer."""
        asked = DecideRequest.model_validate_json(request)
        return self._answer(asked.record, self._policy(asked.policy, asked.settings), asked.corrections, full, decision_only=True)

    def convert(self, data: bytes, media_type: str) -> bytes:
        """Turn a file into a note's text. Its bytes say what it is; browsers guess its type by its name."""
        from extractor.batch.documents import convert
        from extractor.intake import IntakeError

        try:
            done = convert(data, media_type=media_type or None)
        except IntakeError as error:
            missing = "pip install" in str(error)
            raise Refused("extra-missing" if missing else "note-unreadable", _sentence(str(error))) from None
        return Converted(text=done.text, kind=done.kind).model_dump_json().encode()

    def audit(self, request: str | bytes) -> bytes:
        """Hold notes against billed claims."""
        from extractor.api import extract
        from extractor.audit.run import audit
        from extractor.intake import IntakeError, check_text

        asked = AuditRequest.model_validate_json(request)
        policy = self._policy(asked.policy, asked.settings)
        notes, unreadable = [], []
        for place, note in enumerate(asked.notes):
            try:
                check_text(note.text)
            except IntakeError as error:
                unreadable.append(f"notes[{place}]: {error}")
                continue
            about = {"patient_id": note.patient_id, "provider_id": note.provider_id}
            result = extract(
                note.text, note_id=note.note_id, date_of_service=note.date_of_service, policy=policy,
                lexicon_dirs=self._setup.lexicon_dirs, **about,
            )  # fmt: skip
            source = f"notes[{place}]"
            notes.append(AuditedNote(note_id=note.note_id, date_of_service=result.date_of_service, text=note.text, result=result, source=source, **about))
        done = audit(notes, asked.lines, policy=policy, unreadable=unreadable, lexicon_dirs=self._setup.lexicon_dirs)
        return done.model_dump_json().encode()

    def default_policy(self) -> Policy:
        """The policy of requests that name none."""
        return resolve_policy(self._setup.policy, self._setup.settings)

    def _policy(self, name: str | None, settings: Mapping[str, str]) -> Policy:
        # A name, never a file: a request must not make this process read what it chooses.
        if name is not None and name not in list_policies():
            raise Refused("policy", "There is no policy of that name; GET /v1/policies lists them.")
        try:
            base = load_policy(name) if name else self.default_policy()
            return load_policy(base.file, {**base.overrides, **settings}) if settings else base
        except PolicyError as error:
            raise Refused("policy", str(error)) from None

    @cached_property
    def _lexicon(self) -> Lexicon:
        from extractor.language.pipeline import resources_of

        return resources_of(self._setup.lexicon_dirs).lexicon

    def _answer(self, record: Any, policy: Policy, corrections: Any, full: bool, *, decision_only: bool) -> bytes:
        from extractor.web.corrections import CorrectionError
        from extractor.web.shown import answer, result_of

        try:
            if not full and not corrections:
                result = result_of(record, policy, self._lexicon)
            else:
                whole = answer(record, policy, self._lexicon, corrections)
                if full:
                    return whole.model_dump_json().encode()
                result = whole.result
        except CorrectionError as error:
            raise Refused("correction", str(error)) from None
        except PolicyError as error:
            raise Refused("policy", str(error)) from None
        if decision_only:
            result = Decided(decision=result.decision, findings=result.findings, drugs=result.drugs)
        return result.model_dump_json().encode()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def example_folder() -> Path:
    """Return the folder of the sample notes: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_examples"
    return installed if installed.is_dir() else package.parent / "examples"
