"""The contract's examples (http-contract.md sections 9.1, 9.6, 9.7, 9.14), posted, and their answers compared.

Where spec/README.md differs, it wins: errors stand under the paths that the client sent (item 1), all at once. Dates
are moved to where they are ahead, and what needs a contact register is an address instead.
"""

from uuid import uuid4

import httpx
import pytest

from tests.system.expect import API, FEED, ORDERS, SHIPMENTS, alike, assert_json, assert_problem
from tests.system.orders import Document, order, sms_recipient
from tests.system.published import published
from tests.system.running import System
from tests.system.times import ahead, written

pytestmark = pytest.mark.system

SILENT_SMS = "+4799990940"


def minimal_email() -> Document:
    return {
        "idempotencyId": str(uuid4()),
        "recipient": {
            "recipientEmail": {
                "emailAddress": "ola.normann@example.com",
                "emailSettings": {
                    "subject": "New message\nfrom TTD",
                    "body": "You have received a new message in Altinn.",
                },
            }
        },
    }


def order_with_two_reminders() -> Document:
    return {
        "idempotencyId": str(uuid4()),
        "sendersReference": "te-123-123",
        "requestedSendTime": written(ahead(days=7)),
        "conditionEndpoint": "https://conditions.example.com/api/check/123",
        "dialogportenAssociation": {
            "dialogId": "0190f8a2-1111-7d3c-8f4e-5a6b7c8d9e0f",
            "transmissionId": "0190f8a2-2222-7d3c-8f4e-5a6b7c8d9e0f",
        },
        "recipient": {
            "recipientEmail": {
                "emailAddress": "post@example.com",
                "emailSettings": {
                    "subject": "Message to $recipientName$",
                    "body": "<p>Hello $recipientName$ ($recipientNumber$)</p>",
                    "contentType": "Html",
                    "senderEmailAddress": "noreply@example.com",
                    "sendingTimePolicy": "Anytime",
                },
            }
        },
        "reminders": [
            {
                "sendersReference": "te-123-123-rem-1",
                "conditionEndpoint": "https://conditions.example.com/api/check/123/reminder",
                "delayDays": 7,
                "recipient": {
                    "recipientSms": {
                        "phoneNumber": "+4799999999",
                        "smsSettings": {"body": "Reminder: unread message in Altinn."},
                    }
                },
            },
            {
                "sendersReference": "te-123-123-rem-2",
                "requestedSendTime": written(ahead(days=21)).replace("Z", "+02:00"),
                "recipient": {
                    "recipientEmail": {
                        "emailAddress": "post@example.com",
                        "emailSettings": {"subject": "Second reminder", "body": "Unread message in Altinn."},
                    }
                },
            },
        ],
    }


SEVERAL_ERRORS = {
    "idempotencyId": "order-2026-000124",
    "requestedSendTime": "2020-01-01T08:00:00",
    "conditionEndpoint": "ftp://conditions.example.com/x",
    "recipient": {
        "recipientPerson": {
            "nationalIdentityNumber": "123",
            "channelSchema": "EmailAndSms",
            "resourceAction": "read",
            "emailSettings": {"subject": "Hi", "body": "Hello", "sendingTimePolicy": "Daytime"},
        }
    },
    "reminders": [{"recipient": {"recipientSms": {"phoneNumber": "99999999", "smsSettings": {"body": "Hello"}}}}],
}
THE_ERRORS = {
    "requestedSendTime": [
        "The requested send time value must have specified a time zone.",
        "RequestedSendTime must be greater than or equal to now.",
    ],
    "conditionEndpoint": ["ConditionEndpoint must use http or https scheme."],
    "recipient.recipientPerson.smsSettings": ["SmsSettings must be set when ChannelSchema is EmailAndSms"],
    "recipient.recipientPerson.emailSettings.sendingTimePolicy": ["Email only supports send time anytime"],
    "recipient.recipientPerson.resourceAction": ["ResourceAction cannot be specified without a ResourceId."],
    "recipient.recipientPerson.nationalIdentityNumber": ["National identity number must be 11 digits long."],
    "reminders[0]": ["Either DelayDays or RequestedSendTime must be defined, but not both."],
    "reminders[0].recipient.recipientSms.phoneNumber": ["Recipient phone number is not a valid mobile number."],
}
CANCELLED = "Order processing was stopped due to order being cancelled."
SEQ = "The field Seq must be between 0 and 9.223372036854776E+18."


async def test_example_9_1_1_a_minimal_email_is_sent_at_once(system: System) -> None:
    placed = minimal_email()
    async with system.client() as http:
        first = await http.post(ORDERS, json=placed)
        again = await http.post(ORDERS, json={**placed, "sendersReference": "another content"})
    answer = assert_json(first, 201)
    assert alike(answer, {"notificationOrderId": "<id>", "notification": {"shipmentId": "<id>"}})
    assert first.headers["location"].endswith(f"{API}/orders/chain/{answer['notificationOrderId']}")
    assert again.text == first.text
    assert (again.status_code, again.headers.get("location")) == (200, None)
    await system.until_final([answer["notification"]["shipmentId"]])
    calls = await system.emails()
    subjects = [call["subject"] for call in calls if call["recipient"] == "ola.normann@example.com"]
    assert "New message from TTD" in subjects


async def test_example_9_1_2_an_order_with_two_reminders(system: System) -> None:
    example = {
        "notificationOrderId": "<id>",
        "notification": {
            "reminders": [
                {"shipmentId": "<id>", "sendersReference": "te-123-123-rem-1"},
                {"shipmentId": "<id>", "sendersReference": "te-123-123-rem-2"},
            ],
            "shipmentId": "<id>",
            "sendersReference": "te-123-123",
        },
    }
    async with system.client() as http:
        assert alike(assert_json(await http.post(ORDERS, json=order_with_two_reminders()), 201), example)


async def test_example_9_1_3_several_errors_are_told_at_once(system: System) -> None:
    async with system.client() as http:
        assert assert_problem(await http.post(ORDERS, json=SEVERAL_ERRORS), 400)["errors"] == THE_ERRORS


async def test_example_9_1_missing_members_are_told_by_the_names_that_clients_use(system: System) -> None:
    async with system.client() as http:
        problem = assert_problem(await http.post(ORDERS, json={"sendersReference": "x"}), 400)
    assert problem["errors"] == {
        "idempotencyId": ["The idempotencyId field is required."],
        "recipient": ["The recipient field is required."],
    }


async def test_example_9_1_empty_members_are_told_with_the_contracts_texts(system: System) -> None:
    placed = minimal_email() | {"idempotencyId": ""}
    placed["recipient"]["recipientEmail"]["emailSettings"]["subject"] = ""
    async with system.client() as http:
        problem = assert_problem(await http.post(ORDERS, json=placed), 400)
    assert problem["errors"] == {
        "idempotencyId": ["IdempotencyId cannot be null or empty."],
        "recipient.recipientEmail.emailSettings.subject": ["The email subject must not be empty."],
    }


async def test_example_9_6_1_a_shipment_that_was_handed_over_and_not_reported_yet(system: System) -> None:
    placed = await system.order(order(sms_recipient(SILENT_SMS), sendersReference="te-123-123"))
    manifest = await system.until_status(placed["notification"]["shipmentId"], "SMS_Accepted")
    recipient = {"type": "SMS", "destination": SILENT_SMS, "status": "SMS_Accepted", "lastUpdate": "<time>"}
    example = {
        "shipmentId": placed["notification"]["shipmentId"],
        "sendersReference": "te-123-123",
        "type": "Notification",
        "status": "Order_Processed",
        "lastUpdate": "<time>",
        "recipients": [recipient],
    }
    (shown,) = manifest["recipients"]
    # What old clients do not know stands beside what they do.
    assert (shown.pop("segments"), [each["status"] for each in shown.pop("history")]) == (1, ["SMS_New"])
    assert alike(manifest, example)


async def test_example_9_6_2_a_reminder_that_is_not_due(system: System) -> None:
    reminder = (await system.order(order_with_two_reminders()))["notification"]["reminders"][0]["shipmentId"]
    async with system.client() as http:
        manifest = assert_json(await http.get(f"{SHIPMENTS}/{reminder}"), 200)
    example = {
        "shipmentId": reminder,
        "sendersReference": "te-123-123-rem-1",
        "type": "Reminder",
        "status": "Order_Registered",
        "lastUpdate": "<time>",
        "recipients": [],
    }
    assert alike(manifest, example)


async def test_examples_9_7_1_and_2_the_feed_from_both_ends(system: System) -> None:
    first = (await system.order(minimal_email(), "reader"))["notification"]["shipmentId"]
    await system.until_final([first], "reader")
    await published(system, [first], "reader")
    sms = order(sms_recipient("+4799990902"), sendersReference="login-4711")
    second = (await system.order(sms, "reader"))["notification"]["shipmentId"]
    await system.until_final([second], "reader")
    await published(system, [second], "reader")
    examples = [
        {
            "sequenceNumber": 1,
            "shipmentId": first,
            "recipients": [
                {"destination": "ola.normann@example.com", "status": "Email_Delivered", "lastUpdate": "<time>"}
            ],
            "status": "Order_Completed",
            "lastUpdate": "<time>",
            "shipmentType": "Notification",
        },
        {
            "sequenceNumber": 2,
            "shipmentId": second,
            "sendersReference": "login-4711",
            "recipients": [{"destination": "+4799990902", "status": "SMS_Failed_Expired", "lastUpdate": "<time>"}],
            "status": "Order_Completed",
            "lastUpdate": "<time>",
            "shipmentType": "Notification",
        },
    ]
    async with system.client("reader") as http:
        assert alike(assert_json(await http.get(FEED, params={"seq": 0, "pageSize": 2}), 200), examples)
        last = assert_json(await http.get(FEED, params={"orderBy": "desc", "pageSize": 1}), 200)
        assert alike(last, examples[1:])


async def test_example_9_7_3_a_query_that_cannot_be_read_and_one_beyond_the_end(system: System) -> None:
    async with system.client() as http:
        problem = assert_problem(await http.get(FEED, params={"seq": -1, "orderBy": "xyz"}), 400)
        assert problem["errors"] == {"seq": [SEQ], "orderBy": ["The value 'xyz' is not valid for OrderBy."]}
        assert assert_json(await http.get(FEED, params={"seq": 9_999_999}), 200) == []


async def test_example_9_14_1_a_cancelled_shipment(system: System) -> None:
    due = written(ahead(days=7))
    placed = minimal_email() | {"sendersReference": "ref-2026-01", "requestedSendTime": due}
    shipment = (await system.order(placed))["notification"]["shipmentId"]
    example = {
        "id": shipment,
        "sendersReference": "ref-2026-01",
        "requestedSendTime": due,
        "creator": "ttd",
        "created": "<time>",
        "notificationChannel": "Email",
        "processingStatus": {"status": "Cancelled", "description": CANCELLED, "lastUpdate": "<time>"},
    }
    async with system.client() as http:
        answer = assert_json(await http.put(f"{API}/orders/{shipment}/cancel"), 200)
    assert alike(answer, example)


async def test_example_9_14_2_too_late_to_cancel(system: System) -> None:
    shipment = (await system.order(minimal_email()))["notification"]["shipmentId"]
    async with system.client() as http:
        assert_problem(await cancelled(http, shipment), 409)
    await system.until_final([shipment])
    async with system.client() as http:
        assert_problem(await cancelled(http, shipment), 409)


async def cancelled(http: httpx.AsyncClient, shipment: str) -> httpx.Response:
    return await http.put(f"{API}/orders/{shipment}/cancel")
