"""X12 837 professional: separators, loops, and what belongs to another payer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.audit.claims import ClaimsError, read_claims
from extractor.audit.claims.x12 import segments

HEAD = ["HL*1**20*1", "NM1*85*2*PAIN CLINIC*****XX*1111111111", "REF*EI*99", "HL*2*1*22*0", "SBR*P*18*******MB",
        "NM1*IL*1*QUUX*HORTENSIA****MI*MEM1", "DMG*D8*19500203*F", "NM1*PR*2*NORIDIAN*****PI*01112"]  # fmt: skip
CLAIM = ["CLM*A1*210***11:B:1*Y*A*Y*Y", "HI*ABK:M7918*ABF:M62838", "NM1*82*1*WELBY*M****XX*2222222222"]
LINE = ["LX*1", "SV1*HC:20553:59:RT*150*UN*1***1", "DTP*472*D8*20240314"]
DRUG = ["LX*2", "SV1*HC:J3301*60*UN*4***1:2", "DTP*472*D8*20240314"]


def interchange(*body, guide="005010X222A1", kind="837", element="*", component=":", end="~", gap="", padded=True, finish=True):
    """An interchange with one transaction set, in any separators."""
    isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", "SENDER".ljust(15), "ZZ", "RECEIVER".ljust(15), "240314", "1200", "^", "00501", "000000001", "0", "P", component]
    if not padded:
        isa = [part.strip() or "" for part in isa[:-1]] + [component]
    rest = [f"GS*HC*S*R*20240314*1200*1*X*{guide}", f"ST*{kind}*0001*{guide}", "BHT*0019*00*1*20240314*1200*CH", *body]
    rest += ["SE*9*0001", "GE*1*1", "IEA*1*000000001"] if finish else []
    rest = [segment.replace(":", "\0").replace("*", element).replace("\0", component) for segment in rest]
    return (end + gap).join([element.join(isa), *rest]) + end + gap


def read(tmp_path, text, name="c.837"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return read_claims(path)


def test_a_line_with_all_that_stands_above_it(tmp_path):
    (line,) = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE)).lines
    assert line.model_dump(exclude={"source", "note_id", "allowed", "paid", "date_of_service_end"}) == {
        "claim_id": "A1", "line": 1, "patient_id": "MEM1", "date_of_service": date(2024, 3, 14), "provider_id": "2222222222",
        "payer": "NORIDIAN", "code": "20553", "units": Decimal(1), "modifiers": ["59", "RT"], "diagnoses": ["M79.18"], "charge": Decimal(150),
    }  # fmt: skip
    assert line.source == "c.837:0001:A1:1"


LAYOUTS = {
    "line ends between": {"gap": "\r\n"}, "indented": {"gap": "\n    "}, "line feed ends the segment": {"end": "\n"},
    "carriage return and line feed": {"end": "\r", "gap": "\n"}, "other signs": {"element": "|", "component": ">", "end": "!"},
    "not padded": {"padded": False},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_separators(tmp_path, layout):
    plain = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, *DRUG)).lines
    assert read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, *DRUG, **layout)).lines == plain
    assert read(tmp_path, "\ufeff\n" + interchange(*HEAD, *CLAIM, *LINE, *DRUG, **layout)).lines == plain


def test_interchanges_of_different_separators_in_one_file(tmp_path):
    one = interchange(*HEAD, *CLAIM, *LINE, end="\n")
    two = interchange(*HEAD, *(part.replace("A1", "B2") for part in CLAIM), *LINE, element="|", component="^", end="~", gap="\n")
    assert [line.claim_id for line in read(tmp_path, one + two + "\n\n").lines] == ["A1", "B2"]


def test_a_patient_called_isa_begins_no_interchange(tmp_path):
    head = [part.replace("QUUX", "ISA") for part in HEAD]
    assert len(read(tmp_path, interchange(*head, *CLAIM, *LINE)).lines) == 1


def test_another_payers_names_codes_and_amounts_are_not_the_claims_own(tmp_path):
    other = ["SBR*S*01*******CI", "CAS*PR*1*21.89", "AMT*D*39.15", "OI***Y*P**Y", "NM1*IL*1*OTHER*ANN****MI*ELSE", "NM1*PR*2*KEY INSURANCE*****PI*999",
             "NM1*82*1*NOBODY*X****XX*9999999999", "REF*EA*WRONG"]  # fmt: skip
    decided = ["SVD*999*40*HC:20552**1", "CAS*CO*42*3", "DTP*573*D8*20240401", "NM1*82*1*NOBODY*X****XX*9999999999"]
    plain = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, *DRUG)).lines
    assert read(tmp_path, interchange(*HEAD, *CLAIM, *other, *LINE, *decided, *DRUG)).lines == plain


def test_dependents_of_one_subscriber_are_patients_of_their_own(tmp_path):
    head = [*HEAD[:3], "HL*2*1*22*1", *HEAD[4:]]
    child = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*QUUX*TED", "DMG*D8*20100501*M"]
    other = ["HL*4*2*23*0", "PAT*19", "NM1*QC*1*QUUX*AMY", "DMG*D8*20120501*F"]
    lines = read(tmp_path, interchange(*head, *child, *CLAIM, *LINE, *other, *CLAIM, *LINE)).lines
    assert [line.patient_id for line in lines] == ["MEM1/TED/20100501", "MEM1/AMY/20120501"]


def test_the_next_subscriber_has_nothing_of_the_one_before(tmp_path):
    more = ["HL*3*1*22*0", "SBR*P*18*******CI", "NM1*IL*1*DOE*JO****MI*MEM2", "CLM*B2*10***11:B:1*Y*A*Y*Y", "HI*ABK:M542"]
    lines = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, *more, "LX*1", "SV1*HC:99213*10*UN*1***1", "DTP*472*D8*20240315")).lines
    assert [(line.patient_id, line.payer, line.provider_id, line.diagnoses) for line in lines] == [
        ("MEM1", "NORIDIAN", "2222222222", ["M79.18"]), ("MEM2", None, "1111111111", ["M54.2"]),
    ]  # fmt: skip


PROVIDERS = [
    (CLAIM, LINE, "2222222222"),
    (CLAIM[:2], LINE, "1111111111"),
    (CLAIM, [*LINE, "NM1*82*1*LINE*L****XX*3333333333"], "3333333333"),
    ([*CLAIM[:2], "NM1*DN*1*REFER*R****XX*4444444444", "NM1*77*2*PLACE*****XX*5555555555"], LINE, "1111111111"),
]


@pytest.mark.parametrize(("claim", "line", "expected"), PROVIDERS)
def test_who_rendered_it(tmp_path, claim, line, expected):
    assert read(tmp_path, interchange(*HEAD, *claim, *line)).lines[0].provider_id == expected


def test_the_medical_record_number_is_the_patient_where_the_claim_gives_it(tmp_path):
    assert read(tmp_path, interchange(*HEAD, *CLAIM, "REF*EA*MRN-7", *LINE)).lines[0].patient_id == "MRN-7"


def test_a_range_of_dates(tmp_path):
    ranged = [*LINE[:2], "DTP*472*RD8*20240314-20240316"]
    line = read(tmp_path, interchange(*HEAD, *CLAIM, *ranged)).lines[0]
    assert (line.date_of_service, line.date_of_service_end) == (date(2024, 3, 14), date(2024, 3, 16))
    same = [*LINE[:2], "DTP*472*RD8*20240314-20240314"]
    assert read(tmp_path, interchange(*HEAD, *CLAIM, *same)).lines[0].date_of_service_end is None


UNREADABLE = [
    ([*CLAIM], "no service line"),
    ([*CLAIM, "LX*1", "DTP*472*D8*20240314"], "no procedure"),
    ([*CLAIM, "LX*1", "SV1*HC:20553*1*UN*1***9", "DTP*472*D8*20240314"], "points to no diagnosis"),
    ([*CLAIM, "LX*1", "SV1*HC:20553*1*UN*x***1", "DTP*472*D8*20240314"], "units is no number"),
    ([*CLAIM, "LX*1", "SV1*HC:20553*1*UN*1***1", "DTP*472*D8*20241314"], "no date"),
]


@pytest.mark.parametrize(("claim", "said"), UNREADABLE)
def test_a_damaged_claim_is_told_and_the_next_one_is_read(tmp_path, claim, said):
    good = [*(part.replace("A1", "B2") for part in CLAIM), *LINE]
    file = read(tmp_path, interchange(*HEAD, *claim, *good))
    assert [line.claim_id for line in file.lines] == ["B2"]
    assert len(file.unreadable) == 1 and said in file.unreadable[0] and "A1" in file.unreadable[0]


def test_a_file_that_is_cut_off_says_so(tmp_path):
    file = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, finish=False))
    assert len(file.lines) == 1 and "no end (SE)" in file.unreadable[0]
    with pytest.raises(ClaimsError, match="cut off"):
        read(tmp_path, "ISA*00*          *00*   ")


OTHERS = [("005010X223A2", "837", "837I"), ("005010X224A2", "837", "837D"), ("005010X221A1", "835", "payment advice"), ("005010X279A1", "270", "eligibility")]


@pytest.mark.parametrize(("guide", "kind", "said"), OTHERS)
def test_other_transactions_are_named(tmp_path, guide, kind, said):
    with pytest.raises(ClaimsError, match=said):
        read(tmp_path, interchange(*HEAD, guide=guide, kind=kind))
    file = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE) + interchange(*HEAD, guide=guide, kind=kind))
    assert len(file.lines) == 1 and said in file.unreadable[0]


def test_a_void_claim_takes_its_first_form_away(tmp_path):
    void = [CLAIM[0].replace("11:B:1", "11:B:8"), *CLAIM[1:]]
    file = read(tmp_path, interchange(*HEAD, *CLAIM, *LINE, *void, *LINE))
    assert file.lines == [] and "void" in file.unreadable[0]


@given(st.lists(st.text("ABC123*:~^ \nISA", max_size=20), max_size=20))
def test_no_text_breaks_the_segments(parts):
    text = interchange(*HEAD, *CLAIM, *LINE) + "~".join(parts)
    try:
        assert len(list(segments(text, "x"))) >= 20
    except ClaimsError as error:
        assert "cut off" in str(error)
