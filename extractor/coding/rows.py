"""What one row of each table of the coding side says."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

__all__ = [
    "Confidence",
    "DiagnosisRow",
    "DocumentationRow",
    "ExcludesRow",
    "HcpcsRow",
    "NcciRow",
    "ProcedureRow",
    "RegionRow",
    "SourceRow",
    "SubstanceRow",
]

Confidence = Literal["high", "medium-high", "medium"]
"""Facts of lower confidence are not shipped as facts."""


class SourceRow(NamedTuple):
    """Where a fact comes from: a row of ``sources.tsv``."""

    key: str
    title: str
    date: str
    note: str = ""


class HcpcsRow(NamedTuple):
    """A drug's HCPCS Level II code on certain dates: a row of ``hcpcs.tsv``."""

    KEY = ("code", "drug", "effective_from")  # type: ignore[misc]

    code: str
    drug: str
    """Drug id; ``*`` for the code of drugs that have none of their own."""
    label: str
    amount: float | None
    """Amount in one billing unit; empty where the code is billed once whatever the dose."""
    unit: Literal["mg", "units", "mcg", "mL"] | None
    effective_from: date
    effective_to: date | None
    limit: int | None
    """Medically unlikely edit, in billing units a day."""
    source: str
    confidence: Confidence
    note: str = ""


class SubstanceRow(NamedTuple):
    """How a substance stands in trigger point injections: a row of ``substances.tsv``."""

    drug: str
    name: str
    kind: Literal[
        "anesthetic", "steroid", "toxin", "diluent", "additive", "anti_inflammatory", "vitamin", "biologic",
        "amniotic", "prp", "dextrose", "homeopathic", "sarapin", "relaxant", "enzyme", "other",
    ]  # fmt: skip
    denied: bool
    """Whether payers' trigger point rules exclude it whatever else is in the syringe."""
    unclassified: str
    """HCPCS code where no code of its own exists; empty where none is reported."""
    source: str
    confidence: Confidence
    note: str = ""


class DiagnosisRow(NamedTuple):
    """An ICD-10-CM code that these notes carry: a row of ``icd10.tsv``."""

    KEY = ("code", "effective_from")  # type: ignore[misc]

    code: str
    label: str
    billable: bool
    effective_from: date
    effective_to: date | None
    successors: tuple[str, ...]
    source: str
    confidence: Confidence


class ExcludesRow(NamedTuple):
    """Two diagnoses that Excludes1 keeps apart: a row of ``icd10_excludes.tsv``."""

    KEY = ("left", "right")  # type: ignore[misc]

    left: str
    """Code or beginning of a code."""
    right: str
    source: str
    confidence: Confidence


class NcciRow(NamedTuple):
    """A procedure-to-procedure edit: a row of ``ncci_pairs.tsv``."""

    KEY = ("column_1", "column_2", "effective_from")  # type: ignore[misc]

    column_1: str
    column_2: str
    indicator: Literal["0", "1"]
    """0: no modifier bypasses the pair; 1: one does where the services are distinct."""
    rationale: str
    effective_from: date | None
    effective_to: date | None
    source: str
    confidence: Confidence


class ProcedureRow(NamedTuple):
    """Another procedure and its codes: a row of ``procedure_codes.tsv``."""

    kind: str
    codes: tuple[str, ...]
    """Codes of the family; ``64490-64495`` is a range."""
    label: str
    position: Literal["column 1", "column 2", "unknown", "none"] | None
    """Position of this procedure's code against 20552/20553; none: no pair was found; unknown: not seen; empty: not looked for."""
    indicator: Literal["0", "1"] | None
    advice: str
    """How it is told apart from a trigger point injection, or what else the coder must know."""
    block: bool
    """Whether it is a nerve or plane block, epidural or facet injection."""
    source: str
    confidence: Confidence
    effective_from: date | None = None
    before: str = ""
    """The code family before ``effective_from``."""


class DocumentationRow(NamedTuple):
    """One thing that an auditor looks for: a row of ``documentation.tsv``."""

    id: str
    group: str
    description: str
    checklist: int | None
    """Number of the element in the checklist of the facts."""
    source: str


class RegionRow(NamedTuple):
    """How a region of the lexicon counts under the rules that count regions: a row of ``region_groups.tsv``."""

    region: str
    group_2002: str
    """Muscle group of 2002."""
    sided: bool
    """Whether left and right are two groups."""
    session: str
    """Region for payers that cover one region a session."""
    source: str
