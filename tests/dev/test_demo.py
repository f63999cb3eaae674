from datetime import UTC, datetime, timedelta

import pytest

from local.demo import email_order, person_order, sms_order, tell_story
from local.errors import CommandError
from tests.dev.stand_in_service import StandInService, served


async def story(service: StandInService, *, person: str | None = "01818030009", patience: float = 20) -> list[str]:
    """The lines of the story that is told of this service."""
    lines: list[str] = []
    async with served(service):
        await tell_story(service.address, service.address, lines.append, person=person, patience=patience)
    return lines


async def test_the_story_shows_each_status_of_each_shipment_once_and_then_the_feed() -> None:
    lines = [line.split(maxsplit=1)[1] for line in await story(StandInService())]
    for label, delivered in (
        ("email", "Email_Delivered"),
        ("reminder", "Email_Delivered"),
        ("sms", "SMS_Delivered"),
        ("person", "Email_Delivered  SMS_Delivered"),
    ):
        told = [line.removeprefix(label).strip() for line in lines if line.startswith(label)]
        assert told[0].startswith("placed as shipment ")
        assert told[1:] == ["Order_Registered", "Order_Processed  New", f"Order_Completed  {delivered}"]
    assert lines[-1].endswith("shows each of the 4 shipments once")


async def test_nobody_is_looked_up_where_the_registers_are_unknown() -> None:
    lines = await story(StandInService(), person=None)
    assert not any("person" in line for line in lines)
    assert lines[-1].endswith("shows each of the 3 shipments once")


async def test_each_line_of_the_story_begins_with_its_time() -> None:
    for line in await story(StandInService()):
        assert datetime.strptime(line.split()[0], "%H:%M:%S.%f").replace(tzinfo=UTC)


async def test_what_the_feed_showed_before_does_not_matter() -> None:
    service = StandInService()
    service.show_in_feed("another", ("Order_Completed", "SMS_Failed"), 3)
    assert await story(service)


async def test_a_service_that_fails_for_a_while_is_asked_again() -> None:
    service = StandInService(failures_before_answers=3)
    await story(service)
    assert len(service.orders) == 3


async def test_a_repeated_order_keeps_its_idempotency_id() -> None:
    service = StandInService()
    await story(service)
    assert len({order["idempotencyId"] for order in service.orders}) == 3


async def test_a_message_that_was_not_delivered_fails_the_demonstration() -> None:
    service = StandInService()
    service.ends["demo-sms"] = ("Order_Completed", "SMS_Failed")
    with pytest.raises(CommandError, match=r"^sms is Order_Completed SMS_Failed, not Order_Completed SMS_Delivered$"):
        await story(service)


@pytest.mark.parametrize("times", [0, 2])
async def test_a_shipment_that_the_feed_does_not_show_exactly_once_fails_the_demonstration(times: int) -> None:
    service = StandInService()
    service.times_in_feed["demo-reminder"] = times
    with pytest.raises(CommandError, match=f"the feed shows reminder {times} times, not once"):
        await story(service, patience=3)


async def test_what_is_missing_when_the_time_is_over_is_said() -> None:
    service = StandInService()
    service.ends["demo-email"] = ("Order_Processed", "Email_Succeeded")
    with pytest.raises(CommandError, match=r"^after 3 s: email is Order_Processed Email_Succeeded, not"):
        await story(service, patience=3)


async def test_a_refused_order_is_said_at_once_with_its_answer() -> None:
    with pytest.raises(CommandError, match=r"orders answered 400: .*validation errors"):
        await story(StandInService(refuse_orders=True))


async def test_a_missing_service_is_said_when_the_time_is_over() -> None:
    async with served(StandInService()) as issuer:
        with pytest.raises(CommandError, match=r"^after 1 s: the orders could not be placed$"):
            await tell_story("http://127.0.0.1:1", issuer.address, print, patience=1)


async def test_a_missing_issuer_is_said_at_once() -> None:
    with pytest.raises(CommandError, match="no token issuer answers at"):
        await tell_story("http://127.0.0.1:1", "http://127.0.0.1:1", print)


def test_the_reminder_is_requested_five_seconds_later() -> None:
    now = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    (reminder,) = email_order(now)["reminders"]
    assert reminder["requestedSendTime"] == "2026-05-04T03:02:06Z"
    assert datetime.fromisoformat(reminder["requestedSendTime"]) - now == timedelta(seconds=5)


def test_the_person_is_told_by_name_on_both_channels_at_any_hour() -> None:
    recipient = person_order("01818030009")["recipient"]["recipientPerson"]
    assert (recipient["nationalIdentityNumber"], recipient["channelSchema"]) == ("01818030009", "EmailAndSms")
    assert recipient["smsSettings"]["sendingTimePolicy"] == "Anytime"
    assert "$recipientName$" in recipient["emailSettings"]["body"]


def test_the_sms_may_be_sent_at_any_hour() -> None:
    assert sms_order()["recipient"]["recipientSms"]["smsSettings"]["sendingTimePolicy"] == "Anytime"
