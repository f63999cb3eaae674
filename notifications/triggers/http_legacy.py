"""Legacy orders over HTTP: read, found, followed and cancelled (http-contract.md sections 3.8 to 3.10)."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import legacy_orders, legacy_status, problems
from notifications.contract.legacy_orders import Senders
from notifications.contract.notification_summary import notification_summary
from notifications.contract.queries import parse_order_id, parse_senders_reference
from notifications.domain.shipment import Shipment
from notifications.domain.statuses import Channel
from notifications.security.access import CREATE, require_org
from notifications.triggers.answers import Answered, json_answer
from notifications.triggers.functions import Handler, serve
from notifications.triggers.legacy_views import order_status_view, order_view, summary_view
from notifications.triggers.parameters import query
from notifications.triggers.routes import (
    CANCEL_ORDER,
    FIND_ORDERS,
    GET_EMAIL_SUMMARY,
    GET_ORDER,
    GET_ORDER_STATUS,
    GET_SMS_SUMMARY,
)


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the functions of the legacy API that take no order."""
    serve(app, compose, GET_ORDER, _get)
    serve(app, compose, FIND_ORDERS, _find)
    serve(app, compose, GET_ORDER_STATUS, _status)
    serve(app, compose, GET_EMAIL_SUMMARY, _summary(Channel.EMAIL))
    serve(app, compose, GET_SMS_SUMMARY, _summary(Channel.SMS))
    serve(app, compose, CANCEL_ORDER, _cancel)


async def _get(app: App, req: func.HttpRequest) -> func.HttpResponse:
    shipment = await _own(app, req)
    return json_answer(legacy_orders.order(order_view(shipment), base_uri=app.settings.base_uri, senders=_senders(app)))


async def _find(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    reference = parse_senders_reference(query(req))
    found = await app.stages.inquiries.by_reference(require_org(caller), reference)
    views = [order_view(each) for each in found]
    return json_answer(legacy_orders.order_list(views, base_uri=app.settings.base_uri, senders=_senders(app)))


async def _status(app: App, req: func.HttpRequest) -> func.HttpResponse:
    return _with_status(app, await _own(app, req))


def _summary(channel: Channel) -> Handler:
    async def summary(app: App, req: func.HttpRequest) -> func.HttpResponse:
        shipment = await _own(app, req)
        return json_answer(notification_summary(summary_view(shipment, channel, app.clock.now())))

    return summary


async def _cancel(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    identity = parse_order_id(req.route_params.get("id", ""))
    cancelled = await app.stages.cancel(require_org(caller), identity)
    if cancelled is None:
        raise _not_found()
    return _with_status(app, cancelled)


async def _own(app: App, req: func.HttpRequest) -> Shipment:
    caller = await app.access.authorize(req.headers, CREATE)
    identity = parse_order_id(req.route_params.get("id", ""))
    shipment = await app.stages.inquiries.shipment(require_org(caller), identity)
    if shipment is None:
        raise _not_found()
    return shipment


def _not_found() -> Answered:
    return Answered(problems.not_found("You have no order with this id."))


def _with_status(app: App, shipment: Shipment) -> func.HttpResponse:
    return json_answer(legacy_status.order_with_status(order_status_view(shipment), base_uri=app.settings.base_uri))


def _senders(app: App) -> Senders:
    return Senders(email=app.settings.default_email_sender, sms=app.settings.default_sms_sender)
