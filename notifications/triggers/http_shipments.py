"""Shipments over HTTP: one shipment's manifest, and the creator's feed (http-contract.md sections 3.4 and 3.5)."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems, responses
from notifications.contract.feed_query import FeedOrder, parse_feed_query
from notifications.contract.media_type import is_json
from notifications.security.access import CREATE, require_org
from notifications.triggers.answers import Answered, json_answer
from notifications.triggers.functions import serve
from notifications.triggers.identities import path_id
from notifications.triggers.parameters import query
from notifications.triggers.routes import GET_FEED, GET_SHIPMENT
from notifications.triggers.views import feed_entry_view, manifest_view


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the shipment functions."""

    serve(app, compose, GET_FEED, _feed)
    serve(app, compose, GET_SHIPMENT, _shipment)


async def _shipment(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    shipment = await app.stages.inquiries.shipment(require_org(caller), path_id(req, problems.shipment_not_found()))
    if shipment is None:
        raise Answered(problems.shipment_not_found())
    return json_answer(responses.manifest(manifest_view(shipment, app.clock.now())))


async def _feed(app: App, req: func.HttpRequest) -> func.HttpResponse:
    content_type = req.headers.get("content-type")
    if content_type and not is_json(content_type):
        raise Answered(problems.unsupported_media_type())
    caller = await app.access.authorize(req.headers, CREATE)
    asked = parse_feed_query(query(req))
    newest_first = asked.order is FeedOrder.DESC
    creator = require_org(caller)
    entries = await app.stages.inquiries.feed(creator, asked.seq, asked.page_size, newest_first=newest_first)
    return json_answer(responses.feed([feed_entry_view(entry) for entry in entries]))
