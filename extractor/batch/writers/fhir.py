"""FHIR R4 (4.0.1): NDJSON, a Bundle for each note, every resource validated before it is written.

The validator is ``fhir.resources.R4B``: that library has had no package for R4 since its version 7, and of the resources
used here R4B (4.3.0) changed none (https://hl7.org/fhir/R4B/diff.html). Its default package is R5 and would not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from extractor.batch.notes import Quarantined, Row
from extractor.batch.writers.base import OutputError, Staged, Stamp, document
from extractor.batch.writers.fhir_bundle import bundle
from extractor.batch.writers.jsonl import write_lines

__all__ = ["FhirWriter"]


class FhirWriter:
    """One Bundle a line. One that FHIR does not allow goes to quarantine, and the others are written."""

    needs_text = False

    def __init__(self) -> None:
        self.refused = 0
        self._valid_device: dict[str, Any] | None = None
        try:
            from fhir.resources.R4B import get_fhir_model_class
        except ImportError:
            raise OutputError("FHIR output is validated by fhir.resources. Install it: pip install 'tpi-extractor[interfaces]'") from None
        self._model_of = get_fhir_model_class

    def write(self, rows: Iterator[Row | Quarantined], target: Path, staging: Path, stamp: Stamp) -> list[Staged]:
        """See :class:`~extractor.batch.writers.base.Writer`."""
        self.refused = 0
        return write_lines(rows, target, staging, lambda row: self._line(row, stamp))

    def _line(self, row: Row, stamp: Stamp) -> bytes | Quarantined:
        made = bundle(document(row), row.note_id, stamp)
        for entry in made["entry"]:
            if place := self._fault(entry["resource"]):
                self.refused += 1
                reason = f"The result gives no valid FHIR resource, first at {place}. Write it as .jsonl and report the fault."
                return Quarantined(row.note_id, row.source, reason, "write")
        return to_json(made) + b"\n"

    def _fault(self, resource: dict[str, Any]) -> str:
        """Return the place of the first fault in a resource, or nothing.

        The Bundle around them has one shape for every note. The Device is the same in a whole run: looked at once.
        """
        if resource == self._valid_device:
            return ""
        kind = resource["resourceType"]
        try:
            self._model_of(kind).model_validate(resource)
        except ValidationError as error:
            # Of the error only the place: its message quotes the value.
            place = error.errors(include_input=False, include_url=False, include_context=False)[0]["loc"]
            return ".".join(str(part) for part in (kind, *place))
        if kind == "Device":
            self._valid_device = resource
        return ""
