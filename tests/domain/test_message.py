import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.record import PACK, MalformedMessage, Message, WorkQueue
from notifications.domain.statuses import Channel
from tests.builders import KEY, order_of, registered


@st.composite
def messages(draw: st.DrawFn) -> Message:
    keys = st.integers(0, 2**KEY_BITS - 1).map(OrderKey)
    ids = st.builds(ShipmentId, keys, st.integers(1, 31))
    shipments = tuple(draw(st.lists(ids, min_size=1, max_size=25, unique=True)))
    facts = draw(st.frozensets(st.sampled_from(shipments)))
    return Message(shipments=shipments, facts=facts, again=draw(st.booleans()), heavy=draw(st.booleans()))


@given(messages())
def test_a_message_says_the_same_after_the_wire(message: Message) -> None:
    assert Message.decode(message.encode()) == message
    assert Message.decode(message.encode().encode()) == message


def test_a_message_carries_ids_only_and_is_short() -> None:
    shipments = tuple(ShipmentId(KEY, number) for number in range(1, 26))
    message = Message(shipments=shipments, facts=frozenset(shipments), again=True, heavy=True)
    assert json.loads(message.encode()).keys() == {"v", "s", "f", "again", "h"}
    assert len(message.encode()) < 48 * 1024


def test_a_message_names_each_shipment_once_however_often_it_was_put_in() -> None:
    one, other = ShipmentId(KEY, 1), ShipmentId(KEY, 2)
    message = Message(shipments=(one, other, one), facts=frozenset({other}))
    assert message.shipments == (one, other)
    repeated = json.dumps({"v": 1, "s": [one.text, one.text, other.text], "f": [2]})
    assert Message.decode(repeated) == message


def test_only_what_is_heavy_says_so_and_counts_as_a_pack() -> None:
    light = Message(shipments=(ShipmentId(KEY, 1), ShipmentId(KEY, 2)))
    heavy = Message(shipments=(ShipmentId(KEY, 1),), heavy=True)
    assert (light.load, heavy.load) == (2, PACK)
    assert json.loads(light.encode()).keys() == {"v", "s"}


ID = ShipmentId(KEY, 1).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "{}",
        '"text"',
        "{",
        b"\xff\xfe",
        json.dumps({"v": 2, "s": [ID]}),
        json.dumps({"v": 1}),
        json.dumps({"v": 1, "s": None}),
        json.dumps({"v": 1, "s": [7]}),
        json.dumps({"v": 1, "s": ["secret@example.com"]}),
        json.dumps({"v": 1, "s": [ID[:-2] + "-1"]}),
        json.dumps({"v": 1, "s": [ID], "f": [1]}),
        json.dumps({"v": 1, "s": [ID], "f": 1}),
        json.dumps({"v": 1, "s": [ID], "f": ["0"]}),
        "[" * 20_000,
    ],
)
def test_a_message_that_this_service_cannot_have_written_is_malformed(text: str | bytes) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        Message.decode(text)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("vbsfhx"), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.binary()
    | json_values.map(json.dumps)
    | st.fixed_dictionaries(
        {"v": st.just(1), "s": json_values}, optional={"f": json_values, "again": json_values, "h": json_values}
    ).map(json.dumps)
)
def test_whatever_lies_on_a_queue_is_read_or_malformed(text: str | bytes) -> None:
    try:
        message = Message.decode(text)
    except MalformedMessage:
        return
    assert Message.decode(message.encode()) == message


def test_each_channel_has_a_queue_and_each_queue_a_letter() -> None:
    assert WorkQueue.of(Channel.EMAIL) is WorkQueue.EMAIL
    assert WorkQueue.of(Channel.SMS) is WorkQueue.SMS
    assert {queue.value: queue.letter for queue in WorkQueue} == {
        "process-orders": "p",
        "send-email": "e",
        "send-sms": "s",
    }


def test_an_order_names_its_shipments_main_first() -> None:
    first, second = registered(), registered(id=ShipmentId(KEY, 2))
    assert order_of(first, second).shipment_ids == (ShipmentId(KEY, 1), ShipmentId(KEY, 2))
