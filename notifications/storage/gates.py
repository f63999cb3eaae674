"""Gates: a provider that throttles or fails rests for everybody, and no message loses an attempt over it."""

from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.storage.codec import key_part, moment, parse_moment
from notifications.storage.table import Table, Upsert

_PARTITION = "gates"
_FRESH = timedelta(seconds=2)


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
        if asked is None or now - asked > _FRESH:
            row = await self._table.get(_PARTITION, key_part(provider))
            until = parse_moment(row.properties["closed_until"]) if row else None
            self._known[provider] = (now, until)
        return until if until and until > now else None

    async def close(self, provider: str, until: datetime) -> None:
        """Let a provider rest, unless its gate is closed for longer already."""
        known = await self.closed_until(provider)
        if known and known >= until:
            return
        await self._table.commit(_PARTITION, [Upsert(key_part(provider), {"closed_until": moment(until)})])
        self._known[provider] = (self._clock.now(), until)
