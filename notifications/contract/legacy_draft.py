"""From a valid legacy order to its draft (http-contract.md section 3.7)."""

from collections.abc import Iterable

from notifications.contract.drafting import Drafting, one_line, time_to_send
from notifications.contract.legacy_request import (
    LegacyEmailOrder,
    LegacyEmailTemplate,
    LegacyOrder,
    LegacyRecipient,
    LegacyRequest,
    LegacySmsOrder,
)
from notifications.domain.order import (
    ChannelScheme,
    EmailTemplate,
    OrderDraft,
    OrderKind,
    Recipient,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
    SmsTemplate,
)


def legacy_email_draft(order: LegacyEmailOrder, drafting: Drafting) -> OrderDraft:
    """An email from the service's own address; mobile numbers are left out."""
    recipients = tuple(_recipient(each, mobile=False) for each in order.recipients)
    email = EmailTemplate(subject=one_line(order.subject), body=order.body, content_type=order.content_type)
    return _draft(order, drafting, ChannelScheme.EMAIL, recipients, email=email)


def legacy_sms_draft(order: LegacySmsOrder, drafting: Drafting) -> OrderDraft:
    """An SMS; email addresses are left out."""
    recipients = tuple(_recipient(each, email=False) for each in order.recipients)
    sms = drafting.sms(
        order.body, sender=order.sender_number, policy=None, numbers=_numbers(recipients), path=("senderNumber",)
    )
    return _draft(order, drafting, ChannelScheme.SMS, recipients, sms=sms)


def legacy_draft(order: LegacyRequest, drafting: Drafting) -> OrderDraft:
    """A message by the channels that were chosen; both templates are kept, whichever they use."""
    recipients = tuple(map(_recipient, order.recipients))
    email, sms = order.email_template, order.sms_template
    return _draft(
        order,
        drafting,
        order.notification_channel,
        recipients,
        email=_email(email) if email else None,
        sms=drafting.sms(
            sms.body,
            sender=sms.sender_number,
            policy=None,
            numbers=_numbers(recipients),
            path=("smsTemplate", "senderNumber"),
        )
        if sms
        else None,
    )


def _draft(
    order: LegacyOrder,
    drafting: Drafting,
    scheme: ChannelScheme,
    recipients: tuple[Recipient, ...],
    *,
    email: EmailTemplate | None = None,
    sms: SmsTemplate | None = None,
) -> OrderDraft:
    content = ShipmentContent(
        type=ShipmentType.NOTIFICATION,
        scheme=scheme,
        recipients=recipients,
        email=email,
        sms=sms,
        senders_reference=order.senders_reference,
        condition_endpoint=order.condition_endpoint,
        condition_policy=order.condition_failure_policy,
        resource_id=order.resource_id,
        resource_action=order.resource_action,
        ignore_reservation=order.ignore_reservation,
    )
    # one that passed within the tolerance is told as it was asked for, and due at once
    send_at = time_to_send(order.requested_send_time, drafting.now)
    return drafting.order(OrderKind.NOTIFICATION, None, (ShipmentDraft(content=content, send_at=send_at),))


def _recipient(given: LegacyRecipient, *, email: bool = True, mobile: bool = True) -> Recipient:
    return Recipient(
        email_address=(given.email_address or None) if email else None,
        phone_number=(given.mobile_number or None) if mobile else None,
        national_identity_number=given.national_identity_number or None,
        organization_number=given.organization_number or None,
    )


def _numbers(recipients: Iterable[Recipient]) -> Iterable[str]:
    return (each.phone_number for each in recipients if each.phone_number)


def _email(template: LegacyEmailTemplate) -> EmailTemplate:
    return EmailTemplate(
        subject=one_line(template.subject),
        body=template.body,
        sender=template.from_address.strip() or None,
        content_type=template.content_type,
    )
