"""What `./dev up`, `./dev demo` and `./dev storage` do: start, show, stay, end."""

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from local.azurite import PROJECT, azurite_for_core_tools
from local.data_directory import DataDirectory
from local.demo import KNOWN_PERSON, tell_story
from local.errors import CommandError
from local.ports import require_free
from local.registers import checked
from local.simulators.registers.people import default_people
from local.supervisor import Supervisor
from local.system import DEFAULT_DATA, SECRETS, Addresses, Choices, backing, choose_addresses, host, journals

START_SECONDS = 90.0
CORE_TOOLS_PORTS = (10000, 10001, 10002)
FOLLOW_SECONDS = 0.2
_SMS = {"pswin", "acs-sms"}
# A shared access signature that opens every file of the simulated storage; an attachment's address needs one.
ANY_SIGNATURE = "se=2099-01-01T00:00:00Z&sr=b&sp=r&sig=any"

# The shell that they are pasted into puts the time into the id, so that each is an order of its own.
_FIRST_ORDER = (
    '{"idempotencyId":"first-\'$(date +%s)\'","recipient":{"recipientEmail":'
    '{"emailAddress":"ola.normann@example.com",'
    '"emailSettings":{"subject":"Hello","body":"My first order."}}}}'
)
_PERSONAL_ORDER = (
    '{"idempotencyId":"second-\'$(date +%s)\'","recipient":{"recipientPerson":'
    f'{{"nationalIdentityNumber":"{KNOWN_PERSON}","channelSchema":"EmailPreferred",'
    '"emailSettings":{"subject":"Hello","body":"Dear $recipientName$, this is my second order."},'
    '"smsSettings":{"body":"Dear $recipientName$, this is my second order."}}}}'
)


def say(text: str) -> None:
    """A line for the person at the terminal; flushed, since other programs read it from a pipe."""
    print(text, flush=True)


@asynccontextmanager
async def running_system(choices: Choices) -> AsyncIterator[tuple[Supervisor, Addresses]]:
    """The whole local system, healthy, until the end of the block; raises CommandError if it cannot start."""
    data = DataDirectory(choices.data)
    registers = checked(choices.registers) if choices.registers else None
    with data.held():
        addresses = choose_addresses(choices.port)
        secrets = data.new_secrets(SECRETS)
        about = {
            "service": addresses.service,
            "storage": addresses.storage,
            "issuer": addresses.issuer,
            "registers": str(registers or default_people()),
            "journals": journals(choices, addresses),
        }
        first = backing(choices, data, addresses, secrets)
        service = host(choices, addresses, secrets)
        data.start_logs([spec.name for spec in (*first, service)])
        async with Supervisor(data, directory=PROJECT, about=about, say=say) as supervisor:
            await supervisor.start(first, within=START_SECONDS)
            await supervisor.start([service], within=START_SECONDS)
            yield supervisor, addresses


async def up(choices: Choices, *, show_demo: bool, verbose: bool) -> None:
    """Runs the local system until it is cancelled; raises CommandError when it cannot be kept running."""
    async with running_system(choices) as (supervisor, addresses), _followed(choices, verbose=verbose):
        if show_demo:
            await supervisor.beside(_try_story(choices, addresses))
        say(welcome(choices, addresses))
        await supervisor.until_failure()


async def demo(choices: Choices) -> None:
    """Starts the local system, shows the story, and ends; raises CommandError unless all was delivered."""
    async with running_system(choices) as (supervisor, addresses):
        await supervisor.beside(_story(choices, addresses))
    say("All messages were delivered.")


async def storage(path: Path, ports: tuple[int, int, int] = CORE_TOOLS_PORTS) -> None:
    """Runs Azurite alone (blob, queue and table on these ports) until it is cancelled."""
    data = DataDirectory(path)
    with data.held():
        blob, queue, table = (require_free(port, "") for port in ports)
        spec = azurite_for_core_tools(data.directory("azurite"), blob, queue, table)
        data.start_logs([spec.name])
        async with Supervisor(data, directory=PROJECT, about={"service": None}, say=say) as supervisor:
            await supervisor.start([spec], within=START_SECONDS)
            for name, port in (("blob", blob), ("queue", queue), ("table", table)):
                say(f"  {name:<6} http://127.0.0.1:{port}")
            say("`func start` reaches it with UseDevelopmentStorage=true. Ctrl-C stops it.")
            await supervisor.until_failure()


def welcome(choices: Choices, addresses: Addresses) -> str:
    """Where everything is, how to get a token, and two orders to paste into a shell."""
    token = _token_command(choices.data)
    return "\n".join(
        [
            "",
            f"  service       {addresses.service}",
            *_where_messages_show(choices, addresses),
            f"  token issuer  {addresses.issuer}",
            f"  registers     {addresses.registers}/calls",
            f"  files         {addresses.blobs}/250000/letter.pdf?{ANY_SIGNATURE}",
            f"  logs          {choices.data.absolute() / 'logs'}",
            "",
            "A token:",
            f"  {token}",
            "",
            "An order:",
            *_order_command(addresses, token, _FIRST_ORDER),
            "",
            "An order for a person whom the registers know (docs/simulators.md tells who else is there):",
            *_order_command(addresses, token, _PERSONAL_ORDER),
            "",
            "Ctrl-C stops everything.",
        ]
    )


def _where_messages_show(choices: Choices, addresses: Addresses) -> list[str]:
    lines = [f"  {f'{kind} sent':<13} {at}/_calls" for kind, at in _by_kind(journals(choices, addresses))]
    mails = [f"  one email     {addresses.smtp}/_mails/REFERENCE"] if choices.providers.email == "smtp" else []
    return [*lines, *mails]


def _by_kind(shown: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(("sms" if name in _SMS else "email", at) for name, at in shown.items())


def _order_command(addresses: Addresses, token: str, order: str) -> tuple[str, ...]:
    return (
        f"  curl -s {addresses.service}/notifications/api/v1/future/orders \\",
        f'    -H "Authorization: Bearer $({token})" -H "Content-Type: application/json" \\',
        f"    -d '{order}'",
    )


def _token_command(data: Path) -> str:
    program = "./dev" if Path.cwd() == PROJECT else shlex.quote(str(PROJECT / "dev"))
    elsewhere = "" if data.absolute() == DEFAULT_DATA else f" --data {shlex.quote(str(data))}"
    return f"{program} token --org ttd{elsewhere}"


async def _story(choices: Choices, addresses: Addresses) -> None:
    # Who is in a file of the caller's own cannot be known here.
    person = None if choices.registers else KNOWN_PERSON
    await tell_story(addresses.service, addresses.issuer, say, person=person)


async def _try_story(choices: Choices, addresses: Addresses) -> None:
    try:
        await _story(choices, addresses)
    except CommandError as error:
        # The system stays up: that is when one wants to look at it.
        say(f"the demonstration failed: {error}")


@asynccontextmanager
async def _followed(choices: Choices, *, verbose: bool) -> AsyncIterator[None]:
    log = DataDirectory(choices.data).log("host")
    task = asyncio.create_task(_follow(log)) if verbose else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()


async def _follow(log: Path) -> None:
    position = 0
    while True:
        position = _copy_news(log, position)
        await asyncio.sleep(FOLLOW_SECONDS)


def _copy_news(log: Path, position: int) -> int:
    with log.open("rb") as file:
        file.seek(position)
        news = file.read()
    sys.stdout.write(news.decode(errors="replace"))
    sys.stdout.flush()
    return position + len(news)
