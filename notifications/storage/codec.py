"""How shipments, orders and feed entries stand in rows: names an operator can read, and packed binary for the rest.

Limits of Table storage: a string has 32,768 characters, a binary property 64 KiB, a row 1 MiB (we stay below 900 KiB,
since emulator and service differ above it), a transaction 4 MiB as it is sent, binary being base64.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from notifications.storage.table import Properties, Value

CHUNK = 64 * 1024
ROW_CHUNKS = 12
MAX_PACKED = 2_621_440
_DUE_FORMAT_DIGITS = 17


class ContentTooLarge(ValueError):
    """What was ordered is larger, after compression, than one transaction can hold."""


def pack(document: object) -> bytes:
    """JSON, compressed."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), level=6)


def unpack(data: bytes) -> Any:
    """What `pack` wrote."""
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def chunked(prefix: str, data: bytes) -> dict[str, Value]:
    """Binary as properties of at most 64 KiB: `prefix00`, `prefix01` and so on."""
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return {f"{prefix}{number:02}": piece for number, piece in enumerate(pieces)}


def joined(prefix: str, properties: Properties) -> bytes:
    """What `chunked` split."""
    names = sorted(name for name in properties if name.startswith(prefix) and name[len(prefix) :].isdigit())
    return b"".join(_binary(properties[name]) for name in names)


def _binary(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("a packed property is not binary")
    return value


def row_pieces(data: bytes) -> list[bytes]:
    """Split packed content over rows, each within what one row may hold."""
    size = CHUNK * ROW_CHUNKS
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]


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


def bitmap(numbers: Iterable[int]) -> str:
    """A set of row numbers as hexadecimal bits."""
    return f"{sum(1 << number for number in numbers):x}"


def parse_bitmap(text: str) -> frozenset[int]:
    """What `bitmap` wrote."""
    bits = int(text or "0", 16)
    return frozenset(number for number in range(bits.bit_length()) if bits >> number & 1)


def text(properties: Mapping[str, Value], name: str) -> str | None:
    """A string property; an empty one, which is how a member is cleared, reads as None."""
    value = properties.get(name)
    return str(value) if value not in (None, "") else None


_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


def key_part(outside: str) -> str:
    """A string from outside as part of a key: all but `[A-Za-z0-9._-]` percent-encoded with `=` for `%`.

    The percent sign itself confuses the emulator's URL decoding, so the escape character is `=`.
    """
    return "".join(char if char in _SAFE else "".join(f"={byte:02X}" for byte in char.encode()) for char in outside)
