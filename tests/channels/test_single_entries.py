"""Each entry of a delivery as a delivery of its own, which says to its parser what it said among the others."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.acs_events import parse_events
from notifications.channels.single_entries import single_events, single_messages
from notifications.channels.sms.pswin_reports import parse_reports

ID = "0190f8a2-1111-8d3c-8f4e-5a6b01000001"
EVENT = {
    "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
    "data": {"messageId": ID, "status": "Delivered", "recipient": "kari@example.com"},
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def every(body: bytes) -> list[bytes]:
    return single_events(body, range(len(parse_events(body))))


@given(st.lists(JSON | st.just(EVENT), max_size=5))
def test_an_event_alone_is_read_as_it_was_among_the_others(events: list[Any]) -> None:
    body = json.dumps(events).encode()
    alone = [parse_events(each) for each in every(body) if not isinstance(json.loads(each), list)]
    whole = [one for one, event in zip(parse_events(body), events, strict=True) if not isinstance(event, list)]
    assert alone == [[each] for each in whole]


@given(st.binary(max_size=100))
def test_a_body_without_a_list_is_its_only_entry(body: bytes) -> None:
    if not body.lstrip().startswith(b"["):
        assert every(body) == [body]


def test_only_the_entries_that_are_asked_for_are_written() -> None:
    assert single_events(b'[{"a": 1}, 2, "\\ud800"]', [2, 0]) == [b'"\\ud800"', b'{"a": 1}']


def test_what_is_nested_too_deeply_is_told_as_it_came() -> None:
    body = b"[" * 100_000
    assert single_events(body, [0]) == [body]


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["DELIVRD", "Æ", "", "EXPLODED"])), min_size=1, max_size=4))
def test_a_message_alone_is_read_as_it_was_among_the_others(told: list[tuple[str, str]]) -> None:
    written = "".join(
        f"<MSG><ID>{number}</ID><REF>{escaped(reference)}</REF><STATE>{state}</STATE></MSG>\n"
        for number, (reference, state) in enumerate(told, 1)
    )
    body = f'<?xml version="1.0"?><!DOCTYPE MSGLST SYSTEM "x.dtd"><MSGLST>{written}</MSGLST>'.encode()
    alone = [parse_reports(each) for each in single_messages(body, range(len(told)))]
    assert alone == [[each] for each in parse_reports(body)]


def test_a_document_that_is_none_is_told_as_it_came() -> None:
    for body in (b"", b"<", b"<MSGLST/>", b"<SESSION><MSG/></SESSION>"):
        assert single_messages(body, [0]) == [body]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_a_message_that_is_nested_too_deeply_is_told_as_it_came_and_leaves_the_others() -> None:
    deep = b"<MSGLST><MSG>" + b"<A>" * 20_000 + b"</A>" * 20_000 + b"</MSG><MSG><ID>2</ID></MSG></MSGLST>"
    assert single_messages(deep, [0, 1]) == [deep, single_messages(b"<MSGLST><MSG><ID>2</ID></MSG></MSGLST>", [0])[0]]
