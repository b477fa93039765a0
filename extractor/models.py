"""The contract: what a note, a record, a result and a finding are.

A *record* is what the language side proves about one note; the coding side takes a record and nothing else.
A *result* is the public document (schema version 1): the JSON of ``tpi extract --json``, of every line of a batch,
of the HTTP API and of :func:`extractor.extract`.

Offsets are Unicode code points into the note's text; ``text[start:end]`` always equals the quoted text.
Volumes are millilitres. Dates are ISO 8601 calendar dates.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Area",
    "Assertion",
    "Count",
    "Decision",
    "Diagnosis",
    "DocumentationElement",
    "Dose",
    "Doubt",
    "Drug",
    "Evidence",
    "Finding",
    "Hcpcs",
    "Mention",
    "ModifierAdvice",
    "Muscle",
    "OtherProcedure",
    "Procedure",
    "Reason",
    "Record",
    "Result",
    "Side",
    "StatedCode",
    "StatedCount",
    "Strength",
]

SCHEMA_VERSION = "1"

Side = Literal["left", "right"]
Assertion = Literal["injected", "planned", "historical", "negated", "finding", "other_procedure"]
Severity = Literal["error", "warning", "info"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Evidence(_Model):
    """Words of the note that prove a claim."""

    start: int = Field(description="First code point, counted from 0")
    end: int = Field(description="One past the last code point")
    text: str = Field(description="The note's own words, equal to text[start:end]")


class Procedure(_Model):
    """The trigger point injection or dry needling of this encounter."""

    kind: Literal["trigger_point_injection", "dry_needling"] | None = None
    status: Literal["performed", "planned", "historical", "declined", "absent"] = "absent"
    guidance: Literal["ultrasound", "fluoroscopy", "ct", "emg"] | None = None
    sedation: bool = False
    injections: int | None = Field(None, description="Needle insertions at the trigger points, where the note states them")
    total_volume_ml: float | None = Field(None, description="Volume injected at the trigger points in all, in mL")
    evidence: list[Evidence] = Field(default_factory=list)


class Muscle(_Model):
    """One distinct muscle (or collectively named group) injected in this encounter."""

    id: str = Field(description="Terminologia Anatomica English name in snake_case, or a group id of the lexicon")
    name: str
    kind: Literal["muscle", "group"] = "muscle"
    sides: list[Side] = Field(default_factory=list, description="Empty where the note gives no side")
    doubtful_sides: list[Side] = Field(
        default_factory=list, description="Sides that another honest reading of the note adds: they count in `high` only"
    )
    portions: list[str] = Field(default_factory=list)
    levels: list[str] = Field(default_factory=list)
    injections: int | None = None
    evidence: list[Evidence] = Field(default_factory=list)


class Area(_Model):
    """An injected site that names no muscle: "low back", a bare "T4-5"."""

    text: str
    region: str | None = Field(None, description="Region of the lexicon's muscles that the words name (neck, shoulder …)")
    sides: list[Side] = Field(default_factory=list)
    levels: list[str] = Field(default_factory=list)
    injections: int | None = None
    evidence: list[Evidence] = Field(default_factory=list)


class Mention(_Model):
    """One muscle or body-region mention, injected or not."""

    start: int
    end: int
    text: str
    muscle: str | None = Field(description="Muscle or group id; null for a region")
    sides: list[Side] = Field(default_factory=list)
    portion: str | None = None
    levels: list[str] = Field(default_factory=list)
    section: str | None = None
    assertion: Assertion = "finding"
    inferred: bool = False


class Strength(_Model):
    """Concentration of a drug as written."""

    value: float
    unit: Literal["%", "mg/mL", "units/mL", "mcg/mL", "mEq/mL"]


class Dose(_Model):
    """Amount of a drug injected at the trigger points."""

    value: float
    unit: Literal["mg", "units", "mcg", "mEq"]
    basis: Literal["stated", "computed"]


class Hcpcs(_Model):
    """HCPCS Level II code and billing units of a drug on the date of service."""

    code: str
    units: int | None = None
    descriptor: str


class Drug(_Model):
    """One substance injected at the trigger points."""

    id: str | None = Field(description="Generic name in snake_case; null where the note does not identify the drug")
    text: str
    strength: Strength | None = None
    volume_ml: float | None = Field(None, description="This drug's own share of what was injected, in mL")
    dose: Dose | None = None
    wasted: Dose | None = Field(None, description="Discarded amount, where the note states it")
    hcpcs: Hcpcs | None = None
    evidence: list[Evidence] = Field(default_factory=list)


class Doubt(_Model):
    """Something that no rule decides. Each reading lists the muscles that it would add to the certain ones.

    An empty reading adds nothing. ``low`` takes the reading that adds least, ``high`` the one that adds most.
    """

    reason: str = Field(description="Short machine-readable cause: assertion, correction, abbreviation, unknown-site, quantity …")
    text: str = Field(description="One sentence for the coder")
    readings: list[list[Muscle]] = Field(default_factory=list)
    extra_high: int = Field(0, description="Unnamed muscles that the most favourable reading adds")
    evidence: list[Evidence] = Field(default_factory=list)


class StatedCount(_Model):
    """A number that the note itself gives for its muscles, sites or injections."""

    what: Literal["muscles", "sites", "injections"]
    count: int
    evidence: list[Evidence] = Field(default_factory=list)


class StatedCode(_Model):
    """A procedure code printed in the note: somebody's opinion, not a count."""

    code: str
    evidence: list[Evidence] = Field(default_factory=list)


class OtherProcedure(_Model):
    """Another procedure that the note documents at this encounter."""

    kind: str = Field(description="Id in lexicons/procedures.tsv")
    text: str
    sides: list[Side] = Field(default_factory=list)
    guidance: Literal["ultrasound", "fluoroscopy", "ct", "emg", "none"] | None = Field(
        None, description="'none' where the note says that no imaging was used; null where it is silent"
    )
    status: Literal["performed", "planned", "historical", "declined"] = "performed"
    evidence: list[Evidence] = Field(default_factory=list)


class DocumentationElement(_Model):
    """One thing that an auditor looks for, found in the note (id in lexicons/documentation.tsv)."""

    id: str
    value: str | float | int | None = None
    evidence: list[Evidence] = Field(default_factory=list)


class Diagnosis(_Model):
    """A diagnosis code written in the note."""

    code: str
    text: str = ""
    evidence: list[Evidence] = Field(default_factory=list)


class Finding(_Model):
    """Something that a coder or an auditor should know (ids in the contract)."""

    id: str
    severity: Severity
    text: str
    evidence: list[Evidence] = Field(default_factory=list)
    source: str | None = None


class Record(_Model):
    """What one note proves, without any text processing left to do: the input of ``extractor.coding``."""

    note_id: str = ""
    date_of_service: date | None = None
    patient_id: str | None = None
    provider_id: str | None = None
    procedure: Procedure = Field(default_factory=Procedure)
    muscles: list[Muscle] = Field(default_factory=list, description="Injected beyond doubt, distinct")
    areas: list[Area] = Field(default_factory=list)
    examined: list[Muscle] = Field(
        default_factory=list, description="Muscles with trigger points on examination; bounds `high` where no site list is given"
    )
    doubts: list[Doubt] = Field(default_factory=list)
    stated_counts: list[StatedCount] = Field(default_factory=list)
    stated_codes: list[StatedCode] = Field(default_factory=list)
    drugs: list[Drug] = Field(default_factory=list)
    title_drugs: list[str] = Field(default_factory=list, description="Drug ids that the title names")
    other_procedures: list[OtherProcedure] = Field(default_factory=list)
    documentation: list[DocumentationElement] = Field(default_factory=list)
    diagnoses: list[Diagnosis] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list, description="What reading the note already found")
    mentions: list[Mention] = Field(default_factory=list)


class Count(_Model):
    """Distinct muscles: what the note proves, and what its most favourable honest reading supports."""

    low: int
    high: int


class ModifierAdvice(_Model):
    modifier: str
    advice: Literal["use", "consider", "never"]
    reason: str
    source: str | None = None


class Reason(_Model):
    """One step of the argument for a decision."""

    rule: str
    text: str
    evidence: list[Evidence] = Field(default_factory=list)
    source: str | None = None


class Decision(_Model):
    """The code that the note proves under a policy."""

    code: Literal["20552", "20553", "20560", "20561"] | None = None
    alternatives: list[str] = Field(default_factory=list)
    status: Literal["supported", "review", "none"] = "none"
    muscle_count: Count = Field(default_factory=lambda: Count(low=0, high=0))
    units: int = 0
    modifiers: list[ModifierAdvice] = Field(default_factory=list)
    policy: str = "cpt"
    policy_settings: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, description="Reading of the unsettled questions that was in force"
    )
    reasons: list[Reason] = Field(default_factory=list)
    query: str | None = None


class Result(_Model):
    """The public document about one note."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    note_id: str
    date_of_service: date | None = None
    patient_id: str | None = Field(None, description="From the input, never read in the note")
    provider_id: str | None = Field(None, description="From the input, never read in the note")
    procedure: Procedure
    muscles: list[Muscle]
    mentions: list[Mention]
    drugs: list[Drug]
    decision: Decision
    findings: list[Finding]
    other_procedures: list[OtherProcedure] = Field(default_factory=list)
    diagnoses: list[Diagnosis] = Field(default_factory=list)
    documentation: list[DocumentationElement] = Field(default_factory=list)
    versions: dict[str, str] = Field(default_factory=dict, description="What decided the answer beside the note: `extractor`, `lexicon` and `policy` (id@version)")
    text: str | None = Field(
        None, description="The text that the offsets count, where it was converted from another format or asked for"
    )
