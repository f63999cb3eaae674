"""The request of POST /future/orders/composed-email, member by member (http-contract.md sections 4.5 and 5.7).

What an attachment must hold is in `attachment_rules`, since every text names the file.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from notifications.contract.addresses import read_email_address
from notifications.contract.messages import EmailSettings
from notifications.contract.request_model import (
    ConditionEndpoint,
    DialogportenAssociation,
    FailurePolicy,
    IdempotencyId,
    Reference,
    RequestModel,
    SendTime,
)
from notifications.contract.values import at_most, not_null, text_or_empty
from notifications.domain.order import ConditionPolicy


class AttachmentReference(RequestModel):
    """A file in Azure Blob Storage, by a URL that carries the permission to read it."""

    filename: Annotated[str, text_or_empty(lambda limits: limits.reference)]
    mime_type: Annotated[str, text_or_empty(lambda limits: limits.reference)]
    sas_url: Annotated[str, text_or_empty(lambda limits: limits.url), Field(repr=False)]


class ComposedEmailSettings(EmailSettings):
    """What an email says and how, and the files that go with it."""

    attachments: Annotated[
        list[Annotated[AttachmentReference, not_null("Attachment item must not be null.")]] | None,
        at_most(lambda limits: limits.attachments, "attachments"),
    ] = None


class ComposedRecipient(RequestModel):
    """One email address and the email for it."""

    email_address: Annotated[str, BeforeValidator(read_email_address)]
    email_settings: Annotated[ComposedEmailSettings, not_null("Recipient email settings cannot be null.")]


class ComposedRequest(RequestModel):
    """An email with attachments to one address; without requestedSendTime it is sent at once."""

    idempotency_id: IdempotencyId
    recipient: Annotated[ComposedRecipient, not_null("Recipient email object cannot be null.")]
    senders_reference: Reference = None
    requested_send_time: SendTime = None
    condition_endpoint: ConditionEndpoint = None
    condition_failure_policy: FailurePolicy = ConditionPolicy.SEND
    dialogporten_association: DialogportenAssociation | None = None
