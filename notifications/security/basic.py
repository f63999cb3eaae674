"""HTTP Basic authentication (RFC 7617), which gateways use to report to us."""

import base64
import binascii

from notifications.security.shared_key import matches

CHALLENGE = 'Basic realm="reports", charset="UTF-8"'


def is_authentic(authorization: str | None, *, username: str | None, password: str | None) -> bool:
    """Whether an Authorization header holds this user name and password; never when either is not configured."""
    given = _credentials(authorization or "")
    if given is None:
        return False
    # both are compared, so that the time does not tell which of them was wrong
    return all([matches(given[0], username), matches(given[1], password)])


def basic_password(authorization: str | None) -> str | None:
    """The password in an Authorization header, whoever's it is."""
    given = _credentials(authorization or "")
    return given[1] if given else None


def _credentials(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (username, password) if colon else None
