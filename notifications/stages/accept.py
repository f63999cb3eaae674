"""Accept: an order, its shipments and their wake-ups in one transaction; what is due now is also queued at once."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from notifications.domain.clock import Clock, round_up
from notifications.domain.ids import ShipmentId, idempotency_hash, key_from_hash
from notifications.domain.order import OrderDraft, ShipmentDraft
from notifications.domain.pace import Pace
from notifications.domain.record import Message, Order, WorkQueue
from notifications.domain.sending_time import expiry_of
from notifications.domain.shipment import Shipment
from notifications.storage.codec import ContentTooLarge
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_BURST = 20
_PER_SECOND = 10


class OrderTooLarge(Exception):
    """An order holds more, even compressed, than can be stored at once; the text may be shown to the caller."""


class IdCollision(Exception):
    """Another order has the key that this idempotency id leads to; it happens once in 2^31 among 10^9 orders."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The order that answers a request: this one, or the first with its idempotency id (`replayed`).

    `mismatch` says that the first was ordered with another content.
    """

    order: Order
    replayed: bool = False
    mismatch: bool = False


class Accept:
    """Takes orders in: one storage call, and one more when something is due now."""

    def __init__(self, store: OrderStore, queues: Queues, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._queues = queues
        self._clock = clock
        self._pace = pace
        self._direct: defaultdict[str, _Allowance] = defaultdict(_Allowance)

    async def __call__(self, draft: OrderDraft) -> Acceptance:
        """Accept an order once. Raises `IdCollision`, and `OrderTooLarge` before anything is stored."""
        # A send time is a whole millisecond: "now" was rounded up to one that has not quite come yet.
        now = round_up(self._clock.now())
        order = _order(draft, now)
        direct = any(each.send_at <= now for each in draft.shipments) and self._direct[draft.creator].take(now)
        shipments = [
            self._shipment(order, number, each, now, direct=direct) for number, each in enumerate(draft.shipments, 1)
        ]
        there = await self._inserted(order, shipments)
        if there.request != order.request:
            return _replay(draft, order, there)
        event(logger, logging.INFO, "order.accepted", order=order.key.hex, creator=order.creator, count=len(shipments))
        if direct:
            await self._wake([shipment.id for shipment in shipments if shipment.send_at <= now])
        return Acceptance(there)

    async def _inserted(self, order: Order, shipments: list[Shipment]) -> Order:
        try:
            return await self._store.accept(order, shipments)
        except ContentTooLarge:
            raise OrderTooLarge("The texts of the order and its reminders are too large together.") from None

    async def find(self, draft: OrderDraft) -> Acceptance | None:
        """The first order with a draft's idempotency id, if there is one."""
        order = _order(draft, self._clock.now())
        there = await self._store.order(order.key)
        return _replay(draft, order, there) if there else None

    def _shipment(self, order: Order, number: int, draft: ShipmentDraft, now: datetime, *, direct: bool) -> Shipment:
        queued = direct and draft.send_at <= now
        return Shipment(
            id=ShipmentId(order.key, number),
            creator=order.creator,
            content=draft.content,
            created=now,
            changed=now,
            send_at=draft.send_at,
            expires=now + draft.time_to_live if draft.time_to_live else expiry_of(draft.content, draft.send_at),
            due=round_up(now + self._pace.direct_net if queued else draft.send_at),
        )

    async def _wake(self, shipments: list[ShipmentId]) -> None:
        """Queue what is due; if that fails, the wake-up brings it a few seconds later."""
        message = Message(shipments=tuple(shipments))
        try:
            await self._queues.put(WorkQueue.PROCESS, message)
        except Exception as error:  # noqa: BLE001 - the order is safe, and its acceptance must be told
            event(logger, logging.WARNING, "order.not_queued", order=shipments[0].key.hex, error=error_name(error))


def _order(draft: OrderDraft, now: datetime) -> Order:
    # Without an idempotency id nobody can ask for the same order again: its own request names it.
    request = uuid4().hex
    named = draft.idempotency_id is not None
    identity = idempotency_hash(draft.creator, draft.kind if named else "", draft.idempotency_id or request)
    return Order(
        key=key_from_hash(identity),
        creator=draft.creator,
        kind=draft.kind,
        identity=identity,
        fingerprint=draft.fingerprint,
        request=request,
        created=now,
        references=tuple(each.content.senders_reference for each in draft.shipments),
        live=len(draft.shipments),
        dialog_id=draft.dialog_id,
        transmission_id=draft.transmission_id,
        warnings=draft.warnings,
    )


def _replay(draft: OrderDraft, order: Order, there: Order) -> Acceptance:
    if there.identity != order.identity:
        raise IdCollision(order.key.hex)
    event(logger, logging.INFO, "order.replayed", order=order.key.hex, creator=order.creator)
    # Retention takes the fingerprint too: with a known text, it would tell for whom the order was.
    return Acceptance(there, replayed=True, mismatch=there.fingerprint not in ("", draft.fingerprint))


@dataclass(slots=True)
class _Allowance:
    """How many orders of one creator may go straight to the workers; the timer releases the others in fair turns."""

    left: float = _BURST
    counted: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Spend one, if there is one."""
        if self.counted:
            self.left = min(_BURST, self.left + (now - self.counted).total_seconds() * _PER_SECOND)
        self.counted = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
