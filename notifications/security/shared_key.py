"""Comparing secrets that both sides know, in a time that does not tell how much of them was right."""

import hmac
from collections.abc import Mapping
from enum import StrEnum

API_KEY = "X-API-Key"


class KeyRefusal(StrEnum):
    """Why a key does not open the metrics export, in the words of http-contract.md section 3.11."""

    ABSENT = "API key required for Metrics endpoints"
    EMPTY = "API key cannot be empty"
    NOT_CONFIGURED = "API key validation not configured"
    WRONG = "Invalid API key"


class KeyRefused(Exception):
    """The key that came with a request is not the one that is configured (401); the text may be shown to the caller."""

    def __init__(self, refusal: KeyRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def metrics_key(headers: Mapping[str, str], configured: str | None) -> None:
    """Raise KeyRefused unless the request may read the metrics export."""
    given = next((value for name, value in headers.items() if name.lower() == API_KEY.lower()), None)
    if given is None:
        raise KeyRefused(KeyRefusal.ABSENT)
    if not given.strip():
        raise KeyRefused(KeyRefusal.EMPTY)
    if not configured:
        raise KeyRefused(KeyRefusal.NOT_CONFIGURED)
    if not matches(given, configured):
        raise KeyRefused(KeyRefusal.WRONG)


def matches(given: str | None, expected: str | None) -> bool:
    """Whether the right key was given; a key that is not configured is matched by nothing."""
    if not expected:
        return False
    return hmac.compare_digest(_bytes(given or ""), _bytes(expected))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
