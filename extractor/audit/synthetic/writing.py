"""Writes a practice as the files an audit reads, and the truth beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from extractor.audit.synthetic.practice import FEES, POLICY_SETTINGS, Practice, Visit

__all__ = ["TRUTH_COLUMNS", "claim_rows", "note_rows", "truth_rows", "write_practice"]

CLAIM_COLUMNS = (
    "claim_id", "line", "note_id", "patient_id", "date_of_service", "provider_id", "payer", "code", "units", "modifiers",
    "diagnoses", "charge", "allowed", "paid",
)  # fmt: skip
TRUTH_COLUMNS = ("claim_id", "note_id", "patient_id", "date_of_service", "provider_id", "kind", "expected", "direction", "base")


def note_rows(practice: Practice) -> Iterator[dict[str, str]]:
    """The notes as JSON Lines records."""
    for visit in practice.visits:
        if visit.note_written:
            yield {
                "note_id": visit.note_id, "text": visit.text, "patient_id": visit.patient,
                "date_of_service": visit.day.isoformat(), "provider_id": visit.provider,
            }  # fmt: skip


def claim_rows(practice: Practice) -> Iterator[dict[str, Any]]:
    """The claim lines, one row each; lists are parted by spaces."""
    for visit in practice.visits:
        yield from _claim(visit, visit.claim_id, visit.day)
        if visit.second_claim_on:
            yield from _claim(visit, visit.claim_id + "B", visit.second_claim_on)


def _claim(visit: Visit, claim: str, day: date) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(visit.lines, 1):
        yield {
            "claim_id": claim, "line": number, "note_id": visit.note_id if visit.by_note and visit.note_written else "",
            "patient_id": visit.patient, "date_of_service": day.isoformat(), "provider_id": visit.billed_provider or visit.provider,
            "payer": visit.payer, "code": line.code, "units": line.units, "modifiers": " ".join(line.modifiers),
            "diagnoses": " ".join(line.diagnoses), "charge": line.paid * 2, "allowed": line.paid, "paid": line.paid,
        }  # fmt: skip


def truth_rows(practice: Practice) -> Iterator[dict[str, str]]:
    """What is true of each encounter; ``kind`` is ``clean`` where nothing was planted."""
    for visit in practice.visits:
        yield {
            "claim_id": visit.claim_id if visit.lines else "", "note_id": visit.note_id if visit.note_written else "",
            "patient_id": visit.patient, "date_of_service": visit.day.isoformat(), "provider_id": visit.provider, "kind": visit.kind,
            "expected": "|".join(visit.expected), "direction": visit.direction, "base": visit.base.note.id,
        }  # fmt: skip


def write_practice(practice: Practice, folder: str | Path) -> dict[str, Path]:
    """Write ``notes.jsonl``, ``claims.csv``, ``truth.csv``, ``fees.csv`` and ``policy.toml``; return them by stem.

    Raises:
        OSError: if the folder or a file cannot be written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with (target / "notes.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in note_rows(practice))
    _csv(target / "claims.csv", CLAIM_COLUMNS, claim_rows(practice))
    _csv(target / "truth.csv", TRUTH_COLUMNS, truth_rows(practice))
    _csv(target / "fees.csv", ("code", "amount"), ({"code": code, "amount": fee} for code, fee in FEES.items()))
    (target / "policy.toml").write_text(_policy(), encoding="utf-8")
    return {path.stem: path for path in sorted(target.iterdir())}


def _csv(path: Path, columns: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _policy() -> str:
    settings = "\n".join(f"{key} = {json.dumps(value)}" for key, value in POLICY_SETTINGS.items())
    return f"""# The rules of the synthetic practice's made-up payer.
id = "synthetic-payer"
title = "A made-up payer of the synthetic practice"
inherits = "cpt"
description = "Three sessions in rolling twelve months, four diagnoses, no vitamins."
sources = ["CONTRACT"]
confidence = "practice"

[settings]
{settings}
"""
