"""Money: where a price comes from, what counts once, and the sums."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from extractor.audit.claims import ClaimsError
from extractor.audit.exposure import Fee, Prices, exposure_of, price, read_fees, total
from extractor.audit.models import ClaimFinding, ClaimLine, Encounter
from extractor.coding.claims.case import Flag, Stake

DAY = date(2024, 3, 14)
FEES = [Fee("20552", Decimal("50")), Fee("20553", Decimal("58")), Fee("20553", Decimal("61"), "Aetna"), Fee("J3301", Decimal("1.5"))]


def line(code="20553", **given):
    given = {"claim_id": "C", "line": 1, "date_of_service": DAY} | given
    return ClaimLine(code=code, **{name: Decimal(value) if name in ("paid", "allowed", "charge", "units") else value for name, value in given.items()})


def flagged(stake, on=None, name="code-not-supported"):
    finding = ClaimFinding(id=name, severity="error", rank=1, text="t", encounter="E", claim_id=on.claim_id if on else "C", line=on.line if on else None)
    return Flag(finding, on, stake)


def encounter(*flags, payer=None):
    return Encounter(id="E", date_of_service=DAY, payer=payer, lines=[item.line for item in flags if item.line], findings=[item.finding for item in flags])


WHOLE, LESS = Stake("line"), Stake("code", "20552")
CASES = [
    # stake, line, fees, payer, direction, amount, words of the arithmetic
    (WHOLE, line(paid="49.69", allowed="62.11", charge="150"), [], None, "overpayment", "49.69", "paid 49.69"),
    (WHOLE, line(allowed="62.11", charge="150"), [], None, "overpayment", "62.11", "allowed 62.11"),
    (WHOLE, line(charge="150"), [], None, "overpayment", "150.00", "charge 150.00"),
    (WHOLE, line(), FEES, None, "overpayment", "58.00", "fee 58.00"),
    (WHOLE, line(charge="150"), FEES, None, "overpayment", "58.00", "fee 58.00"),
    (WHOLE, line(paid="0", charge="150"), FEES, None, "overpayment", "0.00", "paid 0.00"),
    (WHOLE, line(), [], None, "overpayment", None, "neither claim nor fee file"),
    (WHOLE, line("J3301", units="4"), FEES, None, "overpayment", "6.00", "fee 1.50 x 4"),
    (LESS, line(paid="49.69"), FEES, None, "overpayment", "8.00", "20553: fee 58.00 - 20552 fee 50.00 = 8.00"),
    (LESS, line(paid="49.69"), FEES, "aetna", "overpayment", "11.00", "fee 61.00"),
    (LESS, line(allowed="62.11"), FEES[:1], None, "overpayment", "12.11", "allowed 62.11 - 20552 fee 50.00"),
    (LESS, line(paid="3"), FEES, None, "overpayment", "3.00", "of which 3.00 was paid"),
    (LESS, line(charge="150"), FEES[:1], None, "overpayment", None, "a fee file would give it"),
    (LESS, line(paid="49.69"), [], None, "overpayment", None, "a fee file would give it"),
    (Stake("code", "20553"), line("20552", paid="40"), FEES, None, "underpayment", "8.00", "20553 fee 58.00 - fee 50.00"),
    (Stake("units", units=Decimal(1)), line(paid="120", units="2"), [], None, "overpayment", "60.00", "paid 120.00 x 1 of 2 units"),
    (Stake("units", units=Decimal(1)), line(paid="87", units="1"), FEES, None, "overpayment", "29.00", "paid 87.00 - fee 58.00 x 1"),
    (Stake("units", units=Decimal(4)), line("J3301", units="8", paid="12"), [], None, "overpayment", "6.00", "x 4 of 8 units"),
    (Stake("unbilled", "J3301", Decimal(4)), None, FEES, None, "underpayment", "6.00", "J3301 fee 1.50 x 4"),
    (Stake("unbilled", "J1010", Decimal(4)), None, FEES, None, "underpayment", None, "no price"),
]  # fmt: skip


@pytest.mark.parametrize(("stake", "on", "fees", "payer", "direction", "amount", "words"), CASES)
def test_an_exposure_has_its_arithmetic(stake, on, fees, payer, direction, amount, words):
    item = flagged(stake, on)
    found = exposure_of(item, encounter(item, payer=payer), Prices(fees))
    assert (found.direction, found.amount) == (direction, None if amount is None else Decimal(amount))
    assert words in found.arithmetic


def test_the_user_says_which_amount_counts():
    item = flagged(WHOLE, line(paid="49.69", allowed="62.11", charge="150"))
    assert exposure_of(item, encounter(item), Prices(FEES, "allowed")).amount == Decimal("62.11")
    assert exposure_of(item, encounter(item), Prices(FEES, "charge")).amount == Decimal("150.00")


def test_of_a_line_with_several_findings_only_the_largest_amount_counts():
    first, second = line(paid="60", line=1), line("76942", paid="40", line=2)
    flags = [flagged(LESS, first), flagged(WHOLE, first, "frequency-exceeded"), flagged(WHOLE, second, "procedure-not-documented"),
             flagged(Stake("code", "20553"), line("20552", line=3, paid="1"), "code-too-low")]  # fmt: skip
    one = encounter(*flags)
    price(flags, one, Prices(FEES))
    sums = total([one])
    assert (sums.overpayment, sums.underpayment) == (Decimal("100.00"), Decimal("8.00"))
    assert "overpayment: 60.00 + 40.00 = 100.00" in sums.arithmetic


def test_a_wrong_code_with_surplus_units_carries_both():
    both = line(paid="116", units="2")
    flags = [flagged(LESS, both), flagged(Stake("units", units=Decimal(1)), both, "units-not-one")]
    one = encounter(*flags)
    price(flags, one, Prices(FEES))
    assert total([one]).overpayment == Decimal("66.00")  # 116 paid, 50 fits


def test_findings_without_a_price_are_counted_and_said():
    item = flagged(WHOLE, line())
    one = encounter(item)
    price([item], one, Prices())
    assert total([one]) == (Decimal("0.00"), Decimal("0.00"), ["1 finding has no amount: neither the claim nor a fee file gives the price."])


def test_a_fee_file(tmp_path):
    path = tmp_path / "fees.csv"
    path.write_text("Code,Payer,From,To,Amount\n20553,,,,\"$58.10\"\n20553,Aetna,2024-01-01,2024-06-30,61\n20553,Aetna,2024-07-01,,62\n", encoding="utf-8")
    prices = Prices(read_fees(path))
    asked = [("Cigna", DAY), ("AETNA ", DAY), ("Aetna", date(2024, 7, 1)), ("Aetna", date(2023, 1, 1)), (None, None)]
    assert [prices.fee("20553", payer, day) for payer, day in asked] == [Decimal(x) for x in ("58.10", "61", "62", "58.10", "58.10")]


BAD = [("code\n20553\n", "no column amount"), ("code,amount\n20553,much\n", "fees.csv:2: the amount is no amount"), ("code,amount\n20553,-1\n", "fees.csv:2"),
       ("code,amount,from\n20553,1,soon\n", "fees.csv:2: the first date is no date")]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), BAD)
def test_a_fee_file_with_a_slip_is_refused(tmp_path, data, said):
    path = tmp_path / "fees.csv"
    path.write_text(data, encoding="utf-8")
    with pytest.raises(ClaimsError, match=said):
        read_fees(path)
