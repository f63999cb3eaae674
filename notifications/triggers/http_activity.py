"""What was sent to whom, over HTTP: the support dashboard and the activity log (http-contract.md section 3.6)."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract.activity_log import activity_log
from notifications.contract.dashboard import dashboard
from notifications.contract.queries import Identity, parse_dashboard, parse_log_query
from notifications.security.access import CREATE, SUPPORT, require_org
from notifications.stages.activity import ORGANIZATION, PERSON
from notifications.triggers.answers import json_answer
from notifications.triggers.functions import Handler, serve
from notifications.triggers.legacy_views import dashboard_view, log_views
from notifications.triggers.parameters import query
from notifications.triggers.routes import DASHBOARD_ORGANIZATION, DASHBOARD_PERSON, GET_LOG


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the functions that search."""
    serve(app, compose, DASHBOARD_PERSON, _dashboard(Identity.PERSON, PERSON))
    serve(app, compose, DASHBOARD_ORGANIZATION, _dashboard(Identity.ORGANIZATION, ORGANIZATION))
    serve(app, compose, GET_LOG, _log)


def _dashboard(identity: Identity, kind: str) -> Handler:
    async def search(app: App, req: func.HttpRequest) -> func.HttpResponse:
        await app.access.authorize(req.headers, SUPPORT)
        now = app.clock.now()
        asked = parse_dashboard(req.headers, query(req), now=now, identity=identity)
        found = await app.stages.inquiries.to_recipient(kind, asked.number, asked.since, asked.until)
        return json_answer(dashboard([dashboard_view(each, now) for each in found]))

    return search


async def _log(app: App, req: func.HttpRequest) -> func.HttpResponse:
    caller = await app.access.authorize(req.headers, CREATE)
    asked = parse_log_query(query(req))
    found = await app.stages.inquiries.by_dialog(require_org(caller), asked.dialog_id, asked.transmission_id)
    now = app.clock.now()
    return json_answer(activity_log([view for each in found for view in log_views(each, now)]))
