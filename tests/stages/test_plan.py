"""Planning with registers: asked in bulk, waited for when they are down, and everybody findable afterwards."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import ChannelScheme, EmailTemplate, Recipient, ShipmentContent, SmsTemplate
from notifications.domain.planning import SLICE
from notifications.domain.statuses import Channel, ShipmentState, Status
from notifications.stages.activity import ORGANIZATION, PERSON
from notifications.storage.table import Operation
from tests.builders import CREATOR, NOW, email_content, many, registered
from tests.stages.processing import handle, stored
from tests.stages.world import World

DAY = timedelta(days=1)


def person(number: int) -> Recipient:
    return Recipient(national_identity_number=f"{number:011}")


FIRM = Recipient(organization_number="310000001")


def at(address: str) -> ContactPoints:
    return ContactPoints(emails=(address,), mobiles=("+4799999999",))


def for_people(*recipients: Recipient, **members: object) -> ShipmentContent:
    return email_content(recipients=recipients, **members)


async def test_the_registers_are_asked_once_for_all_shipments_of_a_message() -> None:
    world = World()
    people = [person(number) for number in range(20)]
    world.directory.known.update({each: at(f"{each.national_identity_number}@example.com") for each in people})
    ids = await stored(world, *(registered(content=for_people(each)) for each in people))
    shipments = await handle(world, *ids)
    assert [len(asked) for asked in world.directory.asked] == [20]
    assert all(each.state is ShipmentState.SENDING for each in shipments)


async def test_a_register_that_is_down_makes_its_shipments_wait_and_nobody_fails() -> None:
    world = World()
    world.directory.down = "persons"
    ids = await stored(world, registered(content=for_people(person(1))), registered())
    waiting, other = await handle(world, *ids)
    assert (waiting.state, waiting.reason, waiting.notifications) == (
        ShipmentState.REGISTERED,
        "register_unavailable_persons",
        (),
    )
    assert waiting.due > NOW
    assert other.state is ShipmentState.SENDING


async def test_what_needs_no_register_is_planned_while_one_is_still_being_asked() -> None:
    world = World()
    looked_up, plain = await stored(world, registered(content=for_people(person(1))), registered())
    seen: list[ShipmentState] = []
    asked = world.directory.contact_points

    async def slow(inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        while (await world.shipment(plain)).state is ShipmentState.REGISTERED and len(seen) < 100:
            seen.append((await world.shipment(plain)).state)
            await asyncio.sleep(0)
        return await asked(inquiries)

    world.directory.contact_points = slow  # type: ignore[method-assign]
    await handle(world, looked_up, plain)
    assert len(seen) < 100


async def test_whoever_could_not_be_looked_up_yet_is_not_in_the_index_yet() -> None:
    world = World()
    world.directory.down = "persons"
    ids = await stored(world, registered(content=for_people(person(1))))
    await handle(world, *ids)
    assert world.index_rows.rows() == []


async def test_what_waited_for_a_register_goes_out_when_it_is_back() -> None:
    world = World()
    world.directory.down = "persons"
    world.directory.known[person(1)] = at("kari@example.com")
    await stored(world, registered(content=for_people(person(1))))
    await world.run_to(NOW + timedelta(hours=1))
    assert world.email.calls == []
    world.directory.down = None
    await world.run_to(NOW + timedelta(hours=2))
    assert [call.recipient for call in world.email.calls] == ["kari@example.com"]


async def test_whoever_waited_for_a_register_until_the_end_fails_with_the_reason() -> None:
    world = World()
    world.directory.down = "persons"
    (identity,) = await stored(world, registered(content=for_people(person(1))))
    await world.run_to(NOW + timedelta(hours=49))
    shipment = await world.shipment(identity)
    assert [(one.status, one.reason) for one in shipment.notifications] == [
        (Status.TTL, "register_unavailable_persons")
    ]


async def test_a_shipment_that_reaches_nobody_is_published_at_once() -> None:
    world = World()
    (identity,) = await stored(world, registered(content=for_people(person(1))))
    await handle(world, identity)
    assert await world.told() == [(identity, "Completed", ["Failed_RecipientNotIdentified"])]


async def test_names_are_asked_for_only_where_a_text_has_a_placeholder() -> None:
    world = World()
    world.directory.known.update({person(1): at("a@example.com"), FIRM: at("b@example.com")})
    world.directory.called.update({person(1): "Kari Nordmann", FIRM: "Firma AS"})
    greeting = EmailTemplate(subject="Til $recipientName$", body="$recipientName$ $recipientNumber$")
    ids = await stored(
        world,
        registered(content=for_people(person(1), FIRM, email=greeting)),
        registered(content=for_people(person(2))),
    )
    await handle(world, *ids)
    await world.work()
    assert world.directory.named == [{person(1), FIRM}]
    assert sorted((call.subject, call.body) for call in world.email.calls) == [
        ("Til Firma AS", "Firma AS 310000001"),
        ("Til Kari Nordmann", "Kari Nordmann "),
    ]


async def test_both_channels_of_a_shipment_travel_by_themselves() -> None:
    world = World()
    world.directory.known[person(1)] = at("kari@example.com")
    content = for_people(person(1), scheme=ChannelScheme.EMAIL_AND_SMS, sms=SmsTemplate(body="A text"))
    (identity,) = await stored(world, registered(content=content))
    (shipment,) = await handle(world, identity)
    assert {one.channel for one in shipment.notifications} == set(Channel)
    await world.run(3)
    assert (len(world.email.calls), len(world.sms.calls)) == (1, 1)


async def test_ten_thousand_people_are_looked_up_a_thousand_at_a_time_and_all_told() -> None:
    world = World()
    people = tuple(person(number) for number in range(10 * SLICE))
    world.directory.known.update({each: at(f"{each.national_identity_number}@example.com") for each in people})
    (identity,) = await stored(world, registered(content=for_people(*people)))
    (shipment,) = await handle(world, identity)
    assert [len(asked) for asked in world.directory.asked] == [SLICE] * 10
    assert shipment.state is ShipmentState.SENDING
    assert len({one.address for one in shipment.notifications}) == 10 * SLICE


async def test_planning_goes_on_where_a_process_stopped_and_looks_nobody_up_twice() -> None:
    world = World()
    content = email_content(recipients=many(SLICE + 5))
    (identity,) = await stored(world, registered(content=content))
    world.orders.fail("commit", 2, after=1)
    await handle(world, identity)
    half = await world.shipment(identity)
    assert (half.state, half.planned) == (ShipmentState.PLANNING, SLICE)
    await world.run_to(NOW + timedelta(minutes=10))
    shipment = await world.shipment(identity)
    assert shipment.state is ShipmentState.SENDING
    assert [one.address for one in shipment.notifications] == [each.email_address for each in content.recipients]


async def test_whoever_is_told_can_be_found_by_identity_number_within_the_time_asked_for() -> None:
    world = World()
    world.directory.known.update({person(1): at("a@example.com"), FIRM: at("b@example.com")})
    (identity,) = await stored(world, registered(content=for_people(person(1), FIRM, person(2))))
    await handle(world, identity)
    (told,) = await world.inquiries.to_recipient(PERSON, f"{1:011}", NOW - DAY, NOW + DAY)
    assert (told.shipment.id, [one.address for one in told.notifications]) == (identity, ["a@example.com"])
    (told,) = await world.inquiries.to_recipient(ORGANIZATION, "310000001", NOW, NOW + DAY)
    assert [one.address for one in told.notifications] == ["b@example.com"]
    assert await world.inquiries.to_recipient(PERSON, f"{3:011}", NOW - DAY, NOW + DAY) == []
    assert await world.inquiries.to_recipient(PERSON, f"{1:011}", NOW - DAY, NOW) == []
    assert await world.inquiries.to_recipient(ORGANIZATION, f"{1:011}", NOW - DAY, NOW + DAY) == []


async def test_send_times_within_one_millisecond_are_told_apart_and_the_newest_first() -> None:
    world = World()
    world.directory.known[person(1)] = at("a@example.com")
    sent = [NOW - timedelta(microseconds=after) for after in (7, 9, 8)]
    shipments = [registered(content=for_people(person(1)), send_at=each) for each in sent]
    for identity in await stored(world, *shipments):
        await handle(world, identity)

    async def times(since: datetime, until: datetime) -> list[datetime]:
        return [each.shipment.send_at for each in await world.inquiries.to_recipient(PERSON, f"{1:011}", since, until)]

    newest, oldest, middle = sent
    assert await times(NOW - DAY, NOW) == [newest, middle, oldest]
    assert await times(middle, newest) == [middle]


async def test_the_index_holds_no_identity_number() -> None:
    world = World()
    (identity,) = await stored(world, registered(content=for_people(person(4711))))
    await handle(world, identity)
    rows = [repr((row.key, row.properties)) for row in world.index_rows.rows()]
    assert rows
    assert not any("4711" in row for row in rows)


async def test_what_was_found_by_identity_is_forgotten_with_the_shipment() -> None:
    world = World()
    world.directory.known[person(1)] = at("a@example.com")
    content = replace(for_people(person(1)), senders_reference="ref-1")
    await world.order(content, dialog_id="dialog-1", transmission_id="transmission-1")
    await world.run_to(NOW + timedelta(days=100))
    left = [row.key for row in world.index_rows.rows() if not row.key.startswith("l|")]
    assert [key for key in left if "ref-1" in key or "dialog-1" in key] == []
    assert await world.inquiries.to_recipient(PERSON, f"{1:011}", NOW - DAY, NOW + DAY) == []


async def test_an_order_that_is_repeated_after_its_retention_leaves_nothing_in_the_index_again() -> None:
    world = World()
    for _ in range(2):
        await world.order(
            email_content(senders_reference="ref-1"),
            idempotency_id="id-1",
            dialog_id="dialog-1",
            send_at=world.clock.now(),
        )
        await world.run_to(NOW + timedelta(days=100))
    assert [row.key for row in world.index_rows.rows() if "ref-1" in row.key or "dialog-1" in row.key] == []


async def test_a_cancelled_order_of_many_is_forgotten_without_asking_for_rows_that_never_were() -> None:
    world = World()
    people = tuple(person(number) for number in range(5_000))
    (identity,) = await world.order(for_people(*people), send_at=NOW + timedelta(hours=1))
    await world.cancel(CREATOR, identity.uuid)
    world.clock.forward(timedelta(days=100))
    deletes: list[str] = []
    commit = world.index_rows.commit

    async def counted(partition: str, operations: Sequence[Operation]) -> list[str]:
        deletes.extend(each.key for each in operations)
        return await commit(partition, operations)

    world.index_rows.commit = counted  # type: ignore[method-assign]
    await world.run(3)
    assert await world.left() == {"orders o"}
    assert len(set(deletes)) <= SLICE


async def test_whoever_was_given_up_before_being_looked_up_can_be_found_and_is_forgotten_in_time() -> None:
    world = World()
    people = tuple(person(number) for number in range(6_000))
    await world.order(for_people(*people))
    world.directory.down = "persons"
    await world.run_to(NOW + 3 * DAY)
    for number in (0, 5_999):
        (told,) = await world.inquiries.to_recipient(PERSON, f"{number:011}", NOW - DAY, NOW + DAY)
        assert [one.status for one in told.notifications] == [Status.TTL]
    await world.run_to(NOW + timedelta(days=100))
    assert [row.key for row in world.index_rows.rows() if row.key.count("|") != 1] == []
