"""Gates: a provider that throttles or fails rests for everybody, and no message loses an attempt over it."""

from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.storage.codec import key_part, moment, parse_moment
from notifications.storage.table import Insert, Merge, Operation, Properties, Rejected, Row, Table

_PARTITION = "gates"
_FRESH = timedelta(seconds=2)
# Whoever loses so often leaves the gate as others closed it.
_ROUNDS = 5


class Gates:
    """One row for each provider, remembered for two seconds by each process."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[str, tuple[datetime, datetime | None]] = {}

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        await self._table.prepare()

    async def closed_until(self, provider: str) -> datetime | None:
        """When the provider's gate opens again, or None when it is open."""
        now = self._clock.now()
        asked, until = self._known.get(provider, (None, None))
        if asked is None or not timedelta(0) <= now - asked <= _FRESH:
            _, until = await self._read(provider)
        return until if until and until > now else None

    async def _read(self, provider: str) -> tuple[Row | None, datetime | None]:
        row = await self._table.get(_PARTITION, key_part(provider))
        until = parse_moment(row.properties["closed_until"]) if row else None
        self._known[provider] = (self._clock.now(), until)
        return row, until

    async def close(self, provider: str, until: datetime) -> None:
        """Let a provider rest, unless its gate is closed for longer already, whoever closed it."""
        _, known = self._known.get(provider, (None, None))
        for _ in range(_ROUNDS):
            if known and known >= until:
                return
            row, known = await self._read(provider)
            if not known or known < until:
                try:
                    await self._table.commit(_PARTITION, [_closing(provider, until, row)])
                except Rejected:
                    continue
                self._known[provider] = (self._clock.now(), until)
                return


def _closing(provider: str, until: datetime, row: Row | None) -> Operation:
    properties: Properties = {"closed_until": moment(until)}
    return Merge(key_part(provider), properties, row.etag) if row else Insert(key_part(provider), properties)
