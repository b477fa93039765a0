"""A synthetic practice: patients, visits over two years, notes, and claims with errors whose truth is known.

No real patient is in it. Its notes are the labelled notes of ``corpus/``, with dates, vital signs, record numbers and
names varied; its claims are billed as each label says, and some get one planted error each. It measures the audit, not
the extractor: only notes whose label the extractor meets today are used. The same seed gives the same practice.
"""

from extractor.audit.synthetic.bases import Base, BaseError, usable_bases
from extractor.audit.synthetic.errors import KINDS, Kind
from extractor.audit.synthetic.practice import POLICY_SETTINGS, Practice, Visit, generate
from extractor.audit.synthetic.scoring import Score, audited_notes, read_changed, score
from extractor.audit.synthetic.writing import write_practice

__all__ = [
    "KINDS", "POLICY_SETTINGS", "Base", "BaseError", "Kind", "Practice", "Score", "Visit", "audited_notes", "generate",
    "read_changed", "score", "usable_bases", "write_practice",
]  # fmt: skip
