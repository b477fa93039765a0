"""The page in a real browser: what a coder does, sees, hears from a screen reader, and prints."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest

from ..conftest import ROOT
from .browser import Page, chromium
from .conftest import NOTE

PARASPINAL = (ROOT / "examples" / "2-review.txt").read_text(encoding="utf-8")
SUPPORTED = (ROOT / "examples" / "1-supported.txt").read_text(encoding="utf-8")
NOT_DONE = (ROOT / "examples" / "3-no-code.txt").read_text(encoding="utf-8")
TWO_OR_THREE = "Trigger point injections with 1% lidocaine: bilateral trapezius and left rhomboids, 1 mL each."
SAMPLES = ("1-supported", "2-review", "3-no-code", "4-drugs")

COMMON = """trapezius levator_scapulae rhomboids supraspinatus infraspinatus teres_minor teres_major subscapularis latissimus_dorsi
deltoid sternocleidomastoid scalenes splenius_capitis semispinalis_capitis suboccipitals paraspinals multifidus iliocostalis longissimus
quadratus_lumborum gluteus_maximus gluteus_medius gluteus_minimus piriformis tensor_fasciae_latae pectoralis_major pectoralis_minor
masseter temporalis biceps_femoris gastrocnemius soleus rectus_femoris vastus_lateralis vastus_medialis rectus_abdominis psoas_major"""
"""Where trigger points are injected day by day."""

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    "</textarea><script>document.title='owned'</script>",
    "javascript:document.title='owned' ${document.title='owned'} {{constructor.constructor('x')()}}",
    "\u202e\u2066 left trapezius \u0000\u001b[31m \ud83d\ude00 \u2028\u2029",
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(serve, browser):
    return serve()[1]


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 950}, permissions=["clipboard-read", "clipboard-write"])
    page = Page(context.new_page(), address)
    yield page
    context.close()
    assert page.errors == []


def other(browser, address, **how):
    return Page(browser.new_context(**how).new_page(), address)


# ---- a note in, its answer out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [(SUPPORTED, "20553", "supported"), (PARASPINAL, "20552", "needs review"), (NOT_DONE, "No code", "nothing to bill")],
    ids=["supported", "review", "none"],
)
def test_a_pasted_note_is_answered_by_itself(page, text, code, status):
    page.paste(text, expect=code)
    assert page.status() == status


def test_typing_is_answered_too_and_the_latest_text_wins(page):
    page.tab.locator("#text").press_sequentially("Trigger point injection of the left trapezius with 1% lidocaine. ", delay=1)
    page.settle("20552")
    for text in (PARASPINAL, NOT_DONE, NOTE):
        page.tab.fill("#text", text)
    page.settle("20553")
    assert page.status() == "supported"


def test_an_answer_that_comes_late_is_not_shown(page):
    held = []
    page.tab.route("**/v1/extract*", lambda route: held.append(route) if "masseter" in route.request.post_data else route.continue_())
    page.tab.fill("#text", "Trigger point injection of the left masseter with 1% lidocaine.")
    page.tab.wait_for_timeout(400)
    page.paste(NOTE, expect="20553")
    assert len(held) == 1
    page.tab.unroute_all(behavior="ignoreErrors")
    assert "masseter" not in page.tab.inner_text("#muscles")


def test_pasting_anywhere_replaces_the_note(page):
    page.tab.focus("#answer")
    page.tab.evaluate("""text => {
        const data = new DataTransfer(); data.setData("text/plain", text);
        document.querySelector("#answer").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }""", NOTE)  # fmt: skip
    page.settle("20553")
    assert page.tab.locator("#marked").is_visible()


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_picked_and_answered(page, sample):
    page.tab.select_option("#sample", sample)
    page.settle()
    assert page.tab.input_value("#text") == (ROOT / "examples" / f"{sample}.txt").read_text(encoding="utf-8")


def test_a_cleared_note_leaves_nothing(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.click("#clear")
    assert page.tab.locator("#code").count() == 0
    assert page.tab.input_value("#text") == ""
    assert "trapezius" not in page.tab.inner_text("body")


def test_a_review_shows_interval_question_and_what_it_could_become(page):
    page.paste(PARASPINAL, expect="20552")
    assert page.tab.inner_text("#interval") == "1 muscle proved; up to 12 on the most favourable reading."
    assert "could become 20553" in page.tab.inner_text(".head")
    assert page.tab.locator(".dot.proved").count() == 1 and page.tab.locator(".dot.possible").count() == 11
    assert "Please clarify" in page.tab.inner_text("#query-text")


def test_muscles_stand_under_their_region_with_side_and_part(page):
    page.paste(SUPPORTED, expect="20553")
    words = page.tab.inner_text("#muscles").lower()
    assert words.index("upper back") < words.index("trapezius") < words.index("rhomboids") < words.index("supraspinatus")
    row = page.tab.locator("tr[data-key='muscle:trapezius']")
    assert "thoracic" in row.inner_text()
    assert row.locator("button[data-side=left]").get_attribute("aria-pressed") == "true"
    assert row.locator("button[data-side=right]").get_attribute("aria-pressed") == "false"


def test_a_group_at_cervical_levels_stands_under_the_neck(page):
    page.paste("Trigger point injections: left C2-3 paraspinals, 1% lidocaine.")
    assert "Neck" in page.tab.inner_text("#muscles")


# ---- files ------------------------------------------------------------------------------------------------------

DROP = """({name, type, data}) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer(); transfer.items.add(new File([bytes], name, { type }));
    document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    document.querySelector("#drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def drop(page, name, data, media_type="text/plain"):
    page.tab.evaluate(DROP, {"name": name, "type": media_type, "data": base64.b64encode(data).decode()})


def test_a_dropped_file_is_read(page):
    drop(page, "smith-john.txt", SUPPORTED.encode("utf-16"))
    page.settle("20553")
    assert page.tab.locator("#drop").is_hidden()
    assert not any("smith" in request.url.lower() for request in page.requests), "a file's name may name a patient"


def test_a_dropped_pdf_is_read(page, browser):
    sheet = browser.new_page()
    sheet.set_content(f"<p>{NOTE}</p>")
    drop(page, "note.pdf", sheet.pdf(), "application/pdf")
    page.settle("20553")
    sheet.close()
    kept = downloaded(page)
    words = kept["muscles"][0]["evidence"][0]
    assert kept["text"][words["start"] : words["end"]] == words["text"], "offsets count the converted text, so it is kept"


def test_a_dropped_file_with_other_line_ends_is_kept_with_its_offsets(page):
    drop(page, "note.txt", NOTE.replace(": ", ":\r\n").encode())
    page.settle("20553")
    kept = downloaded(page)
    words = kept["muscles"][-1]["evidence"][0]
    assert kept["text"][words["start"] : words["end"]] == words["text"]


def test_a_file_can_be_opened(page):
    page.tab.set_input_files("#file", files=[{"name": "a.txt", "mimeType": "text/plain", "buffer": NOTE.encode()}])
    page.settle("20553")


def test_a_file_that_is_no_note_gets_a_sentence_and_no_answer(page):
    page.paste(SUPPORTED, expect="20553")
    drop(page, "x.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "image/png")
    page.tab.wait_for_selector("#message:not(:empty)")
    assert "picture" in page.tab.inner_text("#message")
    assert page.tab.locator("#code").count() == 0
    page.errors.clear()  # the browser itself logs the 422


# ---- evidence ---------------------------------------------------------------------------------------------------


def test_each_mention_is_marked_by_what_the_note_says_of_it(page):
    page.paste(SUPPORTED, expect="20553")
    page.marked()
    found = page.tab.eval_on_selector_all("#marked mark", "marks => marks.map((m) => [m.firstChild.textContent, m.classList[1]])")
    assert ["levator scapulae", "negated"] in found
    assert found.count(["rhomboids", "injected"]) == 1 and found.count(["rhomboids", "finding"]) == 1
    assert page.tab.locator("#marked").evaluate("e => [...e.childNodes].length") > 1
    assert {"injected", "finding", "negated"} <= set(re.findall(r"mention (\w+)", page.tab.inner_html("#legend")))


@pytest.mark.parametrize("text", [SUPPORTED, "\U0001f600 note: 𝟓 trigger point injections, left trapezius 𝄞 and right masseter, 1% lidocaine."])
def test_the_marked_note_is_the_note_to_the_letter(page, text):
    page.paste(text)
    page.marked()
    shown = page.tab.evaluate("""() => { const copy = document.querySelector("#marked").cloneNode(true);
        copy.querySelectorAll(".vh").forEach((e) => e.remove()); return copy.textContent; }""")  # fmt: skip
    assert shown == text
    marks = page.tab.eval_on_selector_all("#marked mark.injected", "marks => marks.map((m) => { m.querySelector('.vh').remove(); return m.textContent; })")
    assert "trapezius" in marks


@pytest.mark.parametrize("how", ["hover", "focus"])
def test_a_muscle_lights_its_words_and_its_place_on_the_body_and_the_other_way_round(page, how):
    page.paste(SUPPORTED, expect="20553")
    page.marked()
    row, mark = "tr[data-key='muscle:rhomboids']", "#marked mark.injected[data-key='muscle:rhomboids']"
    getattr(page.tab.locator(f"{row} button").first if how == "focus" else page.tab.locator(f"{row} th"), how)()
    assert page.tab.locator("#marked .words.lit").all_inner_texts()
    assert page.tab.locator("#body-map .lit[data-key='muscle:rhomboids']").count() == 1
    assert page.tab.locator("tr.lit").count() == 1
    getattr(page.tab.locator("#marked mark.injected[data-key='muscle:trapezius']"), how)()
    assert page.tab.locator("tr.lit").get_attribute("data-key") == "muscle:trapezius"
    assert page.tab.locator(mark).get_attribute("class").split() == ["mention", "injected"]


def test_a_long_note_scrolls_to_the_words_that_are_lit(page):
    page.paste("Plan of care.\n" * 120 + NOTE, expect="20553")
    page.marked()
    page.tab.locator("tr[data-key='muscle:trapezius'] th").hover()
    box, words = page.tab.locator("#marked").bounding_box(), page.tab.locator("#marked .lit").first.bounding_box()
    assert box["y"] <= words["y"] <= box["y"] + box["height"]


def test_a_finding_and_a_reason_light_their_words(page):
    page.paste(PARASPINAL, expect="20552")
    page.marked()
    page.tab.locator(".findings.warning li").first.focus()
    assert page.tab.locator("#marked .lit").count() > 3
    page.tab.locator(".reasons li").nth(1).focus()
    assert page.tab.locator("#marked .lit").count() > 3


def test_a_rule_opens_to_its_statement_and_sources(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.locator("#why details.source summary").first.click()
    assert "Source:" in page.tab.locator("#why details.source").first.inner_text()


# ---- the body ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "figure", "image_side"),
    [("left", "Front", 1), ("left", "Back", -1), ("right", "Front", -1), ("right", "Back", 1)],
)
def test_a_muscle_is_shaded_on_the_patients_side(page, side, figure, image_side):
    page.paste(f"Trigger point injection of the {side} deltoid with 1% lidocaine.")
    svg = page.tab.locator("#body-map figure", has_text=figure).locator("svg")
    assert side in svg.get_attribute("aria-label")
    middle = svg.bounding_box()
    shape = svg.locator(".shaded").bounding_box()
    offset = shape["x"] + shape["width"] / 2 - (middle["x"] + middle["width"] / 2)
    assert offset * image_side > 0
    letter = svg.locator("text", has_text=side[0].upper()).bounding_box()
    assert (letter["x"] - middle["x"] - middle["width"] / 2) * image_side > 0


def test_a_side_that_is_not_stated_is_hatched_and_said(page):
    page.paste("Trigger point injection of the deltoid with 1% lidocaine.")
    assert page.tab.locator("#body-map .possible").count() == 4 and page.tab.locator("#body-map .shaded").count() == 0
    assert "gives no side" in page.tab.inner_text("#body-map")


def test_every_muscle_of_the_lexicon_has_a_place_on_the_body(page):
    lost = page.tab.evaluate("""async () => {
        const { shapesOf } = await import("./bodymap.js");
        const muscles = await (await fetch("/v1/muscles")).json();
        return muscles.filter((m) => m.region !== "region" && !shapesOf({ ...m, members: [], ancestors: [], levels: [], portions: [] }).length).map((m) => m.id);
    }""")  # fmt: skip
    assert lost == []


def test_common_trigger_point_muscles_have_a_shape_of_their_own(page):
    without = page.tab.evaluate("""async (ids) => {
        const { FRONT, BACK } = await import("./bodyshapes.js");
        return ids.filter((id) => ![...FRONT, ...BACK].some((shape) => shape.names.includes(id)));
    }""", COMMON.split())  # fmt: skip
    assert without == []


# ---- switches ---------------------------------------------------------------------------------------------------


def test_a_switch_updates_the_answer_and_says_what_changed(page):
    page.paste(TWO_OR_THREE, expect="20552")
    assert page.status() == "needs review"
    page.tab.check("#laterality-by-side", force=True)
    said = page.changed("Left and right: two")
    assert "code 20552 → 20553" in said and "needs review → supported" in said and "muscles 2–3 → 3" in said
    assert page.code() == "20553"
    page.tab.check("#laterality-by-name", force=True)
    assert "code 20553 → 20552" in page.changed("Left and right: one")


def test_a_switch_without_effect_says_so(page):
    page.paste(NOTE, expect="20553")
    page.tab.check("#groups-one", force=True)
    assert page.changed("Groups") == "Groups: counts as one: no change: 20553, supported."


def test_a_switch_does_not_send_the_note_again(page):
    page.paste(NOTE, expect="20553")
    page.requests.clear()
    page.tab.check("#groups-one", force=True)
    page.changed("Groups")
    assert [request.url.rpartition("/v1/")[2] for request in page.requests] == ["decide?full=true"]


def test_policy_and_date_of_service_count(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.select_option("#policy", "medicare-palmetto")
    page.changed("Policy: Palmetto")
    assert "Policy medicare-palmetto" in page.tab.inner_text("#card")
    page.tab.fill("#day", "2002-05-01")
    assert "Date of service: 2002-05-01" in page.changed("2002-05-01")
    assert "Date of service 2002-05-01" in page.tab.inner_text("#card")


def test_choices_are_remembered_and_the_note_is_not(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.check("#laterality-by-side", force=True)
    page.tab.select_option("#policy", "medicare")
    page.changed("Policy")
    page.tab.fill("#day", "2024-05-01")
    page.changed("2024-05-01")
    kept = page.tab.evaluate("() => JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert "by-side" in kept and "medicare" in kept
    assert not any(word in kept for word in ("trapezius", "52-year", "2024"))
    page.open()
    assert page.tab.is_checked("#laterality-by-side") and page.tab.input_value("#policy") == "medicare"
    assert page.tab.input_value("#text") == "" and page.tab.input_value("#day") == ""
    page.tab.click("#reset")
    assert page.tab.is_checked("#laterality-unsettled") and page.tab.input_value("#policy") == "cpt"


def test_what_is_remembered_and_damaged_does_no_harm(page):
    for kept in ("{", '{"overrides": {"laterality": "<b>", "x": 1}, "policy": "gone", "theme": 7}', "[]", "null"):
        page.tab.evaluate("kept => localStorage.setItem('tpi-settings', kept)", kept)
        page.open()
        page.paste(NOTE, expect="20553")


# ---- corrections ------------------------------------------------------------------------------------------------


def test_a_struck_muscle_is_recounted_marked_and_can_be_taken_back(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.click("text=Strike out rhomboids")
    assert "code 20553 → 20552" in page.changed("Struck out")
    assert "With your corrections." in page.tab.inner_text("#card")
    assert page.tab.inner_text("#billing-line").startswith("CORRECTED BY CODER")
    row = page.tab.locator("tr.struck")
    assert "rhomboids" in row.inner_text() and "struck out by you" in row.inner_text()
    row.locator("button").click()
    page.changed("Taken back")
    assert page.code() == "20553" and "With your corrections" not in page.tab.inner_text("#card")


def test_an_added_muscle_counts_and_is_marked(page):
    page.paste("Trigger point injections with 1% lidocaine: left trapezius and left rhomboids.", expect="20552")
    page.tab.fill("#add-name", "lev scap")
    page.tab.select_option("#add-side", "left")
    page.tab.click(".add button")
    assert "code 20552 → 20553" in page.changed("Added")
    row = page.tab.locator("tr[data-key='muscle:levator_scapulae']")
    assert "added by you" in row.inner_text()
    row.locator("button[data-side=right]").click()
    page.changed("Side set")
    assert "added by you" in row.inner_text()
    row.locator("button.strike").click()
    page.changed("Struck out")
    assert row.count() == 0 and page.code() == "20552"


@pytest.mark.parametrize(
    ("name", "words"),
    [("lev scapp", "lev scap"), ("low back", "not a muscle"), ("trapezius", "there already"), ("rhomboid", "there already")],
)
def test_a_muscle_that_cannot_be_added_is_explained(page, name, words):
    page.paste(NOTE, expect="20553")
    page.tab.fill("#add-name", name)
    page.tab.click(".add button")
    page.tab.wait_for_selector("#add-message:not(:empty)")
    assert words in page.tab.inner_text("#add-message")
    page.errors.clear()  # the browser itself logs the 404


def test_a_side_set_by_the_coder_counts(page):
    page.tab.check("#laterality-by-side", force=True)
    page.paste("Trigger point injections with 1% lidocaine: left trapezius and left rhomboids.", expect="20552")
    page.tab.click("tr[data-key='muscle:trapezius'] button[data-side=right]")
    assert "code 20552 → 20553" in page.changed("Side set")
    assert "changed by you" in page.tab.inner_text("tr[data-key='muscle:trapezius']")


def test_corrections_survive_a_switch_and_end_with_the_note(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.click("text=Strike out rhomboids")
    page.changed("Struck out")
    page.tab.check("#laterality-by-side", force=True)
    page.changed("Left and right")
    assert page.code() == "20552"
    page.tab.fill("#day", "2024-03-15")
    page.changed("2024-03-15")
    assert page.code() == "20552" and page.tab.locator("tr.struck").count() == 1
    page.paste(SUPPORTED + " ", expect="20553")
    assert page.tab.locator("tr.struck").count() == 0


# ---- taking away ------------------------------------------------------------------------------------------------


def test_question_and_billing_line_are_copied(page):
    page.paste(PARASPINAL, expect="20552")
    page.tab.click("#copy-query")
    assert page.tab.evaluate("navigator.clipboard.readText()") == page.tab.inner_text("#query-text")
    page.tab.click("#copy-billing")
    assert page.tab.evaluate("navigator.clipboard.readText()").startswith("NEEDS REVIEW")
    assert "Copied" in page.tab.inner_text("#copy-billing")


def downloaded(page):
    with page.tab.expect_download() as started:
        page.tab.click("#download")
    return json.loads(started.value.path().read_text(encoding="utf-8"))


def test_the_downloaded_json_is_the_contracts_document(page):
    from extractor import extract

    page.paste(SUPPORTED, expect="20553")
    with page.tab.expect_download() as started:
        page.tab.click("#download")
    assert started.value.suggested_filename == "tpi-20553.json"
    kept = json.loads(started.value.path().read_text(encoding="utf-8"))
    assert kept == json.loads(extract(SUPPORTED).model_dump_json())


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_prints_to_one_page(page, sample):
    pypdf = pytest.importorskip("pypdf", reason="pypdf counts the pages")
    page.tab.select_option("#sample", sample)
    page.settle()
    for size in ("Letter", "A4"):
        printed = pypdf.PdfReader(io.BytesIO(page.tab.pdf(format=size, prefer_css_page_size=True, print_background=True)))
        assert len(printed.pages) == 1, size
        words = printed.pages[0].extract_text()
        assert page.code() in words and page.status() in words and "Open a file" not in words


# ---- safety -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", HOSTILE)
def test_script_in_a_note_stays_text(page, attack):
    title = page.tab.title()
    page.paste(f"{attack} Trigger point injections: left {attack} trapezius, left rhomboids, 1% lidocaine {attack}.")
    page.marked()
    page.tab.wait_for_timeout(100)
    assert page.tab.title() == title
    assert page.tab.locator("main script, main iframe, main img").count() == 0
    assert page.tab.locator("#marked").evaluate("e => new Set([...e.querySelectorAll('*')].map((x) => x.tagName)).isSubsetOf?.(new Set(['MARK', 'SPAN'])) ?? true")


def test_even_a_script_of_the_page_could_not_make_markup_of_text(page):
    refused = page.tab.evaluate("() => { try { document.body.innerHTML = '<p>x</p>'; return ''; } catch (error) { return error.name; } }")
    assert refused == "TypeError"
    page.errors.clear()  # the refusal is logged


def test_nothing_is_asked_of_any_other_machine(page, address):
    for sample in SAMPLES:
        page.tab.select_option("#sample", sample)
        page.settle()
    assert {request.url.split("/")[2] for request in page.requests if not request.url.startswith("blob:")} == {address.split("/")[2]}


def test_no_word_of_the_note_is_in_an_address(page):
    page.paste(SUPPORTED, expect="20553")
    page.tab.click("text=Strike out rhomboids")
    page.changed("Struck out")
    assert not any(word in request.url for request in page.requests for word in ("trapezius", "fall", "woman", "chlorhexidine"))
    assert page.tab.evaluate("location.href").count("/") == 3


def test_a_server_that_is_gone_is_said(page):
    page.tab.route("**/v1/extract*", lambda route: route.abort())
    page.tab.fill("#text", NOTE)
    page.tab.wait_for_selector("#message:not(:empty)")
    assert "The server does not answer" in page.tab.inner_text("#message")
    assert page.tab.locator("#code").count() == 0
    page.errors.clear()


def test_a_remote_page_asks_for_its_token(serve, browser):
    _process, shown = serve("--host", "0.0.0.0", "--allow-remote")
    address, _, token = shown.replace("0.0.0.0", "127.0.0.1").partition("#token=")
    tab = browser.new_context().new_page()
    tab.goto(address)
    tab.wait_for_selector("#token-dialog[open]")
    tab.fill("#token", token)
    tab.click("#token-dialog button")
    tab.wait_for_selector("#sample option:nth-child(2)", state="attached")
    direct = browser.new_context().new_page()
    direct.goto(f"{address}#token={token}")
    direct.wait_for_selector("#sample option:nth-child(2)", state="attached")
    assert token not in direct.evaluate("location.href")


# ---- for everybody ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sample", ["", *SAMPLES])
def test_axe_finds_no_violation(browser, address, theme, sample):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe checks accessibility")
    page = other(browser, address, viewport={"width": 1280, "height": 900}, color_scheme=theme)
    if sample:
        page.tab.select_option("#sample", sample)
        page.settle()
        for details in page.tab.locator("details").all():
            details.evaluate("e => { e.open = true; }")
        if page.tab.locator("button.strike").count():
            page.tab.locator("button.strike").first.click()
            page.changed("Struck out")
    page.tab.wait_for_timeout(200)  # colours fade in
    found = axe.Axe().run(page.tab)
    assert found.violations_count == 0, found.generate_report()
    page.tab.context.close()


@pytest.mark.parametrize(("width", "height"), [(360, 740), (390, 844), (720, 475)], ids=["small phone", "phone", "1440 at 200 %"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_narrow_window_needs_no_sideways_scrolling(browser, address, width, height, sample):
    page = other(browser, address, viewport={"width": width, "height": height})
    page.tab.select_option("#sample", sample)
    page.settle()
    assert page.tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.tab.locator("#code").bounding_box()["width"] < width
    page.tab.context.close()


def test_on_a_phone_what_is_touched_stays_under_the_finger(browser, address):
    page = other(browser, address, viewport={"width": 360, "height": 640})
    page.tab.select_option("#sample", "2-review")
    page.settle()
    page.tab.locator("#muscles button.strike").scroll_into_view_if_needed()
    before = page.tab.evaluate("scrollY")
    page.tab.hover("tr[data-key='muscle:paraspinals'] th")
    assert page.tab.locator("#marked .lit").count() > 0
    assert page.tab.evaluate("scrollY") == before > 0
    page.tab.click("#muscles button.strike")
    page.changed("Struck out")
    page.tab.context.close()


def test_dark_and_light_follow_the_system_and_the_choice(browser, address):
    page = other(browser, address, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.tab.evaluate(ground)
    page.tab.select_option("#theme", "light")
    assert page.tab.evaluate(ground) != dark
    page.open()
    assert page.tab.evaluate(ground) != dark
    page.tab.select_option("#theme", "dark")
    assert page.tab.evaluate(ground) == dark
    page.tab.context.close()


def test_all_of_it_works_with_the_keyboard_alone(page):
    keys = page.tab.keyboard
    focused = "document.activeElement.id || document.activeElement.className"
    assert page.tab.evaluate(focused) == "text"
    keys.insert_text(SUPPORTED)
    page.settle("20553")
    seen = []
    for _ in range(12):
        keys.press("Tab")
        seen.append(page.tab.evaluate("document.activeElement.closest('tr')?.dataset.key ?? document.activeElement.id"))
    assert "copy-billing" in seen and "muscle:trapezius" in seen
    page.tab.focus("tr[data-key='muscle:rhomboids'] button.strike")
    keys.press("Enter")
    page.changed("Struck out")
    assert page.tab.evaluate("document.activeElement.closest('tr')?.dataset.key") == "muscle:rhomboids"
    keys.press("Enter")
    page.changed("Taken back")
    page.tab.focus("#laterality-unsettled")
    keys.press("ArrowRight")
    page.changed("Left and right: two")
    assert page.tab.evaluate("document.activeElement.id") == "laterality-by-side"
    page.tab.focus("#show-marked")
    keys.press("Enter")
    assert page.tab.evaluate("document.activeElement.id") == "marked"
    keys.press("Tab")
    assert page.tab.evaluate("document.activeElement.tagName") == "MARK"
    page.tab.focus("#marked mark.injected")
    keys.press("Enter")
    assert page.tab.evaluate("document.activeElement.closest('tr')?.dataset.key") == "muscle:trapezius"


def test_the_skip_link_leads_to_the_answer(page):
    page.tab.focus(".skip")
    assert page.tab.locator(".skip").bounding_box()["y"] >= 0
    page.tab.keyboard.press("Enter")
    assert page.tab.evaluate("document.activeElement.id") == "answer"


def test_the_answer_is_announced_and_so_is_what_changed(page):
    assert page.tab.get_attribute("#card", "aria-live") == "polite"
    assert page.tab.get_attribute("#changed", "role") == "status"
    assert page.tab.get_attribute("#message", "role") == "alert"


def test_the_note_is_given_to_no_spelling_service_and_no_form_memory(page):
    assert page.tab.get_attribute("#text", "spellcheck") == "false"
    assert page.tab.get_attribute("#text", "autocomplete") == "off"
