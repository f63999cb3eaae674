"""Names of recipients and resources (http-contract.md section 5.4): digits of fixed length and URNs."""

import re
from urllib.parse import unquote_plus

from notifications.domain.email_address import is_email_address

_RESOURCE = "urn:altinn:resource:"
_EMAIL_LOGIN = "urn:altinn:person:idporten-email:"
_IDENTITIES = (
    _EMAIL_LOGIN,
    "urn:altinn:username:",
    "urn:altinn:person:legacy-selfidentified:",
    "urn:altinn:party:username:",
)


def is_national_identity_number(text: str) -> bool:
    """Eleven digits; neither date nor check digits are looked at."""
    return re.fullmatch(r"[0-9]{11}", text) is not None


def is_organization_number(text: str) -> bool:
    """Nine digits; the check digit is not looked at."""
    return re.fullmatch(r"[0-9]{9}", text) is not None


def is_resource_id(text: str) -> bool:
    """`urn:altinn:resource:` and at least one more character."""
    return text.startswith(_RESOURCE) and len(text) > len(_RESOURCE)


def decoded_identity(text: str) -> str | None:
    """An email login or user name as a URN whose value is URL-decoded, so `+` is a space; None where it is neither."""
    prefix = next((prefix for prefix in _IDENTITIES if text.startswith(prefix)), None)
    if prefix is None:
        return None
    value = unquote_plus(text.removeprefix(prefix))
    is_valid = is_email_address(value) if prefix == _EMAIL_LOGIN else bool(value.strip()) and "\0" not in value
    return prefix + value if is_valid else None
