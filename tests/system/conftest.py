"""One running system for all tests here that leave it as they found it."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.system.privacy import assert_silent, personal
from tests.system.running import System

TOLD_OF_CANCELLED = "told-of-cancelled"


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """`./dev up`, email reports on the webhook."""
    # A call may take a quarter of a claim: time enough for the providers' slow recipients, who take two seconds.
    running = System.start(
        tmp_path_factory.mktemp("system"),
        *("--set", f"FEED_INCLUDES_CANCELLED={TOLD_OF_CANCELLED}"),
        *("--set", "CONDITION_RETRY_SECONDS=10"),
        claim_seconds=20,
    )
    try:
        yield running
        # Whatever the tests had sent by now, the log must not tell of it.
        assert_silent(running, asyncio.run(personal(running)))
    finally:
        running.stop()
