"""What an auditor looks for, diagnosis codes and procedure codes, with the words that hold them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from extractor.language.annotations import Note
from extractor.language.phrases import PhraseIndex
from extractor.lexicon import Lexicon
from extractor.models import Diagnosis, DocumentationElement, StatedCode
from extractor.record.evidence import evidence

# What must not stand before the letter is asked behind it: an expression that begins with a set of letters is found fast.
_ICD = re.compile(r"[A-TV-Z](?<![A-Za-z0-9.].)(?:\d[0-9A-Z](?:\.[0-9A-Z]{1,4})(?![A-Za-z0-9])|(?<=[GM])\d{2}(?![A-Za-z0-9.\-/]))")
_CPT = re.compile(r"(?<![\d.\w-])(?:2055[0-3]|2056[01]|206\d\d|27096|644\d\d|646[1-4]\d|96372|76942|77002|99[23]\d\d)(?!\d)")
_FIVE_FIGURES = re.compile(r"[2679]\d{4}")
_MAX_EVIDENCE = 2


class DocumentationCueRow(NamedTuple):
    """A row of lexicons/documentation_cues.tsv."""

    KEY = ("cue", "element")

    cue: str
    element: str


@lru_cache(maxsize=4)
def _index(lexicon: Lexicon) -> PhraseIndex:
    return PhraseIndex([(row.cue, row.element) for row in lexicon.table("documentation_cues", DocumentationCueRow)])




def documentation_of(note: Note, lexicon: Lexicon) -> list[DocumentationElement]:
    """Elements found at this encounter, each with its first words as evidence, in the order of the text."""
    found: dict[str, DocumentationElement] = {}
    for match in _index(lexicon).find(note.folded, note.words, len(note.text)):
        element = str(match.payload)
        entry = found.get(element)
        if entry is None:
            found[element] = entry = DocumentationElement(id=element)
        if len(entry.evidence) < _MAX_EVIDENCE:
            entry.evidence.append(evidence(note, match.start, match.end))
    if any(e.startswith("exam-") for e in found) and "trigger-point-exam" not in found:
        first = next(found[e] for e in found if e.startswith("exam-"))
        found["trigger-point-exam"] = DocumentationElement(id="trigger-point-exam", evidence=first.evidence[:1])
    return list(found.values())


def diagnoses_of(note: Note) -> list[Diagnosis]:
    """ICD-10-CM codes written in the note, once each."""
    found: dict[str, Diagnosis] = {}
    for match in _ICD.finditer(note.text):
        code = match.group()
        if code not in found:
            found[code] = Diagnosis(code=code, evidence=[evidence(note, match.start(), match.end())])
    return list(found.values())


def stated_codes_of(note: Note) -> list[StatedCode]:
    """Procedure codes printed in the note: opinions, not counts."""
    found: dict[str, StatedCode] = {}
    for match in _CPT.finditer(note.text) if _FIVE_FIGURES.search(note.text) else ():
        entry = found.setdefault(match.group(), StatedCode(code=match.group()))
        if len(entry.evidence) < _MAX_EVIDENCE:
            entry.evidence.append(evidence(note, match.start(), match.end()))
    return list(found.values())
