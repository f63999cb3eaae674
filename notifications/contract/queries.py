"""What readers ask for, in route, query and headers (http-contract.md section 5.9).

Names count in any letter case; every value that does not read is told, under its name as the client sent it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from notifications.contract.problems import ValidationFailed
from notifications.contract.timestamps import Timestamp, parse_timestamp
from notifications.contract.urns import is_national_identity_number, is_organization_number

_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEFAULT_SPAN = timedelta(days=7)
_MOST_YEARS = 10


class Identity(StrEnum):
    """Whom the dashboard searches for, by the header that says who."""

    PERSON = "NationalIdentityNumber"
    ORGANIZATION = "OrganizationNumber"


_NUMBERS = {
    Identity.PERSON: (is_national_identity_number, "National identity number must be 11 digits long."),
    Identity.ORGANIZATION: (is_organization_number, "Organization number must be 9 digits long."),
}


@dataclass(frozen=True, slots=True)
class DashboardQuery:
    """Shipments to one recipient whose send time is from `since` on and before `until`."""

    number: str = field(repr=False)
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The orders of a dialog, of a transmission, or of one within the other."""

    dialog_id: str | None
    transmission_id: str | None


def parse_order_id(text: str) -> UUID:
    """The id of an order in a route. Raises ValidationFailed."""
    if not _UUID.fullmatch(text):
        raise ValidationFailed({"id": [f"The value '{text}' is not valid."]})
    return UUID(text)


def parse_senders_reference(parameters: Mapping[str, str]) -> str:
    """The sender's reference that orders are searched by. Raises ValidationFailed."""
    name, reference = given(parameters, "sendersReference")
    if reference is None:
        raise ValidationFailed({name: [_not_provided("sendersReference")]})
    if not reference.strip():
        raise ValidationFailed({name: ["The sendersReference field is required."]})
    return reference


def parse_log_query(parameters: Mapping[str, str]) -> LogQuery:
    """The dialog or transmission that the activity log is read for. Raises ValidationFailed where neither is given."""
    names = ("dialogId", "transmissionId")
    (dialog_name, dialog_id), (transmission_name, transmission_id) = (given(parameters, name) for name in names)
    query = LogQuery(_text(dialog_id), _text(transmission_id))
    if query.dialog_id is None and query.transmission_id is None:
        message = "Give a dialogId, a transmissionId, or both."
        raise ValidationFailed({dialog_name: [message], transmission_name: [message]})
    return query


def parse_dashboard(
    headers: Mapping[str, str], parameters: Mapping[str, str], *, now: datetime, identity: Identity
) -> DashboardQuery:
    """Whom and which days the dashboard is asked about, the last seven by default. Raises ValidationFailed."""
    number = given(headers, identity)[1] or ""
    since, until = _time(parameters, "from"), _time(parameters, "to")
    told = {
        identity.value: _number_errors(headers, identity),
        since.name: _since_errors(since, until, now),
        until.name: _until_errors(since, until, now),
    }
    errors = {name: messages for name, messages in told.items() if messages}
    if errors:
        raise ValidationFailed(errors)
    return DashboardQuery(number, since.moment or now - _DEFAULT_SPAN, until.moment or now)


def given(parameters: Mapping[str, str], name: str) -> tuple[str, str | None]:
    """A parameter by its name in any letter case: as the client spelled it, and its value."""
    spelled = next((each for each in parameters if each.lower() == name.lower()), None)
    return (name, None) if spelled is None else (spelled, parameters[spelled])


class _Time(NamedTuple):
    """A time that was asked for; `timestamp` is None where it is missing, or does not read."""

    name: str
    text: str
    timestamp: Timestamp | None

    @property
    def moment(self) -> datetime | None:
        return self.timestamp.utc if self.timestamp else None


def _time(parameters: Mapping[str, str], name: str) -> _Time:
    spelled, text = given(parameters, name)
    text = (text or "").strip()
    return _Time(spelled, text, parse_timestamp(text))


def _number_errors(headers: Mapping[str, str], identity: Identity) -> list[str]:
    number = given(headers, identity)[1]
    if number is None:
        return [_not_provided(identity)]
    if not number.strip():
        return [f"'{identity}' is required and cannot be empty"]
    is_valid, text = _NUMBERS[identity]
    return [] if is_valid(number) else [text]


def _since_errors(since: _Time, until: _Time, now: datetime) -> list[str]:
    if since.timestamp is None:
        return [f"The value '{since.text}' is not valid for From."] if since.text else []
    moment, has_zone = since.timestamp
    rules = {
        "The 'from' value must be UTC.": has_zone,
        "'from' must be earlier than 'to'.": until.moment is None or moment < until.moment,
        "'from' must not be in the future.": moment <= now,
        "'from' must not be earlier than 10 years ago.": moment >= _years_before(now),
    }
    return [text for text, is_kept in rules.items() if not is_kept]


def _until_errors(since: _Time, until: _Time, now: datetime) -> list[str]:
    if until.timestamp is None:
        return [f"The value '{until.text}' is not valid for To."] if until.text else []
    moment, has_zone = until.timestamp
    rules = {
        "The 'to' value must be UTC.": has_zone,
        "'to' must not be in the future.": moment <= now,
        "'to' must be later than the default 'from' (7 days ago).": since.text or moment > now - _DEFAULT_SPAN,
    }
    return [text for text, is_kept in rules.items() if not is_kept]


def _years_before(now: datetime) -> datetime:
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year - _MOST_YEARS, day=day)


def _not_provided(name: str) -> str:
    return f"A value for the '{name}' parameter or property was not provided."


def _text(value: str | None) -> str | None:
    return value if value and value.strip() else None
