"""The service's own description over HTTP: the OpenAPI document and its page, and the send-condition test helper."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import responses
from notifications.contract.openapi import document, page
from notifications.contract.queries import given
from notifications.triggers.answers import json_answer
from notifications.triggers.functions import serve
from notifications.triggers.routes import DOCS, OPENAPI, TEST_CONDITION


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the functions that anybody may call."""
    serve(app, compose, OPENAPI, _openapi)
    serve(app, compose, DOCS, _docs)
    serve(app, compose, TEST_CONDITION, _condition)


async def _openapi(app: App, req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - a handler's signature
    settings = app.settings
    media_type, body = document.rendered(settings.base_uri, settings.limits, settings.jwt_cookie_name)
    return func.HttpResponse(body, headers={"Content-Type": media_type})


async def _docs(app: App, req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - a handler's signature
    settings = app.settings
    media_type, body = page.rendered(settings.base_uri, settings.limits, settings.jwt_cookie_name)
    return func.HttpResponse(body, headers={"Content-Type": media_type, **page.HEADERS})


async def _condition(app: App, req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - a handler's signature
    met = given(req.params, "conditionMet")[1] or ""
    return json_answer(responses.send_condition(met=met.strip().lower() == "true"))
