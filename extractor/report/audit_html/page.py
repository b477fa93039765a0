"""Puts the page together: what can be read without a script stands in the HTML itself, the rest is data for it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from html import escape
from importlib.resources import files
from pathlib import Path

from extractor.audit.models import Audit
from extractor.audit.sampling import Extrapolation, Sample, extrapolate
from extractor.report.audit_html import charts
from extractor.report.audit_html.data import CHUNK, chunks, rows, script_json
from extractor.report.audit_words import (
    DISCLAIMER,
    PROVIDER_METHOD,
    SEVERITIES,
    finding_title,
    money,
    rule_rows,
    sums,
    worst_first,
)  # fmt: skip

__all__ = ["render_html", "write_html"]


def write_html(
    audit: Audit, path: str | Path, sample: Sample | None = None, *,
    reviewed: Mapping[str, Decimal] | None = None, made_on: date | None = None,
) -> None:  # fmt: skip
    """Write the report: one HTML file that needs no network and no other file.

    The file holds the notes' text where the audit has it: it is as confidential as the notes.

    Args:
        audit: finished.
        path: of the file; an existing one is replaced.
        sample: of the audit's encounters; its extrapolation is then shown.
        reviewed: net overpayment by encounter id as a person established it; without it the audit's own amounts stand in.
        made_on: date to be shown; today unless told.

    Raises:
        SamplingError: if the sample is not of this audit, or ``reviewed`` lacks one of its encounters.
        OSError: if the file cannot be written.
    """
    parts = list(render_html(audit, sample, reviewed=reviewed, made_on=made_on))
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts)


def render_html(
    audit: Audit, sample: Sample | None = None, *, reviewed: Mapping[str, Decimal] | None = None, made_on: date | None = None
) -> Iterator[str]:
    """Give the page in pieces, as :func:`write_html` writes them."""
    style, script = _asset("report.css"), _asset("report.js")
    ordered = worst_first(audit.encounters)
    extrapolated = extrapolate(sample, audit.encounters, reviewed=reviewed) if sample else None
    yield _head(style, script)
    yield _summary(audit, sample, extrapolated, made_on or date.today())
    yield _shell()
    yield _method(audit)
    yield "</main>\n"
    titles = {finding.id: finding_title(finding.id) for encounter in audit.encounters for finding in encounter.findings}
    yield _data("rows", script_json({"rows": rows(ordered), "titles": dict(sorted(titles.items())), "severities": SEVERITIES, "chunk": CHUNK}))
    for number, chunk in enumerate(chunks(ordered)):
        yield _data(f"chunk-{number}", chunk)
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _asset(name: str) -> str:
    return files("extractor.report.audit_html").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _data(name: str, json: str) -> str:
    return f'<script type="application/json" id="{name}">{json}</script>\n'


def _head(style: str, script: str) -> str:
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Audit of trigger point injection claims</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand">Audit of trigger point injection claims</p>
<nav aria-label="Views"><a href="#summary" aria-current="page">Summary</a> <a href="#encounters">Encounters</a> <a href="#method">Method and sources</a></nav>
</header>
<main id="main" tabindex="-1">
<noscript><p class="notice">The table and the page of each encounter need JavaScript, which is switched off here. The summary and the method can be read without it.</p></noscript>
"""


def _summary(audit: Audit, sample: Sample | None, extrapolated: Extrapolation | None, made_on: date) -> str:
    days = sorted(encounter.date_of_service for encounter in audit.encounters if encounter.date_of_service)
    period = f"{days[0]} to {days[-1]}" if days else "no dates of service"
    return f"""<section id="view-summary" aria-labelledby="h-summary">
<h1 id="h-summary">Summary</h1>
<p class="lead">Dates of service {period}. Policy {escape(audit.policy)}. Report of {made_on.isoformat()}.</p>
{_tiles(audit)}
{_arithmetic(audit)}
{_sample(sample, extrapolated)}
<h2>What was found</h2>
{charts.by_finding(audit)}
<p class="legend">{"".join(f'<span><i class="key {name}"></i>{words}</span>' for name, words in SEVERITIES.items())}</p>
<h2>Providers</h2>
<p class="small">{PROVIDER_METHOD} A thin mark stands for a small number.</p>
<div class="pair">{charts.by_provider(audit.providers, "share")}{charts.by_provider(audit.providers, "flagged")}</div>
<p class="legend"><span><i class="key ratekey"></i>provider’s rate and its interval</span><span><i class="key peerkey"></i>rate of the peers</span></p>
<h2>Months</h2>
{charts.by_month(audit.encounters)}
<p class="legend"><span><i class="key flaggedkey"></i>with a finding</span><span><i class="key cleankey"></i>without</span></p>
{_unreadable(audit)}
<p class="notice">{DISCLAIMER}</p>
</section>
"""


def _tiles(audit: Audit) -> str:
    counts = sums(audit)
    share = f"{counts.flagged / counts.encounters:.0%} of all" if counts.encounters else ""
    unpriced = f"{counts.without_price:,} findings without a price" if counts.without_price else "every amount has a price"
    tiles = [
        ("Possible overpayment", money(audit.overpayment), unpriced, "over"),
        ("Possible underpayment", money(audit.underpayment), "kept apart, never set off", "under"),
        ("Encounters", f"{counts.encounters:,}", f"{counts.billed:,} with claim lines", ""),
        ("To act on or write up", f"{counts.flagged:,}", share, ""),
        ("Action needed", f"{counts.errors:,}", "the code or the claim itself", ""),
        ("Unsettled", f"{counts.review:,}", "depend on an open question", ""),
    ]
    cells = "".join(f'<div class="tile {kind}"><dt>{label}</dt><dd>{value}<small>{small}</small></dd></div>' for label, value, small, kind in tiles)
    return f'<dl class="tiles">{cells}</dl>'


def _arithmetic(audit: Audit) -> str:
    if not audit.arithmetic:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in audit.arithmetic)
    return f"<h2>How the amounts were reached</h2>\n<ul class=\"sums\">{items}</ul>"


def _sample(sample: Sample | None, extrapolated: Extrapolation | None) -> str:
    if sample is None or extrapolated is None:
        return ""
    total, rate = extrapolated.total, extrapolated.rate
    level = f"{total.confidence:.0%}"
    rows_ = [
        ("Universe", f"{sample.universe:,} encounters" + (f" in {len(sample.sizes)} strata" if len(sample.sizes) > 1 else "")),
        ("Sample", f"{len(sample.units):,} encounters, seed {sample.seed}"),
        ("Generator", sample.generator),
        ("Point estimate", money(_cents(total.point))),
        (f"{level} interval, two-sided", f"{money(_cents(total.low))} to {money(_cents(total.high))}"),
        ("Lower limit", money(_cents(total.low))),
        ("Standard error", money(_cents(total.standard_error or 0.0))),
        ("Method", total.method + (f", {total.degrees_of_freedom:.1f} degrees of freedom" if total.degrees_of_freedom else "")),
    ]
    if rate is not None:
        rows_.append(("Encounters in error", f"{rate.point:,.0f} estimated; {rate.low:,.0f} to {rate.high:,.0f} ({level}, {rate.method})"))
    body = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows_)
    provisional = (
        '<p class="notice">Provisional: the amounts of the sampled encounters are the audit’s own. An extrapolation stands only on amounts that a person has reviewed.</p>'
        if extrapolated.provisional else ""
    )  # fmt: skip
    caution = f'<p class="notice">{escape(extrapolated.caution)}</p>' if extrapolated.caution else ""
    return f'<h2>Sample and extrapolation</h2>{provisional}{caution}<table class="facts"><caption>Net overpayment of the universe, estimated from the sample</caption><tbody>{body}</tbody></table>'


def _cents(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _unreadable(audit: Audit) -> str:
    if not audit.unreadable:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in audit.unreadable[:200])
    more = f'<p class="small">{len(audit.unreadable) - 200:,} more are in the workbook.</p>' if len(audit.unreadable) > 200 else ""
    return f'<details class="unreadable"><summary>{len(audit.unreadable):,} places could not be read and are not part of the figures</summary><ul>{items}</ul>{more}</details>'


def _shell() -> str:
    """The two views that the script fills."""
    heads = (
        ("severity", "Finding", ""), ("date", "Date", ""), ("id", "Encounter", "wide"), ("patient", "Patient", ""), ("provider", "Provider", "wide"),
        ("payer", "Payer", "wide"), ("billed", "Billed", ""), ("proves", "The note proves", "wide"),
        ("over", "Over", "num"), ("under", "Under", "num wide"),
    )  # fmt: skip
    head = "".join(f'<th scope="col" class="{kind}" data-column="{key}"><button type="button">{label}</button></th>' for key, label, kind in heads)
    return f"""<section id="view-encounters" aria-labelledby="h-encounters" hidden>
<h1 id="h-encounters">Encounters</h1>
<form id="filters" role="search" aria-label="Filter the encounters">
<label>Search <input type="search" id="f-text" placeholder="patient, claim, note, encounter" autocomplete="off"></label>
<label>Finding <select id="f-finding"><option value="*">with a finding</option><option value="">all encounters</option><option value="-">without a finding</option></select></label>
<label>Severity <select id="f-severity"><option value="">any</option></select></label>
<label>Provider <select id="f-provider"><option value="">all</option></select></label>
<label>Payer <select id="f-payer"><option value="">all</option></select></label>
<label>From <input type="date" id="f-from"></label>
<label>To <input type="date" id="f-to"></label>
<button type="reset">Clear</button>
</form>
<p id="count" role="status"></p>
<div class="scroll" role="region" aria-label="Table of encounters" tabindex="0">
<table id="table"><caption class="hush">Encounters, worst first unless sorted otherwise</caption><thead><tr>{head}</tr></thead><tbody></tbody></table>
</div>
<p class="pager"><button type="button" id="previous">Previous page</button> <span id="page"></span> <button type="button" id="next">Next page</button></p>
</section>
<section id="view-encounter" aria-labelledby="h-encounter" hidden>
<p class="steps"><a href="#encounters">Back to the table</a> <span><a id="step-back" href="#encounters">Previous</a> <a id="step-on" href="#encounters">Next</a></span></p>
<h1 id="h-encounter" tabindex="-1">Encounter</h1>
<div id="detail"></div>
</section>
"""


def _method(audit: Audit) -> str:
    settings = "".join(f'<tr><th scope="row">{escape(str(key))}</th><td>{escape(str(value))}</td></tr>' for key, value in audit.policy_settings.items())
    versions = ", ".join(f"{name} {value}" for name, value in audit.versions.items())
    body = "".join(
        f'<tr><th scope="row">{escape(finding_title(row.finding))}<small>{escape(row.rule)}</small></th><td>{escape(row.statement)}</td>'
        f'<td>{escape(row.source)}<small>{escape(row.effective)}</small></td><td class="num">{row.count:,}</td></tr>'
        for row in rule_rows(audit)
    )
    rules = f"""<div class="scroll" role="region" aria-label="Rules and sources" tabindex="0"><table class="rules"><caption class="hush">Rules that the findings cite</caption><thead><tr><th scope="col">Finding, rule</th><th scope="col">What the rule says</th><th scope="col">Source, dates</th><th scope="col" class="num">Findings</th></tr></thead><tbody>{body}</tbody></table></div>""" if body else "<p>No finding cites a rule.</p>"
    settings = f'<h2>Settings of the policy</h2><table class="facts"><caption class="hush">Settings in force</caption><tbody>{settings}</tbody></table>' if settings else ""
    seed = f" Seed {audit.seed}." if audit.seed is not None else ""
    return f"""<section id="view-method" aria-labelledby="h-method">
<h1 id="h-method">Method and sources</h1>
<p>{DISCLAIMER}</p>
<ul>
<li>What a note proves is an interval of distinct muscles. A code is called supported only where every honest reading of the note gives it; a code that depends on an open question is told apart from one that the note does not support.</li>
<li>Over- and underpayment are kept apart. A claim line that several findings question counts once, with its largest amount.</li>
<li>{PROVIDER_METHOD}</li>
<li>Extrapolation: difference estimator with finite population correction and Student’s t; the sample can be drawn again from its seed.</li>
</ul>
<h2>Rules and sources</h2>
{rules}
{settings}
<p class="small">{escape(versions)}.{seed} <code>tpi explain RULE</code> shows a rule with its sources.</p>
</section>
"""
