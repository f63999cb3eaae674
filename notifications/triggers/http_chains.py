"""Whole orders over HTTP: where the Location of a 201 leads, and cancelling all that is left (spec item 4)."""

from collections.abc import Sequence
from uuid import UUID

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems, responses
from notifications.contract.responses import ChainStatusView
from notifications.domain.shipment import Shipment
from notifications.security.access import CREATE, require_org
from notifications.triggers.answers import Answered, answering, json_answer
from notifications.triggers.routes import CANCEL_CHAIN, GET_CHAIN
from notifications.triggers.views import manifest_view


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the chain functions."""

    @app.function_name("get_chain")
    @app.route(GET_CHAIN.template, methods=[GET_CHAIN.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def get_chain(req: func.HttpRequest) -> func.HttpResponse:
        return await _get(await compose(), req)

    @app.function_name("cancel_chain")
    @app.route(CANCEL_CHAIN.template, methods=[CANCEL_CHAIN.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def cancel_chain(req: func.HttpRequest) -> func.HttpResponse:
        return await _cancel(await compose(), req)


async def _get(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    org, identity = require_org(caller), _identity(req)
    found = await app.inquiries.order(org, identity)
    return _answer(app, identity, found and found[1], asked_to_cancel=False)


async def _cancel(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    org, identity = require_org(caller), _identity(req)
    shipments = await app.cancel.all(org, identity)
    return _answer(app, identity, shipments, asked_to_cancel=True)


def _identity(req: func.HttpRequest) -> UUID:
    """The id in the path; the host's constraint also lets through spellings that are .NET's own."""
    try:
        return UUID(req.route_params["id"])
    except ValueError:
        raise _not_found() from None


def _not_found() -> Answered:
    return Answered(problems.not_found("You have no order with this id."))


def _answer(
    app: App, identity: UUID, shipments: Sequence[Shipment] | None, *, asked_to_cancel: bool
) -> func.HttpResponse:
    if shipments is None:
        raise _not_found()
    views = [manifest_view(each, app.clock.now()) for each in shipments]
    view = ChainStatusView(order_id=identity, shipments=views, asked_to_cancel=asked_to_cancel)
    return json_answer(responses.chain_status(view))
