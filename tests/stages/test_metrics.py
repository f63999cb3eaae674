"""What is recorded of ended shipments, and what months and days are read from it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.contract.metrics.page import month_page
from notifications.contract.metrics_form import Month
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import Recipient, SendingTimePolicy
from notifications.domain.record import DeliveryRecord
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.stages.metrics import Metrics, counts_of, day_of, records_of
from notifications.stages.publish import entry_of
from notifications.storage.feed import Feed
from notifications.storage.index import Index
from notifications.storage.memory import MemoryTable
from tests.builders import CREATOR, KEY, NOW, FakeClock, both_channels, notification, registered, sms_content

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
HANDED_OVER = NOW + 4 * SECOND


def sent(number: int = 1, channel: Channel = Channel.SMS, **members: Any) -> Notification:
    return notification(
        number, channel, **{"status": Status.DELIVERED, "handed_over": HANDED_OVER, "reference": "REF-1", **members}
    )


def done(*notifications: Notification, **members: Any) -> Shipment:
    return registered(
        **{
            "content": sms_content(),
            "state": ShipmentState.DONE,
            "ending": Ending.COMPLETED,
            "notifications": notifications or (sent(),),
            "changed": NOW + 9 * SECOND,
            **members,
        }
    )


def record_of(shipment: Shipment) -> DeliveryRecord:
    (record,) = records_of(shipment)
    return record


def texted(body: str, **members: Any) -> Shipment:
    template = sms_content().sms
    assert template
    return done(content=sms_content(sms=replace(template, body=body)), **members)


def metrics(clock: FakeClock | None = None, *, feed: Feed | None = None, index: Index | None = None) -> Metrics:
    return Metrics(feed or Feed(MemoryTable()), index or Index(MemoryTable()), clock or FakeClock())


async def published(*ended: tuple[str, Shipment]) -> Feed:
    feed = Feed(MemoryTable())
    await feed.prepare()
    for creator, shipment in ended:
        await feed.publish(creator, [entry_of(shipment, records_of(shipment))])
    return feed


def test_a_notification_is_told_with_its_shipment_its_owner_and_its_fate() -> None:
    content = sms_content(senders_reference="mine", resource_id="urn:altinn:resource:tax")
    record = record_of(done(content=content, send_at=NOW - HOUR))
    assert record == DeliveryRecord(
        shipment=ShipmentId(KEY, 1),
        number=1,
        channel=Channel.SMS,
        creator=CREATOR,
        senders_reference="mine",
        requested_send_time=NOW - HOUR,
        resource_id="urn:altinn:resource:tax",
        status=Status.DELIVERED,
        reference="REF-1",
        number_prefix="+479",
        rate="innland",
        segments=1,
        body_length=6,
        custom_body_length=0,
        attachment_bytes=None,
        handed_over=HANDED_OVER,
        due=NOW,
    )


def test_every_notification_of_a_shipment_has_a_record_of_its_channel() -> None:
    shipment = both_channels(state=ShipmentState.DONE)
    found = [(record.number, record.channel) for record in records_of(shipment)]
    assert found == [(1, Channel.EMAIL), (2, Channel.EMAIL), (3, Channel.SMS), (4, Channel.SMS)]


@pytest.mark.parametrize("state", [each for each in ShipmentState if each is not ShipmentState.DONE])
def test_a_shipment_that_was_cancelled_or_has_not_ended_has_no_records(state: ShipmentState) -> None:
    assert records_of(done(state=state)) == []


def test_a_shipment_without_notifications_has_no_records() -> None:
    assert records_of(done(notifications=(), ending=Ending.CONDITION_NOT_MET)) == []


def test_an_email_has_no_number_no_rate_and_no_segments() -> None:
    record = records_of(both_channels(state=ShipmentState.DONE))[0]
    assert (record.number_prefix, record.rate, record.segments) == ("", "n/a", 0)
    assert (record.body_length, record.custom_body_length) == (0, 0)


def test_an_email_that_was_handed_over_is_known_to_the_provider_by_its_id() -> None:
    shipment = done(sent(1, Channel.EMAIL, reference=None), sent(2, Channel.EMAIL, reference="theirs"))
    unsent = replace(shipment.notifications[0], number=3, handed_over=None)
    shipment = replace(shipment, notifications=(*shipment.notifications, unsent))
    references = [record.reference for record in records_of(shipment)]
    assert references == [str(shipment.id.notification(1)), "theirs", None]


def test_an_sms_that_the_gateway_gave_no_reference_has_none() -> None:
    assert record_of(done(sent(reference=None))).reference is None


@pytest.mark.parametrize(
    ("number", "rate", "prefix"),
    [
        ("+4799999999", "innland", "+479"),
        ("004799999999", "innland", "0047"),
        ("+ 4799999999", "innland", "+ 47"),
        ("+4699999999", "utland", "+469"),
        ("004699999999", "utland", "0046"),
        ("+4470", "utland", "+447"),
        ("99999999", "n/a", "9999"),
        ("", "n/a", ""),
    ],
)
def test_a_rate_follows_from_the_number(number: str, rate: str, prefix: str) -> None:
    record = record_of(done(sent(address=number)))
    assert (record.rate, record.number_prefix) == (rate, prefix)


@pytest.mark.parametrize(
    ("body", "segments"), [("a" * 160, 1), ("a" * 161, 2), ("€" * 81, 2), ("ł" * 70, 1), ("ł" * 71, 2)]
)
def test_segments_are_counted_as_the_network_counts_them(body: str, segments: int) -> None:
    record = record_of(texted(body))
    assert (record.segments, record.body_length, record.custom_body_length) == (segments, len(body), 0)


def test_a_text_with_placeholders_is_counted_as_each_recipient_got_it() -> None:
    body = "a" * 146 + "$recipientName$"
    names = [sent(1, name="Kari"), sent(2, name="Kari Nordmann den yngre")]
    short, long = records_of(texted(body, notifications=tuple(names)))
    assert (short.segments, short.body_length, short.custom_body_length) == (1, len(body), 150)
    assert (long.segments, long.body_length, long.custom_body_length) == (2, len(body), 169)


def test_the_number_of_an_organization_counts_in_its_text() -> None:
    shipment = texted("$recipientNumber$")
    organization = (Recipient(organization_number="312508729", phone_number="+4799999999"),)
    assert record_of(shipment).custom_body_length == 0
    shipment = replace(shipment, content=replace(shipment.content, recipients=organization))
    assert record_of(shipment).custom_body_length == 9


def test_a_text_that_a_name_made_too_long_counts_what_was_left_of_it() -> None:
    record = record_of(texted("a" * 153 * 15 + "$recipientName$", notifications=(sent(name="b" * 500),)))
    assert (record.segments, record.custom_body_length) == (16, 153 * 16)


@given(st.lists(st.sampled_from(["Kari", "Ola", None]), min_size=1, max_size=6), st.sampled_from(["", "€", "ł"]))
def test_a_text_without_placeholders_is_measured_alike_for_all(names: list[str | None], more: str) -> None:
    plain = texted(f"Hei {more}", notifications=tuple(sent(number, name=name) for number, name in enumerate(names, 1)))
    assert {(record.segments, record.body_length, record.custom_body_length) for record in records_of(plain)} == {
        (1, 4 + len(more), 0)
    }


def test_what_came_late_is_due_from_its_acceptance() -> None:
    assert record_of(done(send_at=NOW - HOUR, created=NOW)).due == NOW


def test_what_was_ordered_ahead_is_due_at_its_send_time() -> None:
    assert record_of(done(send_at=NOW + HOUR, created=NOW)).due == NOW + HOUR


def test_an_sms_for_the_day_is_due_when_the_window_opens_and_an_email_beside_it_at_once() -> None:
    night = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    shipment = done(
        sent(1, Channel.EMAIL),
        sent(2, Channel.SMS),
        content=sms_content(SendingTimePolicy.DAYTIME),
        created=night,
        send_at=night,
    )
    assert [record.due for record in records_of(shipment)] == [night, datetime(2026, 3, 3, 8, 0, tzinfo=UTC)]


def test_an_sms_for_the_day_that_came_after_closing_is_due_in_the_morning_whenever_it_was_asked_for() -> None:
    closing = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    late = done(
        sent(1, Channel.SMS),
        content=sms_content(SendingTimePolicy.DAYTIME),
        created=closing + timedelta(minutes=1),
        send_at=closing - timedelta(minutes=1),
    )
    assert record_of(late).due == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "within_10s", "within_60s"), [(0, 1, 1), (10, 1, 1), (10.001, 0, 1), (60, 0, 1), (60.001, 0, 0)]
)
def test_the_promise_is_counted_from_when_it_was_due(seconds: float, within_10s: int, within_60s: int) -> None:
    shipment = done(sent(handed_over=NOW + timedelta(seconds=seconds)))
    counts = counts_of(records_of(shipment))
    assert counts == {"segments": 1, "due": 1, "within_10s": within_10s, "within_60s": within_60s}


def test_what_expired_before_a_provider_had_it_breaks_the_promise() -> None:
    counts = counts_of(records_of(done(sent(status=Status.TTL, handed_over=None))))
    assert counts == {"segments": 0, "due": 1, "within_10s": 0, "within_60s": 0}


@pytest.mark.parametrize("status", [Status.RECIPIENT_RESERVED, Status.RECIPIENT_NOT_IDENTIFIED])
def test_what_had_nobody_to_go_to_was_never_due(status: Status) -> None:
    counts = counts_of(records_of(done(sent(status=status, address="", handed_over=None))))
    assert counts == {"segments": 0, "due": 0, "within_10s": 0, "within_60s": 0}


def test_segments_are_those_of_all_sms() -> None:
    assert counts_of(records_of(texted("a" * 200, notifications=(sent(1), sent(2)))))["segments"] == 4


def test_a_shipment_belongs_to_the_day_on_which_it_ended_in_utc() -> None:
    ended = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert day_of(done(changed=ended)) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))), date(2026, 2, 28)),
    ],
)
def test_yesterday_is_the_day_before_in_utc(now: datetime, day: date) -> None:
    assert metrics(FakeClock(now)).yesterday() == day


async def test_a_day_is_read_as_it_was_logged_and_publishing_again_adds_nothing() -> None:
    index = Index(MemoryTable())
    await index.prepare()
    shipments = [done(sent(1), sent(2)), done(id=ShipmentId(OrderKey(KEY.value + 1), 1))]
    for shipment in [*shipments, *shipments]:
        await index.log(day_of(shipment), shipment.id, records_of(shipment))
    found = [record async for record in metrics(index=index).day(NOW.date())]
    expected = [record for shipment in shipments for record in records_of(shipment)]
    assert sorted(found, key=lambda record: (record.shipment, record.number)) == expected
    assert [record async for record in metrics(index=index).day(NOW.date() + timedelta(days=1))] == []


async def test_a_month_has_every_creator_that_had_a_shipment_end_in_it() -> None:
    feed = await published(("ttd", done()), ("skd", done(sent(), sent(2))), ("brg", done(changed=NOW + 31 * 24 * HOUR)))
    found = await metrics(feed=feed).month(2026, 3)
    assert {creator: (counts["shipments"], counts["sms.Delivered"]) for creator, counts in found.items()} == {
        "ttd": (1, 1),
        "skd": (1, 2),
    }
    assert list(await metrics(feed=feed).month(2026, 4)) == ["brg"]


async def test_more_creators_than_are_read_at_once_are_all_read() -> None:
    creators = [f"org{number:02}" for number in range(40)]
    feed = await published(*((creator, done()) for creator in creators))
    assert sorted(await metrics(feed=feed).month(2026, 3)) == creators


def test_the_page_shows_the_counts_under_the_names_that_they_are_kept_by() -> None:
    counts = {"shipments": 1, "sms.Delivered": 1, **counts_of(records_of(done()))}
    page = month_page(Month(2026, 3), {"ttd": counts}).decode()
    cells = "".join(f"<td>{cell}</td>" for cell in (1, 0, 0, 1, 1, 1, "100.0 %", "100.0 %"))
    assert f'<th scope="row">ttd</th>{cells}' in page
