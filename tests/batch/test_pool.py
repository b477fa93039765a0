"""Workers: order, and what one bad note may cost."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from extractor.batch import pool as pool_module
from extractor.batch.pool import Pool, WorkersFailed
from extractor.batch.worker import Answer, Setup, Task, read
from extractor.coding import load_policy
from tests.batch.faults import misbehave

POLICY = load_policy("cpt")


@dataclass
class Block:
    tasks: list[Task]
    answers: list[Answer | None] = field(default_factory=list)

    def __post_init__(self):
        self.answers = [None] * len(self.tasks)


def task(text: str, note_id: str = "n") -> Task:
    return Task(note_id, text, None, None, None, False)


def ask(blocks: list[list[str]], *, workers: int = 2, timeout: float = 20.0) -> list[list[Answer]]:
    setup = Setup(POLICY, note_timeout=timeout, reader=misbehave)
    with Pool(setup, workers) as pool:
        return [block.answers for block in pool.map(Block([task(text) for text in texts]) for texts in blocks)]


def texts(answers: list[list[Answer]]) -> list[list[str]]:
    return [[answer.json.decode() if answer.json else answer.status for answer in block] for block in answers]


def test_blocks_come_back_whole_and_in_order():
    blocks = [[f"{block}.{note}" for note in range(block % 7 * 6)] for block in range(40)]
    assert texts(ask(blocks)) == blocks


def test_what_is_answered_already_goes_to_no_worker():
    block = Block([task("die"), task("b")])
    block.answers[0] = Answer(b"answered by the gate", "none")
    with Pool(Setup(POLICY, reader=misbehave), 1) as pool:
        assert texts([found.answers for found in pool.map([block])]) == [["answered by the gate", "b"]]


def test_a_worker_that_dies_costs_no_note(tmp_path: Path):
    once = f"die once:{tmp_path / 'mark'}"
    assert texts(ask([["a", once, "b"], ["c"]])) == [["a", once, "b"], ["c"]]


def test_a_note_that_kills_its_worker_is_given_up_and_no_other():
    assert texts(ask([["a", "die", "b"], ["c", "d"]])) == [["a", "worker", "b"], ["c", "d"]]


def test_a_note_that_hangs_where_no_signal_reaches_is_stopped(monkeypatch):
    monkeypatch.setattr(pool_module, "_GRACE", 0.5)
    assert texts(ask([["a", "hang", "b"]], timeout=0.5)) == [["a", "time", "b"]]


def test_no_process_is_left_behind():
    with Pool(Setup(POLICY, reader=misbehave), 2) as pool:
        for _ in pool.map([Block([task("a"), task("b")])]):
            pids = pool.pids
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_that_cannot_start_are_said_to(monkeypatch):
    setup = Setup(POLICY, lexicon_dirs=("/nowhere/at/all",), reader=misbehave)
    with pytest.raises(WorkersFailed, match="Is there memory enough"), Pool(setup, 1) as pool:
        list(pool.map([Block([task("a")])]))


def test_a_note_that_takes_too_long_is_answered_with_that():
    line = "Left trapezius injected with 1 mL of 1% lidocaine, right C2-3 paraspinous 1 cc x 2.\n"
    answer = read(task(line * 2000), Setup(POLICY, note_timeout=0.05))
    assert (answer.json, answer.status) == (None, "time")
    assert "0.05 s" in answer.reason


def test_an_error_of_the_extractor_names_its_place_and_no_word_of_the_note(monkeypatch):
    def broken(*_args, **_kwargs):
        raise KeyError("Mrs Miller")

    monkeypatch.setattr("extractor.api.extract", broken)
    answer = read(task("Mrs Miller"), Setup(POLICY))
    assert answer.status == "extract"
    assert "KeyError in test_pool.py" in answer.reason
    assert "Miller" not in answer.reason


@pytest.mark.parametrize(("folder", "method"), [("/tmp", "forkserver"), ("/scratch/" + "x" * 80, "spawn")])
def test_below_a_long_tmpdir_no_socket_is_made(monkeypatch, folder, method):
    """Its name would be longer than the system allows, and no worker would start."""
    monkeypatch.setattr(pool_module.tempfile, "tempdir", folder)
    assert pool_module._start_method() == method
