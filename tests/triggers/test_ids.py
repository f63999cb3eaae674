"""Ids in addresses: a route's guid constraint lets more spellings through than Python reads; all of those are 404."""

from uuid import uuid4

import pytest

from notifications.domain.ids import encode
from tests.triggers.edge import Edge, problem

SOME = "0f1e2d3c-4b5a-8697-8899-aabbccddeeff"
# What System.Guid.TryParse takes and UUID() does not (learn.microsoft.com, Guid.ToString: formats P and X), and worse.
UNREADABLE = [
    f"({SOME})",
    "{0x0f1e2d3c,0x4b5a,0x8697,{0x88,0x99,0xaa,0xbb,0xcc,0xdd,0xee,0xff}}",
    "0x0f1e2d3c",
    "",
    "x" * 36,
    "\u0660" * 31,
    "\x00",
]
CHAINS = ["get_chain", "cancel_chain"]


@pytest.mark.parametrize("spelling", UNREADABLE)
async def test_a_shipment_by_an_id_that_cannot_be_read_is_not_found(edge: Edge, spelling: str) -> None:
    answer = await edge.call("get_shipment", headers=edge.bearer(), route={"id": spelling})
    assert (answer.status_code, problem(answer)["code"]) == (404, "NOT-00003")


@pytest.mark.parametrize("function", CHAINS)
@pytest.mark.parametrize("spelling", UNREADABLE)
async def test_an_order_by_an_id_that_cannot_be_read_is_not_found(edge: Edge, function: str, spelling: str) -> None:
    answer = await edge.call(function, headers=edge.bearer(), route={"id": spelling})
    unknown = await edge.call(function, headers=edge.bearer(), route={"id": str(uuid4())})
    assert (answer.status_code, "code" in problem(answer)) == (404, False)
    assert problem(answer)["detail"] == problem(unknown)["detail"]


@pytest.mark.parametrize("function", [*CHAINS, "get_shipment"])
async def test_a_caller_without_a_token_does_not_learn_whether_an_id_can_be_read(edge: Edge, function: str) -> None:
    assert (await edge.call(function, route={"id": f"({SOME})"})).status_code == 401


@pytest.mark.parametrize("spelling", ["{}", "{{{}}}"])
async def test_a_spelling_that_can_be_read_finds_its_shipment_and_its_order(edge: Edge, spelling: str) -> None:
    [shipment] = await edge.world.order()
    order = encode(shipment.key, 0, 0)
    for function, identity in (("get_shipment", shipment.uuid), ("get_chain", order), ("cancel_chain", order)):
        route = {"id": spelling.format(str(identity).upper())}
        found = await edge.call(function, headers=edge.bearer(), route=route)
        assert found.status_code == 200
        assert str(identity) in found.get_body().decode()
