"""How large the loads are; the defaults let everything together take less than ten minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes of the loads: counts of orders or recipients, orders a second, and seconds."""

    orders: int = 1000
    rate: int = 100
    seconds: int = 60
    step_seconds: int = 12
    spread_orders: int = 20
    backlog: int = 2000
    recipients: int = 10_000
    reported: int = 2000
    waiting: int = 10_000
    waiting_orders: int = 10_000
    provider_rate: int = 0
    many_emails: int = 10_000
    many_sms: int = 2000
    stored: int = 20_000
    spike_rate: int = 300
    spike_seconds: int = 60
    rounds: int = 2000
    in_memory: bool = False
