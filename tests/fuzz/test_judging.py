"""The judge of described requests knows right from wrong: without it a run that is clean would say nothing."""

import json
from typing import Any

import pytest

from tests.contract.builders import ABSENT, Request, changed, full_order
from tests.contract.orders import FULL
from tests.contract.requests import instant_sms, legacy_email, legacy_sms
from tests.fuzz.judging import is_valid, judge
from tests.fuzz.reasons import unexplained

REFUSED = {"errors": {"recipient": ["No such text."]}}


@pytest.mark.parametrize("name", FULL)
def test_a_full_request_is_to_be_taken(name: str) -> None:
    for request in FULL[name]:
        judge(name, json.dumps(request), 201, {})
        with pytest.raises(AssertionError, match="refused although"):
            judge(name, json.dumps(request), 400, REFUSED)


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"null", b"5", b'{"idempotencyId": NaN}', b"\xff"])
def test_what_is_no_order_is_to_be_refused(sent: bytes) -> None:
    judge("place_order", sent, 400, REFUSED)
    with pytest.raises(AssertionError, match="taken although"):
        judge("place_order", sent, 201, {})


def test_an_answer_that_is_neither_is_wrong() -> None:
    with pytest.raises(AssertionError, match="answered 500"):
        judge("place_order", json.dumps(full_order()), 500, {})
    with pytest.raises(AssertionError, match="answered 422"):
        judge("send_instant_sms", json.dumps(instant_sms()), 422, {})


def test_what_is_taken_in_other_spellings_by_design_is_to_be_taken() -> None:
    sms = {"PHONENUMBER": "+4799999999", "timetoliveinseconds": "300", "smsSettings": {"Body": "Hello"}}
    assert is_valid("send_instant_sms", {"IdempotencyId": "x", "recipientSMS": sms})
    assert is_valid("place_legacy_email_order", legacy_email(contentType="hTML"))
    assert is_valid("place_legacy_email_order", legacy_email(contentType=1))
    assert is_valid("place_legacy_email_order", legacy_email(contentType="0"))


@pytest.mark.parametrize("value", [2, "2", "Rtf", True, 1.5, []])
def test_what_no_spelling_means_is_to_be_refused(value: Any) -> None:
    assert not is_valid("place_legacy_email_order", legacy_email(contentType=value))


@pytest.mark.parametrize("value", [59, "59", "300 s", "", True, ABSENT])
def test_numbers_keep_their_bounds_however_they_are_written(value: Any) -> None:
    request: Request = changed(instant_sms(), ("recipientSms", "timeToLiveInSeconds"), value)
    assert not is_valid("send_instant_sms", request)


def test_of_two_spellings_of_a_member_the_last_counts() -> None:
    assert is_valid("send_instant_sms", {"IdempotencyId": None, **instant_sms()})
    assert not is_valid("send_instant_sms", {**instant_sms(), "IdempotencyId": None})


def test_of_addresses_that_are_not_used_only_the_length_counts() -> None:
    somebody = {"mobileNumber": "+4799999999", "emailAddress": "nobody"}
    assert is_valid("place_legacy_sms_order", legacy_sms(somebody))
    assert not is_valid("place_legacy_email_order", legacy_email(somebody))
    assert not is_valid("place_legacy_sms_order", legacy_sms(somebody | {"emailAddress": "x" * 321}))


def test_a_reason_holds_for_its_own_member_alone() -> None:
    text = ["Recipient phone number is not a valid mobile number."]
    assert unexplained({"recipient.recipientSms.phoneNumber": text}) == {}
    assert unexplained({"recipient.recipientSms": text}) == {"recipient.recipientSms": text}
