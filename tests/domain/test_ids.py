from uuid import UUID, uuid1, uuid4, uuid5

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.domain.ids import (
    BUCKETS,
    KEY_BITS,
    MAX_NOTIFICATION,
    Address,
    OrderKey,
    ShipmentId,
    decode,
    encode,
    idempotency_hash,
    key_from_hash,
)

keys = st.builds(OrderKey, st.integers(0, 2**KEY_BITS - 1))
numbers = st.integers(0, 255)
rows = st.integers(0, MAX_NOTIFICATION)


@given(keys, numbers, rows)
def test_an_id_says_where_its_rows_are(key: OrderKey, shipment: int, notification: int) -> None:
    assert decode(encode(key, shipment, notification)) == Address(key, shipment, notification)


@given(keys, numbers, rows)
def test_every_id_is_a_version_8_uuid_of_rfc_9562(key: OrderKey, shipment: int, notification: int) -> None:
    uuid = encode(key, shipment, notification)
    text = str(uuid)
    assert text[14] == "8"
    assert text[19] in "89ab"
    assert UUID(text) == uuid


@given(keys, keys, numbers, numbers, rows, rows)
def test_two_things_never_share_an_id(
    key: OrderKey, other: OrderKey, shipment: int, sibling: int, row: int, another: int
) -> None:
    assume((key, shipment, row) != (other, sibling, another))
    assert encode(key, shipment, row) != encode(other, sibling, another)


@given(st.uuids().filter(lambda uuid: uuid.version != 8))
def test_an_id_that_was_not_made_here_names_nothing(foreign: UUID) -> None:
    assert decode(foreign) is None


def test_ids_of_other_versions_and_variants_name_nothing() -> None:
    ours = encode(OrderKey(7), 1, 1)
    other_variant = UUID(int=ours.int & ~(0b11 << 62))
    for foreign in (uuid1(), uuid4(), uuid5(uuid4(), "x"), UUID(int=0), UUID(int=2**128 - 1), other_variant):
        assert decode(foreign) is None


@pytest.mark.parametrize(("shipment", "notification"), [(-1, 0), (256, 0), (0, -1), (0, MAX_NOTIFICATION + 1)])
def test_a_number_that_does_not_fit_makes_no_id(shipment: int, notification: int) -> None:
    with pytest.raises(ValueError, match="8 bits"):
        encode(OrderKey(1), shipment, notification)


@pytest.mark.parametrize("value", [-1, 2**KEY_BITS])
def test_a_key_of_another_width_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="90 bits"):
        OrderKey(value)


@given(keys)
def test_a_key_is_written_in_23_lower_case_digits_and_read_back(key: OrderKey) -> None:
    assert len(key.hex) == 23
    assert key.hex == key.hex.lower()
    assert OrderKey.from_hex(key.hex) == key


@given(keys, keys)
def test_written_keys_sort_as_keys_do(key: OrderKey, other: OrderKey) -> None:
    assert (key < other) == (key.hex < other.hex)


@pytest.mark.parametrize("digits", ["", "0" * 22, "0" * 24, "f" * 23, "g" * 23, "0x" + "0" * 21, "+" + "0" * 22])
def test_only_what_a_key_writes_is_read_as_one(digits: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the digits alone decide
        OrderKey.from_hex(digits)


@pytest.mark.parametrize("digits", ["0" * 11 + "_" + "0" * 11, "0" * 22 + "A", " " + "0" * 22, "-" + "0" * 22])
def test_a_key_in_another_spelling_is_not_a_key(digits: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the digits alone decide
        OrderKey.from_hex(digits)


@given(keys)
def test_a_bucket_is_the_first_byte_of_the_key_modulo_the_number_of_buckets(key: OrderKey) -> None:
    first_byte = int(f"{key.value:090b}"[:8], 2)
    assert key.bucket == f"{first_byte % BUCKETS:02x}"
    assert int(key.bucket, 16) in range(BUCKETS)


def test_the_keys_of_a_thousand_idempotency_ids_reach_every_bucket() -> None:
    digests = (idempotency_hash("ttd", "Notification", str(number)) for number in range(1000))
    assert len({key_from_hash(digest).bucket for digest in digests}) == BUCKETS


@given(keys, st.integers(1, 255))
def test_a_shipment_is_written_for_a_queue_and_read_back(key: OrderKey, number: int) -> None:
    shipment = ShipmentId(key, number)
    assert ShipmentId.from_text(shipment.text) == shipment
    assert decode(shipment.uuid) == Address(key, number, 0)
    address = decode(shipment.notification(3))
    assert address == Address(key, number, 3)
    assert address.shipment_id == shipment


@given(st.text(alphabet="0123456789abcdef.+-_x ", max_size=30))
def test_what_no_shipment_wrote_is_not_read_as_one(text: str) -> None:
    try:
        shipment = ShipmentId.from_text(text)
    except ValueError:
        return
    assert shipment.text == text


@pytest.mark.parametrize("number", ["-1", "1", "+1", "0x1", "100", "00", "", " 1", "1_0", "0A"])
def test_a_shipment_number_in_another_spelling_is_refused(number: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the digits alone decide
        ShipmentId.from_text(f"{OrderKey(1).hex}.{number}")


names = st.text(max_size=20)


@given(names, names, names)
def test_the_same_request_leads_to_the_same_key(creator: str, kind: str, idempotency_id: str) -> None:
    digest = idempotency_hash(creator, kind, idempotency_id)
    assert digest == idempotency_hash(creator, kind, idempotency_id)
    assert len(digest) == 32
    assert key_from_hash(digest).value == int.from_bytes(digest) >> (256 - KEY_BITS)


@given(st.tuples(names, names, names), st.tuples(names, names, names))
def test_another_creator_kind_or_idempotency_id_is_another_request(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assume(one != other)
    assert idempotency_hash(*one) != idempotency_hash(*other)


def test_no_creator_can_compose_the_name_of_anothers_request() -> None:
    assert idempotency_hash("a", "b", '","c') != idempotency_hash("a", 'b","', "c")
    assert idempotency_hash("ttd", "Notification", "\ud800") != idempotency_hash("ttd", "Notification", "\ud801")
