"""What each member of a request means and must hold, beside its type (http-contract.md sections 4 and 5.4).

The request models check these rules with functions, which no schema can be made of; here the same rules are said in the
schema's own words. A test compares the two at every bound.
"""

from collections.abc import Mapping
from enum import StrEnum

from notifications.contract.attachment_types import MIME_TYPES
from notifications.contract.limits import Limits
from notifications.contract.schemas import NOT_BLANK, WHITE_SPACE, Schema
from notifications.domain.order import ChannelScheme, ConditionPolicy, ContentType, SendingTimePolicy

# The patterns of JSON Schema are those of ECMA 262 and match anywhere in a text.
_SPACE = f"[{WHITE_SPACE}]*"
_LETTER = "a-zA-Z0-9æøåÆØÅ"
_ATOM = rf"[{_LETTER}!#$%&;'*+\-=?^_`{{|}}~]+"
_LABEL = rf"[{_LETTER}]([{_LETTER}\-]{{0,61}}[{_LETTER}])?"
_DOMAIN = rf"(({_LABEL}\.){{1,9}}[a-zA-Z]{{2,14}}|[0-9]{{1,3}}(\.[0-9]{{1,3}}){{3}})"
_EMAIL = rf"^{_SPACE}{_ATOM}(\.{_ATOM})*@{_DOMAIN}{_SPACE}$"
# how numbers are written differs, and what is no part of one is passed over
_MOBILE = r"^(\+|00)[^+A-Za-z][^A-Za-z]*$"
# letters of any alphabet, which cannot be named in all dialects of patterns
_NAME = rf"^{_SPACE}\+?[^\x00-\x1f\x7f!-/:-@\[-`{{-~]*{_SPACE}$"
_PERSON = "^[0-9]{11}$"
_ORGANIZATION = "^[0-9]{9}$"
_WEB = "^[hH][tT][tT][pP][sS]?://[^/]"
_EXTERNAL = "^urn:altinn:(person:idporten-email|username|person:legacy-selfidentified|party:username):[\\s\\S]"

_TIME = "ISO 8601 with a time zone, such as `2030-01-31T08:00:00Z`"


def member_rules(limits: Limits) -> Mapping[str, Schema]:
    """What holds for a member wherever it is, in keywords of JSON Schema.

    Beside them `nullable` says whether null is taken, where the model's type does not tell.
    """
    return {**_of_orders(limits), **_of_recipients(limits), **_of_messages(limits)}


def _of_orders(limits: Limits) -> Mapping[str, Schema]:
    return {
        "idempotencyId": _text(limits.idempotency_id, NOT_BLANK)
        | _said("Your own name for the order: the same again is the same order, whatever else is sent with it."),
        "sendersReference": _text(limits.reference) | _said("What you call the shipment; it is told wherever it is."),
        "dialogId": _text(limits.reference),
        "transmissionId": _text(limits.reference),
        "requestedSendTime": {"format": "date-time", "nullable": False}
        | _said(f"When to send at the earliest: {_TIME}, not in the past. Left out, it means at once."),
        "conditionEndpoint": _text(limits.url, _WEB)
        | {"format": "uri"}
        | _said('Asked when the shipment is due; `{"sendNotification": false}` stops it.'),
        "conditionFailurePolicy": _choice(
            ConditionPolicy, "0 and 1", "What to do when the condition endpoint gives no clear answer.", nullable=True
        ),
        "delayDays": {"minimum": 1} | _said("Days of 24 hours after the send time of the main shipment."),
        "reminders": {"maxItems": limits.reminders},
        "timeToLiveInSeconds": {"minimum": 60, "maximum": 172800}
        | _said("How long the message is worth sending: from one minute to 48 hours."),
    }


def _of_recipients(limits: Limits) -> Mapping[str, Schema]:
    return {
        "emailAddress": _text(limits.address, _EMAIL),
        "phoneNumber": _mobile(),
        "nationalIdentityNumber": {"pattern": _PERSON} | _said("Eleven digits."),
        "orgNumber": {"pattern": _ORGANIZATION} | _said("Nine digits."),
        "externalIdentity": _text(limits.reference, _EXTERNAL)
        | _said("A URN whose value is URL-encoded; `+` is a space, so a plus sign is written `%2B`."),
        "channelSchema": _choice(
            ChannelScheme, "0 to 4", "Which channels are used; emailSettings or smsSettings are needed for each."
        ),
        "resourceId": _text(limits.reference, r"^urn:altinn:resource:[\s\S]")
        | _said("With it, those users of an organisation are told as well who may act on the resource."),
        "resourceAction": _text(limits.reference, f"^$|{NOT_BLANK}")
        | _said("What they may do with the resource; `read` when left out."),
        "ignoreReservation": _said("Whether persons are told who asked not to be."),
        "useStaleContactInformation": _said("Whether addresses are used that were not confirmed for 18 months."),
    }


def _of_messages(limits: Limits) -> Mapping[str, Schema]:
    return {
        "senderEmailAddress": _text(limits.address, _EMAIL) | _said("The service's own address when left out."),
        "subject": _text(limits.subject, NOT_BLANK)
        | _said("`$recipientName$` and `$recipientNumber$` are replaced. Line breaks become spaces."),
        "contentType": _choice(ContentType, "0 and 1", "How the body is written.", nullable=True),
        "sendingTimePolicy": _choice(
            SendingTimePolicy, "1 and 2", "Daytime is from 09:00 to 17:00, Norwegian time.", nullable=True
        ),
        "sender": {"pattern": _NAME} | _said(_SENDER),
        "senderNumber": {"pattern": _NAME} | _said(_SENDER),
        "attachments": {"maxItems": limits.attachments},
        "filename": _text(limits.reference, r"^[^/\\]*\.[^./\\]+$"),
        "mimeType": {"enum": sorted(MIME_TYPES)} | _said("In any letter case, without parameters."),
        "sasUrl": _text(limits.url, "^[hH][tT][tT][pP][sS]://")
        | {"format": "uri"}
        | _said(
            "An HTTPS address in `*.blob.core.windows.net` with a signature (`se`, `sig`, `sp` with `r`, `sr=b`) that "
            "is valid for 15 minutes after the send time. It is never told again."
        ),
    }


def rules_in(limits: Limits) -> Mapping[tuple[str, str], Schema]:
    """What holds for a member of one request object only, by the names of both."""
    legacy_time = _said(f"When to send at the earliest: {_TIME}, at most five minutes ago. Left out, it means at once.")
    legacy_condition = _said("Asked when the shipment is due; its host has a top-level domain.")
    legacy = {
        "requestedSendTime": legacy_time,
        "conditionEndpoint": legacy_condition,
        "resourceId": {"pattern": None},
        "recipients": {"minItems": 1, "maxItems": limits.recipients},
    }
    return {
        **{(model, "body"): _email_body(limits) for model in _WITH_EMAIL},
        **{(model, "body"): _sms_body(limits) for model in _WITH_SMS},
        **{("LegacyRecipient", member): rule for member, rule in _legacy_recipient(limits).items()},
        **{(model, member): rule for model in _LEGACY for member, rule in legacy.items()},
        ("Reminder", "requestedSendTime"): {"nullable": True}
        | _said(f"When to send at the earliest: {_TIME}, not in the past."),
        ("LegacyRequest", "notificationChannel"): _choice(
            ChannelScheme, "0 to 4", "Which channels are used; a template is needed for each that may be."
        ),
        ("LegacySmsTemplate", "senderNumber"): {"nullable": False},
        ("LegacyEmailTemplate", "fromAddress"): _text(limits.address)
        | _said("The service's own address when left out."),
        **{(model, "sendingTimePolicy"): _anytime() for model in ("EmailSettings", "ComposedEmailSettings")},
    }


def object_rules() -> Mapping[str, Schema]:
    """What holds between the members of a request object."""
    recipients = ("Email", "Sms", "Person", "Organization", "ExternalIdentity")
    ways = ("emailAddress", "mobileNumber", "organizationNumber", "nationalIdentityNumber")
    settings = _needed("channelSchema", "emailSettings", "smsSettings")
    return {
        "Recipient": {"oneOf": [_given(f"recipient{each}") for each in recipients]},
        "Reminder": {"oneOf": [_given("delayDays", kind="integer"), _given("requestedSendTime", kind="string")]},
        "RecipientPerson": settings,
        "RecipientOrganization": settings,
        "RecipientExternalIdentity": settings,
        "LegacyRequest": {"required": ["notificationChannel", "recipients"]}
        | _needed("notificationChannel", "emailTemplate", "smsTemplate"),
        "LegacyRecipient": {"anyOf": [_given(each, kind="string") for each in ways]},
        "LegacyEmailOrder": {"required": ["recipients"]},
        "LegacySmsOrder": {"required": ["recipients"]},
        "LegacyEmailTemplate": {"required": ["subject", "body"]},
        "LegacySmsTemplate": {"required": ["body"]},
    }


_LEGACY = ("LegacyRequest", "LegacyEmailOrder", "LegacySmsOrder")
_WITH_EMAIL = (
    "EmailSettings",
    "ComposedEmailSettings",
    "InstantEmailSettings",
    "LegacyEmailOrder",
    "LegacyEmailTemplate",
)
_WITH_SMS = ("SmsSettings", "InstantSmsSettings", "LegacySmsOrder", "LegacySmsTemplate")
_SENDER = (
    "A phone number, or letters, digits and spaces; a longer name is cut to 11 characters, of which a warning tells. "
    "The service's own sender when left out."
)


def _email_body(limits: Limits) -> Schema:
    return {"pattern": NOT_BLANK, "maxLength": limits.email_body_bytes} | _said(
        f"At most {limits.email_body_bytes} bytes in UTF-8. `$recipientName$` and `$recipientNumber$` are replaced."
    )


def _sms_body(limits: Limits) -> Schema:
    return {"pattern": NOT_BLANK, "maxLength": limits.sms_segments * 153} | _said(
        f"At most {limits.sms_segments} segments, of 153 characters of the GSM alphabet or else of 67. "
        "`$recipientName$` and `$recipientNumber$` are replaced."
    )


def _legacy_recipient(limits: Limits) -> Mapping[str, Schema]:
    """Addresses of a channel that is not used are not looked at, and empty ones count as left out."""
    return {
        "emailAddress": _text(limits.address, f"^$|{_EMAIL}"),
        "mobileNumber": _text(limits.address, f"^$|{_MOBILE}") | _mobile(f"^$|{_MOBILE}"),
        "organizationNumber": {"pattern": f"^$|{_ORGANIZATION}"} | _said("Nine digits, and nothing beside them."),
        "nationalIdentityNumber": {"pattern": f"^$|{_PERSON}"} | _said("Eleven digits, and nothing beside them."),
        "isReserved": _said("Not used."),
    }


def _said(description: str) -> Schema:
    return {"description": description}


def _text(most: int, pattern: str | None = None) -> Schema:
    return {"maxLength": most} | ({"pattern": pattern} if pattern else {})


def _mobile(pattern: str = _MOBILE) -> Schema:
    return {"pattern": pattern, "format": "mobile-number"} | _said(
        "With a country code (`+47…` or `0047…`), valid in its country; Norwegian ones begin with 4 or 9."
    )


def _choice(choices: type[StrEnum], numbers: str, meaning: str, *, nullable: bool = False) -> Schema:
    """An enum; where it has a default, null means that."""
    said = f"{meaning} Names count in any letter case; the numbers {numbers} are taken as well."
    return {"enum": [choice.value for choice in choices], "nullable": nullable} | _said(said)


def _anytime() -> Schema:
    return {"enum": [SendingTimePolicy.ANYTIME.value], "nullable": True} | _said("Email is sent at any hour.")


def _given(*members: str, kind: str = "object") -> Schema:
    """That members are there, and not null."""
    return {"required": list(members), "properties": {member: {"type": kind} for member in members}}


def _needed(channels: str, email: str, sms: str) -> Schema:
    """What each choice of channels needs."""
    choices = {ChannelScheme.EMAIL: (email,), ChannelScheme.SMS: (sms,)}
    needed = {scheme: _given(*choices.get(scheme, (email, sms))) for scheme in ChannelScheme}
    return {
        "anyOf": [
            {**each, "properties": {channels: {"const": scheme.value}, **each["properties"]}}
            for scheme, each in needed.items()
        ]
    }
