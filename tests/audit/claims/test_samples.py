"""Claims as other projects publish them; the files are no part of the repository."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.audit.claims import read_claims

SAMPLES = Path("/work/shared/samples")
FILES = {
    # claims, lines, codes in order, patients, payers
    "x12/COB-claim-from-billing-provider-to-payer-b.edi": (1, ["99213", "90782", "J3301"], {"222334444/TED/19730501"}, {"GREAT PRAIRIES HEALTH"}),
    "x12/Example1_2_And_3_Combined.txt": (3, ["99213", "87070", "99214", "86663", "99213", "90782", "J3301", "99213", "87072", "99214", "86663"],
                                          {"JS00111223333/TED/19730501", "111223333/TED/19730501", "00221111"},
                                          {"KEY INSURANCE COMPANY", "ALLIANCE HEALTH AND LIFE INSURANCE"}),
    "x12/sample837-original.edi": (1, ["J2941"], {"YYX123456789/COLE/19940921"}, {"PPO BLUE"}),
    "x12/sample_837_0.txt": (5, ["H0003", "96153", "T1017", "90853", "H0003"], {"987321", "765123"}, {"COMMUNITY HEALTH PLAN OF WASHINGTON"}),
    "x12/wheelchair.edi": (1, ["K0001"], {"987654321A"}, {"DMERC CARRIER"}),
    "x12/x12_valid_different_separators.txt": (2, ["99211", "478331"], {"123456"}, {"HEALTH INSURANCE COMPANY", "HEALTH INSURANCE COMPANY TWO"}),
    "fhir/claim-example.json": (1, ["1200"], {"1"}, {"2"}),
    "fhir/eobReadCarrierWithMultipleLines.json": (1, [f"9299{number}" for number in (9, 8, 7, 6, 5, 4, 3)], {"567834"}, {"CMS"}),
}  # fmt: skip


def lines_of(name):
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine")
    file = read_claims(path)
    assert file.unreadable == []
    return file.lines


@pytest.mark.parametrize("name", FILES)
def test_every_sample_gives_its_claims(name):
    lines = lines_of(name)
    claims, codes, patients, payers = FILES[name]
    assert [line.code for line in lines] == codes
    assert len({line.claim_id for line in lines}) == claims
    assert {line.patient_id for line in lines} == patients
    assert {line.payer for line in lines} == payers


def test_coordination_of_benefits_leaves_the_claims_own_amounts_and_pointers():
    lines = lines_of("x12/COB-claim-from-billing-provider-to-payer-b.edi")
    assert [line.charge for line in lines] == [Decimal("43"), Decimal("15"), Decimal("21.04")]
    assert lines[0].diagnoses == ["4779", "2724", "2780", "53081"] and lines[1].diagnoses == ["4779", "2724"]
    assert {line.provider_id for line in lines} == {"1999996666"} and {line.date_of_service for line in lines} == {date(2005, 10, 3)}


def test_units_modifiers_ranges_and_diagnoses_of_the_samples():
    assert lines_of("x12/sample837-original.edi")[0].units == 84
    assert [(line.units, line.modifiers, line.diagnoses) for line in lines_of("x12/sample_837_0.txt")][1:4] == [
        (6, ["HF"], ["F15.20", "F12.20"]), (1, ["HF"], ["F10.20", "F12.20"]), (120, [], ["F25.1"]),
    ]  # fmt: skip
    assert lines_of("x12/wheelchair.edi")[0].modifiers == ["RR", "KH", "BR"]
    odd = lines_of("x12/x12_valid_different_separators.txt")
    assert [(line.diagnoses, line.date_of_service, line.date_of_service_end) for line in odd] == [
        (["8901"], date(2005, 3, 14), date(2005, 3, 25)), (["1987", "4134", "5559"], date(2005, 3, 22), date(2005, 3, 25)),
    ]  # fmt: skip


def test_an_explanation_of_benefit_has_its_amounts_from_the_adjudication():
    lines = lines_of("fhir/eobReadCarrierWithMultipleLines.json")
    assert [line.charge for line in lines] == [75, 75, 85, 65, 55, 45, 35]
    assert {(line.allowed, line.paid, tuple(line.modifiers), tuple(line.diagnoses), line.provider_id) for line in lines} == {
        (Decimal("47.84"), Decimal("37.5"), ("LT",), ("A52",), "1923124"),
    }  # fmt: skip
    (dental,) = lines_of("fhir/claim-example.json")
    assert (dental.charge, dental.diagnoses, dental.date_of_service) == (Decimal("135.57"), ["123456"], date(2014, 8, 16))
