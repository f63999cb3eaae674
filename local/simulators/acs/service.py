"""The two simulators behind one address; what SMS were sent and reported is under a path of its own."""

from aiohttp import web

from local.simulators.serving import BuildApp

SMS_JOURNALS = "/acs-sms"
"""Before `/_calls` and `/_reports` of the SMS; those of the emails are where that simulator alone has them."""

_SEND_SMS = "/sms"


def acs(email: BuildApp, sms: BuildApp) -> BuildApp:
    """Return how the application is built that answers the calls of both."""

    def build(base: str) -> web.Application:
        app, texts = email(base), sms(base)
        for route in texts.router.routes():
            if route.resource is not None and route.resource.canonical == _SEND_SMS:
                app.router.add_route(route.method, _SEND_SMS, route.handler)
        app.add_subapp(SMS_JOURNALS, texts)
        return app

    return build
