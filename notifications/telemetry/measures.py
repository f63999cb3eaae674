"""The service's metrics: what each counts, in what unit, and by which attributes it may be told apart.

While nobody exports, a measurement costs a look at one variable. Attributes take few values, and none from a recipient
or a text, so that no series can name anybody. Names are those of docs/operating.md, the workbook and the alerts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from notifications.telemetry.events import require_known

type Attributes = Mapping[str, str]
type Recorder = Callable[[float, Attributes], None]

# A gauge that nobody has set for so many seconds is no longer told: the timer may tick on another instance by now.
FRESH = 120.0
_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 3600, 86400)


class Kind(StrEnum):
    """How the values of a measure add up: as a sum, as a distribution, or not at all."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric: name, kind, unit (UCUM), what it says, its attributes, and for a histogram its buckets' limits."""

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: frozenset[str] = frozenset()
    buckets: tuple[float, ...] = field(default=_SECONDS, repr=False)


def _counter(name: str, unit: str, description: str, *attributes: str) -> Measure:
    return Measure(name, Kind.COUNTER, unit, description, frozenset(attributes))


def _seconds(name: str, description: str, *attributes: str) -> Measure:
    return Measure(name, Kind.HISTOGRAM, "s", description, frozenset(attributes))


def _gauge(name: str, unit: str, description: str, *attributes: str) -> Measure:
    return Measure(name, Kind.GAUGE, unit, description, frozenset(attributes))


# Creators are hundreds at most, and this is the one measure that is told by them.
ORDERS_ACCEPTED = _counter(
    "notifications.orders.accepted", "{order}", "Orders taken in, repeated ones not counted", "creator", "kind"
)
HAND_OVERS = _counter(
    "notifications.handovers", "{call}", "Calls of a provider, by what came of them", "provider", "outcome"
)
HAND_OVER_DELAY = _seconds("notifications.handover.delay", "From due to a provider's yes or no", "channel")
# Application Insights keeps no buckets of a histogram, so what was promised is counted.
HAND_OVERS_WITHIN = _counter(
    "notifications.handovers.within", "{call}", "Yes or no, by how soon after due: 10s, 60s, later", "channel", "within"
)
NOTIFICATIONS_FINAL = _counter("notifications.final", "{notification}", "Ended notifications", "channel", "status")
FEED_LAG = _seconds("notifications.feed.lag", "From a shipment's end to its entry in the feed")
PROVIDER_PAUSES = _seconds(
    "notifications.provider.pauses", "How long a provider's gate was closed for, at each closing", "provider"
)
OLDEST_DUE = _gauge(
    "notifications.release.oldest_due", "s", "Age of the oldest due wake-up, as the timer sees it; 0 for none"
)
BACKLOG = _gauge(
    "notifications.release.backlog", "{shipment}", "Due shipments that the timer holds back from a queue", "queue"
)
QUEUE_DEPTH = _gauge(
    "notifications.queue.depth", "{message}", "Messages that wait; looked at only while there is work", "queue"
)
QUEUE_AGE = _seconds("notifications.queue.age", "How long a message waited until it was worked", "queue")
REGISTER_CALLS = _counter(
    "notifications.register.calls", "{call}", "Calls of a register, by HTTP status or fault", "register", "outcome"
)

MEASURES = (
    ORDERS_ACCEPTED,
    HAND_OVERS,
    HAND_OVER_DELAY,
    HAND_OVERS_WITHIN,
    NOTIFICATIONS_FINAL,
    FEED_LAG,
    PROVIDER_PAUSES,
    OLDEST_DUE,
    BACKLOG,
    QUEUE_DEPTH,
    QUEUE_AGE,
    REGISTER_CALLS,
)


class _Measured:
    """Where measurements go; nowhere until somebody exports."""

    recorders: Mapping[str, Recorder] | None = None


def measure_with(meter: Meter | None) -> None:
    """Send measurements to a meter's instruments from now on, or nowhere."""
    _Measured.recorders = {each.name: _recorder(meter, each) for each in MEASURES} if meter else None


def record(measure: Measure, value: float = 1, **attributes: str) -> None:
    """Add to a counter or a distribution, or set a gauge. Raises `UnknownField` for an attribute of no such measure."""
    require_known(attributes, measure.attributes)
    if _Measured.recorders:
        _Measured.recorders[measure.name](value, attributes)


def _recorder(meter: Meter, measure: Measure) -> Recorder:
    name, unit, description = measure.name, measure.unit, measure.description
    if measure.kind is Kind.COUNTER:
        return meter.create_counter(name, unit, description).add
    if measure.kind is Kind.HISTOGRAM:
        limits = measure.buckets
        return meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=limits).record
    latest = _Latest()
    meter.create_observable_gauge(name, [latest.observations], unit, description)
    return latest.set


class _Latest:
    """A gauge's last values, while they are fresh."""

    def __init__(self) -> None:
        self._values: dict[tuple[tuple[str, str], ...], tuple[float, float]] = {}

    def set(self, value: float, attributes: Attributes) -> None:
        self._values[tuple(sorted(attributes.items()))] = (value, monotonic())

    def observations(self, _: CallbackOptions) -> Iterable[Observation]:
        now = monotonic()
        return [Observation(value, dict(key)) for key, (value, at) in list(self._values.items()) if now - at < FRESH]
