"""Parameters of queries, as the Functions host hands them over: those with an empty value stand in the URL alone."""

import azure.functions as func
import pytest

from tests.triggers.edge import Edge, Request, problem


async def ask(edge: Edge, function: str, text: str, **params: str) -> func.HttpResponse:
    request = Request("GET", f"http://127.0.0.1/?{text}", headers=edge.bearer(), params=params, body=b"")
    return await edge.send(function, request)


async def test_an_empty_senders_reference_is_told_from_a_missing_one(edge: Edge) -> None:
    told = problem(await ask(edge, "find_orders", "sendersReference="))
    assert told["errors"] == {"sendersReference": ["The sendersReference field is required."]}
    told = problem(await ask(edge, "find_orders", ""))
    missing = "A value for the 'sendersReference' parameter or property was not provided."
    assert told["errors"] == {"sendersReference": [missing]}


@pytest.mark.parametrize("name", ["seq", "pageSize", "orderBy"])
async def test_an_empty_parameter_of_the_feed_is_refused_not_taken_for_the_default(edge: Edge, name: str) -> None:
    told = problem(await ask(edge, "get_feed", f"{name}="))
    assert told["errors"] == {name: ["The value '' is invalid."]}


async def test_an_empty_parameter_does_not_hide_one_that_has_a_value(edge: Edge) -> None:
    response = await ask(edge, "find_orders", "sendersReference=&sendersReference=a", sendersReference="a")
    assert response.status_code == 200


async def test_a_search_of_the_log_with_an_empty_id_is_refused_under_its_name(edge: Edge) -> None:
    told = problem(await ask(edge, "get_log", "DialogId="))
    assert sorted(told["errors"]) == ["DialogId", "transmissionId"]
