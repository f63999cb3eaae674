"""The registers' endpoints, and those that tell of their calls and turn their switches."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from pydantic import ValidationError

from local.simulators.journal import healthy
from local.simulators.registers.calls import Calls
from local.simulators.registers.contact_points import CONTACT_LOOKUPS
from local.simulators.registers.decisions import DECISIONS_LOOKUP
from local.simulators.registers.explaining import explained
from local.simulators.registers.lookups import Answer, Lookup, falsified
from local.simulators.registers.names import NAMES_LOOKUP
from local.simulators.registers.people import People
from local.simulators.registers.platform_tokens import HEADER, PlatformTokens, Proof
from local.simulators.registers.population import Population
from local.simulators.registers.switches import Register, Switches, meet
from local.simulators.serving import BuildApp

SUBSCRIPTION_HEADER = "Ocp-Apim-Subscription-Key"
_LARGEST_BODY = 16 * 1024 * 1024
LOOKUPS = (*CONTACT_LOOKUPS, NAMES_LOOKUP, DECISIONS_LOOKUP)
"""All registers."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is not answered, and why."""

    status: int
    detail: str

    def response(self) -> web.Response:
        """Return it as a response."""
        return web.json_response({"status": self.status, "detail": self.detail}, status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; a None asks callers for nothing."""

    subscription_key: str | None = None
    platform_keys_url: str | None = None


def registers(people: People, options: Options) -> BuildApp:
    """Return how the application is built."""

    def build(_: str) -> web.Application:
        service = _Service(people, options)
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.cleanup_ctx.append(service.lifespan)
        app.add_routes(web.post(each.path, service.handler(each)) for each in LOOKUPS)
        app.add_routes(
            [
                web.get("/calls", service.calls.show),
                web.delete("/calls", service.calls.clear),
                web.get("/switches", service.show_switches),
                web.put("/switches", service.turn_switches),
                web.get("/_health", healthy),
                web.get("/_calls", service.calls.journal.show),
                web.delete("/_calls", service.calls.clear),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, people: People, options: Options) -> None:
        self._population = Population(people)
        self._switches = people.switches
        self._options = options
        self._tokens: PlatformTokens | None = None
        self.calls = Calls()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the connections to the issuer of platform tokens open while the application runs."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            if self._options.platform_keys_url:
                self._tokens = PlatformTokens(session, self._options.platform_keys_url)
            yield

    def handler(self, lookup: Lookup) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return what answers one register's calls."""

        async def handle(request: web.Request) -> web.Response:
            answer, malformed = _read(lookup, self._population, await request.read())
            proof = await self._proof(lookup, request)
            refusal = self._refusal(request, proof) or malformed
            faults = self._switches.of(lookup.register)
            said = {**answer.said, **({"platformToken": proof} if proof else {})}
            answered = faults.answer or (refusal.status if refusal else 200)
            self.calls.add(lookup.register, request, asked=answer.asked, answer=answered, said=said)
            faulty = await meet(request, faults)
            if faulty:
                return faulty
            if refusal:
                return refusal.response()
            return web.json_response({lookup.member: falsified(lookup, faults, answer.entries)})

        return handle

    async def show_switches(self, _: web.Request) -> web.Response:
        """`GET /switches`: the faults of every register."""
        return web.json_response(self._switches.model_dump(by_alias=True))

    async def turn_switches(self, request: web.Request) -> web.Response:
        """`PUT /switches`: replace all switches; a register that is not named does nothing wrong any more."""
        try:
            self._switches = Switches.model_validate_json(await request.read())
        except ValidationError as error:
            return Refusal(400, explained(error)).response()
        return await self.show_switches(request)

    async def _proof(self, lookup: Lookup, request: web.Request) -> Proof | None:
        """What the caller's platform token proved, None where nobody looks at it."""
        if lookup.register is not Register.NAMES:
            return None
        token = request.headers.get(HEADER)
        if self._tokens is None:
            return Proof.UNVERIFIED if token else Proof.ABSENT
        return await self._tokens.proof(token)

    def _refusal(self, request: web.Request, proof: Proof | None) -> Refusal | None:
        key = self._options.subscription_key
        if key is not None and request.headers.get(SUBSCRIPTION_HEADER) != key:
            return Refusal(401, f"{SUBSCRIPTION_HEADER} is missing or wrong.")
        if self._tokens is not None and proof in {Proof.ABSENT, Proof.REFUSED}:
            return Refusal(401, f"{HEADER} is missing or does not verify.")
        return None


def _read(lookup: Lookup, population: Population, body: bytes) -> tuple[Answer, Refusal | None]:
    try:
        answer = lookup.answer(population, body)
    except ValidationError as error:
        return Answer(0, []), Refusal(400, explained(error))
    if answer.asked > lookup.most:
        return answer, Refusal(400, f"At most {lookup.most} are answered in one call.")
    return answer, None
