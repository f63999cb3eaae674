"""Metrics over HTTP: the month's page for people, and a day's export for programs (http-contract.md section 3.11).

Both are for the operators, who hold the metrics key: as `X-API-Key`, or, in a browser, as the password of the page.
"""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems
from notifications.contract.metrics import page
from notifications.contract.metrics.export import export
from notifications.contract.metrics_form import Month, parse_metrics_form
from notifications.domain.statuses import Channel
from notifications.security.basic import basic_password
from notifications.security.shared_key import API_KEY, KeyRefused, metrics_key
from notifications.triggers.answers import Answered
from notifications.triggers.bodies import body_of
from notifications.triggers.functions import Handler, serve
from notifications.triggers.routes import EXPORT_EMAIL, EXPORT_SMS, METRICS_FORM, METRICS_PAGE

_CHALLENGE = 'Basic realm="metrics", charset="UTF-8"'


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the metrics functions."""
    serve(app, compose, METRICS_FORM, _form)
    serve(app, compose, METRICS_PAGE, _month)
    serve(app, compose, EXPORT_EMAIL, _export(Channel.EMAIL))
    serve(app, compose, EXPORT_SMS, _export(Channel.SMS))


async def _form(app: App, req: func.HttpRequest) -> func.HttpResponse:
    _admit(app, req)
    today = app.clock.now()
    return func.HttpResponse(page.form_page(Month(today.year, today.month)), headers=dict(page.HEADERS))


async def _month(app: App, req: func.HttpRequest) -> func.HttpResponse:
    _admit(app, req)
    month = parse_metrics_form(body_of(req), req.headers.get("content-type"), now=app.clock.now())
    totals = await app.stages.metrics.month(*month)
    return func.HttpResponse(page.month_page(month, totals), headers=dict(page.HEADERS))


def _admit(app: App, req: func.HttpRequest) -> None:
    """Let in whoever holds the key; a browser is asked for it as a password."""
    given = req.headers.get(API_KEY) or basic_password(req.headers.get("authorization"))
    try:
        metrics_key({API_KEY: given} if given else {}, _key(app))
    except KeyRefused as refused:
        raise Answered(problems.unauthorized(str(refused), challenge=_CHALLENGE)) from None


def _key(app: App) -> str | None:
    key = app.settings.metrics_api_key
    return key.get_secret_value() if key else None


def _export(channel: Channel) -> Handler:
    async def download(app: App, req: func.HttpRequest) -> func.HttpResponse:
        metrics_key(req.headers, _key(app))
        day = app.stages.metrics.yesterday()
        made = await export(
            channel,
            day,
            app.stages.metrics.day(day),
            environment=app.settings.environment_name,
            now=app.clock.now(),
        )
        return func.HttpResponse(made.content, headers=dict(made.headers))

    return download
