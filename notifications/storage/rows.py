"""Shipments and orders as rows of the orders table, and back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import (
    Attachment,
    ChannelScheme,
    ConditionPolicy,
    ContentType,
    EmailTemplate,
    OrderKind,
    Recipient,
    SendingTimePolicy,
    ShipmentContent,
    ShipmentType,
    SmsTemplate,
)
from notifications.domain.record import Order, WakeUp
from notifications.domain.shipment import Claim, Fact, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.storage.codec import (
    bitmap,
    chunked,
    due_key,
    joined,
    moment,
    optional_moment,
    pack,
    parse_bitmap,
    parse_due_key,
    parse_moment,
    text,
    unpack,
)
from notifications.storage.table import Properties, Row, Value

FACTS, WAKE_UPS, ORDERS = "1|", "2|", "o|"
END = "~"


def order_key(key: OrderKey) -> str:
    """The row key of an order."""
    return f"o|{key.hex}"


def shipment_key(shipment: ShipmentId) -> str:
    """The row key of a shipment."""
    return f"o|{shipment.key.hex}|{shipment.number:02x}"


def shipment_of(key: str) -> ShipmentId:
    """Which shipment a row key is about."""
    _, order, number, *_ = key.split("|")
    return ShipmentId(OrderKey.from_hex(order), int(number, 16))


def part_key(shipment: ShipmentId, number: int) -> str:
    """The row key of content that does not fit in the shipment's own row."""
    return f"{shipment_key(shipment)}|p|{number:02}"


def wake_up_key(shipment: Shipment) -> str:
    """The row key of a shipment's one wake-up."""
    return f"2|{due_key(shipment.due)}|{shipment.id.key.hex}|{shipment.id.number:02x}"


def facts_prefix(shipment: ShipmentId) -> str:
    """What the row keys of a shipment's facts begin with."""
    return f"1|{shipment.key.hex}|{shipment.number:02x}|"


def fact_key(fact: Fact) -> str:
    """The row key of a fact: its content follows from it, so that a repeated report is the same row."""
    return f"{facts_prefix(fact.shipment)}{fact.number:06x}|{fact.status}"


def fact_properties(fact: Fact) -> dict[str, Value]:
    """What a fact's key does not say."""
    return {"at": moment(fact.at), "code": fact.code or ""}


def read_fact(row: Row) -> Fact:
    """A fact from its row."""
    *_, notification, status = row.key.split("|")
    return Fact(
        shipment=shipment_of(row.key),
        number=int(notification, 16),
        status=Status(status),
        at=parse_moment(row.properties["at"]),
        code=text(row.properties, "code"),
    )


def wake_up_properties(shipment: Shipment) -> dict[str, Value]:
    """What the timer needs to know to be fair and to find the right queue."""
    return {"creator": shipment.creator, "wants": shipment.wants}


def read_wake_up(row: Row) -> WakeUp:
    """A wake-up from its row."""
    _, due, key, number = row.key.split("|")
    return WakeUp(
        due=parse_due_key(due),
        shipment=ShipmentId(OrderKey.from_hex(key), int(number, 16)),
        creator=str(row.properties["creator"]),
        wants=str(row.properties["wants"]),
    )


def order_properties(order: Order) -> dict[str, Value]:
    """An order's own row."""
    return {
        "creator": order.creator,
        "kind": order.kind.value,
        "identity": order.identity,
        "fingerprint": order.fingerprint,
        "request": order.request,
        "created": moment(order.created),
        **_answer(order),
        "live": order.live,
        "dialog": order.dialog_id or "",
        "transmission": order.transmission_id or "",
    }


def _answer(order: Order) -> dict[str, Value]:
    """What the caller was answered: thirty-one references of 1,024 characters are more than a string property holds.

    Both chunks are written always, so that retention clears what it no longer needs.
    """
    return {"answer00": b"", "answer01": b"", **chunked("answer", pack([order.references, order.warnings]))}


def read_order(row: Row) -> Order:
    """An order from its row."""
    values = row.properties
    identity = values["identity"]
    references, warnings = unpack(joined("answer", values))
    return Order(
        key=OrderKey.from_hex(row.key.removeprefix(ORDERS)),
        creator=str(values["creator"]),
        kind=OrderKind(str(values["kind"])),
        identity=identity if isinstance(identity, bytes) else b"",
        fingerprint=str(values["fingerprint"]),
        request=str(values["request"]),
        created=parse_moment(values["created"]),
        references=tuple(references),
        warnings=tuple(warnings),
        live=int(values["live"]),
        dialog_id=text(values, "dialog"),
        transmission_id=text(values, "transmission"),
        etag=row.etag,
    )


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
    return _bare(
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


def _bare(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def read_content(data: bytes) -> ShipmentContent:
    """A shipment's content from its packed form."""
    document = unpack(data)
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


def _read_email(members: Mapping[str, Any]) -> EmailTemplate:
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


def shipment_properties(shipment: Shipment) -> dict[str, Value]:
    """What of a shipment changes on its road; emptied members are written empty, since a merge drops what is absent."""
    return {
        "creator": shipment.creator,
        "state": shipment.state.value,
        "ending": shipment.ending.value if shipment.ending else "",
        "created": moment(shipment.created),
        "changed": moment(shipment.changed),
        "send": moment(shipment.send_at),
        "expires": moment(shipment.expires),
        "due": moment(shipment.due),
        "wants": shipment.wants,
        "lanes": json.dumps({channel.value: _lane(lane) for channel, lane in shipment.lanes.items()}),
        "attempts": shipment.attempts,
        "planned": shipment.planned,
        "asked": shipment.condition_asked,
        "reason": shipment.reason or "",
        "published": shipment.published,
        "n00": pack([_notification(one) for one in shipment.notifications]),
    }


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "todo": bitmap(lane.todo),
        "after": moment(lane.after),
        "attempts": lane.attempts,
        "uncertain": bitmap(lane.uncertain),
        "claim": lane.claim
        and {"token": lane.claim.token, "until": moment(lane.claim.until), "rows": bitmap(lane.claim.rows)},
    }


def _notification(one: Notification) -> dict[str, Any]:
    return _bare(
        {
            "c": one.channel.letter,
            "a": one.address,
            "s": one.status,
            "t": moment(one.changed),
            "h": one.handed_over and moment(one.handed_over),
            "ref": one.reference,
            "why": one.reason,
            "late": one.late,
            "r": one.recipient or None,
            "name": one.name,
        }
    )


def read_shipment(row: Row, overflow: Iterable[bytes] = ()) -> Shipment:
    """A shipment from its row, and the packed content that did not fit there."""
    values = row.properties
    return Shipment(
        id=shipment_of(row.key),
        creator=str(values["creator"]),
        content=read_content(joined("c", values) + b"".join(overflow)),
        created=parse_moment(values["created"]),
        changed=parse_moment(values["changed"]),
        send_at=parse_moment(values["send"]),
        expires=parse_moment(values["expires"]),
        due=parse_moment(values["due"]),
        wants=str(values["wants"]),
        state=ShipmentState(str(values["state"])),
        ending=Ending(ending) if (ending := text(values, "ending")) else None,
        lanes={Channel(name): _read_lane(lane) for name, lane in json.loads(str(values["lanes"])).items()},
        notifications=tuple(
            _read_notification(place, each) for place, each in enumerate(unpack(joined("n", values)), start=1)
        ),
        attempts=int(values["attempts"]),
        planned=int(values["planned"]),
        condition_asked=int(values["asked"]),
        reason=text(values, "reason"),
        published=bool(values["published"]),
        etag=row.etag,
    )


def _read_lane(lane: Mapping[str, Any]) -> Lane:
    claim = lane["claim"]
    return Lane(
        todo=parse_bitmap(lane["todo"]),
        after=parse_moment(lane["after"]),
        attempts=lane["attempts"],
        uncertain=parse_bitmap(lane["uncertain"]),
        claim=claim
        and Claim(token=claim["token"], until=parse_moment(claim["until"]), rows=parse_bitmap(claim["rows"])),
    )


_CHANNELS = {channel.letter: channel for channel in Channel}


def _read_notification(number: int, members: Mapping[str, Any]) -> Notification:
    return Notification(
        number=number,
        channel=_CHANNELS[members["c"]],
        address=members["a"],
        status=Status(members["s"]),
        changed=parse_moment(members["t"]),
        handed_over=optional_moment(members.get("h")),
        reference=members.get("ref"),
        reason=members.get("why"),
        late=Status(members["late"]) if members.get("late") else None,
        recipient=members.get("r", 0),
        name=members.get("name"),
    )


def content_properties(piece: bytes) -> dict[str, Value]:
    """A piece of packed content as properties."""
    return chunked("c", piece)


def part_content(properties: Properties) -> bytes:
    """The piece of packed content that a row holds."""
    return joined("c", properties)
