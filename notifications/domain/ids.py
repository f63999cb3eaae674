"""Ids are addresses: order, shipment and notification ids are UUIDv8s that say where their rows are.

Layout (RFC 9562 section 5.8, `docs/architecture.md`): bits 0-47 key | 48-51 version | 52-63 key | 64-65 variant |
66-95 key | 96-103 shipment number | 104-127 notification number. Shipment 0 is the order itself, notification 0 the
shipment itself, so no id is ambiguous. An id proves nothing: whoever reads by one checks the creator.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from uuid import UUID

KEY_BITS = 90
KEY_DIGITS = 23
BUCKETS = 16
MAX_NOTIFICATION = 2**24 - 1

_VERSION = 8
_VARIANT = 0b10
_HEX_KEY = re.compile(r"[0-9a-f]{23}")
_HEX_NUMBER = re.compile(r"(?!00)[0-9a-f]{2}")


@dataclass(frozen=True, slots=True, order=True)
class OrderKey:
    """The 90-bit name of an order; where its rows are follows from it."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 2**KEY_BITS:
            raise ValueError("an order key has 90 bits")

    @property
    def hex(self) -> str:
        """Lower-case hexadecimal of fixed width, as it stands in row keys."""
        return f"{self.value:0{KEY_DIGITS}x}"

    @property
    def bucket(self) -> str:
        """The partition, `00` to `0f`: the first byte of the key, modulo the number of buckets."""
        return f"{(self.value >> (KEY_BITS - 8)) % BUCKETS:02x}"

    @classmethod
    def from_hex(cls, digits: str) -> "OrderKey":
        """Read what `hex` wrote; any other spelling is a ValueError."""
        if not _HEX_KEY.fullmatch(digits):
            raise ValueError("an order key is written with 23 digits")
        return cls(int(digits, 16))


@dataclass(frozen=True, slots=True, order=True)
class ShipmentId:
    """One shipment of an order; numbers start at 1."""

    key: OrderKey
    number: int

    @property
    def uuid(self) -> UUID:
        """The id as callers see it."""
        return encode(self.key, self.number, 0)

    @property
    def text(self) -> str:
        """`key.number`, as queue messages carry it."""
        return f"{self.key.hex}.{self.number:02x}"

    def notification(self, number: int) -> UUID:
        """The id of this shipment's notification with that number (from 1)."""
        return encode(self.key, self.number, number)

    @classmethod
    def from_text(cls, text: str) -> "ShipmentId":
        """Read what `text` wrote; anything else is a ValueError."""
        digits, _, number = text.partition(".")
        if not _HEX_NUMBER.fullmatch(number):
            raise ValueError("a shipment number is written with two digits, from 01")
        return cls(OrderKey.from_hex(digits), int(number, 16))


@dataclass(frozen=True, slots=True)
class Address:
    """What an id of ours names: an order, one of its shipments, or one of that shipment's notifications."""

    key: OrderKey
    shipment: int
    notification: int

    @property
    def shipment_id(self) -> ShipmentId:
        """The shipment named, or the one that holds the notification named."""
        return ShipmentId(self.key, self.shipment)


def encode(key: OrderKey, shipment: int, notification: int) -> UUID:
    """Compose the id of an order (0, 0), a shipment (n, 0) or a notification (n, m)."""
    if not 0 <= shipment <= 255 or not 0 <= notification <= MAX_NOTIFICATION:
        raise ValueError("shipment numbers have 8 bits, notification numbers 24")
    high, middle, low = key.value >> 42, (key.value >> 30) & 0xFFF, key.value & 0x3FFFFFFF
    value = (high << 80) | (_VERSION << 76) | (middle << 64) | (_VARIANT << 62) | (low << 32)
    return UUID(int=value | (shipment << 24) | notification)


def decode(uuid: UUID) -> Address | None:
    """Tell what an id names, or None when it was not made here (its version is not 8)."""
    value = uuid.int
    if (value >> 76) & 0xF != _VERSION or (value >> 62) & 0b11 != _VARIANT:
        return None
    key = ((value >> 80) << 42) | (((value >> 64) & 0xFFF) << 30) | ((value >> 32) & 0x3FFFFFFF)
    return Address(OrderKey(key), (value >> 24) & 0xFF, value & 0xFFFFFF)


def idempotency_hash(creator: str, kind: str, idempotency_id: str) -> bytes:
    """SHA-256 of who ordered what kind under which idempotency id: the identity of a first request."""
    name = json.dumps([creator, kind, idempotency_id], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def key_from_hash(digest: bytes) -> OrderKey:
    """The order key that an idempotency hash leads to: its first 90 bits."""
    return OrderKey(int.from_bytes(digest[:12]) >> (96 - KEY_BITS))
