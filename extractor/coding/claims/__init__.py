"""Billed claims against what the notes prove: an encounter's lines and results in, findings out.

It knows nothing of texts or files. Prices are not known here either: a :class:`~extractor.coding.claims.case.Stake`
says what of a line is in question, and ``extractor.audit.exposure`` says what that is worth.
"""

from __future__ import annotations

from extractor.audit.models import Encounter
from extractor.coding.anatomy import AnatomySource, anatomy_of
from extractor.coding.claims.case import RANKS, ClaimCase, Flag, Stake
from extractor.coding.claims.codes import check_codes
from extractor.coding.claims.drugs import check_drugs
from extractor.coding.claims.families import families_of
from extractor.coding.claims.frequency import check_frequency, sessions_of
from extractor.coding.claims.lines import check_modifiers, check_pairs, check_units
from extractor.coding.claims.proof import prove
from extractor.coding.claims.services import check_anesthesia, check_diagnoses, check_guidance
from extractor.coding.facts import facts_of
from extractor.coding.policy import Policy

__all__ = ["RANKS", "ClaimCase", "Flag", "Stake", "check_encounter", "check_frequency", "make_case", "sessions_of"]

_CHECKS = (check_codes, check_units, check_modifiers, check_pairs, check_drugs, check_anesthesia, check_guidance, check_diagnoses)


def make_case(encounter: Encounter, policy: Policy, lexicon: AnatomySource) -> ClaimCase:
    """Return an encounter with what its notes prove under a policy on its date of service.

    Raises:
        PolicyError: if the policy does not answer a question on that date.
    """
    settings, anatomy = policy.at(encounter.date_of_service), anatomy_of(lexicon)
    proof = prove(encounter.notes, settings, anatomy)
    return ClaimCase(encounter, proof, settings, facts_of(lexicon), anatomy, families_of(lexicon))


def check_encounter(case: ClaimCase) -> list[Flag]:
    """Return the findings that one encounter gives by itself, in the order of the checks.

    Those that need the patient's other encounters are :func:`check_frequency`; those that need texts (copied notes,
    a note that serves several claims) are the audit's.
    """
    return [found for check in _CHECKS for found in check(case)]
