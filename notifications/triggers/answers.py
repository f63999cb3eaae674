"""From a stage's result, or from whatever went wrong, to an HTTP answer. No exception leaves a trigger as it is."""

import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import azure.functions as func

from notifications.contract import problems, responses
from notifications.contract.problems import BodyTooLarge, Problem, ValidationFailed
from notifications.contract.trace import trace_id
from notifications.domain.faults import StorageUnavailable
from notifications.security.access import Forbidden, Unauthenticated
from notifications.security.shared_key import KeyRefused
from notifications.security.signing_keys import IssuerUnavailable
from notifications.stages.acceptance import IdCollision, OrderTooLarge
from notifications.stages.cancel import TooLate
from notifications.stages.forecast import RegisterUnavailable
from notifications.stages.instant import ProviderUnavailable
from notifications.stages.place import ContactMissing
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]

_SOON = timedelta(seconds=5)
_NO_REGISTER = "A register that knows the recipient does not answer now. Nothing was stored; repeat the request."
_NO_ISSUER = "The token's issuer cannot be reached to verify it."
_COLLISION = "Another order has the id that this idempotencyId leads to; use another one."
_TOO_LATE = "The order is due within five minutes, is being sent, or has ended."
_NO_STORAGE = "Storage cannot be reached now. Repeat the request; if it places an order, with the same idempotencyId."


class Answered(Exception):
    """A handler found a problem that is the answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def json_answer(
    value: responses.Json, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """A JSON answer in the contract's form."""
    return func.HttpResponse(
        responses.render(value), status_code=status, headers={"Content-Type": responses.MEDIA_TYPE, **(headers or {})}
    )


def answering(handler: Handler) -> Handler:
    """Turn everything that a handler may raise into a problem-details answer with the caller's trace id."""

    @functools.wraps(handler)
    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            return await handler(req)
        except Exception as error:  # noqa: BLE001 - the worker logs the text of whatever leaves a function
            trace = trace_id(req.headers.get("traceparent"))
            problem = _problem(error)
            if problem.status >= 500:
                event(logger, logging.ERROR, "request.failed", **fault(error), trace=trace, status=problem.status)
            status, headers, body = problems.to_response(problem, trace)
            return func.HttpResponse(body, status_code=status, headers=headers)

    return answer


def _problem(error: Exception) -> Problem:
    """The answer to an error: what is not foreseen is a mistake of ours, of which the caller learns nothing."""
    if isinstance(error, Answered):
        return error.problem
    answer = next((answer for kind, answer in _ANSWERS if isinstance(error, kind)), None)
    return answer(error) if answer else problems.internal_error()


def _validation_failed(error: Any) -> Problem:
    return problems.validation_failed(error.errors)


# What stages and adapters raise, and the problem that it is to the caller.
_ANSWERS: tuple[tuple[type[Exception], Callable[[Exception], Problem]], ...] = (
    (ValidationFailed, _validation_failed),
    (BodyTooLarge, lambda error: problems.body_too_large(str(error))),
    (OrderTooLarge, lambda error: problems.body_too_large(str(error))),
    (Unauthenticated, lambda error: problems.unauthorized(str(error))),
    (KeyRefused, lambda error: problems.api_key_refused(str(error))),
    (Forbidden, lambda error: problems.forbidden(str(error))),
    (ContactMissing, lambda _: problems.missing_contact_information()),
    (ProviderUnavailable, lambda _: problems.provider_unreachable(_SOON)),
    (RegisterUnavailable, lambda _: problems.service_unavailable(_NO_REGISTER, _SOON)),
    (IssuerUnavailable, lambda _: problems.service_unavailable(_NO_ISSUER, _SOON)),
    (StorageUnavailable, lambda _: problems.service_unavailable(_NO_STORAGE, _SOON)),
    (IdCollision, lambda _: problems.conflict(_COLLISION)),
    (TooLate, lambda _: problems.conflict(_TOO_LATE)),
)
