"""Packs: how a message's shipments are worked, together or one by one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.record import Message

_ALONE_TIME = timedelta(seconds=60)


def packs(message: Message, clock: Clock) -> Iterator[Sequence[ShipmentId]]:
    """All shipments at once, or one after the other when the message came again.

    One by one goes on for a minute, well within what a function may run; the wake-ups of what is left bring it back.
    """
    if not message.again:
        yield message.shipments
        return
    enough = clock.now() + _ALONE_TIME
    for shipment in message.shipments:
        if clock.now() >= enough:
            return
        yield (shipment,)
