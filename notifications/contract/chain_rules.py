"""Rules between the members of an order request (http-contract.md section 5.5).

They look at the document itself and not at the models, so that they are reported together with whatever else is wrong.
"""

from collections.abc import Iterator

from notifications.contract.failures import Failure, broken
from notifications.contract.json_document import Members, Path
from notifications.contract.request_model import CHANNEL_SCHEMES
from notifications.contract.resource_rules import resource_action_rule
from notifications.contract.values import Context, read_choice
from notifications.domain.order import ChannelScheme

_LOOKED_UP = ("recipientPerson", "recipientOrganization", "recipientExternalIdentity")
_RECIPIENTS = ("recipientEmail", "recipientSms", *_LOOKED_UP)


def chain_rules(document: Members, context: Context) -> Iterator[Failure]:
    """Every rule between members that the document breaks; reminders beyond the limit are not looked at."""
    yield from _recipient_rules(document.get("recipient"), ("recipient",))
    for index, reminder in _reminders(document, context.limits.reminders):
        yield from _reminder_rules(reminder, ("reminders", index))
        yield from _recipient_rules(reminder.get("recipient"), ("reminders", index, "recipient"))


def _reminders(document: Members, max_reminders: int) -> Iterator[tuple[int, Members]]:
    reminders = document.get("reminders")
    for index, reminder in enumerate(reminders[:max_reminders] if isinstance(reminders, list) else ()):
        if isinstance(reminder, Members):
            yield index, reminder


def _recipient_rules(recipient: object, path: Path) -> Iterator[Failure]:
    if not isinstance(recipient, Members):
        return
    if sum(recipient.get(name) is not None for name in _RECIPIENTS) != 1:
        yield broken(path, "Must have exactly one recipient.")
    for name in _LOOKED_UP:
        looked_up = recipient.get(name)
        if isinstance(looked_up, Members):
            yield from _settings_rules(looked_up, (*path, name))
            yield from resource_action_rule(looked_up, (*path, name))


def _settings_rules(recipient: Members, path: Path) -> Iterator[Failure]:
    channels = read_choice(recipient.get("channelSchema"), CHANNEL_SCHEMES)
    if channels is None:
        return
    if recipient.get("emailSettings") is None and channels is not ChannelScheme.SMS:
        yield broken((*path, "emailSettings"), _must_be_set("EmailSettings", channels))
    if recipient.get("smsSettings") is None and channels is not ChannelScheme.EMAIL:
        yield broken((*path, "smsSettings"), _must_be_set("SmsSettings", channels))


def _must_be_set(settings: str, channels: ChannelScheme) -> str:
    preferred = {ChannelScheme.EMAIL_PREFERRED, ChannelScheme.SMS_PREFERRED}
    when = "SmsPreferred or EmailPreferred" if channels in preferred else channels.value
    return f"{settings} must be set when ChannelSchema is {when}"


def _reminder_rules(reminder: Members, path: Path) -> Iterator[Failure]:
    delay, time = reminder.get("delayDays"), reminder.get("requestedSendTime")
    if (delay is None) == (time is None):
        yield broken(path, "Either DelayDays or RequestedSendTime must be defined, but not both.")
    if delay is not None and time is not None:
        yield broken((*path, "requestedSendTime"), "RequestedSendTime must be null when DelayDays is set.")
        yield broken((*path, "delayDays"), "DelayDays must be null when RequestedSendTime is set.")
