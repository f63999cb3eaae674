"""Delivery reports of Communication Services' SMS: each code has a status, and emails' may stand beside them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.acs_events import parse_events
from notifications.channels.email.acs_events import DELIVERY_REPORT as EMAIL_REPORT
from notifications.channels.email.acs_events import EmailReport
from notifications.channels.reports import Ignored, MalformedReport
from notifications.channels.sms.acs_events import DELIVERY_REPORT, FAILURES, AcsSmsReport
from notifications.domain.statuses import Channel, Status

ID = UUID("0197c2f0-0000-8000-8000-000001000001")
AT = datetime(2020, 9, 18, 0, 22, 20, 285574, tzinfo=UTC)
NOT_OURS = Ignored("no_tag_of_ours", Channel.SMS)


def data(**changes: object) -> dict[str, object]:
    return {
        "messageId": "Outgoing_202009180022138813a09b-0cbf-4304-9b03-1546683bb910",
        "from": "Altinn",
        "to": "+4799999999",
        "deliveryStatus": "Delivered",
        "deliveryStatusDetails": "No error.",
        "receivedTimestamp": "2020-09-18T00:22:20.2855749Z",
        "deliveryAttempts": [{"timestamp": "2020-09-18T00:22:14Z", "segmentsSucceeded": 1, "segmentsFailed": 0}],
        "tag": str(ID),
    } | changes


def event(**changes: object) -> dict[str, object]:
    return {
        "id": "Outgoing_202009180022138813a09b-0cbf-4304-9b03-1546683bb910",
        "topic": "/subscriptions/x",
        "subject": "/phonenumber/15555555555",
        "data": data(**changes),
        "eventType": DELIVERY_REPORT,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2020-09-18T00:22:21Z",
    }


def parse(content: object) -> list[object]:
    return list(parse_events(json.dumps(content).encode()))


DELIVERED = AcsSmsReport(ID, Status.DELIVERED, AT, "Delivered")


def test_the_documented_event_names_its_notification_by_the_tag() -> None:
    assert parse([event()]) == [DELIVERED]


def test_a_single_object_and_a_cloud_event_are_read_too() -> None:
    cloud = {"specversion": "1.0", "type": DELIVERY_REPORT, "time": "2020-09-18T00:22:21Z", "data": data()}
    assert parse(event()) == parse(cloud) == [DELIVERED]


def test_members_in_the_older_spelling_are_read() -> None:
    older = {f"{name[0].upper()}{name[1:]}": value for name, value in data().items()}
    assert parse(event() | {"data": older}) == [DELIVERED]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("4000", "Failed_Rejected"),
        ("4001", "Failed_Rejected"),
        ("4002", "Failed_InvalidRecipient"),
        ("4003", "Failed_Undelivered"),
        ("4004", "Failed_InvalidRecipient"),
        ("4005", "Failed_BarredReceiver"),
        ("4006", "Failed_Undelivered"),
        ("4007", "Failed_BarredReceiver"),
        ("4008", "Failed_Rejected"),
        ("4009", "Failed_Rejected"),
        ("4010", "Failed_Rejected"),
        ("5000", "Failed"),
        ("5001", "Failed"),
        ("5002", "Failed_Expired"),
        ("9999", "Failed"),
        ("1234", "Failed"),
    ],
)
@pytest.mark.parametrize("spelling", ["{}", "{}: what it says", " {} - what it says"])
def test_each_code_of_a_failure_has_a_status(spelling: str, code: str, status: str) -> None:
    failed = event(deliveryStatus="Failed", deliveryStatusDetails=spelling.format(code))
    assert parse(failed) == [AcsSmsReport(ID, Status(status), AT, code)]


def test_no_other_code_says_why() -> None:
    assert set(FAILURES) == {*(f"40{number:02}" for number in range(11)), "5002"}


def test_the_documented_failures_are_those_of_the_code() -> None:
    document = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    table = document.partition("<!-- acs sms failures -->")[2].partition("\n\n")[0]
    documented = {
        code: status
        for codes, status in re.findall(r"^\| ((?:`\d+`(?:, )?)+) \| `(\w+)` \|$", table, re.MULTILINE)
        for code in re.findall(r"\d+", codes)
    }
    assert documented == {code: status.value for code, status in FAILURES.items()}


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ("Sender blocked for given recipient.", "4007"),
        ("The Destination/To number has opted out of receiving messages from you", "4007"),
        ("Message is blocked by Destination carrier", "4005"),
        ("Message is rejected due to invalid Destination/To number format", "4002"),
        ("Message failed to deliver since Destination/To number doesn't exist", "4004"),
        ("Message failed to deliver since Destination/To number does not exist", "4004"),
        ("Message failed to deliver due to unsupported destination", "4003"),
        ("The Destination/To number isn't reachable", "4006"),
        ("The Destination/To number is not reachable", "4006"),
        ("Message Delivery Timeout", "5002"),
        ("Message is rejected due to fraud detection", "4000"),
    ],
)
def test_what_is_documented_in_words_is_read_as_its_code(details: str, code: str) -> None:
    failed = event(deliveryStatus="Failed", deliveryStatusDetails=details)
    assert parse(failed) == [AcsSmsReport(ID, FAILURES[code], AT, code)]


@pytest.mark.parametrize("details", [None, 4007, "", "Something else about +4799999999", "47999999990"])
def test_a_failure_that_does_not_say_why_is_a_failure_and_quotes_nothing(details: object) -> None:
    failed = event(deliveryStatus="Failed", deliveryStatusDetails=details)
    assert parse(failed) == [AcsSmsReport(ID, Status.FAILED, AT, "Failed")]


@pytest.mark.parametrize("tag", [None, "", "order 7", f"{{{ID}}}", 7, [str(ID)]])
def test_a_report_without_a_tag_of_ours_is_another_systems(tag: object) -> None:
    assert parse(event(tag=tag)) == [NOT_OURS]


@pytest.mark.parametrize(
    ("status", "reason"),
    [("Queued", "unknown_status:Queued"), ("to +4799999999", "no_status"), (None, "no_status"), ([], "no_status")],
)
def test_an_unknown_status_changes_nothing_and_is_told_with_the_id(status: object, reason: str) -> None:
    assert parse(event(deliveryStatus=status)) == [MalformedReport(reason, str(ID), channel=Channel.SMS)]


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"receivedTimestamp": "2020-09-18T02:22:20+02:00"}, datetime(2020, 9, 18, 0, 22, 20, tzinfo=UTC)),
        ({"receivedTimestamp": "yesterday"}, datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)),
        ({"receivedTimestamp": None}, datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)),
    ],
)
def test_a_report_without_a_time_has_its_events(times: dict[str, object], at: datetime) -> None:
    assert parse(event(**times)) == [AcsSmsReport(ID, Status.DELIVERED, at, "Delivered")]


def test_one_delivery_may_hold_emails_reports_sms_reports_and_what_nobody_knows() -> None:
    email = event() | {"eventType": EMAIL_REPORT, "data": {"messageId": str(ID), "status": "Bounced"}}
    received = event() | {"eventType": "Microsoft.Communication.SMSReceived"}
    email_at = datetime(2020, 9, 18, 0, 22, 21, tzinfo=UTC)
    assert parse([email, received, event(), 7, event(tag="theirs")]) == [
        EmailReport(ID, Status.BOUNCED, email_at, "Bounced"),
        Ignored("other_event_type"),
        DELIVERED,
        MalformedReport("not_an_event"),
        NOT_OURS,
    ]


VALUES = st.none() | st.integers() | st.text(max_size=9) | st.sampled_from([str(ID), "Failed", "Delivered", "4007: x"])


@given(
    st.dictionaries(
        st.sampled_from(["tag", "Tag", "deliveryStatus", "deliveryStatusDetails", "receivedTimestamp"]) | st.text(),
        VALUES | st.lists(VALUES, max_size=2) | st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
    )
)
def test_no_data_raises(content: dict[str, object]) -> None:
    (read,) = parse({"eventType": DELIVERY_REPORT, "data": content})
    assert isinstance(read, AcsSmsReport | Ignored | MalformedReport)
