"""From an annotated note to the record of the encounter: resolve, merge, deduplicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from extractor.language.annotations import Note, drop_state
from extractor.lexicon import Lexicon
from extractor.models import Record
from extractor.record.documentation import diagnoses_of, documentation_of, stated_codes_of
from extractor.record.injected import injected_drugs
from extractor.record.mentions import mentions_of
from extractor.record.muscles import Sites, merge_sites
from extractor.record.procedure import other_procedures_of, procedure_of
from extractor.record.second_look import missed_injection
from extractor.record.stated import stated_counts_of
from extractor.record.templates import template_findings

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["annotate_doc", "build_record"]


def _always(_text: str) -> bool:
    return True


def build_record(note: Note, lexicon: Lexicon, concerns_needles: Callable[[str], bool] = _always) -> Record:
    """The record that the note proves; offsets are those of the note's text.

    ``concerns_needles`` is the relevance gate's question (:mod:`extractor.relevance`), asked wherever the record tells of
    a procedure: what the gate shuts out has none, so that no answer depends on whether the gate stood before the reading.
    """
    record = _read(note, lexicon)
    if _tells(record) and not concerns_needles(note.text):
        return Record(
            date_of_service=record.date_of_service, documentation=record.documentation, diagnoses=record.diagnoses, mentions=record.mentions
        )
    return record


def _tells(record: Record) -> bool:
    """Whether anything in the record bears on the answer."""
    return record.procedure.status != "absent" or bool(record.other_procedures or record.stated_codes or record.findings or record.doubts)


def _read(note: Note, lexicon: Lexicon) -> Record:
    sites = merge_sites(note, lexicon)
    procedure = procedure_of(note, sites)
    findings = [*sites.findings, *template_findings(note, procedure)]
    if procedure.status != "performed":
        sites = Sites(findings=sites.findings)
        if missed := missed_injection(note, lexicon):
            sites.doubts.append(missed)
            procedure = procedure.model_copy(update={"kind": "trigger_point_injection", "status": "performed"})
    drugs = injected_drugs(note, sites, procedure, lexicon) if procedure.status == "performed" else []
    return Record(
        date_of_service=note.date_of_service,
        procedure=procedure,
        muscles=sites.muscles,
        areas=sites.areas,
        examined=sites.examined,
        doubts=sites.doubts,
        stated_counts=stated_counts_of(note) if procedure.status == "performed" else [],
        stated_codes=stated_codes_of(note),
        drugs=drugs,
        title_drugs=note.title_drugs,
        other_procedures=other_procedures_of(note),
        documentation=documentation_of(note, lexicon),
        diagnoses=diagnoses_of(note),
        findings=findings,
        mentions=mentions_of(note),
    )


def annotate_doc(doc: Doc, lexicon: Lexicon, concerns_needles: Callable[[str], bool] = _always) -> None:
    """Replace the working state by what a user of the ``Doc`` reads: the record as plain data, and span groups."""
    from spacy.tokens import Span

    note = drop_state(doc)
    record = build_record(note, lexicon, concerns_needles)
    doc.user_data["tpi_record"] = record.model_dump(mode="json")
    spans = []
    for mention in record.mentions:
        span = doc.char_span(mention.start, mention.end, label=mention.assertion, kb_id=mention.muscle or "", alignment_mode="expand")
        if isinstance(span, Span):
            spans.append(span)
    doc.spans["tpi_mentions"] = spans
