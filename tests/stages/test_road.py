"""The whole road, from acceptance to the tombstone."""

from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.ids import ShipmentId
from notifications.domain.order import ChannelScheme, Recipient, SendingTimePolicy, ShipmentDraft
from notifications.domain.outcomes import Accepted, Postponed, Refused, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.statuses import Channel, ShipmentState, Status
from tests.builders import CREATOR, NOW, draft, email_content, sms_content
from tests.stages.world import World, email_report, sms_report

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def first(shipment: ShipmentId) -> UUID:
    return shipment.notification(1)


async def test_an_email_due_now_travels_from_acceptance_to_delivered_without_waiting_for_the_timer(
    world: World,
) -> None:
    (mail,) = await world.order(email_content())
    await world.work()
    assert (await world.shipment(mail)).notifications[0].status is Status.ACCEPTED
    (call,) = world.email.calls
    assert (call.notification_id, call.recipient, call.sender) == (
        first(mail),
        "kari@example.com",
        "noreply@example.com",
    )
    await world.report.email(email_report((first(mail), "Delivered")))
    await world.run(5)
    assert await world.told() == [(mail, "Completed", ["Delivered"])]
    await world.assert_consistent()


async def test_an_sms_due_now_travels_from_acceptance_to_delivered(world: World) -> None:
    (sms,) = await world.order(sms_content())
    await world.work()
    one = (await world.shipment(sms)).notifications[0]
    assert (one.status, one.reference) == (Status.ACCEPTED, "REF-000001")
    assert world.sms.calls[0].time_to_live == 2 * DAY
    await world.report.sms(sms_report(("REF-000001", "DELIVRD")))
    await world.run(5)
    assert await world.told() == [(sms, "Completed", ["Delivered"])]
    await world.assert_consistent()


async def test_a_scheduled_order_leaves_at_its_time_and_not_before(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    await world.run_to(NOW + HOUR - timedelta(milliseconds=1))
    assert world.email.calls == []
    assert (await world.shipment(mail)).state is ShipmentState.REGISTERED
    await world.run_to(NOW + HOUR)
    assert len(world.email.calls) == 1


async def test_a_reminder_leaves_at_its_own_time(world: World) -> None:
    contents = (email_content(), sms_content())
    order = draft(
        shipments=tuple(
            ShipmentDraft(content=content, send_at=NOW + wait)
            for content, wait in zip(contents, (HOUR, 7 * DAY), strict=True)
        )
    )
    await world.accept(order)
    await world.run_to(NOW + 6 * DAY)
    assert (len(world.email.calls), len(world.sms.calls)) == (1, 0)
    await world.run_to(NOW + 7 * DAY)
    assert len(world.sms.calls) == 1


async def test_an_sms_for_the_day_waits_overnight(world: World) -> None:
    evening = NOW.replace(hour=20)
    world.clock.moment = evening
    await world.order(sms_content(SendingTimePolicy.DAYTIME), send_at=evening)
    morning = NOW.replace(hour=8) + DAY
    await world.run_to(morning - timedelta(milliseconds=1))
    assert world.sms.calls == []
    await world.run_to(morning)
    assert len(world.sms.calls) == 1


@pytest.mark.parametrize("scheme", [ChannelScheme.EMAIL_AND_SMS, ChannelScheme.EMAIL_PREFERRED])
async def test_an_email_does_not_wait_for_the_sms_beside_it_that_waits_overnight(
    world: World, scheme: ChannelScheme
) -> None:
    evening = NOW.replace(hour=20)
    world.clock.moment = evening
    recipients = (Recipient(email_address="kari@example.com"), Recipient(phone_number="+4799999999"))
    content = sms_content(SendingTimePolicy.DAYTIME, scheme=scheme, recipients=recipients, email=email_content().email)
    await world.order(content, send_at=evening)
    await world.work()
    assert (len(world.email.calls), len(world.sms.calls)) == (1, 0)
    await world.run_to(NOW.replace(hour=8) + DAY)
    assert (len(world.email.calls), len(world.sms.calls)) == (1, 1)
    await world.assert_consistent()


async def test_what_no_report_ever_comes_for_ends_at_its_expiry(world: World) -> None:
    (mail,) = await world.order(email_content())
    await world.run_to(NOW + 2 * DAY + timedelta(minutes=4))
    assert await world.told() == []
    await world.run_to(NOW + 2 * DAY + timedelta(minutes=6))
    assert await world.told() == [(mail, "Completed", ["Failed_TTL"])]


async def test_what_no_provider_ever_takes_ends_at_its_expiry_with_the_last_reason(world: World) -> None:
    world.email.answers.extend([Postponed("http_503")] * 500)
    (mail,) = await world.order(email_content())
    await world.run_to(NOW + 2 * DAY + timedelta(minutes=1))
    assert await world.told() == [(mail, "Completed", ["Failed_TTL"])]
    assert (await world.shipment(mail)).notifications[0].reason == "http_503"
    assert 50 < len(world.email.calls) < 150


async def test_after_an_outage_longer_than_its_lifetime_a_shipment_still_ends(world: World) -> None:
    """The hosts stood still with the shipment waiting for hand-over; nobody may be called for ever."""
    for content in (email_content(), sms_content()):
        await world.order(content, idempotency_id=str(content.scheme))
    for _ in range(2):
        waiting = [message for messages in world.queues.messages.values() for message in messages]
        world.queues.messages = {queue: [] for queue in world.queues.messages}
        for message in waiting:
            await world.process(message)
    world.queues.messages = {queue: [] for queue in world.queues.messages}
    world.start()
    world.clock.forward(30 * DAY)
    await world.run(120)
    assert sorted(entry[2] for entry in await world.told()) == [["Failed_TTL"], ["Failed_TTL"]]
    assert (world.email.calls, world.sms.calls) == ([], [])


async def test_a_refused_notification_is_told_soon(world: World) -> None:
    world.sms.answers.append(Refused(Status.INVALID_RECIPIENT, "invalid_rcv"))
    (sms,) = await world.order(sms_content())
    await world.run(60)
    assert await world.told() == [(sms, "Completed", ["Failed_InvalidRecipient"])]


async def test_a_lost_answer_of_the_email_provider_is_asked_for_and_never_a_second_email(world: World) -> None:
    (mail,) = await world.order(email_content())
    world.email.answers.append(Uncertain("timeout_after_send"))

    async def taken(identity: UUID) -> None:
        world.email.known[identity] = Accepted()

    world.email.during = taken
    await world.run(60)
    assert len(world.email.calls) == 1
    assert world.email.asked == [first(mail)]
    assert (await world.shipment(mail)).notifications[0].status is Status.ACCEPTED


@pytest.mark.parametrize("order_of_events", ["report first", "receipt first"])
async def test_a_report_finds_its_sms_whatever_comes_first(world: World, order_of_events: str) -> None:
    (sms,) = await world.order(sms_content())

    async def at_once(_: UUID) -> None:
        await world.report.sms(sms_report(("REF-000001", "DELIVRD")))

    if order_of_events == "report first":
        world.sms.during = at_once
    await world.work()
    if order_of_events == "receipt first":
        await at_once(first(sms))
    await world.run(10)
    assert await world.told() == [(sms, "Completed", ["Delivered"])]
    assert len(world.sms.calls) == 1


async def test_an_email_reported_before_its_receipt_is_delivered(world: World) -> None:
    (mail,) = await world.order(email_content())

    async def at_once(identity: UUID) -> None:
        await world.report.email(email_report((identity, "Delivered")))
        await world.step()

    world.email.during = at_once
    await world.run(10)
    assert await world.told() == [(mail, "Completed", ["Delivered"])]


@pytest.mark.parametrize("days", [1, 30, 90])
async def test_after_the_retention_time_nothing_is_left_but_tombstones(days: int) -> None:
    world = World(Pace(retention=timedelta(days=days)))
    mail, sms = await world.order(email_content(senders_reference="secret"), sms_content())
    await world.work()
    await world.report.email(email_report((first(mail), "Delivered")))
    await world.report.sms(sms_report(("REF-000001", "UNDELIV")))
    await world.run(5)
    ended = max(entry.changed for entry in await world.entries())
    await world.run_to(ended + timedelta(days=days) - timedelta(minutes=1))
    assert len(await world.entries()) == 2
    await world.run_to(ended + timedelta(days=days, minutes=1))
    assert await world.left() == {"orders o", "feed head", "feed t"}
    assert [row.key.count("|") for row in world.orders.rows()] == [1]
    assert await world.next_due() is None
    assert await world.store.shipment(sms) is None
    tombstone = await world.store.order(mail.key)
    assert tombstone is not None
    assert (tombstone.live, tombstone.references) == (0, (None, None))


async def test_a_purged_order_is_still_a_replay_and_sends_nothing() -> None:
    world = World(Pace(retention=DAY))
    await world.order(email_content(senders_reference="mine"))
    await world.run_to(NOW + 5 * DAY)
    assert await world.left() == {"orders o", "feed head", "feed t"}
    again = await world.accept(draft(email_content(senders_reference="mine")))
    assert (again.replayed, again.mismatch, again.order.references) == (True, False, (None,))
    await world.run(10)
    assert len(world.email.calls) == 1


async def test_a_late_report_after_the_purge_is_dropped() -> None:
    world = World(Pace(retention=DAY))
    (mail,) = await world.order(email_content())
    await world.run_to(NOW + 5 * DAY)
    await world.report.email(email_report((first(mail), "Bounced")))
    await world.run(10)
    assert await world.left() == {"orders o", "feed head", "feed t"}


async def test_each_creator_finds_its_own_shipments_in_its_own_feed(world: World) -> None:
    await world.order(email_content(), creator="a")
    await world.order(email_content(), creator="b")
    await world.order(email_content(), creator="b", idempotency_id="second")
    await world.run_to(NOW + 3 * DAY)
    assert [entry.sequence for entry in await world.entries("a")] == [1]
    assert [entry.sequence for entry in await world.entries("b")] == [1, 2]
    assert await world.entries(CREATOR) == []


@pytest.mark.parametrize("channel", Channel)
async def test_a_hundred_orders_end_each_once(world: World, channel: Channel) -> None:
    content = email_content() if channel is Channel.EMAIL else sms_content()
    orders = [(await world.order(content, idempotency_id=str(number)))[0] for number in range(100)]
    await world.run(10)
    reports = [first(order) for order in orders]
    if channel is Channel.EMAIL:
        await world.report.email(email_report(*((one, "Delivered") for one in reports)))
    else:
        await world.report.sms(sms_report(*((world.sms.references[one], "DELIVRD") for one in reports)))
    await world.run(10)
    told = await world.told()
    assert {shipment for shipment, _, _ in told} == set(orders)
    assert len(told) == 100
    assert [entry.sequence for entry in await world.entries()] == list(range(1, 101))
    assert len(world.email.calls) + len(world.sms.calls) == 100
    await world.assert_consistent()
