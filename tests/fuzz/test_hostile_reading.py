"""Paths, queries and headers that nobody means well with, on every endpoint that reads: never 5xx, always a shape."""

from collections.abc import Mapping
from urllib.parse import quote

import httpx
import pytest

from notifications.contract.openapi.document import OPERATIONS
from notifications.contract.openapi.operation import Operation
from tests.fuzz.calling import Caller
from tests.system.expect import API, UNKNOWN_ID, assert_problem

pytestmark = pytest.mark.system

TEXTS = [
    *("99999999999999999999", "-1", "-0", "+5", "5.0", "1e3", "0x10", "7", "true", "null", "[]", "{}", "1,2", "1;2"),
    *("9" * 41, "9" * 5000, str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**31)),
    *(
        "\u0663",
        "\uff19",
        "\xb2",
        "\xbd",
        "\0",
        "a\0b",
        "\r\nX: y",
        "\U0001f600",
        "\ufffe",
        "\u202e",
        "'\"<>&",
        "..",
        "/",
    ),
    *("a" * 5000, "$filter=1 eq 1", "' or PartitionKey ne '", "%00"),
]
RAW = ["%ff", "%ed%a0%80", "%c0%af", "%", "%zz", "%u0041", "+", "&&&", "="]
QUERIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "get_feed": (f"{API}/future/shipment/feed", ("seq", "pageSize", "orderBy", "SEQ", "ORDERBY")),
    "get_log": (f"{API}/future/log", ("dialogId", "transmissionId", "DIALOGID")),
    "find_orders": (f"{API}/orders", ("sendersReference", "SENDERSREFERENCE")),
    "test_send_condition": (f"{API}/tests/sendcondition", ("conditionMet",)),
    "dashboard_person": (f"{API}/future/dashboard/recipients/notifications/nin", ("from", "to", "FROM")),
    "dashboard_organization": (f"{API}/future/dashboard/recipients/notifications/orgnumber", ("from", "to")),
    "metrics_form": (f"{API}/metrics", ("x",)),
    "health": ("/health", ("x",)),
    "openapi": ("/openapi.json", ("x",)),
    "docs": ("/docs", ("x",)),
}
NUMBERS = {
    "dashboard_person": ("NationalIdentityNumber", "16069412345"),
    "dashboard_organization": ("OrganizationNumber", "312508729"),
}


def assert_read_or_refused(answer: httpx.Response) -> None:
    """An answer, or what is wrong with the question."""
    if answer.status_code != 200:
        assert_problem(answer, 400)


@pytest.mark.parametrize("name", QUERIES)
def test_whatever_is_asked_for_is_answered_or_refused(caller: Caller, name: str) -> None:
    path, parameters = QUERIES[name]
    headers = dict([NUMBERS[name]]) if name in NUMBERS else {}
    for parameter in parameters:
        for text in [*(quote(each, safe="") for each in TEXTS), *RAW]:
            assert_read_or_refused(caller.call(name, "GET", f"{path}?{parameter}={text}", headers=headers))
        for query in (parameter, f"{parameter}=1&{parameter}=2", f"{parameter}=1&{parameter.swapcase()}=2", "%00=1"):
            assert_read_or_refused(caller.call(name, "GET", f"{path}?{query}", headers=headers))


FEED_FAULTS = {
    "seq=99999999999999999999": {"seq": "The value '99999999999999999999' is not valid for Seq."},
    "seq=-1": {"seq": "The field Seq must be between 0 and 9.223372036854776E+18."},
    "seq=": {"seq": "The value '' is invalid."},
    "SEQ=x": {"SEQ": "The value 'x' is not valid for Seq."},
    "orderBy=7": {"orderBy": "The value '7' is invalid."},
    "orderBy=up": {"orderBy": "The value 'up' is not valid for OrderBy."},
    "pageSize=1.5": {"pageSize": "The value '1.5' is not valid for PageSize."},
    "seq=%D9%A3": {"seq": "The value '\u0663' is not valid for Seq."},
    "seq=%00": {"seq": "The value '\0' is not valid for Seq."},
    "seq=1&seq=2": {"seq": "The value '1,2' is not valid for Seq."},
    "seq=x&pageSize=y": {
        "seq": "The value 'x' is not valid for Seq.",
        "pageSize": "The value 'y' is not valid for PageSize.",
    },
}


@pytest.mark.parametrize("query", FEED_FAULTS)
def test_what_is_wrong_with_a_query_is_told_by_the_name_that_was_sent(caller: Caller, query: str) -> None:
    problem = assert_problem(caller.call("get_feed", "GET", f"{API}/future/shipment/feed?{query}"), 400)
    assert problem["errors"] == {name: [text] for name, text in FEED_FAULTS[query].items()}


@pytest.mark.parametrize("query", ["pageSize=-1", "pageSize=0", "pageSize=2147483647", "seq=9223372036854775807"])
def test_an_odd_page_is_a_page(caller: Caller, query: str) -> None:
    assert caller.call("get_feed", "GET", f"{API}/future/shipment/feed?{query}").status_code == 200


ODD_NUMBERS: list[bytes] = [
    *(
        b"",
        b"1" * 10,
        b"1" * 12,
        b"1" * 5000,
        b"x" * 11,
        b"1606941234\xb2",
        b"\xe6" * 11,
        b"\xff",
        b"\xef\xbc\x91" * 11,
    ),
    *(b"16069412345, 16069412345", b'"16069412345"', b"0x123456789", b"-6069412345", b"1606941234\t5", b"1.606941234"),
]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_header_that_is_no_number_is_told_by_its_name(caller: Caller, name: str) -> None:
    header = NUMBERS[name][0]
    assert_problem(caller.call(name, "GET", QUERIES[name][0]), 400)
    for number in ODD_NUMBERS:
        problem = assert_problem(caller.call(name, "GET", QUERIES[name][0], headers={header: number}), 400)
        assert list(problem["errors"]) == [header]


IDS = [
    *("x", "0", UNKNOWN_ID[:-1], UNKNOWN_ID + "0", "{" + UNKNOWN_ID + "}", "(" + UNKNOWN_ID + ")", UNKNOWN_ID + "\0"),
    *(
        "a" * 5000,
        "\0",
        "\u0663" * 8 + UNKNOWN_ID[8:],
        "\U0001f600",
        "\ufffe",
        "'",
        "%",
        "%2f",
        "*",
        "\\",
        "~",
        "1;x=2",
        " ",
    ),
    "{0x00000000,0x0000,0x0000,{0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x00}}",
    *("' or RowKey ne '", "\r\n", "$metadata", "__proto__", "null", "undefined"),
]
BY_ID = [each for each in OPERATIONS if "{id}" in each.path]


@pytest.mark.parametrize("operation", BY_ID, ids=[each.id for each in BY_ID])
def test_what_is_no_id_leads_nowhere(caller: Caller, operation: Operation) -> None:
    for text in [*(quote(each, safe="") for each in IDS), "%ff", "%ed%a0%80", "%c0%ae%c0%ae"]:
        path = operation.path.replace("{id}", text)
        answer = caller.call(operation.id, operation.method.upper(), path)
        assert answer.status_code in {400, 404}, (text, answer.text)
        if answer.status_code == 400:
            assert list(assert_problem(answer, 400)["errors"]) == ["id"]
        else:
            assert answer.json()["status"] == 404


KEYS: list[bytes] = [b"", b"x", b"\xe6\xff", b"x" * 5000, b"a, b"]
PASSWORDS: list[bytes] = [
    b"Basic",
    b"Basic !!!",
    b"Basic \xff",
    b"Basic eA==",
    b"Basic /////w==",
    b"Basic " + b"a" * 5000,
]


@pytest.mark.parametrize("name", ["metrics_form", "metrics_page", "export_email_metrics", "export_sms_metrics"])
def test_a_key_that_is_none_is_answered_401(caller: Caller, name: str) -> None:
    operation = next(each for each in OPERATIONS if each.id == name)
    headers = [{"X-API-Key": key} for key in KEYS] + [{"X-API-Key": b"", "Authorization": each} for each in PASSWORDS]
    for sent in headers:
        answer = caller.call(name, operation.method.upper(), operation.path, content=b"", headers=sent)
        assert answer.status_code == 401, sent
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_key_shows_no_more_of_health_than_none(caller: Caller) -> None:
    for key in KEYS:
        answer = caller.call("health", "GET", "/health", headers={"X-API-Key": key})
        assert (answer.status_code, answer.text) == (200, "Healthy")
