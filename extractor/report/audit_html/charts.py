"""The charts: tables whose middle column is a small SVG, so that they stretch with the page and read as tables aloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape

from extractor.audit.intervals import wilson
from extractor.audit.models import Audit, Encounter, ProviderProfile
from extractor.audit.profile import is_flagged
from extractor.report.audit_words import finding_title

__all__ = ["by_finding", "by_month", "by_provider"]

_WIDE = 1000
_MOST_PROVIDERS = 25
"""More rows than this nobody compares by eye; the workbook and the tables have all of them."""


def by_finding(audit: Audit) -> str:
    """Encounters by finding, worst first, one bar each, in the colour of the severity."""
    counts: Counter[tuple[str, str]] = Counter()
    ranks: dict[str, int] = {}
    for encounter in audit.encounters:
        worst: dict[str, str] = {}
        for finding in encounter.findings:
            ranks[finding.id] = min(ranks.get(finding.id, finding.rank), finding.rank)
            worst[finding.id] = min(worst.get(finding.id, finding.severity), finding.severity, key=("error", "warning", "info").index)
        counts.update(worst.items())
    if not counts:
        return "<p>No finding.</p>"
    totals: Counter[str] = Counter()
    for (name, _), count in counts.items():
        totals[name] += count
    most = max(totals.values())
    body = []
    for name, total in sorted(totals.items(), key=lambda item: (ranks[item[0]], -item[1], item[0])):
        start, bars = 0.0, ""
        for severity in ("error", "warning", "info"):
            width = _WIDE * counts[name, severity] / most
            bars += f'<rect class="{severity}" x="{start:.1f}" y="3" width="{width:.1f}" height="14"/>' if width else ""
            start += width
        body.append(_table_row(finding_title(name), _svg(bars, 20), f"{total:,}", small=name))
    return _table("Encounters with each finding", ("Finding", "", "Encounters"), body)


def by_provider(profiles: list[ProviderProfile], what: str) -> str:
    """One rate by provider, with its 95 % interval and the peers' rate.

    Args:
        what: ``share`` (of 20553 among trigger point codes) or ``flagged``.
    """
    rows = [row for profile in profiles[:_MOST_PROVIDERS] if (row := _provider_row(profile, what))]
    if not rows:
        return "<p>No provider with such claims.</p>"
    caption = {"share": "Share of 20553 among trigger point encounters", "flagged": "Billed encounters with a finding"}[what]
    table = _table(caption, ("Provider", '<span class="scale"><span>0</span><span>50</span><span>100 %</span></span>', "Rate (95 % interval), peers"), rows)
    left = len(profiles) - _MOST_PROVIDERS
    return table + (f'<p class="small">The {_MOST_PROVIDERS} providers with the most encounters are shown; the workbook has the other {left}.</p>' if left > 0 else "")


def _provider_row(profile: ProviderProfile, what: str) -> str:
    hits, trials = (profile.claims_20553, profile.claims_trigger_point) if what == "share" else (profile.flagged, profile.encounters)
    peers = profile.peer_share_20553 if what == "share" else profile.peer_flagged_rate
    if not trials:
        return ""
    low, high = wilson(hits, trials)
    rate = hits / trials
    parts = f'<line class="axis" x1="0" x2="{_WIDE}" y1="10" y2="10"/>'
    if peers is not None:
        parts += f'<line class="peer" x1="{peers * _WIDE:.1f}" x2="{peers * _WIDE:.1f}" y1="0" y2="20"/>'
    kind = " few" if profile.small_number else ""
    parts += f'<line class="interval{kind}" x1="{low * _WIDE:.1f}" x2="{high * _WIDE:.1f}" y1="10" y2="10"/>'
    parts += f'<line class="rate{kind}" x1="{rate * _WIDE:.1f}" x2="{rate * _WIDE:.1f}" y1="3" y2="17"/>'
    words = f"{rate:.0%} ({low:.0%}–{high:.0%})" + (f", peers {peers:.0%}" if peers is not None else "")
    small = f"{hits:,} of {trials:,}" + (", a small number" if profile.small_number else "")
    return _table_row(profile.provider_id, _svg(parts, 20), words, small=small)


def by_month(encounters: Iterable[Encounter]) -> str:
    """Billed encounters by month of service, those with a finding in colour."""
    billed: Counter[tuple[int, int]] = Counter()
    flagged: Counter[tuple[int, int]] = Counter()
    undated = 0
    for encounter in encounters:
        day = encounter.date_of_service
        if not encounter.lines:
            continue
        if day is None:
            undated += 1
            continue
        billed[day.year, day.month] += 1
        flagged[day.year, day.month] += is_flagged(encounter)
    if not billed:
        return "<p>No billed encounter has a date of service.</p>"
    first, last = min(billed), max(billed)
    months = [divmod(month, 12) for month in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])]
    # A single odd date decades away would squeeze all others to nothing.
    months = [(year, month + 1) for year, month in months][-60:]
    most = max(billed[month] for month in months)
    body = []
    for year, month in months:
        count, hits = billed[year, month], flagged[year, month]
        bars = f'<rect class="clean" x="0" y="2" width="{_WIDE * count / most:.1f}" height="16"/>'
        bars += f'<rect class="flagged" x="0" y="2" width="{_WIDE * hits / most:.1f}" height="16"/>'
        body.append(_table_row(f"{year}-{month:02}", _svg(bars, 20), f"{hits:,} of {count:,}" + (f" ({hits / count:.0%})" if count else "")))
    earlier = sum(billed.values()) - sum(billed[month] for month in months)
    left = [f"{undated:,} without a date of service"] * bool(undated) + [f"{earlier:,} in earlier months"] * bool(earlier)
    table = _table("Billed encounters by month, with a finding", ("Month", "", "With a finding"), body, dense=True)
    return table + (f'<p class="small">Not shown: {" and ".join(left)}.</p>' if left else "")


def _svg(inner: str, height: int) -> str:
    return f'<svg viewBox="0 0 {_WIDE} {height}" preserveAspectRatio="none" aria-hidden="true" focusable="false">{inner}</svg>'


def _table_row(label: str, picture: str, words: str, *, small: str = "") -> str:
    below = f'<small>{escape(small)}</small>' if small else ""
    return f'<tr><th scope="row"><span>{escape(label)}</span>{below}</th><td class="bar">{picture}</td><td class="figure">{escape(words)}</td></tr>'


def _table(caption: str, heads: tuple[str, str, str], body: list[str], *, dense: bool = False) -> str:
    head = "".join(f'<th scope="col">{text}</th>' if text else '<td></td>' for text in heads)
    return f'<table class="chart{" dense" if dense else ""}"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
