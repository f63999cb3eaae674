"""One owner sees only its own: with another's ids, every operation answers as if they were nobody's."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

from notifications.domain.order import Recipient
from notifications.domain.statuses import ShipmentState
from tests.builders import NOW, email_content
from tests.contract.documented import OPERATION
from tests.triggers.asks import PERSON, PLACED, Ask, There, asks, placing, there
from tests.triggers.edge import Edge

OTHER = "skd"
BY_ID = (
    "get_chain",
    "cancel_chain",
    "get_shipment",
    "get_order",
    "get_order_status",
    "cancel_order",
    "get_email_notifications",
    "get_sms_notifications",
)
SEARCHES = {"get_feed": [], "get_log": [], "find_orders": {"count": 0, "orders": []}}
# Support sees what every owner sent; metrics, reports and the rest know no owners.
FOR_NO_OWNER = {
    "dashboard_person",
    "dashboard_organization",
    "metrics_form",
    "metrics_page",
    "export_email_metrics",
    "export_sms_metrics",
    "receive_email_reports",
    "receive_sms_reports",
    "test_send_condition",
    "health",
    "openapi",
    "docs",
}


def told(answer: func.HttpResponse) -> Any:
    """What an answer says, but for the number that names the request."""
    document = json.loads(answer.get_body())
    return {**document, "traceId": ""} if answer.status_code >= 400 else document


async def asked(edge: Edge, operation: str, org: str, at: There) -> tuple[int, Any]:
    answer = await asks(edge, at, org)[operation].answer(edge)
    return answer.status_code, told(answer)


async def sent(edge: Edge) -> There:
    """The order that is asked about, once it has ended."""
    at = await there(edge)
    await edge.world.run_to(NOW + timedelta(days=3))
    return at


def test_every_operation_is_tried_with_anothers_ids_or_knows_no_owners() -> None:
    assert set(OPERATION) == {*BY_ID, *SEARCHES, *PLACED, *FOR_NO_OWNER}


@pytest.mark.parametrize("operation", BY_ID)
async def test_anothers_order_looks_as_if_there_were_none(edge: Edge, operation: str) -> None:
    at = await there(edge)
    nobodys = There(uuid4(), uuid4())
    unknown = await asked(edge, operation, OTHER, nobodys)
    assert (await asked(edge, operation, OTHER, at), unknown[0]) == (unknown, 404)
    assert (await asked(edge, operation, "ttd", at))[0] == 200


@pytest.mark.parametrize("operation", ["cancel_order", "cancel_chain"])
async def test_another_cancels_nothing(edge: Edge, operation: str) -> None:
    at = await there(edge)
    await asked(edge, operation, OTHER, at)
    shipments = await edge.world.inquiries.order("ttd", at.order)
    assert shipments is not None
    assert {each.state for each in shipments[1]} == {ShipmentState.REGISTERED}


@pytest.mark.parametrize("operation", SEARCHES)
async def test_anothers_shipments_are_not_found(edge: Edge, operation: str) -> None:
    at = await sent(edge)
    assert await asked(edge, operation, OTHER, at) == (200, SEARCHES[operation])
    assert (await asked(edge, operation, "ttd", at))[1] != SEARCHES[operation]


@pytest.mark.parametrize("operation", PLACED)
async def test_two_owners_who_use_the_same_idempotency_id_have_an_order_each(edge: Edge, operation: str) -> None:
    answers = [await placing(edge, operation, org=org).answer(edge) for org in ("ttd", OTHER)]
    assert [each.status_code for each in answers] == [202 if "legacy" in operation else 201] * 2
    assert answers[0].get_body() != answers[1].get_body()


@pytest.mark.parametrize("org", ["TTD", "tt", "ttdx", "ttd|", "ttd'", "%", "*"])
async def test_owners_are_told_apart_by_every_letter(edge: Edge, org: str) -> None:
    at = await sent(edge)
    assert (await asked(edge, "get_shipment", org, at))[0] == 404
    for operation, nothing in SEARCHES.items():
        assert await asked(edge, operation, org, at) == (200, nothing)


async def test_support_sees_what_every_owner_sent_to_a_person(edge: Edge) -> None:
    content = email_content(recipients=(Recipient(national_identity_number=PERSON, email_address="kari@example.com"),))
    for org in ("ttd", OTHER):
        await edge.world.order(content, creator=org, idempotency_id=None)
    await edge.world.run(2)
    edge.world.clock.forward(hours=1)
    found = json.loads((await dashboard(edge, PERSON).answer(edge)).get_body())
    assert sorted(each["creatorName"] for each in found) == [OTHER, "ttd"]
    assert json.loads((await dashboard(edge, "16869412399").answer(edge)).get_body()) == []


def dashboard(edge: Edge, number: str) -> Ask:
    return Ask(
        operation="dashboard_person",
        credentials=edge.bearer(org=None),
        headers={"NationalIdentityNumber": number},
    )
