"""``check`` passes on what is shipped, and finds every kind of damage with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.lexicon import Lexicon, lexicon_root
from extractor.lexicon.check import check_lexicon


def test_the_shipped_lexicon_has_no_problems(lexicon):
    assert [str(problem) for problem in check_lexicon(lexicon)] == []


MUSCLE = "{id}\tsome name\t\t{kind}\t{parent}\thead\tyes\t{unit}\t{members}\t{uberon}\t\t\t"


def muscle(id="odd_muscle", kind="muscle", parent="gluteals", unit="no", members="", uberon=""):
    return MUSCLE.format(id=id, kind=kind, parent=parent, unit=unit, members=members, uberon=uberon)


def form(text, target, portion="", kind="synonym", ambiguous="no", prefer=""):
    return f"{text}\t{target}\t{portion}\t{kind}\t{ambiguous}\t{prefer}\tno\t"


DAMAGE = [
    ("muscles", muscle("Odd Muscle"), "not in snake_case"),
    ("muscles", muscle("trapezius", parent="muscles_of_back"), "already at muscles.tsv"),
    ("muscles", muscle(parent="nowhere"), "The parent 'nowhere' is no id"),
    ("muscles", muscle(parent="soleus"), "not a unit of named parts"),
    ("muscles", muscle(parent="odd_muscle"), "above itself"),
    ("muscles", muscle(kind="group", unit="yes"), "only a muscle counts as one"),
    ("muscles", muscle(members="soleus"), "only a group lists members"),
    ("muscles", muscle(kind="group", members="soleous"), "The member 'soleous' is no id"),
    ("muscles", muscle(kind="group", parent="rhomboids"), "has the muscle rhomboids as its parent"),
    ("muscles", muscle(uberon="UBERON:12"), "is no uberon id"),
    ("muscles", muscle(uberon="UBERON:0002000"), "No form names odd_muscle"),
    ("muscle_forms", form("Shrugger", "trapezius"), "must be written 'shrugger'"),
    ("muscle_forms", form("shrug-muscle", "trapezius"), "must be written 'shrug muscle'"),
    ("muscle_forms", form("shrugger", "trapezium"), "'trapezium' is no id"),
    ("muscle_forms", form("shrugger", ""), "has no target"),
    ("muscle_forms", form("shrugger", "trapezius|deltoid"), "several targets"),
    ("muscle_forms", form("shrugger", "trapezius", kind="coordinated"), "several targets"),
    ("muscle_forms", form("shrugger", "trapezius", "uppermost"), "no portion of portions.tsv"),
    ("muscle_forms", form("scm", "scalenes"), "'scm' has several senses and must be marked ambiguous"),
    ("muscle_forms", form("traps", "trapezius"), "This form of the muscle is already at"),
    ("muscle_forms", form("shrugger", "trapezius", ambiguous="yes"), "has one sense"),
    ("muscle_forms", form("shrugger", "trapezius", prefer="neck"), "nothing reads its context"),
    ("muscle_forms", form("saline", "scalenes", kind="misspelling"), "The misspelling 'saline' is a word"),
    (
        "muscle_forms",
        form("levator", "levator_palpebrae_superioris", ambiguous="yes", prefer="*"),
        "more than one default",
    ),
    ("muscle_forms", form("shrugger", "trapezius", kind="nickname"), "column type: 'nickname' is none of"),
    ("muscle_forms", form("shrugger", "trapezius", ambiguous="perhaps"), "column ambiguous: 'perhaps' is neither"),
    ("muscle_forms", form("low back", "paraspinals"), "'low back' is a muscle at muscle_forms.tsv"),
    ("regions", "Low Back\tlow_back\tregion\t", "must be written 'low back'"),
    ("regions", "neck\tshoulder\tregion\t", "This form is already at regions.tsv"),
    ("regions", "trapezius\tneck\tregion\t", "'trapezius' is a muscle at muscle_forms.tsv"),
    ("regions", "neck pole\tneck\tbone\t", "The region neck is a region elsewhere"),
    ("regions", "neck pole\tNeck\tregion\t", "not in snake_case"),
    ("regions", "neck pole\tneck\tplace\t", "column kind: 'place' is none of"),
    ("portions", "Outermost\tlateral\t*\t", "must be written 'outermost'"),
    ("portions", "outermost\tlateral\t\t", "applies to no muscle"),
    ("portions", "outermost\tlateral\ttrapezium\t", "'trapezium' is no id"),
    ("portions", "upper\tlower\t*\t", "This form for any muscle is already at"),
    ("english_words", "Saline", "not one word in lower case"),
    ("english_words", "terse", "This word is already at"),
    ("english_words", "soleus", "'soleus' is a muscle's name"),
    ("ambiguous", "zz\tsleep\tword\t\t", "No muscle form is 'zz'"),
    ("ambiguous", "ql\tquality of life\tword\t\t", "must be marked ambiguous"),
    ("ambiguous", "ls\tnowhere\tregion\t\t", "no region of regions.tsv"),
    ("ambiguous", "ls\tlast\tsomething\t\t", "column kind: 'something' is none of"),
]


@pytest.mark.parametrize(("table", "row", "words"), DAMAGE, ids=[words for _, _, words in DAMAGE])
def test_damage_is_found_with_file_and_line(root: Path, table: str, row: str, words: str):
    path = root / f"{table}.tsv"
    text = path.read_text(encoding="utf-8")
    line = text.count("\n") + 1
    path.write_text(f"{text}{row}\n", encoding="utf-8")
    problems = [problem for problem in check_lexicon(Lexicon(root)) if words in problem.text]
    assert problems, words
    # where a form now has two senses, the rows that were there before are named as well
    files = {(problem.file.name, problem.line) for problem in problems}
    blamed_elsewhere = words.startswith(("must be marked ambiguous", "'low back' is a muscle"))
    assert blamed_elsewhere or (path.name, line) in files


def test_a_table_that_is_missing_or_has_no_header_is_a_problem(root):
    (root / "portions.tsv").unlink()
    (root / "regions.tsv").write_text("# nothing\n")
    problems = check_lexicon(Lexicon(root))
    assert {problem.file.name for problem in problems} == {"portions.tsv", "regions.tsv"}


def test_the_rows_of_a_practice_are_checked_with_their_own_file_and_line(overlay):
    folder = overlay(
        muscle_forms="form\ttarget\tportion\ttype\nfine\ttrapezius\t\tslang\nwrong\tnothing\t\tslang\n-never there\n"
    )
    problems = check_lexicon(Lexicon(lexicon_root(), [folder]))
    assert [(problem.file.parent, problem.line) for problem in problems] == [(folder, 3), (folder, 4)]
    assert "no row before it has that key" in problems[1].text
