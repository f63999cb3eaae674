"""Placing orders for those whom the registers know: who is refused, and what a legacy caller is told."""

import pytest

from notifications.domain.contacts import ContactPoints, UserContact
from notifications.domain.order import ChannelScheme, OrderDraft, Recipient
from notifications.stages.forecast import Outlook, RegisterUnavailable
from notifications.stages.place import ContactMissing
from tests.builders import draft, email_content
from tests.stages.world import World

KARI = Recipient(national_identity_number="08895699684")
OLA = Recipient(national_identity_number="17912099997")
FIRM = Recipient(organization_number="310000001")
REACHED = ContactPoints(emails=("kari@example.com",))
RESERVED = ContactPoints(reserved=True)


def to(*recipients: Recipient, **members: object) -> OrderDraft:
    return draft(*(email_content(recipients=(each,), **members) for each in recipients))


async def test_an_order_for_somebody_who_can_be_reached_is_accepted_and_no_address_is_kept() -> None:
    world = World()
    world.directory.known[KARI] = REACHED
    (identity,) = (await world.place(to(KARI))).order.shipment_ids
    assert (await world.shipment(identity)).content.recipients == (KARI,)


async def test_an_order_for_somebody_without_an_address_is_refused_and_nothing_is_stored() -> None:
    world = World()
    with pytest.raises(ContactMissing):
        await world.place(to(KARI))
    assert world.orders.rows() == world.index_rows.rows() == []


async def test_a_reminder_for_somebody_without_an_address_refuses_the_whole_order() -> None:
    world = World()
    world.directory.known[KARI] = REACHED
    with pytest.raises(ContactMissing):
        await world.place(to(KARI, OLA))
    assert world.orders.rows() == []


async def test_a_reserved_person_is_not_missing() -> None:
    world = World()
    world.directory.known[KARI] = RESERVED
    assert not (await world.place(to(KARI))).replayed


async def test_an_organisation_that_only_users_speak_for_is_not_refused() -> None:
    world = World()
    world.directory.known[FIRM] = ContactPoints(users=(UserContact(email="a@example.com"),))
    await world.place(to(FIRM, resource_id="urn:altinn:resource:te_svc"))
    ((official,), (asked,)) = world.directory.asked
    assert (official.resource_id, asked.resource_id, asked.forecast) == (None, "te_svc", True)


async def test_nobody_asks_for_the_users_of_an_organisation_that_its_own_addresses_reach() -> None:
    world = World()
    world.directory.known[FIRM] = REACHED
    await world.place(to(FIRM, resource_id="urn:altinn:resource:te_svc"))
    assert [{each.resource_id for each in asked} for asked in world.directory.asked] == [{None}]


async def test_the_registers_are_asked_once_for_a_whole_chain() -> None:
    world = World()
    world.directory.known.update({KARI: REACHED, OLA: REACHED})
    await world.place(to(KARI, OLA, KARI))
    assert [len(asked) for asked in world.directory.asked] == [2]


async def test_an_order_for_addresses_asks_no_register() -> None:
    world = World()
    await world.place(draft())
    assert world.directory.asked == []


async def test_a_register_that_does_not_answer_is_not_somebody_without_an_address() -> None:
    world = World()
    world.directory.down = "persons"
    with pytest.raises(RegisterUnavailable) as told:
        await world.place(to(KARI))
    assert told.value.register == "persons"
    assert world.orders.rows() == []


async def test_a_repeated_order_is_answered_without_asking_the_registers_again() -> None:
    world = World()
    world.directory.known[KARI] = REACHED
    await world.place(to(KARI))
    world.directory.down = "persons"
    assert (await world.place(to(KARI))).replayed


async def test_a_legacy_order_is_accepted_whoever_can_be_reached_and_says_who_cannot() -> None:
    world = World()
    world.directory.known.update({KARI: REACHED, OLA: RESERVED})
    content = email_content(recipients=(KARI, OLA, FIRM, Recipient(email_address="x@example.com")))
    acceptance, outlook = await world.place.legacy(draft(content, idempotency_id=None))
    assert outlook == Outlook(asked=3, reserved=("17912099997",), missing=("310000001",))
    assert not acceptance.replayed


async def test_a_legacy_order_for_addresses_has_no_outlook() -> None:
    _, outlook = await World().place.legacy(draft(idempotency_id=None))
    assert outlook is None


async def test_every_legacy_order_is_one_of_its_own() -> None:
    world = World()
    first, _ = await world.place.legacy(draft(idempotency_id=None))
    second, _ = await world.place.legacy(draft(idempotency_id=None))
    assert first.order.key != second.order.key


@pytest.mark.parametrize("scheme", ChannelScheme)
async def test_a_reserved_legacy_recipient_is_reserved_and_not_missing(scheme: ChannelScheme) -> None:
    world = World()
    world.directory.known[KARI] = RESERVED
    content = email_content(recipients=(KARI,), scheme=scheme, ignore_reservation=True)
    _, outlook = await world.place.legacy(draft(content, idempotency_id=None))
    assert outlook == Outlook(asked=1, reserved=("08895699684",), missing=())
