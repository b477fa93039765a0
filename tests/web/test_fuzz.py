"""Schemathesis asks a running server what its own schema allows, and what it forbids: no failure, no undeclared answer."""

from __future__ import annotations

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis fuzzes the API")

from hypothesis import HealthCheck, settings  # noqa: E402

from extractor.web import ServerOptions, create_app  # noqa: E402

schema = schemathesis.openapi.from_dict(create_app(ServerOptions()).openapi())


@pytest.fixture(scope="module")
def address(serve):
    """Of a server that runs as users run it."""
    return serve()[1].rstrip("/")


@schema.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_schema_declares(case, address):
    # What a schema cannot say, the API may still refuse: a blank note, a picture, a policy that does not exist.
    case.call_and_validate(base_url=address, excluded_checks=[schemathesis.checks.positive_data_acceptance])


def test_every_address_of_the_api_is_fuzzed():
    assert {operation.ok().path for operation in schema.get_all_operations()} == {
        "/v1/extract", "/v1/decide", "/v1/convert", "/v1/audit", "/v1/policies", "/v1/lexicon/{form}", "/v1/muscles",
        "/v1/samples", "/v1/problems/{name}", "/healthz",
    }  # fmt: skip
