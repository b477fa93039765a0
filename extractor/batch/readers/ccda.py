"""C-CDA R1.1 and R2.1 documents, recognised by their root element whatever the file is called. One document, one note.

- id: ``id`` (``root^extension``; root alone where it has no extension).
- patient: the first ``recordTarget/patientRole/id`` that is no Social Security Number, written likewise.
- date of service: ``componentOf/encompassingEncounter/effectiveTime`` (its low), else
  ``documentationOf/serviceEvent/effectiveTime``, else the document's own ``effectiveTime``. A service event of class PCPR
  that lasts longer than a day is a period of care (in a CCD a whole life), not a day of service, and is passed over.
- provider: the performer of a service event that is no period of care, or its primary performer (PPRF); else the first
  author who is a person. An NPI (root 2.16.840.1.113883.4.6) is given as the number alone, as claims write it.

Source: HL7 CDA R2; C-CDA R2.1, sections 1.1 (US Realm Header), 1.1.14 (Operative Note) and 1.1.15 (Procedure Note).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, BinaryIO

from extractor.batch.formats.cda import V3, cda_text, looks_like_cda, parse_cda
from extractor.batch.notes import SourceNote, Unreadable
from extractor.batch.readers._hl7_message import calendar_date
from extractor.batch.readers.base import ReadOptions
from extractor.intake import MAX_FILE_BYTES, IntakeError, check_text

__all__ = ["READER", "CcdaReader"]

_SSN = "2.16.840.1.113883.4.1"
_NPI = "2.16.840.1.113883.4.6"
_NEEDS = "reading C-CDA needs the library lxml. Run: pip install 'tpi-extractor[interfaces]'"


class CcdaReader:
    """C-CDA documents."""

    name = "C-CDA"

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether the first bytes begin an XML document whose root is ClinicalDocument."""
        return looks_like_cda(head)

    def read(self, stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[SourceNote | Unreadable]:
        """The document as one note, or why it is none."""
        note_id = None
        try:
            root = parse_cda(stream.read(MAX_FILE_BYTES + 1))
            note_id = _identifier(root.findall(f"{V3}id"))
            text = cda_text(root)
            check_text(text)
        except ImportError:
            raise IntakeError(f"{source}: {_NEEDS}") from None
        except IntakeError as error:
            yield Unreadable(source, str(error), note_id)
            return
        yield SourceNote(
            text=text, note_id=note_id, patient_id=_patient(root), date_of_service=_date(root),
            provider_id=_provider(root), source=source, converted=True,
        )  # fmt: skip


def _identifier(ids: Iterable[Any]) -> str | None:
    for element in ids:
        parts = [part.strip() for part in (element.get("root"), element.get("extension")) if part and part.strip()]
        if parts and not element.get("nullFlavor"):
            return "^".join(parts)
    return None


def _patient(root: Any) -> str | None:
    ids = root.findall(f"{V3}recordTarget/{V3}patientRole/{V3}id")
    return _identifier(element for element in ids if element.get("root") != _SSN) or _identifier(ids)


def _date(root: Any) -> date | None:
    encounter = root.find(f"{V3}componentOf/{V3}encompassingEncounter")
    if encounter is not None and (days := _days(encounter)):
        return days[0]
    for event in _events(root):
        if (days := _days(event)) and not _is_period_of_care(event):
            return days[0]
    own = root.find(f"{V3}effectiveTime")
    return calendar_date(own.get("value") or "") if own is not None else None


def _days(act: Any) -> list[date]:
    """First and last day of an act, as far as it says them."""
    time = act.find(f"{V3}effectiveTime")
    if time is None:
        return []
    values = [time.get("value")] + [
        found.get("value") for name in ("low", "center", "high") if (found := time.find(V3 + name)) is not None
    ]
    return [day for day in map(calendar_date, filter(None, values)) if day]


def _events(root: Any) -> list[Any]:
    return root.findall(f"{V3}documentationOf/{V3}serviceEvent")


def _is_period_of_care(event: Any) -> bool:
    days = _days(event)
    return event.get("classCode") == "PCPR" and bool(days) and (days[-1] - days[0]).days > 1


def _provider(root: Any) -> str | None:
    people = []
    for event in _events(root):
        for performer in event.findall(f"{V3}performer"):
            if performer.get("typeCode") == "PPRF" or event.get("classCode") != "PCPR":
                people.append(performer.findall(f"{V3}assignedEntity/{V3}id"))
    for author in root.findall(f"{V3}author/{V3}assignedAuthor"):
        if author.find(f"{V3}assignedAuthoringDevice") is None:
            people.append(author.findall(f"{V3}id"))
    for ids in people:
        npi = next(
            (element.get("extension") for element in ids if element.get("root") == _NPI and element.get("extension")),
            None,
        )
        if found := (npi if npi and re.fullmatch(r"\d+", npi) else _identifier(ids)):
            return found
    return None


READER = CcdaReader()
