"""Names of recipients and resources (http-contract.md section 5.4): digits of fixed length and URNs."""

import re
from urllib.parse import unquote_plus

from notifications.domain.email_address import is_email_address

_RESOURCE = "urn:altinn:resource:"
_EMAIL_LOGIN = "urn:altinn:person:idporten-email:"
_USER_NAMES = (
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


def is_external_identity(text: str) -> bool:
    """An email login or user name as a URN; its value is URL-decoded first, so `+` is a space."""
    if text.startswith(_EMAIL_LOGIN):
        return is_email_address(unquote_plus(text.removeprefix(_EMAIL_LOGIN)))
    prefix = next((prefix for prefix in _USER_NAMES if text.startswith(prefix)), None)
    return prefix is not None and bool(unquote_plus(text.removeprefix(prefix)).strip())
