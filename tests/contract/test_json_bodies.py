import json

import pytest

from notifications.contract.json_document import read_document
from notifications.contract.limits import Limits
from notifications.contract.problems import BodyTooLarge, ValidationFailed
from tests.contract.builders import email_recipient, errors, order, parse

EMPTY = "A non-empty request body is required."
TOO_DEEP = "The JSON is nested deeper than 32 levels."
NOT_FINITE = "NaN and Infinity are not JSON values."


@pytest.mark.parametrize("body", [b"", b" \r\n", b"null", b"\xef\xbb\xbf"])
def test_an_empty_body_is_refused(body: bytes) -> None:
    assert errors(body) == {"$": [EMPTY]}


@pytest.mark.parametrize("body", [b"[]", b"5", b'"x"', b"true"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert errors(body) == {"$": ["The JSON value could not be converted to an object."]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": }', "The body is not valid JSON: Expecting value (line 1, column 7)."),
        (b'{"a": 1}\n x', "The body is not valid JSON: Extra data (line 2, column 2)."),
        (b'{"a": "b\nc"}', "The body is not valid JSON: Invalid control character at (line 1, column 9)."),
        (b'{"a": 1 /* b */}', "The body is not valid JSON: Expecting ',' delimiter (line 1, column 9)."),
        (b'{"a": "\xff"}', "The body is not valid UTF-8 (byte 7)."),
        (b'{"a": "\xed\xa0\x80"}', "The body is not valid UTF-8 (byte 7)."),
    ],
)
def test_a_body_that_is_not_json_is_told_where(body: bytes, message: str) -> None:
    assert errors(body) == {"$": [message]}


def test_a_byte_order_mark_is_passed_over() -> None:
    parse(b"\xef\xbb\xbf" + json.dumps(order()).encode())


def test_nan_is_told_under_its_path() -> None:
    body = b'{"Reminders": [{}, {"delayDays": NaN}], "other": {"x": -Infinity}}'
    assert errors(body) == {"Reminders[1].delayDays": [NOT_FINITE], "other.x": [NOT_FINITE]}


def test_a_name_of_the_clients_own_invention_is_not_echoed() -> None:
    assert errors(b'{"a\\ud800 b": NaN}') == {"$": [NOT_FINITE]}
    assert errors(b'{"recipient": {"ola@example.com": NaN}}') == {"recipient": [NOT_FINITE]}


def test_faults_beyond_a_hundred_are_not_listed() -> None:
    assert len(errors(b'{"a": [' + b"NaN," * 500 + b"NaN]}")) == 100


@pytest.mark.parametrize("digits", ["1e999", "9" * 40, "-" + "9" * 10_000])
def test_a_huge_number_is_no_integer(digits: str) -> None:
    body = json.dumps(order(reminders=[{"delayDays": 1}])).replace('"delayDays": 1', f'"delayDays": {digits}')
    told = errors(body.encode())
    assert told["reminders[0].delayDays"] == ["The JSON value could not be converted to an integer."]


def nested(levels: int) -> bytes:
    return json.dumps(order()).encode()[:-1] + b', "extra": ' + b"[" * levels + b"]" * levels + b"}"


def test_thirty_two_levels_are_taken_and_one_more_is_not() -> None:
    parse(nested(31))
    assert errors(nested(32)) == {"extra" + "[0]" * 31: [TOO_DEEP]}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, nested(90_000)])
def test_absurd_depth_is_refused_without_exhausting_the_stack(body: bytes) -> None:
    assert errors(body) == {"$": [TOO_DEEP]}


def test_of_duplicates_the_last_wins_in_whatever_letter_case() -> None:
    body = (
        json.dumps(order()).encode()[:-1]
        + b', "sendersReference": 1, "SENDERSREFERENCE": "a", "sendersReference": "b"}'
    )
    assert parse(body).shipments[0].content.senders_reference == "b"


def test_an_error_about_a_duplicate_has_the_name_of_the_last() -> None:
    body = json.dumps(order()).encode()[:-1] + b', "sendersReference": "a", "SendersReference": 5}'
    assert list(errors(body)) == ["SendersReference"]


def test_a_name_that_only_looks_the_same_is_unknown() -> None:
    # the Kelvin sign's lower case is k
    document = read_document(b'{"\\u212aEY": 1, "KEY": 2}', {"key": "key"}, Limits())
    assert document == {"\u212aEY": 1, "key": 2}


def test_unknown_members_are_ignored_whatever_they_hold() -> None:
    parse(order(senderName=["\0", "\ud800", 1e300], message=None))


def test_a_body_may_be_as_large_as_its_limit_and_no_larger() -> None:
    body = json.dumps(order()).encode()
    parse(body, limits=Limits(body_bytes=len(body)))
    with pytest.raises(BodyTooLarge, match=f"larger than {len(body)} bytes") as raised:
        parse(body + b" ", limits=Limits(body_bytes=len(body)))
    assert raised.value.limit == len(body)


@pytest.mark.parametrize("filler", [b"[],", b"{},", b"1,"])
def test_a_body_of_very_many_values_is_refused_before_it_is_read(filler: bytes) -> None:
    body = b'{"a": [' + filler * 100_000 + b"0]}"
    assert errors(body) == {"$": ["The JSON holds more than 100000 values."]}


def test_punctuation_within_a_text_is_no_value() -> None:
    text = '{"[,\\' * 50_000
    draft = parse(order(recipient=email_recipient(body=text)))
    assert draft.shipments[0].content.email is not None
    assert draft.shipments[0].content.email.body == text


def test_a_text_that_does_not_end_is_told_where_it_began() -> None:
    body = b'{"a": "' + b'\\"' * 200_000
    assert errors(body) == {"$": ["The body is not valid JSON: Unterminated string starting at (line 1, column 7)."]}


@pytest.mark.parametrize("body", [b'{"secret', json.dumps(order(sendersReference=["secret"])).encode()])
def test_what_is_raised_holds_nothing_of_the_body(body: bytes) -> None:
    with pytest.raises(ValidationFailed) as raised:
        parse(body)
    assert "secret" not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
