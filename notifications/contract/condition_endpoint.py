"""Readers of the address that is asked whether to send (http-contract.md section 5.4)."""

import re
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from notifications.contract.failures import refusal
from notifications.contract.uris import is_absolute_uri, scheme_of
from notifications.contract.values import read_text, within

_HOST_WITH_TOP_LEVEL = re.compile(r"[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")
_WEB = frozenset({"http", "https"})


def read_condition_endpoint(value: object, info: ValidationInfo) -> str | None:
    """An absolute http or https URI, kept as it was sent, or null."""
    uri = _text(value, info)
    if uri is None:
        return None
    if not is_absolute_uri(uri):
        raise refusal("ConditionEndpoint must be a valid absolute URI or null.")
    if scheme_of(uri) not in _WEB:
        raise refusal("ConditionEndpoint must use http or https scheme.")
    return uri


def read_legacy_condition_endpoint(value: object, info: ValidationInfo) -> str | None:
    """An absolute http or https URI whose host has a top-level domain, kept as it was sent, or null."""
    uri = _text(value, info)
    if uri is None:
        return None
    if not is_absolute_uri(uri) or scheme_of(uri) not in _WEB or not _has_top_level_domain(uri):
        raise refusal("The condition endpoint must be a valid URL.")
    return uri


def _text(value: object, info: ValidationInfo) -> str | None:
    return None if value is None else within(read_text(value), lambda limits: limits.url, info)


def _has_top_level_domain(uri: str) -> bool:
    return _HOST_WITH_TOP_LEVEL.fullmatch(urlsplit(uri).hostname or "") is not None
