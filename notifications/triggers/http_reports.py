"""Delivery reports over HTTP: Event Grid's events, and the SMS gateway's XML; answered once they are stored."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems
from notifications.contract.media_type import essence
from notifications.contract.problems import BodyTooLarge
from notifications.security import basic, shared_key
from notifications.settings import Settings
from notifications.stages.report import Taken
from notifications.triggers.answers import Answered, json_answer
from notifications.triggers.bodies import body_of
from notifications.triggers.functions import serve
from notifications.triggers.routes import EMAIL_REPORTS, SMS_REPORTS

REPORT_KEY = "X-Report-Key"
_HANDSHAKE_BYTES = 64 * 1024
# Event Grid delivers a megabyte at most (learn.microsoft.com/azure/event-grid/quotas-limits), the gateway far less.
_MOST_BYTES = 2 * 1024 * 1024
_XML_TYPES = ("application/xml", "text/xml", "text/plain")


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the report functions."""

    serve(app, compose, EMAIL_REPORTS, _email)
    serve(app, compose, SMS_REPORTS, _sms)


async def _email(app: App, req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body()
    # Whether Event Grid sends the key with its handshake is not documented; an answer to it stores nothing.
    if len(body) <= _HANDSHAKE_BYTES and (code := app.stages.report.handshake(body)) is not None:
        return json_answer({"validationResponse": code})
    if not _holds_key(req.headers.get(REPORT_KEY), app.settings):
        raise Answered(problems.unauthorized(f"The header {REPORT_KEY} does not hold the key.", challenge="ReportKey"))
    _refuse_if_unreadable(await app.stages.report.email(_not_too_large(body_of(req))))
    return func.HttpResponse(status_code=200)


def _holds_key(given: str | None, settings: Settings) -> bool:
    """Whether the key is the present one, or the one before it while the subscription is being changed over."""
    keys = (settings.email_report_key, settings.previous_email_report_key)
    return any(shared_key.matches(given, key.get_secret_value()) for key in keys if key)


async def _sms(app: App, req: func.HttpRequest) -> func.HttpResponse:
    password = app.settings.sms_report_password.get_secret_value()
    credentials = req.headers.get("authorization")
    if not basic.is_authentic(credentials, username=app.settings.sms_report_username, password=password):
        raise Answered(problems.unauthorized("User name or password is wrong.", challenge=basic.CHALLENGE))
    if essence(req.headers.get("content-type")) not in _XML_TYPES:
        raise Answered(problems.unsupported_media_type("application/xml or text/plain"))
    taken = await app.stages.report.sms(_not_too_large(body_of(req)))
    _refuse_if_unreadable(taken)
    return func.HttpResponse(taken.answer, status_code=200, headers={"Content-Type": "application/xml"})


def _not_too_large(body: bytes) -> bytes:
    """The body, to be parsed; one that no provider of ours sends is not."""
    if len(body) > _MOST_BYTES:
        raise BodyTooLarge(_MOST_BYTES)
    return body


def _refuse_if_unreadable(taken: Taken) -> None:
    """A delivery in which nothing could be read is refused; one bad entry among good ones is logged and let go."""
    if taken.unreadable:
        raise Answered(problems.validation_failed({"$": ["The body holds no delivery report that can be read."]}))
