"""Comparing secrets that both sides know, in a time that does not tell how much of them was right."""

import hmac


def matches(given: str | None, expected: str | None) -> bool:
    """Whether the right key was given; a key that is not configured is matched by nothing."""
    if not expected:
        return False
    return hmac.compare_digest(_bytes(given or ""), _bytes(expected))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
