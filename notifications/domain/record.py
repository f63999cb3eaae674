"""What is kept of an order as a whole, of the feed, and what queue messages say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import OrderKind, ShipmentType
from notifications.domain.statuses import Channel, OrderStatus, Status

MESSAGE_VERSION = 1
PACK = 25
"""How many shipments travel together, and how many of them a heavy one counts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order's own row: what a repeated request is answered from.

    `request` names the attempt that wrote it, so that an own success is known again after a lost answer. `references`
    are the shipments' sendersReferences, main first; `live` counts the shipments that retention has not taken yet.
    """

    key: OrderKey
    creator: str
    kind: OrderKind
    identity: bytes
    fingerprint: str
    request: str
    created: datetime
    references: tuple[str | None, ...]
    live: int
    dialog_id: str | None = None
    transmission_id: str | None = None
    warnings: tuple[str, ...] = ()
    etag: str = field(default="", compare=False)

    @property
    def shipment_ids(self) -> tuple[ShipmentId, ...]:
        """The order's shipments, main first."""
        return tuple(ShipmentId(self.key, number) for number in range(1, len(self.references) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """A row of a bucket's time-ordered list: look at the shipment at `due`, for the work in `wants`.

    What is `heavy` is given to a worker by itself.
    """

    due: datetime
    shipment: ShipmentId
    creator: str
    wants: str
    heavy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecipient:
    """One recipient of a feed entry."""

    channel: Channel
    destination: str
    status: Status
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """The end of a shipment, as its creator's feed tells it; `sequence` is 0 until it is published.

    One with too many recipients for its row is read `by_reference`, without any: the shipment itself has them. `extra`
    is what it adds to its month's totals beside the statuses; it is not kept with the entry.
    """

    shipment: ShipmentId
    type: ShipmentType
    status: OrderStatus
    changed: datetime
    senders_reference: str | None
    recipients: tuple[FeedRecipient, ...]
    sequence: int = 0
    by_reference: bool = False
    extra: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """What the metrics export tells of one ended notification; it names nobody.

    `reference` is the provider's own name of the message. `number_prefix` is the first four characters of a mobile
    number, empty for email; `rate` is `innland`, `utland` or `n/a`. Lengths are in characters: `body_length` is that of
    the text as it was ordered, `custom_body_length` of the one that was sent, where that is another, and 0 otherwise.
    `due` is from when our promise to hand over counts.
    """

    shipment: ShipmentId
    number: int
    channel: Channel
    creator: str
    senders_reference: str | None
    requested_send_time: datetime
    resource_id: str | None
    status: Status
    reference: str | None
    number_prefix: str
    rate: str
    segments: int
    body_length: int
    custom_body_length: int
    attachment_bytes: int | None
    handed_over: datetime | None
    due: datetime


class WorkQueue(StrEnum):
    """The queues that carry shipments to the workers, named as in storage."""

    PROCESS = "process-orders"
    EMAIL = "send-email"
    SMS = "send-sms"

    @property
    def letter(self) -> str:
        """The kind of work that wake-ups ask for and this queue does."""
        return {"process-orders": "p", "send-email": "e", "send-sms": "s"}[self.value]

    @classmethod
    def of(cls, channel: Channel) -> "WorkQueue":
        """The queue on which a channel's hand-overs wait."""
        return cls.EMAIL if channel is Channel.EMAIL else cls.SMS


class MalformedMessage(ValueError):
    """A queue message that this service cannot have written, or that a newer version of it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a work queue carries: shipments, each once, ids only.

    `facts` are those with unfolded reports; `again` marks work that did not get done the first time and is done one
    shipment at a time; `heavy` marks a shipment that keeps a worker as long as a pack.
    """

    shipments: tuple[ShipmentId, ...]
    facts: frozenset[ShipmentId] = frozenset()
    again: bool = False
    heavy: bool = False

    def __post_init__(self) -> None:
        # A worker that was given a shipment twice would take its own claim for a lost answer, and hand over twice.
        object.__setattr__(self, "shipments", tuple(dict.fromkeys(self.shipments)))

    @property
    def load(self) -> int:
        """How much work it is, in light shipments."""
        return len(self.shipments) * (PACK if self.heavy else 1)

    def encode(self) -> str:
        """The message as JSON text."""
        body: dict[str, object] = {
            "v": MESSAGE_VERSION,
            "s": [shipment.text for shipment in self.shipments],
        }
        if self.facts:
            body["f"] = [self.shipments.index(shipment) for shipment in sorted(self.facts)]
        if self.again:
            body["again"] = True
        if self.heavy:
            body["h"] = True
        return json.dumps(body, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str | bytes) -> "Message":
        """Read a message; anything unexpected is a `MalformedMessage` that quotes nothing of it."""
        try:
            body = json.loads(text)
            if body["v"] != MESSAGE_VERSION:
                raise MalformedMessage("queue message of an unknown version")
            shipments = tuple(ShipmentId.from_text(each) for each in body["s"])
            facts = frozenset(shipments[index] for index in body.get("f", ()))
            return cls(shipments=shipments, facts=facts, again=bool(body.get("again")), heavy=bool(body.get("h")))
        except MalformedMessage:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise MalformedMessage("queue message that is not a list of shipments") from None
