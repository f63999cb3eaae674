"""Merging, folding and expiring: what may become of a notification, in whatever order it is told."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.sending_time import LATE_REPORT_GRACE, LIFETIME
from notifications.domain.settle import expire, fold
from notifications.domain.shipment import Claim, Fact, Passed, merge
from notifications.domain.statuses import Channel, Status
from tests.builders import NOW, both_channels, fact, notification, sending

SECOND = timedelta(seconds=1)
statuses = st.sampled_from(Status)
finals = st.sampled_from([status for status in Status if status.is_final])


@given(statuses, statuses)
def test_a_status_only_ever_rises_in_rank(old: Status, new: Status) -> None:
    before = notification(status=old, changed=NOW, reason="first")
    after = merge(before, new, NOW + SECOND, "then")
    if new.rank > old.rank:
        assert (after.status, after.changed, after.reason) == (new, NOW + SECOND, "then")
    else:
        assert (after.status, after.changed, after.reason) == (old, NOW, "first")


@given(finals, finals)
def test_the_first_final_status_stays_and_a_contradiction_is_kept_beside_it(first: Status, then: Status) -> None:
    after = merge(notification(status=first), then, NOW, None)
    assert after.status is first
    assert after.late is (None if then is first else then)


def test_every_status_that_was_is_kept_with_its_time_and_the_reason_given() -> None:
    new = notification(reason="put_off")
    accepted = merge(new, Status.ACCEPTED, NOW + SECOND, None)
    bounced = merge(accepted, Status.BOUNCED, NOW + 2 * SECOND, "5.1.1")
    assert merge(bounced, Status.DELIVERED, NOW + 3 * SECOND, None).history == bounced.history
    assert bounced.history == (
        Passed(Status.NEW, NOW, "put_off"),
        Passed(Status.ACCEPTED, NOW + SECOND),
    )


@given(finals)
def test_acceptance_after_the_end_changes_nothing(first: Status) -> None:
    ended = notification(status=first)
    assert merge(ended, Status.ACCEPTED, NOW, None) == ended


@given(st.lists(statuses, max_size=6), statuses)
def test_telling_a_status_twice_is_telling_it_once(told: list[Status], again: Status) -> None:
    one = notification()
    for status in [*told, again]:
        one = merge(one, status, NOW, None)
    assert merge(one, again, NOW + SECOND, None) == one or one.status.is_final


@given(st.permutations([fact(Status.DELIVERED, at=NOW), fact(Status.FAILED, at=NOW), fact(Status.BOUNCED)]))
def test_reports_of_one_fold_count_by_their_times_not_by_their_order(facts: list[Fact]) -> None:
    expected = fold(sending(), sorted(facts, key=lambda each: (each.at, each.status)))
    assert fold(sending(), facts) == expected
    assert expected.notifications[0].status is Status.DELIVERED


def test_the_earliest_of_contradicting_reports_wins_and_the_last_is_kept_as_late() -> None:
    folded = fold(sending(), [fact(Status.BOUNCED, at=NOW + SECOND), fact(Status.DELIVERED, at=NOW)])
    assert folded.notifications[0].status is Status.DELIVERED
    assert folded.notifications[0].late is Status.BOUNCED
    assert folded.notifications[0].changed == NOW


def test_a_report_is_kept_with_its_time_and_code() -> None:
    (one,) = fold(sending(), [fact(Status.BOUNCED, code="hard")]).notifications
    assert (one.status, one.changed, one.reason) == (Status.BOUNCED, fact().at, "hard")


def test_a_report_that_is_older_than_the_hand_over_never_moves_the_time_back() -> None:
    """A provider's clock may be behind ours."""
    accepted = notification(status=Status.ACCEPTED, changed=NOW, handed_over=NOW)
    (one,) = fold(replace(sending(), notifications=(accepted,)), [fact(at=NOW - SECOND)]).notifications
    assert (one.status, one.changed) == (Status.DELIVERED, NOW)


def test_a_reported_notification_need_not_be_handed_over_any_more() -> None:
    shipment = both_channels()
    lane = shipment.lanes[Channel.EMAIL]
    unsure = shipment.with_lane(Channel.EMAIL, replace(lane, uncertain=frozenset({1, 2})))
    folded = fold(unsure, [fact(number=1)])
    assert folded.lanes[Channel.EMAIL].todo == {2}
    assert folded.lanes[Channel.EMAIL].uncertain == {2}
    assert folded.lanes[Channel.SMS] == shipment.lanes[Channel.SMS]


def test_a_report_about_a_notification_that_does_not_exist_changes_nothing() -> None:
    assert fold(sending(), [fact(number=2), fact(number=0)]) == sending()


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_separate_folds_in_any_order_end_every_notification(order: tuple[int, ...]) -> None:
    shipment = both_channels()
    facts = [fact(number=1), fact(Status.FAILED, number=1, at=NOW), fact(number=3)]
    for place in order:
        shipment = fold(shipment, [facts[place]])
    assert [one.number for one in shipment.open] == [2, 4]


def test_nothing_expires_before_its_time() -> None:
    shipment = sending()
    assert expire(shipment, shipment.expires - timedelta(microseconds=1)) == shipment


def test_at_expiry_what_was_not_handed_over_fails_with_its_last_reason() -> None:
    shipment = replace(sending(), notifications=(notification(reason="http_503"),))
    (ended,) = expire(shipment, shipment.expires).notifications
    assert (ended.status, ended.reason, ended.changed) == (Status.TTL, "http_503", shipment.expires)


def test_what_was_accepted_waits_a_little_longer_for_its_report() -> None:
    shipment = both_channels(notifications=(notification(status=Status.ACCEPTED), notification(2)))
    at_expiry = expire(shipment, shipment.expires)
    assert [one.status for one in at_expiry.notifications] == [Status.ACCEPTED, Status.TTL]
    almost = shipment.expires + LATE_REPORT_GRACE - timedelta(microseconds=1)
    assert expire(at_expiry, almost) == at_expiry
    assert not expire(at_expiry, shipment.expires + LATE_REPORT_GRACE).open


def test_what_is_in_somebodys_hands_does_not_expire_until_the_claim_lapses() -> None:
    shipment = sending()
    until = NOW + LIFETIME + SECOND
    claim = Claim(token="t", until=until, rows=frozenset({1}))
    lane = shipment.lanes[Channel.EMAIL]
    held = shipment.with_lane(Channel.EMAIL, replace(lane, claim=claim))
    assert expire(held, shipment.expires).open
    assert not expire(held, until).open


def test_a_final_status_never_expires() -> None:
    shipment = fold(sending(), [fact()])
    assert expire(shipment, shipment.expires + timedelta(days=400)) == shipment
