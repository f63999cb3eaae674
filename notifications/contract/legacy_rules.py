"""Rules between the members of legacy orders, and those that depend on the channel (http-contract.md section 5.8).

Orders by both channels are held to the same rules as the others (spec item 5).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from notifications.contract.failures import Failure, broken
from notifications.contract.json_document import Members, Path
from notifications.contract.request_model import CHANNEL_SCHEMES
from notifications.contract.resource_rules import resource_action_rule
from notifications.contract.urns import is_national_identity_number, is_organization_number
from notifications.contract.values import Context, read_choice
from notifications.domain.email_address import is_email_address
from notifications.domain.order import ChannelScheme
from notifications.domain.phone import is_mobile_number

type _Rules = Mapping[str, tuple[Callable[[str], bool], str]]

_IDENTITIES: _Rules = {
    "nationalIdentityNumber": (is_national_identity_number, "National identity number must be 11 digits long."),
    "organizationNumber": (is_organization_number, "Organization number must be 9 digits long."),
}
_EMAIL: _Rules = {
    "emailAddress": (is_email_address, "Invalid email address format."),
}
_MOBILE: _Rules = {
    "mobileNumber": (
        is_mobile_number,
        "Mobile number can contain only '+' and numeric characters, and it must adhere to the E.164 standard.",
    ),
}
_MEMBERS = (*_IDENTITIES, *_EMAIL, *_MOBILE)
_ALONE = {
    "nationalIdentityNumber": "National identity number cannot be combined with email address, mobile number, or "
    "organization number.",
    "organizationNumber": "Organization number cannot be combined with email address, mobile number, or national "
    "identity number.",
}


def _is_anything(_: str) -> bool:
    return True


_ANYTHING = (_is_anything, "")


class _Ways(NamedTuple):
    """How a channel's recipients may be given: each member with its rule, and the text where none is given."""

    members: _Rules
    none_given: str | None


_BOTH = _Ways(
    {**_IDENTITIES, **_EMAIL, **_MOBILE},
    "Either a valid email address, mobile number starting with country code, organization number, or national identity "
    "number must be provided for each recipient.",
)
_WAYS: Mapping[ChannelScheme | None, _Ways] = {
    ChannelScheme.EMAIL: _Ways(
        {**_IDENTITIES, **_EMAIL},
        "Either a valid email address, organization number, or national identity number must be provided for each "
        "recipient.",
    ),
    ChannelScheme.SMS: _Ways(
        {**_IDENTITIES, **_MOBILE},
        "Either a valid mobile number starting with country code, organization number, or national identity number "
        "must be provided for each recipient.",
    ),
    ChannelScheme.EMAIL_PREFERRED: _BOTH,
    ChannelScheme.SMS_PREFERRED: _BOTH,
    ChannelScheme.EMAIL_AND_SMS: _BOTH,
    # without a channel there is no saying which addresses are needed
    None: _Ways(_IDENTITIES, None),
}


def email_order_rules(document: Members, context: Context) -> Iterator[Failure]:
    """What an order by email breaks."""
    return _rules(document, context, ChannelScheme.EMAIL)


def sms_order_rules(document: Members, context: Context) -> Iterator[Failure]:
    """What an order by SMS breaks."""
    return _rules(document, context, ChannelScheme.SMS)


def order_rules(document: Members, context: Context) -> Iterator[Failure]:
    """What an order breaks whose channels are chosen."""
    scheme = read_choice(document.get("notificationChannel"), CHANNEL_SCHEMES)
    if scheme not in {None, ChannelScheme.SMS} and document.get("emailTemplate") is None:
        yield broken(("emailTemplate",), "An email template is required for the selected notification channel.")
    if scheme not in {None, ChannelScheme.EMAIL} and document.get("smsTemplate") is None:
        yield broken(("smsTemplate",), "An SMS template is required for the selected the notification channel.")
    yield from _rules(document, context, scheme)


def _rules(document: Members, context: Context, scheme: ChannelScheme | None) -> Iterator[Failure]:
    yield from resource_action_rule(document, ())
    recipients, ways = document.get("recipients", []), _WAYS[scheme]
    if recipients == []:
        yield broken(("recipients",), "One or more recipient is required.")
    for index, recipient in enumerate(recipients[: context.limits.recipients] if isinstance(recipients, list) else ()):
        if isinstance(recipient, Members):
            for member, text in _faults(recipient, ways):
                yield broken(("recipients", index, *member), text)


def _faults(recipient: Members, ways: _Ways) -> Iterator[tuple[Path, str]]:
    """What is wrong with one recipient; a member that is no text is told by the model, and counts as given."""
    given = {name: value for name in _MEMBERS if (value := recipient.get(name)) is not None and value != ""}
    if ways.none_given and not given.keys() & ways.members.keys():
        yield (), ways.none_given
    for name, value in given.items():
        is_valid, text = ways.members.get(name, _ANYTHING)
        if isinstance(value, str) and not is_valid(value):
            yield (name,), text
        if name in _ALONE and len(given) > 1:
            yield (), _ALONE[name]
