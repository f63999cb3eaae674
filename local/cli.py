"""The commands of ./dev, behind local/bootstrap.py: options, exit codes, and ending on a signal."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from local import quality, running
from local.commands import COMMANDS, usage
from local.data_directory import DataDirectory
from local.errors import CommandError
from local.providers import EMAIL, SMS, Providers
from local.reports import FORMS, reports
from local.system import DEFAULT_DATA, Choices
from local.tokens import CREATE_SCOPE, SCOPES, fetch_platform_token, fetch_token, full_scope

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Runs one command; the exit code is 0, 1 (refused, failed or given up) or 2 (wrong arguments)."""
    name, *rest = arguments or ["help"]
    runner = _RUNNERS.get(name)
    if runner is None:
        print(f"dev: there is no command {name!r}\n{usage()}", file=sys.stderr)
        return 2
    try:
        return runner(rest)
    except CommandError as error:
        print(f"dev: {error}", file=sys.stderr, flush=True)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"dev: {error.strerror or error}{where}", file=sys.stderr, flush=True)
    return 1


def run_until_signal(work: Coroutine[Any, Any, None], *, interrupted: int) -> int:
    """Runs the work on an event loop: 0 at its end, `interrupted` if SIGINT, SIGTERM or SIGHUP ended it."""
    return asyncio.run(_until_signal(work, interrupted))


async def _until_signal(work: Coroutine[Any, Any, None], interrupted: int) -> int:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    asked_to_end: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        asked_to_end.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        await task
    except asyncio.CancelledError:
        if not asked_to_end:
            raise
        return interrupted
    return 0


def _up(arguments: Sequence[str]) -> int:
    parser = _parser("up")
    _add_system_options(parser, default_port=7071)
    parser.add_argument("--no-demo", action="store_true", help="place no orders at the start")
    parser.add_argument("--verbose", action="store_true", help="show the host's output here too")
    options = parser.parse_args(arguments)
    work = running.up(_choices(options), show_demo=not options.no_demo, verbose=options.verbose)
    return run_until_signal(work, interrupted=0)


def _demo(arguments: Sequence[str]) -> int:
    parser = _parser("demo")
    _add_system_options(parser, default_port=0)
    return run_until_signal(
        running.demo(_choices(parser.parse_args(arguments))),
        # Somebody stopped it before the end: that is no proof of delivery.
        interrupted=INTERRUPTED,
    )


def _token(arguments: Sequence[str]) -> int:
    parser = _parser("token")
    parser.add_argument("--org", required=True, help="short name of the organisation, for example ttd")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--scope", action="append", help=f"a scope, or {', '.join(SCOPES)}; repeat it for several; {CREATE_SCOPE}"
    )
    kind.add_argument("--platform", action="store_true", help="a PlatformAccessToken of the organisation's app")
    _add_data_option(parser)
    options = parser.parse_args(arguments)
    issuer = DataDirectory(options.data).read_run().get("issuer")
    if not issuer:
        raise CommandError(f"what runs in {options.data} has no token issuer: start it with ./dev up")
    scope = full_scope(options.scope or [CREATE_SCOPE])
    fetched = fetch_platform_token(issuer, options.org) if options.platform else fetch_token(issuer, options.org, scope)
    print(asyncio.run(fetched))
    return 0


def _storage(arguments: Sequence[str]) -> int:
    parser = _parser("storage")
    _add_data_option(parser, DEFAULT_DATA / "storage")
    options = parser.parse_args(arguments)
    return run_until_signal(running.storage(options.data), interrupted=0)


def _reports(arguments: Sequence[str]) -> int:
    parser = _parser("reports")
    parser.usage = f"./dev reports [--data DIR] {FORMS}"
    _add_data_option(parser)
    options, rest = parser.parse_known_args(arguments)
    return reports(DataDirectory(options.data), rest)


def _check(arguments: Sequence[str]) -> int:
    _parser("check").parse_args(arguments)
    return quality.check()


def _help(arguments: Sequence[str]) -> int:  # noqa: ARG001 - one signature for all commands
    print(usage())
    return 0


def _parser(name: str) -> argparse.ArgumentParser:
    summary = next(command.summary for command in COMMANDS if command.name == name)
    return argparse.ArgumentParser(prog=f"./dev {name}", description=summary, allow_abbrev=False)


def _add_data_option(parser: argparse.ArgumentParser, default: Path = DEFAULT_DATA) -> None:
    parser.add_argument(
        "--data", type=Path, default=default, metavar="DIR", help=f"what runs keeps its data in; {default}"
    )


def _add_system_options(parser: argparse.ArgumentParser, *, default_port: int) -> None:
    _add_data_option(parser)
    parser.add_argument(
        "--port", type=_port, default=default_port, metavar="N", help=f"the service's (0: a free one); {default_port}"
    )
    parser.add_argument("--registers", type=Path, metavar="FILE", help="JSON: who is in the registers")
    parser.add_argument("--claim-seconds", type=_positive, default=120, metavar="N", help="length of a claim; 120")
    parser.add_argument("--email", choices=EMAIL, default="acs", help="who sends email; acs")
    parser.add_argument("--sms", choices=SMS, default="pswin", help="who sends SMS; pswin. both: acs stands by")
    parser.add_argument("--sms-routes", metavar="ROUTES", help="who sends SMS, as in SMS_ROUTES, instead of --sms")
    parser.add_argument(
        "--report-to", choices=["webhook", "queue"], default="webhook", help="reports of Communication Services"
    )
    parser.add_argument("--storage-in-memory", action="store_true", help="keep no data on disk")
    parser.add_argument("--storage-log", action="store_true", help="log every storage call (Azurite's access log)")
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="one more app setting"
    )


def _choices(options: argparse.Namespace) -> Choices:
    return Choices(
        port=options.port,
        data=options.data,
        registers=options.registers,
        claim_seconds=options.claim_seconds,
        report_to=options.report_to,
        providers=Providers(email=options.email, sms=options.sms, routes=options.sms_routes),
        storage_in_memory=options.storage_in_memory,
        storage_log=options.storage_log,
        settings=dict(options.set),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _setting(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


_RUNNERS: dict[str, Callable[[Sequence[str]], int]] = {
    "up": _up,
    "demo": _demo,
    "token": _token,
    "storage": _storage,
    "reports": _reports,
    "test": quality.test,
    "check": _check,
    "bench": quality.bench,
    "help": _help,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
