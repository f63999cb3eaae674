from datetime import UTC, datetime, timedelta

import pytest

from notifications.contract.problems import ValidationFailed
from tests.contract.builders import NOW, Request, errors, failure, order, parse, sms_recipient

NO_ZONE = "The requested send time value must have specified a time zone."
PAST = "RequestedSendTime must be greater than or equal to now."
NOT_A_TIME = (
    "The JSON value could not be converted to a date-time. Write ISO 8601 with a time zone: 2030-01-31T08:00:00Z."
)
TOO_LATE = "The send time must lie before the year 9990."


def at(text: object) -> Request:
    return order(requestedSendTime=text)


def reminded(**when: object) -> Request:
    return order(reminders=[{"recipient": sms_recipient(), **when}])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-10T08:00:00Z", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-10T10:00:00+02:00", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-10T10:00+02", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-09T21:30:00-10:30", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-10T22:00:00+14:00", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-10T08:00:00.123Z", datetime(2026, 8, 10, 8, 0, 0, 123000, tzinfo=UTC)),
        ("2026-08-10T08:00:00.123456Z", datetime(2026, 8, 10, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-08-10T08:00:00.1230001Z", datetime(2026, 8, 10, 8, 0, 0, 123001, tzinfo=UTC)),
        ("2026-08-10T08:00:00.9999990000000001Z", datetime(2026, 8, 10, 8, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_send_time_is_read_in_any_zone_and_kept_to_the_microsecond(text: str, moment: datetime) -> None:
    assert parse(at(text)).shipments[0].send_at == moment


def test_without_a_send_time_the_order_is_for_now() -> None:
    # now has microseconds: 45.120034 is rounded up as well
    assert parse(order()).shipments[0].send_at == NOW.replace(microsecond=121000)


def test_now_itself_is_not_in_the_past() -> None:
    parse(at("2026-08-03T07:12:45.120034Z"))
    assert errors(at("2026-08-03T07:12:45.120033Z")) == {"requestedSendTime": [PAST]}


@pytest.mark.parametrize("text", ["2030-01-31", "2030-01-31T08:00", "2030-01-31T08:00:00.5"])
def test_a_time_without_a_zone_is_refused(text: str) -> None:
    assert errors(at(text)) == {"requestedSendTime": [NO_ZONE]}


@pytest.mark.parametrize("text", ["2020-01-31", "2020-01-31T08:00:00"])
def test_a_past_time_without_a_zone_is_told_both(text: str) -> None:
    failed = failure(at(text))
    assert failed.errors == {"requestedSendTime": [NO_ZONE, PAST]}
    assert failed.draft is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "tomorrow",
        "2030-02-30T08:00:00Z",
        "2030-01-31T24:00:00Z",
        "2030-01-31T08:00:60Z",
        "2030-01-31 08:00:00Z",
        "2030-01-31T08:00:00z",
        "2030-01-31T08:00:00+15:00",
        "2030-01-31T08:00:00+02:60",
        "2030-01-31T08:00:00.Z",
        "20300131T080000Z",
        "0000-01-31T08:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "２０30-01-31T08:00:00Z",
        1900000000,
        {},
    ],
)
def test_what_is_no_date_time_is_refused(value: object) -> None:
    assert errors(at(value)) == {"requestedSendTime": [NOT_A_TIME]}


def test_only_past_send_times_come_with_the_order_that_they_would_have_been() -> None:
    request = order(
        requestedSendTime="2026-08-03T07:00:00Z",
        reminders=[{"recipient": sms_recipient(sender="Skatteetaten AS"), "requestedSendTime": "2026-08-03T07:05:00Z"}],
    )
    failed = failure(request)
    assert failed.errors == {
        "requestedSendTime": [PAST],
        "reminders[0].requestedSendTime": ["RequestedSendTime must be greater than or equal to the current UTC time."],
    }
    assert failed.draft is not None
    assert [shipment.send_at.minute for shipment in failed.draft.shipments] == [0, 5]
    assert len(failed.draft.warnings) == 1


def test_a_past_send_time_beside_another_error_comes_with_no_order() -> None:
    failed = failure(order(requestedSendTime="2026-08-03T07:00:00Z", sendersReference=5))
    assert set(failed.errors) == {"requestedSendTime", "sendersReference"}
    assert failed.draft is None
    assert failed.draft is None


def test_a_past_send_time_beside_a_broken_rule_comes_with_no_order() -> None:
    failed = failure(order(requestedSendTime="2026-08-03T07:00:00Z", recipient={}))
    assert set(failed.errors) == {"requestedSendTime", "recipient"}
    assert failed.draft is None


def test_a_replay_has_the_fingerprint_of_the_first_request() -> None:
    request = at("2026-08-03T07:12:46Z")
    with pytest.raises(ValidationFailed) as failed:
        parse(request, now=NOW + timedelta(days=1))
    assert failed.value.draft == parse(request)


def test_delay_days_are_counted_in_24_hours_from_the_main_send_time() -> None:
    # clocks change in Oslo on 25 October: the reminder is 24 h later all the same
    request = order(
        requestedSendTime="2026-10-24T10:00:00+02:00", reminders=[{"recipient": sms_recipient(), "delayDays": 2}]
    )
    main, reminder = parse(request).shipments
    assert reminder.send_at - main.send_at == timedelta(hours=48)


def test_delay_days_are_counted_from_now_when_the_order_is_for_now() -> None:
    main, reminder = parse(reminded(delayDays="7")).shipments
    assert reminder.send_at == main.send_at + timedelta(days=7)


def test_a_reminders_time_is_kept_to_the_microsecond_its_own_or_counted_from_the_orders() -> None:
    reminders = [
        {"recipient": sms_recipient(), "delayDays": 1},
        {"recipient": sms_recipient(), "requestedSendTime": "2026-08-12T08:00:00.654321Z"},
    ]
    _, counted, own = parse(order(requestedSendTime="2026-08-10T08:00:00.123456Z", reminders=reminders)).shipments
    assert counted.send_at == datetime(2026, 8, 11, 8, 0, 0, 123456, tzinfo=UTC)
    assert own.send_at == datetime(2026, 8, 12, 8, 0, 0, 654321, tzinfo=UTC)


def test_a_reminder_may_be_earlier_than_the_main_shipment() -> None:
    request = reminded(requestedSendTime="2026-08-05T08:00:00Z") | {"requestedSendTime": "2026-08-10T08:00:00Z"}
    assert parse(request).shipments[1].send_at == datetime(2026, 8, 5, 8, tzinfo=UTC)


def test_a_reminders_time_without_a_zone_has_its_own_text() -> None:
    assert errors(reminded(requestedSendTime="2030-01-31T08:00:00")) == {
        "reminders[0].requestedSendTime": ["The RequestedSendTime must have specified a time zone."]
    }


def test_the_last_moment_that_leaves_room_for_expiry_and_retention_is_taken() -> None:
    parse(at("9989-12-31T23:59:59.999Z"))
    assert errors(at("9990-01-01T00:00:00Z")) == {"requestedSendTime": [TOO_LATE]}
    assert errors(at("9999-12-31T23:59:59.9999999Z")) == {"requestedSendTime": [TOO_LATE]}
    assert errors(at("9999-12-31T23:59:59-02:00")) == {"requestedSendTime": [TOO_LATE]}


@pytest.mark.parametrize("days", [2**31 - 1, 3_000_000])
def test_a_delay_beyond_the_calendar_is_refused(days: int) -> None:
    assert errors(reminded(delayDays=days)) == {"reminders[0].delayDays": [TOO_LATE]}


def test_a_delay_beyond_the_calendar_counted_from_a_late_order_is_refused() -> None:
    reminders = [{"recipient": sms_recipient(), "delayDays": days} for days in (365, 1, 366)]
    request = order(requestedSendTime="9989-06-01T00:00:00Z", reminders=reminders)
    assert errors(request) == {f"reminders[{index}].delayDays": [TOO_LATE] for index in (0, 2)}
