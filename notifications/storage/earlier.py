"""Rows of earlier versions, read as this one would have written them: the one place that knows what they lack.

A shipment's row names its format in `v`. Format 1 was written before orders could be large, and has no `v`:

| row | format 1 | is read as |
|---|---|---|
| shipment | `lanes`: JSON, with sets of rows as hexadecimal bitmaps | the same lanes |
| | no `blocks` | 0: all notifications stood in the shipment's own row |
| | no `planned` | as many recipients as there are notifications: one each, all planned at once |
| notification | no `r` | the recipient in its own place |
| content | no `resource`, `action`, `ignoreReservation`, `stale`; an email without `files` | not said; no files |
| feed entry | no `by_reference` | its recipients are in it |
| feed head | no `listed` | its creator is not among those who are known to have a feed |

The first change to such a shipment writes its row anew, in today's format, and empties `lanes`. A process of that
version that is still running cannot read this, nor any row of today's, and leaves it to its wake-up: it would otherwise
go by lanes that nobody keeps any more, and hand over what is handed over already.
"""

import json
from collections.abc import Mapping
from typing import Any

from notifications.domain.shipment import Lane
from notifications.domain.statuses import Channel
from notifications.storage.codec import chunked, joined, pack, unpack
from notifications.storage.number_sets import ranges
from notifications.storage.table import Properties, Value

FORMAT = 2
CONTENT = {"resource": None, "action": None, "ignoreReservation": None, "stale": False}
EMAIL: Mapping[str, Any] = {"files": ()}


class NewerFormat(ValueError):
    """A shipment that a newer version of this service wrote; it is left to that, and comes again with its wake-up."""


class EarlierLanes(dict[Channel, Lane]):
    """The lanes of a shipment whose row is of an earlier format: whoever changes the shipment writes it anew."""


def is_earlier(values: Properties) -> bool:
    """Whether a shipment's row is of format 1. Raises `NewerFormat`."""
    if int(values.get("v", FORMAT)) > FORMAT:
        raise NewerFormat("a shipment of a newer format")
    # Emptied, the property is what a change of format 1 left; formats since do not have it.
    return bool(values.get("lanes"))


def as_today(values: Properties) -> dict[str, Value]:
    """The properties of a shipment's row of format 1 in today's."""
    notifications = [{"r": place, **each} for place, each in enumerate(unpack(joined("n", values)))]
    lanes = {channel: _lane(lane) for channel, lane in json.loads(str(values["lanes"])).items()}
    return {
        **values,
        "blocks": 0,
        "planned": len(notifications),
        **chunked("n", pack(notifications)),
        **chunked("lanes", pack(lanes)),
    }


def _lane(lane: Mapping[str, Any]) -> dict[str, Any]:
    claim = lane["claim"]
    return {
        **lane,
        "todo": _ranges(lane["todo"]),
        "uncertain": _ranges(lane["uncertain"]),
        "claim": claim and {**claim, "rows": _ranges(claim["rows"])},
    }


def _ranges(bitmap: str) -> str:
    """A set of numbers whose bits are set in a hexadecimal number."""
    bits = int(bitmap or "0", 16)
    return ranges(number for number in range(bits.bit_length()) if bits >> number & 1)
