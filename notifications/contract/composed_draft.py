"""From a valid composed email to its draft (http-contract.md section 3.3)."""

from notifications.contract.composed_request import AttachmentReference, ComposedRequest
from notifications.contract.drafting import Drafting, email_template, time_to_send
from notifications.contract.request_model import DialogportenAssociation
from notifications.domain.order import (
    Attachment,
    ChannelScheme,
    OrderDraft,
    OrderKind,
    Recipient,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
)


def composed_draft(order: ComposedRequest, drafting: Drafting) -> OrderDraft:
    """The one email, with its attachments as they were referred to."""
    settings = order.recipient.email_settings
    dialog = order.dialogporten_association or DialogportenAssociation()
    content = ShipmentContent(
        type=ShipmentType.COMPOSED,
        scheme=ChannelScheme.EMAIL,
        recipients=(Recipient(email_address=order.recipient.email_address),),
        email=email_template(settings, map(_attachment, settings.attachments or ())),
        senders_reference=order.senders_reference,
        condition_endpoint=order.condition_endpoint,
        condition_policy=order.condition_failure_policy,
    )
    send_at = time_to_send(order.requested_send_time, drafting.now)
    return drafting.order(
        OrderKind.COMPOSED,
        order.idempotency_id,
        (ShipmentDraft(content=content, send_at=send_at),),
        dialog_id=dialog.dialog_id,
        transmission_id=dialog.transmission_id,
    )


def _attachment(reference: AttachmentReference) -> Attachment:
    return Attachment(filename=reference.filename, mime_type=reference.mime_type, sas_url=reference.sas_url)
