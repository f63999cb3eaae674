"""The credentials that callers present, and which of them suffice where (http-contract.md section 1.2)."""

from notifications.contract.schemas import Schema

_BEARER, _COOKIE, _PLATFORM, _KEY = "bearer", "cookie", "platformAccessToken", "apiKey"
_SMS_REPORTS, _EMAIL_REPORTS, _IN_BROWSER = "smsReports", "emailReports", "metricsPage"

_CREATE = "altinn:serviceowner/notifications.create"
_COMPOSED = "altinn:serviceowner/notifications.composedemail.create"
_SUPPORT = "altinn:notifications.support.admin"

type Requirement = tuple[dict[str, list[str]], ...]


def _token(scope: str) -> Requirement:
    return ({_BEARER: [scope]}, {_COOKIE: [scope]})


CREATE: Requirement = (*_token(_CREATE), {_PLATFORM: []})
"""Service owners: a token with the scope, or a platform access token."""

COMPOSED: Requirement = _token(_COMPOSED)
SUPPORT: Requirement = _token(_SUPPORT)
METRICS: Requirement = ({_KEY: []},)
METRICS_PAGE: Requirement = (*METRICS, {_IN_BROWSER: []})
HEALTH: Requirement = ({}, {_KEY: []})
"""Anybody; the key shows more."""

SMS_REPORTS: Requirement = ({_SMS_REPORTS: []},)
EMAIL_REPORTS: Requirement = ({_EMAIL_REPORTS: []},)
ANYBODY: Requirement = ({},)


def schemes(cookie_name: str) -> dict[str, Schema]:
    """How each credential is presented."""
    return {
        _BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the configured issuer. It names the organisation it acts for in "
            f"`urn:altinn:org` and holds a scope: `{_CREATE}` to order and to read what was ordered, `{_COMPOSED}` for "
            f"composed emails, `{_SUPPORT}` for the support desk.",
        },
        _COOKIE: {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name,
            "description": "The same token, in a cookie.",
        },
        _PLATFORM: {
            "type": "apiKey",
            "in": "header",
            "name": "PlatformAccessToken",
            "description": "A token that an application of the platform signed; its issuer is the organisation. It "
            "needs no scope, and wins over a bearer token. One that does not verify is refused whatever the bearer.",
        },
        _KEY: {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "The key of the operators: one for the figures of `/health`, one for the metrics.",
        },
        _IN_BROWSER: {
            "type": "http",
            "scheme": "basic",
            "description": "The key of the metrics, as a browser's password.",
        },
        _SMS_REPORTS: {"type": "http", "scheme": "basic", "description": "What the SMS gateway was given."},
        _EMAIL_REPORTS: {
            "type": "apiKey",
            "in": "header",
            "name": "X-Report-Key",
            "description": "What the Event Grid subscription was given.",
        },
    }
