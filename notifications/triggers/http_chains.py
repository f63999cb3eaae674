"""Whole orders over HTTP: where the Location of a 201 leads, and cancelling all that is left (spec item 4)."""

from collections.abc import Sequence
from uuid import UUID

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems, responses
from notifications.contract.responses import ChainStatusView
from notifications.domain.shipment import Shipment
from notifications.security.access import CREATE, require_org
from notifications.triggers.answers import Answered, json_answer
from notifications.triggers.functions import serve
from notifications.triggers.identities import path_id
from notifications.triggers.routes import CANCEL_CHAIN, GET_CHAIN
from notifications.triggers.views import manifest_view


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the chain functions."""

    serve(app, compose, GET_CHAIN, _get)
    serve(app, compose, CANCEL_CHAIN, _cancel)


async def _get(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    org, identity = require_org(caller), path_id(req, _NOT_FOUND)
    found = await app.stages.inquiries.order(org, identity)
    return _answer(app, identity, found and found[1], asked_to_cancel=False)


async def _cancel(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    org, identity = require_org(caller), path_id(req, _NOT_FOUND)
    shipments = await app.stages.cancel.all(org, identity)
    return _answer(app, identity, shipments, asked_to_cancel=True)


_NOT_FOUND = problems.not_found("You have no order with this id.")


def _answer(
    app: App, identity: UUID, shipments: Sequence[Shipment] | None, *, asked_to_cancel: bool
) -> func.HttpResponse:
    if shipments is None:
        raise Answered(_NOT_FOUND)
    views = [manifest_view(each, app.clock.now()) for each in shipments]
    view = ChainStatusView(order_id=identity, shipments=views, asked_to_cancel=asked_to_cancel)
    return json_answer(responses.chain_status(view))
