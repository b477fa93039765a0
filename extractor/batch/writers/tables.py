"""The flat tables of a batch, column by column: what Parquet, CSV, TSV, DuckDB and SQLite outputs hold.

``docs/tables.md`` is written from here (``python -m extractor.batch.writers.tables > docs/tables.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

__all__ = ["QUARANTINE", "RESULTS", "TABLES", "Column", "Table"]

Type = Literal["text", "json", "integer", "number", "boolean", "date", "datetime", "list"]
"""``json`` is text that holds JSON; ``list`` is a list of texts; an integer has 64 bits. Only OMOP has a ``datetime``."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    type: Type
    description: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One table; ``parent`` is the table whose ``note_id`` its own refers to."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parent: str | None = "results"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


_NOTE = Column("note_id", "text", "Id of the note: the input's, else `sha256:` and 16 hex digits of the text's hash", True)
_POSITION = Column("position", "integer", "Place in the note's list, from 1", True)
_EVIDENCE = (
    Column("evidence_start", "integer", "First code point of the first piece of evidence in the note's text, from 0"),
    Column("evidence_end", "integer", "One past its last code point"),
    Column("evidence_text", "text", "The note's own words there"),
    Column("evidence", "json", "All pieces: a JSON array of objects with start, end and text", True),
)


def _of_a_note(name: str, description: str, *columns: Column) -> Table:
    return Table(name, description, (_NOTE, _POSITION, *columns), ("note_id", "position"))


RESULTS = Table(
    "results",
    "One row for each note that was read: the code that it proves, and what stands against it.",
    (
        _NOTE,
        Column("patient_id", "text", "From the input, never read in the note"),
        Column("provider_id", "text", "From the input, never read in the note"),
        Column("date_of_service", "date", "From the input, else read in the note"),
        Column("code", "text", "20552, 20553, 20560 or 20561; null where nothing billable is proven"),
        Column("status", "text", "`supported`: every honest reading gives the code. `review`: a person must look. `none`: no such procedure at this encounter", True),
        Column("count_low", "integer", "Distinct muscles that the note proves", True),
        Column("count_high", "integer", "Distinct muscles that its most favourable honest reading supports", True),
        Column("alternatives", "list", "Codes that it could become", True),
        Column("units", "integer", "Units of the code: 1, or 0 without a code", True),
        Column("procedure_kind", "text", "`trigger_point_injection` or `dry_needling`"),
        Column("procedure_status", "text", "`performed`, `planned`, `historical`, `declined` or `absent`", True),
        Column("guidance", "text", "`ultrasound`, `fluoroscopy`, `ct` or `emg`"),
        Column("sedation", "boolean", "The note documents sedation", True),
        Column("injections", "integer", "Needle insertions, where the note states them"),
        Column("total_volume_ml", "number", "Volume injected at the trigger points in all, in mL"),
        Column("muscle_ids", "list", "Muscles and groups of table `muscles`, in its order", True),
        Column("drug_ids", "list", "Drugs of table `drugs` that the note identifies, in its order", True),
        Column("finding_ids", "list", "Findings of table `findings`, in its order", True),
        Column("query", "text", "Neutral question to the provider, where the note does not settle the code"),
        Column("policy", "text", "Name of the policy in force", True),
        Column("policy_settings", "json", "Its answers to the unsettled questions, a JSON object", True),
        Column("extractor_version", "text", "Version of the extractor"),
        Column("lexicon_version", "text", "Version of the lexicon: a hash of its tables"),
        Column("source", "text", "File and place that the note came from", True),
        Column("json", "json", "The complete document (see the contract): everything above and below, and more", True),
    ),
    ("note_id",),
    parent=None,
)
_MUSCLES = _of_a_note(
    "muscles",
    "One row for each distinct muscle, or collectively named group, injected at this encounter.",
    Column("muscle_id", "text", "Terminologia Anatomica name in snake_case, or a group of the lexicon", True),
    Column("name", "text", "Name for people", True),
    Column("kind", "text", "`muscle` or `group`", True),
    Column("sides", "list", "Of `left`, `right`; empty where the note gives no side", True),
    Column("doubtful_sides", "list", "Sides that another honest reading adds: they count in `count_high` only", True),
    Column("portions", "list", "Parts named: `upper`, `long head` …", True),
    Column("levels", "list", "Spinal levels named: `C2-C3` …", True),
    Column("injections", "integer", "Needle insertions into it, where stated"),
    *_EVIDENCE,
)
_DRUGS = _of_a_note(
    "drugs",
    "One row for each substance injected at the trigger points.",
    Column("drug_id", "text", "Generic name in snake_case; null where the note does not identify the drug"),
    Column("text", "text", "As the note writes it", True),
    Column("strength", "number", "Concentration as written"),
    Column("strength_unit", "text", "`%`, `mg/mL`, `units/mL`, `mcg/mL` or `mEq/mL`"),
    Column("volume_ml", "number", "This drug's own share of what was injected, in mL"),
    Column("dose", "number", "Amount injected at the trigger points"),
    Column("dose_unit", "text", "`mg`, `units`, `mcg` or `mEq`"),
    Column("dose_basis", "text", "`stated` in the note, or `computed` from strength and volume"),
    Column("wasted", "number", "Amount discarded, where stated"),
    Column("wasted_unit", "text", "As `dose_unit`"),
    Column("hcpcs", "text", "HCPCS Level II code on the date of service"),
    Column("hcpcs_units", "integer", "Billing units of the dose; null where the dose is not known"),
    Column("hcpcs_descriptor", "text", "What one unit is"),
    *_EVIDENCE,
)
_FINDINGS = _of_a_note(
    "findings",
    "One row for each thing about the note that a coder or an auditor should know.",
    Column("finding_id", "text", "Id, as in the contract", True),
    Column("severity", "text", "`error` makes the code itself unsafe, `warning` an auditor would write up, else `info`", True),
    Column("text", "text", "The finding in a sentence", True),
    Column("source", "text", "Where the rule comes from"),
    *_EVIDENCE,
)
_REASONS = _of_a_note(
    "reasons",
    "One row for each step of the argument for the decision.",
    Column("rule", "text", "Id of the rule, for `tpi explain`", True),
    Column("text", "text", "The step in a sentence", True),
    Column("source", "text", "Where the rule comes from, and the dates on which it holds"),
    *_EVIDENCE,
)
_MENTIONS = _of_a_note(
    "mentions",
    "One row for each mention of a muscle or body region, injected or not, in text order.",
    Column("start", "integer", "First code point, from 0", True),
    Column("end", "integer", "One past the last code point", True),
    Column("text", "text", "The note's own words", True),
    Column("muscle_id", "text", "Muscle or group; null for a region"),
    Column("sides", "list", "Of `left`, `right`", True),
    Column("portion", "text", "Part of the muscle"),
    Column("levels", "list", "Spinal levels", True),
    Column("section", "text", "Section of the note"),
    Column("assertion", "text", "`injected`, `planned`, `historical`, `negated`, `finding` or `other_procedure`", True),
    Column("inferred", "boolean", "A bare side or level that takes the muscle of its list's head", True),
)
QUARANTINE = Table(
    "quarantine",
    "One row for each note that could not be read or that broke the extractor; it has no row in `results`.",
    (
        Column("position", "integer", "Number of the row, in the order of the inputs, from 1", True),
        Column("note_id", "text", "Id of the note, where it is known"),
        Column("source", "text", "File and place that it came from", True),
        Column("stage", "text", "`read`: no note there. `extract`: the extractor failed. `time`: it took too long. `worker`: the process died. `write`: this format cannot hold it", True),
        Column("reason", "text", "What is wrong and what to do", True),
    ),
    ("position",),
    parent=None,
)
TABLES = (RESULTS, _MUSCLES, _DRUGS, _FINDINGS, _REASONS, _MENTIONS, QUARANTINE)
"""All tables; a parent stands before what refers to it."""


def main() -> None:
    """Print ``docs/tables.md``."""
    from extractor.batch.writers.reference import reference

    print(reference(), end="")


if __name__ == "__main__":
    main()
