"""Placing orders: 201 and its replay, ids, references, warnings, and one order however often it is sent."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.system.expect import ORDERS, UUID, assert_json, assert_problem
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.published import published
from tests.system.running import System
from tests.system.times import ahead, in_an_hour, written

pytestmark = pytest.mark.system

MISMATCH = "Idempotent-Content-Mismatch"


def with_reminders(**members: object) -> Document:
    """An order due in an hour with a reminder by email after a day and one by SMS after two."""
    reminders = [
        {"recipient": email_recipient(), "delayDays": 1, "sendersReference": "first reminder"},
        {"recipient": sms_recipient(), "requestedSendTime": written(ahead(days=2))},
    ]
    return order(email_recipient(), requestedSendTime=in_an_hour(), reminders=reminders, **members)


async def test_an_accepted_order_is_answered_201_with_its_ids_in_the_contracts_order(system: System) -> None:
    async with system.client() as http:
        answer = await http.post(ORDERS, json=with_reminders(sendersReference="ærlig & <ekte>"))
    placed = assert_json(answer, 201)
    assert list(placed) == ["notificationOrderId", "notification"]
    assert list(placed["notification"]) == ["reminders", "shipmentId", "sendersReference"]
    first, second = placed["notification"]["reminders"]
    assert list(first) == ["shipmentId", "sendersReference"]
    assert list(second) == ["shipmentId"]
    assert placed["notification"]["sendersReference"] == "ærlig & <ekte>"
    assert first["sendersReference"] == "first reminder"
    ids = [placed["notificationOrderId"], placed["notification"]["shipmentId"], first["shipmentId"]]
    assert all(UUID.fullmatch(each) for each in (*ids, second["shipmentId"]))
    assert len({*ids, second["shipmentId"]}) == 4
    location = f"{system.url}/notifications/api/v1/orders/chain/{placed['notificationOrderId']}"
    assert answer.headers["location"] == location
    assert "Idempotent-Replayed" not in answer.headers


async def test_each_shipment_of_an_order_can_be_looked_at_by_its_id(system: System) -> None:
    placed = await system.order(with_reminders(sendersReference="main"))
    shipments = [placed["notification"], *placed["notification"]["reminders"]]
    manifests = [await system.shipment(each["shipmentId"]) for each in shipments]
    assert [each["type"] for each in manifests] == ["Notification", "Reminder", "Reminder"]
    assert [each.get("sendersReference") for each in manifests] == ["main", "first reminder", None]
    assert {each["status"] for each in manifests} == {"Order_Registered"}


async def test_the_same_order_again_is_answered_200_with_the_same_body_and_without_location(system: System) -> None:
    placed = with_reminders(sendersReference="")
    async with system.client() as http:
        first, again = await http.post(ORDERS, json=placed), await http.post(ORDERS, json=placed)
    assert assert_json(first, 201) == assert_json(again, 200)
    assert first.json()["notification"]["sendersReference"] == ""
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "location" not in again.headers
    assert MISMATCH not in again.headers


async def test_another_content_under_the_same_id_is_answered_with_the_first_order_and_said_to_differ(
    system: System,
) -> None:
    placed = with_reminders(sendersReference="first")
    async with system.client() as http:
        first = assert_json(await http.post(ORDERS, json=placed), 201)
        changed = order(sms_recipient(), idempotencyId=placed["idempotencyId"], sendersReference="second")
        again = await http.post(ORDERS, json=changed)
    assert assert_json(again, 200) == first
    assert (again.headers["Idempotent-Replayed"], again.headers[MISMATCH]) == ("true", "true")
    assert (await system.shipment(first["notification"]["shipmentId"]))["sendersReference"] == "first"


async def test_the_spelling_of_names_and_members_that_nobody_knows_make_no_difference(system: System) -> None:
    placed = order(email_recipient(), requestedSendTime=in_an_hour())
    shouted = {name.upper(): value for name, value in placed.items()} | {"more": [1, None]}
    async with system.client() as http:
        first = assert_json(await http.post(ORDERS, json=placed), 201)
        again = await http.post(ORDERS, json=shouted)
    assert assert_json(again, 200) == first
    assert MISMATCH not in again.headers


@pytest.mark.parametrize("changed", [str.upper, lambda identity: identity + " ", lambda identity: f" {identity}"])
async def test_an_idempotency_id_counts_as_it_is_written(system: System, changed: Callable[[str], str]) -> None:
    placed = order(email_recipient(), requestedSendTime=in_an_hour())
    other = {**placed, "idempotencyId": changed(placed["idempotencyId"])}
    first, second = await system.order(placed), await system.order(other)
    assert first["notificationOrderId"] != second["notificationOrderId"]


async def test_any_text_can_be_an_idempotency_id(system: System) -> None:
    for identity in ("/\\#?%", "ærlig 🔔", f"'\"\n{uuid4()}", "x" * 1024):
        placed = order(email_recipient(), requestedSendTime=in_an_hour(), idempotencyId=identity)
        assert await system.order(placed) == await system.order(placed)


async def test_a_replay_after_its_send_time_is_still_a_replay(system: System) -> None:
    placed = order(email_recipient(), requestedSendTime=written(ahead(seconds=6)))
    async with system.client() as http:
        first = assert_json(await http.post(ORDERS, json=placed), 201)
        await system.until_final([first["notification"]["shipmentId"]])
        again = await http.post(ORDERS, json=placed)
        assert assert_json(again, 200) == first
        assert again.headers["Idempotent-Replayed"] == "true"
        assert_problem(await http.post(ORDERS, json={**placed, "idempotencyId": str(uuid4())}), 400)
        # Wrong in another way too, it is no replay.
        assert_problem(await http.post(ORDERS, json={**placed, "recipient": email_recipient("nobody")}), 400)


async def test_the_same_order_twenty_times_at_once_is_one_order_and_one_message(system: System) -> None:
    address = f"{uuid4()}@example.com"
    placed = order(email_recipient(address), reminders=[{"recipient": email_recipient(address), "delayDays": 1}])
    async with system.client("hasty") as http:
        answers = await asyncio.gather(*(http.post(ORDERS, json=placed) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == 19
    assert not any(MISMATCH in answer.headers for answer in answers)
    (body,) = {answer.text for answer in answers}
    shipment = answers[0].json()["notification"]["shipmentId"]
    assert shipment in body
    await system.until_final([shipment], "hasty")
    sent = [each["operationId"] for each in await system.emails() if each["recipient"] == address]
    assert sent == [notification_id(shipment)]
    await published(system, [shipment], "hasty")
    assert [entry["shipmentId"] for entry in await system.feed("hasty")] == [shipment]


async def test_what_the_service_changes_about_an_order_is_said_in_warnings(system: System) -> None:
    recipient = sms_recipient("+34612345678", sender="A sender that is too long")
    placed = order(sms_recipient(sender="A sender that is too long"), requestedSendTime=in_an_hour())
    placed["reminders"] = [{"recipient": recipient, "delayDays": 1}]
    async with system.client() as http:
        first = assert_json(await http.post(ORDERS, json=placed), 201)
        again = assert_json(await http.post(ORDERS, json=placed), 200)
    main, cut, abroad = first["warnings"]
    assert main.startswith("recipient.recipientSms.smsSettings.sender: ")
    assert all(each.startswith("reminders[0].recipient.recipientSms.smsSettings.sender: ") for each in (cut, abroad))
    assert all("'A sender th'" in each for each in (main, cut))
    assert "+34" in abroad
    assert again == first


async def test_what_was_ordered_is_what_the_providers_get(system: System) -> None:
    email = email_recipient(
        "post@example.com", subject="One\r\ntwo\nthree", contentType="html", senderEmailAddress="from@example.com"
    )
    sms = sms_recipient("+4799999998", body="Blåbærsyltetøy €", sender="  Avsender ")
    ids = [(await system.order(order(each)))["notification"]["shipmentId"] for each in (email, sms)]
    await system.until_final(ids)
    (mailed,) = [each for each in await system.emails() if each["operationId"] == notification_id(ids[0])]
    assert (mailed["recipient"], mailed["subject"]) == ("post@example.com", "One two three")
    assert (mailed["sender"], mailed["contentType"]) == ("from@example.com", "html")
    (texted,) = [each for each in await system.calls("pswin") if each["recipient"] == "4799999998"]
    assert (texted["text"], texted["sender"]) == ("Blåbærsyltetøy €", "Avsender")
    assert texted["ttl"] == "2880"


async def test_whoever_gives_no_sender_sends_as_the_service(system: System) -> None:
    placed = [
        await system.order(order(each)) for each in (email_recipient("a1@example.com"), sms_recipient("+4799999997"))
    ]
    await system.until_final([each["notification"]["shipmentId"] for each in placed])
    mails = {each["sender"] for each in await system.emails() if each["recipient"] == "a1@example.com"}
    texts = {each["sender"] for each in await system.calls("pswin") if each["recipient"] == "4799999997"}
    assert (mails, texts) == ({"noreply@example.com"}, {"Altinn"})


async def test_an_order_is_sent_at_its_time_and_not_before(system: System) -> None:
    due = ahead(seconds=6)
    address = f"{uuid4()}@example.com"
    placed = await system.order(order(email_recipient(address), requestedSendTime=due.isoformat()))
    await system.until_final([placed["notification"]["shipmentId"]])
    (call,) = [each for each in await system.emails() if each["recipient"] == address]
    assert call["time"] >= due.isoformat(timespec="microseconds")


async def test_sending_the_main_message_leaves_its_reminder_alone(system: System) -> None:
    placed = await system.order(order(email_recipient(), reminders=[{"recipient": email_recipient(), "delayDays": 1}]))
    await system.until_final([placed["notification"]["shipmentId"]])
    reminder = await system.shipment(placed["notification"]["reminders"][0]["shipmentId"])
    assert (reminder["status"], reminder["recipients"]) == ("Order_Registered", [])
