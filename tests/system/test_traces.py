"""An order's whole path is found under one trace id, and what is measured is told, of nobody by name."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from local.waiting import until
from notifications.telemetry.measures import MEASURES
from tests.collector import Collector, attributes, collecting
from tests.system.expect import ORDERS
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.people import person
from tests.system.privacy import personal
from tests.system.running import POLL_SECONDS, System

pytestmark = pytest.mark.system

PERSON = "01818030009"
PARENT = "00f067aa0ba902b7"
# Whoever calls may not have sampled its own part: what we tell is for us to decide.
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-{PARENT}-00"
ROAD = ["place_order", "plan", "hand over", "report", "publish"]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[System]:
    """`./dev up` that tells the collector everything, at once."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "TRACED_SHARE": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    options = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    running = System.start(tmp_path_factory.mktemp("traced"), *options, claim_seconds=20)
    try:
        yield running
    finally:
        running.stop()


async def placed(system: System, body: Document, traceparent: str = "") -> str:
    """The id of the shipment of an order that was placed within a trace."""
    async with system.client() as http:
        answer = await http.post(ORDERS, json=body, headers={"traceparent": traceparent} if traceparent else {})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["notification"]["shipmentId"])


async def until_told(holds: Callable[[], bool]) -> None:
    async def told() -> bool:
        return holds()

    async with asyncio.timeout(90):
        await until(told, every=POLL_SECONDS)


async def test_an_orders_whole_path_is_under_the_trace_of_its_request(traced: System, collector: Collector) -> None:
    shipment = await placed(traced, order(email_recipient()), TRACEPARENT)
    await traced.until_final([shipment])
    await until_told(lambda: {span.name for span in collector.of_trace(TRACE)} >= set(ROAD))
    spans = {span.name: span for span in collector.of_trace(TRACE)}
    assert sorted(spans) == sorted(ROAD)
    request = spans.pop("place_order")
    assert attributes(request.attributes)["status"] == "201"
    assert {span.parent_span_id for span in spans.values()} == {request.span_id}
    told = {name: attributes(span.attributes) for name, span in spans.items()}
    notification = notification_id(shipment)
    assert told["plan"] == {"shipment": shipment}
    expected = {"notification": notification, "outcome": "accepted", "peer.service": "acs-email"}
    assert told["hand over"] == expected
    assert told["report"] == {"notification": notification, "status": "Delivered"}
    assert told["publish"] == {"shipment": shipment, "status": "Completed"}
    assert request.start_time_unix_nano <= spans["plan"].start_time_unix_nano
    assert spans["plan"].end_time_unix_nano <= spans["hand over"].end_time_unix_nano


async def test_an_order_without_a_trace_of_its_callers_gets_one(traced: System, collector: Collector) -> None:
    shipment = await placed(traced, order(sms_recipient()))
    await traced.until_final([shipment])

    def found() -> list[str]:
        ended = [span for span in collector.spans if span.name == "publish"]
        return [each.trace_id.hex() for each in ended if attributes(each.attributes)["shipment"] == shipment]

    await until_told(lambda: bool(found()) and {each.name for each in collector.of_trace(found()[0])} >= set(ROAD))


async def test_every_measure_is_told_and_no_other(traced: System, collector: Collector) -> None:
    recipients = (person(PERSON), email_recipient("throttled+once@example.com"), sms_recipient())
    shipments = [await placed(traced, order(each)) for each in recipients]
    await traced.until_final(shipments[:1])
    await until_told(lambda: collector.latest.keys() >= {each.name for each in MEASURES})
    assert collector.latest.keys() == {each.name for each in MEASURES}
    for measure in MEASURES:
        for told in collector.series(measure.name):
            assert told.keys() == measure.attributes, measure.name
    assert {"creator": "ttd", "kind": "Notification"} in collector.series("notifications.orders.accepted")


async def test_nothing_is_told_of_anybody(traced: System, collector: Collector) -> None:
    shipments = [await placed(traced, order(each)) for each in (person(PERSON), email_recipient(), sms_recipient())]
    await traced.until_final(shipments)
    await until_told(lambda: sum(span.name == "publish" for span in collector.spans) >= len(shipments))
    secrets = {*await personal(traced), PERSON, "example.com", "Bearer"}
    text = collector.text.lower()
    assert [each for each in secrets if each.lower().removeprefix("+") in text] == []
