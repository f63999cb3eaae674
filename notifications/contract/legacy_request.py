"""The requests of POST /orders, /orders/email and /orders/sms (http-contract.md sections 4.9 and 5.8).

What a recipient must hold depends on the channel; that and the rules between members are in `legacy_rules`.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from notifications.contract.addresses import email_body, read_sms_sender, sms_body
from notifications.contract.condition_endpoint import read_legacy_condition_endpoint
from notifications.contract.failures import INVALID
from notifications.contract.request_model import (
    CHANNEL_SCHEMES,
    EmailContentType,
    FailurePolicy,
    Reference,
    RequestModel,
)
from notifications.contract.send_times import send_time
from notifications.contract.values import (
    at_most,
    choice,
    not_null,
    optional_text,
    read_optional_boolean,
    required_text,
    text_or_empty,
)
from notifications.domain.order import ChannelScheme, ConditionPolicy, ContentType

_NO_SUBJECT = "The email template subject must not be empty."
_NO_EMAIL_BODY = "The email template body must not be empty."
_NO_SMS_BODY = "The SMS template body must not be empty."
_NOT_GIVEN: Any = None
_EMPTY: Any = ""

Flag = Annotated[bool | None, BeforeValidator(read_optional_boolean)]
Address = Annotated[str | None, optional_text(lambda limits: limits.address)]
Sender = Annotated[str | None, BeforeValidator(read_sms_sender)]


class LegacyRecipient(RequestModel):
    """Somebody by address or by identity; what the caller says of a reservation is not used."""

    email_address: Address = None
    mobile_number: Address = None
    organization_number: Address = None
    national_identity_number: Address = None
    is_reserved: Flag = None


class LegacyOrder(RequestModel):
    """What the orders of all channels have in common; without requestedSendTime they are sent at once."""

    recipients: Annotated[
        tuple[LegacyRecipient, ...],
        at_most(lambda limits: limits.recipients, "recipients", null="The recipients field is required."),
    ] = ()
    senders_reference: Reference = None
    requested_send_time: Annotated[
        datetime | None,
        send_time(
            "The requested send time value must have specified a time zone.",
            "Send time must be in the future. Leave blank to send immediately.",
            tolerance=timedelta(minutes=5),
            kind=INVALID,
        ),
    ] = None
    condition_endpoint: Annotated[str | None, BeforeValidator(read_legacy_condition_endpoint)] = None
    condition_failure_policy: FailurePolicy = ConditionPolicy.SEND
    ignore_reservation: Flag = None
    resource_id: Reference = None
    resource_action: Reference = None


class LegacyEmailOrder(LegacyOrder):
    """An email to many."""

    subject: Annotated[str, required_text(_NO_SUBJECT, lambda limits: limits.subject)]
    body: Annotated[str, email_body(_NO_EMAIL_BODY)]
    content_type: EmailContentType = ContentType.PLAIN


class LegacySmsOrder(LegacyOrder):
    """An SMS to many."""

    body: Annotated[str, sms_body(_NO_SMS_BODY)]
    sender_number: Sender = None


class LegacyEmailTemplate(RequestModel):
    """The email of an order whose channels are chosen; what is missing counts as empty."""

    subject: Annotated[
        str, required_text(_NO_SUBJECT, lambda limits: limits.subject, null="The subject field is required.")
    ] = Field(_EMPTY, validate_default=True)
    body: Annotated[str, email_body(_NO_EMAIL_BODY, null="The body field is required.")] = Field(
        _EMPTY, validate_default=True
    )
    from_address: Annotated[
        str, text_or_empty(lambda limits: limits.address, null="The fromAddress field is required.")
    ] = ""
    content_type: EmailContentType = ContentType.PLAIN


class LegacySmsTemplate(RequestModel):
    """The SMS of an order whose channels are chosen; what is missing counts as empty."""

    body: Annotated[str, sms_body(_NO_SMS_BODY, null="The body field is required.")] = Field(
        _EMPTY, validate_default=True
    )
    sender_number: Annotated[Sender, not_null("The senderNumber field is required.")] = ""


class LegacyRequest(LegacyOrder):
    """A message to many, by the channels that are chosen."""

    notification_channel: Annotated[
        ChannelScheme,
        choice(
            CHANNEL_SCHEMES,
            undefined="Invalid channel scheme value.",
            null="A notification channel must be defined.",
        ),
    ] = Field(_NOT_GIVEN, validate_default=True)
    email_template: LegacyEmailTemplate | None = None
    sms_template: LegacySmsTemplate | None = None
