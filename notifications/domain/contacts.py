"""What the registers know of a recipient, and what is asked of them (engine.md sections 2 and 3)."""

from dataclasses import dataclass

from notifications.domain.order import ChannelScheme, Recipient, ShipmentContent

_RESOURCE_PREFIX = "urn:altinn:resource:"
_DEFAULT_ACTION = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Whose contact points are asked for.

    `resource_id` (no URN prefix) and `resource_action` say on which authorisation the users of an organisation may be
    told; without a resource only its official addresses count. A `forecast` is asked for when an order is placed:
    nobody's authorisation is looked at yet.
    """

    recipient: Recipient
    use_stale: bool = False
    resource_id: str | None = None
    resource_action: str = _DEFAULT_ACTION
    forecast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserContact:
    """What one user registered for being told about an organisation's matters."""

    email: str | None = None
    mobile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoints:
    """Where a recipient can be reached: official addresses, and those of an organisation's permitted users.

    Mobile numbers are normalised and valid, emails not blank; no address is there twice. A `reserved` person has asked
    not to be told electronically.
    """

    emails: tuple[str, ...] = ()
    mobiles: tuple[str, ...] = ()
    users: tuple[UserContact, ...] = ()
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A register that gave no answer: nothing is known of the recipient, which is not the same as no address."""

    register: str


def is_looked_up(scheme: ChannelScheme, recipient: Recipient) -> bool:
    """Whether the registers are asked: the recipient was given by identity, without an address for the channels."""
    if not (recipient.national_identity_number or recipient.organization_number or recipient.external_identity):
        return False
    match scheme:
        case ChannelScheme.EMAIL:
            return not recipient.email_address
        case ChannelScheme.SMS:
            return not recipient.phone_number
        case _:
            return not (recipient.email_address or recipient.phone_number)


def inquiry(content: ShipmentContent, recipient: Recipient, *, forecast: bool = False) -> Inquiry:
    """What is asked about one of a shipment's recipients; only what can change the answer is part of the question."""
    if recipient.national_identity_number:
        return Inquiry(recipient=recipient, use_stale=content.use_stale_contact_information)
    resource = (content.resource_id or "").strip().removeprefix(_RESOURCE_PREFIX).strip()
    if not recipient.organization_number or not resource:
        return Inquiry(recipient=recipient)
    action = (content.resource_action or "").strip() or _DEFAULT_ACTION
    return Inquiry(recipient=recipient, resource_id=resource, resource_action=action, forecast=forecast)


def lacks_contact(scheme: ChannelScheme, points: ContactPoints) -> bool:
    """Whether no address was found that the channels could use: one of the two is enough where either may be."""
    emails = bool(points.emails) or any(user.email for user in points.users)
    mobiles = bool(points.mobiles) or any(user.mobile for user in points.users)
    match scheme:
        case ChannelScheme.EMAIL:
            return not emails
        case ChannelScheme.SMS:
            return not mobiles
        case _:
            return not (emails or mobiles)
