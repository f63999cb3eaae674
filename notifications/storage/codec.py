"""How shipments, orders and feed entries stand in rows: names an operator can read, and packed binary for the rest.

Limits of Table storage: a string has 32,768 characters, a binary property 64 KiB, a row 1 MiB (we stay below 900 KiB,
since emulator and service differ above it), a transaction 4 MiB as it is sent, binary being base64.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notifications.storage.table import Properties, Value

CHUNK = 64 * 1024
ROW_CHUNKS = 12
# What a shipment's own row may hold of each kind: 13 chunks in all, which leaves the rest of 900 KiB to its texts.
CONTENT_CHUNKS, NOTIFICATION_CHUNKS, LANE_CHUNKS = 6, 3, 4
# All contents of an order, packed: 2.5 MiB are 3.3 MiB as base64, which fits in one transaction with the rest of it.
MAX_PACKED = 5 * 1024 * 1024 // 2
_DUE_FORMAT_DIGITS = 17


class ContentTooLarge(ValueError):
    """What was ordered is larger, after compression, than one transaction can hold."""


class RowTooLarge(ValueError):
    """A row would be larger than what both the emulator and the service take."""


def pack(document: object) -> bytes:
    """JSON, compressed."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), level=6)


def unpack(data: bytes) -> Any:
    """What `pack` wrote. Bytes after the end of the stream are ignored: chunks of a value that was longer once."""
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def chunked(prefix: str, data: bytes, most: int = ROW_CHUNKS) -> dict[str, Value]:
    """Binary as properties of at most 64 KiB: `prefix00`, `prefix01` and so on; more than `most` is a `RowTooLarge`."""
    if len(data) > most * CHUNK:
        raise RowTooLarge(f"{len(data)} bytes of {prefix!r}, where {most * CHUNK} fit")
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return {f"{prefix}{number:02}": piece for number, piece in enumerate(pieces)}


def joined(prefix: str, properties: Properties) -> bytes:
    """What `chunked` split."""
    pieces: list[bytes] = []
    while (value := properties.get(f"{prefix}{len(pieces):02}")) is not None:
        pieces.append(_binary(value))
    return b"".join(pieces)


def _binary(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a packed property is not binary")
    return value


def row_pieces(data: bytes) -> list[bytes]:
    """Split a shipment's packed content over rows; the first is its own row, which holds other things too."""
    first, size = CHUNK * CONTENT_CHUNKS, CHUNK * ROW_CHUNKS
    return [data[:first], *(data[start : start + size] for start in range(first, len(data), size))]


def moment(when: datetime) -> str:
    """A time as rows hold it: ISO 8601 in UTC, to the microsecond."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_moment(text: object) -> datetime:
    """What `moment` wrote."""
    return datetime.fromisoformat(str(text))


def optional_moment(text: object) -> datetime | None:
    """What `moment` wrote, or nothing where the property is empty."""
    return parse_moment(text) if text else None


def due_key(when: datetime) -> str:
    """A time as row keys hold it: `yyyyMMddHHmmssfff` in UTC, which sorts as time passes."""
    utc = when.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}{utc.microsecond // 1000:03}"


def parse_due_key(text: str) -> datetime:
    """What `due_key` wrote."""
    if len(text) != _DUE_FORMAT_DIGITS:
        raise ValueError("not a due time")
    # By hand, since the timer reads thousands of these at each tick and strptime takes twenty times as long.
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    return datetime(year, month, day, hour, minute, second, int(text[14:]) * 1000, UTC)


def text(properties: Mapping[str, Value], name: str) -> str | None:
    """A string property; an empty one, which is how a member is cleared, reads as None."""
    value = properties.get(name)
    return str(value) if value not in (None, "") else None


_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST_PART = 400


def key_part(outside: str) -> str:
    """A string from outside as part of a key: all but `[A-Za-z0-9._-]` percent-encoded with `=` for `%`.

    The percent sign itself confuses the emulator's URL decoding, so the escape character is `=`.
    """
    return "".join(char if char in _SAFE else _escaped(char) for char in outside)


def _escaped(char: str) -> str:
    return "".join(f"={byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def from_key_part(part: str) -> str:
    """The string that `key_part` encoded."""
    first, *rest = part.split("=")
    decoded = first.encode() + b"".join(bytes([int(each[:2], 16)]) + each[2:].encode() for each in rest)
    return decoded.decode("utf-8", "surrogatepass")


def short_key_part(outside: str) -> str:
    """As `key_part`, but the SHA-256 of what would be too long: a key holds 512 characters (1 KiB of UTF-16)."""
    part = key_part(outside[: _LONGEST_PART + 1])
    if len(part) <= _LONGEST_PART:
        return part
    # The exclamation mark is in no key part, so that no string can be taken for another's hash.
    return "!" + hashlib.sha256(outside.encode("utf-8", "surrogatepass")).hexdigest()
