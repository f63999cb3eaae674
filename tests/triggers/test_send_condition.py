"""The send-condition test helper (http-contract.md section 3.13)."""

import json

import pytest

from tests.triggers.edge import Edge, Request


async def is_met(edge: Edge, **params: str) -> object:
    request = Request("GET", "/", params=params, body=b"")
    response = await edge.send("test_send_condition", request)
    return json.loads(response.get_body())["sendNotification"]


@pytest.mark.parametrize("name", ["conditionMet", "conditionmet", "CONDITIONMET"])
async def test_the_parameter_has_any_letter_case(edge: Edge, name: str) -> None:
    assert await is_met(edge, **{name: "True"}) is True


async def test_a_parameter_that_is_missing_or_does_not_read_is_not_met(edge: Edge) -> None:
    assert await is_met(edge) is False
    assert await is_met(edge, conditionMet="maybe") is False
