"""What all functions that take an order have in common: reading the request, and answering with the order."""

import asyncio
from collections.abc import Awaitable, Callable

import azure.functions as func

from notifications.app import App
from notifications.contract import problems, responses
from notifications.contract.media_type import is_json
from notifications.contract.responses import ChainView, ShipmentRef
from notifications.domain.ids import encode
from notifications.domain.order import OrderDraft
from notifications.security.access import Policy
from notifications.security.tokens import Caller
from notifications.stages.acceptance import Acceptance
from notifications.triggers.answers import Answered, json_answer
from notifications.triggers.bodies import body_of
from notifications.triggers.routes import API

type Parser = Callable[..., OrderDraft]

_LARGE = 200_000


async def read_draft(
    app: App, req: func.HttpRequest, policy: Policy, parse: Parser
) -> tuple[Caller, Callable[[], Awaitable[OrderDraft]]]:
    """The caller, and the reading of its order, which is looked at only once it is known who sends it.

    Raises 415 in the order of http-contract.md section 1.3: for a wrong type before 401, for a missing one after it.
    The reading raises 411 where the body did not arrive.
    """
    media_type = req.headers.get("content-type")
    if media_type and not is_json(media_type):
        raise Answered(problems.unsupported_media_type())
    caller = await app.access.authorize(req.headers, policy)
    if not media_type:
        raise Answered(problems.unsupported_media_type())

    async def read() -> OrderDraft:
        body = body_of(req)
        given = {
            "creator": caller.org or "",
            "now": app.clock.now(),
            "limits": app.settings.limits,
            "senders": app.settings.sender_countries,
            "rights": app.settings.sender_rights,
        }
        # Tens of thousands of recipients take long enough to hold up everybody else's requests.
        return await asyncio.to_thread(parse, body, **given) if len(body) > _LARGE else parse(body, **given)

    return caller, read


def chain_view(acceptance: Acceptance) -> ChainView:
    """An accepted order by its ids and references, main shipment first."""
    order = acceptance.order
    main, *reminders = (
        ShipmentRef(shipment_id=each.uuid, senders_reference=reference)
        for each, reference in zip(order.shipment_ids, order.references, strict=True)
    )
    return ChainView(order_id=encode(order.key, 0, 0), main=main, reminders=reminders, warnings=order.warnings)


def placed(app: App, acceptance: Acceptance, written: Callable[[ChainView], responses.Json]) -> func.HttpResponse:
    """201 with the order's place, or 200 for a repeated request, which says so (spec item 3)."""
    view = chain_view(acceptance)
    if not acceptance.replayed:
        location = f"{app.settings.base_uri}/{API}/orders/chain/{view.order_id}"
        return json_answer(written(view), 201, {"Location": location})
    headers = {"Idempotent-Replayed": "true"}
    if acceptance.mismatch:
        headers["Idempotent-Content-Mismatch"] = "true"
    return json_answer(written(view), 200, headers)
