"""The audit's page in a browser: what an auditor sees, sorts, filters, opens and prints."""

from __future__ import annotations

import shutil

import pytest

from extractor.audit.sampling import sample_encounters
from extractor.report.audit_html import write_html

from ..audit import build

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><svg onload=document.title='owned'>"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=binary, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Three hundred encounters, one of them with two findings, a long history and letters outside the first plane."""
    audit = build.many(300)
    text = "😀 " + build.TWO_MUSCLES
    special = build.encounter(
        "SPECIAL", provider="P00", notes=[build.note(text, "note-x")],
        findings=[
            build.finding(encounter="SPECIAL", rank=0, note_id="note-x", evidence=_at(text, "left levator scapulae")),
            build.finding("drug-not-billed", "SPECIAL", severity="warning", rank=9, note_id="note-x", evidence=_at(text, "1% lidocaine")),
        ],
    )  # fmt: skip
    audit.encounters.append(special)
    path = tmp_path_factory.mktemp("report") / "audit.html"
    write_html(audit, path, sample_encounters(audit.encounters, 50, seed=1))
    return path.as_uri()


def _at(text, words):
    from extractor.models import Evidence

    start = text.index(words)
    return [Evidence(start=start, end=start + len(words), text=words)]


@pytest.fixture
def tab(browser, report):
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    tab, problems, requests = context.new_page(), [], []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(report)
    yield tab
    context.close()
    assert problems == []
    assert {url.split("#")[0] for url in requests} == {report}


def open_table(tab):
    """The view changes only after the click, when the browser has told of the new address."""
    tab.click("nav >> text=Encounters")
    tab.wait_for_selector("#view-encounters:not([hidden])")


def rows(tab):
    return tab.locator("#table tbody tr")


def test_it_opens_with_the_summary(tab):
    assert tab.is_visible("#view-summary")
    assert not tab.is_visible("#view-encounters")
    assert tab.inner_text(".tile.over dd").startswith("$825.00")


def test_the_table_shows_what_has_findings_worst_first(tab):
    open_table(tab)
    assert "101 of 301 encounters" in tab.inner_text("#count")
    assert "SPECIAL" in rows(tab).first.inner_text()
    assert rows(tab).count() == 50
    tab.click("#next")
    tab.click("#next")
    assert (rows(tab).count(), tab.inner_text("#page"), tab.is_disabled("#next")) == (1, "Page 3 of 3", True)


@pytest.mark.parametrize(
    ("choose", "count"),
    [
        ({"#f-finding": ""}, 301), ({"#f-finding": "-"}, 200), ({"#f-finding": "drug-not-billed"}, 1), ({"#f-provider": "P00"}, 26),
        ({"#f-payer": "Aetna"}, 0), ({"#f-finding": "", "#f-payer": "Aetna"}, 100), ({"#f-severity": "error"}, 101),
    ],
)  # fmt: skip
def test_filters_narrow_it(tab, choose, count):
    open_table(tab)
    for field, value in choose.items():
        tab.select_option(field, value)
    assert tab.inner_text("#count").startswith(f"{count} of 301")


def test_search_and_dates_narrow_it_and_clear_gives_all_back(tab):
    open_table(tab)
    tab.fill("#f-text", "c00003")
    tab.wait_for_selector("#count:text('1 of 301')")
    tab.click("form button")
    tab.wait_for_selector("#count:text('101 of 301')")
    tab.fill("#f-from", "2024-03-01")
    tab.fill("#f-to", "2024-03-31")
    assert tab.inner_text("#count").startswith("1 of")


def test_a_heading_sorts_turns_round_and_lets_go(tab):
    open_table(tab)
    tab.select_option("#f-finding", "")
    head = tab.locator("th[data-column=date]")
    head.locator("button").click()
    first = rows(tab).first.locator("td").nth(1).inner_text()
    assert (head.get_attribute("aria-sort"), first) == ("ascending", "2021-07-29")
    head.locator("button").click()
    assert (head.get_attribute("aria-sort"), rows(tab).first.locator("td").nth(1).inner_text()) == ("descending", "2024-03-14")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert "SPECIAL" in rows(tab).first.inner_text()


def test_an_encounter_shows_claim_findings_and_the_note_with_its_evidence(tab):
    open_table(tab)
    rows(tab).first.click()
    tab.wait_for_selector("#h-encounter:text('Encounter SPECIAL')")
    assert tab.inner_text("mark.quoted >> nth=0") == "1% lidocaine"
    assert "left levator scapulae" in tab.locator("mark.quoted").all_inner_texts()
    assert tab.inner_text(".note").startswith("😀 Procedure note")
    cards = tab.locator(".card").all_inner_texts()
    assert len(cards) == 2
    assert all("What would resolve it" in card for card in cards)
    assert "$60.00" in tab.inner_text("table:visible")


def test_a_quotation_leads_to_its_place_in_the_note(tab):
    tab.goto(tab.url.split("#")[0] + "#encounter/0")
    tab.click(".card >> nth=0 >> .quote")
    assert tab.inner_text("mark.at") == "left levator scapulae"


def test_next_and_previous_follow_the_table_as_it_is_filtered(tab):
    open_table(tab)
    tab.select_option("#f-provider", "P03")
    names = [row.split("\n")[-1] for row in rows(tab).locator("td:nth-child(3)").all_inner_texts()]
    rows(tab).first.locator("a").click()
    tab.wait_for_selector(f"#h-encounter:text('Encounter {names[0]}')")
    assert not tab.is_visible("#step-back")
    tab.click("#step-on")
    tab.wait_for_selector(f"#h-encounter:text('Encounter {names[1]}')")
    tab.go_back()
    tab.wait_for_selector(f"#h-encounter:text('Encounter {names[0]}')")
    tab.go_back()
    tab.wait_for_selector("#view-encounters:not([hidden])")
    assert tab.input_value("#f-provider") == "P03"


def test_it_can_be_worked_by_keyboard_alone(tab):
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(2):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#view-encounters:not([hidden])")
    tab.locator("#table tbody a").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#view-encounter:not([hidden])")
    assert tab.evaluate("document.activeElement.id") == "h-encounter"


@pytest.mark.parametrize("place", ["#encounter/99999", "#encounter/", "#encounter/-1", "#encounter/x", "#nowhere", "#encounter/1e0"])
def test_an_address_that_leads_nowhere_shows_something_sensible(tab, place):
    tab.goto(tab.url.split("#")[0] + place)
    assert tab.locator("section:visible").count() == 1


@pytest.mark.parametrize("place", ["#summary", "#encounters", "#encounter/0", "#method"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1300), ("dark", 1300), ("light", 375)])
def test_axe_finds_no_barrier_and_nothing_runs_out_of_the_page(browser, report, place, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core looks for barriers")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    tab.goto(report + place)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(tab).response["violations"]
    context.close()
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []


def test_it_prints_the_whole_filtered_table(tab):
    open_table(tab)
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows(tab).count() == 101
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert rows(tab).count() == 50


def test_hostile_words_do_nothing_in_any_view(browser, tmp_path):
    audit = build.many(30, hostile=HOSTILE)
    note = build.note(build.TWO_MUSCLES + HOSTILE, note_id=HOSTILE)
    audit.encounters[0].notes = [note]
    audit.encounters[0].findings[0].text = HOSTILE
    write_html(audit, tmp_path / "audit.html")
    tab = browser.new_page()
    for place in ("#summary", "#encounters", "#encounter/0", "#method"):
        tab.goto((tmp_path / "audit.html").as_uri() + place)
        tab.wait_for_timeout(50)
        assert "owned" not in tab.title()
        assert tab.locator("img").count() == 0
    tab.close()


def test_five_thousand_encounters_open_in_a_few_seconds(browser, tmp_path):
    write_html(build.many(5000), tmp_path / "audit.html")
    tab = browser.new_page()
    tab.goto((tmp_path / "audit.html").as_uri() + "#encounters")
    ready = tab.evaluate("performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart")
    began = tab.evaluate("performance.now()")
    tab.select_option("#f-finding", "")
    tab.locator("th[data-column=provider] button").click()
    took = tab.evaluate("performance.now()") - began
    tab.close()
    assert ready < 6000
    assert took < 3000
