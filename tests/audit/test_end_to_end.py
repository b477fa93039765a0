"""From files to findings: notes of a finished batch, claims as a clearinghouse has them, fees of the practice."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from extractor import extract
from extractor.audit.claims import read_claims
from extractor.audit.exposure import read_fees
from extractor.audit.notes import read_results
from extractor.audit.run import audit
from extractor.coding.claims import RANKS
from tests.audit.claims.test_x12 import HEAD, interchange
from tests.coding.claims.build import KENALOG, TWO

CLAIMS = [
    "CLM*A1*210***11:B:1*Y*A*Y*Y", "HI*ABK:M7918", "NM1*82*1*WELBY*M****XX*2222222222",
    "LX*1", "SV1*HC:20553*150*UN*1***1", "DTP*472*D8*20240603", "LX*2", "SV1*HC:99213*90*UN*1***1", "DTP*472*D8*20240603",
    "CLM*A2*210***11:B:1*Y*A*Y*Y", "HI*ABK:M7918*ABF:M5450", "NM1*82*1*WELBY*M****XX*2222222222",
    "LX*1", "SV1*HC:20553*150*UN*1***1:2", "DTP*472*D8*20240901", "LX*2", "SV1*HC:J3301*60*UN*8***1", "DTP*472*D8*20240901",
]  # fmt: skip
FEES = "code,amount\n20552,50.00\n20553,58.50\n99213,90.00\nJ3301,1.50\n"


def test_an_837_against_a_finished_batch(tmp_path):
    notes = tmp_path / "results.jsonl"
    read = [extract(text, note_id=name, date_of_service=day, patient_id="MEM1", provider_id="2222222222")
            for name, text, day in (("n1", TWO, "2024-06-03"), ("n2", KENALOG, "2024-09-01"))]  # fmt: skip
    notes.write_text("".join(item.model_dump_json() + "\n" for item in read), encoding="utf-8")
    claims, fees = tmp_path / "claims.837", tmp_path / "fees.csv"
    claims.write_text(interchange(*HEAD, *CLAIMS, gap="\n"), encoding="utf-8")
    fees.write_text(FEES, encoding="utf-8")

    results, billed = read_results(notes), read_claims(claims)
    done = audit(results.notes, billed.lines, fees=read_fees(fees), unreadable=[*results.unreadable, *billed.unreadable])

    assert [(one.date_of_service, one.matched_by, [item.id for item in one.findings]) for one in done.encounters] == [
        (date(2024, 6, 3), "patient_date_provider", ["code-not-supported", "modifier-missing"]),
        (date(2024, 9, 1), "patient_date_provider", ["drug-units-mismatch"]),
    ]  # fmt: skip
    first, second = (one.findings[0] for one in done.encounters)
    assert (first.claim_id, first.line, str(first.exposure.amount)) == ("A1", 1, "8.50")
    assert second.text.startswith("J3301 was billed with 8 units (80 mg); the note documents 40 mg of triamcinolone acetonide")
    assert "fee 1.50 x 8 - fee 1.50 x 4 = 6.00" in second.exposure.arithmetic
    assert str(done.overpayment) == "104.50" and "overpayment: 90.00 + 8.50 + 6.00 = 104.50" in done.arithmetic


def test_the_page_about_the_audit_tells_every_finding():
    page = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)) == set(RANKS)
