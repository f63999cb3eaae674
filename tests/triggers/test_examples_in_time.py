"""The examples of answers that take time or a provider's help: the clock is moved to where each of them is.

The others are asked of a running system (tests/system/test_contract_examples.py), which has every request as well.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import azure.functions as func
import pytest

from notifications.contract.openapi.examples import Example, examples
from notifications.domain.contacts import ContactPoints
from notifications.domain.ids import decode
from notifications.domain.order import Recipient
from notifications.domain.outcomes import Postponed
from tests.contract.builders import Request as Body
from tests.contract.builders import changed
from tests.contract.documented import BASE, answer_schema, failures
from tests.contract.likeness import differences
from tests.stages.world import email_report, sms_report
from tests.triggers.asks import Ask, placing
from tests.triggers.edge import Edge

type Told = Callable[[Edge], Awaitable[func.HttpResponse]]

PLACED_AT = datetime(2026, 8, 3, 7, 12, 45, 120000, tzinfo=UTC)
DUE = datetime(2026, 8, 10, 8, tzinfo=UTC)
OLA = Recipient(national_identity_number="16869412345")
RESERVED = Recipient(national_identity_number="29924112345")
FIRM = Recipient(organization_number="312508729")
EMAIL_OF_OLA = ContactPoints(emails=("ola.normann@example.com",))
BOTH_OF_FIRM = ContactPoints(emails=("post@example.com",), mobiles=("+4799999999",))
RECIPIENT = ("recipient", "recipientOrganization")


def example(operation: str, name: str) -> Example:
    return next(each for each in examples()[operation] if each.name == name)


def request(operation: str, name: str, **members: Any) -> Body:
    """The request of an example, or one that differs in some members."""
    body: Body = example(operation, name).request
    return body | members


async def placed(edge: Edge, operation: str, body: Body) -> Any:
    answer = await placing(edge, operation, body).answer(edge)
    assert answer.status_code in {201, 202}, answer.get_body()
    return json.loads(answer.get_body())


async def asked(edge: Edge, operation: str, identity: str = "", **given: Any) -> func.HttpResponse:
    route = {"id": identity} if identity else {}
    return await Ask(operation=operation, credentials=edge.bearer(), route=route, **given).answer(edge)


async def report_email(edge: Edge, shipment: str, status: str, number: int = 1) -> None:
    address = decode(UUID(shipment))
    assert address
    await edge.world.report.email(email_report((address.shipment_id.notification(number), status)))
    await edge.world.run(2)


async def report_sms(edge: Edge, to: str, state: str) -> None:
    """Report the SMS to a number."""
    (message,) = [call for call in edge.world.sms.calls if call.recipient == to]
    await edge.world.report.sms(sms_report((edge.world.sms.references[message.notification_id], state)))
    await edge.world.run(2)


async def with_reminder(edge: Edge, scheme: str = "EmailPreferred") -> Any:
    """The example's order with its first reminder alone."""
    edge.world.directory.known[FIRM] = BOTH_OF_FIRM
    body = request("place_order", "reminders")
    body = changed(body, (*RECIPIENT, "channelSchema"), scheme) | {"reminders": body["reminders"][:1]}
    return await placed(edge, "place_order", body)


async def sent(edge: Edge, scheme: str = "EmailPreferred") -> Any:
    order = await with_reminder(edge, scheme)
    await edge.world.run_to(DUE)
    await edge.world.run(2)
    return order


async def completed(edge: Edge) -> Any:
    order = await sent(edge)
    await report_email(edge, order["notification"]["shipmentId"], "Delivered")
    return order


async def looked_up(edge: Edge) -> str:
    """The legacy example whose recipients are looked up: one is reached, one reserved, one has no address."""
    edge.world.directory.known |= {OLA: EMAIL_OF_OLA, RESERVED: ContactPoints(reserved=True)}
    body = request("place_legacy_email_order", "lookup", sendersReference="ref-3")
    order: str = (await placed(edge, "place_legacy_email_order", body))["orderId"]
    await edge.world.run(2)
    return order


async def a_chain_that_was_sent(edge: Edge) -> func.HttpResponse:
    return await asked(edge, "get_chain", (await completed(edge))["notificationOrderId"])


async def a_chain_cancelled_in_part(edge: Edge) -> func.HttpResponse:
    return await asked(edge, "cancel_chain", (await completed(edge))["notificationOrderId"])


async def a_cancelled_order(edge: Edge) -> func.HttpResponse:
    body = request("place_legacy_email_order", "address")
    return await asked(edge, "cancel_order", (await placed(edge, "place_legacy_email_order", body))["orderId"])


async def an_order_too_late_to_cancel(edge: Edge) -> func.HttpResponse:
    order = await placed(edge, "place_legacy_email_order", request("place_legacy_email_order", "address"))
    edge.world.clock.moment = DUE - timedelta(minutes=5)
    return await asked(edge, "cancel_order", order["orderId"])


async def what_a_person_was_sent(edge: Edge) -> func.HttpResponse:
    edge.world.clock.moment = datetime(2026, 7, 19, tzinfo=UTC)
    edge.world.directory.known[OLA] = ContactPoints(emails=EMAIL_OF_OLA.emails, mobiles=("+4799999999",))
    person = {
        "nationalIdentityNumber": OLA.national_identity_number,
        "channelSchema": "EmailAndSms",
        "resourceId": "urn:altinn:resource:te_svc123",
        "emailSettings": {"subject": "A subject", "body": "A body"},
        "smsSettings": {"body": "A text"},
    }
    body = {
        "idempotencyId": "te-55",
        "sendersReference": "te-55",
        "requestedSendTime": "2026-07-20T08:00:00Z",
        "recipient": {"recipientPerson": person},
    }
    order = await placed(edge, "place_order", body)
    await edge.world.run_to(datetime(2026, 7, 20, 8, 0, 2, tzinfo=UTC))
    await report_email(edge, order["notification"]["shipmentId"], "Delivered")
    await edge.world.run_to(PLACED_AT)
    return await searched(edge, "dashboard_person")


async def what_an_organisation_was_sent(edge: Edge) -> func.HttpResponse:
    """The register knew an address when the reminder was ordered, and none when it was sent."""
    edge.world.clock.moment = datetime(2026, 8, 1, tzinfo=UTC)
    edge.world.directory.known[FIRM] = BOTH_OF_FIRM
    settings = {"emailSettings": {"subject": "S", "body": "B"}, "smsSettings": {"body": "T"}}
    firm = {"orgNumber": FIRM.organization_number, "channelSchema": "EmailPreferred", **settings}
    reminder = {"requestedSendTime": "2026-08-02T08:00:00Z", "recipient": {"recipientOrganization": firm}}
    await placed(edge, "place_order", request("place_order", "minimal", reminders=[reminder]))
    edge.world.directory.known.clear()
    await edge.world.run_to(PLACED_AT)
    return await searched(edge, "dashboard_organization")


async def searched(edge: Edge, operation: str) -> func.HttpResponse:
    parameters = dict(example(operation, "found").parameters)
    params = {name: parameters[name] for name in ("from", "to") if name in parameters}
    headers = {name: value for name, value in parameters.items() if name not in params}
    return await asked(edge, operation, params=params, headers=headers)


async def emails_of_all_kinds(edge: Edge) -> func.HttpResponse:
    order = await looked_up(edge)
    await report_email(edge, order, "Delivered")
    return await asked(edge, "get_email_notifications", order)


async def an_email_that_expired(edge: Edge) -> func.HttpResponse:
    recipients = [{"emailAddress": "kari.nordmann@example.com"}]
    body = {"recipients": recipients, "subject": "A subject", "body": "A body"}
    order = await placed(edge, "place_legacy_email_order", body)
    await edge.world.run_to(PLACED_AT + timedelta(days=3))
    return await asked(edge, "get_email_notifications", order["orderId"])


async def a_page_of_the_feed(edge: Edge) -> func.HttpResponse:
    first = await placed(edge, "place_order", request("place_order", "minimal"))
    await edge.world.run(2)
    await report_email(edge, first["notification"]["shipmentId"], "Delivered")
    await placed(edge, "send_instant_sms", request("send_instant_sms", "new"))
    await report_sms(edge, "+4799999999", "EXPIRED")
    return await asked(edge, "get_feed", params={"seq": "0", "pageSize": "2"})


async def the_newest_entry_of_the_feed(edge: Edge) -> func.HttpResponse:
    edge.world.conditions.answers.extend([True, False])
    await completed(edge)
    await edge.world.run_to(DUE + timedelta(days=7))
    await edge.world.run(2)
    parameters = {name: str(value) for name, value in example("get_feed", "newest").parameters.items()}
    return await asked(edge, "get_feed", params=parameters)


async def the_log_of_a_dialog(edge: Edge) -> func.HttpResponse:
    await completed(edge)
    return await asked(edge, "get_log", params=dict(example("get_log", "dialog").parameters))


async def an_order_that_is_being_sent(edge: Edge) -> func.HttpResponse:
    edge.world.directory.known |= {OLA: EMAIL_OF_OLA, RESERVED: ContactPoints(reserved=True)}
    body = request("place_legacy_email_order", "lookup")
    order = (await placed(edge, "place_legacy_email_order", body))["orderId"]
    await edge.world.run(2)
    return await asked(edge, "get_order_status", order)


async def an_order_by_both_channels_that_ended(edge: Edge) -> func.HttpResponse:
    other = Recipient(national_identity_number="08895699684")
    edge.world.directory.known |= {OLA: EMAIL_OF_OLA, other: ContactPoints(mobiles=("+4799999999",))}
    people = [{"nationalIdentityNumber": each.national_identity_number} for each in (OLA, other)]
    body = request("place_legacy_order", "preferred", recipients=people)
    order = (await placed(edge, "place_legacy_order", body))["orderId"]
    await edge.world.run(2)
    await report_email(edge, order, "Delivered")
    await report_sms(edge, "+4799999999", "UNDELIV")
    return await asked(edge, "get_order_status", order)


async def a_shipment_by_both_channels(edge: Edge) -> func.HttpResponse:
    order = await sent(edge, "EmailAndSms")
    return await asked(edge, "get_shipment", order["notification"]["shipmentId"])


async def a_reminder_that_is_not_due(edge: Edge) -> func.HttpResponse:
    order = await with_reminder(edge)
    return await asked(edge, "get_shipment", order["notification"]["reminders"][0]["shipmentId"])


async def sms_of_which_one_was_reported(edge: Edge) -> func.HttpResponse:
    order = await placed(edge, "place_legacy_sms_order", request("place_legacy_sms_order", "addresses"))
    await edge.world.run(2)
    await report_sms(edge, "004798888888", "DELIVRD")
    return await asked(edge, "get_sms_notifications", order["orderId"])


async def a_gateway_that_is_down(edge: Edge) -> func.HttpResponse:
    edge.world.sms.answers.append(Postponed("http_503"))
    return await placing(edge, "send_instant_sms", request("send_instant_sms", "new")).answer(edge)


IN_TIME: dict[tuple[str, str], Told] = {
    ("get_chain", "sent"): a_chain_that_was_sent,
    ("cancel_chain", "partly"): a_chain_cancelled_in_part,
    ("cancel_order", "cancelled"): a_cancelled_order,
    ("cancel_order", "too_late"): an_order_too_late_to_cancel,
    ("dashboard_person", "found"): what_a_person_was_sent,
    ("dashboard_organization", "found"): what_an_organisation_was_sent,
    ("get_email_notifications", "mixed"): emails_of_all_kinds,
    ("get_email_notifications", "expired"): an_email_that_expired,
    ("get_feed", "page"): a_page_of_the_feed,
    ("get_feed", "newest"): the_newest_entry_of_the_feed,
    ("get_log", "dialog"): the_log_of_a_dialog,
    ("get_order_status", "processed"): an_order_that_is_being_sent,
    ("get_order_status", "completed"): an_order_by_both_channels_that_ended,
    ("get_shipment", "processed"): a_shipment_by_both_channels,
    ("get_shipment", "reminder"): a_reminder_that_is_not_due,
    ("get_sms_notifications", "accepted"): sms_of_which_one_was_reported,
    ("send_instant_sms", "provider_down"): a_gateway_that_is_down,
}


@pytest.mark.parametrize(("operation", "name"), IN_TIME)
async def test_an_answer_is_like_its_example(edge: Edge, operation: str, name: str) -> None:
    shown = example(operation, name)
    edge.world.clock.moment = PLACED_AT
    answer = await IN_TIME[operation, name](edge)
    assert answer.status_code == shown.status, answer.get_body()
    told = json.loads(answer.get_body())
    assert differences(told, shown.answer, "http://localhost:7071") == []
    assert failures(told, answer_schema(operation, shown.status)) == []
    assert BASE not in answer.get_body().decode()
