"""The gateway's delivery reports: every entry by itself, nothing unexpected from any bytes."""

from datetime import UTC, datetime

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.channels.reports import REFERENCE, MalformedReport
from notifications.channels.sms.pswin_reports import STATES, SmsReport, answer, parse_reports
from notifications.domain.statuses import Status

DOCUMENTED = (
    b'<?xml version="1.0"?><!DOCTYPE MSGLST SYSTEM "pswincom_report_request.dtd"><MSGLST><MSG><ID>1</ID>'
    b"<REF>984342374</REF><RCV>4512345678</RCV><STATE>DELIVRD</STATE>"
    b"<DELIVERYTIME>2006.02.23 15:23:23</DELIVERYTIME></MSG></MSGLST>"
)


def entry(state: str = "DELIVRD", ref: str = "R1", number: str = "1", rest: str = "") -> str:
    return f"<MSG><ID>{number}</ID><REF>{ref}</REF><RCV>4799999999</RCV><STATE>{state}</STATE>{rest}</MSG>"


def document(*entries: str) -> bytes:
    return f"<MSGLST>{''.join(entries)}</MSGLST>".encode()


def test_the_documented_report_is_read() -> None:
    at = datetime(2006, 2, 23, 14, 23, 23, tzinfo=UTC)
    assert parse_reports(DOCUMENTED) == [SmsReport("984342374", Status.DELIVERED, "DELIVRD", at, "1")]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("DELIVRD", "Delivered"),
        ("EXPIRED", "Failed_Expired"),
        ("DELETED", "Failed_Deleted"),
        ("UNDELIV", "Failed_Undelivered"),
        ("REJECTD", "Failed_Rejected"),
        ("BARRED", "Failed_BarredReceiver"),
        ("FAILED", "Failed"),
        ("UNKNOWN", "Failed"),
        ("NULL", "Failed"),
    ],
)
def test_each_state_has_its_status(state: str, status: str) -> None:
    assert parse_reports(document(entry(state))) == [SmsReport("R1", Status(status), state, None, "1")]


def test_there_is_no_other_state() -> None:
    assert len(STATES) == 9


def test_an_unknown_state_is_malformed_with_its_reference_and_the_others_are_kept() -> None:
    reports = parse_reports(document(entry("BARREDA", "R1", "1"), entry("DELIVRD", "R2", "2")))
    assert reports == [
        MalformedReport("unknown_state:BARREDA", "R1", "1"),
        SmsReport("R2", Status.DELIVERED, "DELIVRD", None, "2"),
    ]


@pytest.mark.parametrize(
    ("text", "malformed"),
    [
        (entry(ref="a/b"), MalformedReport("no_reference", None, "1")),
        (entry(ref=""), MalformedReport("no_reference", None, "1")),
        (entry(ref="r" * 65), MalformedReport("no_reference", None, "1")),
        (entry(state=""), MalformedReport("no_state", "R1", "1")),
        (entry(state="to 4799999999"), MalformedReport("no_state", "R1", "1")),
        ("<MSG/>", MalformedReport("no_reference", None, "1")),
    ],
)
def test_an_entry_that_cannot_be_used_says_why_and_nothing_personal(text: str, malformed: MalformedReport) -> None:
    assert parse_reports(document(text)) == [malformed]


def test_an_entry_without_a_number_has_its_place() -> None:
    reports = parse_reports(document(entry(number=""), entry(number="x"), entry(number="17")))
    assert [report.number for report in reports] == ["1", "2", "17"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026.07.01 14:00:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (" 2026.01.01 14:00:00 ", datetime(2026, 1, 1, 13, tzinfo=UTC)),
        ("2026-07-01T14:00:00", None),
        ("0001.01.01 00:00:00", None),
        ("", None),
    ],
)
def test_a_delivery_time_is_read_in_norwegian_time(text: str, at: datetime | None) -> None:
    [report] = parse_reports(document(entry(rest=f"<DELIVERYTIME>{text}</DELIVERYTIME>")))
    assert isinstance(report, SmsReport)
    assert report.at == at


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_xml"),
        (b"hello", "not_xml"),
        (b"<MSGLST>", "not_xml"),
        (b"<MSGLST/>", "no_messages"),
        (b"<SESSION><MSG/></SESSION>", "no_messages"),
        (b'<!DOCTYPE MSGLST [<!ENTITY a "b">]><MSGLST><MSG><REF>&a;</REF></MSG></MSGLST>', "not_xml"),
        (b'<!DOCTYPE MSGLST [<!ENTITY a SYSTEM "file:///etc/passwd">]><MSGLST><MSG>&a;</MSG></MSGLST>', "not_xml"),
        (b'<!DOCTYPE MSGLST SYSTEM "x.dtd"><MSGLST><MSG><REF>&undefined;</REF></MSG></MSGLST>', "not_xml"),
        (b'<?xml version="1.0" encoding="no-such-code"?><MSGLST/>', "not_xml"),
        (b'<?xml version="1.0" encoding="utf-7"?><MSGLST/>', "not_xml"),
    ],
)
def test_a_body_that_is_no_report_is_one_malformed_entry(body: bytes, reason: str) -> None:
    assert parse_reports(body) == [MalformedReport(reason)]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8", "utf-16"])
def test_a_document_is_read_in_its_own_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><MSGLST><!-- æøå -->{entry()}</MSGLST>'
    assert [report.reference for report in parse_reports(text.encode(encoding))] == ["R1"]


def test_blanks_around_a_document_do_no_harm() -> None:
    assert len(parse_reports(b"\r\n " + DOCUMENTED + b"\r\n")) == 1


def test_the_answer_names_each_entry() -> None:
    written = answer(["1", "17"])
    assert written.startswith(b"<?xml")
    entries = [(e.findtext("ID"), e.findtext("STATUS")) for e in fromstring(written).findall("MSG")]
    assert entries == [("1", "OK"), ("17", "OK")]


TAGS = ["MSGLST", "MSG", "ID", "REF", "RCV", "STATE", "DELIVERYTIME", "!DOCTYPE", "!ENTITY", "?xml", "![CDATA["]
SCRAPS = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["&a;", "DELIVRD", "R1", '"']),
    st.text(max_size=5),
)


@given(st.one_of(st.binary(), st.lists(SCRAPS).map(lambda parts: "".join(parts).encode("utf-8", "replace"))))
@example(b"<?xml version='1.0' encoding='shift_jis'?><MSGLST/>")
@example(b"\xff\xfe<\x00a\x00")
def test_no_bytes_raise(body: bytes) -> None:
    assert parse_reports(body)


@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.text()), min_size=1))
def test_every_entry_is_answered_for(values: list[tuple[str, str, str, str]]) -> None:
    def clean(text: str) -> str:
        return "".join(c for c in text if c.isalnum() or c in " -./:")

    texts = [
        entry(clean(state), clean(ref), clean(number), f"<DELIVERYTIME>{clean(time)}</DELIVERYTIME>")
        for state, ref, number, time in values
    ]
    reports = parse_reports(document(*texts))
    assert len(reports) == len(values)
    assert all(report.number for report in reports)
    assert all(report.reference is None or REFERENCE.fullmatch(report.reference) for report in reports)
