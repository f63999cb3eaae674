"""What is about the service itself: health, and an answer for every path that nothing is at."""

import asyncio
import logging

import azure.functions as func

from notifications.app import Composer
from notifications.contract import problems
from notifications.contract.health import health_figures
from notifications.security import shared_key
from notifications.stages.health import Figures
from notifications.telemetry import event, fault
from notifications.triggers.answers import Answered, answering, json_answer
from notifications.triggers.routes import HEALTH, allowed_methods

logger = logging.getLogger(__name__)

HEALTH_KEY = "X-API-Key"
_PATIENCE = 5.0
_NO_CACHE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the service functions."""

    @app.function_name(HEALTH.name)
    @app.route(HEALTH.template, methods=[HEALTH.method], auth_level=func.AuthLevel.ANONYMOUS)
    async def health(req: func.HttpRequest) -> func.HttpResponse:
        return await _health(compose, req)

    # The host tries routes in the order of the functions' names, not the most specific first (azure-functions-host
    # issues 6062 and 9876): whatever sorts after this one would never be reached. Without methods it takes them all.
    @app.function_name("zz_unmatched")
    @app.route("{*path}", auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def unmatched(req: func.HttpRequest) -> func.HttpResponse:
        path = req.route_params.get("path", "")
        allowed = allowed_methods(path)
        # a path that ends in several slashes is nobody's, also for the method that it has without them
        if not allowed or req.method in allowed:
            raise Answered(problems.not_found("There is nothing at this path."))
        raise Answered(problems.method_not_allowed(allowed))


async def _health(compose: Composer, req: func.HttpRequest) -> func.HttpResponse:
    key = compose.settings.health_key
    try:
        async with asyncio.timeout(_PATIENCE):
            app = await compose()
    except Exception as error:  # noqa: BLE001 - whatever keeps the app from being built, a probe is told so
        event(logger, logging.ERROR, "health.not_composed", **fault(error))
        return _plain(healthy=False)
    if key and shared_key.matches(req.headers.get(HEALTH_KEY), key.get_secret_value()):
        return _figures(await app.stages.health.figures())
    return _plain(healthy=await app.stages.health.healthy())


def _plain(*, healthy: bool) -> func.HttpResponse:
    body, status = ("Healthy", 200) if healthy else ("Unhealthy", 503)
    return func.HttpResponse(body, status_code=status, mimetype="text/plain", headers=_NO_CACHE)


def _figures(figures: Figures) -> func.HttpResponse:
    body = health_figures(healthy=figures.healthy, oldest_due=figures.oldest_due, behind=figures.behind)
    return json_answer(body, 200 if figures.healthy else 503, _NO_CACHE)
