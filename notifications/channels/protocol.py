"""What a stage hands to a provider, and what every provider can do."""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol: each call has what is left of its claim

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from notifications.domain.order import Attachment, ContentType
from notifications.domain.outcomes import Memory, Outcome, Postponed, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that goes with an email, as it was fetched; its repr shows neither its name nor what is in it."""

    name: str = field(repr=False)
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailMessage:
    """One email to one address; its repr shows the id and no personal data.

    `unsubscribe` is a mailto or https address by which the recipient may ask for no more (RFC 2369, section 3.2).
    """

    notification_id: UUID
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    content_type: ContentType = ContentType.PLAIN
    attachments: tuple[AttachedFile, ...] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsMessage:
    """One SMS to one number, worth delivering for `time_to_live`; its repr shows the id and no personal data."""

    notification_id: UUID
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    time_to_live: timedelta


class AttachmentSource(Protocol):
    """Where an email's attachments are fetched from; nothing that happens to it raises."""

    async def fetch(
        self, attachments: Sequence[Attachment], *, within: float
    ) -> tuple[AttachedFile, ...] | Refused | Postponed:
        """All files in their order, within so many seconds, or what becomes of the email without them."""


class EmailProvider(Protocol):
    """An email provider; nothing that happens to it raises."""

    @property
    def name(self) -> str:
        """The provider's name in gates and metrics."""

    @property
    def memory(self) -> Memory:
        """What it knows of a notification's id that comes again."""

    async def send(self, message: EmailMessage, *, timeout: float) -> Outcome:
        """Hand one email over, within `timeout` seconds."""

    async def find(self, notification_id: UUID, *, timeout: float) -> Outcome | None:
        """What the provider knows of that id; None means unknown to it, Uncertain that it cannot be asked now."""


class SmsProvider(Protocol):
    """An SMS provider; nothing that happens to it raises."""

    @property
    def name(self) -> str:
        """The provider's name in gates and metrics."""

    @property
    def memory(self) -> Memory:
        """What it knows of a notification's id that comes again."""

    async def send(self, message: SmsMessage, *, timeout: float) -> Outcome:
        """Hand one SMS over, within `timeout` seconds."""
