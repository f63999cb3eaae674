"""What is read for callers stays small, however many recipients the orders have that it is about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import Recipient
from notifications.domain.shipment import Claim, Lane, Notification
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.stages import inquiries
from notifications.stages.activity import PERSON
from notifications.stages.metrics import records_of
from notifications.stages.publish import entry_of
from tests.builders import CREATOR, KEY, NOW, order_of, registered, sms_content
from tests.stages.world import World

ROWS = 2_400


async def ended(world: World, *keys: int) -> list[ShipmentId]:
    """Ended shipments of so many notifications each that the feed holds them by reference."""
    rows = tuple(
        Notification(
            number=number, channel=Channel.SMS, address=f"+479{number:07}", status=Status.DELIVERED, changed=NOW
        )
        for number in range(1, ROWS + 1)
    )
    shipments = [
        registered(
            id=ShipmentId(OrderKey(KEY.value + key), 1),
            content=sms_content(),
            state=ShipmentState.DONE,
            ending=Ending.COMPLETED,
            notifications=rows,
            planned=1,
            published=True,
            due=NOW + timedelta(days=90),
        )
        for key in keys
    ]
    for each in shipments:
        await world.store.accept(order_of(each), [each])
    await world.feed.publish(CREATOR, [entry_of(each, records_of(each)) for each in shipments])
    return [each.id for each in shipments]


async def test_a_page_of_large_orders_ends_early_and_the_next_one_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inquiries, "MOST_TOLD", 2 * ROWS)
    world = World()
    identities = await ended(world, 1, 2, 3, 4, 5)
    told: list[ShipmentId] = []
    sizes: list[int] = []
    after = 0
    while page := await world.inquiries.feed(CREATOR, after, 500, newest_first=False):
        assert all(len(entry.recipients) == ROWS for entry in page)
        sizes.append(len(page))
        told.extend(entry.shipment for entry in page)
        after = page[-1].sequence
    assert sizes == [2, 2, 1]
    assert told == identities


async def test_a_page_that_is_read_backwards_ends_early_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "MOST_TOLD", 1)
    world = World()
    await ended(world, 1, 2)
    (newest,) = await world.inquiries.feed(CREATOR, 0, 500, newest_first=True)
    (before,) = await world.inquiries.feed(CREATOR, newest.sequence, 500, newest_first=True)
    assert (newest.sequence, before.sequence) == (2, 1)


async def test_what_was_sent_to_one_of_many_is_told_without_the_others() -> None:
    world = World()
    numbers = [f"{number:011}" for number in range(600)]
    content = sms_content(recipients=tuple(Recipient(national_identity_number=each) for each in numbers))
    rows = tuple(
        Notification(
            number=place + 1,
            channel=Channel.SMS,
            address=f"+479{place:07}",
            status=Status.NEW,
            changed=NOW,
            recipient=place,
        )
        for place in range(600)
    )
    claim = Claim(token="held", until=NOW + timedelta(minutes=2), rows=frozenset({501}))
    lane = Lane(todo=frozenset(range(1, 601)), after=NOW, claim=claim)
    shipment = replace(
        registered(content=content), state=ShipmentState.SENDING, notifications=rows, lanes={Channel.SMS: lane}
    )
    await world.store.accept(order_of(shipment), [shipment])
    hashed = world.stages.inquiries._activity._hashed(PERSON, numbers[500])
    await world.index.note_recipients([(hashed, shipment.send_at, shipment.id)])

    (told,) = await world.inquiries.to_recipient(PERSON, numbers[500], NOW - timedelta(days=7), NOW + timedelta(days=7))
    (one,) = told.notifications
    assert (one.number, one.address) == (501, "+4790000500")
    assert told.shipment.recipient_of(one).national_identity_number == numbers[500]
    assert told.shipment.in_hand(one, NOW)
    assert told.shipment.notifications == told.notifications
    assert len(told.shipment.content.recipients) == 1
