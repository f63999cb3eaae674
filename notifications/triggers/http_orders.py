"""Orders over HTTP: place a chain, cancel a shipment (http-contract.md sections 3.1 and 3.9)."""

from datetime import timedelta
from uuid import UUID

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import legacy_status, problems, responses
from notifications.contract.media_type import is_json
from notifications.contract.orders import parse_chain
from notifications.contract.problems import ValidationFailed
from notifications.contract.responses import ChainView, ShipmentRef
from notifications.domain.ids import encode
from notifications.domain.sms_sender import SenderCountries
from notifications.security.access import CREATE, require_org
from notifications.stages.accept import Acceptance
from notifications.triggers.answers import Answered, answering, json_answer
from notifications.triggers.routes import API, CANCEL_ORDER, PLACE_ORDER
from notifications.triggers.views import order_status_view

_RETRY = timedelta(seconds=1)


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the order functions."""
    door = _Door(compose.settings.concurrent_orders)

    @app.function_name("place_order")
    @app.route(PLACE_ORDER.template, methods=[PLACE_ORDER.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def place_order(req: func.HttpRequest) -> func.HttpResponse:
        with door:
            return await _place(await compose(), req)

    @app.function_name("cancel_order")
    @app.route(CANCEL_ORDER.template, methods=[CANCEL_ORDER.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def cancel_order(req: func.HttpRequest) -> func.HttpResponse:
        return await _cancel(await compose(), req)


class _Door:
    """Lets so many orders in at once; the next is told to come again before any work is done for it."""

    def __init__(self, places: int) -> None:
        self._places = places

    def __enter__(self) -> None:
        if not self._places:
            raise Answered(problems.too_many_requests(_RETRY))
        self._places -= 1

    def __exit__(self, *_: object) -> None:
        self._places += 1


async def _place(app: App, req: func.HttpRequest) -> func.HttpResponse:
    media_type = req.headers.get("content-type")
    if media_type and not is_json(media_type):
        raise Answered(problems.unsupported_media_type())
    caller = await app.access.authorize(req.headers, CREATE)
    if not media_type:
        # In this order by http-contract.md section 1.3: a wrong type is told before 401, a missing one after it.
        raise Answered(problems.unsupported_media_type())
    try:
        draft = parse_chain(
            req.get_body(),
            creator=caller.org or "",
            now=app.clock.now(),
            limits=app.settings.limits,
            senders=SenderCountries(default=app.settings.default_sms_sender),
        )
    except ValidationFailed as invalid:
        if invalid.draft is None or caller.org is None:
            raise
        acceptance = await app.accept.find(invalid.draft)
        if acceptance is None:
            raise
        return _accepted(app, acceptance)
    require_org(caller)
    return _accepted(app, await app.accept(draft))


def _accepted(app: App, acceptance: Acceptance) -> func.HttpResponse:
    order = acceptance.order
    order_id = encode(order.key, 0, 0)
    main, *reminders = (
        ShipmentRef(shipment_id=each.uuid, senders_reference=reference)
        for each, reference in zip(order.shipment_ids, order.references, strict=True)
    )
    view = ChainView(order_id=order_id, main=main, reminders=reminders, warnings=order.warnings)
    if not acceptance.replayed:
        location = f"{app.settings.base_uri}/{API}/orders/chain/{order_id}"
        return json_answer(responses.chain(view), 201, {"Location": location})
    headers = {"Idempotent-Replayed": "true"}
    if acceptance.mismatch:
        headers["Idempotent-Content-Mismatch"] = "true"
    return json_answer(responses.chain(view), 200, headers)


async def _cancel(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    identity = _order_id(req.route_params.get("id", ""))
    cancelled = await app.cancel(require_org(caller), identity)
    if cancelled is None:
        raise Answered(problems.not_found("You have no order with this id."))
    return json_answer(legacy_status.order_with_status(order_status_view(cancelled), base_uri=app.settings.base_uri))


def _order_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationFailed({"id": [f"The value '{text}' is not valid."]}) from None
