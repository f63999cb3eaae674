"""Trace ids in the form of W3C Trace Context (version 00), which problem details carry."""

import re
import secrets

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")


def trace_id(traceparent: str | None) -> str:
    """A new span of the caller's trace, or of a new one when the `traceparent` header is missing or malformed."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    trace, flags = match.groups() if match else (secrets.token_hex(16), "00")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
