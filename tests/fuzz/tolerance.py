"""What the service takes beside what its schema says, by design and said in words: how a request would read in full.

Property names and enum names count in any letter case, enums are taken by number, integers as strings
(http-contract.md section 1.5). A request is valid if what it stands for is valid by the schema.
"""

from collections.abc import Mapping
from typing import Any

from notifications.contract.attachment_types import MIME_TYPES
from notifications.domain.order import ChannelScheme, ConditionPolicy, ContentType, SendingTimePolicy

_NUMBERED: Mapping[str, Mapping[int, str]] = {
    "contentType": dict(enumerate(ContentType)),
    "conditionFailurePolicy": dict(enumerate(ConditionPolicy)),
    "channelSchema": dict(enumerate(ChannelScheme)),
    "notificationChannel": dict(enumerate(ChannelScheme)),
    "sendingTimePolicy": dict(enumerate(SendingTimePolicy, 1)),
}
_NAMES: Mapping[str, Mapping[str, str]] = {
    **{member: {name.lower(): name for name in names.values()} for member, names in _NUMBERED.items()},
    "mimeType": {name.lower(): name for name in MIME_TYPES},
}
_INTEGERS = {"delayDays", "timeToLiveInSeconds"}


def in_full(node: Any, names: Mapping[str, str]) -> Any:
    """What a request stands for; `names` maps lower-case property names to the contract's, the last one winning."""
    if isinstance(node, list):
        return [in_full(each, names) for each in node]
    if not isinstance(node, dict):
        return node
    spelled = {names.get(name.lower(), name) if name.isascii() else name: value for name, value in node.items()}
    return {name: _value(name, in_full(value, names)) for name, value in spelled.items()}


def _value(name: str, value: Any) -> Any:
    number = _integer(value)
    if name in _INTEGERS:
        return value if number is None else number
    if number is not None and name in _NUMBERED:
        return _NUMBERED[name].get(number, value)
    return _NAMES.get(name, {}).get(value.lower(), value) if isinstance(value, str) and value.isascii() else value


def _integer(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
