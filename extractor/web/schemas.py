"""What the API takes and gives beside the contract's own document."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from extractor.audit.models import ClaimLine
from extractor.intake import MAX_CHARACTERS
from extractor.models import Decision, Drug, Evidence, Finding, Record, Result, Side

__all__ = [
    "AddMuscle", "AuditRequest", "ChecklistItem", "Converted", "Correction", "Day", "DecideRequest", "Decided", "ExtractRequest",
    "FullAnswer", "Health", "LexiconAnswer", "MuscleName", "NoteToAudit", "Policies", "PolicyInfo", "RuleInfo", "Sample",
    "SetSides", "SettingInfo", "Shown", "ShownArea", "ShownMuscle", "StrikeArea", "StrikeMuscle",
]  # fmt: skip

def _only_written_out(value: object) -> object:
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("a date is written as YYYY-MM-DD")
    return value


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Day = Annotated[date, BeforeValidator(_only_written_out)]
"""A calendar date as text; pydantic alone would take a number for seconds since 1970."""
Id = Annotated[str, Field(min_length=1, max_length=200)]
MuscleId = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,80}$", examples=["levator_scapulae"])]
SettingName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
SettingValue = Annotated[str, Field(max_length=400)]
EXAMPLE_NOTE = "Trigger point injections: left trapezius, left rhomboids, left supraspinatus. 1 mL of 1% lidocaine each."


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Rules(_Request):
    policy: str | None = Field(
        None, max_length=80, examples=["cpt"], description="A name of /v1/policies; default the server's own policy"
    )
    settings: dict[SettingName, SettingValue] = Field(
        default_factory=dict, max_length=40, examples=[{"laterality": "by-side"}], description="Single settings that outrank the policy"
    )


class ExtractRequest(_Rules):
    """One note."""

    text: str = Field(max_length=MAX_CHARACTERS, examples=[EXAMPLE_NOTE], description="Offsets in the answer are code points into it")
    note_id: Id | None = Field(None, description="Kept in the result; default a hash of the text")
    date_of_service: date | None = Field(None, examples=["2024-03-14"], description="Default the one in the note")
    patient_id: Id | None = None
    provider_id: Id | None = None


class StrikeMuscle(_Request):
    """The coder says: this muscle was not injected."""

    action: Literal["strike"]
    muscle: MuscleId


class StrikeArea(_Request):
    """The coder says: this site is no muscle of its own (it is named elsewhere, or was not injected)."""

    action: Literal["strike-area"]
    area: int = Field(ge=0, le=1000, description="Its place in the record's areas, from 0")


class AddMuscle(_Request):
    """The coder says: this muscle was injected, too."""

    action: Literal["add"]
    muscle: MuscleId
    sides: list[Side] = Field(default_factory=list, max_length=2)


class SetSides(_Request):
    """The coder says on which side a muscle was injected; an empty list is: not stated."""

    action: Literal["set-sides"]
    muscle: MuscleId
    sides: list[Side] = Field(max_length=2)


Correction = Annotated[StrikeMuscle | StrikeArea | AddMuscle | SetSides, Field(discriminator="action")]


class DecideRequest(_Rules):
    """A record, and what a coder corrects in it."""

    record: Record
    corrections: list[Correction] = Field(default_factory=list, max_length=100, description="Applied in order; the answer marks each one")


class Decided(BaseModel):
    """A decision, what else a coder should know, and the drugs with their HCPCS codes."""

    decision: Decision
    findings: list[Finding]
    drugs: list[Drug]


class ShownMuscle(BaseModel):
    """What a table says of a muscle of the record."""

    id: str
    name: str
    region: str
    sides: str
    by_coder: Literal["added", "changed"] | None = None
    paired: bool = Field(True, description="Whether there is one on each side")
    members: list[str] = Field(default_factory=list, description="Muscles below a group")
    ancestors: list[str] = Field(default_factory=list, description="What it is part of, the nearest first")


class ShownArea(BaseModel):
    """What a table says of a site that names no muscle."""

    name: str
    region: str
    sides: str


class ChecklistItem(BaseModel):
    """One thing that an auditor looks for."""

    id: str
    group: str
    label: str
    description: str
    found: bool
    value: str | float | int | None = None
    evidence: list[Evidence] = Field(default_factory=list)


class RuleInfo(BaseModel):
    """A rule that the answer cites."""

    statement: str
    dates: str
    confidence: str
    sources: list[str]


class Shown(BaseModel):
    """The answer in words, as the page and the terminal show it."""

    code: str
    status: str
    status_sentence: str
    count_sentence: str
    procedure_sentence: str
    billing_line: str
    ready_to_bill: bool
    muscles: list[ShownMuscle]
    areas: list[ShownArea]
    checklist: list[ChecklistItem]
    rules: dict[str, RuleInfo]
    corrections: list[str] = Field(default_factory=list, description="What the coder corrected, a sentence each")


class FullAnswer(BaseModel):
    """The contract's document, the record behind it, and the words to show."""

    result: Result
    record: Record
    shown: Shown


class Converted(BaseModel):
    """The text of a file; offsets count this text."""

    text: str
    kind: str = Field(examples=["text", "rtf", "pdf", "docx", "html"])


class NoteToAudit(_Request):
    """One note of an audit."""

    note_id: Id = Field(examples=["n1"])
    text: str = Field(max_length=MAX_CHARACTERS, examples=[EXAMPLE_NOTE])
    patient_id: Id | None = None
    date_of_service: date | None = Field(None, examples=["2024-03-14"])
    provider_id: Id | None = None


class AuditRequest(_Rules):
    """Notes and the lines billed for them."""

    notes: list[NoteToAudit] = Field(max_length=2000)
    lines: list[ClaimLine] = Field(max_length=20000, examples=[[{"note_id": "n1", "code": "20553", "units": "1"}]])


class PolicyInfo(BaseModel):
    """One policy, with what it says on the date asked for (default: today's open-ended values)."""

    id: str
    title: str
    description: str
    confidence: str
    sources: list[str]
    settings: dict[str, str | int | bool | None]


class SettingInfo(BaseModel):
    """One question that a policy answers."""

    name: str
    description: str
    choices: list[str]


class Policies(BaseModel):
    """All policies, and the questions that they answer."""

    default: str
    default_settings: dict[str, str | int | bool | None]
    policies: list[PolicyInfo]
    settings: list[SettingInfo]


class MuscleName(BaseModel):
    """One muscle or group of the lexicon."""

    id: str
    name: str
    latin: str
    kind: Literal["muscle", "group"]
    region: str


class LexiconSense(BaseModel):
    """One meaning of a name."""

    kind: str = Field(description="muscle, group, region, or what else the name can mean")
    id: str
    name: str
    portion: str = ""
    type: str = ""


class LexiconAnswer(BaseModel):
    """What the lexicon knows of a name."""

    form: str
    senses: list[LexiconSense]
    portions: list[str]


class Sample(BaseModel):
    """An example note."""

    id: str
    title: str
    text: str


class Health(BaseModel):
    """The server answers; its versions."""

    status: Literal["ok"]
    version: str
    lexicon: str
