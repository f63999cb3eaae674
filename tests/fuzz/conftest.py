"""One running system for all tests here, which it must outlive without a single mistake of its own."""

from collections.abc import Iterator

import pytest

from tests.fuzz.calling import Caller
from tests.system.running import System


@pytest.fixture(scope="package")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """`./dev up`; fails if the service met anything that it had not foreseen."""
    running = System.start(tmp_path_factory.mktemp("fuzzed"), claim_seconds=20)
    try:
        yield running
        mistakes = [line for line in running.log().splitlines() if "request.failed" in line or "Traceback" in line]
        assert not mistakes, f"{len(mistakes)} requests failed, such as: {mistakes[0]}"
    finally:
        running.stop()


@pytest.fixture(scope="package")
def caller(fuzzed: System) -> Iterator[Caller]:
    """Who may call every operation of the running system."""
    with Caller.of(fuzzed) as made:
        yield made
