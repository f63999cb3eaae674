"""Place: orders whose recipients are looked up first, as far as the contract asks for it (engine.md section 2.1)."""

from notifications.domain.order import OrderDraft
from notifications.stages.accept import Accept
from notifications.stages.acceptance import Acceptance
from notifications.stages.forecast import Forecast, Outlook


class ContactMissing(Exception):
    """A recipient of the order, or of a reminder, has no address for the ordered channels (422 NOT-00001)."""


class Place:
    """Takes orders that registers may have a say in. Raises what `Accept` raises, and `RegisterUnavailable`."""

    def __init__(self, accept: Accept, forecast: Forecast) -> None:
        self._accept = accept
        self._forecast = forecast

    async def __call__(self, draft: OrderDraft) -> Acceptance:
        """Accept an order that everybody can be told of, or raise `ContactMissing`; a repeated one is not looked up."""
        if self._forecast.concerns(draft):
            replayed = await self._accept.find(draft)
            if replayed:
                return replayed
            if any(outlook and outlook.missing for outlook in await self._forecast(draft)):
                raise ContactMissing
        return await self._accept(draft)

    async def legacy(self, draft: OrderDraft) -> tuple[Acceptance, Outlook | None]:
        """Accept a legacy order whoever can be told of it, and say what the registers know of its recipients."""
        (outlook,) = await self._forecast(draft)
        return await self._accept(draft), outlook
