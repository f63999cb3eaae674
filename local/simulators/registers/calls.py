"""The record of the calls that the registers got, and how many they were."""

from collections.abc import Mapping

from aiohttp import web

from local.simulators.journal import Journal
from local.simulators.registers.switches import Register


class Calls:
    """Every call in order, without the identities that it asked for, and its totals by register."""

    def __init__(self) -> None:
        self.journal = Journal()
        self._totals: dict[Register, list[int]] = {}

    def add(
        self, register: Register, request: web.Request, *, asked: int, answer: int | str, said: Mapping[str, object]
    ) -> None:
        """Note a call: what it asked for is a number of identities, or of pairs for decisions."""
        totals = self._totals.setdefault(register, [0, 0])
        totals[0] += 1
        totals[1] += asked
        headers = sorted(name.lower() for name in request.headers)
        self.journal.add(
            kind=register, path=request.path, identities=asked, headers=headers, answer=answer, **dict(said)
        )

    async def show(self, _: web.Request) -> web.Response:
        """`GET /calls`: the number of calls, the same by register, and each call."""
        by_register = {
            register: {"calls": calls, "identities": identities}
            for register, (calls, identities) in self._totals.items()
        }
        return web.json_response(
            {
                "count": sum(calls for calls, _ in self._totals.values()),
                "byRegister": by_register,
                "calls": self.journal.entries(),
            }
        )

    async def clear(self, request: web.Request) -> web.Response:
        """`DELETE /calls`: forget all calls."""
        self._totals.clear()
        return await self.journal.clear(request)
