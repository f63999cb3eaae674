"""The sizes that protect the service from its callers (spec item 7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may hold at most: bytes for whole bodies, otherwise characters or a count."""

    body_bytes: int = 10 * 1024 * 1024
    json_values: int = 100_000
    idempotency_id: int = 1024
    reference: int = 1024
    subject: int = 2000
    email_body_bytes: int = 4 * 1024 * 1024
    sms_segments: int = 16
    address: int = 320
    url: int = 8192
    reminders: int = 30
    recipients: int = 50_000
    attachments: int = 50
    attachment_hosts: frozenset[str] = frozenset()
    """Hosts, as `host` or `host:port`, that attachments may be at beside Azure's, over http too."""
