"""Azure Communication Services' delivery events: every event by itself, nothing unexpected from any bytes."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.acs_events import VALIDATION, Handshake, parse_events
from notifications.channels.email.acs_events import DELIVERY_REPORT, STATUSES, EmailReport
from notifications.channels.reports import Ignored, MalformedReport
from notifications.domain.statuses import Status

ID = UUID("0197c2f0-0000-8000-8000-000001000001")
AT = datetime(2020, 9, 18, 0, 22, 20, 285574, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "eventType",
                    "type",
                    "specversion",
                    "data",
                    "messageId",
                    "status",
                    "eventTime",
                    "time",
                    "validationCode",
                ]
            ),
            inner | st.sampled_from([DELIVERY_REPORT, VALIDATION, str(ID), "Delivered", "2020-09-18T00:22:20Z"]),
            max_size=5,
        )
    ),
)


def data(**changes: object) -> dict[str, object]:
    return {
        "sender": "noreply@example.com",
        "recipient": "someone@example.com",
        "messageId": str(ID),
        "status": "Delivered",
        "deliveryStatusDetails": {"statusMessage": "No error"},
        "deliveryAttemptTimeStamp": "2020-09-18T00:22:20.2855749+00:00",
    } | changes


def event(kind: str = DELIVERY_REPORT, **changes: object) -> dict[str, object]:
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "topic": "/subscriptions/x",
        "subject": f"sender/noreply@example.com/message/{ID}",
        "data": data(**changes),
        "eventType": kind,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2020-09-18T00:22:21Z",
    }


def parse(content: object) -> list[object]:
    return list(parse_events(json.dumps(content).encode()))


def test_the_documented_event_is_read_from_an_array() -> None:
    assert parse([event()]) == [EmailReport(ID, Status.DELIVERED, AT, "Delivered")]


def test_a_single_object_is_read_as_the_storage_queue_brings_it() -> None:
    assert parse(event()) == [EmailReport(ID, Status.DELIVERED, AT, "Delivered")]


def test_a_cloud_event_is_read() -> None:
    cloud = {
        "specversion": "1.0",
        "type": DELIVERY_REPORT,
        "source": "/subscriptions/x",
        "time": "2020-09-18T00:22:21Z",
        "data": data(deliveryAttemptTimeStamp=None),
    }
    at = datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)
    assert parse(cloud) == [EmailReport(ID, Status.DELIVERED, at, "Delivered")]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("Delivered", "Delivered"),
        ("Bounced", "Failed_Bounced"),
        ("Failed", "Failed"),
        ("Expanded", "Failed"),
        ("FilteredSpam", "Failed_FilteredSpam"),
        ("Quarantined", "Failed_Quarantined"),
        ("Suppressed", "Failed_SupressedRecipient"),
    ],
)
def test_each_status_of_the_service_has_ours(code: str, status: str) -> None:
    assert parse(event(status=code)) == [EmailReport(ID, Status(status), AT, code)]


def test_there_is_no_other_status() -> None:
    assert len(STATUSES) == 7


def test_the_handshake_is_recognised() -> None:
    asked = event(VALIDATION) | {"data": {"validationCode": "512d38b6-c7b8-40c8", "validationUrl": "https://x"}}
    assert parse([asked]) == [Handshake("512d38b6-c7b8-40c8")]


def test_other_events_are_ignored() -> None:
    opened = event("Microsoft.Communication.EmailEngagementTrackingReportReceived")
    assert parse([opened]) == [Ignored("other_event_type")]


@pytest.mark.parametrize(
    ("bad", "malformed"),
    [
        (event(status="Lost"), MalformedReport("unknown_status:Lost", str(ID))),
        (event(status=None), MalformedReport("no_status", str(ID))),
        (event(status="to someone@example.com"), MalformedReport("no_status", str(ID))),
        (event(messageId="someone@example.com"), MalformedReport("no_message_id")),
        (event(messageId=None), MalformedReport("no_message_id")),
        (event(messageId=f"{{{ID}}}"), MalformedReport("no_message_id")),
        (event(VALIDATION), MalformedReport("no_validation_code")),
        (event() | {"data": None}, MalformedReport("not_an_event")),
        ({}, MalformedReport("not_an_event")),
        (None, MalformedReport("not_an_event")),
    ],
)
def test_one_bad_event_says_why_and_never_loses_the_good_ones(bad: object, malformed: MalformedReport) -> None:
    good = EmailReport(ID, Status.DELIVERED, AT, "Delivered")
    assert parse([event(), bad, event()]) == [good, malformed, good]


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"deliveryAttemptTimestamp": "2020-09-18T02:22:20+02:00"}, datetime(2020, 9, 18, 0, 22, 20, tzinfo=UTC)),
        ({"deliveryAttemptTimestamp": "2020-09-18T00:22:20"}, datetime(2020, 9, 18, 0, 22, 20, tzinfo=UTC)),
        ({"deliveryAttemptTimestamp": "yesterday"}, datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)),
        ({"deliveryAttemptTimestamp": "0001-01-01T00:00:00+14:00"}, datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)),
        ({}, datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)),
    ],
)
def test_the_attempts_time_is_read_however_it_is_spelt(times: dict[str, object], at: datetime) -> None:
    [report] = parse(event() | {"data": data(deliveryAttemptTimeStamp=None, **times)})
    assert isinstance(report, EmailReport)
    assert report.at == at


def test_a_report_without_any_time_is_still_a_report() -> None:
    timeless = event(deliveryAttemptTimeStamp=None) | {"eventTime": 7}
    assert parse(timeless) == [EmailReport(ID, Status.DELIVERED, None, "Delivered")]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_not_json_is_one_malformed_event(body: bytes) -> None:
    assert parse_events(body) == [MalformedReport("not_json")]


def test_an_empty_array_is_no_event() -> None:
    assert parse([]) == []


@given(st.binary())
def test_no_bytes_raise(body: bytes) -> None:
    parse_events(body)


@given(JSON)
def test_no_json_raises(content: object) -> None:
    parse_events(json.dumps(content).encode())


@given(st.lists(JSON.filter(lambda value: not isinstance(value, list))))
def test_every_event_has_its_own_result(contents: list[object]) -> None:
    assert len(parse(contents)) == len(contents)
