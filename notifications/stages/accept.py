"""Accept: an order, its shipments and their wake-ups in one transaction; what is due now is also queued at once."""

import logging
from datetime import datetime

from notifications.domain.clock import Clock, round_up
from notifications.domain.ids import ShipmentId
from notifications.domain.order import OrderDraft, ShipmentDraft
from notifications.domain.pace import Pace
from notifications.domain.record import Message, Order, WorkQueue
from notifications.domain.sending_time import expiry_of
from notifications.domain.shipment import Shipment
from notifications.stages.acceptance import Acceptance, OrderTooLarge, new_order, replay
from notifications.stages.activity import Activity
from notifications.stages.flow import Allowances
from notifications.storage.codec import ContentTooLarge
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.telemetry import error_name, event, tracing
from notifications.telemetry.measures import ORDERS_ACCEPTED, record

logger = logging.getLogger(__name__)

_BURST, _PER_SECOND = 20, 10


class Accept:
    """Takes orders in: one storage call, and one more when something is due now."""

    def __init__(self, store: OrderStore, queues: Queues, activity: Activity, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._queues = queues
        self._activity = activity
        self._clock = clock
        self._pace = pace
        self._direct = Allowances(_BURST, _PER_SECOND, clock)

    async def __call__(self, draft: OrderDraft) -> Acceptance:
        """Accept an order once. Raises `IdCollision`, and `OrderTooLarge` before anything is stored."""
        # An order for now is for a whole millisecond: "now" was rounded up to one that has not quite come yet.
        now = round_up(self._clock.now())
        order = new_order(draft, now)
        direct = any(each.send_at <= now for each in draft.shipments) and self._direct.take(draft.creator)
        shipments = [
            self._shipment(order, number, each, now, direct=direct) for number, each in enumerate(draft.shipments, 1)
        ]
        await self._activity.note_order(order)
        there = await self._inserted(order, shipments)
        if there.request != order.request:
            # Retention removes the rows that the first order names; what only the repetition names would stay for ever.
            await self._activity.forget_order(order, there)
            return replay(draft, order, there)
        event(logger, logging.INFO, "order.accepted", order=order.key.hex, creator=order.creator, count=len(shipments))
        record(ORDERS_ACCEPTED, creator=order.creator, kind=order.kind)
        if direct:
            await self._wake([shipment for shipment in shipments if shipment.send_at <= now])
        return Acceptance(there)

    async def _inserted(self, order: Order, shipments: list[Shipment]) -> Order:
        try:
            return await self._store.accept(order, shipments)
        except ContentTooLarge:
            await self._activity.forget_order(order, await self._store.order(order.key))
            raise OrderTooLarge("The texts and recipients of the order are too large together.") from None

    async def find(self, draft: OrderDraft) -> Acceptance | None:
        """The first order with a draft's idempotency id, if there is one."""
        order = new_order(draft, self._clock.now())
        there = await self._store.order(order.key)
        return replay(draft, order, there) if there else None

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
            due=round_up(now + self._pace.direct_net if queued else max(draft.send_at, now)),
            trace=tracing.current(),
        )

    async def _wake(self, shipments: list[Shipment]) -> None:
        """Queue what is due; if that fails, the wake-up brings it a few seconds later."""
        identities = tuple(shipment.id for shipment in shipments)
        message = Message(shipments=identities, heavy=any(shipment.is_heavy for shipment in shipments))
        try:
            await self._queues.put(WorkQueue.PROCESS, message)
        except Exception as error:  # noqa: BLE001 - the order is safe, and its acceptance must be told
            event(logger, logging.WARNING, "order.not_queued", order=identities[0].key.hex, error=error_name(error))
