"""A sendersReference of blanks: shown where an order is shown as it was sent, only (http-contract.md section 11)."""

import json
from datetime import timedelta

import pytest

from notifications.domain.ids import encode
from notifications.domain.order import OrderKind, Recipient
from tests.builders import NOW, email_content
from tests.triggers.asks import DIALOG, PERSON, There, asks, chain, placing
from tests.triggers.edge import Edge

BLANKS = " \t "
TELLS = {
    "get_chain",
    "get_shipment",
    "get_order_status",
    "cancel_order",
    "get_email_notifications",
    "get_feed",
    "get_log",
    "dashboard_person",
}


async def there(edge: Edge, *, due: timedelta = timedelta(0)) -> There:
    kari = Recipient(national_identity_number=PERSON, email_address="kari@example.com")
    content = email_content(senders_reference=BLANKS, recipients=(kari,))
    (placed,) = await edge.world.order(content, send_at=NOW + due, dialog_id=DIALOG, kind=OrderKind.NOTIFICATION)
    return There(encode(placed.key, 0, 0), placed.uuid)


@pytest.mark.parametrize("operation", sorted(TELLS))
async def test_where_a_fate_is_told_blanks_are_no_reference(edge: Edge, operation: str) -> None:
    at = await there(edge, due=timedelta(hours=1 if operation == "cancel_order" else 0))
    if operation != "cancel_order":
        await edge.world.run_to(NOW + timedelta(days=3))
    answer = await asks(edge, at)[operation].answer(edge)
    assert answer.status_code == 200
    told = answer.get_body().decode()
    assert str(at.order if operation == "get_chain" else at.shipment) in told
    assert "sendersReference" not in told


async def test_an_order_is_shown_with_the_blanks_that_it_came_with(edge: Edge) -> None:
    placed = await placing(edge, "place_order", chain(sendersReference=BLANKS)).answer(edge)
    assert json.loads(placed.get_body())["notification"]["sendersReference"] == BLANKS
    at = await there(edge)
    assert json.loads((await asks(edge, at)["get_order"].answer(edge)).get_body())["sendersReference"] == BLANKS
