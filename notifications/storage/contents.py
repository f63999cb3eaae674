"""What was ordered, packed: a shipment's content in its own row and, where that is not enough, in rows beside it."""

from collections.abc import Mapping
from typing import Any

from notifications.domain.order import (
    Attachment,
    ChannelScheme,
    ConditionPolicy,
    ContentType,
    EmailTemplate,
    Recipient,
    SendingTimePolicy,
    ShipmentContent,
    ShipmentType,
    SmsTemplate,
)
from notifications.storage import earlier
from notifications.storage.codec import chunked, joined, pack, unpack
from notifications.storage.table import Properties, Value


def packed_content(content: ShipmentContent) -> bytes:
    """A shipment's content, packed."""
    return pack(
        {
            "type": content.type,
            "scheme": content.scheme,
            "recipients": [_recipient(each) for each in content.recipients],
            "email": _email(content.email),
            "sms": _sms(content.sms),
            "reference": content.senders_reference,
            "condition": content.condition_endpoint,
            "conditionPolicy": content.condition_policy,
            "resource": content.resource_id,
            "action": content.resource_action,
            "ignoreReservation": content.ignore_reservation,
            "stale": content.use_stale_contact_information,
        }
    )


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return bare(
        {
            "email": recipient.email_address,
            "phone": recipient.phone_number,
            "nin": recipient.national_identity_number,
            "org": recipient.organization_number,
            "ext": recipient.external_identity,
        }
    )


def _read_recipient(members: Mapping[str, Any]) -> Recipient:
    return Recipient(
        email_address=members.get("email"),
        phone_number=members.get("phone"),
        national_identity_number=members.get("nin"),
        organization_number=members.get("org"),
        external_identity=members.get("ext"),
    )


def _email(template: EmailTemplate | None) -> dict[str, Any] | None:
    if template is None:
        return None
    return {
        "subject": template.subject,
        "body": template.body,
        "sender": template.sender,
        "type": template.content_type,
        "files": [[each.filename, each.mime_type, each.sas_url] for each in template.attachments],
    }


def _sms(template: SmsTemplate | None) -> dict[str, Any] | None:
    if template is None:
        return None
    return {"body": template.body, "sender": template.sender, "policy": template.policy}


def bare(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members without those that are None."""
    return {name: value for name, value in members.items() if value is not None}


def read_content(data: bytes) -> ShipmentContent:
    """A shipment's content from its packed form."""
    document = earlier.CONTENT | unpack(data)
    email, sms = document["email"], document["sms"]
    return ShipmentContent(
        type=ShipmentType(document["type"]),
        scheme=ChannelScheme(document["scheme"]),
        recipients=tuple(_read_recipient(each) for each in document["recipients"]),
        email=email and _read_email(email),
        sms=sms and _read_sms(sms),
        senders_reference=document["reference"],
        condition_endpoint=document["condition"],
        condition_policy=ConditionPolicy(document["conditionPolicy"]),
        resource_id=document["resource"],
        resource_action=document["action"],
        ignore_reservation=document["ignoreReservation"],
        use_stale_contact_information=document["stale"],
    )


def _read_email(said: Mapping[str, Any]) -> EmailTemplate:
    members = {**earlier.EMAIL, **said}
    return EmailTemplate(
        subject=members["subject"],
        body=members["body"],
        sender=members["sender"],
        content_type=ContentType(members["type"]),
        attachments=tuple(
            Attachment(filename=name, mime_type=kind, sas_url=url) for name, kind, url in members["files"]
        ),
    )


def _read_sms(members: Mapping[str, Any]) -> SmsTemplate:
    policy = members["policy"]
    return SmsTemplate(body=members["body"], sender=members["sender"], policy=policy and SendingTimePolicy(policy))


def content_properties(piece: bytes) -> dict[str, Value]:
    """A piece of packed content as properties."""
    return chunked("c", piece)


def part_content(properties: Properties) -> bytes:
    """The piece of packed content that a row holds."""
    return joined("c", properties)
