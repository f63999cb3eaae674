"""Instant messages over HTTP: handed to the provider within the request (http-contract.md section 3.2)."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import responses
from notifications.contract.orders import parse_instant, parse_instant_email, parse_instant_sms
from notifications.security.access import CREATE, require_org
from notifications.triggers.door import Door
from notifications.triggers.functions import Handler, serve
from notifications.triggers.placing import Parser, placed, read_draft
from notifications.triggers.routes import INSTANT, INSTANT_EMAIL, INSTANT_SMS


def register(app: func.FunctionApp, compose: Composer, door: Door) -> None:
    """Register the instant functions."""
    serve(app, compose, INSTANT_SMS, _instant(parse_instant_sms), door)
    serve(app, compose, INSTANT_EMAIL, _instant(parse_instant_email), door)
    serve(app, compose, INSTANT, _instant(parse_instant), door)


def _instant(parse: Parser) -> Handler:
    async def send(app: App, req: func.HttpRequest) -> func.HttpResponse:
        caller, read = await read_draft(app, req, CREATE, parse)
        draft = await read()
        require_org(caller)
        return placed(app, await app.stages.instant(draft), responses.instant)

    return send
