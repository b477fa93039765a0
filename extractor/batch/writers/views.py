"""The common questions, as views of the DuckDB and SQLite outputs."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VIEWS", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """One question and the query that answers it, in SQL that both databases read.

    ``{has_left}`` and ``{has_right}`` stand for whether the list ``sides`` holds a side, which they write differently.
    """

    name: str
    description: str
    query: str


VIEWS = (
    View(
        "review_queue",
        "Notes that a person must look at: those with errors first, then those without a code, then by date.",
        """
        SELECT r.note_id, r.date_of_service, r.patient_id, r.provider_id, r.code, r.alternatives,
               r.count_low, r.count_high,
               (SELECT count(*) FROM findings f WHERE f.note_id = r.note_id AND f.severity = 'error') AS errors,
               (SELECT count(*) FROM findings f WHERE f.note_id = r.note_id AND f.severity = 'warning') AS warnings,
               r.finding_ids, r.query, r.source
        FROM results r
        WHERE r.status = 'review'
        ORDER BY errors DESC, (r.code IS NULL) DESC, r.date_of_service, r.note_id
        """,
    ),
    View(
        "notes_by_code_and_status",
        "How many notes prove which code, and how many of them a person must look at.",
        """
        SELECT code, status, count(*) AS notes
        FROM results
        GROUP BY code, status
        ORDER BY notes DESC, code, status
        """,
    ),
    View(
        "muscles_injected",
        "Muscles and groups by the number of notes that inject them, and on which side.",
        """
        SELECT muscle_id, name, kind, count(*) AS notes,
               count(CASE WHEN {has_left} THEN 1 END) AS notes_left,
               count(CASE WHEN {has_right} THEN 1 END) AS notes_right
        FROM muscles
        GROUP BY muscle_id, name, kind
        ORDER BY notes DESC, muscle_id
        """,
    ),
    View(
        "provider_summary",
        "Each provider's notes, codes and shares: of 20553 among 20552 and 20553, of review among billable notes.",
        """
        SELECT provider_id, count(*) AS notes,
               count(CASE WHEN status <> 'none' THEN 1 END) AS billable_notes,
               count(CASE WHEN status = 'supported' THEN 1 END) AS supported,
               count(CASE WHEN status = 'review' THEN 1 END) AS review,
               count(CASE WHEN code = '20552' THEN 1 END) AS code_20552,
               count(CASE WHEN code = '20553' THEN 1 END) AS code_20553,
               count(CASE WHEN code IN ('20560', '20561') THEN 1 END) AS dry_needling,
               round(avg(CASE code WHEN '20553' THEN 1.0 WHEN '20552' THEN 0.0 END), 4) AS share_20553,
               round(avg(CASE status WHEN 'review' THEN 1.0 WHEN 'supported' THEN 0.0 END), 4) AS share_review
        FROM results
        GROUP BY provider_id
        ORDER BY billable_notes DESC, provider_id
        """,
    ),
    View(
        "findings_by_id",
        "Findings by the number of notes that have them.",
        """
        SELECT finding_id, severity, count(DISTINCT note_id) AS notes, count(*) AS findings
        FROM findings
        GROUP BY finding_id, severity
        ORDER BY notes DESC, finding_id, severity
        """,
    ),
    View(
        "drugs_with_hcpcs_units",
        "Drugs injected, with their HCPCS codes and billing units, and the notes whose dose gives no units.",
        """
        SELECT drug_id, hcpcs, hcpcs_descriptor, count(DISTINCT note_id) AS notes, CAST(sum(hcpcs_units) AS BIGINT) AS units,
               count(DISTINCT CASE WHEN hcpcs IS NOT NULL AND hcpcs_units IS NULL THEN note_id END) AS notes_without_units
        FROM drugs
        GROUP BY drug_id, hcpcs, hcpcs_descriptor
        ORDER BY notes DESC, drug_id, hcpcs
        """,
    ),
    View(
        "group_only_notes",
        "Notes that name collective muscles only (paraspinals, gluteals): the count hangs on how a group is read.",
        """
        SELECT r.note_id, r.date_of_service, r.provider_id, r.code, r.status, r.count_low, r.count_high, r.muscle_ids, r.query
        FROM results r
        WHERE EXISTS (SELECT 1 FROM muscles m WHERE m.note_id = r.note_id)
          AND NOT EXISTS (SELECT 1 FROM muscles m WHERE m.note_id = r.note_id AND m.kind = 'muscle')
        ORDER BY r.date_of_service, r.note_id
        """,
    ),
    View(
        "quarantine_by_reason",
        "Notes that could not be read or broke the extractor, by reason.",
        """
        SELECT stage, reason, count(*) AS notes, min(source) AS first_source
        FROM quarantine
        GROUP BY stage, reason
        ORDER BY notes DESC, stage, reason
        """,
    ),
)
