"""Claims, and recording what came of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.hand_over import Result, claim, claimable, claimed_rows, defer, holds, opening, record
from notifications.domain.order import Recipient, SendingTimePolicy
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.settle import fold
from notifications.domain.shipment import Lane, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from tests.builders import NOW, PACE, both_channels, email_content, fact, registered, sending, sms_content
from tests.domain.shipments import sent

EMAIL, SMS = Channel.EMAIL, Channel.SMS
SECOND = timedelta(seconds=1)
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        Accepted(),
        Accepted("ref-1"),
        Accepted(last="smtp_accepted"),
        Refused(Status.INVALID_RECIPIENT, "invalid"),
        Postponed("http_503"),
        Postponed("http_429", SECOND),
        Uncertain("timeout"),
    ]
)


def claimed(
    shipment: Shipment, channel: Channel = EMAIL, *, now: datetime = NOW, token: str = "mine", limit: int = 10
) -> Shipment:
    return claim(shipment, channel, now, PACE, token=token, limit=limit)


def recorded(
    shipment: Shipment, *results: tuple[int, Outcome], now: datetime = NOW + SECOND, token: str = "mine"
) -> Shipment:
    told = [Result(number, outcome, now) for number, outcome in results]
    return record(shipment, EMAIL, told, now, PACE, token=token, jitter=0.5)


def lane(shipment: Shipment, channel: Channel = EMAIL) -> Lane:
    return shipment.lanes[channel]


def test_a_claim_lapses_at_the_very_moment_until_which_it_was_held() -> None:
    held = lane(claimed(sending()))
    assert held.claim
    assert held.claimed(held.claim.until - timedelta(microseconds=1))
    assert not held.claimed(held.claim.until)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_whatever_a_report_has_ended_need_not_be_handed_over_the_last_of_all_neither(number: int) -> None:
    reported = fold(both_channels(), [fact(number=number)])
    left = frozenset[int]().union(*(each.todo for each in reported.lanes.values()))
    assert left == {1, 2, 3, 4} - {number}


def test_a_lane_can_be_claimed_from_its_time_until_the_shipments_expiry() -> None:
    shipment = defer(sending(), EMAIL, NOW + SECOND, NOW, PACE)
    assert not claimable(shipment, EMAIL, NOW)
    assert claimable(shipment, EMAIL, NOW + SECOND)
    assert claimable(shipment, EMAIL, shipment.expires - timedelta(microseconds=1))
    assert not claimable(shipment, EMAIL, shipment.expires)
    assert not claimable(shipment, SMS, NOW + SECOND)


def test_a_shipment_that_is_not_being_sent_or_has_nothing_left_cannot_be_claimed() -> None:
    assert not claimable(registered(), EMAIL, NOW)
    assert not claimable(replace(sending(), state=ShipmentState.DONE), EMAIL, NOW)
    nothing = sending().with_lane(EMAIL, replace(lane(sending()), todo=frozenset()))
    assert not claimable(nothing, EMAIL, NOW)


def test_a_claim_keeps_everybody_else_out_until_it_lapses() -> None:
    held = claimed(sending())
    assert not claimable(held, EMAIL, NOW + PACE.claim - timedelta(microseconds=1))
    assert claimable(held, EMAIL, NOW + PACE.claim)
    assert (held.due, held.wants) == (NOW + PACE.claim, "e")
    assert holds(held, EMAIL, "mine")
    assert not holds(held, EMAIL, "another's")
    assert not holds(held, SMS, "mine")
    assert not holds(sending(), EMAIL, "mine")


def test_a_claim_takes_the_first_rows_up_to_its_limit() -> None:
    held = claimed(both_channels(), SMS, limit=1)
    assert [one.number for one in claimed_rows(held, SMS)] == [3]
    assert held.in_hand(held.notifications[2], NOW)
    assert not held.in_hand(held.notifications[3], NOW)
    assert not held.in_hand(held.notifications[2], NOW + PACE.claim)
    assert claimed_rows(held, EMAIL) == ()
    assert lane(held, EMAIL) == lane(both_channels(), EMAIL)


def test_a_claim_on_one_channel_leaves_the_other_to_be_claimed() -> None:
    held = claimed(both_channels())
    assert (held.due, held.wants) == (NOW, "s")
    assert claimable(held, SMS, NOW)
    both = claimed(held, SMS)
    assert (both.due, both.wants) == (NOW + PACE.claim, "es")


def test_whoever_takes_over_a_lapsed_claim_knows_which_rows_are_uncertain() -> None:
    first = claimed(both_channels(), limit=1)
    second = claimed(first, now=NOW + PACE.claim, token="second")
    assert lane(second).uncertain == {1}
    assert lane(second).attempts == 2
    third = claimed(second, now=NOW + 2 * PACE.claim, token="third")
    assert lane(third).uncertain == {1, 2}


def test_what_was_reported_meanwhile_is_not_uncertain_any_more() -> None:
    first = fold(claimed(both_channels()), [fact(number=1)])
    assert lane(claimed(first, now=NOW + PACE.claim)).uncertain == {2}
    assert [one.number for one in claimed_rows(first, EMAIL)] == [2]


def test_a_deferred_lane_costs_no_attempt_and_waits_no_longer_than_expiry() -> None:
    later = defer(sending(), EMAIL, NOW + SECOND, NOW, PACE)
    assert (lane(later).attempts, later.due, later.wants) == (0, NOW + SECOND, "e")
    ended = defer(sending(), EMAIL, sending().expires + SECOND, NOW, PACE)
    assert (ended.due, ended.wants) == (sending().expires, "p")


def test_only_sms_for_the_day_waits_for_the_window() -> None:
    night = NOW.replace(hour=22)
    morning = NOW.replace(hour=8) + timedelta(days=1)
    daytime = registered(content=sms_content(SendingTimePolicy.DAYTIME))
    assert opening(daytime, SMS, night) == morning
    assert opening(daytime, EMAIL, night) == night
    assert opening(registered(content=sms_content(SendingTimePolicy.ANYTIME)), SMS, night) == night
    assert opening(registered(content=email_content()), SMS, night) == night


def test_an_accepted_notification_waits_for_its_report() -> None:
    after = recorded(claimed(sending()), (1, Accepted("ref-1")))
    (one,) = after.notifications
    assert (one.status, one.reference, one.handed_over) == (Status.ACCEPTED, "ref-1", NOW + SECOND)
    assert (lane(after).todo, lane(after).claim, lane(after).attempts) == (frozenset(), None, 0)
    assert (after.due, after.wants) == (after.expires + LATE_REPORT_GRACE, "p")


def test_what_nobody_will_report_on_is_delivered_when_it_is_accepted_and_says_by_whom() -> None:
    after = recorded(claimed(sending()), (1, Accepted(last="smtp_accepted")))
    (one,) = after.notifications
    assert (one.status, one.reason, one.handed_over) == (Status.DELIVERED, "smtp_accepted", NOW + SECOND)
    assert after.state is ShipmentState.DONE
    assert (after.due, after.wants) == (NOW + SECOND, "p"), "its publication waits for nothing"


def test_the_last_word_of_one_notification_leaves_the_others_to_be_handed_over() -> None:
    after = recorded(claimed(both_channels()), (1, Accepted(last="smtp_accepted")))
    assert after.state is ShipmentState.SENDING
    assert lane(after).todo == {2}


def test_the_last_word_does_not_undo_what_had_ended_before() -> None:
    failed = fold(claimed(both_channels()), [fact(Status.FAILED, number=1)])
    after = recorded(failed, (1, Accepted(last="smtp_accepted")))
    assert (after.notifications[0].status, after.notifications[0].late) == (Status.FAILED, Status.DELIVERED)


def test_a_refused_notification_ends_and_with_the_last_the_shipment() -> None:
    after = recorded(claimed(sending()), (1, Refused(Status.INVALID_EMAIL_FORMAT, "bad_format")))
    (one,) = after.notifications
    assert (one.status, one.reason, one.handed_over) == (Status.INVALID_EMAIL_FORMAT, "bad_format", NOW + SECOND)
    assert after.state is ShipmentState.DONE
    assert (after.due, after.wants) == (NOW + SECOND, "p"), "its publication waits for nothing"


def test_a_postponed_notification_is_tried_again_after_the_back_off() -> None:
    after = recorded(claimed(sending()), (1, Postponed("http_503")))
    assert (after.notifications[0].status, after.notifications[0].reason) == (Status.NEW, "http_503")
    assert after.due == NOW + SECOND + timedelta(seconds=10)
    assert lane(after).uncertain == frozenset()
    again = recorded(claimed(after, now=after.due), (1, Postponed("http_503")), now=after.due)
    assert again.due == after.due + timedelta(seconds=20)


def test_a_hand_over_without_an_answer_is_uncertain_until_the_provider_is_asked() -> None:
    after = recorded(claimed(sending()), (1, Uncertain("timeout_after_send")))
    assert (after.notifications[0].status, after.notifications[0].reason) == (Status.NEW, "timeout_after_send")
    assert lane(after).uncertain == {1}
    held = claimed(after, now=after.due)
    assert lane(held).uncertain == {1}
    assert lane(recorded(held, (1, Postponed("http_429")), now=after.due)).uncertain == frozenset()
    assert lane(recorded(held, (1, Accepted()), now=after.due)).uncertain == frozenset()


@pytest.mark.parametrize("memory", [Memory.NONE, Memory.SHORT])
def test_what_a_gateway_that_cannot_be_asked_did_not_take_now_it_may_have_taken_before(memory: Memory) -> None:
    first = recorded(claimed(sending()), (1, Uncertain("timeout")))
    held = claimed(first, now=first.due)
    told = [Result(1, Postponed("http_429"), first.due)]
    after = record(held, EMAIL, told, first.due, PACE, token="mine", jitter=0.5, memory=memory)
    assert lane(after).todo == lane(after).uncertain == {1}


def test_a_row_that_was_not_attempted_stays_to_do_and_is_certain() -> None:
    after = recorded(claimed(both_channels()), (1, Accepted()))
    assert lane(after).todo == {2}
    assert lane(after).uncertain == frozenset()
    assert (lane(after).after, lane(after).attempts) == (NOW + SECOND, 0)


def test_a_claim_without_any_attempt_is_given_up_for_two_seconds() -> None:
    after = recorded(claimed(sending()))
    assert lane(after).claim is None
    assert (after.due, after.wants) == (NOW + 3 * SECOND, "e")


def test_where_every_way_was_closed_a_lane_waits_until_one_opens_and_no_attempt_is_counted() -> None:
    tired = sending().with_lane(EMAIL, replace(lane(sending()), attempts=3))
    shut = Postponed("no_provider_open", until=NOW + 90 * SECOND)
    after = recorded(claimed(tired), (1, shut))
    assert (lane(after).claim, lane(after).attempts) == (None, 3)
    assert lane(after).after == after.due == NOW + 90.5 * SECOND
    assert after.notifications[0].reason == "no_provider_open"
    beyond = replace(shut, until=tired.expires + SECOND)
    assert lane(recorded(claimed(tired), (1, beyond))).after == tired.expires


def test_where_one_way_was_open_what_it_did_not_take_backs_off_and_the_rest_opens_no_earlier() -> None:
    shut = Postponed("no_provider_open", until=NOW + 90 * SECOND)
    after = recorded(claimed(both_channels()), (1, Postponed("http_503")), (2, shut))
    assert lane(after).attempts == 1
    assert lane(after).after == NOW + SECOND + timedelta(seconds=10)


def test_progress_starts_the_back_off_anew() -> None:
    shipment = both_channels()
    tired = shipment.with_lane(EMAIL, replace(lane(shipment), attempts=6))
    after = recorded(claimed(tired), (1, Accepted()), (2, Postponed("http_503")))
    assert lane(after).attempts == 0
    assert lane(after).after == NOW + SECOND + timedelta(seconds=10)


def test_a_result_that_comes_after_anothers_claim_is_merged_and_the_claim_left_alone() -> None:
    taken_over = claimed(claimed(both_channels()), now=NOW + PACE.claim, token="another's")
    after = recorded(taken_over, (1, Accepted("ref-1")), now=NOW + PACE.claim + SECOND)
    assert after.notifications[0].status is Status.ACCEPTED
    assert holds(after, EMAIL, "another's")
    assert lane(after).todo == {2}
    assert [one.number for one in claimed_rows(after, EMAIL)] == [2]


def test_a_result_that_comes_after_the_end_keeps_the_reference_and_no_more() -> None:
    ended = fold(claimed(sending()), [fact()])
    done = replace(ended, state=ShipmentState.DONE, lanes={}, due=NOW + PACE.retention, published=True)
    after = recorded(done, (1, Accepted("ref-1")))
    assert (after.notifications[0].status, after.notifications[0].reference) == (Status.DELIVERED, "ref-1")
    assert (after.due, after.state, after.changed) == (done.due, done.state, done.changed)


def test_a_refusal_that_contradicts_a_report_is_kept_as_late() -> None:
    reported = fold(claimed(both_channels()), [fact(number=1)])
    after = recorded(reported, (1, Refused(Status.FAILED, "x")))
    assert (after.notifications[0].status, after.notifications[0].late) == (Status.DELIVERED, Status.FAILED)


def test_a_report_that_came_before_the_receipt_is_not_undone_by_it() -> None:
    reported = fold(claimed(both_channels()), [fact(Status.FAILED, number=1)])
    for outcome in (Accepted("ref-1"), Postponed("x"), Uncertain("x")):
        after = recorded(reported, (1, outcome))
        assert (after.notifications[0].status, after.notifications[0].reason) == (Status.FAILED, "x")


def test_the_first_reference_and_time_of_hand_over_stay() -> None:
    once = recorded(claimed(both_channels()), (1, Accepted("ref-1")))
    twice = recorded(once, (1, Accepted("ref-2")), now=NOW + 9 * SECOND)
    assert (twice.notifications[0].reference, twice.notifications[0].handed_over) == ("ref-1", NOW + SECOND)


def test_results_of_one_lane_leave_the_other_as_it_was() -> None:
    both = claimed(claimed(both_channels()), SMS, token="sms")
    after = recorded(both, (1, Accepted()), (2, Accepted()))
    assert lane(after, SMS) == lane(both, SMS)
    assert (after.due, after.wants) == (NOW + PACE.claim, "s")


def test_a_shipment_without_that_lane_takes_the_statuses_only() -> None:
    shipment = replace(both_channels(), lanes={SMS: lane(both_channels(), SMS)})
    after = recorded(shipment, (1, Accepted()))
    assert after.notifications[0].status is Status.ACCEPTED
    assert after.lanes == shipment.lanes


@given(sent(), st.lists(st.tuples(st.integers(1, 2), outcomes), max_size=4), st.sampled_from(["held", "other"]))
def test_whatever_is_recorded_no_status_goes_back_and_no_result_is_dropped(
    drawn: tuple[Shipment, datetime], results: list[tuple[int, Outcome]], token: str
) -> None:
    shipment, now = drawn
    after = recorded(shipment, *results, now=now, token=token)
    told = dict(results)
    for before, then in zip(shipment.notifications, after.notifications, strict=True):
        assert then.status.rank >= before.status.rank
        assert then.status is before.status or before.is_open
        if isinstance(told.get(then.number), Accepted | Refused):
            assert then.status is not Status.NEW
    for one in after.lanes.values():
        new = {each.number for each in after.notifications if each.status is Status.NEW}
        assert one.todo <= new
        assert one.uncertain <= one.todo


@given(sent(), st.lists(st.tuples(st.integers(1, 2), outcomes), max_size=4))
def test_recording_twice_is_recording_once(
    drawn: tuple[Shipment, datetime], results: list[tuple[int, Outcome]]
) -> None:
    """An answer of storage may be lost: then the same results are recorded into what they made already."""
    shipment, now = drawn
    once = recorded(shipment, *results, now=now, token="held")
    assert recorded(once, *results, now=now, token="held") == once


@pytest.mark.parametrize("channel", Channel)
def test_a_claimed_lane_is_called_before_anybody_could_miss_it(channel: Channel) -> None:
    shipment = claimed(both_channels(), channel)
    assert shipment.due <= NOW + PACE.claim


def test_an_uncertain_result_that_is_recorded_twice_counts_as_one_hand_over() -> None:
    """The first commit was applied and its answer lost: the second must not take the repeat away."""
    told = [Result(1, Uncertain("timeout"), NOW + SECOND)]
    once = record(claimed(sending()), EMAIL, told, NOW + SECOND, PACE, token="mine", jitter=0.5, memory=Memory.NONE)
    twice = record(once, EMAIL, told, NOW + SECOND, PACE, token="mine", jitter=0.5, memory=Memory.NONE)
    assert lane(twice).todo == lane(twice).uncertain == {1}


class Hours:
    """A lane worked claim after claim while something may be handed over at once; what was called, in order."""

    def __init__(self, shipment: Shipment, channel: Channel = SMS) -> None:
        self.shipment, self.channel = shipment, channel
        self.now = NOW
        self.called: list[int] = []

    def work(self, outcomes: Callable[[Notification], Outcome], limit: int = 1) -> timedelta:
        """One round; how long the lane waits after it."""
        while claimable(self.shipment, self.channel, self.now):
            held = claim(self.shipment, self.channel, self.now, PACE, token="mine", limit=limit)
            rows = claimed_rows(held, self.channel)
            self.called += [one.number for one in rows]
            told = [Result(one.number, outcomes(one), self.now) for one in rows]
            self.shipment = record(
                held, self.channel, told, self.now, PACE, token="mine", jitter=0.5, memory=Memory.NONE
            )
        return lane(self.shipment, self.channel).after - self.now


def texts(*numbers: str) -> Shipment:
    return sending(content=sms_content(recipients=tuple(Recipient(phone_number=each) for each in numbers)))


NUMBERS = [f"+479999990{number}" for number in range(6)]


@given(off=st.frozensets(st.integers(1, 6), max_size=6), limit=st.integers(1, 7))
def test_what_is_put_off_holds_up_nobody_else_and_comes_again_after_a_back_off(off: frozenset[int], limit: int) -> None:
    hours = Hours(texts(*NUMBERS))
    waits = hours.work(lambda one: Postponed("mailbox_full") if one.number in off else Accepted(), limit)
    assert sorted(hours.called) == [1, 2, 3, 4, 5, 6]
    assert lane(hours.shipment, SMS).todo == off
    assert 8 * SECOND <= waits <= 12 * SECOND if off else not waits
    hours.now += waits
    hours.called.clear()
    hours.work(lambda _: Accepted())
    assert hours.called == sorted(off)


def test_lost_answers_delay_each_other_by_nothing_and_are_waited_for_once() -> None:
    hours = Hours(texts(*NUMBERS))
    assert hours.work(lambda _: Uncertain("timeout")) == PACE.uncertain_wait
    assert hours.called == [1, 2, 3, 4, 5, 6]


def test_where_a_country_s_providers_rest_the_others_recipients_go_on_and_its_own_wait_for_the_first_to_open() -> None:
    finnish = ["+358401234567", "+358407654321"]
    hours = Hours(texts(finnish[0], *NUMBERS[:2], finnish[1], NUMBERS[2]))
    opens = NOW + timedelta(minutes=3)

    def outcome(one: Notification) -> Outcome:
        return Postponed("no_provider_open", until=opens) if one.address in finnish else Accepted()

    hours.now += hours.work(outcome)
    assert hours.called == [1, 2, 3, 5]
    hours.now += hours.work(outcome)
    assert (hours.called, hours.now) == ([1, 2, 3, 5, 1], opens + 0.5 * SECOND)
    assert lane(hours.shipment, SMS).attempts == 0


def test_a_provider_that_asks_for_a_rest_gets_it_and_then_those_who_have_not_had_their_turn() -> None:
    hours = Hours(texts(*NUMBERS[:3]))
    waits = hours.work(lambda _: Postponed("http_429", SECOND))
    assert (hours.called, waits > SECOND) == ([1], True)
    hours.now += waits
    hours.now += hours.work(lambda _: Accepted())
    hours.work(lambda _: Accepted())
    assert hours.called == [1, 2, 3, 1]


@pytest.mark.parametrize(("memory", "left"), [(Memory.NONE, set()), (Memory.SHORT, set()), (Memory.LASTING, {1})])
def test_a_claim_that_lapses_twice_is_the_last_with_a_provider_that_cannot_be_asked(
    memory: Memory, left: set[int]
) -> None:
    shipment = texts(NUMBERS[0])
    for turn in range(3):
        now = NOW + turn * PACE.claim
        shipment = claim(shipment, SMS, now, PACE, token=f"turn {turn}", limit=1, memory=memory)
    assert lane(shipment, SMS).todo == left
    held = lane(shipment, SMS).claim
    assert (held is not None and held.rows == left) if left else held is None
    assert claimable(shipment, SMS, NOW + 4 * PACE.claim) is bool(left)
    assert shipment.due <= shipment.expires
