"""The code-selection module: a structured record in, a decision with its argument out. It knows nothing of text.

>>> from extractor.models import Record
>>> decide(Record(), load_policy("medicare-noridian-je")).decision.status
'none'
"""

from extractor.coding.configuration import resolve_policy
from extractor.coding.decide import Decided, decide, decide_json
from extractor.coding.errors import PolicyError
from extractor.coding.policy import Policy, list_policies, load_policy

__all__ = [
    "Decided",
    "Policy",
    "PolicyError",
    "decide",
    "decide_json",
    "list_policies",
    "load_policy",
    "resolve_policy",
]
