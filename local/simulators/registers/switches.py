"""The switches: what a register does wrong while its switch is on."""

import asyncio
from enum import StrEnum

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from local.simulators.fates import Lost, withhold


class Register(StrEnum):
    """The registers, as the switches name them."""

    PERSONS = "persons"
    EXTERNAL_IDENTITIES = "externalIdentities"
    ORGANIZATIONS = "organizations"
    UNITS = "units"
    NAMES = "names"
    DECISIONS = "decisions"


class _Switched(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)


class Faults(_Switched):
    """What one register does wrong; several at once are met in the order of the members."""

    slow_seconds: float = Field(0, ge=0, description="waits so many seconds before anything else")
    hang: bool = Field(default=False, description="never answers")
    reset: bool = Field(default=False, description="closes the connection without an answer")
    down: bool = Field(default=False, description="answers 503")
    garbage: bool = Field(default=False, description="answers 200 with a text that is no JSON")
    half_missing: bool = Field(default=False, description="leaves out the first, third, fifth … entry of the answer")
    somebody_else: bool = Field(default=False, description="answers about somebody who was not asked for")

    @property
    def answer(self) -> int | str | None:
        """What a call gets because of them: `none`, a status, or None for the register's own answer."""
        if self.hang or self.reset:
            return "none"
        if self.down:
            return 503
        return 200 if self.garbage else None


class Switches(_Switched):
    """The faults of each register, none by default."""

    persons: Faults = Faults()
    external_identities: Faults = Faults()
    organizations: Faults = Faults()
    units: Faults = Faults()
    names: Faults = Faults()
    decisions: Faults = Faults()

    def of(self, register: Register) -> Faults:
        """The faults of one register."""
        faults: dict[Register, Faults] = {
            Register.PERSONS: self.persons,
            Register.EXTERNAL_IDENTITIES: self.external_identities,
            Register.ORGANIZATIONS: self.organizations,
            Register.UNITS: self.units,
            Register.NAMES: self.names,
            Register.DECISIONS: self.decisions,
        }
        return faults[register]


async def meet(request: web.Request, faults: Faults) -> web.Response | None:
    """Suffer the faults that need no answer of the register; the response if there is one instead of its own."""
    await asyncio.sleep(faults.slow_seconds)
    if faults.hang or faults.reset:
        await withhold(request, Lost.HANG if faults.hang else Lost.RESET)
    if faults.down:
        return web.json_response({"title": "Service Unavailable", "status": 503}, status=503)
    if faults.garbage:
        return web.Response(text="<html>Bad gateway", content_type="application/json")
    return None
