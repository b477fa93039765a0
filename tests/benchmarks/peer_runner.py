"""One peer on a file of notes: run by its own Python (see ``tests.benchmarks.peers``), so it imports nothing of ours.

``peer_runner.py PEER NOTES TERMS`` prints one line of JSON: the versions, and the seconds of the best of three rounds.
Each peer is set up to do its best at the comparable task: find these muscles and drugs, sections, negation. Loading and a
first round that warms the caches are not counted; one process, one thread.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3


def tokenizer(_terms):
    import spacy

    return spacy.blank("en"), ("spacy",)


def ruler(terms):
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    patterns = [{"label": label, "pattern": term} for label, found in terms.items() for term in found]
    nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"}).add_patterns(patterns)
    return nlp, ("spacy",)


def negspacy(terms):
    import negspacy.negation  # noqa: F401 - registers the component

    nlp, _ = ruler(terms)
    nlp.add_pipe("negex", config={"ent_types": list(terms)})
    return nlp, ("negspacy", "spacy")


def medspacy(terms, sentences="medspacy_pyrush"):
    import medspacy
    from medspacy.ner import TargetRule

    enabled = ["medspacy_tokenizer", "medspacy_target_matcher", "medspacy_context", "medspacy_sectionizer"]
    nlp = medspacy.load(medspacy_enable=[*enabled, sentences] if sentences.startswith("medspacy") else enabled)
    if not sentences.startswith("medspacy"):
        nlp.add_pipe(sentences, first=True)
    rules = [TargetRule(term, label) for label, found in terms.items() for term in found]
    nlp.get_pipe("medspacy_target_matcher").add(rules)
    return nlp, ("medspacy", "spacy", "PyRuSH")


def medspacy_sentencizer(terms):
    """Without its own sentence splitter, which spends most of the time on strings for debugging."""
    return medspacy(terms, "sentencizer")


def edsnlp(terms, quantities=False):
    import edsnlp
    import edsnlp.pipes as eds

    nlp = edsnlp.blank("eds")
    nlp.add_pipe(eds.sentences())
    nlp.add_pipe(eds.normalizer(accents=False, quotes=False, pollution=False))
    nlp.add_pipe(eds.matcher(terms=dict(terms), attr="LOWER"))
    nlp.add_pipe(eds.sections())
    nlp.add_pipe(eds.negation())
    nlp.add_pipe(eds.history())
    if quantities:
        nlp.add_pipe(eds.quantities(quantities=["eds.volume", "eds.mass"] if hasattr(eds, "volume") else "all"))
    return nlp, ("edsnlp", "spacy")


def edsnlp_quantities(terms):
    return edsnlp(terms, quantities=True)


PEERS: dict[str, Callable] = {
    "spacy-tokenizer": tokenizer,
    "spacy-ruler": ruler,
    "negspacy": negspacy,
    "medspacy": medspacy,
    "medspacy-sentencizer": medspacy_sentencizer,
    "edsnlp": edsnlp,
    "edsnlp-quantities": edsnlp_quantities,
}


def main() -> None:
    """Measure one peer."""
    warnings.filterwarnings("ignore")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    name, notes_file, terms_file = sys.argv[1:4]
    texts = json.loads(Path(notes_file).read_text(encoding="utf-8"))
    terms = json.loads(Path(terms_file).read_text(encoding="utf-8"))
    try:  # some log every token
        from loguru import logger

        logger.remove()
    except ImportError:
        pass
    nlp, packages = PEERS[name](terms)
    found = sum(len(nlp(text).ents) for text in texts[:20])
    best = float("inf")
    for _ in range(ROUNDS if name != "medspacy" else 1):
        start = time.process_time()
        for text in texts:
            nlp(text)
        best = min(best, time.process_time() - start)
    versions = {package: importlib.metadata.version(package) for package in packages}
    print(json.dumps({"seconds": best, "versions": versions, "found": found}))


if __name__ == "__main__":
    main()
