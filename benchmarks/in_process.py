"""What POST computes, without network or storage: reading and validating an order, verifying a token."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import httpx

from benchmarks.bodies import Body, Kind, body
from benchmarks.figures import Section
from benchmarks.options import Options
from benchmarks.statistics import spread
from local.simulators.issuer.keys import SigningKey
from local.simulators.issuer.tokens import TokenRequest, claims_of, signed
from notifications.contract.orders import parse_chain
from notifications.contract.problems import ValidationFailed
from notifications.domain.clock import SystemClock
from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier

_ISSUER = "http://127.0.0.1"
_WARM_UP = 100


async def in_process(options: Options) -> Section:
    """Latencies over many rounds, on the thread that would serve requests."""
    section = Section(f"In process, over {options.rounds} rounds")
    for label, order in _orders().items():
        document = json.dumps(order).encode()
        section.add(f"read and validate: {label}", _text(_timed(partial(_parse, document), options.rounds)))
    section.add("verify a token (RS256, keys cached)", _text(await _verification(options.rounds)))
    return section


def _orders() -> dict[str, Body]:
    tomorrow = time.time() + 86_400
    one = body(Kind.EMAIL_WITH_REMINDER, tomorrow)
    reminders = one["reminders"] * 30
    return {
        "one email": body(Kind.EMAIL, tomorrow),
        "one SMS": body(Kind.SMS, tomorrow),
        "email and a reminder": one,
        "email and 30 reminders": {**one, "reminders": reminders},
        "an invalid order": {**body(Kind.EMAIL, tomorrow), "requestedSendTime": "tomorrow", "recipient": {}},
    }


def _parse(document: bytes) -> None:
    try:
        parse_chain(document, creator="ttd", now=datetime.now(UTC))
    except ValidationFailed:
        return


def _timed(work: Callable[[], object], rounds: int) -> list[float]:
    for _ in range(_WARM_UP):
        work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times


async def _verification(rounds: int) -> list[float]:
    key = SigningKey.new()
    documents = {"/jwks": {"keys": [key.jwk()]}, "/configuration": {"jwks_uri": f"{_ISSUER}/jwks"}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=documents[request.url.path]))
    request = TokenRequest()
    token = signed(claims_of(request, _ISSUER), request, key)
    async with httpx.AsyncClient(transport=transport) as http:
        verifier = TokenVerifier(SigningKeys(http, f"{_ISSUER}/configuration"), SystemClock(), issuer=_ISSUER)
        await verifier.verify(token)
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            await verifier.verify(token)
            times.append(time.perf_counter() - began)
        return times


def _text(times: list[float]) -> str:
    return spread(times, scale=1e6, unit="µs")
