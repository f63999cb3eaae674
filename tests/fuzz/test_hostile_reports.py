"""Reports and forms that nobody means well with: refused as a whole, stored in part, and never 5xx."""

import json
from typing import Any

import pytest

from tests.fuzz.calling import Caller
from tests.system.expect import API, EMAIL_REPORTS, SMS_REPORTS, UNKNOWN_ID, assert_problem

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}
THREE_MEGABYTES = 3 * 1024 * 1024


def event(data: Any, kind: Any = "Microsoft.Communication.EmailDeliveryReportReceived") -> bytes:
    return json.dumps([{"eventType": kind, "data": data}]).encode()


UNREADABLE_DATA: list[Any] = [
    *(None, [], "x", 5, {}, {"messageId": 5}, {"messageId": None, "status": "Delivered"}),
    *({"messageId": UNKNOWN_ID}, {"messageId": UNKNOWN_ID, "status": None}, {"messageId": UNKNOWN_ID, "status": []}),
    {"messageId": "\ud800", "status": "Delivered"},
    {"messageId": "x" * 100_000, "status": "Delivered"},
    {"messageId": f"{UNKNOWN_ID}\0", "status": "Delivered"},
]
UNREADABLE_EVENTS = [
    *(
        b"",
        b"null",
        b"5",
        b"{}",
        b'"x"',
        b"[null]",
        b"[[]]",
        b"[5]",
        b"[NaN]",
        b"1e400",
        b"\xff",
        b"[{]",
        b"[" * 100_000,
    ),
    *(b"[" * 90_000 + b"]" * 90_000, b'{"a":' * 100_000, b"[" + b"null," * 99_999 + b"null]"),
    '[{"eventType": "x"}]'.encode("utf-16"),
    *map(event, UNREADABLE_DATA),
]


def test_a_delivery_of_events_in_which_nothing_can_be_read_is_answered_400(caller: Caller) -> None:
    for body in UNREADABLE_EVENTS:
        answer = caller.call("receive_email_reports", "POST", EMAIL_REPORTS, content=body, headers=JSON)
        assert answer.status_code == 400, body[:200]
        assert list(assert_problem(answer, 400)["errors"]) == ["$"]


def test_what_stands_beside_a_report_does_not_matter(caller: Caller) -> None:
    times = ["x" * 1000, 10**400, None, [], "9999-12-31T23:59:59.9999999+14:00", "0001-01-01T00:00:00Z", "\ud800"]
    reports = [{"messageId": UNKNOWN_ID, "status": "Delivered", "deliveryAttemptTimeStamp": each} for each in times]
    details = [{"messageId": UNKNOWN_ID, "status": "Bounced", "deliveryStatusDetails": each} for each in times]
    for report in [*reports, *details]:
        answer = caller.call("receive_email_reports", "POST", EMAIL_REPORTS, content=event(report), headers=JSON)
        assert answer.status_code == 200, (report, answer.text)


@pytest.mark.parametrize("code", [None, 5, "", "\ud800", "\0", [], {}, "x" * 50_000])
def test_an_odd_handshake_gets_no_server_error(caller: Caller, code: Any) -> None:
    body = event({"validationCode": code}, "Microsoft.EventGrid.SubscriptionValidationEvent")
    answer = caller.call("receive_email_reports", "POST", EMAIL_REPORTS, content=body, headers=JSON)
    assert answer.status_code in {200, 400}


def bomb() -> bytes:
    """A document of a kilobyte that would be one of gigabytes with its entities replaced."""
    entities = ['<!ENTITY a "aaaaaaaaaa">']
    entities += [f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9)]
    return f"<!DOCTYPE MSGLST [{''.join(entities)}]><MSGLST><MSG><REF>&j;</REF></MSG></MSGLST>".encode()


UNREADABLE_XML = [
    *(
        b"",
        b"<",
        b"x",
        b"<a/>",
        b"<MSGLST>",
        b"<MSGLST><MSG></MSGLST>",
        b"\0<MSGLST/>",
        b"\xff<MSGLST/>",
        b"<MSGLST/><MSGLST/>",
    ),
    *(b"<MSGLST>" * 50_000, b"<a>" * 50_000 + b"</a>" * 50_000, b"<MSGLST a='1' a='2'/>", b"<x:MSGLST/>"),
    bomb(),
    b'<!DOCTYPE MSGLST [<!ENTITY e SYSTEM "file:///etc/passwd">]><MSGLST><MSG><REF>&e;</REF></MSG></MSGLST>',
    b'<?xml version="1.0" encoding="bogus"?><MSGLST/>',
    b'<?xml version="1.0" encoding="utf-16"?><MSGLST/>',
    b"<MSGLST><MSG><ID>1</ID><REF>&#0;</REF><STATE>DELIVRD</STATE></MSG></MSGLST>",
    b"<MSGLST><MSG><ID>1</ID><REF>\x01</REF><STATE>DELIVRD</STATE></MSG></MSGLST>",
]


def test_a_document_in_which_nothing_can_be_read_is_answered_400(caller: Caller) -> None:
    for body in UNREADABLE_XML:
        answer = caller.call("receive_sms_reports", "POST", SMS_REPORTS, content=body, headers=XML)
        assert answer.status_code == 400, body[:200]
        problem = assert_problem(answer, 400)
        assert "root:" not in json.dumps(problem)


@pytest.mark.parametrize(
    "reference", ["x" * 50_000, "a/b\\c#d?e%", "\U0001f600" * 200, "\x85 \u2028", "' or RowKey ne '", "..", "\ufffd"]
)
def test_a_reference_that_nobody_gave_is_taken_and_changes_nothing(caller: Caller, reference: str) -> None:
    message = f"<MSG><ID>{'9' * 5000}</ID><REF>{reference}</REF><STATE>{'y' * 5000}</STATE></MSG>"
    for moment in ("", "<DELIVERYTIME>2026.02.30 99:99</DELIVERYTIME>", f"<DELIVERYTIME>{'9' * 5000}</DELIVERYTIME>"):
        body = f"<MSGLST>{message.replace('</MSG>', moment + '</MSG>')}</MSGLST>".encode()
        answer = caller.call("receive_sms_reports", "POST", SMS_REPORTS, content=body, headers=XML)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("name", "path", "headers"),
    [("receive_email_reports", EMAIL_REPORTS, JSON), ("receive_sms_reports", SMS_REPORTS, XML)],
)
def test_reports_of_three_megabytes_are_answered_413(
    caller: Caller, name: str, path: str, headers: dict[str, str]
) -> None:
    assert_problem(caller.call(name, "POST", path, content=b" " * THREE_MEGABYTES, headers=headers), 413)


FORMS = [
    *(
        b"",
        b"=",
        b"%",
        b"&" * 3000,
        b"month=%00&year=1",
        b"month=\xff&year=%ff",
        b"year=2026&month=13",
        b"month=0&year=2026",
    ),
    *(
        b"year=99999&month=-1",
        b"year=2019&month=1",
        b"month[]=1&year[]=2026",
        b"month=1e0&year=2026",
        b"month=1.0&year=2026",
    ),
    *("year=\u0662\u0660\u0662\u0666&month=\uff11".encode(), b"month=<script>&year='\"", b"month=+1&year=2026.0"),
]
TYPES: list[bytes] = [
    *(
        b"application/x-www-form-urlencoded",
        b"application/x-www-form-urlencoded; charset=utf-16",
        b"multipart/form-data",
    ),
    *(
        b"multipart/form-data; boundary=",
        b'multipart/form-data; boundary="\xe6"',
        b"multipart/form-data; boundary*=a'b'%ff",
    ),
    *(
        b"multipart/form-data; boundary=" + b"b" * 3000,
        b"text/plain",
        b"",
        b"application/json",
        b"x" * 3000,
        b"a/b; x*=utf-8''%ff",
    ),
]
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="month"\r\n\r\n1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="year"\r\n\r\n2026\r\n--x--\r\n'
)
ODD_PARTS = [
    *(PARTS[:40], b"--x--", b"--x\r\n" * 500, b"x" * 4096),
    PARTS.replace(b'name="month"', b"name*=utf-8''%ff"),
    PARTS.replace(b'name="month"', b"name*=bogus''%ff"),
    PARTS.replace(b'name="month"', b'name*0*="month"'),
    PARTS.replace(b'"month"', b'"=?utf-8?q?=ff?="'),
    PARTS.replace(b"Content-", b"Content-Type: message/rfc822\r\nContent-", 1),
    PARTS.replace(b"Content-", b"Content-Type: multipart/mixed\r\nContent-", 1).replace(b"\r\n1\r\n", b"\r\nx\r\n"),
    PARTS.replace(b"Content-", b"Content-Transfer-Encoding: base64\r\nContent-"),
    PARTS.replace(b"\r\n1\r\n", b"\r\n\xff\r\n"),
]


@pytest.mark.parametrize("media_type", TYPES, ids=lambda each: repr(each[:60]))
def test_a_form_that_names_no_month_is_answered_400(caller: Caller, media_type: bytes) -> None:
    for form in FORMS:
        answer = caller.call(
            "metrics_page", "POST", f"{API}/metrics", content=form, headers={"Content-Type": media_type}
        )
        assert set(assert_problem(answer, 400)["errors"]) <= {"month", "year", "$"}


def test_parts_that_hold_no_month_are_answered_400(caller: Caller) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert caller.call("metrics_page", "POST", f"{API}/metrics", content=PARTS, headers=headers).status_code == 200
    for form in ODD_PARTS:
        assert_problem(caller.call("metrics_page", "POST", f"{API}/metrics", content=form, headers=headers), 400)


def test_a_form_larger_than_any_month_is_answered_413(caller: Caller) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for size in (4097, 30 * 1024 * 1024):
        assert_problem(caller.call("metrics_page", "POST", f"{API}/metrics", content=b"x" * size, headers=headers), 413)
