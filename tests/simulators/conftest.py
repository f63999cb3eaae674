"""A running SMS gateway and the receiver of its reports."""

from collections.abc import AsyncIterator

import pytest

from tests.simulators.gateway import Gateway, simulated
from tests.simulators.receiver import Receiver, ok, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(ok) as receiver:
        yield receiver


@pytest.fixture
async def gateway(receiver: Receiver) -> AsyncIterator[Gateway]:
    async with simulated(receiver.url, late_report=0.3) as gateway:
        yield gateway
