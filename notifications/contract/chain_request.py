"""The request of POST /future/orders, member by member (http-contract.md sections 4.2 and 5.5).

The models say what each member is and must hold by itself; rules between members are in `chain_rules`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from notifications.contract.urns import (
    is_external_identity,
    is_national_identity_number,
    is_organization_number,
    is_resource_id,
)
from notifications.contract.values import (
    choice,
    not_null,
    optional_text,
    optional_text_that,
    read_boolean,
    read_condition_endpoint,
    read_delay_days,
    read_email_address,
    read_email_body,
    read_phone_number,
    read_reminders,
    read_sender_address,
    read_sms_body,
    read_sms_sender,
    required_text,
    send_time,
    text_that,
)
from notifications.domain.order import ConditionPolicy, ContentType, SendingTimePolicy


class ChannelSchema(StrEnum):
    """Which channels a looked-up recipient may be reached by."""

    EMAIL = "Email"
    SMS = "Sms"
    EMAIL_PREFERRED = "EmailPreferred"
    SMS_PREFERRED = "SmsPreferred"
    EMAIL_AND_SMS = "EmailAndSms"


CHANNEL_SCHEMAS = dict(enumerate(ChannelSchema))
_SENDING_TIMES = {1: SendingTimePolicy.ANYTIME, 2: SendingTimePolicy.DAYTIME}

Reference = Annotated[str | None, optional_text(lambda limits: limits.reference)]

EmailTime = Annotated[
    SendingTimePolicy,
    choice(
        _SENDING_TIMES,
        undefined="Email only supports send time anytime",
        default=SendingTimePolicy.ANYTIME,
        only=SendingTimePolicy.ANYTIME,
    ),
]
SmsTime = Annotated[
    SendingTimePolicy,
    choice(
        _SENDING_TIMES,
        undefined="SMS only supports send time daytime and anytime",
        default=SendingTimePolicy.DAYTIME,
    ),
]
EmailContentType = Annotated[
    ContentType,
    choice(
        dict(enumerate(ContentType)),
        undefined="Email content type must be either Plain or HTML.",
        default=ContentType.PLAIN,
    ),
]
Channels = Annotated[ChannelSchema, choice(CHANNEL_SCHEMAS, undefined="Invalid channel scheme value.")]
ConditionEndpoint = Annotated[str | None, BeforeValidator(read_condition_endpoint)]
FailurePolicy = Annotated[
    ConditionPolicy,
    choice(
        dict(enumerate(ConditionPolicy)),
        undefined="ConditionFailurePolicy must be either Send or DoNotSend.",
        default=ConditionPolicy.SEND,
    ),
]
Flag = Annotated[bool, BeforeValidator(read_boolean)]


class RequestModel(BaseModel):
    """The base of all request objects: camelCase names, unknown members ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True)


class EmailSettings(RequestModel):
    """What an email says and how."""

    subject: Annotated[str, required_text("The email subject must not be empty.", lambda limits: limits.subject)]
    body: Annotated[str, BeforeValidator(read_email_body)]
    sender_email_address: Annotated[str | None, BeforeValidator(read_sender_address)] = None
    content_type: EmailContentType = ContentType.PLAIN
    sending_time_policy: EmailTime = SendingTimePolicy.ANYTIME


class SmsSettings(RequestModel):
    """What an SMS says and when it may be sent."""

    body: Annotated[str, BeforeValidator(read_sms_body)]
    sender: Annotated[str | None, BeforeValidator(read_sms_sender)] = None
    sending_time_policy: SmsTime = SendingTimePolicy.DAYTIME


class RecipientEmail(RequestModel):
    """One email address and the email for it."""

    email_address: Annotated[str, BeforeValidator(read_email_address)]
    email_settings: Annotated[EmailSettings, not_null("Email sending options cannot be null.")]


class RecipientSms(RequestModel):
    """One mobile number and the SMS for it."""

    phone_number: Annotated[str, BeforeValidator(read_phone_number)]
    sms_settings: Annotated[SmsSettings, not_null("The smsSettings field is required.")]


class LookedUpRecipient(RequestModel):
    """What recipients whose address is looked up have in common."""

    channel_schema: Channels
    email_settings: EmailSettings | None = None
    sms_settings: SmsSettings | None = None
    resource_id: Annotated[str | None, optional_text_that(is_resource_id, "ResourceId must have a valid syntax.")] = (
        None
    )
    resource_action: Annotated[str | None, optional_text()] = None


class RecipientPerson(LookedUpRecipient):
    """A person by national identity number."""

    national_identity_number: Annotated[
        str,
        text_that(
            is_national_identity_number,
            "National identity number must be 11 digits long.",
            empty="'National Identity Number' must not be empty.",
        ),
    ]
    ignore_reservation: Flag = False
    use_stale_contact_information: Flag = False


class RecipientOrganization(LookedUpRecipient):
    """An organisation by its number."""

    org_number: Annotated[
        str,
        text_that(
            is_organization_number,
            "Organization number must be 9 digits long.",
            empty="OrgNumber cannot be null or empty.",
        ),
    ]


class RecipientExternalIdentity(LookedUpRecipient):
    """A self-identified user by a URN."""

    external_identity: Annotated[
        str,
        text_that(
            is_external_identity,
            "Invalid external identity URN format.",
            empty="ExternalIdentity cannot be null or empty.",
        ),
    ]


class Recipient(RequestModel):
    """Who a shipment is for: exactly one member is given."""

    recipient_email: RecipientEmail | None = None
    recipient_sms: RecipientSms | None = None
    recipient_person: RecipientPerson | None = None
    recipient_organization: RecipientOrganization | None = None
    recipient_external_identity: RecipientExternalIdentity | None = None


RequiredRecipient = Annotated[Recipient, not_null("Recipient specification cannot be null.")]


class Reminder(RequestModel):
    """A later shipment of the same order; exactly one of delayDays and requestedSendTime is given."""

    recipient: RequiredRecipient
    delay_days: Annotated[int | None, BeforeValidator(read_delay_days)] = None
    requested_send_time: Annotated[
        datetime | None,
        send_time(
            "The RequestedSendTime must have specified a time zone.",
            "RequestedSendTime must be greater than or equal to the current UTC time.",
            nullable=True,
        ),
    ] = None
    condition_endpoint: ConditionEndpoint = None
    condition_failure_policy: FailurePolicy = ConditionPolicy.SEND
    senders_reference: Reference = None


class DialogportenAssociation(RequestModel):
    """The dialog that the order belongs to; the ids are kept as they are."""

    dialog_id: Reference = None
    transmission_id: Reference = None


class ChainRequest(RequestModel):
    """An order with zero or more reminders; without requestedSendTime it is sent at once."""

    idempotency_id: Annotated[
        str,
        required_text("IdempotencyId cannot be null or empty.", lambda limits: limits.idempotency_id),
    ]
    recipient: RequiredRecipient
    senders_reference: Reference = None
    requested_send_time: Annotated[
        datetime | None,
        send_time(
            "The requested send time value must have specified a time zone.",
            "RequestedSendTime must be greater than or equal to now.",
            nullable=False,
        ),
    ] = None
    condition_endpoint: ConditionEndpoint = None
    condition_failure_policy: FailurePolicy = ConditionPolicy.SEND
    dialogporten_association: DialogportenAssociation | None = None
    reminders: Annotated[list[Reminder] | None, BeforeValidator(read_reminders)] = None


_MODELS: tuple[type[RequestModel], ...] = (
    ChainRequest,
    Reminder,
    DialogportenAssociation,
    Recipient,
    RecipientEmail,
    RecipientSms,
    RecipientPerson,
    RecipientOrganization,
    RecipientExternalIdentity,
    EmailSettings,
    SmsSettings,
)

MEMBER_NAMES = {
    name.lower(): name
    for model in _MODELS
    for name in (field.alias for field in model.model_fields.values())
    if name is not None
}
"""The contract's property names by their lower-case form."""
