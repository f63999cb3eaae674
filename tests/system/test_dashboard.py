"""What was sent to whom can be found: by person and organisation, by dialog, and by the sender's own reference."""

import asyncio
import itertools
import uuid
from datetime import datetime
from typing import Any

import pytest

from tests.system.expect import API, assert_json
from tests.system.orders import Document, email_recipient, notification_id, order
from tests.system.outcomes import LEGACY, Outcome, outcomes
from tests.system.people import RESOURCE, legacy, nin, organization, orgno, person
from tests.system.privacy import assert_silent
from tests.system.running import System
from tests.system.times import ahead, in_an_hour, written

pytestmark = pytest.mark.system

OWNER, OTHER = "findable-owner", "other-findable-owner"
# Reminders are not due at once.
PATIENCE_SECONDS = 120
SEARCH = f"{API}/future/dashboard/recipients/notifications"
LOG = f"{API}/future/log"
SUPPORT = "altinn:notifications.support.admin"
STRANGERS = itertools.count(17_859_605_000)
RESERVED = "05858430099"


def somebody() -> tuple[str, str, str]:
    """A person to whom nothing was sent yet: number, email address and mobile."""
    number = next(STRANGERS)
    place = number - 17_859_600_000
    return str(number), f"person-{place + 1}@example.com", f"+{4_799_700_000 + place}"


async def sent_to(system: System, number: str, **window: str) -> list[Document]:
    """What support finds for a person, or for an organisation when the number has nine digits."""
    kind, header = ("orgnumber", "OrganizationNumber") if len(number) == 9 else ("nin", "NationalIdentityNumber")
    async with system.client("support", scope=SUPPORT) as http:
        answer = await http.get(f"{SEARCH}/{kind}", headers={header: number}, params=window)
    found: list[Document] = assert_json(answer, 200)
    return found


async def logged(system: System, owner: str = OWNER, **asked: str) -> list[Document]:
    """An owner's entries of the activity log."""
    async with system.client(owner) as http:
        found: list[Document] = assert_json(await http.get(LOG, params=asked), 200)
        return found


async def one(system: System, body: Document, owner: str = OWNER, **members: Any) -> Outcome:
    """An order, placed and ended."""
    return (await outcomes(system, {"": body}, owner, **members))[""]


async def test_what_was_sent_to_a_person_is_found_across_owners_newest_first(system: System) -> None:
    number, address, mobile = somebody()
    assert await sent_to(system, number) == []
    first = await one(system, order(person(number, "EmailAndSms", resourceId=RESOURCE), sendersReference="first"))
    second = await one(system, order(person(number)), OTHER)
    found = await sent_to(system, number)
    assert [(each["shipmentId"], each["creatorName"]) for each in found] == [
        (second.shipment, OTHER),
        (first.shipment, OWNER),
    ]
    attempts = found[1].pop("deliveryAttempts")
    assert datetime.fromisoformat(found[1].pop("requestedSendTime")) > datetime.fromisoformat("2026-01-01T00:00:00Z")
    assert found[1] == {
        "shipmentId": first.shipment,
        "creatorName": OWNER,
        "resourceId": RESOURCE,
        "sendersReference": "first",
        "notificationChannel": "EmailAndSms",
        "notificationType": "Notification",
    }
    times = {each["type"].lower(): each["lastUpdate"] for each in first.ended["recipients"]}
    told = {"nationalIdentityNumber": number, "result": "Delivered"}
    assert attempts == [
        {**told, "channel": "email", "emailAddress": address, "resultTime": times["email"]},
        {**told, "channel": "sms", "mobileNumber": mobile, "resultTime": times["sms"]},
    ]
    assert_silent(system, {number})


async def test_of_an_order_for_many_only_the_persons_own_notifications_are_shown(system: System) -> None:
    (number, address, _), (other, _, _) = somebody(), somebody()
    many = legacy("Email", nin(other), nin(number), orgno("310010006"), nin(RESERVED))
    await one(system, many, path=LEGACY)
    (found,) = await sent_to(system, number)
    assert [each["emailAddress"] for each in found["deliveryAttempts"]] == [address]
    (found, *_) = await sent_to(system, RESERVED)
    assert [(each["result"], each["emailAddress"]) for each in found["deliveryAttempts"]] == [
        ("Failed_RecipientReserved", "")
    ]


async def test_what_was_sent_to_an_organisation_is_found_with_its_users(system: System) -> None:
    end = await one(system, order(organization("310010049", "EmailPreferred", resourceId=RESOURCE)))
    (found,) = [each for each in await sent_to(system, "310010049") if each["shipmentId"] == end.shipment]
    shown = [
        (each["channel"], each.get("emailAddress", each.get("mobileNumber"))) for each in found["deliveryAttempts"]
    ]
    assert sorted(shown) == [
        ("email", "bruker.begge@example.com"),
        ("email", "bruker.epost@example.com"),
        ("sms", "+4799999933"),
    ]
    assert {each["organizationNumber"] for each in found["deliveryAttempts"]} == {"310010049"}
    assert await sent_to(system, "399999997") == []


async def test_an_order_is_found_from_its_send_time_on_and_within_the_window_that_was_asked_for(system: System) -> None:
    number, _, _ = somebody()
    before = written(ahead(seconds=-1))
    await one(system, order(person(number)))
    assert (await system.order(order(person(number), requestedSendTime=in_an_hour()), OWNER))["notification"]
    (found,) = await sent_to(system, number)
    sent = found["requestedSendTime"]
    assert await sent_to(system, number, **{"from": before}) == [found]
    assert await sent_to(system, number, **{"from": sent}) == [found]
    assert await sent_to(system, number, **{"from": before, "to": sent}) == []


async def test_a_reminder_is_found_as_one(system: System) -> None:
    number, _, _ = somebody()
    soon = {"requestedSendTime": written(ahead(seconds=10)), "recipient": person(number)}
    placed = await system.order(order(email_recipient(), reminders=[soon]), OWNER)
    reminder = placed["notification"]["reminders"][0]["shipmentId"]
    await system.until_final([reminder], OWNER, within=PATIENCE_SECONDS)
    (found,) = await sent_to(system, number)
    assert (found["shipmentId"], found["notificationType"]) == (reminder, "Reminder")


async def test_the_log_shows_an_owner_what_its_orders_for_a_dialog_sent(system: System) -> None:
    number, address, mobile = somebody()
    dialog, first, second = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
    orders = {
        first: order(
            person(number, "EmailAndSms", resourceId=RESOURCE),
            sendersReference="logged",
            dialogportenAssociation={"dialogId": dialog, "transmissionId": first},
            reminders=[
                {"requestedSendTime": written(ahead(seconds=10)), "recipient": email_recipient("log@example.com")}
            ],
        ),
        second: order(
            organization("310010014"), dialogportenAssociation={"dialogId": dialog, "transmissionId": second}
        ),
    }
    ends = await outcomes(system, orders, OWNER)
    reminder = ends[first].answer.json()["notification"]["reminders"][0]["shipmentId"]
    await system.until_final([reminder], OWNER, within=PATIENCE_SECONDS)
    whole = await logged(system, dialogId=dialog)
    of_first = await logged(system, transmissionId=first)
    of_second = await logged(system, dialogId=dialog, transmissionId=second)
    assert len(whole) == 5
    assert sorted(each["notificationId"] for each in whole) == sorted(
        each["notificationId"] for each in (*of_first, *of_second)
    )
    assert {(each["recipient"], each["destination"]) for each in of_second} == {
        ("310010014", "kontor@example.com"),
        ("310010014", "leder@example.com"),
    }
    shipment = ends[first].shipment
    assert [(each["shipmentId"], each["type"], each["destination"]) for each in of_first] == [
        (shipment, "Notification", address),
        (shipment, "Notification", mobile),
        (reminder, "Reminder", "log@example.com"),
    ]
    by_email, by_sms, reminded = of_first
    assert "recipient" not in reminded
    assert by_email["deliveryReference"] == by_email["notificationId"] == notification_id(shipment)
    journal = {call["recipient"]: call["reference"] for call in await system.calls("pswin")}
    assert by_sms["deliveryReference"] == journal[mobile[1:]]
    for each, channel in ((by_email, "Email"), (by_sms, "Sms")):
        assert {name: each[name] for name in ("channel", "recipient", "sendersReference", "resourceId")} == {
            "channel": channel,
            "recipient": number,
            "sendersReference": "logged",
            "resourceId": RESOURCE,
        }
        assert (each["dialogId"], each["transmissionId"]) == (dialog, first)
    assert (by_email["status"], by_sms["status"]) == ("Email_Delivered", "SMS_Delivered")


async def test_the_log_of_a_dialog_is_each_owners_own(system: System) -> None:
    dialog = str(uuid.uuid4())
    bodies = [order(person(somebody()[0]), dialogportenAssociation={"dialogId": dialog}) for _ in range(2)]
    own, others = await asyncio.gather(one(system, bodies[0]), one(system, bodies[1], OTHER))
    for owner, end in ((OWNER, own), (OTHER, others)):
        (found,) = await logged(system, owner, dialogId=dialog)
        assert found["shipmentId"] == end.shipment
    assert await logged(system, "third-findable-owner", dialogId=dialog) == []
    assert await logged(system, dialogId=str(uuid.uuid4())) == []


async def test_orders_are_found_by_the_senders_reference_of_any_of_their_shipments(system: System) -> None:
    (number, _, _), main, reminder = somebody(), str(uuid.uuid4()), str(uuid.uuid4())
    later = {"delayDays": 1, "recipient": organization("310010014"), "sendersReference": reminder}
    chain = order(person(number), sendersReference=main, requestedSendTime=in_an_hour(), reminders=[later])
    placed = (await system.order(chain, OWNER))["notification"]
    old = legacy("Email", nin(number), orgno("310010014"), sendersReference=main, requestedSendTime=in_an_hour())
    async with system.client(OWNER) as http, system.client(OTHER) as other:
        legacy_id = assert_json(await http.post(LEGACY, json=old), 202)["orderId"]
        found = {
            each: assert_json(await http.get(LEGACY, params={"sendersReference": each}), 200)
            for each in (main, reminder)
        }
        assert assert_json(await other.get(LEGACY, params={"sendersReference": main}), 200)["count"] == 0
    assert [(each["id"], each["recipients"]) for each in found[main]["orders"]] == [
        (placed["shipmentId"], [nin(number)]),
        (legacy_id, [nin(number), orgno("310010014")]),
    ]
    assert [(each["id"], each["recipients"]) for each in found[reminder]["orders"]] == [
        (placed["reminders"][0]["shipmentId"], [orgno("310010014")])
    ]
