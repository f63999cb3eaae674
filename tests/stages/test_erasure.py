"""Who asks is told all that is held, and what is theirs alone goes at once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from notifications.domain.contacts import ContactPoints
from notifications.domain.ids import ShipmentId
from notifications.domain.order import EmailTemplate, Recipient, ShipmentContent, SmsTemplate
from notifications.domain.shipment import Change
from notifications.stages.erasure import Answer, Erasure, Fate
from notifications.storage.table import Operation
from tests.builders import NOW, NUMBER, email_content, sms_content
from tests.stages.world import World, email_report

KARI = Recipient(national_identity_number="00000000001")
OLA = Recipient(national_identity_number="00000000002")
FIRM = Recipient(organization_number="310000001")
NIN = ("nin", "00000000001")


@pytest.fixture
def world() -> World:
    world = World()
    for each, address in ((KARI, "kari@example.com"), (OLA, "ola@example.com"), (FIRM, "firm@example.com")):
        world.directory.known[each] = ContactPoints(emails=(address,), mobiles=(NUMBER,))
    world.directory.called[KARI] = "Kari Nordmann"
    return world


@pytest.fixture
def erasure(world: World) -> Erasure:
    return Erasure(world.store, world.stages.inquiries._activity, world.retain, world.clock, world.pace)


async def ordered(world: World, content: ShipmentContent, name: str, **members: Any) -> ShipmentId:
    (shipment,) = await world.order(content, idempotency_id=name, **members)
    return shipment


async def delivered(world: World) -> None:
    """Let everything be sent, delivered and told."""
    await world.run(3)
    told = [(message.notification_id, "Delivered") for message in world.email.calls]
    await world.report.email(email_report(*told, at=world.clock.now()))
    await world.run(3)


def stored(world: World) -> str:
    return repr([row for table in (world.orders, world.feeds, world.refs, world.index_rows) for row in table.rows()])


async def test_all_that_is_held_of_a_person_is_told_and_nothing_of_others(world: World, erasure: Erasure) -> None:
    template = EmailTemplate(subject="To $recipientName$", body="Dear $recipientName$, your number is ours.")
    content = email_content(recipients=(OLA, KARI), email=template, senders_reference="mine", resource_id="app_x")
    shipment = await ordered(world, content, "first")
    await ordered(world, email_content(recipients=(OLA,)), "another's")
    await delivered(world)
    (told,) = await erasure.export(*NIN)
    (message,) = told.pop("messages")
    assert told == {
        "shipment": str(shipment.uuid),
        "from": "ttd",
        "type": "Notification",
        "sendersReference": "mine",
        "about": "app_x",
        "ordered": "2026-03-02T10:00:00.000+00:00",
        "sendTime": "2026-03-02T10:00:00.000+00:00",
        "status": "Completed",
        "keptUntil": (await world.shipment(shipment)).due.isoformat(timespec="milliseconds"),
    }
    assert (message["address"], message["name"], message["channel"]) == ("kari@example.com", "Kari Nordmann", "email")
    assert (message["subject"], message["attachments"]) == ("To Kari Nordmann", [])
    assert message["body"] == "Dear Kari Nordmann, your number is ours."
    assert [each["status"] for each in message["statuses"]] == ["New", "Accepted", "Delivered"]
    assert message["handedOver"] is not None
    json.dumps(told)


async def test_of_a_message_that_was_not_handed_over_the_moments_that_there_are_are_told(
    world: World, erasure: Erasure
) -> None:
    world.directory.known.clear()
    await ordered(world, email_content(recipients=(KARI,)), "first")
    await world.run(3)
    ((message,),) = [told["messages"] for told in await erasure.export(*NIN)]
    assert (message["handedOver"], message["name"]) == (None, None)
    assert message["statuses"][-1]["at"] == "2026-03-02T10:00:00.000+00:00"


async def test_an_sms_and_an_organisation_are_told_too(world: World, erasure: Erasure) -> None:
    await ordered(world, sms_content(recipients=(FIRM,), sms=SmsTemplate(body="To $recipientNumber$")), "first")
    await world.run(3)
    ((message,),) = [told["messages"] for told in await erasure.export("org", "310000001")]
    assert (message["address"], message["body"], message["channel"]) == (NUMBER, "To 310000001", "sms")


async def test_more_than_the_index_tells_at_once_is_found(
    world: World, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.stages.activity._MOST_FOUND", 3)
    for number in range(7):
        when = NOW + timedelta(milliseconds=number // 2)
        await ordered(world, email_content(recipients=(KARI,)), f"{number}", send_at=when)
    await world.run(3)
    assert len(await erasure.export(*NIN)) == 7


async def test_what_is_for_one_alone_goes_at_once_and_wholly(world: World, erasure: Erasure) -> None:
    content = email_content(recipients=(KARI,), senders_reference="mine")
    shipment = await ordered(world, content, "first", dialog_id="dialog")
    other = await ordered(world, email_content(recipients=(OLA,)), "another's")
    await delivered(world)
    assert await erasure.erase(*NIN) == [Answer(shipment, Fate.ERASED)]
    assert (await erasure.erase(*NIN), await erasure.export(*NIN)) == ([], [])
    assert [entry.shipment for entry in await world.entries()] == [other]
    assert "kari" not in stored(world)
    assert await world.store.holds(other)
    await world.assert_consistent()


async def test_what_is_for_others_too_is_kept_until_its_retention_ends(world: World, erasure: Erasure) -> None:
    shipment = await ordered(world, email_content(recipients=(KARI, OLA)), "first")
    assert await erasure.erase(*NIN) == []
    await delivered(world)
    (answer,) = await erasure.erase(*NIN)
    due = (await world.shipment(shipment)).due
    assert answer == Answer(shipment, Fate.SHARED, due)
    await world.run_to(due)
    assert await erasure.erase(*NIN) == []


async def test_what_is_under_way_is_left_until_it_has_ended(world: World, erasure: Erasure) -> None:
    shipment = await ordered(world, email_content(recipients=(KARI,)), "first")
    await world.run(3)
    expires = (await world.shipment(shipment)).expires
    assert await erasure.erase(*NIN) == [Answer(shipment, Fate.IN_PROGRESS, expires)]
    await delivered(world)
    assert await erasure.erase(*NIN) == [Answer(shipment, Fate.ERASED)]


async def test_what_was_not_sent_yet_is_cancelled_and_erased(world: World, erasure: Erasure) -> None:
    """A process died when it had noted whom the shipment is for, and before it wrote what it had planned."""
    shipment = await ordered(world, email_content(recipients=(KARI,)), "first")
    await world.stages.inquiries._activity.note_recipients([await world.shipment(shipment)])
    assert await erasure.erase(*NIN) == [Answer(shipment, Fate.ERASED)]
    await world.run(600)
    assert world.email.calls == []
    assert not await world.store.holds(shipment)
    await world.assert_consistent()


async def test_a_shipment_that_changes_meanwhile_is_erased_the_next_time(
    world: World, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = await ordered(world, email_content(recipients=(KARI,)), "first")
    await delivered(world)
    found = await world.shipment(shipment)
    commit = world.index_rows.commit

    async def meanwhile(partition: str, operations: list[Operation]) -> list[str]:
        monkeypatch.undo()
        await world.store.commit_one(Change(found, found))
        return await commit(partition, operations)

    monkeypatch.setattr(world.index_rows, "commit", meanwhile)
    assert await erasure.erase(*NIN) == [Answer(shipment, Fate.IN_PROGRESS)]
    assert await world.store.holds(shipment)
