"""Reading processes: one note's trouble is that note's alone."""

from __future__ import annotations

import asyncio
import json

import pytest

from extractor.web.engine import Engine, Refused, Setup
from extractor.web.schemas import ExtractRequest
from extractor.web.workers import Abandoned, Failed, Readers

from .conftest import NOTE

REQUEST = ExtractRequest(text=NOTE).model_dump_json()


def with_reader(work):
    """Run a coroutine function that takes one started reader."""

    async def run():
        readers = Readers(Setup(), 1)
        await readers.start()
        try:
            return await work(readers)
        finally:
            await readers.stop()

    return asyncio.run(run())


def code(answer: bytes) -> str:
    return json.loads(answer)["decision"]["code"]


def test_a_process_that_dies_is_replaced():
    async def work(readers):
        reader = readers._readers[0]
        reader._process.kill()
        reader._process.join()
        return await readers.do("extract", REQUEST, False, limit=60, wait=60)

    assert code(with_reader(work)) == "20553"


def test_a_job_that_breaks_tells_its_place_and_the_process_goes_on():
    async def work(readers):
        with pytest.raises(Failed, match=r"^ValidationError in \w+\.py:\d+$"):
            await readers.do("extract", '{"text": "Zebulon", "Quartermain": 1}', False, limit=60, wait=60)
        return await readers.do("extract", REQUEST, False, limit=60, wait=60)

    assert code(with_reader(work)) == "20553"


def test_a_job_whose_asker_has_gone_is_not_done():
    async def gone():
        return True

    async def work(readers):
        with pytest.raises(Abandoned):
            await readers.do("extract", REQUEST, False, limit=60, wait=60, gone=gone)
        return await readers.do("extract", REQUEST, False, limit=60, wait=60)

    assert code(with_reader(work)) == "20553"


def test_no_process_free_in_time_is_said():
    async def work(readers):
        first = asyncio.ensure_future(readers.do("extract", REQUEST, False, limit=60, wait=60))
        await asyncio.sleep(0)
        with pytest.raises(asyncio.TimeoutError):
            await readers.do("extract", REQUEST, False, limit=60, wait=0)
        return await first

    assert code(with_reader(work)) == "20553"


@pytest.mark.parametrize("setup", [Setup(policy="nonsense"), Setup(settings=("laterality=sideways",))], ids=["policy", "setting"])
def test_a_server_with_an_unknown_policy_does_not_start(setup):
    async def start():
        readers = Readers(setup, 1)
        try:
            await readers.start()
        finally:
            await readers.stop()

    with pytest.raises(Refused):
        asyncio.run(start())


def test_the_servers_own_policy_and_settings_hold_where_a_request_names_none():
    engine = Engine(Setup(policy="medicare", settings=("laterality=by-side",)))
    decision = json.loads(engine.extract(REQUEST, False))["decision"]
    assert (decision["policy"], decision["policy_settings"]["laterality"]) == ("medicare", "by-side")
    asked = ExtractRequest(text=NOTE, settings={"groups": "one"}).model_dump_json()
    settings = json.loads(engine.extract(asked, False))["decision"]["policy_settings"]
    assert (settings["laterality"], settings["groups"]) == ("by-side", "one")
    named = ExtractRequest(text=NOTE, policy="cpt").model_dump_json()
    assert json.loads(engine.extract(named, False))["decision"]["policy_settings"]["laterality"] == "unsettled"
