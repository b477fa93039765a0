"""Every labelled note of the corpus: what is right stays right, and what is known to be wrong is listed by name.

``corpus/KNOWN_ERRORS.tsv`` lists the notes whose code or status is wrong today. A note that goes wrong fails here, and
so does one that has become right and is still listed.
"""

from __future__ import annotations

import pytest

from .corpus_notes import CORPUS, answer, batches, notes


def known_errors() -> frozenset[str]:
    lines = (CORPUS / "KNOWN_ERRORS.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith(("#", "note\t")))


@pytest.mark.parametrize("batch", batches())
def test_code_and_status_are_those_of_the_label_except_for_the_listed_notes(batch):
    wrong = {
        note.id
        for note in notes()
        if note.id.startswith(f"{batch}/") and (decision := answer(note.text).decision) and ((decision.code or "none"), decision.status) != (note.code or "none", note.decision)
    }
    listed = {name for name in known_errors() if name.startswith(f"{batch}/")}
    assert wrong - listed == set(), "went wrong"
    assert listed - wrong == set(), "is right now: take it off corpus/KNOWN_ERRORS.tsv"


def test_the_list_names_notes_that_exist():
    assert known_errors() <= {note.id for note in notes()}


@pytest.mark.parametrize("batch", batches())
def test_every_piece_of_evidence_is_found_at_its_offsets(batch):
    for note in notes():
        if not note.id.startswith(f"{batch}/"):
            continue
        result = answer(note.text)
        proofs = [proof for muscle in result.muscles for proof in muscle.evidence]
        proofs += [proof for drug in result.drugs for proof in drug.evidence]
        proofs += [proof for finding in result.findings for proof in finding.evidence]
        for proof in [*proofs, *result.mentions]:
            assert note.text[proof.start : proof.end] == proof.text, note.id
