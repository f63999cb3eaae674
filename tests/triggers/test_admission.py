"""What happens before a caller is known: little, and nothing that grows with what was sent."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.stages.world import email_report, sms_report
from tests.triggers.edge import REPORT_KEY, REPORT_PASSWORD, REPORT_USER, Edge, Request, problem

CALLED = ["place_order", "cancel_order", "get_chain", "cancel_chain", "get_shipment", "get_feed"]
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}
ROUTE = {"id": "0f1e2d3c-4b5a-8697-8899-aabb01000000"}
MEGABYTE = 1024 * 1024


def basic(password: str) -> dict[str, str]:
    """The gateway's credentials."""
    return {"Authorization": f"Basic {base64.b64encode(f'{REPORT_USER}:{password}'.encode()).decode()}"}


@pytest.fixture
def untouched(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """The functions, where storage and parsers turn whoever comes that far into a 500."""

    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError

    for table in (edge.world.orders, edge.world.feeds, edge.world.refs):
        for call in ("get", "read", "commit"):
            monkeypatch.setattr(table, call, fail)
    for call in ("handshake", "email", "sms"):
        monkeypatch.setattr(edge.world.report, call, fail)
    return edge


def posted(headers: dict[str, str], body: bytes = b"{}") -> Request:
    return Request("POST", "/", headers=headers, route_params=ROUTE, body=body)


@pytest.mark.parametrize("function", CALLED)
@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer " + "x" * 100_000},
        {"Authorization": "Basic dTpw"},
        {"PlatformAccessToken": "x"},
    ],
)
async def test_a_caller_without_a_good_token_is_answered_401_and_its_body_is_not_looked_at(
    untouched: Edge, function: str, credentials: dict[str, str]
) -> None:
    request = posted({**JSON, **credentials})
    answer = await untouched.send(function, request)
    assert (answer.status_code, problem(answer)["title"]) == (401, "Unauthorized")
    assert not request.body_was_read


async def test_a_wrong_content_type_is_answered_415_before_the_token_and_the_body_are_looked_at(
    untouched: Edge,
) -> None:
    request = posted({"Content-Type": "text/plain"})
    assert (await untouched.send("place_order", request)).status_code == 415
    assert not request.body_was_read


async def test_an_order_that_finds_the_door_full_is_answered_429_before_anything_is_looked_at(edge: Edge) -> None:
    """The door has one place here, and the first order stands in it while it waits for storage."""
    second: list[Request] = []
    answers: list[int] = []
    commit = edge.world.orders.commit

    async def meanwhile(*arguments: Any) -> list[str]:
        if not second:
            second.append(posted({**JSON, **edge.bearer()}))
            answers.append((await edge.send("place_order", second[0])).status_code)
        return await commit(*arguments)

    edge.world.orders.commit = meanwhile  # type: ignore[method-assign, assignment]
    answer = await edge.send("place_order", posted({**JSON, **edge.bearer()}, an_order()))
    assert (answer.status_code, answers) == (201, [429])
    assert not second[0].body_was_read


def an_order() -> bytes:
    return (
        b'{"idempotencyId": "first", "recipient": {"recipientEmail": {"emailAddress": "kari@example.com",'
        b' "emailSettings": {"subject": "A subject", "body": "A body"}}}}'
    )


async def test_an_order_over_the_limit_is_answered_413_to_known_callers_only(untouched: Edge) -> None:
    body = an_order().ljust(4097)
    assert (await untouched.send("place_order", posted(JSON, body))).status_code == 401
    assert (await untouched.send("place_order", posted({**JSON, **untouched.bearer()}, body))).status_code == 413


@pytest.mark.parametrize("key", [{}, {"X-Report-Key": "wrong"}])
async def test_a_large_delivery_of_email_reports_without_the_key_is_answered_401_unread(
    untouched: Edge, key: dict[str, str]
) -> None:
    assert (await untouched.send("receive_email_reports", posted(key, b"[" * 65 * 1024))).status_code == 401


async def test_sms_reports_without_the_password_are_answered_401_and_their_body_is_not_looked_at(
    untouched: Edge,
) -> None:
    for headers in (XML, {**XML, **basic("wrong")}):
        request = posted(headers, b"<" * MEGABYTE)
        assert (await untouched.send("receive_sms_reports", request)).status_code == 401
        assert not request.body_was_read


@pytest.mark.parametrize(
    ("function", "headers"),
    [
        ("receive_email_reports", {"X-Report-Key": REPORT_KEY}),
        ("receive_sms_reports", {**XML, **basic(REPORT_PASSWORD)}),
    ],
)
async def test_a_delivery_of_reports_over_two_megabytes_is_answered_413_unread(
    untouched: Edge, function: str, headers: dict[str, str]
) -> None:
    answer = await untouched.send(function, posted(headers, b" " * (2 * MEGABYTE + 1)))
    assert (answer.status_code, problem(answer)["title"]) == (413, "Content Too Large")


@pytest.mark.parametrize(
    ("function", "headers", "body"),
    [
        ("receive_email_reports", {"X-Report-Key": REPORT_KEY}, lambda one: email_report((one, "Delivered"))),
        ("receive_sms_reports", {**XML, **basic(REPORT_PASSWORD)}, lambda _: sms_report(("REF-1", "DELIVRD"))),
    ],
)
async def test_a_delivery_of_reports_of_two_megabytes_is_taken(
    edge: Edge, function: str, headers: dict[str, str], body: Callable[[Any], bytes]
) -> None:
    [shipment] = await edge.world.order()
    request = posted(headers, body(shipment.notification(1)).ljust(2 * MEGABYTE))
    assert (await edge.send(function, request)).status_code == 200
