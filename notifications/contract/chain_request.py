"""The request of POST /future/orders, member by member (http-contract.md sections 4.2 and 5.5).

The models say what each member is and must hold by itself; rules between members are in `chain_rules`.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from notifications.contract.addresses import read_email_address, read_external_identity, read_phone_number
from notifications.contract.messages import EmailSettings, SmsSettings
from notifications.contract.request_model import (
    CHANNEL_SCHEMES,
    ConditionEndpoint,
    DialogportenAssociation,
    FailurePolicy,
    Flag,
    IdempotencyId,
    Reference,
    RequestModel,
    SendTime,
)
from notifications.contract.send_times import read_delay_days, send_time
from notifications.contract.urns import (
    is_national_identity_number,
    is_organization_number,
    is_resource_id,
)
from notifications.contract.values import at_most, choice, not_null, optional_text_that, text_that
from notifications.domain.order import ChannelScheme, ConditionPolicy

Channels = Annotated[ChannelScheme, choice(CHANNEL_SCHEMES, undefined="Invalid channel scheme value.")]


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
    resource_id: Annotated[
        str | None,
        optional_text_that(is_resource_id, "ResourceId must have a valid syntax.", lambda limits: limits.reference),
    ] = None
    resource_action: Reference = None


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
    """A self-identified user by a URN, which is decoded."""

    external_identity: Annotated[str, BeforeValidator(read_external_identity)]


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


class ChainRequest(RequestModel):
    """An order with zero or more reminders; without requestedSendTime it is sent at once."""

    idempotency_id: IdempotencyId
    recipient: RequiredRecipient
    senders_reference: Reference = None
    requested_send_time: SendTime = None
    condition_endpoint: ConditionEndpoint = None
    condition_failure_policy: FailurePolicy = ConditionPolicy.SEND
    dialogporten_association: DialogportenAssociation | None = None
    reminders: Annotated[list[Reminder] | None, at_most(lambda limits: limits.reminders, "reminders")] = None
