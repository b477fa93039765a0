"""The audit itself: notes and billed lines in, encounters with findings and sums out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from extractor import __version__
from extractor.audit.copies import SIMILARITY, find_copies
from extractor.audit.exposure import Basis, Fee, Prices, price, total
from extractor.audit.match import key_of, match, patient_of, provider_of
from extractor.audit.models import Audit, AuditedNote, ClaimLine, Encounter, ProviderProfile
from extractor.audit.shared import check_copies, check_dates, check_providers, check_shared_notes, point_at_near_notes
from extractor.audit.unread import tell_unread, withhold_unread
from extractor.coding.claims import ClaimCase, Flag, check_encounter, check_frequency, make_case, sessions_of
from extractor.coding.policy import Policy, load_policy
from extractor.lexicon import load_lexicon

__all__ = ["audit", "read_payers"]


def audit(
    notes: Iterable[AuditedNote],
    lines: Iterable[ClaimLine],
    *,
    policy: str | Path | Policy = "cpt",
    settings: Mapping[str, str] | None = None,
    payers: Mapping[str, str | Path | Policy] | None = None,
    fees: Iterable[Fee] = (),
    basis: Basis | None = None,
    similarity: float = SIMILARITY,
    unreadable: Sequence[str] = (),
    unread: Mapping[str, str] | None = None,
    lexicon_dirs: Sequence[str | Path] = (),
) -> Audit:
    """Hold notes against billed lines.

    Args:
        notes: what the notes prove; nothing is extracted here.
        lines: the billed lines, as :func:`extractor.audit.claims.read_claims` gives them.
        policy: the policy of every payer that ``payers`` does not name.
        settings: single keys to override, in every policy.
        payers: from a payer's name as the claims write it (case and spaces do not matter) to its policy.
        fees: prices of the user's (:func:`extractor.audit.exposure.read_fees`).
        basis: the amount of a line that counts: paid, allowed or charge; None takes the first that is there.
        similarity: share of common word sequences from which a note is a copy of an earlier one, 0 to 1.
        unreadable: places in notes and claims that could not be read, passed on to the result.
        unread: ids of notes that are there and could not be read, with the reason; nothing is said of a claim that
            names one but that.
        lexicon_dirs: a practice's own lexicon folders.

    Returns:
        The audit, its encounters worst first and each one's findings worst first. The answer does not depend on the
        order of notes or lines.

    Raises:
        PolicyError: for an unknown policy, key or value.
        LexiconError: if the lexicon cannot be read.
    """
    noted, billed = list(notes), list(lines)
    lexicon = load_lexicon(lexicon_dirs)
    policies = _Policies(policy, settings, payers or {})
    encounters = match(noted, billed)
    withheld = withhold_unread(encounters, unread or {})
    cases = [make_case(encounter, policies.of(encounter.payer), lexicon) for encounter in encounters]
    flags = {case.encounter.id: check_encounter(case) for case in cases}
    for case, item in _across(cases, noted, billed, similarity):
        flags[case.encounter.id].append(item)
    point_at_near_notes(cases, flags)
    for encounter in encounters:
        if encounter.id in withheld:
            tell_unread(flags[encounter.id], withheld[encounter.id])
    prices = Prices(fees, basis)
    for encounter in encounters:
        _settle(encounter, flags[encounter.id], prices)
    sums = total(encounters)
    shown = policies.default
    return Audit(
        encounters=sorted(encounters, key=_worst_first),
        providers=_profiles(encounters),
        unreadable=[*unreadable, *_without_text(noted)],
        overpayment=sums.overpayment, underpayment=sums.underpayment, arithmetic=sums.arithmetic,
        policy=shown.id, policy_settings=shown.at(None).shown(),
        versions={"extractor": __version__, "lexicon": lexicon.version[:12], **policies.versions()},
    )  # fmt: skip


class _Policies:
    """The policy of each payer."""

    def __init__(self, default: str | Path | Policy, settings: Mapping[str, str] | None, payers: Mapping[str, str | Path | Policy]):
        self._settings = dict(settings or {})
        self.default = self._load(default)
        self._payers = {_name(payer): self._load(policy) for payer, policy in payers.items()}

    def _load(self, policy: str | Path | Policy) -> Policy:
        if isinstance(policy, Policy):
            return policy
        return load_policy(policy, overrides=self._settings)

    def of(self, payer: str | None) -> Policy:
        """Return the policy of a payer."""
        return self._payers.get(_name(payer), self.default) if payer else self.default

    def versions(self) -> dict[str, str]:
        """Return the version of each policy in use."""
        return {f"policy {policy.id}": policy.version for policy in (self.default, *self._payers.values())}


def _name(payer: str | None) -> str:
    return " ".join((payer or "").casefold().split())


def _across(
    cases: Sequence[ClaimCase], notes: Sequence[AuditedNote], lines: Sequence[ClaimLine], similarity: float
) -> Iterable[tuple[ClaimCase, Flag]]:
    """Yield the findings that need more than one encounter."""
    by_patient: dict[str, list[ClaimCase]] = defaultdict(list)
    for case in cases:
        patient = key_of(case.encounter.patient_id) or next(
            (key_of(patient_of(note)) for note in case.encounter.notes if patient_of(note)), None
        )
        if patient:
            by_patient[patient].append(case)
    for own in by_patient.values():
        yield from check_frequency(sessions_of(own))
    yield from check_shared_notes(cases)
    used: dict[int, int] = defaultdict(int)
    for case in cases:
        for note in case.encounter.notes:
            used[id(note)] += 1
    wrote = {key_of(provider_of(note)) for note in notes}
    known = frozenset(name for line in lines if (name := key_of(line.provider_id)) and name in wrote)
    for case in cases:
        shared = [note for note in case.encounter.notes if used[id(note)] > 1]
        yield from ((case, item) for item in check_dates(case, shared))
        yield from ((case, item) for item in check_providers(case, known))
    yield from check_copies(find_copies(notes, similarity), cases)


def _settle(encounter: Encounter, flags: list[Flag], prices: Prices) -> None:
    """Price the findings and put them in order; what is certain about a line silences the lesser doubt about it."""
    price(flags, encounter, prices)
    repeated = {(item.finding.claim_id, item.finding.line) for item in flags
                if item.finding.id == "note-for-several-claims" and item.finding.severity == "error"}  # fmt: skip
    kept = [item for item in flags if not (item.finding.id == "units-not-one" and item.stake is not None and item.line is not None
            and (item.finding.claim_id, item.finding.line) in repeated and (item.line.units or 1) == 1)]  # fmt: skip
    encounter.findings = sorted((item.finding for item in kept), key=lambda item: (item.rank, item.line or 0, item.text))


def _worst_first(encounter: Encounter) -> tuple[int, float, str]:
    rank = min((item.rank for item in encounter.findings), default=10_000)
    at_stake = max((float(item.exposure.amount) for item in encounter.findings if item.exposure and item.exposure.amount), default=0.0)
    return (rank, -at_stake, encounter.id)


def _profiles(encounters: Sequence[Encounter]) -> list[ProviderProfile]:
    # The profiles are a module of their own that an installation without reports can lack.
    if find_spec("extractor.audit.profile") is None:
        return []
    return list(import_module("extractor.audit.profile").profiles(encounters))


def _without_text(notes: Sequence[AuditedNote]) -> list[str]:
    number = sum(1 for note in notes if not (note.text or note.result.text) and note.result.procedure.status == "performed")
    if not number:
        return []
    return [f"The text of {number} {'note' if number == 1 else 'notes'} was not kept, so copied notes could not be looked for among them."]


def read_payers(source: str | Path) -> dict[str, str]:
    """Read which policy each payer has: CSV or TSV with the columns ``payer`` and ``policy``.

    Raises:
        ClaimsError: if it cannot be read or a row lacks one of the two.
    """
    import csv

    from extractor.audit.claims.base import ClaimsError

    path = Path(source)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ClaimsError(f"{source}: the payer file cannot be read ({reason}).") from None
    rows = csv.DictReader(lines, delimiter=max("\t,;|", key=(lines[0] if lines else "").count))
    if not {"payer", "policy"} <= set(rows.fieldnames or ()):
        raise ClaimsError(f"{path.name}: the payer file needs the columns payer and policy.")
    found = {}
    for row in rows:
        if not row["payer"] or not row["policy"]:
            raise ClaimsError(f"{path.name}:{rows.line_num}: the row needs a payer and a policy.")
        found[row["payer"].strip()] = row["policy"].strip()
    return found
