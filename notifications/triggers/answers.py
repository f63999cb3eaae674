"""From a stage's result, or from whatever went wrong, to an HTTP answer. No exception leaves a trigger as it is."""

import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import azure.functions as func

from notifications.contract import problems, responses
from notifications.contract.problems import BodyTooLarge, Problem, ValidationFailed
from notifications.contract.trace import trace_id
from notifications.domain.faults import StorageUnavailable
from notifications.security.access import Forbidden, Unauthenticated
from notifications.security.signing_keys import IssuerUnavailable
from notifications.stages.accept import IdCollision, OrderTooLarge
from notifications.stages.cancel import TooLate
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]

_SOON = timedelta(seconds=5)
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


def _problem(error: Exception) -> Problem:  # noqa: PLR0911 - one answer for each kind of error
    match error:
        case Answered():
            return error.problem
        case ValidationFailed():
            return problems.validation_failed(error.errors)
        case BodyTooLarge() | OrderTooLarge():
            return problems.body_too_large(str(error))
        case Unauthenticated():
            return problems.unauthorized(str(error))
        case Forbidden():
            return problems.forbidden(str(error))
        case IssuerUnavailable():
            return problems.service_unavailable("The token's issuer cannot be reached to verify it.", _SOON)
        case StorageUnavailable():
            return problems.service_unavailable(_NO_STORAGE, _SOON)
        case IdCollision():
            return problems.conflict("Another order has the id that this idempotencyId leads to; use another one.")
        case TooLate():
            return problems.conflict("The order is due within five minutes, is being sent, or has ended.")
        case _:
            return problems.internal_error()
