"""What the process stage decides for a shipment, state by state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.advance import (
    Step,
    Then,
    advance,
    ask_again,
    can_cancel,
    cancel,
    mark_published,
    not_met,
)
from notifications.domain.clock import round_up
from notifications.domain.order import SendingTimePolicy
from notifications.domain.planning import plan
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.settle import complete
from notifications.domain.shipment import Claim, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from tests.builders import (
    ADDRESS,
    NOW,
    NUMBER,
    PACE,
    both_channels,
    email_content,
    fact,
    many,
    registered,
    sending,
    sms_content,
)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TICK = timedelta(microseconds=1)


def changed(step: Step) -> Shipment:
    assert step.change is not None
    return step.change.after


def done(**members: object) -> Shipment:
    return replace(complete(sending(), NOW, PACE), **members)  # type: ignore[arg-type]


def test_a_message_that_comes_early_does_nothing() -> None:
    shipment = registered(send_at=NOW + SECOND)
    assert advance(shipment, (), NOW + SECOND - TICK, PACE) == Step(None)


def test_a_shipment_whose_time_has_come_is_to_be_planned() -> None:
    assert advance(registered(), (), NOW, PACE) == Step(None, Then.PLAN)


def test_a_shipment_that_could_not_be_planned_in_its_lifetime_fails_for_every_recipient() -> None:
    shipment = registered(content=email_content(recipients=many(3)), reason="condition_inconclusive")
    step = advance(shipment, (), shipment.expires, PACE)
    ended = changed(step)
    assert step.then is Then.PUBLISH
    assert (ended.state, ended.ending) == (ShipmentState.DONE, Ending.COMPLETED)
    assert [one.status for one in ended.notifications] == [Status.TTL] * 3
    assert {one.reason for one in ended.notifications} == {"condition_inconclusive"}


def test_a_shipment_without_a_known_address_still_ends_with_one_failure_for_each_recipient() -> None:
    shipment = registered(content=sms_content(recipients=many(2)))
    ended = changed(advance(shipment, (), shipment.expires, PACE))
    assert [(one.channel, one.address) for one in ended.notifications] == [(Channel.SMS, "")] * 2


def test_the_last_report_completes_a_shipment() -> None:
    step = advance(sending(), [fact()], NOW + SECOND, PACE)
    ended = changed(step)
    assert step.then is Then.PUBLISH
    assert step.change is not None
    assert step.change.folded == (fact(),)
    assert (ended.state, ended.ending, ended.lanes) == (ShipmentState.DONE, Ending.COMPLETED, {})
    assert ended.due == NOW + SECOND + PACE.publish_net
    assert ended.changed == NOW + SECOND


def test_a_report_that_leaves_others_open_is_folded() -> None:
    step = advance(both_channels(), [fact()], NOW, PACE)
    assert step.then is Then.NOTHING
    assert [one.status for one in changed(step).notifications] == [Status.DELIVERED, *[Status.NEW] * 3]


def test_a_report_that_changes_nothing_still_leaves_the_inbox() -> None:
    step = advance(sending(), [fact(number=7)], NOW, PACE)
    assert step.change is not None
    assert step.change.folded == (fact(number=7),)
    assert step.change.after.notifications == sending().notifications


def test_a_repeated_message_to_a_shipment_in_somebodys_hands_changes_nothing() -> None:
    shipment = sending()
    claim = Claim(token="t", until=NOW + PACE.claim, rows=frozenset({1}))
    held = shipment.with_lane(Channel.EMAIL, replace(shipment.lanes[Channel.EMAIL], claim=claim))
    held = replace(held, due=claim.until)
    assert advance(held, (), NOW, PACE) == Step(None)


def test_at_expiry_what_is_left_fails_and_the_shipment_completes() -> None:
    shipment = sending()
    step = advance(shipment, (), shipment.expires, PACE)
    assert changed(step).notifications[0].status is Status.TTL
    assert step.then is Then.PUBLISH


def test_a_report_counts_to_the_very_moment_of_expiry() -> None:
    shipment = sending()
    step = advance(shipment, [fact()], shipment.expires + LATE_REPORT_GRACE, PACE)
    assert changed(step).notifications[0].status is Status.DELIVERED


def test_past_expiry_an_accepted_notification_is_looked_at_once_more() -> None:
    accepted = replace(sending().notifications[0], status=Status.ACCEPTED)
    shipment = replace(sending(), notifications=(accepted,), lanes={}, due=NOW, wants="p")
    later = changed(advance(shipment, (), shipment.expires, PACE))
    assert later.due == round_up(shipment.expires + LATE_REPORT_GRACE)
    assert not changed(advance(later, (), later.due, PACE)).open


def test_an_overdue_wake_up_that_is_right_already_is_left_as_it_is() -> None:
    assert advance(sending(), (), NOW + SECOND, PACE) == Step(None)


def test_an_ended_shipment_is_published_until_it_is_marked() -> None:
    assert advance(done(), (), NOW, PACE) == Step(None, Then.PUBLISH)
    late = advance(done(), [fact()], NOW, PACE)
    assert late.then is Then.PUBLISH
    assert late.change is not None


def test_a_report_after_the_end_is_kept_as_late_and_moves_nothing() -> None:
    ended = mark_published(changed(advance(sending(), [fact()], NOW, PACE)), PACE)
    step = advance(ended, [fact(Status.FAILED)], NOW + HOUR, PACE)
    assert step.then is Then.NOTHING
    after = changed(step)
    assert (after.notifications[0].status, after.notifications[0].late) == (Status.DELIVERED, Status.FAILED)
    assert (after.due, after.changed, after.published) == (ended.due, ended.changed, True)


def test_a_published_shipment_is_purged_when_its_retention_ends_and_not_before() -> None:
    ended = done(published=True, due=NOW + HOUR)
    assert advance(ended, (), NOW + HOUR - TICK, PACE) == Step(None)
    assert advance(ended, (), NOW + HOUR, PACE) == Step(None, Then.PURGE)


def test_a_report_that_comes_with_the_purge_is_folded_first() -> None:
    step = advance(done(published=True, due=NOW), [fact()], NOW, PACE)
    assert step.then is Then.NOTHING
    assert step.change is not None


def test_the_mark_keeps_a_shipment_for_the_retention_time_from_its_end() -> None:
    ended = done(attempts=3)
    marked = mark_published(ended, PACE)
    assert marked.published
    assert (marked.due, marked.wants, marked.attempts) == (ended.changed + PACE.retention, "p", 0)


def test_a_plan_makes_one_notification_for_each_recipient_in_order() -> None:
    planned = plan(registered(content=email_content(recipients=many(3)), attempts=2, reason="x"), NOW, PACE)
    assert [(one.number, one.address) for one in planned.notifications] == [
        (number, f"kari{number}@example.com") for number in (1, 2, 3)
    ]
    assert planned.state is ShipmentState.SENDING
    assert planned.lanes[Channel.EMAIL].todo == {1, 2, 3}
    assert (planned.attempts, planned.reason) == (0, None)
    assert (planned.due, planned.wants) == (NOW, "e")
    assert all(planned.notification(one.number) == one for one in planned.notifications)
    assert planned.notification(0) is planned.notification(4) is None


@pytest.mark.parametrize(
    ("content", "channel", "address"),
    [(email_content(), Channel.EMAIL, ADDRESS), (sms_content(), Channel.SMS, NUMBER)],
)
def test_a_plan_uses_the_address_of_the_ordered_channel(content: object, channel: Channel, address: str) -> None:
    (one,) = plan(registered(content=content), NOW, PACE).notifications
    assert (one.channel, one.address, one.status) == (channel, address, Status.NEW)


def test_a_planner_that_puts_the_message_itself_leaves_a_net_one_claim_away() -> None:
    planned = plan(registered(), NOW, PACE, direct=[Channel.EMAIL, Channel.SMS])
    assert (planned.due, planned.wants) == (NOW + PACE.claim, "e")
    assert planned.lanes[Channel.EMAIL].after == NOW


def test_an_sms_for_the_day_waits_for_the_morning_and_one_for_any_time_does_not() -> None:
    evening = NOW.replace(hour=20)
    morning = NOW.replace(hour=8) + timedelta(days=1)
    daytime = registered(content=sms_content(SendingTimePolicy.DAYTIME), send_at=evening)
    planned = plan(daytime, evening, PACE, direct=[Channel.SMS])
    assert (planned.due, planned.wants, planned.lanes[Channel.SMS].after) == (morning, "s", morning)
    anytime = registered(content=sms_content(SendingTimePolicy.ANYTIME), send_at=evening)
    assert plan(anytime, evening, PACE).due == evening


def test_an_email_leaves_at_night_although_its_order_has_an_sms_for_the_day() -> None:
    evening = NOW.replace(hour=20)
    content = email_content(sms=sms_content(SendingTimePolicy.DAYTIME).sms)
    assert plan(registered(content=content), evening, PACE).due == evening


def test_no_lane_waits_beyond_expiry() -> None:
    evening = NOW.replace(hour=20)
    shipment = registered(content=sms_content(SendingTimePolicy.DAYTIME), expires=evening + HOUR)
    planned = plan(shipment, evening, PACE)
    assert (planned.due, planned.wants) == (evening + HOUR, "p")


def test_a_condition_that_says_no_ends_a_shipment_without_notifications() -> None:
    ended = not_met(registered(), NOW, PACE)
    assert (ended.state, ended.ending) == (ShipmentState.DONE, Ending.CONDITION_NOT_MET)
    assert ended.notifications == ()
    assert ended.due == NOW + PACE.publish_net


def test_a_condition_that_gives_no_answer_is_asked_again_after_a_minute_and_then_two() -> None:
    once = ask_again(registered(), NOW, PACE)
    assert (once.due, once.condition_asked, once.reason) == (NOW + timedelta(seconds=60), 1, "condition_inconclusive")
    assert ask_again(once, NOW, PACE).due == NOW + timedelta(seconds=120)
    assert ask_again(registered(expires=NOW + SECOND), NOW, PACE).due == NOW + SECOND


@pytest.mark.parametrize(
    ("ahead", "state", "allowed"),
    [
        (timedelta(minutes=5) + TICK, ShipmentState.REGISTERED, True),
        (timedelta(minutes=5), ShipmentState.REGISTERED, False),
        (timedelta(0), ShipmentState.REGISTERED, False),
        (HOUR, ShipmentState.SENDING, False),
        (HOUR, ShipmentState.DONE, False),
        (HOUR, ShipmentState.CANCELLED, False),
    ],
)
def test_only_a_registered_shipment_more_than_five_minutes_away_can_be_cancelled(
    ahead: timedelta, state: ShipmentState, *, allowed: bool
) -> None:
    assert can_cancel(registered(send_at=NOW + ahead, state=state), NOW) is allowed


def test_a_cancelled_shipment_is_kept_for_the_retention_time_and_told_to_nobody() -> None:
    cancelled = cancel(registered(), NOW, PACE)
    assert (cancelled.state, cancelled.published, cancelled.changed) == (ShipmentState.CANCELLED, True, NOW)
    assert (cancelled.due, cancelled.wants) == (NOW + PACE.retention, "p")
    assert advance(cancelled, (), cancelled.due, PACE) == Step(None, Then.PURGE)


def test_a_creator_who_asked_to_be_told_finds_the_cancelled_shipment_in_the_feed_at_once() -> None:
    cancelled = cancel(registered(), NOW, PACE, tell=True)
    assert cancelled.due == NOW
    assert advance(cancelled, (), NOW, PACE) == Step(None, Then.PUBLISH)
