"""Planning: large orders in slices, people listed twice, and shipments whose time was up before they were planned."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain.advance import Then, advance, put_off
from notifications.domain.contacts import ContactPoints
from notifications.domain.order import ChannelScheme, EmailTemplate, Recipient, SmsTemplate
from notifications.domain.planning import SLICE, asks_for_names, next_recipients, plan
from notifications.domain.shipment import Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from tests.builders import NOW, PACE, email_content, many, registered


def person(number: int) -> Recipient:
    return Recipient(national_identity_number=f"{number:011}")


def reached(recipients: tuple[Recipient, ...]) -> dict[Recipient, ContactPoints]:
    return {each: ContactPoints(emails=(f"{each.national_identity_number}@example.com",)) for each in recipients}


def planned_through(shipment: Shipment) -> list[Shipment]:
    """Every version of a shipment until it is being sent."""
    versions = [shipment]
    while versions[-1].state in (ShipmentState.REGISTERED, ShipmentState.PLANNING):
        last = versions[-1]
        versions.append(plan(last, NOW, PACE, points=reached(next_recipients(last))))
    return versions[1:]


def test_a_large_order_is_planned_in_slices_and_sent_when_the_last_is_planned() -> None:
    people = tuple(person(number) for number in range(2 * SLICE + 1))
    first, second, last = planned_through(registered(content=email_content(recipients=people)))
    assert (first.state, first.planned, len(first.notifications)) == (ShipmentState.PLANNING, SLICE, SLICE)
    assert (first.due, first.wants, first.lanes) == (NOW + PACE.claim, "p", {})
    assert second.notifications[:SLICE] == first.notifications
    assert (last.state, last.planned) == (ShipmentState.SENDING, 2 * SLICE + 1)
    assert last.lanes[Channel.EMAIL].todo == set(range(1, 2 * SLICE + 2))
    assert [last.recipient_of(one) for one in last.notifications] == list(people)


def test_a_recipient_with_thousands_of_addresses_does_not_make_a_slice_too_large() -> None:
    crowded = ContactPoints(emails=tuple(f"u{number}@example.com" for number in range(5_000)))
    people = (person(1), person(2))
    shipment = registered(content=email_content(recipients=people))
    first = plan(shipment, NOW, PACE, points={people[0]: crowded, people[1]: ContactPoints(emails=("x@example.com",))})
    assert (first.state, first.planned, len(first.notifications)) == (ShipmentState.PLANNING, 1, 5_000)


@pytest.mark.parametrize("addresses", [19_999, 20_000, 20_001])
def test_a_recipient_with_more_addresses_than_a_change_can_write_is_planned_in_several(addresses: int) -> None:
    crowd = ContactPoints(emails=tuple(f"u{number}@example.com" for number in range(addresses)))
    people = (person(1), person(2))
    versions = [registered(content=email_content(recipients=people, scheme=ChannelScheme.EMAIL_AND_SMS))]
    while versions[-1].planned < len(people):
        points = {people[0]: crowd, people[1]: ContactPoints(emails=("u0@example.com", "x@example.com"))}
        versions.append(plan(versions[-1], NOW, PACE, points=points))
    sizes = [len(each.notifications) for each in versions]
    assert all(later - earlier <= 10_000 for earlier, later in pairwise(sizes))
    told = [(one.recipient, one.address, one.status) for one in versions[-1].notifications]
    assert told == [
        *((0, each, Status.NEW) for each in crowd.emails),
        (0, "", Status.RECIPIENT_NOT_IDENTIFIED),
        (1, "x@example.com", Status.NEW),
        (1, "", Status.RECIPIENT_NOT_IDENTIFIED),
    ]


def test_a_planner_that_stops_leaves_the_rest_to_the_timer_at_once() -> None:
    shipment = registered(content=email_content(recipients=many(SLICE + 1)))
    assert plan(shipment, NOW, PACE, net=NOW - NOW).due == NOW


def test_a_person_listed_twice_is_told_once_also_across_slices() -> None:
    people = (person(0), person(0), *(person(number) for number in range(1, SLICE)), person(0))
    last = planned_through(registered(content=email_content(recipients=people)))[-1]
    assert len(last.notifications) == SLICE


def test_somebody_unreachable_listed_twice_fails_once() -> None:
    people = (person(1), person(1))
    shipment = plan(
        registered(content=email_content(recipients=people)), NOW, PACE, points={people[0]: ContactPoints()}
    )
    assert [one.status for one in shipment.notifications] == [Status.RECIPIENT_NOT_IDENTIFIED]


def test_a_shipment_that_reaches_nobody_has_ended() -> None:
    shipment = plan(registered(content=email_content(recipients=(person(1),))), NOW, PACE, points={})
    assert (shipment.state, shipment.ending) == (ShipmentState.DONE, Ending.COMPLETED)
    assert [one.status for one in shipment.notifications] == [Status.RECIPIENT_NOT_IDENTIFIED]


def test_only_those_that_can_be_reached_are_handed_over() -> None:
    people = (person(1), person(2))
    shipment = plan(registered(content=email_content(recipients=people)), NOW, PACE, points=reached(people[1:]))
    assert shipment.state is ShipmentState.SENDING
    assert shipment.lanes[Channel.EMAIL].todo == {2}
    assert shipment.lanes.keys() == {Channel.EMAIL}


def test_names_are_kept_with_the_notifications_that_ask_for_them() -> None:
    people = (person(1), person(2))
    names = {people[0]: "Kari Nordmann", people[1]: ""}
    shipment = plan(
        registered(content=email_content(recipients=people)), NOW, PACE, points=reached(people), names=names
    )
    assert [one.name for one in shipment.notifications] == ["Kari Nordmann", None]


def test_a_shipment_asks_for_names_where_any_of_its_texts_does() -> None:
    content = email_content()
    assert content.email
    assert not asks_for_names(registered(content=content))
    asking = "Hei $recipientName$"
    for template in (replace(content.email, subject=asking), replace(content.email, body=asking)):
        assert asks_for_names(registered(content=replace(content, email=template)))


@pytest.mark.parametrize("scheme", ChannelScheme)
def test_only_the_texts_that_may_be_sent_ask_for_names(scheme: ChannelScheme) -> None:
    content = replace(email_content(), sms=SmsTemplate(body="Hei $recipientName$"), scheme=scheme)
    assert asks_for_names(registered(content=content)) is (scheme is not ChannelScheme.EMAIL)
    content = replace(email_content(), email=EmailTemplate(subject="$recipientNumber$", body=""), scheme=scheme)
    assert asks_for_names(registered(content=content)) is (scheme is not ChannelScheme.SMS)


def test_a_shipment_that_somebody_is_planning_is_left_to_them_until_its_net() -> None:
    shipment = plan(registered(content=email_content(recipients=many(SLICE + 1))), NOW, PACE)
    assert advance(shipment, (), NOW, PACE).then is Then.NOTHING
    assert advance(shipment, (), shipment.due, PACE).then is Then.PLAN


def test_planning_that_waits_for_a_register_never_waits_beyond_expiry() -> None:
    shipment = plan(registered(content=email_content(recipients=many(SLICE + 1))), NOW, PACE)
    late = shipment.expires - PACE.publish_net
    waiting = put_off(replace(shipment, due=late, attempts=40), late, "register_unavailable_persons", 0.5)
    assert waiting.due == shipment.expires
    assert waiting.state is ShipmentState.PLANNING


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12_000), st.integers(0, 3), st.sampled_from(ChannelScheme))
def test_whatever_was_planned_when_time_is_up_everybody_fails_once(
    count: int, slices: int, scheme: ChannelScheme
) -> None:
    people = tuple(person(number) for number in range(count))
    shipment = registered(content=email_content(recipients=people, scheme=scheme))
    for _ in range(slices):
        if shipment.planned < len(people) - SLICE:
            shipment = plan(shipment, NOW, PACE, points=reached(next_recipients(shipment)))
    for _ in range(40):
        step = advance(shipment, (), shipment.expires, PACE)
        if step.change is None:
            break
        shipment = step.change.after
    assert shipment.state is ShipmentState.DONE
    assert {one.status for one in shipment.notifications} <= {Status.TTL, Status.RECIPIENT_NOT_IDENTIFIED}
    assert {one.recipient for one in shipment.notifications} == set(range(count))
