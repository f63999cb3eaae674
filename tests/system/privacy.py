"""What must never be in a log: whom messages are for, and what they say."""

from tests.system.orders import BODY, SUBJECT, TEXT
from tests.system.running import System

SHORTEST = 8
"""Anything shorter may stand in a log by chance."""


async def personal(system: System) -> set[str]:
    """Addresses, numbers, subjects and texts of all that the providers were given so far."""
    calls = [*await system.calls("acs-email"), *await system.calls("pswin")]
    told = {call.get(member) for call in calls for member in ("recipient", "subject", "text")}
    return {str(each) for each in told if each and len(str(each)) >= SHORTEST} | {SUBJECT, BODY, TEXT}


def assert_silent(system: System, secrets: set[str]) -> None:
    """Fails if one of these is in the service's log, naming the line by its beginning alone."""
    lines = system.log().splitlines()
    for secret in secrets:
        told = [line[:60] for line in lines if secret.lower() in line.lower()]
        assert not told, f"{len(told)} lines of the log tell {secret!r}, such as {told[0]!r}"
