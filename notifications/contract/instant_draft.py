"""From a valid instant request to its draft: one recipient, now (http-contract.md section 3.2)."""

from datetime import timedelta

from notifications.contract.drafting import Drafting, email_template
from notifications.contract.instant_request import (
    InstantEmailRequest,
    InstantRecipientSms,
    InstantRequest,
    InstantSmsRequest,
)
from notifications.contract.json_document import Path
from notifications.domain.clock import round_up
from notifications.domain.order import (
    ChannelScheme,
    OrderDraft,
    OrderKind,
    Recipient,
    SendingTimePolicy,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
)

_EMAIL_LIFE = timedelta(hours=48)


def instant_sms_draft(order: InstantSmsRequest, drafting: Drafting) -> OrderDraft:
    """The one SMS of `/instant/sms`."""
    return _sms(order, order.recipient_sms, drafting, ("recipientSms",))


def instant_draft(order: InstantRequest, drafting: Drafting) -> OrderDraft:
    """The one SMS of the deprecated `/instant`."""
    return _sms(order, order.recipient.recipient_sms, drafting, ("recipient", "recipientSms"))


def instant_email_draft(order: InstantEmailRequest, drafting: Drafting) -> OrderDraft:
    """The one email of `/instant/email`."""
    content = ShipmentContent(
        type=ShipmentType.INSTANT,
        scheme=ChannelScheme.EMAIL,
        recipients=(Recipient(email_address=order.recipient_email.email_address),),
        email=email_template(order.recipient_email.email_settings),
        senders_reference=order.senders_reference,
    )
    return _order(order.idempotency_id, content, _EMAIL_LIFE, drafting)


def _sms(
    order: InstantSmsRequest | InstantRequest, recipient: InstantRecipientSms, drafting: Drafting, path: Path
) -> OrderDraft:
    content = ShipmentContent(
        type=ShipmentType.INSTANT,
        scheme=ChannelScheme.SMS,
        recipients=(Recipient(phone_number=recipient.phone_number),),
        sms=drafting.sms(
            recipient.sms_settings.body,
            sender=recipient.sms_settings.sender,
            policy=SendingTimePolicy.ANYTIME,
            numbers=(recipient.phone_number,),
            path=(*path, "smsSettings", "sender"),
        ),
        senders_reference=order.senders_reference,
    )
    return _order(order.idempotency_id, content, timedelta(seconds=recipient.time_to_live_in_seconds), drafting)


def _order(idempotency_id: str, content: ShipmentContent, life: timedelta, drafting: Drafting) -> OrderDraft:
    shipment = ShipmentDraft(content=content, send_at=round_up(drafting.now), time_to_live=life)
    return drafting.order(OrderKind.INSTANT, idempotency_id, (shipment,))
