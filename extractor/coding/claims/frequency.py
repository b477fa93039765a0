"""Sessions over a patient's whole history against the payer's limit."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from extractor.coding.case import join
from extractor.coding.claims.case import ClaimCase, Flag, Stake, flag
from extractor.coding.regions import session_regions

__all__ = ["Session", "check_frequency", "months_before", "sessions_of"]


@dataclass(frozen=True)
class Session:
    """One date on which a patient had trigger points injected, by claim or by note."""

    day: date
    regions: frozenset[str]
    """Regions that the notes prove; empty where they prove none."""
    case: ClaimCase
    billed: bool


def sessions_of(cases: Iterable[ClaimCase]) -> list[Session]:
    """Return the sessions of one patient in the order of their dates.

    A session is a date with a billed injection, unless its note says that nothing was injected, or with a note that
    documents one. Dry needling is no trigger point injection.
    """
    found = []
    for case in cases:
        day = case.day
        billed = bool(case.lines_of("trigger_point_injection")) and case.proof.status != "none"
        documented = case.proof.performed and not case.proof.needling
        if day is not None and (billed or documented):
            regions = frozenset(session_regions(case.proof.muscles, case.anatomy, case.facts))
            found.append(Session(day, regions, case, billed))
    return sorted(found, key=lambda session: (session.day, not session.billed, session.case.encounter.id))


def check_frequency(sessions: Sequence[Session]) -> Iterator[tuple[ClaimCase, Flag]]:
    """Yield a finding for each billed session that is one too many, or too soon, under its own payer's policy."""
    days = sorted({session.day for session in sessions})
    for session in sessions:
        if not session.billed:
            continue
        settings = session.case.settings
        if settings.frequency_sessions is not None and settings.frequency_months is not None:
            start = months_before(session.day, settings.frequency_months)
            window = [day for day in days if start < day <= session.day]
            if settings.frequency_scope == "region":
                window = _in_region(session, sessions, window, settings.frequency_sessions)
            if len(window) > settings.frequency_sessions:
                yield session.case, _too_many(session, window)
                continue
        earlier = [day for day in days if day < session.day]
        if settings.weeks_between is not None and earlier and (session.day - earlier[-1]).days < 7 * settings.weeks_between:
            yield session.case, _too_soon(session, earlier[-1])


def _in_region(session: Session, sessions: Sequence[Session], window: Sequence[date], limit: int) -> list[date]:
    """The window's dates of the region that has the most; only notes say which region, so others do not count."""
    most: list[date] = []
    for region in sorted(session.regions):
        held = {other.day for other in sessions if region in other.regions}
        days = [day for day in window if day in held]
        most = days if len(days) > max(len(most), limit) else most
    return most


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier; the month's last where it has no such day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _too_many(session: Session, window: Sequence[date]) -> Flag:
    settings = session.case.settings
    line = session.case.lines_of("trigger_point_injection")[0]
    where = " for one body region" if settings.frequency_scope == "region" else ""
    text = (
        f"{line.code} of {session.day} is session {len(window)} in rolling {settings.frequency_months} months "
        f"({join(str(day) for day in window)}); this policy allows {settings.frequency_sessions}{where}."
    )
    return flag(session.case, "frequency-exceeded", "warning", text, rule="frequency", line=line, note=session.case.proof.note,
                evidence=session.case.proof.sites(), stake=Stake("line"), policy_key="frequency_sessions",
                resolution="Documentation of why more sessions were necessary, or the payer's own exception.")  # fmt: skip


def _too_soon(session: Session, last: date) -> Flag:
    settings = session.case.settings
    line = session.case.lines_of("trigger_point_injection")[0]
    text = f"{line.code} of {session.day} follows the session of {last} after {(session.day - last).days} days; this policy asks for {settings.weeks_between} weeks between sessions."
    return flag(session.case, "frequency-exceeded", "warning", text, rule="frequency", line=line, note=session.case.proof.note,
                evidence=session.case.proof.sites(), stake=Stake("line"), policy_key="weeks_between",
                resolution="Documentation of why the session could not wait, or the payer's own exception.")  # fmt: skip
