"""Shipments over HTTP: one shipment's manifest, and the creator's feed (http-contract.md sections 3.4 and 3.5)."""

from uuid import UUID

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems, responses
from notifications.contract.feed_query import FeedOrder, parse_feed_query
from notifications.contract.media_type import is_json
from notifications.security.access import CREATE, require_org
from notifications.triggers.answers import Answered, answering, json_answer
from notifications.triggers.routes import GET_FEED, GET_SHIPMENT
from notifications.triggers.views import feed_entry_view, manifest_view


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the shipment functions."""

    @app.function_name("get_feed")
    @app.route(GET_FEED.template, methods=[GET_FEED.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def get_feed(req: func.HttpRequest) -> func.HttpResponse:
        return await _feed(await compose(), req)

    @app.function_name("get_shipment")
    @app.route(GET_SHIPMENT.template, methods=[GET_SHIPMENT.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def get_shipment(req: func.HttpRequest) -> func.HttpResponse:
        return await _shipment(await compose(), req)


async def _shipment(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    shipment = await app.inquiries.shipment(require_org(caller), _identity(req))
    if shipment is None:
        raise Answered(problems.shipment_not_found())
    return json_answer(responses.manifest(manifest_view(shipment, app.clock.now())))


def _identity(req: func.HttpRequest) -> UUID:
    """The id in the path; the host's constraint also lets through spellings that are .NET's own."""
    try:
        return UUID(req.route_params["id"])
    except ValueError:
        raise Answered(problems.shipment_not_found()) from None


async def _feed(app: App, req: func.HttpRequest) -> func.HttpResponse:
    content_type = req.headers.get("content-type")
    if content_type and not is_json(content_type):
        raise Answered(problems.unsupported_media_type())
    caller = await app.access.authorize(req.headers, CREATE)
    query = parse_feed_query(req.params)
    newest_first = query.order is FeedOrder.DESC
    creator = require_org(caller)
    entries = await app.inquiries.feed(creator, query.seq, query.page_size, newest_first=newest_first)
    return json_answer(responses.feed([feed_entry_view(entry) for entry in entries]))
