"""Drug mentions: brands, abbreviations, misspellings, strengths in names, and words that are no drug."""

from __future__ import annotations

import pytest

from extractor.language.drugs import DrugEntry, DrugForm, DrugIndex, drug_index, find_drugs
from extractor.lexicon import load_lexicon

LEXICON = load_lexicon()

FORMS = {
    "lidocaine": "lidocaine, Xylocaine, lido, lidocain, xylo, LIDOCAINE HCL, lignocaine, lidocane, Lidocaine Hydrochloride",
    "bupivacaine": "bupivacaine, Marcaine, Sensorcaine, bupi, marcane, bupivicaine, mARCAINE, bupivicane",
    "ropivacaine": "ropivacaine, Naropin, ropi, ropivicaine",
    "mepivacaine": "mepivacaine, Carbocaine, Polocaine",
    "procaine": "procaine, Novocain, Novocaine",
    "chloroprocaine": "chloroprocaine, Nesacaine, 2-chloroprocaine",
    "levobupivacaine": "levobupivacaine",
    "prilocaine": "prilocaine",
    "tetracaine": "tetracaine",
    "etidocaine": "etidocaine",
    "methylprednisolone_acetate": "Depo-Medrol, depomedrol, DepoMedrol, depo medrol, methylprednisolone acetate, methylprednisolone",
    "methylprednisolone_sodium_succinate": "solumedrol, Solu-Medrol, methylprednisolone sodium succinate",
    "triamcinolone_acetonide": "Kenalog, triamcinolone acetonide, triamcinolone, kenolog, Kenalog-40, K-40, triamcinalone",
    "dexamethasone_sodium_phosphate": "dexamethasone, Decadron, dexamethasone sodium phosphate, dexa",
    "betamethasone": "Celestone, Celestone Soluspan, betamethasone, Soluspan",
    "ketorolac": "ketorolac, Toradol, ketorolac tromethamine, toradal",
    "onabotulinumtoxin_a": "Botox, onabotulinumtoxinA, onabotulinumtoxin A",
    "abobotulinumtoxin_a": "Dysport, abobotulinumtoxinA",
    "incobotulinumtoxin_a": "Xeomin, incobotulinumtoxinA",
    "rimabotulinumtoxin_b": "Myobloc, rimabotulinumtoxinB",
    "daxibotulinumtoxin_a": "Daxxify",
    "prabotulinumtoxin_a": "Jeuveau",
    "normal_saline": "normal saline, sodium chloride, NaCl, saline, preservative-free normal saline",
    "bacteriostatic_saline": "bacteriostatic saline, bacteriostatic normal saline",
    "sterile_water": "sterile water",
    "sodium_bicarbonate": "sodium bicarbonate, bicarb, NaHCO3",
    "dextrose": "dextrose, D5W, D50W",
    "sarapin": "Sarapin, pitcher plant extract",
    "traumeel": "Traumeel",
    "zeel": "Zeel",
    "hyaluronidase": "hyaluronidase, Hylenex",
    "cyanocobalamin": "cyanocobalamin, vitamin B12, B12, vit B-12",
    "methylcobalamin": "methylcobalamin",
    "platelet_rich_plasma": "PRP, platelet-rich plasma, platelet rich plasma",
    "amniotic_product": "Wharton's jelly, amniotic fluid",
    "exosomes": "exosomes",
    "epinephrine": "epinephrine, epi, adrenaline",
    "clonidine": "clonidine",
    "ozone": "ozone",
    "orphenadrine": "orphenadrine, Norflex",
    "magnesium_sulfate": "magnesium sulfate, MgSO4",
    "ketamine": "ketamine",
}
PAIRS = [(form.strip(), drug) for drug, forms in FORMS.items() for form in forms.split(",")]


@pytest.mark.parametrize(("form", "drug"), PAIRS)
def test_form_names_drug(form: str, drug: str) -> None:
    text = f"injected with {form} today"
    mentions = find_drugs(text, lexicon=LEXICON)
    assert [mention.drug for mention in mentions] == [drug]
    assert form.lower().endswith(text[mentions[0].start : mentions[0].end].lower())


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Kenalog-40", (40.0, "mg/mL")),
        ("kenalog 10 1 cc", (10.0, "mg/mL")),
        ("Depo-Medrol 80", (80.0, "mg/mL")),
        ("D5W", (5.0, "%")),
        ("Kenalog 40 mg", None),
        ("Kenalog 40mg/mL", None),
        ("Depo-Medrol 80mg", None),
        ("Kenalog 10 cc", None),
        ("depo medrol forty milligrams", None),
        ("Decadron.\n4 views", None),
    ],
)
def test_number_in_a_name_is_a_strength_unless_a_unit_follows(text: str, strength: tuple[float, str] | None) -> None:
    assert find_drugs(text, lexicon=LEXICON)[0].strength == strength


@pytest.mark.parametrize(
    "text",
    [
        "NS", "the dex was good", "no acute distress (NS)", "beta blocker", "TAC", "Marc reports", "mag", "uses a cane", "cocaine use",
        "hurricane", "she takes cortisone", "the catalog", "a milestone", "proparacaine drops", "tendon", "trigger point",
    ],
)  # fmt: skip
def test_no_drug(text: str) -> None:
    assert find_drugs(text, lexicon=LEXICON) == []


@pytest.mark.parametrize(
    ("text", "drug"),
    [("2 cc NS", "normal_saline"), ("dex 4 mg", "dexamethasone_sodium_phosphate"), ("1% lido/NS", "normal_saline"), ("1 mL of TAC", "triamcinolone_acetonide")],
)
def test_a_short_form_counts_beside_an_amount_or_a_drug(text: str, drug: str) -> None:
    assert find_drugs(text, lexicon=LEXICON)[-1].drug == drug


@pytest.mark.parametrize(
    ("word", "drug"),
    [("lidoacine", "lidocaine"), ("bupivacaone", None), ("ropivaciane", "ropivacaine"), ("triamcinoloen", None), ("xylocainne", "lidocaine")],
)
def test_unknown_spellings_are_corrected_only_where_one_drug_is_near(word: str, drug: str | None) -> None:
    mentions = find_drugs(f"5 mL of {word}", lexicon=LEXICON)
    assert [mention.drug for mention in mentions] == ([drug] if drug else [])
    assert all(mention.corrected for mention in mentions)


def test_the_tables_agree() -> None:
    index = drug_index(LEXICON)
    forms = LEXICON.table("drug_forms", DrugForm)
    assert len({form.form for form in forms}) == len(forms)
    assert {form.drug for form in forms} == set(index.entries)
    assert all(form.form == form.form.lower() for form in forms)
    assert drug_index(LEXICON) is index


def test_a_form_of_an_unknown_drug_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no row of drugs\.tsv"):
        DrugIndex([DrugEntry("lidocaine", "lidocaine", "anesthetic", False)], [DrugForm("foo", "bar", "generic")])


def test_offsets_hold_in_odd_text() -> None:
    text = "İ 5\u00a0mL 1% Xylocaine — Kenalog\u201140"
    found = [text[m.start : m.end] for m in find_drugs(text, lexicon=LEXICON)]
    assert found == ["Xylocaine", "Kenalog\u201140"]


@pytest.mark.parametrize(
    ("text", "words", "drug"),
    [
        ("two cc's each of a half percent lighter cane", "lighter cane", "lidocaine"),
        ("one percent lie do cane", "lie do cane", "lidocaine"),
        ("a quarter percent mar cane", "mar cane", "bupivacaine"),
        ("0.5% row pivot cane", "row pivot cane", "ropivacaine"),
        ("5 mL of 1% li-\n    docaine", "li-\n    docaine", "lidocaine"),
        ("methylprednisolone ace-\r\ntate 40 mg", "methylprednisolone ace-\r\ntate", "methylprednisolone_acetate"),
    ],
)
def test_words_broken_by_dictation_or_a_line_end(text: str, words: str, drug: str) -> None:
    mentions = find_drugs(text, lexicon=load_lexicon())
    assert [(text[m.start : m.end], m.drug) for m in mentions] == [(words, drug)]


@pytest.mark.parametrize("text", ["walks with a cane 2 blocks", "uses a cane. 2 cc was injected", "cane and walker", "sugar cane 5 mg"])
def test_a_walking_stick_is_no_drug(text: str) -> None:
    assert find_drugs(text, lexicon=load_lexicon()) == []
