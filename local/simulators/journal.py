"""What a simulator remembers of the calls it got and the reports it gave, for tests to read."""

from datetime import UTC, datetime

from aiohttp import web

type Entry = dict[str, object]


class Journal:
    """Entries in the order they happened, in memory."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, **entry: object) -> None:
        """Append an entry with the present time (ISO 8601, UTC, microseconds)."""
        self._entries.append({"time": datetime.now(UTC).isoformat(timespec="microseconds"), **entry})

    def entries(self) -> list[Entry]:
        """Return a copy of all entries, in order."""
        return list(self._entries)

    async def show(self, _: web.Request) -> web.Response:
        """Answer the entries as a JSON array."""
        return web.json_response(self._entries)

    async def clear(self, _: web.Request) -> web.Response:
        """Forget all entries and answer 204."""
        self._entries.clear()
        return web.Response(status=204)

    def routes(self, path: str) -> list[web.RouteDef]:
        """Return the routes that read (GET) and empty (DELETE) the journal at a path."""
        return [web.get(path, self.show), web.delete(path, self.clear)]


async def healthy(_: web.Request) -> web.Response:
    """Answer 200 to whoever waits for the program to be up."""
    return web.Response(text="Healthy")
