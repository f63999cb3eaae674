"""The same idempotency id again: the first order's answer, once per kind of order (http-contract.md section 1.6)."""

import json
from typing import Any

import azure.functions as func
import pytest

from notifications.domain.outcomes import Postponed, Uncertain
from tests.contract.builders import Request as Body
from tests.contract.builders import changed
from tests.contract.requests import composed, instant, instant_email, instant_sms
from tests.triggers.asks import chain, placing
from tests.triggers.edge import Edge, problem

REPLAYED, MISMATCH = "Idempotent-Replayed", "Idempotent-Content-Mismatch"
INSTANT: dict[str, Body] = {
    "send_instant_sms": instant_sms(),
    "send_instant_email": instant_email(),
    "send_instant": instant(),
}
KINDS: dict[str, Body] = {"place_order": chain(), "place_composed_email": composed(), **INSTANT}
# Another content for each, and one that only the writing tells apart.
OTHERWISE: dict[str, tuple[str | int, ...]] = {
    "place_order": ("recipient", "recipientEmail", "emailSettings", "body"),
    "place_composed_email": ("recipient", "emailSettings", "attachments", 0, "filename"),
    "send_instant_sms": ("recipientSms", "smsSettings", "body"),
    "send_instant_email": ("recipientEmail", "emailSettings", "subject"),
    "send_instant": ("recipient", "recipientSms", "phoneNumber"),
}
VALUES = {"place_composed_email": "another.pdf", "send_instant": "+4798888888"}
TIMED = pytest.mark.parametrize("operation", ["place_order", "place_composed_email"])


def named(body: Body, identity: str = "the-id") -> Body:
    return body | {"idempotencyId": identity}


async def placed(edge: Edge, operation: str, body: Body) -> func.HttpResponse:
    return await placing(edge, operation, body).answer(edge)


def assert_replayed(answer: func.HttpResponse, first: func.HttpResponse, *, mismatch: bool) -> None:
    assert (answer.status_code, answer.get_body()) == (200, first.get_body())
    assert answer.headers[REPLAYED] == "true"
    assert answer.headers.get(MISMATCH) == ("true" if mismatch else None)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("operation", KINDS)
async def test_a_repeated_request_is_answered_as_the_first_was(edge: Edge, operation: str) -> None:
    first = await placed(edge, operation, KINDS[operation])
    assert (first.status_code, REPLAYED in first.headers) == (201, False)
    order = json.loads(first.get_body())["notificationOrderId"]
    assert first.headers["Location"] == f"http://localhost:7071/notifications/api/v1/orders/chain/{order}"
    assert_replayed(await placed(edge, operation, KINDS[operation]), first, mismatch=False)


@pytest.mark.parametrize("operation", KINDS)
async def test_a_repeated_request_with_another_content_is_told_so_and_changes_nothing(
    edge: Edge, operation: str
) -> None:
    first = await placed(edge, operation, KINDS[operation])
    other = changed(KINDS[operation], OTHERWISE[operation], VALUES.get(operation, "another"))
    assert_replayed(await placed(edge, operation, other), first, mismatch=True)


@pytest.mark.parametrize("operation", KINDS)
async def test_members_in_another_order_and_writing_are_the_same_content(edge: Edge, operation: str) -> None:
    first = await placed(edge, operation, KINDS[operation])
    reversed_members = dict(reversed(KINDS[operation].items()))
    again = placing(edge, operation).but(body=json.dumps(reversed_members, indent=4).encode())
    assert_replayed(await again.answer(edge), first, mismatch=False)


async def test_an_id_counts_once_for_each_kind_of_order(edge: Edge) -> None:
    answers = [await placed(edge, operation, named(body)) for operation, body in KINDS.items()]
    orders = {operation: json.loads(each.get_body()) for operation, each in zip(KINDS, answers, strict=True)}
    assert [each.status_code for each in answers] == [201, 201, 201, 200, 200]
    assert len({each["notificationOrderId"] for each in orders.values()}) == 3


@pytest.mark.parametrize("first", INSTANT)
@pytest.mark.parametrize("second", INSTANT)
async def test_the_three_instant_endpoints_share_their_ids_and_one_message_leaves(
    edge: Edge, first: str, second: str
) -> None:
    sent = await placed(edge, first, named(INSTANT[first]))
    again = await placed(edge, second, named(INSTANT[second]))
    calls = len(edge.world.sms.calls) + len(edge.world.email.calls)
    assert (again.status_code, again.get_body(), calls) == (200, sent.get_body(), 1)
    # Contents are compared as they were written, and the older form writes the same SMS differently.
    assert again.headers.get(MISMATCH) == (None if first == second else "true")


@pytest.mark.parametrize("identity", ["THE-ID", "the-id ", " the-id", "the-id\u00a0", "the‑id"])
async def test_an_id_counts_with_its_letter_case_and_blanks(edge: Edge, identity: str) -> None:
    for operation in ("place_order", "place_composed_email", "send_instant_sms"):
        answers = [await placed(edge, operation, named(KINDS[operation], each)) for each in ("the-id", identity)]
        assert [each.status_code for each in answers] == [201, 201]


@TIMED
async def test_a_repeated_request_whose_send_time_has_passed_is_still_a_replay(edge: Edge, operation: str) -> None:
    timed = KINDS[operation] | {"requestedSendTime": "2026-03-02T11:00:00Z"}
    first = await placed(edge, operation, timed)
    edge.world.clock.forward(days=2)
    assert_replayed(await placed(edge, operation, timed), first, mismatch=False)


@TIMED
async def test_a_first_request_whose_send_time_has_passed_is_refused_and_stores_nothing(
    edge: Edge, operation: str
) -> None:
    past = KINDS[operation] | {"requestedSendTime": "2026-03-02T09:00:00Z"}
    before = edge.world.orders.rows()
    told = problem(await placed(edge, operation, past))
    assert told["errors"] == {"requestedSendTime": ["RequestedSendTime must be greater than or equal to now."]}
    assert edge.world.orders.rows() == before
    assert (await placed(edge, operation, KINDS[operation])).status_code == 201


async def test_a_legacy_order_has_no_id_and_every_request_is_an_order(edge: Edge) -> None:
    for operation in ("place_legacy_order", "place_legacy_email_order", "place_legacy_sms_order"):
        answers = [await placing(edge, operation).answer(edge) for _ in range(2)]
        assert [each.status_code for each in answers] == [202, 202]
        assert answers[0].get_body() != answers[1].get_body()


@pytest.mark.parametrize("operation", INSTANT)
async def test_an_instant_message_that_was_not_taken_can_be_sent_again_under_its_id(edge: Edge, operation: str) -> None:
    provider: Any = edge.world.email if operation == "send_instant_email" else edge.world.sms
    provider.answers.append(Postponed("unavailable"))
    told = problem(await placed(edge, operation, INSTANT[operation]))
    assert (told["status"], told["code"]) == (503, "NOT-00004")
    assert (await placed(edge, operation, INSTANT[operation])).status_code == 201


@pytest.mark.parametrize("operation", ["send_instant_sms", "send_instant"])
async def test_an_instant_sms_whose_answer_was_lost_is_not_sent_again(edge: Edge, operation: str) -> None:
    edge.world.sms.answers.append(Uncertain("timeout"))
    told = problem(await placed(edge, operation, INSTANT[operation]))
    assert (told["status"], told["code"]) == (503, "NOT-00004")
    assert (await placed(edge, operation, INSTANT[operation])).headers[REPLAYED] == "true"
    assert len(edge.world.sms.calls) == 1
