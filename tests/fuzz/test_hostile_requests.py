"""What nobody means well with, sent to every endpoint that takes an order: a problem that says where, and never 5xx."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from notifications.contract.openapi.document import OPERATIONS
from tests.contract.builders import Request
from tests.contract.orders import FULL
from tests.contract.requests import attachment, composed, legacy, legacy_email, legacy_sms
from tests.fuzz.calling import Caller
from tests.fuzz.hostile import hostile_bodies, with_nested
from tests.system.expect import API, assert_problem
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.running import System

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}
PATHS: Mapping[str, str] = {each.id: each.path for each in OPERATIONS}
POSTED = sorted(FULL)
SAMPLE = {
    *(
        "utf-16",
        "utf-32",
        "gzip",
        "latin-1 in a text",
        "an encoded surrogate in a name",
        "a character cut short in a text",
    ),
    *("cut after 1", "followed by b'{}'", "followed by b'\\x00'", "with '01'", "with '\"\\\\x41\"'", "NaN"),
    *("b'' instead", "b'null' instead", "b'1e400' instead", "in a list", "in a text"),
    *("33 levels of [", "100000 more of [", '100000 levels of {"a":', "100000 levels without an end"),
    *("400001 nulls", "400001 lists", "400001 members"),
}
"""The bodies that are sent to the running system; the parsers are given all."""
THIRTY_MEGABYTES = 30 * 1024 * 1024
LATER = "2098-01-01T08:00:00Z"


@pytest.mark.parametrize("name", POSTED)
def test_a_body_that_cannot_be_read_is_answered_400(caller: Caller, name: str) -> None:
    sent = [each for each in hostile_bodies(FULL[name][0]) if each.title in SAMPLE]
    assert {each.title for each in sent} == SAMPLE
    for title, body, anywhere in sent:
        problem = assert_problem(caller.call(name, "POST", PATHS[name], content=body, headers=JSON), 400)
        assert anywhere or list(problem["errors"]) == ["$"], title


@pytest.mark.parametrize("name", POSTED)
def test_a_body_of_thirty_megabytes_is_answered_413(caller: Caller, name: str) -> None:
    body = with_nested(json.dumps(FULL[name][0]).encode(), b'"' + b"x" * THIRTY_MEGABYTES + b'"')
    assert_problem(caller.call(name, "POST", PATHS[name], content=body, headers=JSON), 413)


@pytest.mark.parametrize("name", POSTED)
def test_nothing_of_a_body_is_looked_at_before_the_caller_is_known(caller: Caller, name: str) -> None:
    for body in (b"", b"[" * 100_000, b"\xff", b" " * THIRTY_MEGABYTES):
        anonymous = {**JSON, "Authorization": "Bearer x"}
        assert_problem(caller.call(name, "POST", PATHS[name], content=body, headers=anonymous), 401)


@pytest.mark.parametrize("name", POSTED)
def test_every_fault_of_a_request_is_told_at_once_by_the_names_that_were_sent(caller: Caller, name: str) -> None:
    request: Request = {member.upper(): [[]] for member in FULL[name][0]}
    problem = assert_problem(caller.call(name, "POST", PATHS[name], content=written(request), headers=JSON), 400)
    # a list is what recipients are, and its one item is none
    assert {path.removesuffix("[0]") for path in problem["errors"]} >= set(request) - {"RECIPIENTS"}


def written(request: Any) -> bytes:
    return json.dumps(request).encode()


SOMEBODY = {"emailAddress": "a@example.com", "mobileNumber": "+4799999999"}
TOO_MANY = {
    "place_order": (FULL["place_order"][0] | {"reminders": FULL["place_order"][0]["reminders"] * 16}, "reminders"),
    "place_composed_email": (composed(*[attachment()] * 51), "recipient.emailSettings.attachments"),
    "place_legacy_order": (legacy(*[SOMEBODY] * 50_001), "recipients"),
    "place_legacy_email_order": (legacy_email(*[SOMEBODY] * 50_001), "recipients"),
    "place_legacy_sms_order": (legacy_sms(*[SOMEBODY] * 50_001), "recipients"),
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_one_more_than_there_can_be_is_answered_400(caller: Caller, name: str) -> None:
    request, path = TOO_MANY[name]
    problem = assert_problem(caller.call(name, "POST", PATHS[name], content=written(request), headers=JSON), 400)
    assert problem["errors"][path][0].startswith("There can be at most ")


UNWANTED = [
    "application/json;charset=utf-16",
    "application/problem+json",
    "text/json",
    "application/*",
    "application/json, text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    ",",
    "x" * 3000,
]


@pytest.mark.parametrize("name", POSTED)
def test_a_body_that_is_not_said_to_be_json_is_answered_415(caller: Caller, name: str) -> None:
    for media_type in UNWANTED:
        answer = caller.call(name, "POST", PATHS[name], content=b"{}", headers={"Content-Type": media_type})
        assert_problem(answer, 415)


ODD_HEADERS: list[dict[str, str | bytes]] = [
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": b"Bearer \xff\xfe"},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Bearer " + "a" * 6000},
    {"PlatformAccessToken": "x"},
    {"PlatformAccessToken": b"\xe6\xf8"},
]
ODD_BUT_HARMLESS: list[dict[str, str | bytes]] = [
    {"traceparent": "x" * 3000},
    {"traceparent": f"00-{'0' * 32}-{'0' * 16}-00"},
    {"traceparent": b"00-\xff"},
    {"Cookie": "; ;;=;"},
    {"Cookie": b"AltinnStudioRuntime=\xff"},
    {"X-HTTP-Method-Override": "GET"},
    {"Accept": "x"},
    {"Accept-Charset": b"\xff"},
    {"X-Forwarded-Host": "elsewhere.example.com"},
]


@pytest.mark.parametrize("name", POSTED)
def test_odd_headers_are_answered_like_any_other(caller: Caller, name: str) -> None:
    for headers in ODD_HEADERS:
        assert_problem(caller.call(name, "POST", PATHS[name], content=b"{}", headers={**JSON, **headers}), 401)
    for headers in ODD_BUT_HARMLESS:
        assert_problem(caller.call(name, "POST", PATHS[name], content=b"{}", headers={**JSON, **headers}), 400)


CHARACTERS = [
    *map(chr, range(1, 0x20)),
    *("\x7f", "\x80", "\x85", "\xa0", "\xad", "\u200b", "\u2028", "\u202e", "\ufeff", "\ufffe", "\uffff"),
    *("\U0001f600", "\U0001ffff", "\U000e0001", "\U0010ffff", "I\u0307", "\u01c5", "e\u0301" * 20),
]
MARKUP = [
    "$recipientName$$",
    "%s%n{0}",
    "'; DROP TABLE x",
    "</MSG></MSGLST>",
    "]]>",
    "&#0;&amp;",
    "=?utf-8?q?=00?=",
    "\\u0000",
]
EVERYTHING = "a".join([*CHARACTERS, *MARKUP])


async def test_whatever_can_be_stored_is_sent_and_found_again(fuzzed: System) -> None:
    reference, dialog = f"{uuid4()}{EVERYTHING}", f"{EVERYTHING}{uuid4()}"
    association = {"dialogId": dialog, "transmissionId": dialog}
    recipients = [
        email_recipient(subject=EVERYTHING, body=EVERYTHING),
        email_recipient(subject=EVERYTHING, body=EVERYTHING, contentType="Html"),
        sms_recipient(body=EVERYTHING),
    ]
    shipments = []
    for recipient in recipients:
        placed = order(recipient, sendersReference=reference, dialogportenAssociation=association)
        answer = await fuzzed.order({**placed, "idempotencyId": f"{uuid4()}{EVERYTHING}"}, "odd")
        shipments.append(answer["notification"]["shipmentId"])
    manifests = await fuzzed.until_final(shipments, "odd")
    assert [each["recipients"][0]["status"] for each in manifests.values()] == [
        *("Email_Delivered", "Email_Delivered", "SMS_Delivered")
    ]
    assert all(each["sendersReference"] == reference for each in manifests.values())
    async with fuzzed.client("odd") as http:
        found = (await http.get(f"{API}/orders", params={"sendersReference": reference})).json()
        assert {each["id"] for each in found["orders"]} == set(shipments)
        logged = (await http.get(f"{API}/future/log", params=association)).json()
        assert {each["shipmentId"] for each in logged} == set(shipments)
    assert [each["sendersReference"] for each in await fuzzed.feed("odd")] == [reference] * 3


def test_what_cannot_be_stored_is_refused_by_every_endpoint_at_its_member(caller: Caller) -> None:
    for name in POSTED:
        for wrong in ("\0", "\ud800", "\udc00\ud800"):
            request = {**FULL[name][0], "sendersReference": f"a{wrong}b"}
            problem = assert_problem(
                caller.call(name, "POST", PATHS[name], content=written(request), headers=JSON), 400
            )
            assert problem["errors"]["sendersReference"] == ["The text holds a NUL character or a lone surrogate."]
