"""What the requests have in common: how their members are named, and the members that several of them have."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from notifications.contract.condition_endpoint import read_condition_endpoint
from notifications.contract.send_times import send_time
from notifications.contract.values import choice, optional_text, read_boolean, required_text
from notifications.domain.order import ChannelScheme, ConditionPolicy, ContentType


class RequestModel(BaseModel):
    """The base of all request objects: camelCase names, unknown members ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True)


CHANNEL_SCHEMES = dict(enumerate(ChannelScheme))
"""The channel schemes by their number (http-contract.md section 4.1)."""

Reference = Annotated[str | None, optional_text(lambda limits: limits.reference)]
IdempotencyId = Annotated[
    str, required_text("IdempotencyId cannot be null or empty.", lambda limits: limits.idempotency_id)
]
EmailContentType = Annotated[
    ContentType,
    choice(
        dict(enumerate(ContentType)),
        undefined="Email content type must be either Plain or HTML.",
        default=ContentType.PLAIN,
    ),
]
ConditionEndpoint = Annotated[str | None, BeforeValidator(read_condition_endpoint)]
FailurePolicy = Annotated[
    ConditionPolicy,
    choice(
        dict(enumerate(ConditionPolicy)),
        undefined="ConditionFailurePolicy must be either Send or DoNotSend.",
        default=ConditionPolicy.SEND,
    ),
]
Flag = Annotated[bool, BeforeValidator(read_boolean)]
SendTime = Annotated[
    datetime | None,
    send_time(
        "The requested send time value must have specified a time zone.",
        "RequestedSendTime must be greater than or equal to now.",
    ),
]


class DialogportenAssociation(RequestModel):
    """The dialog that the order belongs to; the ids are kept as they are."""

    dialog_id: Reference = None
    transmission_id: Reference = None


@cache
def member_names(model: type[BaseModel]) -> Mapping[str, str]:
    """The property names of a request and of the objects in it, by their lower-case form."""
    names = (field.alias for each in _models(model) for field in each.model_fields.values())
    return {name.lower(): name for name in names if name is not None}


def _models(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from _models(field.annotation)
    for argument in get_args(kind):
        yield from _models(argument)
