"""Registering HTTP functions: each with its route's name, method and template, and an answer to all that goes wrong."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import azure.functions as func

from notifications.app import App, Composer
from notifications.telemetry import tracing
from notifications.triggers.answers import answering
from notifications.triggers.door import Door
from notifications.triggers.routes import Route

type Handler = Callable[[App, func.HttpRequest], Awaitable[func.HttpResponse]]


def serve(app: func.FunctionApp, compose: Composer, route: Route, handler: Handler, door: Door | None = None) -> None:
    """Let a handler answer a route; it is given the composed app, and may be behind a door.

    The host has no say in who may call: every handler tells callers by their credentials.
    """

    @answering
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        with door or nullcontext():
            return await handler(await compose(), req)

    # The worker takes no other annotation of the context than its type, although it may be left out.
    @app.function_name(route.name)
    @app.route(route.template, methods=[route.method], auth_level=func.AuthLevel.ANONYMOUS)
    async def function(req: func.HttpRequest, context: func.Context = None) -> func.HttpResponse:  # type: ignore[assignment]
        with tracing.request(route.name, context.trace_context.trace_parent if context else None) as span:
            response = await answer(req)
            span.set_attribute("status", response.status_code)
            return response
