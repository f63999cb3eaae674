"""Delivery reports over HTTP: Event Grid's events, and the SMS gateway's XML; answered once they are stored."""

import azure.functions as func

from notifications.app import App, Composer
from notifications.contract import problems
from notifications.security import basic, shared_key
from notifications.stages.report import Taken
from notifications.triggers.answers import Answered, answering, json_answer
from notifications.triggers.routes import EMAIL_REPORTS, SMS_REPORTS

REPORT_KEY = "X-Report-Key"
_XML_TYPES = ("application/xml", "text/xml", "text/plain")


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the report functions."""

    @app.function_name("receive_email_reports")
    @app.route(EMAIL_REPORTS.template, methods=[EMAIL_REPORTS.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def receive_email_reports(req: func.HttpRequest) -> func.HttpResponse:
        return await _email(await compose(), req)

    @app.function_name("receive_sms_reports")
    @app.route(SMS_REPORTS.template, methods=[SMS_REPORTS.method], auth_level=func.AuthLevel.ANONYMOUS)
    @answering
    async def receive_sms_reports(req: func.HttpRequest) -> func.HttpResponse:
        return await _sms(await compose(), req)


async def _email(app: App, req: func.HttpRequest) -> func.HttpResponse:
    if not shared_key.matches(req.headers.get(REPORT_KEY), app.settings.email_report_key.get_secret_value()):
        raise Answered(problems.unauthorized(f"The header {REPORT_KEY} does not hold the key.", challenge="ReportKey"))
    taken = await app.report.email(req.get_body())
    _refuse_if_unreadable(taken)
    if taken.handshake is not None:
        return json_answer({"validationResponse": taken.handshake})
    return func.HttpResponse(status_code=200)


async def _sms(app: App, req: func.HttpRequest) -> func.HttpResponse:
    password = app.settings.sms_report_password.get_secret_value()
    credentials = req.headers.get("authorization")
    if not basic.is_authentic(credentials, username=app.settings.sms_report_username, password=password):
        raise Answered(problems.unauthorized("User name or password is wrong.", challenge=basic.CHALLENGE))
    if req.headers.get("content-type", "").partition(";")[0].strip().lower() not in _XML_TYPES:
        raise Answered(problems.unsupported_media_type())
    taken = await app.report.sms(req.get_body())
    _refuse_if_unreadable(taken)
    return func.HttpResponse(taken.answer, status_code=200, headers={"Content-Type": "application/xml"})


def _refuse_if_unreadable(taken: Taken) -> None:
    """A delivery in which nothing could be read is refused; one bad entry among good ones is logged and let go."""
    if taken.unreadable:
        raise Answered(problems.validation_failed({"$": ["The body holds no delivery report that can be read."]}))
