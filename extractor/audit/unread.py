"""Claims whose note is there and could not be read: nothing is held against them, and the report says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractor.audit.match import key_of
from extractor.audit.models import Encounter
from extractor.coding.case import join
from extractor.coding.claims.case import Flag

__all__ = ["Withheld", "tell_unread", "withhold_unread"]


@dataclass(frozen=True)
class Withheld:
    """An encounter whose own note could not be read."""

    note_id: str
    reason: str
    others: tuple[str, ...]
    """Ids of other notes of the day, which cannot stand for it."""


def withhold_unread(encounters: Sequence[Encounter], unread: Mapping[str, str]) -> dict[str, Withheld]:
    """Take from each encounter whose claim names an unread note the other notes of its day, and return them by its id.

    What the unread note says is not known: another note of the day neither proves nor disproves the claim.
    """
    by_key = {key_of(note_id): (note_id, reason) for note_id, reason in unread.items()}
    withheld: dict[str, Withheld] = {}
    for encounter in encounters if by_key else ():
        named = [key_of(line.note_id) for line in encounter.lines if line.note_id]
        found = next((by_key[name] for name in named if name in by_key), None)
        if found is None:
            continue
        withheld[encounter.id] = Withheld(*found, tuple(note.note_id for note in encounter.notes))
        encounter.notes, encounter.matched_by = [], "unmatched"
    return withheld


def tell_unread(flags: Sequence[Flag], withheld: Withheld) -> None:
    """Say of a claim's missing note that it is there, and take the claim's money out of the sum: nothing is known of it."""
    others = f" Not held against the claim: {join(f'note {other}' for other in withheld.others)} of this date." if withheld.others else ""
    for item in flags:
        if item.finding.id != "note-missing":
            continue
        billed = f"{item.finding.code} was billed; its" if item.finding.code else "The claim's"
        item.finding.text = f"{billed} note {withheld.note_id} could not be read: {withheld.reason}{others}"
        item.finding.resolution = "Mend or export the note again and repeat the audit, or read it by eye."
        item.stake = None
