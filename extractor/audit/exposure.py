"""Money that findings put at stake: from the claims themselves, or from a fee file of the user's.

Which amount of a line counts: what was paid, else what was allowed, else the fee file's price, else what was charged,
unless the user says which (``basis``); each arithmetic names it. A difference between two codes needs the price of both: both from the fee file,
or the line's own paid or allowed amount for the billed code and the fee file for the other. Without both, the finding
stands without an amount; nothing is estimated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from extractor.audit.claims.base import CellError, ClaimsError, parse_amount, parse_code, parse_date, parse_identifier
from extractor.audit.claims.columns import plain
from extractor.audit.models import ClaimLine, Encounter, Exposure
from extractor.coding.claims.case import Flag, units_of

__all__ = ["Basis", "Fee", "Prices", "Totals", "exposure_of", "price", "read_fees", "total"]

Basis = Literal["paid", "allowed", "charge"]
_ORDER: tuple[Basis, ...] = ("paid", "allowed", "charge")
_CENT = Decimal("0.01")
_FEE_COLUMNS = {
    "code": ("CODE", "CPT", "HCPCS", "CPT_CODE", "HCPCS_CODE", "PROC_CODE", "PROCEDURE_CODE"),
    "payer": ("PAYER", "PAYER_NAME", "PAYOR", "INSURANCE", "PLAN"),
    "start": ("FROM", "START", "EFFECTIVE_FROM", "EFFECTIVE", "EFFECTIVE_DATE", "FROM_DATE"),
    "end": ("TO", "END", "EFFECTIVE_TO", "THRU", "THROUGH", "END_DATE", "TO_DATE"),
    "amount": ("AMOUNT", "FEE", "ALLOWED", "PRICE", "RATE", "ALLOWED_AMOUNT"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fee:
    """The price of one unit of a code."""

    code: str
    amount: Decimal
    payer: str | None = None
    """None: for every payer that has no price of its own."""
    start: date | None = None
    end: date | None = None


class Prices:
    """The fees of a file, and which amount of a line counts."""

    def __init__(self, fees: Iterable[Fee] = (), basis: Basis | None = None):
        """Keep fees by code.

        Args:
            fees: prices of one unit.
            basis: the amount of a line that counts; None takes what is there, paid before allowed before the fee before
                the charge.
        """
        self._fees: dict[str, list[Fee]] = defaultdict(list)
        for fee in fees:
            self._fees[fee.code].append(fee)
        self._order: tuple[Basis, ...] = (basis,) if basis else _ORDER

    def fee(self, code: str, payer: str | None, day: date | None) -> Decimal | None:
        """Return the price of a code: the payer's own before the one for all, on the date of service."""
        wanted = (payer or "").strip().casefold()
        held = [fee for fee in self._fees.get(code, ()) if day is None or (fee.start or day) <= day <= (fee.end or day)]
        own = [fee for fee in held if fee.payer and fee.payer.strip().casefold() == wanted]
        general = [fee for fee in held if not fee.payer]
        for fees in (own, general):
            if fees:
                return max(fees, key=lambda fee: fee.start or date.min).amount
        return None

    def of_line(self, line: ClaimLine, payer: str | None, day: date | None) -> tuple[Decimal | None, str]:
        """Return what a line is worth, and where that comes from."""
        fee = self.fee(line.code, payer, day)
        for name in self._order:
            amount = getattr(line, name)
            # What was charged is not what is paid: a known fee is nearer, unless charges were asked for.
            if amount is not None and (name != "charge" or fee is None or len(self._order) == 1):
                return amount, f"{name} {amount:.2f}"
        if fee is None:
            return None, ""
        units = f" x {units_of(line)}" if units_of(line) != 1 else ""
        return fee * units_of(line), f"fee {fee:.2f}{units}"


class Totals(NamedTuple):
    """The sums of an audit."""

    overpayment: Decimal
    underpayment: Decimal
    arithmetic: list[str]


def price(flags: Iterable[Flag], encounter: Encounter, prices: Prices) -> None:
    """Give each finding with a stake its exposure."""
    by_line: dict[tuple[str | None, int | None], dict[str, Exposure]] = defaultdict(dict)
    for item in flags:
        if item.stake is None:
            continue
        exposure = item.finding.exposure = exposure_of(item, encounter, prices)
        if exposure is not None and exposure.amount and exposure.direction == "overpayment":
            by_line[item.finding.claim_id, item.finding.line].setdefault(item.stake.kind, exposure)
    for exposures in by_line.values():
        _add_units(exposures)


def _add_units(exposures: Mapping[str, Exposure]) -> None:
    """Let a line's wrong code carry its surplus units, too.

    The two are apart, since the difference of the codes is that of one unit; and of one line only the largest amount
    counts in the end.
    """
    code, units = exposures.get("code"), exposures.get("units")
    if code is None or units is None or code.amount is None or units.amount is None:
        return
    both = code.amount + units.amount
    code.arithmetic = f"{code.arithmetic}; with the units ({units.arithmetic}) {both}"
    code.amount = both


def exposure_of(item: Flag, encounter: Encounter, prices: Prices) -> Exposure | None:
    """Return the money of one finding; an amount of None where a price is missing."""
    stake, line = item.stake, item.line
    if stake is None:
        return None
    payer = (line.payer if line else None) or encounter.payer
    day = (line.date_of_service if line else None) or encounter.date_of_service
    if stake.kind == "unbilled":
        wanted = [(stake.code or "", stake.units or Decimal(1)), *stake.more]
        return _unbilled(wanted, payer, day, prices)
    if line is None:
        return None
    if stake.kind == "code":
        return _difference(line, stake.code or "", payer, day, prices)
    worth, where = prices.of_line(line, payer, day)
    if worth is None:
        return Exposure(direction="overpayment", arithmetic=f"{line.code}: neither claim nor fee file gives a price")
    worth = max(Decimal(0), worth)
    if stake.kind == "line":
        return Exposure(direction="overpayment", amount=_cents(worth), arithmetic=f"{line.code}: {where}")
    return _units(line, stake.units or Decimal(0), worth, where, payer, day, prices)


def _units(
    line: ClaimLine, fitting: Decimal, worth: Decimal, where: str, payer: str | None, day: date | None, prices: Prices
) -> Exposure:
    """What a line is worth above the fitting units: above their fee, else its share by units."""
    billed, fee = units_of(line), prices.fee(line.code, payer, day)
    if fee is not None:
        amount = max(Decimal(0), worth - fee * fitting)
        return Exposure(direction="overpayment", amount=_cents(amount), arithmetic=f"{line.code}: {where} - fee {fee:.2f} x {fitting} = {_cents(amount)}")
    if billed <= fitting:
        return Exposure(direction="overpayment", arithmetic=f"{line.code}: {where}; the fee of {fitting} unit is not known")
    amount = _cents(worth * (billed - fitting) / billed)
    return Exposure(direction="overpayment", amount=amount, arithmetic=f"{line.code}: {where} x {billed - fitting} of {billed} units = {amount}")


def _difference(line: ClaimLine, code: str, payer: str | None, day: date | None, prices: Prices) -> Exposure:
    billed, right = prices.fee(line.code, payer, day), prices.fee(code, payer, day)
    large = line.code in ("20553", "20561")
    direction: Literal["overpayment", "underpayment"] = "overpayment" if large else "underpayment"
    where = f"fee {billed:.2f}" if billed is not None else ""
    if billed is None:
        own = line.paid if line.paid is not None else line.allowed
        billed, where = own, f"{'paid' if line.paid is not None else 'allowed'} {own:.2f}" if own is not None else ""
    if billed is None or right is None:
        return Exposure(direction=direction, arithmetic=f"{line.code} to {code}: the price of {'both' if billed is None and right is None else line.code if billed is None else code} is not known; a fee file would give it")
    amount = _cents(billed - right if large else right - billed)
    signs = f"{where} - {code} fee {right:.2f}" if large else f"{code} fee {right:.2f} - {where}"
    arithmetic = f"{line.code}: {signs} = {amount}"
    if large and line.paid is not None and amount > line.paid:
        # More than was paid cannot have been paid too much.
        amount, arithmetic = _cents(line.paid), f"{arithmetic}, of which {line.paid:.2f} was paid"
    return Exposure(direction=direction, amount=max(Decimal("0.00"), amount), arithmetic=arithmetic)


def _unbilled(wanted: Sequence[tuple[str, Decimal]], payer: str | None, day: date | None, prices: Prices) -> Exposure:
    parts, sum_ = [], Decimal(0)
    for code, units in wanted:
        fee = prices.fee(code, payer, day)
        if fee is None:
            return Exposure(direction="underpayment", arithmetic=f"{code}: the fee file gives no price")
        parts.append(f"{code} fee {fee:.2f} x {units}")
        sum_ += fee * units
    return Exposure(direction="underpayment", amount=_cents(sum_), arithmetic=f"{' + '.join(parts)} = {_cents(sum_)}")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def total(encounters: Iterable[Encounter]) -> Totals:
    """Add up an audit: of each line the largest amount in each direction, whatever the number of its findings."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    unpriced = 0
    for encounter in encounters:
        most: dict[tuple[str, str | None, int | None], tuple[Decimal, str]] = {}
        for finding in encounter.findings:
            if finding.exposure is None:
                continue
            if finding.exposure.amount is None:
                unpriced += 1
                continue
            place = (finding.exposure.direction, finding.claim_id, finding.line)
            if place not in most or finding.exposure.amount > most[place][0]:
                most[place] = (finding.exposure.amount, finding.id)
        for (direction, _, _), (amount, name) in most.items():
            sums[direction, name] += amount
            counts[direction, name] += 1
    arithmetic, totals = [], {}
    for direction in ("overpayment", "underpayment"):
        parts = sorted((item for item in sums.items() if item[0][0] == direction), key=lambda item: (-item[1], item[0]))
        for (_, name), amount in parts:
            number = counts[direction, name]
            arithmetic.append(f"{direction}, {name}: {number} {'line' if number == 1 else 'lines'}, {_cents(amount)}")
        totals[direction] = _cents(sum((amount for _, amount in parts), Decimal(0)))
        if len(parts) > 1:
            arithmetic.append(f"{direction}: {' + '.join(str(_cents(amount)) for _, amount in parts)} = {totals[direction]}")
    if sums:
        arithmetic.append("A line that several findings question is counted once, with the largest amount.")
    if unpriced:
        arithmetic.append(f"{unpriced} {'finding has' if unpriced == 1 else 'findings have'} no amount: neither the claim nor a fee file gives the price.")
    return Totals(totals["overpayment"], totals["underpayment"], arithmetic)


def read_fees(source: str | Path) -> list[Fee]:
    """Read a fee file: CSV or TSV with ``code`` and ``amount``, and perhaps ``payer``, ``from`` and ``to``.

    Raises:
        ClaimsError: if it cannot be read, or a row is no fee; prices that are silently missing would make totals wrong.
    """
    import csv

    path = Path(source)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ClaimsError(f"{source}: the fee file cannot be read ({reason}).") from None
    head = lines[0] if lines else ""
    rows = csv.reader(lines, delimiter=max("\t,;|", key=head.count))
    columns = _fee_columns(next(rows, []), path.name)
    return [_fee(row, columns, f"{path.name}:{number}") for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]


def _fee_columns(header: Sequence[str], where: str) -> dict[str, int]:
    names = [plain(cell) for cell in header]
    found = {field: next((names.index(alias) for alias in aliases if alias in names), -1) for field, aliases in _FEE_COLUMNS.items()}
    for field in ("code", "amount"):
        if found[field] < 0:
            raise ClaimsError(f"{where}: the fee file has no column {field}; it needs code and amount, and may have payer, from and to.")
    return found


def _fee(row: Sequence[str], columns: Mapping[str, int], place: str) -> Fee:
    def cell(field: str) -> str | None:
        return row[columns[field]] if 0 <= columns[field] < len(row) else None

    try:
        code, amount = parse_code(cell("code"), padded=True), parse_amount(cell("amount"), "the amount")
        start, end = parse_date(cell("start"), "the first date"), parse_date(cell("end"), "the last date")
    except CellError as error:
        raise ClaimsError(f"{place}: {error}.") from None
    if code is None or amount is None or amount < 0:
        raise ClaimsError(f"{place}: a fee needs a code and an amount that is not negative.")
    return Fee(code, amount, parse_identifier(cell("payer")), start, end)
