"""The requests of POST /future/orders/instant and what is below it (http-contract.md sections 4.4 and 5.6)."""

from typing import Annotated

from pydantic import BeforeValidator

from notifications.contract.addresses import email_body, read_email_address, read_phone_number, sender_address
from notifications.contract.messages import SmsBody, SmsSender
from notifications.contract.request_model import EmailContentType, IdempotencyId, Reference, RequestModel
from notifications.contract.values import integer_between, not_null, required_text
from notifications.domain.order import ContentType


class InstantSmsSettings(RequestModel):
    """What an instant SMS says."""

    body: SmsBody
    sender: SmsSender = None


class InstantRecipientSms(RequestModel):
    """One mobile number, the SMS for it, and how long it is worth sending."""

    phone_number: Annotated[str, BeforeValidator(read_phone_number)]
    time_to_live_in_seconds: Annotated[
        int, integer_between(60, 172800, "Time-to-live must be between 60 and 172800 seconds (48 hours).")
    ]
    sms_settings: Annotated[InstantSmsSettings, not_null("The smsSettings field is required.")]


RequiredSms = Annotated[InstantRecipientSms, not_null("SMS details cannot be null.")]


class InstantSmsRequest(RequestModel):
    """An SMS to be sent while the caller waits."""

    idempotency_id: IdempotencyId
    senders_reference: Reference = None
    recipient_sms: RequiredSms


class InstantRecipient(RequestModel):
    """Who the deprecated request is for."""

    recipient_sms: RequiredSms


class InstantRequest(RequestModel):
    """The deprecated form of an SMS to be sent while the caller waits."""

    idempotency_id: IdempotencyId
    senders_reference: Reference = None
    recipient: Annotated[InstantRecipient, not_null("The recipient field is required.")]


class InstantEmailSettings(RequestModel):
    """What an instant email says and how."""

    subject: Annotated[str, required_text("The email subject cannot be empty.", lambda limits: limits.subject)]
    body: Annotated[str, email_body("The email body cannot be empty.")]
    sender_email_address: Annotated[str | None, sender_address("Invalid email address format.")] = None
    content_type: EmailContentType = ContentType.PLAIN


class InstantRecipientEmail(RequestModel):
    """One email address and the email for it."""

    email_address: Annotated[str, BeforeValidator(read_email_address)]
    email_settings: Annotated[InstantEmailSettings, not_null("Email settings cannot be null.")]


class InstantEmailRequest(RequestModel):
    """An email to be sent while the caller waits."""

    idempotency_id: IdempotencyId
    senders_reference: Reference = None
    recipient_email: Annotated[InstantRecipientEmail, not_null("Email details cannot be null.")]
