"""Rules between the members of an order request (http-contract.md section 5.5).

They look at the document itself and not at the models, so that they are reported together with whatever else is wrong.
"""

from collections.abc import Iterator
from typing import NamedTuple

from notifications.contract.chain_request import CHANNEL_SCHEMAS, ChannelSchema
from notifications.contract.json_document import Members, Path, at
from notifications.contract.values import read_choice


class RuleError(NamedTuple):
    """A broken rule: where, and the text for the client."""

    path: Path
    message: str


LOOKED_UP = ("recipientPerson", "recipientOrganization", "recipientExternalIdentity")

_RECIPIENTS = ("recipientEmail", "recipientSms", *LOOKED_UP)


def recipient_paths(document: Members, max_reminders: int) -> Iterator[Path]:
    """The path of every recipient object, the main one first; reminders beyond the limit are not looked at."""
    yield ("recipient",)
    yield from (("reminders", index, "recipient") for index, _ in _reminders(document, max_reminders))


def broken_rules(document: Members, max_reminders: int) -> Iterator[RuleError]:
    """Every rule between members that the document breaks."""
    for path in recipient_paths(document, max_reminders):
        yield from _recipient_rules(at(document, path), path)
    for index, reminder in _reminders(document, max_reminders):
        yield from _reminder_rules(reminder, ("reminders", index))


def _reminders(document: Members, max_reminders: int) -> Iterator[tuple[int, Members]]:
    reminders = document.get("reminders")
    for index, reminder in enumerate(reminders[:max_reminders] if isinstance(reminders, list) else ()):
        if isinstance(reminder, Members):
            yield index, reminder


def _recipient_rules(recipient: object, path: Path) -> Iterator[RuleError]:
    if not isinstance(recipient, Members):
        return
    if sum(recipient.get(name) is not None for name in _RECIPIENTS) != 1:
        yield RuleError(path, "Must have exactly one recipient.")
    for name in LOOKED_UP:
        looked_up = recipient.get(name)
        if isinstance(looked_up, Members):
            yield from _settings_rules(looked_up, (*path, name))
            yield from _resource_action_rule(looked_up, (*path, name))


def _settings_rules(recipient: Members, path: Path) -> Iterator[RuleError]:
    channels = read_choice(recipient.get("channelSchema"), CHANNEL_SCHEMAS)
    if channels is None:
        return
    if recipient.get("emailSettings") is None and channels is not ChannelSchema.SMS:
        yield RuleError((*path, "emailSettings"), _must_be_set("EmailSettings", channels))
    if recipient.get("smsSettings") is None and channels is not ChannelSchema.EMAIL:
        yield RuleError((*path, "smsSettings"), _must_be_set("SmsSettings", channels))


def _must_be_set(settings: str, channels: ChannelSchema) -> str:
    preferred = {ChannelSchema.EMAIL_PREFERRED, ChannelSchema.SMS_PREFERRED}
    when = "SmsPreferred or EmailPreferred" if channels in preferred else channels.value
    return f"{settings} must be set when ChannelSchema is {when}"


def _resource_action_rule(recipient: Members, path: Path) -> Iterator[RuleError]:
    resource, action = recipient.get("resourceId"), recipient.get("resourceAction")
    if not isinstance(action, str) or not action:
        return
    if resource is None or (isinstance(resource, str) and not resource.strip()):
        message = "ResourceAction cannot be specified without a ResourceId."
        yield RuleError((*path, "resourceAction"), message)
    elif not action.strip():
        yield RuleError((*path, "resourceAction"), "ResourceAction cannot be blank or whitespace.")


def _reminder_rules(reminder: Members, path: Path) -> Iterator[RuleError]:
    delay, time = reminder.get("delayDays"), reminder.get("requestedSendTime")
    if (delay is None) == (time is None):
        yield RuleError(path, "Either DelayDays or RequestedSendTime must be defined, but not both.")
    if delay is not None and time is not None:
        yield RuleError((*path, "requestedSendTime"), "RequestedSendTime must be null when DelayDays is set.")
        yield RuleError((*path, "delayDays"), "DelayDays must be null when RequestedSendTime is set.")
