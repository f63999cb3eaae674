"""What brings about each status that an operation is documented to answer with."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import uuid4

import azure.functions as func
import pytest

from notifications.domain.faults import StorageUnavailable
from notifications.stages import acceptance
from tests.builders import KEY
from tests.contract.requests import person
from tests.triggers.asks import JSON, PLACED, Ask, chain, placing
from tests.triggers.edge import Edge

type Scenario = Callable[[Edge, Ask, pytest.MonkeyPatch], Awaitable[func.HttpResponse]]

_WITH_AN_ID = ("place_order", "place_composed_email", "send_instant_sms", "send_instant_email", "send_instant")
_MEGABYTES = 2 * 1024 * 1024
_BY_ANY_ID = ("get_order", "get_order_status", "cancel_order", "get_email_notifications", "get_sms_notifications")
_UNREADABLE: Mapping[str, Mapping[str, object]] = {
    "get_feed": {"params": {"seq": "-1"}},
    "get_log": {"params": {}},
    "find_orders": {"params": {}},
    "dashboard_person": {"headers": {}},
    "dashboard_organization": {"headers": {}},
    "metrics_page": {"body": b"month=13&year=2026"},
    **{operation: {"route": {"id": "abc"}} for operation in _BY_ANY_ID},
}


async def as_it_is(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.answer(edge)


async def again(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    await ask.answer(edge)
    return await ask.answer(edge)


async def unreadable(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(**_UNREADABLE.get(ask.operation, {"body": b"{}"})).answer(edge)


async def from_nobody(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(credentials={}).answer(edge)


async def without_the_scope(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(credentials=edge.bearer(scope="openid")).answer(edge)


async def of_nothing(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(route={"id": str(uuid4())}).answer(edge)


async def too_late(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.world.clock.forward(minutes=55)
    return await ask.but(credentials=edge.bearer()).answer(edge)


async def colliding(edge: Edge, ask: Ask, patch: pytest.MonkeyPatch) -> func.HttpResponse:
    """Every order gets one key, as two of a billion may."""
    patch.setattr(acceptance, "key_from_hash", lambda _: KEY)
    await ask.answer(edge)
    return await placing(edge, ask.operation, PLACED[ask.operation] | {"idempotencyId": "another"}).answer(edge)


async def too_large(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(body=ask.body.ljust(_MEGABYTES + 1)).answer(edge)


async def in_chunks(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    """As the host hands on a request that is sent in chunks: without its body."""
    return await ask.but(headers={**ask.headers, "transfer-encoding": "chunked"}, body=b"").answer(edge)


async def of_another_type(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(media_type="image/png").answer(edge)


async def nobody_knows_whom(edge: Edge, _: Ask, __: pytest.MonkeyPatch) -> func.HttpResponse:
    return await placing(edge, "place_order", chain(recipient=person())).answer(edge)


async def at_the_door(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    """Another order stands in the one place that there is."""
    second: list[func.HttpResponse] = []

    async def meanwhile() -> None:
        second.append(await ask.answer(edge))

    edge.compose.meanwhile = meanwhile
    await placing(edge, "place_order").answer(edge)
    return second[0]


async def broken(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.compose.failure = RuntimeError("kari@example.com")
    return await ask.answer(edge)


async def without_storage(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.compose.failure = StorageUnavailable("orders")
    return await ask.answer(edge)


USUAL: Mapping[int, Scenario] = {
    200: as_it_is,
    201: as_it_is,
    202: as_it_is,
    400: unreadable,
    401: from_nobody,
    403: without_the_scope,
    404: of_nothing,
    409: colliding,
    411: in_chunks,
    413: too_large,
    415: of_another_type,
    422: nobody_knows_whom,
    429: at_the_door,
    500: broken,
    503: without_storage,
}
"""What brings about a status, wherever nothing else is said."""

OWN: Mapping[tuple[str, int], Scenario] = {
    **{(operation, 200): again for operation in _WITH_AN_ID},
    ("cancel_order", 409): too_late,
}
"""What brings it about for one operation."""


async def _without_an_organisation(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(credentials=edge.bearer(org=None)).answer(edge)


async def _without_a_type(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(media_type=None).answer(edge)


async def _with_a_body_of_nonsense(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(body=b"\xff\x00{", media_type=ask.media_type or JSON).answer(edge)


async def _with_nonsense_for_an_id(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    return await ask.but(route={"id": "\x00/.."}).answer(edge)


async def _without_an_issuer(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.issuer.status = 500
    return await ask.answer(edge)


async def _without_registers(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.world.directory.down = "HTTP 503"
    return await ask.answer(edge)


async def _while_tables_are_away(edge: Edge, ask: Ask, patch: pytest.MonkeyPatch) -> func.HttpResponse:
    close_tables(edge, patch)
    return await ask.answer(edge)


async def _long_after(edge: Edge, ask: Ask, _: pytest.MonkeyPatch) -> func.HttpResponse:
    edge.world.clock.forward(timedelta(days=200))
    return await ask.answer(edge)


def close_tables(edge: Edge, patch: pytest.MonkeyPatch) -> None:
    """Let every call of storage fail as it does when storage does not answer."""

    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("orders")

    world = edge.world
    for table in (world.orders, world.feeds, world.refs, world.index_rows, world.gate_rows):
        for call in ("get", "read", "commit"):
            patch.setattr(table, call, away)


ANYTHING: tuple[Scenario, ...] = (
    *dict.fromkeys(each for status, each in USUAL.items() if status not in (409, 422)),
    again,
    _without_an_organisation,
    _without_a_type,
    _with_a_body_of_nonsense,
    _with_nonsense_for_an_id,
    _without_an_issuer,
    _without_registers,
    _while_tables_are_away,
    _long_after,
)
"""What may happen to a request to any operation."""
