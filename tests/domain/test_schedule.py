"""When a shipment is looked at next: never later than anything that wants doing, and by somebody who can do it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.advance import advance, put_off
from notifications.domain.clock import round_up
from notifications.domain.hand_over import claimable, too_late
from notifications.domain.pace import backoff
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Claim, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from tests.builders import NOW, PACE, both_channels, notification, registered, sending
from tests.domain.shipments import sent

SECOND = timedelta(seconds=1)
jitters = st.floats(0, 1, exclude_max=True)


def wanted(shipment: Shipment, now: datetime) -> list[tuple[datetime, str]]:
    """Everything that wants doing, told independently of the code: when, and by whose letter."""
    wants: list[tuple[datetime, str]] = []
    held: set[int] = set()
    for channel, lane in shipment.lanes.items():
        live = lane.claim is not None and now < lane.claim.until
        if lane.claim and live:
            held |= lane.claim.rows
        if lane.todo:
            wants.append((lane.claim.until if lane.claim and live else lane.after, channel.letter))
    for one in shipment.notifications:
        if one.status is Status.ACCEPTED and one.number not in held:
            wants.append((shipment.expires + LATE_REPORT_GRACE, "p"))
        elif one.status is Status.NEW and one.number not in held:
            wants.append((shipment.expires, "p"))
    return wants


@given(sent())
def test_the_wake_up_is_never_later_than_anything_that_wants_doing(drawn: tuple[Shipment, datetime]) -> None:
    shipment, now = drawn
    after = scheduled(shipment, now, PACE)
    assert all(after.due <= round_up(when) for when, _ in wanted(shipment, now))


@given(sent())
def test_the_wake_up_names_every_lane_that_is_due_by_then(drawn: tuple[Shipment, datetime]) -> None:
    shipment, now = drawn
    after = scheduled(shipment, now, PACE)
    ended = {"p"} if max(now, after.due) >= shipment.expires else set()
    letters = {letter for when, letter in wanted(shipment, now) if when <= after.due}
    assert set(after.wants) >= (ended or letters)


@given(sent())
def test_nothing_else_of_a_shipment_changes_by_scheduling_it(drawn: tuple[Shipment, datetime]) -> None:
    shipment, now = drawn
    after = scheduled(shipment, now, PACE)
    assert replace(after, due=shipment.due, wants=shipment.wants) == shipment
    assert scheduled(after, now, PACE) == after


@given(sent(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_whoever_a_wake_up_calls_finds_something_to_do(drawn: tuple[Shipment, datetime], late: timedelta) -> None:
    """However late the call comes: otherwise a shipment would be called for ever and never end."""
    shipment, now = drawn
    after = scheduled(shipment, now, PACE)
    called = max(after.due, now) + late
    if any(lane.todo and lane.claimed(called) for lane in after.lanes.values()):
        return
    work = {
        "p": advance(after, (), called, PACE).change is not None,
        "e": claimable(after, Channel.EMAIL, called) or too_late(after, Channel.EMAIL, called),
        "s": claimable(after, Channel.SMS, called) or too_late(after, Channel.SMS, called),
    }
    assert any(work[letter] for letter in after.wants)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=30)])
def test_a_lane_that_nobody_served_in_the_shipments_lifetime_is_given_back_for_ending(late: timedelta) -> None:
    shipment = sending()
    now = shipment.expires + late
    assert shipment.wants == "e"
    assert not claimable(shipment, Channel.EMAIL, now)
    assert too_late(shipment, Channel.EMAIL, now)
    given_back = scheduled(shipment, now, PACE)
    assert (given_back.due, given_back.wants) == (shipment.due, "p")
    assert not too_late(registered(), Channel.EMAIL, now)


def test_two_lanes_due_at_once_are_both_called() -> None:
    assert scheduled(both_channels(), NOW, PACE).wants == "es"


def test_the_earlier_lane_is_called_first() -> None:
    shipment = both_channels()
    later = shipment.with_lane(Channel.SMS, replace(shipment.lanes[Channel.SMS], after=NOW + SECOND))
    after = scheduled(later, NOW, PACE)
    assert (after.due, after.wants) == (NOW, "e")


def test_a_lane_in_somebodys_hands_is_called_when_the_claim_lapses() -> None:
    shipment = both_channels()
    claim = Claim(token="t", until=NOW + PACE.claim, rows=frozenset({1, 2}))
    for channel in Channel:
        shipment = shipment.with_lane(channel, replace(shipment.lanes[channel], claim=claim))
    after = scheduled(shipment, NOW, PACE)
    assert (after.due, after.wants) == (claim.until, "es")


def test_with_nothing_to_hand_over_the_shipment_waits_for_reports_until_it_ends() -> None:
    accepted = notification(status=Status.ACCEPTED)
    shipment = replace(sending(), notifications=(accepted,), lanes={})
    after = scheduled(shipment, NOW, PACE)
    assert (after.due, after.wants) == (shipment.expires + LATE_REPORT_GRACE, "p")


def test_with_nothing_open_the_shipment_is_done() -> None:
    shipment = replace(sending(), notifications=(notification(status=Status.FAILED),))
    assert scheduled(shipment, NOW, PACE).state is ShipmentState.DONE


@given(jitters)
def test_a_registered_shipment_backs_off_but_not_beyond_its_expiry(jitter: float) -> None:
    later = put_off(registered(attempts=1), NOW, "error_X", jitter)
    assert (later.due, later.attempts, later.reason, later.wants) == (
        round_up(NOW + backoff(2, jitter)),
        2,
        "error_X",
        "p",
    )
    dying = put_off(registered(attempts=9, expires=NOW + SECOND), NOW, "error_X", jitter)
    assert dying.due == NOW + SECOND


@given(jitters, st.integers(0, 100))
def test_publication_is_tried_again_within_five_minutes_whatever_happens(jitter: float, attempts: int) -> None:
    ended = replace(registered(), state=ShipmentState.DONE, attempts=attempts)
    assert put_off(ended, NOW, "x", jitter).due <= NOW + timedelta(minutes=6)
    assert put_off(ended, NOW + timedelta(days=100), "x", jitter).due > NOW + timedelta(days=100)


@given(sent(), jitters)
def test_a_shipment_that_goes_wrong_while_it_is_sent_is_left_alone_for_a_while(
    drawn: tuple[Shipment, datetime], jitter: float
) -> None:
    shipment, now = drawn
    later = put_off(shipment, now, "error_X", jitter)
    assert later.due > now
    assert (later.attempts, later.reason) == (shipment.attempts + 1, "error_X")
    assert later.notifications == shipment.notifications
    for channel, lane in later.lanes.items():
        assert not claimable(later, channel, now)
        assert replace(lane, after=shipment.lanes[channel].after) == shipment.lanes[channel]


@given(sent(), jitters)
def test_a_shipment_that_was_put_off_is_called_before_its_end_or_for_it(
    drawn: tuple[Shipment, datetime], jitter: float
) -> None:
    shipment, now = drawn
    later = put_off(shipment, now, "error_X", jitter)
    latest = max(now + backoff(shipment.attempts + 1, jitter), shipment.expires)
    assert later.due <= round_up(latest)
    if later.due >= shipment.expires:
        assert "p" in later.wants
