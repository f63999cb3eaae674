"""The special containers: the first part of the path, up to a plus sign, decides what happens."""

from dataclasses import dataclass
from enum import Enum, auto

from local.simulators.blobs.errors import ARCHIVED, BUSY, INTERNAL, NOT_FOUND, BlobError
from local.simulators.fates import Fate, Lost

ORDINARY_BYTES = 1000
_LONGEST_SIZE = 9


class Body(Enum):
    """How the bytes of an answer come."""

    WHOLE = auto()
    SLOW = auto()
    BROKEN = auto()
    ENDLESS = auto()
    ELSEWHERE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobFate(Fate[BlobError]):
    """What happens to the calls of one container."""

    body: Body = Body.WHOLE


ORDINARY = BlobFate(does="a file of 1000 bytes")
"""What happens in every container that is not in the table; one named by a number has files of so many bytes."""

CONTAINERS: dict[str, BlobFate] = {
    "missing": BlobFate(does="every call 404, BlobNotFound", fault=NOT_FOUND, faulty_calls=None),
    "archived": BlobFate(does="every call 409, BlobArchived", fault=ARCHIVED, faulty_calls=None),
    "error": BlobFate(does="every call 500, InternalError", fault=INTERNAL, faulty_calls=None),
    "busy": BlobFate(does="every call 503, ServerBusy", fault=BUSY, faulty_calls=None),
    "throttled": BlobFate(
        does="the first 2 calls of a path 503, ServerBusy, then the file", fault=BUSY, faulty_calls=2
    ),
    "slow": BlobFate(does="the first half of the file at once, the other after 40 s (--slow-ms)", body=Body.SLOW),
    "hang": BlobFate(does="never answered", fault=Lost.HANG, faulty_calls=None),
    "reset": BlobFate(does="the connection is closed without an answer", fault=Lost.RESET, faulty_calls=None),
    "broken": BlobFate(does="the connection is closed in the middle of the file", body=Body.BROKEN),
    "endless": BlobFate(does="a file without a stated length that never ends", body=Body.ENDLESS),
    "redirect": BlobFate(does="302 to an ordinary file", body=Body.ELSEWHERE),
}


def fate_of(container: str) -> BlobFate:
    """Return what happens to a call for a file in this container."""
    return CONTAINERS.get(container.partition("+")[0], ORDINARY)


def size_of(container: str) -> int:
    """Return how many bytes the files of a container have: the number that it is named by, otherwise 1000."""
    is_number = container.isascii() and container.isdecimal() and len(container) <= _LONGEST_SIZE
    return int(container) if is_number else ORDINARY_BYTES
