"""From the bytes of POST /future/orders to an order draft, or to everything that is wrong with them (spec item 1)."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from notifications.contract.chain_request import MEMBER_NAMES, ChainRequest
from notifications.contract.chain_rules import LOOKED_UP, broken_rules, recipient_paths
from notifications.contract.drafts import DraftBuilder, late_reminders
from notifications.contract.json_document import Members, Path, at, client_path, read_document
from notifications.contract.limits import Limits
from notifications.contract.problems import ValidationFailed
from notifications.contract.values import INVALID, PAST, TOO_LATE, Context
from notifications.domain.order import OrderDraft
from notifications.domain.sms_sender import SenderCountries

_NO_REGISTER = "This service has no contact register configured; give recipientEmail or recipientSms."


class _Failure(NamedTuple):
    path: Path
    messages: list[str]
    kind: str = INVALID


def parse_chain(
    body: bytes,
    *,
    creator: str,
    now: datetime,
    limits: Limits | None = None,
    senders: SenderCountries | None = None,
) -> OrderDraft:
    """Read and validate an order with its reminders; `now` (UTC) is the start of the request.

    Raises ValidationFailed with all failures at once, or BodyTooLarge.
    """
    context = Context(now=now, limits=limits or Limits())
    document = read_document(body, MEMBER_NAMES, context.limits)
    request, failures = _validate(document, context)
    if all(failure.kind == PAST for failure in failures):
        # read again with past times taken, so that a replay can be looked up
        request = request or _validate(document, replace(context, refuse_past=False))[0]
        failures += _late(request, now)
    errors = _by_client_path(document, failures)
    if request is None or any(failure.kind != PAST for failure in failures):
        raise ValidationFailed(errors)
    parsed = _parsed(request, document, DraftBuilder(creator, now, senders or SenderCountries()))
    if errors:
        raise ValidationFailed(errors, draft=parsed)
    return parsed


def _validate(document: Members, context: Context) -> tuple[ChainRequest | None, list[_Failure]]:
    reminders = context.limits.reminders
    request, failures = None, [_Failure(path, [message]) for path, message in broken_rules(document, reminders)]
    try:
        request = ChainRequest.model_validate(document, context=context)
    except ValidationError as error:
        failures += map(_failure, error.errors(include_url=False, include_input=False))
    return request, failures + list(_without_register(document, failures, reminders))


def _failure(error: ErrorDetails) -> _Failure:
    if error["type"] in {INVALID, PAST}:
        return _Failure(error["loc"], error["ctx"]["messages"], error["type"])
    if error["type"] == "missing":
        return _Failure(error["loc"], [f"The {error['loc'][-1]} field is required."])
    kind = "array" if error["type"] == "list_type" else "object"
    return _Failure(error["loc"], [f"The JSON value could not be converted to an {kind}."])


def _without_register(document: Members, failures: Iterable[_Failure], max_reminders: int) -> Iterator[_Failure]:
    """Recipients that would have to be looked up, where they are valid by themselves."""
    invalid = [failure.path for failure in failures]
    candidates = ((*path, name) for path in recipient_paths(document, max_reminders) for name in LOOKED_UP)
    for path in candidates:
        if at(document, path) is not None and not any(other[: len(path)] == path for other in invalid):
            yield _Failure(path, [_NO_REGISTER])


def _late(request: ChainRequest | None, now: datetime) -> list[_Failure]:
    return [_Failure(path, [TOO_LATE]) for path in late_reminders(request, now)] if request else []


def _by_client_path(document: Members, failures: Iterable[_Failure]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = defaultdict(list)
    for failure in failures:
        errors[client_path(document, failure.path)] += failure.messages
    return dict(errors)


def _parsed(request: ChainRequest, document: Members, builder: DraftBuilder) -> OrderDraft:
    draft = builder.build(request, _fingerprint(request))
    warnings = tuple(f"{client_path(document, path)}: {text}" for path, text in builder.warnings)
    return replace(draft, warnings=warnings)


def _fingerprint(request: ChainRequest) -> str:
    # without defaults: a member that a later version adds must not change the fingerprint of an older request
    content = request.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
