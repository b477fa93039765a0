"""Numbers with what they measure, and numbers that only look like amounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.language.quantities import Quantity, find_quantities


def short(quantity: Quantity) -> str:
    value = f"{quantity.value:g}" + (f"-{quantity.value2:g}" if quantity.value2 is not None and quantity.kind != "concentration" else "")
    if quantity.parts:
        value = ":".join(f"{part:g}" for part in quantity.parts)
    words = [quantity.kind, value, quantity.unit, f"per {quantity.per}" if quantity.per else "", f"x{quantity.count}" if quantity.count else ""]
    return " ".join(word for word in words if word)


CASES = {
    # volumes
    "5 mL": "volume 5 mL",
    "5cc": "volume 5 mL",
    "5 ml.": "volume 5 mL",
    "10ml's": "volume 10 mL",
    "3 ccs": "volume 3 mL",
    "2 c.c.": "volume 2 mL",
    "4 milliliters": "volume 4 mL",
    ".5cc": "volume 0.5 mL",
    "0.5 -1 mL": "volume 0.5-1 mL",
    "0.5 to 1 cc": "volume 0.5-1 mL",
    "1 mL to 2 mL": "volume 1-2 mL",
    "1cc-1.5cc": "volume 1-1.5 mL",
    "½ mL": "volume 0.5 mL",
    "1½ mL": "volume 1.5 mL",
    "¼ cc": "volume 0.25 mL",
    "1/2 cc": "volume 0.5 mL",
    "1 1/2 cc": "volume 1.5 mL",
    "one mL": "volume 1 mL",
    "half a cc": "volume 0.5 mL",
    "one-half cc": "volume 0.5 mL",
    "two and a half mL": "volume 2.5 mL",
    "three milliliters": "volume 3 mL",
    "point five cc": "volume 0.5 mL",
    "zero point five mL": "volume 0.5 mL",
    "one point five cc's": "volume 1.5 mL",
    "one to two mL": "volume 1-2 mL",
    "0,5 ml": "volume 0.5 mL",
    "O.5 mL": "volume 0.5 mL",
    "5 m1": "volume 5 mL",
    "5-mL": "volume 5 mL",
    # qualified
    "0.5 mL each": "volume 0.5 mL per each",
    "1 cc per site": "volume 1 mL per site",
    "1 mL/site": "volume 1 mL per site",
    "1 mL/trigger point": "volume 1 mL per site",
    "1 mL into each site": "volume 1 mL per site",
    "1 mL per muscle": "volume 1 mL per muscle",
    "2 mL each side": "volume 2 mL per side",
    "1 mL ea": "volume 1 mL per each",
    "in 0.5 cc aliquots": "volume 0.5 mL per aliquot",
    "0.5 mL increments": "volume 0.5 mL per aliquot",
    "total of 6 cc": "volume 6 mL per total",
    "6 mL total": "volume 6 mL per total",
    "for a total volume of 10 mL": "volume 10 mL per total",
    "Total volume injected: 8 mL": "volume 8 mL per total",
    "totaling 4 cc": "volume 4 mL per total",
    "2 mL wasted": "volume 2 mL per wasted",
    "2 mL was discarded": "volume 2 mL per wasted",
    "Waste: 2 mL": "volume 2 mL per wasted",
    "1 cc x 2 injections": "volume 1 mL x2",
    "1 mL per site × 10": "volume 1 mL per site x10",
    "5 units x 4 sites": "units 5 units x4",
    "10 mL syringe": "container 10 mL",
    "10-cc luer-lock syringe": "container 10 mL",
    "100-unit vial": "container 100 units",
    "Vial: 100 units": "container 100 units",
    # mass, units, concentration
    "40 mg": "mass 40 mg",
    "40mg": "mass 40 mg",
    "1000 mcg": "mass 1000 mcg",
    "1 gram": "mass 1000 mg",
    "forty milligrams": "mass 40 mg",
    "25 units": "units 25 units",
    "25u": "units 25 units",
    "100 U": "units 100 units",
    "1,000 units": "units 1000 units",
    "one hundred units": "units 100 units",
    "twenty-five units": "units 25 units",
    "150 IU": "units 150 units",
    "4 mEq": "meq 4 mEq",
    "1%": "concentration 1 %",
    ".25%": "concentration 0.25 %",
    "1/4%": "concentration 0.25 %",
    "1 percent": "concentration 1 %",
    "one percent": "concentration 1 %",
    "1-percent": "concentration 1 %",
    "point two five percent": "concentration 0.25 %",
    "l%": "concentration 1 %",
    "10 mg/mL": "concentration 10 mg/mL",
    "40mg/cc": "concentration 40 mg/mL",
    "40 mg per mL": "concentration 40 mg/mL",
    "80 mg/2 mL": "concentration 40 mg/mL",
    "5 units/0.1 mL": "concentration 50 units/mL",
    "100 mcg/mL": "concentration 100 mcg/mL",
    # ratios and counts
    "1:1": "ratio 1:1",
    "9:1 mixture": "ratio 9:1",
    "50/50": "ratio 50:50",
    "1:1:1 mix": "ratio 1:1:1",
    "1:200,000": "dilution 200000",
    "1:100,000": "dilution 100000",
    "x2": "count 2 times",
    "×10": "count 10 times",
    "x 4 sites": "count 4 sites",
    "eight different sites": "count 8 sites",
    "6 trigger points": "count 6 sites",
    "3 injections": "count 3 injections",
    "at two spots": "count 2 sites",
    "4 muscles": "count 4 muscles",
    "Number of injections: 6": "count 6 injections",
    "# of sites: 4": "count 4 sites",
    "Total sites = 9": "count 9 sites",
    # what is no amount of a drug
    "27G": "gauge 27",
    "25-gauge": "gauge 25",
    '30 g 1/2"': "gauge 30; length 0.5",
    "27g x 1 1/4 inch": "gauge 27; length 1.25",
    "27g x 1 1/4": "gauge 27",
    "1.5 inch needle": "length 1.5",
    "2 in needle": "length 2",
    "7/10": "score 0",
    "6 out of 10": "score 0",
    "strength 4/5": "grade 0",
    "4+/5": "grade 0",
    "120/80": "pressure 0",
    "72 bpm": "rate 72",
    "180 lbs": "weight 180",
    "45 degrees": "degree 45",
    "45-year-old": "time 45",
    "3/14/2024": "date 0",
    "2024-03-14": "date 0",
    "10:30 am": "time 0",
    "(555) 123-4567": "phone 0",
    "NDC 0409-1610-50": "ndc 0",
    "Lot: 4567U": "code 4567",
    "20552": "code 20552",
    "20553-59": "code 20553",
    "70% relief": "percent 70 %",
    "50% improvement": "percent 50 %",
    "98%": "percent 98 %",
    "gabapentin 300 mg TID": "home_dose 300 mg",
    "ibuprofen 600 mg every 6 hours": "home_dose 600 mg; time 6",
    "M79.18": "",
    "C2-3": "",
    "L4-5": "",
    "T4/5 and T6/7": "",
    "C7-T1 2 mL": "volume 2 mL",
    "B12": "",
    "3 in total": "",
    "one of the best": "",
    "Sites: 1. Left trapezius": "",
    "5 mg/kg": "",
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_reads(text: str, expected: str) -> None:
    assert "; ".join(short(quantity) for quantity in find_quantities(text)) == expected


@pytest.mark.parametrize(("text", "expected"), [pair for pair in CASES.items() if pair[1]])
def test_reads_the_same_inside_a_sentence(text: str, expected: str) -> None:
    found = find_quantities(f"Then, {text}, she said. Nothing else")
    assert "; ".join(short(quantity) for quantity in found) == expected


def test_offsets_cover_the_words() -> None:
    text = "İ: 1\u00a0mL — each, total of 6 cc."
    assert [text[q.start : q.core_end] for q in find_quantities(text)] == ["1\u00a0mL", "6 cc"]


def test_a_stretch_of_the_text_is_read_alone() -> None:
    text = "5 mL and 6 mL and 7 mL"
    assert [q.value for q in find_quantities(text, 5, 14)] == [6]


@given(st.text(alphabet="0123456789 .,/-:xX%½mlcgunitseach()\n", max_size=60))
def test_never_fails_and_keeps_order(text: str) -> None:
    found = find_quantities(text)
    assert all(0 <= q.start < q.core_end <= q.end <= len(text) for q in found)
    assert [q.start for q in found] == sorted(q.start for q in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EBL: 1 mL", [("fluid", 1)]),
        ("6 mL of clear fluid was aspirated", [("fluid", 6)]),
        ("She voided 210 mL", [("fluid", 210)]),
        ("Max for weight (4.5 mg/kg x 58 kg) = 261 mg", [("limit", 261)]),
        ("L glut max 2 cc", [("volume", 2)]),
        ("AGE 49\n\nCC  back pain", []),
        ("Lidocaine 2%   _3_ mL", [("concentration", 2), ("volume", 3)]),
        ("5 mL vial: 3 mL injected", [("container", 5), ("volume", 3)]),
        ("6 mL of the 10 mL drawn up", [("volume", 6), ("container", 10)]),
        ("at each of these four marks", [("count", 4)]),
    ],
)
def test_what_is_and_is_no_injected_amount(text: str, expected: list[tuple[str, float]]) -> None:
    wanted = {kind for kind, _ in expected} | {"volume", "mass", "limit", "fluid"}
    assert [(q.kind, q.value) for q in find_quantities(text) if q.kind in wanted] == expected


@pytest.mark.parametrize(
    ("text", "per", "count"),
    [
        ("2 cc all told", "total", None),
        ("8 mL used", "total", None),
        ("The full 9 mL was given", "total", None),
        ("the remaining 2 mL was injected into the piriformis", None, None),
        ("The 2 mL left in the syringe was discarded", "wasted", None),
        ("2 mL left, to waste bin", "wasted", None),
        ("2 x 1 mL", None, 2),
        ("half a cc a spot", "site", None),
        ("8 mL; per site volume: none", None, None),
        ("a half a cc, then the supinator with another half, slowly", None, None),
        ("1.5 mL 1% lido each, 4.5 total", "total", None),
    ],
)
def test_what_qualifies_an_amount(text: str, per: str | None, count: int | None) -> None:
    last = [q for q in find_quantities(text) if q.kind == "volume"][-1]
    assert (last.per, last.count) == (per, count)
