"""Orders that must be refused, each with the errors that it is refused with."""

import json
from typing import Any, NamedTuple

from tests.system.orders import BODY, SUBJECT, email_recipient, order, sms_recipient
from tests.system.times import ahead, written

REFUSED_ADDRESS = "refused@example.com"
NO_ZONE = "The requested send time value must have specified a time zone."
PAST = "RequestedSendTime must be greater than or equal to now."
ONE_RECIPIENT = "Must have exactly one recipient."


class BadOrder(NamedTuple):
    """A body that answers 400, the paths that it is told about, and one of the texts under the first of them."""

    title: str
    body: bytes
    paths: tuple[str, ...]
    text: str = ""


def bad_orders(identity: str) -> list[BadOrder]:
    """One order for each way of being wrong; all would use this idempotencyId and reach one address."""
    return [*_unreadable(identity), *_members(identity), *_times(identity), *_recipients(identity)]


def good_order(identity: str) -> dict[str, Any]:
    """The order that the bad ones differ from in one thing each."""
    return order(email_recipient(REFUSED_ADDRESS), idempotencyId=identity)


def _bad(title: str, path: str, text: str, identity: str, **changes: Any) -> BadOrder:
    return BadOrder(title, json.dumps({**good_order(identity), **changes}).encode(), (path,), text)


def _unreadable(identity: str) -> list[BadOrder]:
    whole = json.dumps(good_order(identity))
    deep = whole[:-1] + ', "more": ' + "[" * 40 + "]" * 40 + "}"
    return [
        BadOrder("cut off", whole[:-1].encode(), ("$",), "The body is not valid JSON"),
        BadOrder("a trailing comma", (whole[:-1] + ",}").encode(), ("$",), "The body is not valid JSON"),
        BadOrder("a comment", (whole + " // there").encode(), ("$",), "The body is not valid JSON"),
        BadOrder("not UTF-8", whole.encode("utf-16"), ("$",), "The body is not valid UTF-8"),
        BadOrder("empty", b"", ("$",), "A non-empty request body is required."),
        BadOrder("null", b"null", ("$",), "A non-empty request body is required."),
        BadOrder("a list", f"[{whole}]".encode(), ("$",), "could not be converted to an object"),
        BadOrder("too deep", deep.encode(), (f"more{'[0]' * 31}",), "nested deeper than 32 levels"),
        BadOrder("NaN", (whole[:-1] + ', "reminders": NaN}').encode(), ("reminders",), "NaN and Infinity"),
    ]


def _members(identity: str) -> list[BadOrder]:
    wrong = "could not be converted"
    reminder = {"recipient": email_recipient(REFUSED_ADDRESS)}
    one_day = {**reminder, "delayDays": 1}
    return [
        BadOrder("no members", b"{}", ("idempotencyId", "recipient"), "The idempotencyId field is required."),
        _bad("a number for an id", "idempotencyId", wrong, identity, idempotencyId=17),
        _bad("a blank id", "idempotencyId", "IdempotencyId cannot be null or empty.", identity, idempotencyId=" "),
        _bad("a long id", "idempotencyId", "1024", identity, idempotencyId=identity + "x" * 1024),
        _bad("a text for a recipient", "recipient", wrong, identity, recipient=REFUSED_ADDRESS),
        _bad("an object for reminders", "reminders", wrong, identity, reminders={}),
        _bad("null for a reminder", "reminders[0]", "", identity, reminders=[None]),
        _bad("no days, no time", "reminders[0]", "Either DelayDays or", identity, reminders=[reminder]),
        _bad("words for days", "reminders[0].delayDays", wrong, identity, reminders=[{**reminder, "delayDays": "x"}]),
        _bad("zero days", "reminders[0].delayDays", "1 day", identity, reminders=[{**reminder, "delayDays": 0}]),
        _bad("31 reminders", "reminders", "30", identity, reminders=[one_day] * 31),
        _bad("ftp", "conditionEndpoint", "must use http or https", identity, conditionEndpoint="ftp://example.com"),
        _email("an unknown format", "contentType", wrong, identity, contentType="Rtf"),
        _email("an undefined format", "contentType", "either Plain or HTML", identity, contentType=7),
        _email("an unknown policy", "sendingTimePolicy", wrong, identity, sendingTimePolicy="Nighttime"),
        _email("daytime email", "sendingTimePolicy", "anytime", identity, sendingTimePolicy="Daytime"),
        _email("a number for a subject", "subject", wrong, identity, subject=1),
        _email("null for a subject", "subject", "The email subject must not be empty.", identity, subject=None),
        _email("an empty body", "body", "The email body must not be empty.", identity, body=""),
        _email("a bad sender", "senderEmailAddress", "sender email address", identity, senderEmailAddress="x"),
        _email("a long subject", "subject", "2000", identity, subject="x" * 2001),
    ]


def _email(title: str, member: str, text: str, identity: str, **settings: Any) -> BadOrder:
    recipient = email_recipient(REFUSED_ADDRESS, **settings)
    return _bad(title, f"recipient.recipientEmail.emailSettings.{member}", text, identity, recipient=recipient)


def _times(identity: str) -> list[BadOrder]:
    hour_ago, tomorrow = ahead(hours=-1), ahead(days=1)
    late = {"recipient": email_recipient(REFUSED_ADDRESS), "requestedSendTime": written(hour_ago)}
    naive = tomorrow.replace(tzinfo=None).isoformat()
    time = "requestedSendTime"
    return [
        _bad("no time zone", time, NO_ZONE, identity, requestedSendTime=naive),
        _bad("a date alone", time, NO_ZONE, identity, requestedSendTime=naive[:10]),
        _bad("in the past", time, PAST, identity, requestedSendTime=written(hour_ago)),
        _bad("both", time, PAST, identity, requestedSendTime=hour_ago.replace(tzinfo=None).isoformat()),
        _bad("no time at all", time, "could not be converted", identity, requestedSendTime="soon"),
        _bad("a number for a time", time, "could not be converted", identity, requestedSendTime=5),
        _bad("null for a time", time, "", identity, requestedSendTime=None),
        _bad("a late reminder", f"reminders[0].{time}", "current UTC time", identity, reminders=[late]),
    ]


def _recipients(identity: str) -> list[BadOrder]:
    email, sms = email_recipient(REFUSED_ADDRESS), sms_recipient()
    settings = {"emailSettings": {"subject": SUBJECT, "body": BODY}}
    person = {"recipientPerson": {"nationalIdentityNumber": "1606941234", "channelSchema": "Email", **settings}}
    return [
        _bad("two recipients", "recipient", ONE_RECIPIENT, identity, recipient=email | sms),
        _bad("no recipient", "recipient", ONE_RECIPIENT, identity, recipient={}),
        _bad("null for a recipient", "recipient", "", identity, recipient=None),
        _bad(
            "a person by ten digits",
            "recipient.recipientPerson.nationalIdentityNumber",
            "National identity number must be 11 digits long.",
            identity,
            recipient=person,
        ),
        _bad(
            "a bad address",
            "recipient.recipientEmail.emailAddress",
            "Invalid email address format.",
            identity,
            recipient=email_recipient("somebody@localhost"),
        ),
        _bad(
            "no country code",
            "recipient.recipientSms.phoneNumber",
            "Recipient phone number is not a valid mobile number.",
            identity,
            recipient=sms_recipient("99999999"),
        ),
        _bad(
            "a land line",
            "recipient.recipientSms.phoneNumber",
            "Recipient phone number is not a valid mobile number.",
            identity,
            recipient=sms_recipient("+4722222222"),
        ),
        _bad(
            "17 segments",
            "recipient.recipientSms.smsSettings.body",
            "16",
            identity,
            recipient=sms_recipient(body="x" * (16 * 153 + 1)),
        ),
        _bad(
            "an impossible sender",
            "recipient.recipientSms.smsSettings.sender",
            "",
            identity,
            recipient=sms_recipient(sender="<script>"),
        ),
    ]
