"""The audit's page: one file, safe whatever a note holds, and right in what it shows. The browser's view is in test_audit_page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from extractor.audit.models import Audit
from extractor.audit.sampling import SamplingError, sample_encounters
from extractor.report.audit_html import render_html, write_html
from extractor.report.audit_html.data import CHUNK, script_json

from ..audit import build

HOSTILE = [
    "</script><script>document.title='owned'</script>", "<!--<script>", "<img src=x onerror=alert(1)>", "\"'><svg onload=alert(1)>",
    "&lt;b&gt; &amp;", "\u2028\u2029", "\u202eevil", "{{x}} ${x}", "\x00\x1b[2J",
]  # fmt: skip


class Elements(HTMLParser):
    """Elements with their attributes, and what stands in each script."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._script: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._script = dict(attrs) if tag == "script" else None
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data):
        if self._script is not None:
            attrs, text = self.scripts[-1]
            self.scripts[-1] = attrs, text + data

    def handle_endtag(self, tag):
        self._script = None

    def json(self, name: str):
        (text,) = [text for attrs, text in self.scripts if attrs.get("id") == name]
        return json.loads(text)


def page(audit: Audit, *given, **named) -> Elements:
    return Elements("".join(render_html(audit, *given, **named)))


def test_it_is_one_file_that_asks_nothing_of_the_network():
    html = "".join(render_html(build.many(30)))
    found = Elements(html)
    assert not [attrs for _, attrs in found.tags if {"src", "srcset", "action", "data", "poster"} & set(attrs)]
    assert {attrs["href"][0] for tag, attrs in found.tags if "href" in attrs} == {"#"}
    assert not re.findall(r"https?://|@import|url\(", html)


def test_its_policy_allows_its_own_script_and_style_and_nothing_else():
    html = "".join(render_html(build.audit()))
    (policy,) = [attrs["content"] for tag, attrs in Elements(html).tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)[-1]

    def digest(text):
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert rules == {"default-src": "'none'", "style-src": digest(style), "script-src": digest(script), "base-uri": "'none'", "form-action": "'none'"}
    assert not re.search(r'\sstyle="|\son\w+="', re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)), "an inline style or handler would be blocked"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_it_stands(text):
    clean = page(build.audit(unreadable=["claims.csv:9"]))
    encounter = build.encounter(
        text, patient_id=text, payer=text, provider=text, lines=[build.line(claim=text, modifiers=[text], source=text)],
        findings=[build.finding(text=text, rule=text, source=text, claim_id=text, resolution=text)],
        notes=[build.note(build.TWO_MUSCLES + text, note_id=text)],
    )  # fmt: skip
    hostile = page(
        build.audit(encounter, unreadable=[text], arithmetic=[text], policy=text, policy_settings={text: text}, versions={text: text})
    )
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in clean.tags]
    assert hostile.json("rows")["rows"][0][0] == text
    (detail,) = hostile.json("chunk-0")
    assert detail["notes"][0]["text"] == build.TWO_MUSCLES + text
    assert detail["findings"][0]["text"] == text


def test_half_a_surrogate_pair_can_be_written(tmp_path):
    encounter = build.encounter(patient_id="a\ud800b")
    write_html(build.audit(encounter), tmp_path / "audit.html")
    assert "a\\ud800b" in (tmp_path / "audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [*HOSTILE, ["</script>"], {"a<b": "&"}])
def test_json_in_a_script_is_the_same_json(value):
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def test_over_and_underpayment_stand_apart_with_their_arithmetic():
    html = "".join(render_html(build.audit(overpayment=Decimal("1234.50"), underpayment=Decimal("99.90"), arithmetic=["10 lines × 8.25 = 82.50"])))
    assert re.search(r"Possible overpayment</dt><dd>\$1,234\.50", html)
    assert re.search(r"Possible underpayment</dt><dd>\$99\.90", html)
    assert "<li>10 lines × 8.25 = 82.50</li>" in html


def test_rows_come_worst_first_and_details_in_the_same_order():
    clean = build.encounter("E1", findings=[])
    mild = build.encounter("E2", findings=[build.finding("drug-not-billed", "E2", severity="warning", rank=8)])
    small = build.encounter("E3", findings=[build.finding(encounter="E3", amount="1.00")])
    large = build.encounter("E4", findings=[build.finding(encounter="E4", amount="9.00")])
    found = page(build.audit(clean, mild, small, large))
    assert [row[0] for row in found.json("rows")["rows"]] == ["E4", "E3", "E2", "E1"]
    assert [len(detail["findings"]) for detail in found.json("chunk-0")] == [1, 1, 1, 0]


def test_details_come_in_chunks_that_the_script_can_count():
    found = page(build.many(2 * CHUNK + 1))
    assert found.json("rows")["chunk"] == CHUNK
    assert [len(found.json(f"chunk-{number}")) for number in range(3)] == [CHUNK, CHUNK, 1]


def test_every_finding_says_what_would_resolve_it_with_rule_source_and_dates():
    found = page(build.audit(build.encounter(findings=[build.finding(), build.finding("anything-new", resolution="Ask.")])))
    first, second = found.json("chunk-0")[0]["findings"]
    assert (first["rule"], first["source"], first["effective"]) == ("code-trigger-point", "RHEUM", "2003-01-01/..")
    assert first["resolve"].startswith("A signed addendum") or second["resolve"].startswith("A signed addendum")
    assert {"Ask."} <= {first["resolve"], second["resolve"]}


def test_a_note_whose_text_was_not_kept_is_quoted_by_its_findings():
    note = build.note()
    note.text = None
    (detail,) = page(build.audit(build.encounter(notes=[note]))).json("chunk-0")
    assert detail["notes"][0]["text"] is None
    assert detail["findings"][0]["quotes"][0][2] == "left upper trapezius"


def test_a_sample_is_shown_with_its_seed_and_marked_provisional_until_reviewed():
    audit = build.many(90)
    sample = sample_encounters(audit.encounters, 30, seed=4711)
    own = "".join(render_html(audit, sample))
    reviewed = "".join(render_html(audit, sample, reviewed={unit: Decimal(1) for unit in sample.ids}))
    assert "seed 4711" in own and "Provisional" in own
    assert "Provisional" not in reviewed and "$90.00" in reviewed


def test_a_sample_of_another_audit_is_refused_before_anything_is_written(tmp_path):
    sample = sample_encounters(build.many(90).encounters, 30, seed=1)
    with pytest.raises(SamplingError):
        write_html(build.audit(), tmp_path / "audit.html", sample)
    assert not list(tmp_path.iterdir())


def test_an_empty_audit_is_a_page_too():
    found = page(Audit())
    assert found.json("rows")["rows"] == []


def test_small_numbers_are_said_to_be_small():
    assert ", a small number" in "".join(render_html(build.many(30, providers=3)))
    assert ", a small number" not in "".join(render_html(build.many(120, providers=3)))


def test_the_tone_is_neutral():
    html = "".join(render_html(build.many(30))).lower()
    assert not [word for word in ("fraud", "abuse", "false claim", "guilty", "suspicious", "cheat") if word in html]
