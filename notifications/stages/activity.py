"""Activity: what was sent to whom, findable by identity number, by reference and by dialog.

An identity number is kept as its keyed hash only; what was sent to it is read from the shipments themselves. The rows
come before what they point at, so that nothing is ever missing; a reader looks whether it came.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import Recipient
from notifications.domain.planning import SLICE, next_given_up, next_recipients
from notifications.domain.record import Order
from notifications.domain.shipment import Shipment
from notifications.storage.index import Index

# The keyed hash of an identity: of its kind and its number.
type Hash = Callable[[str, str], str]

PERSON, ORGANIZATION = "nin", "org"
_MOST_FOUND = 1_000


class Activity:
    """Writes, reads and forgets the index rows of orders and recipients."""

    def __init__(self, index: Index, hashed: Hash) -> None:
        self._index = index
        self._hashed = hashed

    async def note_order(self, order: Order) -> None:
        """Make an order findable by its references and its dialog; called before it is accepted."""
        for reference, shipments in _by_reference(order).items():
            await self._index.note_reference(order.creator, reference, shipments)
        if order.dialog_id or order.transmission_id:
            await self._index.note_dialog(order.creator, order.dialog_id, order.transmission_id, order.key)

    async def forget_order(self, order: Order, there: Order | None) -> None:
        """Undo `note_order` for an order that was not taken, but for what leads to the first, `there`, as well."""
        kept = _by_reference(there) if there else {}
        for reference, shipments in _by_reference(order).items():
            gone = [each for each in shipments if each not in kept.get(reference, ())]
            if gone:
                await self._index.forget_reference(order.creator, reference, gone)
        dialog = None if there and order.dialog_id == there.dialog_id else order.dialog_id
        transmission = None if there and order.transmission_id == there.transmission_id else order.transmission_id
        if dialog or transmission:
            await self._index.forget_dialog(order.creator, dialog, transmission, order.key)

    async def note_recipients(self, shipments: Iterable[Shipment]) -> None:
        """Make the recipients that are about to be planned findable by their identity numbers."""
        rows = [row for shipment in shipments for row in self._rows(shipment, next_recipients(shipment))]
        if rows:
            await self._index.note_recipients(rows)

    async def note_given_up(self, shipment: Shipment) -> None:
        """Make the recipients findable whose notifications are about to fail for want of time."""
        rows = list(self._rows(shipment, next_given_up(shipment)))
        if rows:
            await self._index.note_recipients(rows)

    def _rows(self, shipment: Shipment, recipients: Iterable[Recipient]) -> Iterator[tuple[str, datetime, ShipmentId]]:
        for kind, number in _identities(recipients):
            yield self._hashed(kind, number), shipment.send_at, shipment.id

    async def by_recipient(self, kind: str, number: str, since: datetime, until: datetime) -> list[ShipmentId]:
        """The shipments that an identity is a recipient of and that were to be sent in a time, newest first."""
        found = await self._index.by_recipient(self._hashed(kind, number), since, until, _MOST_FOUND)
        return [shipment for _, shipment in sorted(found, key=lambda each: each[0], reverse=True)]

    async def by_reference(self, creator: str, reference: str) -> list[ShipmentId]:
        """The shipments that a creator gave a reference to."""
        return await self._index.by_reference(creator, reference)

    async def by_dialog(self, creator: str, dialog: str | None, transmission: str | None) -> list[OrderKey]:
        """The orders that a creator placed for a dialog, a transmission, or both."""
        return await self._index.by_dialog(creator, dialog, transmission)

    async def forget(self, shipment: Shipment, order: Order | None) -> None:
        """Take away what leads to a shipment; with its order's last shipment, what leads to the order."""
        # At most a slice beyond what was planned is noted here; of one that was cancelled, nobody else ever was.
        noted = shipment.content.recipients[: shipment.planned + SLICE]
        await self._index.forget_recipients(list(self._rows(shipment, noted)))
        if shipment.content.senders_reference:
            await self._index.forget_reference(shipment.creator, shipment.content.senders_reference, [shipment.id])
        if order and order.live <= 1 and (order.dialog_id or order.transmission_id):
            await self._index.forget_dialog(order.creator, order.dialog_id, order.transmission_id, order.key)


def identity_number(recipient: Recipient, kind: str) -> str | None:
    """A recipient's number of that kind, `PERSON` or else `ORGANIZATION`."""
    return recipient.national_identity_number if kind == PERSON else recipient.organization_number


def _by_reference(order: Order) -> dict[str, list[ShipmentId]]:
    found: dict[str, list[ShipmentId]] = {}
    for shipment, reference in zip(order.shipment_ids, order.references, strict=True):
        if reference:
            found.setdefault(reference, []).append(shipment)
    return found


def _identities(recipients: Iterable[Recipient]) -> Iterator[tuple[str, str]]:
    for each in dict.fromkeys(recipients):
        if each.national_identity_number:
            yield PERSON, each.national_identity_number
        elif each.organization_number:
            yield ORGANIZATION, each.organization_number
