"""Placing orders over HTTP: chains, composed emails, and the legacy API's (http-contract.md sections 3.1, 3.3, 3.7)."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import legacy_orders, responses
from notifications.contract.legacy_orders import AcceptedView, LookupView
from notifications.contract.orders import (
    parse_chain,
    parse_composed,
    parse_legacy,
    parse_legacy_email,
    parse_legacy_sms,
)
from notifications.contract.problems import ValidationFailed
from notifications.security.access import COMPOSED, CREATE, Policy, require_org
from notifications.stages.acceptance import Acceptance
from notifications.stages.forecast import Outlook
from notifications.triggers.answers import json_answer
from notifications.triggers.door import Door
from notifications.triggers.functions import Handler, serve
from notifications.triggers.placing import Parser, chain_view, placed, read_draft
from notifications.triggers.routes import (
    API,
    LEGACY_EMAIL_ORDER,
    LEGACY_ORDER,
    LEGACY_SMS_ORDER,
    PLACE_COMPOSED,
    PLACE_ORDER,
)


def register(app: func.FunctionApp, compose: Composer, door: Door) -> None:
    """Register the functions that take orders."""

    async def place_order(composed: App, req: func.HttpRequest) -> func.HttpResponse:
        return await _place(composed, req, CREATE, parse_chain)

    async def place_composed(composed: App, req: func.HttpRequest) -> func.HttpResponse:
        return await _place(composed, req, COMPOSED, parse_composed)

    serve(app, compose, PLACE_ORDER, place_order, door)
    serve(app, compose, PLACE_COMPOSED, place_composed, door)
    for route, parse in (
        (LEGACY_ORDER, parse_legacy),
        (LEGACY_EMAIL_ORDER, parse_legacy_email),
        (LEGACY_SMS_ORDER, parse_legacy_sms),
    ):
        serve(app, compose, route, _legacy(parse), door)


async def _place(app: App, req: func.HttpRequest, policy: Policy, parse: Parser) -> func.HttpResponse:
    caller, read = await read_draft(app, req, policy, parse)
    try:
        draft = await read()
    except ValidationFailed as invalid:
        if invalid.draft is None or caller.org is None:
            raise
        replayed = await app.stages.accept.find(invalid.draft)
        if replayed is None:
            raise
        return placed(app, replayed, responses.chain)
    require_org(caller)
    return placed(app, await app.stages.place(draft), responses.chain)


def _legacy(parse: Parser) -> Handler:
    async def place(app: App, req: func.HttpRequest) -> func.HttpResponse:
        caller, read = await read_draft(app, req, CREATE, parse)
        draft = await read()
        require_org(caller)
        return _accepted(app, *await app.stages.place.legacy(draft))

    return place


def _accepted(app: App, acceptance: Acceptance, outlook: Outlook | None) -> func.HttpResponse:
    """The legacy API names the one shipment of an order where others name the order."""
    order_id = chain_view(acceptance).main.shipment_id
    view = AcceptedView(
        order_id=order_id, lookup=_lookup_view(outlook) if outlook else None, warnings=acceptance.order.warnings
    )
    location = f"{app.settings.base_uri}/{API}/orders/{order_id}"
    return json_answer(legacy_orders.order_accepted(view), 202, {"Location": location})


def _lookup_view(outlook: Outlook) -> LookupView:
    return LookupView(looked_up=outlook.asked, reserved=outlook.reserved, missing=outlook.missing)
